package room_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// silence is a case of the question whose turn it is, in a full room of Ann, Bob,
// Cid and Dora in which Ann and then Bob have spoken.
type silence struct {
	happen func(l *timeline)
	// lasts is how long nothing has happened; 3 s if it is 0.
	lasts time.Duration
	// attends is who does something else than wait, as of now.
	attends map[int]func(now time.Time) room.Attendance
	given   map[int]time.Duration // which seats had the turn, and how long ago
	want    int
	again   time.Duration
}

// called is an agent that works, and made its last call some time ago.
func called(ago time.Duration) func(time.Time) room.Attendance {
	return func(now time.Time) room.Attendance { return room.Attendance{Called: now.Add(-ago)} }
}

// away is an agent that called an hour ago and comes back in a while.
func away(back time.Duration) func(time.Time) room.Attendance {
	return func(now time.Time) room.Attendance {
		return room.Attendance{Called: now.Add(-time.Hour), BackAt: now.Add(back)}
	}
}

// standby is an agent that a program waits for.
func standby(now time.Time) room.Attendance {
	return room.Attendance{Standby: true, Called: now}
}

// hooked is an agent that ended its turn an hour ago, and is called when something comes.
func hooked(now time.Time) room.Attendance { return hookedSince(time.Hour)(now) }

// hookedSince is one that made its last call some time ago.
func hookedSince(ago time.Duration) func(time.Time) room.Attendance {
	return func(now time.Time) room.Attendance { return room.Attendance{Hooked: true, Called: now.Add(-ago)} }
}

// hookedAway is one that comes back in a while.
func hookedAway(now time.Time) room.Attendance {
	return room.Attendance{Hooked: true, Called: now, BackAt: now.Add(time.Hour)}
}

// hookedWaits is one that waits all the same.
func hookedWaits(time.Time) room.Attendance { return room.Attendance{Hooked: true, Waits: true} }

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

// check fails unless the turn of each case goes to the seat that it wants.
func check(t *testing.T, cases map[string]silence) {
	t.Helper()
	for what, c := range cases {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		l.set(func(s *room.Settings) { s.Capacity = 4 })
		l.say(1, "hello")
		l.say(2, "hello")
		if c.happen != nil {
			c.happen(l)
		}
		if got, again := c.next(l); got != c.want || again != c.again {
			t.Errorf("%s: seat %d, again in %s; want %d and %s", what, got, again, c.want, c.again)
		}
	}
}

type attends = map[int]func(time.Time) room.Attendance

func TestTurn_silence_startsWithTheLastPublicWord(t *testing.T) {
	check(t, map[string]silence{
		"too short":     {lasts: time.Second, again: 2 * time.Second},
		"three seconds": {want: 3},
		"a status in between": {happen: func(l *timeline) { l.sayAs(4, room.Status, "at work") },
			lasts: 2 * time.Second, want: 3},
		"a departure in between": {happen: func(l *timeline) { l.leave(4) }, lasts: 2 * time.Second, want: 3},
		"a private word":         {happen: func(l *timeline) { l.say(3, "psst", 4) }, lasts: 2 * time.Second, want: 3},
		"a join in between": {happen: func(l *timeline) {
			l.set(func(s *room.Settings) { s.Capacity = 5 })
			l.join("Eve")
		}, lasts: time.Second, want: 3},
	})
}

// Cid, who does not wait, was named three seconds ago, and what wakes him has heard it.
func TestTurn_agentThatWasCalled_isWaitedForTwoMinutes(t *testing.T) {
	named := func(l *timeline) { l.say(1, "@Cid, well?") }
	cases := map[string]silence{
		"no more": {happen: named, lasts: 2 * time.Minute, want: 2},
		"through another's word": {happen: func(l *timeline) {
			named(l)
			l.say(2, "yes, please")
		}, again: 2*time.Minute - 4*time.Second},
		"not for a reply":      {happen: func(l *timeline) { l.reply(2, l.say(3, "hm")) }, want: 4},
		"not for a withdrawal": {happen: func(l *timeline) { l.withdraw(l.ask(1, 3)) }, want: 2},
		"until its answer": {happen: func(l *timeline) {
			named(l)
			l.say(3, "well")
		}, want: 4},
		"but for its status": {happen: func(l *timeline) {
			named(l)
			l.sayAs(3, room.Status, "at work")
		}, again: 2*time.Minute - 4*time.Second},
		"not in private": {happen: func(l *timeline) { l.say(1, "@Cid, well?", 3) }, want: 4},
		"not its successor": {happen: func(l *timeline) {
			named(l)
			l.leave(3)
			l.join("Cid")
		}, want: 2},
		"as in a log that is loaded": {happen: func(l *timeline) {
			named(l)
			l.head = recall(room.NewHead(l.head.State), l.events).Recalled()
		}, again: 2*time.Minute - 3*time.Second},
	}
	for what, state := range map[string]func(time.Time) room.Attendance{"hooked": hooked, "on standby": standby} {
		for name, c := range cases {
			c.attends = attends{3: state}
			t.Run(what+" "+name, func(t *testing.T) { check(t, map[string]silence{name: c}) })
		}
	}
}

func TestTurn_presentAgentThatDoesNotWait_isWaitedForTwoMinutes(t *testing.T) {
	check(t, map[string]silence{
		"at work":                {attends: attends{3: called(30 * time.Second)}, again: 90 * time.Second},
		"at work elsewhere":      {attends: attends{1: called(119 * time.Second)}, again: time.Second},
		"silent":                 {attends: attends{3: called(2 * time.Minute)}, want: 4},
		"away":                   {attends: attends{3: away(time.Minute)}, want: 4},
		"away, its time is over": {attends: attends{3: away(-time.Second)}, want: 4},
		"back late, and called": {attends: attends{3: func(now time.Time) room.Attendance {
			return room.Attendance{Called: now.Add(-time.Minute), BackAt: now}
		}}, again: time.Minute},
		"hooked, and has just called": {attends: attends{3: hookedSince(0)}, want: 4},
		"hooked, and away":            {attends: attends{3: hookedAway}, want: 4},
		"hooked, and waits itself":    {attends: attends{3: hookedWaits}, want: 3},
		"hooked, and owes": {happen: func(l *timeline) { l.ask(2, 3) }, lasts: 2 * time.Minute,
			attends: attends{3: hookedSince(30 * time.Second)}, again: 90 * time.Second},
		"hooked, asked, and is silent": {happen: func(l *timeline) { l.ask(2, 3) }, attends: attends{3: hooked},
			again: 2*time.Minute - 3*time.Second},
		"hooked, owes, and is silent": {happen: func(l *timeline) { l.ask(2, 3) }, lasts: 2 * time.Minute,
			attends: attends{3: hooked},
			want:    4},
		"all hooked": {attends: attends{1: hooked, 2: hookedSince(0), 3: hooked, 4: hookedSince(0)}},
		"muted, at work": {happen: func(l *timeline) { l.manage(room.Mute, 3) },
			attends: attends{3: called(0)}, want: 4},
		"paused, at work": {happen: func(l *timeline) { l.pauses(3, true) }, attends: attends{3: called(0)},
			want: 4},
		"paused, and waits": {happen: func(l *timeline) { l.pauses(3, true) }, want: 4},
		"paused, and owes":  {happen: func(l *timeline) { l.ask(2, 3); l.pauses(3, true) }, want: 4},
		"paused, away, and owes": {happen: func(l *timeline) { l.ask(2, 3); l.pauses(3, true) },
			attends: attends{3: away(time.Minute)}, want: 4},
		"no longer paused": {happen: func(l *timeline) { l.pauses(3, true); l.pauses(3, false) }, want: 3},
		"all others paused": {happen: func(l *timeline) {
			l.pauses(1, true)
			l.pauses(2, true)
			l.pauses(3, true)
		}},
		"has a draft, and owes": {happen: func(l *timeline) { l.ask(2, 3); l.draft(3, room.Event{Text: "well"}) },
			want: 4},
		"has a draft of a day ago": {happen: func(l *timeline) { l.draft(3, room.Event{Text: "well"}) },
			lasts: room.DraftLife, want: 3},
		"has refused drafts": {happen: func(l *timeline) {
			l.decide(l.draft(3, room.Event{Text: "well"}), room.RefuseDraft, "")
		}, want: 3},
		"a listener of a channel": {happen: func(l *timeline) {
			l.set(func(s *room.Settings) { s.Type = room.Channel })
		}, attends: attends{2: called(0)}, want: 1},
		"on standby":                {attends: attends{3: standby}, want: 4},
		"all others away or silent": {attends: attends{1: away(time.Hour), 2: called(time.Hour), 3: standby}, want: 4},
		"all others silent, one of them hooked": {attends: attends{1: called(time.Hour), 2: called(time.Hour),
			3: hooked}, want: 4},
		"a person, at work": {happen: func(l *timeline) { l.alone(3) }, attends: attends{3: called(0)},
			want: 4},
		"a person, and waits": {happen: func(l *timeline) { l.alone(3) }, want: 4},
		"a person that owes":  {happen: func(l *timeline) { l.ask(2, 3); l.alone(3) }, want: 4},
		"all others persons":  {happen: func(l *timeline) { l.alone(1); l.alone(3); l.alone(4) }},
		"all others persons, owes": {happen: func(l *timeline) { l.ask(1, 2); l.alone(1); l.alone(3); l.alone(4) },
			want: 2},
		"all away": {attends: attends{1: away(time.Hour), 2: standby, 3: standby, 4: called(time.Hour)}},
	})
}

func TestTurn_absentAgentThatOwesAnAnswer_isNotWaitedFor(t *testing.T) {
	ask := func(l *timeline) { l.ask(2, 3) }
	check(t, map[string]silence{
		"back in a minute": {happen: ask, attends: attends{3: away(time.Minute)}, want: 4},
		"silent":           {happen: ask, attends: attends{3: called(time.Hour)}, want: 4},
		"owes an agreement": {happen: func(l *timeline) { l.propose(2) }, attends: attends{3: away(time.Minute)},
			want: 4},
		"asked in private": {happen: func(l *timeline) { l.sayAs(2, room.Request, "well?", 3) },
			attends: attends{3: away(time.Minute)}, want: 4},
	})
}

func TestTurn_whileSeatsAreFree_waitsForLateComersUntilAnAnswer(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(l *timeline)
		lasts  time.Duration
		want   int
		again  time.Duration
	}{
		"nobody has spoken": {func(*timeline) {}, 10 * time.Second, 0, 49 * time.Second},
		"one has spoken": {func(l *timeline) { l.say(1, "hello") }, 10 * time.Second, 0,
			48 * time.Second},
		"one has spoken, a minute ago": {func(l *timeline) { l.say(1, "hello") }, time.Minute, 2, 0},
		"nobody has, a minute ago":     {func(*timeline) {}, time.Minute, 2, 0},
		"another has answered": {func(l *timeline) { l.say(1, "hello"); l.say(2, "hi") }, 3 * time.Second, 1,
			0},
		"the room is full": {func(l *timeline) { l.set(func(s *room.Settings) { s.Capacity = 2 }) },
			3 * time.Second, 2, 0},
		"full, and just joined": {func(l *timeline) { l.set(func(s *room.Settings) { s.Capacity = 2 }) },
			500 * time.Millisecond, 0, 500 * time.Millisecond},
	} {
		l := newRoom(t, "Ann", "Bob")
		c.happen(l)
		if got, again := (silence{lasts: c.lasts}).next(l); got != c.want || again != c.again {
			t.Errorf("%s: seat %d, again in %s; want %d and %s", what, got, again, c.want, c.again)
		}
	}
}

func TestTurn_goesToDebtorsFirstAndThenRoundTheRoom(t *testing.T) {
	check(t, map[string]silence{
		"nobody owes":                    {want: 3},
		"the last in order owes":         {happen: func(l *timeline) { l.ask(3, 1) }, want: 1},
		"two owe":                        {happen: func(l *timeline) { l.ask(1, 4); l.ask(1, 3) }, want: 4},
		"the older one awaits an answer": {happen: func(l *timeline) { l.ask(1, 4); l.ask(4, 3) }, want: 3},
		"owes, and awaits an answer": {happen: func(l *timeline) { l.ask(1, 4); l.ask(4, 3) },
			attends: attends{3: called(time.Hour)}, want: 4},
		"awaits an answer": {happen: func(l *timeline) { l.ask(3, 2) },
			attends: attends{2: called(time.Hour)}, want: 4},
		"the next in order awaits one": {happen: func(l *timeline) { l.ask(3, 4); l.say(2, "and") },
			attends: attends{4: called(time.Hour)}, want: 1},
		"all await one": {happen: func(l *timeline) { l.ask(1, 4); l.ask(3, 4); l.ask(2, 4) },
			attends: attends{4: called(time.Hour)}, want: 3},
		"open request":        {happen: func(l *timeline) { l.sayAs(2, room.Request, "who?") }, want: 3},
		"answered in private": {happen: func(l *timeline) { l.reply(1, l.ask(2, 1), 2) }, want: 3},
		"asked in private": {happen: func(l *timeline) { l.sayAs(3, room.Request, "well?", 1) },
			want: 1},
		"told in private": {happen: func(l *timeline) { l.say(3, "well", 1) }, want: 3},
		"asked a day ago": {happen: func(l *timeline) { l.ask(2, 1) }, lasts: room.DebtLife, want: 3},
		"done": {happen: func(l *timeline) {
			l.sayAs(3, room.Done, "bye")
			l.say(2, "and")
		}, want: 4},
		"done, and owes": {happen: func(l *timeline) { l.sayAs(3, room.Done, "bye"); l.ask(1, 3) },
			want: 3},
		"on standby, and owes": {happen: func(l *timeline) { l.ask(1, 4) }, attends: attends{4: standby},
			want: 4},
		"the others are done": {happen: func(l *timeline) {
			l.sayAs(1, room.Done, "")
			l.sayAs(2, room.Done, "")
			l.sayAs(3, room.Done, "")
		}, want: 0},
		"all have said enough": {happen: func(l *timeline) {
			l.set(func(s *room.Settings) { s.AgentMessages = 2 })
		}},
		"the last speaker left":            {happen: func(l *timeline) { l.leave(2) }, want: 4},
		"the last speaker, if nobody else": {attends: attends{1: standby, 3: standby, 4: standby}, want: 2},
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
		"just given":        {lasts: time.Minute, given: ago(10*time.Second, 3), again: 20 * time.Second},
		"half a minute ago": {lasts: time.Minute, given: ago(30*time.Second, 3), want: 4},
		"given, and at work": {lasts: time.Minute, given: ago(30*time.Second, 3),
			attends: attends{3: called(time.Second)}, want: 4},
		"given to all but one": {lasts: time.Hour, given: ago(30*time.Second, 3, 4, 1), want: 2},
		"given to all":         {lasts: time.Hour, given: ago(30*time.Second, 3, 4, 1, 2)},
		"given to one that owes": {happen: func(l *timeline) { l.ask(2, 3) }, lasts: time.Hour,
			given: ago(time.Minute, 3), want: 4},
		"the last of two was just now": {lasts: time.Hour, given: map[int]time.Duration{3: time.Minute, 4: time.Second},
			again: 29 * time.Second},
	})
}

func TestTurn_nobodyHasSpoken_isTheNewcomers(t *testing.T) {
	for what, happen := range map[string]func(l *timeline){
		"group":       func(*timeline) {},
		"after a tap": func(l *timeline) { l.sayAs(1, room.Status, "here") },
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

func TestTurn_anEndpoint_isWaitedForSinceItWasCalled(t *testing.T) {
	hooked := attends{2: func(time.Time) room.Attendance { return room.Attendance{Hooked: true} }}
	for what, c := range map[string]struct {
		names []string
		silence
	}{
		"a word in a pair": {[]string{"Ann", "Bob"}, silence{happen: func(l *timeline) { l.say(1, "well?") },
			again: 2*time.Minute - 3*time.Second}},
		"a word in a pair, for long": {[]string{"Ann", "Bob"}, silence{happen: func(l *timeline) { l.say(1, "well?") },
			lasts: 2 * time.Minute, want: 1}},
		"its answer in a pair": {[]string{"Ann", "Bob"}, silence{happen: func(l *timeline) {
			l.say(1, "well?")
			l.say(2, "well")
		}, want: 1}},
		"its answer among three": {[]string{"Ann", "Bob", "Cid"}, silence{want: 3}},
		"a request": {[]string{"Ann", "Bob", "Cid"}, silence{happen: func(l *timeline) { l.ask(1, 2) },
			again: 2*time.Minute - 3*time.Second}},
		"its name": {[]string{"Ann", "Bob", "Cid"}, silence{happen: func(l *timeline) { l.say(1, "@Bob, well?") },
			again: 2*time.Minute - 3*time.Second}},
		"a reply": {[]string{"Ann", "Bob", "Cid"}, silence{happen: func(l *timeline) {
			l.reply(1, l.events[l.head.AsOf-1])
		}, again: 2*time.Minute - 3*time.Second}},
		"a request long ago": {[]string{"Ann", "Bob", "Cid"}, silence{happen: func(l *timeline) { l.ask(1, 2) },
			lasts: 2 * time.Minute, want: 3}},
		"a request of its own": {[]string{"Ann", "Bob", "Cid"}, silence{happen: func(l *timeline) { l.ask(2, 3) },
			want: 3}},
	} {
		l := newRoom(t, c.names...)
		l.set(func(s *room.Settings) { s.Capacity = len(c.names) })
		l.endpoint(2)
		l.say(1, "hello")
		l.say(2, "hello")
		if c.happen != nil {
			c.happen(l)
		}
		c.attends = hooked
		if got, again := c.next(l); got != c.want || again != c.again {
			t.Errorf("%s: seat %d, again in %s; want %d and %s", what, got, again, c.want, c.again)
		}
	}
}
