package room_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// silence is a case for Turn, in a full room in which Ann and then Bob have spoken.
type silence struct {
	happen func(l *timeline)
	// lasts is how long nothing has happened; 0 means 3 s.
	lasts time.Duration
	// attends has the agents that do something else than wait.
	attends map[int]func(now time.Time) room.Attendance
	given   map[int]time.Duration // which seats had the turn, and how long ago
	want    int
	again   time.Duration
}

// called is an agent at work after a call some time ago.
func called(ago time.Duration) func(time.Time) room.Attendance {
	return func(now time.Time) room.Attendance { return room.Attendance{Called: now.Add(-ago)} }
}

// away is an agent that called an hour ago, and announced its return.
func away(back time.Duration) func(time.Time) room.Attendance {
	return func(now time.Time) room.Attendance {
		return room.Attendance{Called: now.Add(-time.Hour), BackAt: now.Add(back)}
	}
}

// standby is an agent that a program waits for.
func standby(now time.Time) room.Attendance {
	return room.Attendance{Standby: true, Called: now}
}

// hooked is an agent with a hook that ended its turn an hour ago.
func hooked(now time.Time) room.Attendance { return hookedSince(time.Hour)(now) }

// hookedSince is an agent with a hook that made its last call some time ago.
func hookedSince(ago time.Duration) func(time.Time) room.Attendance {
	return func(now time.Time) room.Attendance { return room.Attendance{Hooked: true, Called: now.Add(-ago)} }
}

// next returns what Turn answers to c.
func (c silence) next(l *timeline) (int, time.Duration) {
	now := l.now.Add(3 * time.Second)
	if c.lasts != 0 {
		now = l.now.Add(c.lasts)
	}
	given := map[int]time.Time{}
	for seat, ago := range c.given {
		given[seat] = now.Add(-ago)
	}
	return room.Turn{Head: l.head, Now: now, Given: given, Attends: func(seat int) room.Attendance {
		if at, ok := c.attends[seat]; ok {
			return at(now)
		}
		return room.Attendance{Waits: true}
	}}.Next()
}

// check fails unless the turn of each case goes to the wanted seat.
func check(t *testing.T, cases map[string]silence) {
	t.Helper()
	for what, c := range cases {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		l.set(func(s *room.Settings) { s.Capacity = 4 })
		l.say(ann, "hello")
		l.say(bob, "hello")
		if c.happen != nil {
			c.happen(l)
		}
		if got, again := c.next(l); got != c.want || again != c.again {
			t.Errorf("%s: seat %d, again in %s; want %d and %s", what, got, again, c.want, c.again)
		}
	}
}

type attends = map[int]func(time.Time) room.Attendance

func TestTurn_silence_startsWithTheLastEvent(t *testing.T) {
	check(t, map[string]silence{
		"too short":     {lasts: time.Second, again: 2 * time.Second},
		"three seconds": {want: cid},
		"a status in between": {happen: func(l *timeline) { l.sayAs(dora, room.Status, "at work") },
			lasts: 2 * time.Second, again: time.Second},
		"a departure in between": {happen: func(l *timeline) { l.leave(dora) }, lasts: 2 * time.Second,
			again: time.Second},
		"a private word": {happen: func(l *timeline) { l.say(cid, "psst", dora) }, lasts: 2 * time.Second,
			again: time.Second},
		"a join in between": {happen: func(l *timeline) {
			l.set(func(s *room.Settings) { s.Capacity = 5 })
			l.join("Eve")
		}, lasts: time.Second, again: 2 * time.Second},
	})
}

func TestTurn_presentAgentThatDoesNotWait_isWaitedForTwoMinutes(t *testing.T) {
	asked := func(l *timeline) { l.ask(bob, cid) }
	paused := func(l *timeline) { l.pauses(cid, true) }
	cids := func(at func(time.Time) room.Attendance) attends { return attends{cid: at} }
	check(t, map[string]silence{
		"at work":                {attends: cids(called(30 * time.Second)), again: 90 * time.Second},
		"silent":                 {attends: cids(called(2 * time.Minute)), want: dora},
		"silent, and owes":       {happen: asked, attends: cids(called(time.Hour)), want: dora},
		"away":                   {attends: cids(away(time.Minute)), want: dora},
		"away, and owes":         {happen: asked, attends: cids(away(time.Minute)), want: dora},
		"away, the time is over": {attends: cids(away(-time.Second)), want: dora},
		"on standby":             {attends: cids(standby), want: dora},
		"on standby, and owes":   {happen: asked, attends: cids(standby), want: cid},
		"hooked":                 {attends: cids(hookedSince(0)), want: dora},
		"hooked, and waits itself": {attends: cids(func(time.Time) room.Attendance {
			return room.Attendance{Hooked: true, Waits: true}
		}), want: cid},
		"hooked, and owes": {happen: asked, lasts: 2 * time.Minute, attends: cids(hookedSince(30 * time.Second)),
			again: 90 * time.Second},
		"hooked, asked, and silent": {happen: asked, attends: cids(hooked), again: 2*time.Minute - 3*time.Second},
		"hooked, owes, and silent":  {happen: asked, lasts: 2 * time.Minute, attends: cids(hooked), want: dora},
		"muted, at work": {happen: func(l *timeline) { l.manage(room.Mute, cid) }, attends: cids(called(0)),
			want: dora},
		"paused, at work":    {happen: paused, attends: cids(called(0)), want: dora},
		"paused, and waits":  {happen: paused, want: dora},
		"no longer paused":   {happen: func(l *timeline) { paused(l); l.pauses(cid, false) }, want: cid},
		"paused, and owes":   {happen: func(l *timeline) { asked(l); paused(l) }, want: dora},
		"a person, at work":  {happen: func(l *timeline) { l.alone(cid) }, attends: cids(called(0)), want: dora},
		"a person that owes": {happen: func(l *timeline) { asked(l); l.alone(cid) }, want: dora},
		"has a draft, and owes": {happen: func(l *timeline) { asked(l); l.draft(cid, room.Event{Text: "well"}) },
			want: dora},
		"a listener of a channel": {happen: func(l *timeline) {
			l.set(func(s *room.Settings) { s.Type = room.Channel })
		}, attends: attends{bob: called(0)}, want: ann},
		"all others silent, one of them hooked": {attends: attends{ann: called(time.Hour), bob: called(time.Hour),
			cid: hooked}, want: dora},
		"all others persons": {happen: func(l *timeline) { l.alone(ann); l.alone(cid); l.alone(dora) }},
		"all others persons, owes": {happen: func(l *timeline) {
			l.ask(ann, bob)
			l.alone(ann)
			l.alone(cid)
			l.alone(dora)
		}, want: bob},
		"all away": {attends: attends{ann: away(time.Hour), bob: standby, cid: standby, dora: called(time.Hour)}},
	})
}

// talk: turns
func TestTurn_goesToDebtorsFirstAndThenRoundTheRoom(t *testing.T) {
	check(t, map[string]silence{
		"nobody owes":            {want: cid},
		"the last in order owes": {happen: func(l *timeline) { l.ask(cid, ann) }, want: ann},
		"two owe": {happen: func(l *timeline) { l.ask(ann, dora); l.ask(ann, cid) },
			want: dora},
		"open request":        {happen: func(l *timeline) { l.sayAs(bob, room.Request, "who?") }, want: cid},
		"answered in private": {happen: func(l *timeline) { l.reply(ann, l.ask(bob, ann), bob) }, want: cid},
		"asked in private": {happen: func(l *timeline) { l.sayAs(cid, room.Request, "well?", ann) },
			want: ann},
		"told in private": {happen: func(l *timeline) { l.say(cid, "well", ann) }, want: cid},
		"asked a day ago": {happen: func(l *timeline) { l.ask(bob, ann) }, lasts: room.DebtLife, want: cid},
		"done": {happen: func(l *timeline) {
			l.sayAs(cid, room.Done, "bye")
			l.say(bob, "and")
		}, want: dora},
		"done, and owes": {happen: func(l *timeline) { l.sayAs(cid, room.Done, "bye"); l.ask(ann, cid) },
			want: cid},
		"the others are done": {happen: func(l *timeline) {
			l.sayAs(ann, room.Done, "")
			l.sayAs(bob, room.Done, "")
			l.sayAs(cid, room.Done, "")
		}, want: 0},
		"all have said enough": {happen: func(l *timeline) {
			l.set(func(s *room.Settings) { s.AgentMessages = 2 })
		}},
		"the last speaker left":            {happen: func(l *timeline) { l.leave(bob) }, want: dora},
		"the last speaker, if nobody else": {attends: attends{ann: standby, cid: standby, dora: standby}, want: bob},
	})
}

func TestTurn_notTaken_passesOnAfterThirtySecondsOnceEach(t *testing.T) {
	ago := func(d time.Duration, seats ...int) map[int]time.Duration {
		m := map[int]time.Duration{}
		for _, seat := range seats {
			m[seat] = d
		}
		return m
	}
	check(t, map[string]silence{
		"just given":              {lasts: time.Minute, given: ago(10*time.Second, 3), again: 20 * time.Second},
		"given half a minute ago": {lasts: time.Minute, given: ago(30*time.Second, 3), want: dora},
		"given, and at work": {lasts: time.Minute, given: ago(30*time.Second, 3),
			attends: attends{cid: called(time.Second)}, want: dora},
		"given to all but one": {lasts: time.Hour, given: ago(30*time.Second, 3, 4, 1), want: bob},
		"given to all":         {lasts: time.Hour, given: ago(30*time.Second, 3, 4, 1, 2)},
		"given to an agent that owes": {happen: func(l *timeline) { l.ask(bob, cid) }, lasts: time.Hour,
			given: ago(time.Minute, 3), want: dora},
		"given to two, the last just now": {lasts: time.Hour,
			given: map[int]time.Duration{cid: time.Minute, dora: time.Second},
			again: 29 * time.Second},
	})
}

func TestTurn_nobodyHasSpoken_goesToTheNewcomer(t *testing.T) {
	for what, happen := range map[string]func(l *timeline){
		"group":       func(*timeline) {},
		"after a tap": func(l *timeline) { l.sayAs(ann, room.Status, "here") },
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		happen(l)
		if got, _ := (silence{lasts: time.Minute}).next(l); got != 3 {
			t.Errorf("%s: seat %d", what, got)
		}
	}
	if got, again := (silence{}).next(newTimeline(t)); got != 0 || again != 0 {
		t.Errorf("empty room: seat %d, again in %s", got, again)
	}
}

func TestTurn_anEndpointThatOwes_isWaitedForTwoMinutes(t *testing.T) {
	for lasts, want := range map[time.Duration]int{3 * time.Second: 0, 2*time.Minute - 1: 0, 2 * time.Minute: cid} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.endpoint(bob)
		l.say(ann, "hello")
		l.ask(ann, bob)
		c := silence{lasts: lasts, attends: attends{ann: called(time.Hour),
			bob: func(time.Time) room.Attendance { return room.Attendance{Hooked: true} }}}
		if got, _ := c.next(l); got != want {
			t.Errorf("after %s: seat %d, want %d", lasts, got, want)
		}
	}
}
