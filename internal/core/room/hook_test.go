package room_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
)

// newCrowd returns a room of Ann, Bob, Cid and Dora. Bob has a hook, and Cid one for what is meant for him.
func newCrowd(t *testing.T) *timeline {
	t.Helper()
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	l.apply(l.agent(2).BeginHook("b", false))
	l.apply(l.agent(3).BeginHook("c", true))
	return l
}

// The events of a hook are between the agent and its person, and only the person is woken by them. The hook is part of
// the seat: a principal that regains the seat has it still, and it ends with the seat.
func TestHook_isPartOfItsSeat(t *testing.T) {
	l := newCrowd(t)
	person := l.person(2)
	begun := l.apply(l.agent(2).BeginHook("b2", true))
	want := []room.Hook{{ID: "b", N: 5}, {ID: "b2", ForMe: true, N: begun.N}}
	if got := l.agent(2).Hooks; !reflect.DeepEqual(got, want) {
		t.Errorf("Bob has %+v, want %+v", got, want)
	}
	byPerson := l.apply(person.EndHook("b2", room.ReasonUnhooked))
	byClient := l.apply(l.agent(2).EndHook("b2", room.ReasonUnhooked))
	expired := l.apply(l.agent(2).EndHook("b2", room.ReasonHookGone))
	bob := l.agent(2)
	for what, c := range map[string]struct {
		e    room.Event
		news bool // to the agent, which did not do it
	}{
		"it begins": {begun, false}, "its client ends it": {byClient, false}, "its person ends it": {byPerson, true},
		"it expires": {expired, true},
	} {
		if !bob.Sees(c.e) || bob.IsNews(c.e) != c.news || bob.WokenBy(c.e, 2, false) || bob.WokenBy(c.e, 3, true) {
			t.Errorf("%s: Bob sees it: %v, as news: %v, and is woken in a pair: %v", what, bob.Sees(c.e),
				bob.IsNews(c.e), bob.WokenBy(c.e, 2, false))
		}
		if !person.IsNews(c.e) || !person.WokenBy(c.e, 4, false) || l.agent(1).Sees(c.e) {
			t.Errorf("%s: it is news to Bob's person: %v; Ann sees it: %v", what, person.IsNews(c.e),
				l.agent(1).Sees(c.e))
		}
	}
	bob.Hash = "regained"
	l.apply(room.Event{Type: room.Joined, Seat: 2, Name: "Bob", Agent: &bob.Agent, Regains: true})
	calls := l.say(1, "hello").Calls
	if !slices.Equal(calls, []room.Call{{Seat: 2, Hook: "b"}}) || len(l.agent(2).Hooks) != 1 {
		t.Errorf("the seat that was regained has %+v; called are %v", l.agent(2).Hooks, calls)
	}
	l.leave(2)
	if word := l.say(1, "hello"); word.Calls != nil {
		t.Errorf("without Bob %v are called", word.Calls)
	}
}

func TestCalledBy_areTheHooksOfThoseForWhomItIsNews(t *testing.T) {
	type happens = func(l *timeline) room.Event
	word := func(text string, to ...int) happens {
		return func(l *timeline) room.Event { return l.say(1, text, to...) }
	}
	as := func(kind room.Kind) happens { return func(l *timeline) room.Event { return l.sayAs(1, kind, "well") } }
	byPerson := func(to ...int) happens {
		return func(l *timeline) room.Event { return l.send(2, room.Event{Person: true, To: to, Text: "well"}) }
	}
	inPair := func(next happens) happens {
		return func(l *timeline) room.Event { l.leave(4); l.leave(3); return next(l) }
	}
	paused := func(next happens) happens {
		return func(l *timeline) room.Event { l.pauses(2, true); return next(l) }
	}
	bob, cid := room.Call{Seat: 2, Hook: "b"}, room.Call{Seat: 3, Hook: "c"}
	bobs, both := []room.Call{bob}, []room.Call{bob, cid}
	for what, c := range map[string]struct {
		happens happens
		want    []room.Call
	}{
		"a word":                    {word("hello"), bobs},
		"a word of Bob":             {func(l *timeline) room.Event { return l.say(2, "hello") }, nil},
		"a word that names Cid":     {word("@Cid, hello"), both},
		"a private word to Cid":     {word("psst", 3), []room.Call{cid}},
		"a private word to Dora":    {word("psst", 4), nil},
		"a request to all":          {as(room.Request), both},
		"a status":                  {as(room.Status), nil},
		"a status in a pair":        {inPair(as(room.Status)), bobs},
		"a join":                    {func(l *timeline) room.Event { return l.join("Eve") }, nil},
		"a leave that makes a pair": {func(l *timeline) room.Event { l.leave(4); return l.leave(3) }, bobs},
		"a knock":                   {func(l *timeline) room.Event { return l.knock(4) }, both},
		"the end of the room": {func(l *timeline) room.Event {
			return l.apply(room.Event{Type: room.Changed, By: 1, Changed: &room.Changes{}, Reason: room.ReasonClosed})
		}, both},
		"a note of Bob's person": {byPerson(2), bobs},
		"a word of Bob's person": {byPerson(), bobs},
		"a pause":                {func(l *timeline) room.Event { return l.pauses(2, true) }, nil},
		"a word in a pause":      {paused(word("hello")), nil},
		"a note in a pause":      {paused(byPerson(2)), nil},
		"the end of a pause":     {paused(func(l *timeline) room.Event { return l.pauses(2, false) }), bobs},
		"another hook begins": {func(l *timeline) room.Event { return l.apply(l.agent(3).BeginHook("c2", true)) },
			[]room.Call{{Seat: 3, Hook: "c2"}}},
		"a hook ends": {func(l *timeline) room.Event {
			return l.apply(l.agent(3).EndHook("c", room.ReasonHookGone))
		}, nil},
	} {
		if got := c.happens(newCrowd(t)).Calls; !slices.Equal(got, c.want) {
			t.Errorf("%s calls %v, want %v", what, got, c.want)
		}
	}
}

// A webhook is a matter of the person behind the agent, who alone sees its events.
func TestWebhook_isOfThePersonAlone(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	person := l.person(2)
	begun := l.apply(l.agent(2).BeginWebhook("w"))
	if bob := l.agent(2); len(bob.Hooks) != 1 || bob.IsCalled() {
		t.Errorf("Bob has %+v; he is called himself: %v", bob.Hooks, bob.IsCalled())
	}
	ended := l.apply(l.agent(2).EndHook("w", room.ReasonHookGone))
	for what, e := range map[string]room.Event{"its begin": begun, "its end": ended} {
		if !person.IsNews(e) || l.agent(2).Sees(e) || l.agent(1).Sees(e) {
			t.Errorf("%s: Bob's person hears of it: %v, Bob sees it: %v, Ann sees it: %v", what, person.IsNews(e),
				l.agent(2).Sees(e), l.agent(1).Sees(e))
		}
	}
	if len(l.agent(2).Hooks) > 0 {
		t.Errorf("after its end Bob has %+v", l.agent(2).Hooks)
	}
}

// Bob's person has a webhook.
func TestCalledBy_aWebhookIsCalledForAllThatItsSeatReceives(t *testing.T) {
	word := func(by int, text string, to ...int) func(l *timeline) room.Event {
		return func(l *timeline) room.Event { return l.say(by, text, to...) }
	}
	webhook := func(seat int) func(l *timeline) room.Event {
		return func(l *timeline) room.Event { return l.apply(l.agent(seat).BeginWebhook("v")) }
	}
	for what, c := range map[string]struct {
		happens func(l *timeline) room.Event
		want    bool
	}{
		"a word":                 {word(1, "hello"), true},
		"a word of Bob":          {word(2, "hello"), true},
		"a private word to Bob":  {word(1, "psst", 2), true},
		"a private word to Cid":  {word(1, "psst", 3), false},
		"a private word of Bob":  {word(2, "psst", 3), true},
		"a status":               {func(l *timeline) room.Event { return l.sayAs(1, room.Status, "well") }, true},
		"a join":                 {func(l *timeline) room.Event { return l.join("Eve") }, true},
		"a leave":                {func(l *timeline) room.Event { return l.leave(3) }, true},
		"a knock":                {func(l *timeline) room.Event { return l.knock(3) }, true},
		"a pause":                {func(l *timeline) room.Event { return l.pauses(2, true) }, true},
		"a word in a pause":      {func(l *timeline) room.Event { l.pauses(2, true); return l.say(1, "hello") }, true},
		"a pause of Cid":         {func(l *timeline) room.Event { return l.pauses(3, true) }, false},
		"another webhook begins": {webhook(2), false},
		"a hook of Bob begins": {func(l *timeline) room.Event {
			return l.apply(l.agent(2).BeginHook("h", true))
		}, true},
		"a webhook of Cid begins": {webhook(3), false},
		"it ends": {func(l *timeline) room.Event {
			return l.apply(l.agent(2).EndHook("w", room.ReasonUnhooked))
		}, false},
		"Bob leaves": {func(l *timeline) room.Event { return l.leave(2) }, false},
		"a note of Bob's person": {func(l *timeline) room.Event {
			return l.send(2, room.Event{Person: true, To: []int{2}, Text: "well"})
		}, true},
		"the end of the room": {func(l *timeline) room.Event {
			return l.apply(room.Event{Type: room.Changed, By: 1, Changed: &room.Changes{}, Reason: room.ReasonClosed})
		}, true},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.apply(l.agent(2).BeginWebhook("w"))
		if got := slices.Contains(c.happens(l).Calls, room.Call{Seat: 2, Hook: "w"}); got != c.want {
			t.Errorf("%s calls it: %v, want %v", what, got, c.want)
		}
	}
}

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
