package roomlog

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// appends appends events, which any room allows.
func (l *Log) appends(t *testing.T, events ...room.Event) {
	t.Helper()
	err := l.does(t, func(at Place) (Change, error) {
		h := at.Head
		for i := range events {
			if a := events[i].Agent; a != nil && !events[i].Regains {
				a.Joined = h.AsOf + 1 + int64(i)
			}
		}
		return Change{Events: events}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// joined returns the event by which an agent takes a seat.
func joined(seat int) room.Event {
	name := fmt.Sprint("agent ", seat)
	return room.Event{Type: room.Joined, Seat: seat, Name: name,
		Agent: &room.Agent{Seat: seat, Name: name, Key: name, Role: room.Member}}
}

// banned returns the event that bans a name, or mutes it.
func banned(a room.Action, seat int, name string) room.Event {
	return room.Event{Type: room.Managed, By: 1, Action: a, Seat: seat, Name: name,
		Ban: &room.Ban{Name: name, Key: name}}
}

// furnished returns the log of a room that has every kind of part, with this many agents.
func (s *Store) furnished(t *testing.T, agents int) *Log {
	t.Helper()
	l, err := s.newRoom(t, "plans", nil)
	if err != nil {
		t.Fatal(err)
	}
	for seat := 2; seat <= agents; seat++ {
		l.appends(t, joined(seat))
	}
	about := "tea and plans"
	l.appends(t, banned(room.BanName, 0, "Dan"), banned(room.Mute, 2, "agent 2"),
		room.Event{Type: room.Changed, By: 1, Changed: &room.Changes{Description: &about}},
		room.Event{Type: room.Knocked, Seat: 3, Name: "agent 3", Key: "agent 3",
			Reason: room.ReasonNameTaken})
	return l
}

// snapshotItems returns the items of a room's snapshot by their sort keys.
func (l *Log) snapshotItems(t *testing.T) map[string]table.Item {
	t.Helper()
	items := map[string]table.Item{}
	where := table.Range{Partition: roomPrefix + l.id, Prefix: metaSort, Consistency: strongly}
	for item, err := range table.All(t.Context(), l.store.table, where) {
		if err != nil {
			t.Fatal(err)
		}
		items[item.Key.Sort] = item
	}
	return items
}

// stored renders a state as it is stored, in one order.
func stored(s *room.State) string {
	parts := s.Parts()
	slices.SortFunc(parts, func(a, b room.Part) int { return strings.Compare(a.Name, b.Name) })
	out := string(Encode(s.Snapshot()))
	for _, p := range parts {
		out += fmt.Sprintf("\n%s %s", p.Name, Encode(p))
	}
	return out
}

// A reader beside a write may find any of the items as they were before it, and any as
// they are after it.
func TestSnapshot_readInPieces_isRecognized(t *testing.T) {
	for what, events := range map[string][]room.Event{
		"joins":      {joined(4)},
		"leaves":     {{Type: room.Left, Seat: 1, Promoted: 2}},
		"takes over": {{Type: room.Left, Seat: 3, Reason: room.ReasonTimeout}, joined(4)},
		"regains": {{Type: room.Joined, Regains: true, Seat: 3,
			Agent: &room.Agent{Seat: 3, Key: "agent 3", Joined: 3}}},
		"is promoted": {banned(room.Promote, 2, "agent 2")},
		"is banned":   {{Type: room.Left, Seat: 2, Ban: &room.Ban{Key: "agent 2"}}},
		"may return":  {banned(room.Unban, 0, "Dan")},
		"knocks":      {{Type: room.Knocked, Seat: 2, Key: "agent 2"}},
		"describes":   {{Type: room.Changed, By: 1, Changed: &room.Changes{Description: new(string)}}},
	} {
		s := newStore(t)
		l := s.furnished(t, 3)
		defer l.Release()
		before := l.snapshotItems(t)
		l.appends(t, events...)
		after := l.snapshotItems(t)
		var differ []table.Key
		for sort := range merged(before, after) {
			if !bytes.Equal(before[sort].Data, after[sort].Data) {
				differ = append(differ, inRoom(l.id, sort))
			}
		}
		if len(differ) < 2 {
			t.Errorf("%s: only %v differ", what, differ)
		}
		for mix := range 1 << len(differ) {
			for i, k := range differ {
				item, there := before[k.Sort]
				if mix&(1<<i) != 0 {
					item, there = after[k.Sort]
				}
				op := table.Delete(k, table.Always)
				if there {
					op = table.Put(item, table.Always)
				}
				if err := s.table.Write(t.Context(), op); err != nil {
					t.Fatal(err)
				}
			}
			x, err := readSnapshot(t.Context(), s.table, l.id)
			if err != nil {
				t.Fatal(err)
			}
			_, err = x.state(l.id)
			if whole := mix == 0 || mix == 1<<len(differ)-1; errors.Is(err, room.ErrTorn) == whole {
				t.Errorf("%s: with %b of %v the snapshot is %v", what, mix, differ, err)
			}
		}
		if _, err := Verify(t.Context(), s.table, l.id); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		cold := NewStore(s.table, s.opts).Acquire(l.id)
		h, err := cold.Cached(t.Context())
		if err != nil || stored(&h.State) != stored(&l.Peek().State) {
			t.Errorf("%s: %v; it is loaded as\n%s\nwant\n%s", what, err, stored(&h.State), stored(&l.Peek().State))
		}
	}
}

func merged(a, b map[string]table.Item) map[string]bool {
	all := map[string]bool{}
	for _, m := range []map[string]table.Item{a, b} {
		for sort := range m {
			all[sort] = true
		}
	}
	return all
}

// A part that never changes must live as long as the room, which may be renewed every day
// or at the last moment only, whatever else comes and goes meanwhile.
func TestSnapshot_roomOfYears_losesNoPart(t *testing.T) {
	for every, times := range map[time.Duration]int{25 * time.Hour: 100, room.Life - time.Minute: 30} {
		s := newStore(t)
		clock := s.opts.Clock.(*clockwork.FakeClock)
		l := s.furnished(t, 70)
		defer l.Release()
		next := 71
		whole := func(when string) {
			x, err := readSnapshot(t.Context(), s.table, l.id)
			if err != nil || x == nil {
				t.Fatal(when, x, err)
			}
			got, err := x.state(l.id)
			if want := stored(&l.Peek().State); err != nil || stored(&got) != want {
				t.Fatalf("%s: %v; stored is\n%s\nwant\n%s", when, err, stored(&got), want)
			}
		}
		for n := range times {
			when := fmt.Sprintf("after %d times %s", n+1, every)
			clock.Advance(every)
			whole(when)
			before := l.Peek().Parts()
			l.appends(t, room.Event{Type: room.Said, Seat: 1, Name: "Ann", Text: fmt.Sprint("still here ", n)})
			if written := differing(before, l.Peek().Parts()); written != room.PartsRenewed {
				t.Fatalf("%s: the renewal writes %d of %d parts", when, written, len(before))
			}
			if n%3 == 0 { // one comes, and another goes
				l.appends(t, room.Event{Type: room.Left, Seat: next - 40}, joined(next))
				next++
			}
			whole(when)
		}
	}
}

// differing counts the parts that were written since before.
func differing(before, after []room.Part) (n int) {
	was := map[string]int64{}
	for _, p := range before {
		was[p.Name] = p.N
	}
	for _, p := range after {
		if was[p.Name] != p.N {
			n++
		}
	}
	return n
}
