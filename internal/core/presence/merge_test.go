package presence

import (
	"reflect"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// The cases are those above merge.
func TestMerge_cases(t *testing.T) {
	var (
		bob      = &room.Agent{Seat: seatOfBob, Joined: 7, AtMs: ms(-time.Hour)}
		known    = room.Presence{AtMs: ms(0), OwnMs: ms(0), UntilMs: ms(time.Minute), BackMs: ms(time.Hour), Read: 8}
		stored   = room.Presence{AtMs: ms(time.Minute), UntilMs: ms(time.Hour)}
		older    = room.Presence{AtMs: ms(-time.Minute), UntilMs: ms(time.Hour), Activity: "reads", ActiveAsOf: 6}
		rising   = room.Presence{OwnMs: ms(time.Second), WaitMs: 2, ShellMs: 3, WakesMs: 4, Read: 9}
		with     = func(p room.Presence, change func(*room.Presence)) room.Presence { change(&p); return p }
		recorded = func(known, stored room.Presence) room.Presence { return withStored(known, stored, bob) }
		nowMine  = with(stored, func(p *room.Presence) { p.OwnMs, p.Read = ms(0), 8 })
	)
	for what, c := range map[string][2]room.Presence{
		"1. Nothing is known but Bob's join: the presence is that of the join.": {
			recorded(room.Presence{}, room.Presence{}), {AtMs: ms(-time.Hour), Read: 7},
		},
		"2. Bob called another process alone: the presence is the stored one.": {
			recorded(room.Presence{}, stored), stored,
		},
		"3. The table has nothing newer: the presence is the known one.": {recorded(known, room.Presence{}), known},
		"4. Bob called another process at 12:01, and calls here: that call was the last, and the known wait stays.": {
			recorded(with(known, func(p *room.Presence) { p.BackMs = 0 }), stored),
			with(known, func(p *room.Presence) { p.AtMs, p.BackMs = ms(time.Minute), 0 }),
		},
		"5. Bob told another process that he is back, and calls here: he is back.": {
			recorded(known, older), with(known, func(p *room.Presence) { p.BackMs = 0 }),
		},
		"6. A program looks in for Bob, who called another process at 12:01: the presence is the stored one.": {
			laterOf(known, stored), nowMine,
		},
		"7. Others look at Bob, who called another process at 12:01: they see the stored presence.": {
			seenByOthers(known, stored, true), nowMine,
		},
		"8. Others look at Bob, who called nobody else: they see the known presence, with the activity of the table.": {
			seenByOthers(known, older, true),
			with(known, func(p *room.Presence) { p.Activity, p.ActiveAsOf = "reads", 6 }),
		},
		"9. Others look at Bob, who told another process that he is away: they see that, and the known wait.": {
			seenByOthers(known, room.Presence{AtMs: ms(-time.Minute), BackMs: ms(2 * time.Hour)}, false),
			with(known, func(p *room.Presence) { p.BackMs = ms(2 * time.Hour) }),
		},
		"10. Another process handed Bob 9 and began his youngest wait: both stay known, whoever called last.": {
			merge(known, rising), with(known, func(p *room.Presence) {
				p.OwnMs, p.WaitMs, p.ShellMs, p.WakesMs, p.Read = ms(time.Second), 2, 3, 4, 9
			}),
		},
	} {
		if c[0] != c[1] {
			t.Errorf("%s\n%+v, want\n%+v", what, c[0], c[1])
		}
	}
}

// The table is that above merge. A new field gets its line there.
func TestMerge_everyField_isKeptAsTheTableSays(t *testing.T) {
	table := map[string]string{"V": "call", "AtMs": "call", "Used": "call",
		"OwnMs": "rises", "WaitMs": "rises", "ShellMs": "rises", "WakesMs": "rises", "Read": "rises",
		"UntilMs": "wait", "WaitFrom": "wait", "Standby": "wait", "ForMe": "wait",
		"BackMs": "table", "HookedMs": "table", "Activity": "table", "ActiveAsOf": "table"}
	for i := range reflect.TypeFor[room.Presence]().NumField() {
		name, later, earlier := reflect.TypeFor[room.Presence]().Field(i).Name, room.Presence{AtMs: 2}, room.Presence{}
		switch field := reflect.ValueOf(&earlier).Elem().Field(i); field.Kind() {
		case reflect.Bool:
			field.SetBool(true)
		case reflect.String:
			field.SetString("reads")
		default:
			field.SetInt(1)
		}
		keeps := func(p room.Presence) bool {
			return reflect.ValueOf(p).Field(i).Equal(reflect.ValueOf(earlier).Field(i))
		}
		is := "call"
		switch {
		case keeps(merge(later, earlier)):
			is = "rises"
		case keeps(waitsHere{agent: true}.addTo(later, earlier)):
			is = "wait"
		case keeps(seenByOthers(later, earlier, false)):
			is = "table"
		}
		if is != table[name] {
			t.Errorf("%s is kept as %q, and the table says %q", name, is, table[name])
		}
	}
}
