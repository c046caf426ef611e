package room_test

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
)

// answers has each endpoint that an event calls answer it, and so on, as the engine does: an answer replies to the
// event, with its step and one more. say changes an answer. It returns the answers.
func (l *timeline) answers(first room.Event, say func(*room.Event)) (all []room.Event) {
	l.Helper()
	for open := []room.Event{first}; len(open) > 0; open = open[1:] {
		e := open[0]
		for _, c := range e.Calls {
			if len(all) == 10_000 {
				l.Fatal("the endpoints never stop")
			}
			answer := room.Event{Text: "so", ReplyTo: e.N, ReSeat: e.Seat, ReFor: e.To, Step: e.Step + 1}
			say(&answer)
			answer = l.send(c.Seat, answer)
			all, open = append(all, answer), append(open, answer)
		}
	}
	return all
}

// endpoint makes the agent of a seat one.
func (l *timeline) endpoint(seat int) { l.apply(l.agent(seat).BeginEndpoint("e")) }

func TestSteps_twoEndpointsThatNameEachOther_stopAfterEight(t *testing.T) {
	l := newPair(t, "Ann", "Bob")
	l.endpoint(1)
	l.endpoint(2)
	said := l.answers(l.say(1, "Shall we?"), func(e *room.Event) { e.Text = "@Ann, @Bob" })
	if len(said) != room.MostSteps {
		t.Errorf("they say %d things", len(said))
	}
}

func TestCalledBy_anEndpointIsCalledForWhatIsMeantForIt(t *testing.T) {
	for what, c := range map[string]struct {
		happens func(l *timeline) room.Event
		want    bool
	}{
		"a word":             {func(l *timeline) room.Event { return l.say(1, "hello") }, false},
		"its name":           {func(l *timeline) room.Event { return l.say(1, "@Bob, hello") }, true},
		"a private word":     {func(l *timeline) room.Event { return l.say(1, "psst", 2) }, true},
		"a request to all":   {func(l *timeline) room.Event { return l.sayAs(1, room.Request, "well?") }, true},
		"a reply":            {func(l *timeline) room.Event { return l.reply(1, l.say(2, "so")) }, true},
		"while it is paused": {func(l *timeline) room.Event { l.pauses(2, true); return l.say(1, "@Bob") }, false},
		"a knock":            {func(l *timeline) room.Event { return l.knock(3) }, false},
		"while it is muted": {func(l *timeline) room.Event { l.manage(room.Mute, 2); return l.say(1, "@Bob") },
			false},
		"the last that agents may say": {func(l *timeline) room.Event { l.bounds(1); return l.say(1, "@Bob") }, false},
		"a word in a pair":             {func(l *timeline) room.Event { l.leave(3); return l.say(1, "hello") }, true},
		"who leaves a pair":            {func(l *timeline) room.Event { return l.leave(3) }, false},
		"who joins a pair": {func(l *timeline) room.Event { l.leave(1); l.leave(3); return l.join("Ann") },
			false},
		"by name, at step 7": {step(7, room.Event{Text: "@Bob"}), true},
		"by name, at step 8": {step(8, room.Event{Text: "@Bob"}), false},
		"a reply, at step 1": {func(l *timeline) room.Event {
			e := l.say(2, "so")
			return step(1, room.Event{Text: "so?", ReplyTo: e.N, ReSeat: 2})(l)
		}, false},
		"a note of its person": {func(l *timeline) room.Event {
			return l.send(2, room.Event{Person: true, To: []int{2}, Text: "be kind"})
		}, false},
		"to all, at step 1": {step(1, room.Event{Text: "well?", Kind: room.Request}), false},
		"in a pair, at a step": {func(l *timeline) room.Event {
			l.leave(3)
			return step(1, room.Event{Text: "so"})(l)
		}, false},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.endpoint(2)
		if got := slices.Contains(c.happens(l).Calls, room.Call{Seat: 2, Hook: "e"}); got != c.want {
			t.Errorf("%s calls it: %v, want %v", what, got, c.want)
		}
	}
}

// bounds lets agents say so much until a person speaks.
func (l *timeline) bounds(n int) { l.set(func(s *room.Settings) { s.AgentMessages = n }) }

// What came while an endpoint could not answer is told once it can: nothing else would call it for that.
func TestCalledBy_anEndpointMayAnswerAgain_isLookedAt(t *testing.T) {
	for what, c := range map[string]struct{ before, then func(l *timeline) room.Event }{
		"its person lets it go on": {
			func(l *timeline) room.Event { return l.pauses(2, true) },
			func(l *timeline) room.Event { return l.pauses(2, false) },
		},
		"it is muted no longer": {
			func(l *timeline) room.Event { return l.manage(room.Mute, 2) },
			func(l *timeline) room.Event { return l.manage(room.Unmute, 2) },
		},
		"the room is a group again": {
			func(l *timeline) room.Event { return l.set(func(s *room.Settings) { s.Type = room.Channel }) },
			func(l *timeline) room.Event { return l.set(func(s *room.Settings) { s.Type = room.Group }) },
		},
		"a person speaks": {
			func(l *timeline) room.Event { l.bounds(1); return l.say(3, "well") },
			func(l *timeline) room.Event { return l.send(3, room.Event{Person: true, Text: "go on"}) },
		},
		"a person adds a task": {
			func(l *timeline) room.Event { l.bounds(1); return l.say(3, "well") },
			func(l *timeline) room.Event {
				order := room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "tea"}}}
				e, _, err := order.Decide(l.head, l.person(3), l.now)
				if err != nil {
					l.Fatal(err)
				}
				return l.apply(*e)
			},
		},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.endpoint(2)
		before := c.before(l)
		if l.head.Hears(l.agent(2).Agent) || len(before.Calls) > 0 {
			t.Errorf("%s: before that it may be called", what)
		}
		if then := c.then(l); !slices.Equal(then.Calls, []room.Call{{Seat: 2, Hook: "e"}}) {
			t.Errorf("%s: looked at are %v", what, then.Calls)
		}
	}
}

// Bob is an endpoint that Ann's principal has added, and has not said anything. The room is full.
func TestClaim_seatOfAnEndpoint_isFreeADayAfterTheLastSuccess(t *testing.T) {
	const last = time.Hour
	for what, c := range map[string]struct {
		after           time.Duration // the join of Bob
		name, principal string
		gone            int // the seat that changes hands; 0: none
	}{
		"its name":                         {2 * time.Hour, "Bob", "", 0},
		"its name, by its principal":       {2 * time.Hour, "Bob", "key:a", 0},
		"a seat":                           {2 * time.Hour, "Dora", "", 0},
		"its name, just before":            {last + room.HookLease - 1, "Bob", "key:a", 0},
		"its name, then":                   {last + room.HookLease, "Bob", "", 2},
		"its name, then, by its principal": {last + room.HookLease, "Bob", "key:a", 2},
		"a seat, then":                     {last + room.HookLease, "Dora", "", 2},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.endpoint(2)
		bob := l.agent(2)
		bob.Principal, bob.Person.Approve = "key:a", true // which keeps nobody out
		l.apply(room.Event{Type: room.Joined, Seat: 2, Name: "Bob", Agent: &bob.Agent, Regains: true})
		l.set(func(s *room.Settings) { s.Capacity = 3 })
		now := l.now.Add(c.after)
		waits := room.Presence{AtMs: now.UnixMilli(), Used: true}
		claim := room.SeatRequest{Name: nameOf(t, c.name), Principal: c.principal, Presence: map[int]room.Presence{
			1: waits, 2: {HookedMs: l.now.Add(last).UnixMilli()}, 3: waits}}
		got, err := claim.Decide(l.head, now)
		if c.gone == 0 && (fault.CodeOf(err) != fault.NameTaken && fault.CodeOf(err) != fault.RoomFull ||
			len(claim.Yours(l.head, now)) > 0) {
			t.Errorf("%s: %+v, %v; of the principal are %q", what, got, err, claim.Yours(l.head, now))
		}
		if c.gone != 0 && (err != nil || got.Eviction == nil || got.Eviction.Seat != c.gone) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

// No room is stuck because an endpoint is its admin. Ann is admin, and an hour ago Bob, Cid and Dora joined.
func TestEndpoint_runsNoRoomThatAnotherCanRun(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	l.endpoint(2)
	l.now = l.now.Add(time.Hour)
	l.say(2, "here")
	claim := room.SeatRequest{Presence: map[int]room.Presence{}}
	if got := claim.Heir(l.head, 1, l.now); got != 3 {
		t.Errorf("after Ann seat %d runs the room, though Cid could", got)
	}
	l.manage(room.Promote, 2)
	if got := l.leave(1).Promoted; got != 3 {
		t.Errorf("beside Bob, who is admin, seat %d runs the room", got)
	}
	l.manage(room.Demote, 3)
	l.say(4, "here")
	if got := claim.Succeed(l.head, l.now); got == nil || got.Seat != 4 {
		t.Errorf("beside Bob alone %+v runs the room", got)
	}
	l.leave(3)
	l.manage(room.Demote, 2)
	l.manage(room.Promote, 4)
	if got := l.leave(4).Promoted; got != 2 {
		t.Errorf("alone in the room, seat %d runs it", got)
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

// An endpoint says in plain words what it is asked, and no more.
func TestEndpoint_isNeitherAskedToAgreeNorWaitedForAtTheEnd(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.endpoint(2)
	if e := l.propose(1); !slices.Equal(e.Ask, []int{3}) {
		t.Errorf("asked are %v", e.Ask)
	}
	l.agree(3)
	l.sayAs(3, room.Done, "bye")
	if !l.head.Ended(l.agent(1).Agent, l.now) {
		t.Error("Cid is done, and the talk goes on for Ann")
	}
	l.leave(3)
	if l.head.Ended(l.agent(1).Agent, l.now) {
		t.Error("alone with Bob, the talk is over for Ann")
	}
}

// What came while it was busy is told by one call, and answered by one message.
func TestDebt_ofAnEndpoint_endsByOneAnswer(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.endpoint(2)
	both, second := l.ask(1, 2, 3), l.ask(3, 2)
	later := l.ask(1, 2)
	l.send(2, room.Event{Text: "so", ReplyTo: second.N, ReSeat: 3, Step: 1})
	if a, b, c := l.owed(both, 1), l.owed(second, 1), l.owed(later, 1); a != "[3]" || b != "nothing" || c != "[2]" {
		t.Errorf("%s owe the first, %s the second, and %s one that came later", a, b, c)
	}
}

// step has Ann say e because of another endpoint.
func step(n int, e room.Event) func(l *timeline) room.Event {
	return func(l *timeline) room.Event {
		e.Step = n
		return l.send(1, e)
	}
}
