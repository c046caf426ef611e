package room_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// newCrowd returns a room of Ann, Bob, Cid and Dora. Bob has a hook, and Cid one for what is meant for him.
func newCrowd(t *testing.T) *timeline {
	t.Helper()
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	l.apply(l.agent(bob).BeginHook("b", false))
	l.apply(l.agent(cid).BeginHook("c", true))
	return l
}

// The events of a hook are between the agent and its person, and only the person is woken by them. The hook is part of
// the seat: a principal that regains the seat has it still, and it ends with the seat.
func TestHook_isPartOfItsSeat(t *testing.T) {
	l := newCrowd(t)
	person := l.person(bob)
	begun := l.apply(l.agent(bob).BeginHook("b2", true))
	want := []room.Hook{{ID: "b", N: 5}, {ID: "b2", ForMe: true, N: begun.N}}
	if got := l.agent(bob).Hooks; !reflect.DeepEqual(got, want) {
		t.Errorf("Bob has %+v, want %+v", got, want)
	}
	byPerson := l.apply(person.EndHook("b2", room.ReasonUnhooked))
	byClient := l.apply(l.agent(bob).EndHook("b2", room.ReasonUnhooked))
	expired := l.apply(l.agent(bob).EndHook("b2", room.ReasonHookGone))
	bobsAgent := l.agent(bob)
	for what, c := range map[string]struct {
		e    room.Event
		news bool // to the agent, which did not do it
	}{
		"the hook begins": {begun, false}, "its client ends it": {byClient, false},
		"its person ends it": {byPerson, true},
		"the hook expires":   {expired, true},
	} {
		if !bobsAgent.Sees(c.e) || bobsAgent.IsNews(c.e) != c.news || bobsAgent.WokenBy(c.e, 2, false) ||
			bobsAgent.WokenBy(c.e, 3, true) {
			t.Errorf("%s: Bob sees it: %v, as news: %v, and is woken in a pair: %v", what, bobsAgent.Sees(c.e),
				bobsAgent.IsNews(c.e), bobsAgent.WokenBy(c.e, 2, false))
		}
		if !person.IsNews(c.e) || !person.WokenBy(c.e, 4, false) || l.agent(ann).Sees(c.e) {
			t.Errorf("%s: it is news to Bob's person: %v; Ann sees it: %v", what, person.IsNews(c.e),
				l.agent(ann).Sees(c.e))
		}
	}
	bobsAgent.Hash = "regained"
	l.apply(room.Event{Type: room.Joined, Seat: bob, Name: "Bob", Agent: &bobsAgent.Agent, Regains: true})
	calls := l.say(ann, "hello").Calls
	if !slices.Equal(calls, []room.Call{{Seat: bob, Hook: "b"}}) || len(l.agent(bob).Hooks) != 1 {
		t.Errorf("the seat that was regained has %+v; called are %v", l.agent(bob).Hooks, calls)
	}
	l.leave(bob)
	if word := l.say(ann, "hello"); word.Calls != nil {
		t.Errorf("without Bob %v are called", word.Calls)
	}
}

// talk: called agents.
func TestCalledBy_areTheHooksOfThoseForWhomItIsNews(t *testing.T) {
	type happens = func(l *timeline) room.Event
	word := func(text string, to ...int) happens {
		return func(l *timeline) room.Event { return l.say(ann, text, to...) }
	}
	as := func(kind room.Kind) happens {
		return func(l *timeline) room.Event { return l.sayAs(ann, kind, "well") }
	}
	byPerson := func(to ...int) happens {
		return func(l *timeline) room.Event { return l.send(bob, room.Event{Person: true, To: to, Text: "well"}) }
	}
	inPair := func(next happens) happens {
		return func(l *timeline) room.Event { l.leave(dora); l.leave(cid); return next(l) }
	}
	paused := func(next happens) happens {
		return func(l *timeline) room.Event { l.pauses(bob, true); return next(l) }
	}
	bobsHook, cidsHook := room.Call{Seat: bob, Hook: "b"}, room.Call{Seat: cid, Hook: "c"}
	bobs, both := []room.Call{bobsHook}, []room.Call{bobsHook, cidsHook}
	for what, c := range map[string]struct {
		happens happens
		want    []room.Call
	}{
		"a word":                    {word("hello"), bobs},
		"a word of Bob":             {func(l *timeline) room.Event { return l.say(bob, "hello") }, nil},
		"a word that names Cid":     {word("@Cid, hello"), both},
		"a private word to Cid":     {word("psst", 3), []room.Call{cidsHook}},
		"a private word to Dora":    {word("psst", 4), nil},
		"a request to all":          {as(room.Request), bobs},
		"a status":                  {as(room.Status), nil},
		"a status in a pair":        {inPair(as(room.Status)), bobs},
		"a join":                    {func(l *timeline) room.Event { return l.join("Eve") }, nil},
		"a leave that makes a pair": {func(l *timeline) room.Event { l.leave(dora); return l.leave(cid) }, bobs},
		"a knock":                   {func(l *timeline) room.Event { return l.knock(dora) }, both},
		"the end of the room": {func(l *timeline) room.Event {
			return l.apply(room.Event{Type: room.Changed, By: ann, Changed: &room.Changes{}, Reason: room.ReasonClosed})
		}, both},
		"a note of Bob's person": {byPerson(2), bobs},
		"a word of Bob's person": {byPerson(), bobs},
		"a pause":                {func(l *timeline) room.Event { return l.pauses(bob, true) }, nil},
		"a word in a pause":      {paused(word("hello")), nil},
		"a note in a pause":      {paused(byPerson(2)), nil},
		"the end of a pause":     {paused(func(l *timeline) room.Event { return l.pauses(bob, false) }), bobs},
		"another hook begins": {func(l *timeline) room.Event { return l.apply(l.agent(cid).BeginHook("c2", true)) },
			[]room.Call{{Seat: cid, Hook: "c2"}}},
		"a hook ends": {func(l *timeline) room.Event {
			return l.apply(l.agent(cid).EndHook("c", room.ReasonHookGone))
		}, nil},
	} {
		if got := c.happens(newCrowd(t)).Calls; !slices.Equal(got, c.want) {
			t.Errorf("%s calls %v, want %v", what, got, c.want)
		}
	}
}

// unknownForm is a form that only a newer program knows.
const unknownForm room.Form = "newer"

// beginsUnknown begins a hook of unknownForm for the seat of Bob, as a newer program does.
func (l *timeline) beginsUnknown(id string) room.Event {
	begins := l.person(bob).BeginWebhook(id)
	begins.Hook.Form = unknownForm
	return l.apply(begins)
}

// A webhook is a matter of the person behind the agent, who alone sees its events. So is a hook of an unknown form.
// Even a sign of life of such a hook keeps no seat.
func TestWebhook_isOfThePersonAlone(t *testing.T) {
	for _, form := range []room.Form{room.FormWebhook, room.FormPush, room.FormMessenger, unknownForm} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		person := l.person(bob)
		begins := person.BeginWebhook("w")
		begins.Hook.Form = form
		begun := l.apply(begins)
		bobsAgent := l.agent(bob)
		if until := bobsAgent.HookedUntil(room.Presence{HookedMs: 1}); len(bobsAgent.Hooks) != 1 ||
			bobsAgent.IsCalled() || !until.IsZero() {
			t.Errorf("%s: Bob has %+v; he is called himself: %v, and keeps his seat until %v", form, bobsAgent.Hooks,
				bobsAgent.IsCalled(), until)
		}
		ended := l.apply(l.agent(bob).EndHook("w", room.ReasonHookGone))
		for what, e := range map[string]room.Event{"its begin": begun, "its end": ended} {
			if !person.IsNews(e) || l.agent(bob).Sees(e) || l.agent(ann).Sees(e) {
				t.Errorf("%s, %s: Bob's person hears of it: %v, Bob sees it: %v, Ann sees it: %v", form, what,
					person.IsNews(e), l.agent(bob).Sees(e), l.agent(ann).Sees(e))
			}
		}
		if len(l.agent(bob).Hooks) > 0 {
			t.Errorf("%s: after its end Bob has %+v", form, l.agent(bob).Hooks)
		}
	}
}

// Bob's person has a webhook.
func TestCalledBy_aWebhookIsCalledForAllThatItsSeatReceives(t *testing.T) {
	word := func(by int, text string, to ...int) func(l *timeline) room.Event {
		return func(l *timeline) room.Event { return l.say(by, text, to...) }
	}
	webhook := func(seat int) func(l *timeline) room.Event {
		return func(l *timeline) room.Event { return l.apply(l.person(seat).BeginWebhook("v")) }
	}
	for what, c := range map[string]struct {
		happens func(l *timeline) room.Event
		want    bool
	}{
		"a word":                {word(1, "hello"), true},
		"a word of Bob":         {word(2, "hello"), true},
		"a private word to Bob": {word(1, "psst", 2), true},
		"a private word to Cid": {word(1, "psst", 3), false},
		"a private word of Bob": {word(2, "psst", 3), true},
		"a status":              {func(l *timeline) room.Event { return l.sayAs(ann, room.Status, "well") }, true},
		"a join":                {func(l *timeline) room.Event { return l.join("Eve") }, true},
		"a leave":               {func(l *timeline) room.Event { return l.leave(cid) }, true},
		"a knock":               {func(l *timeline) room.Event { return l.knock(cid) }, true},
		"a pause":               {func(l *timeline) room.Event { return l.pauses(bob, true) }, true},
		"a word in a pause": {func(l *timeline) room.Event { l.pauses(bob, true); return l.say(ann, "hello") },
			true},
		"a pause of Cid":         {func(l *timeline) room.Event { return l.pauses(cid, true) }, false},
		"another webhook begins": {webhook(2), false},
		"a hook of Bob begins": {func(l *timeline) room.Event {
			return l.apply(l.agent(bob).BeginHook("h", true))
		}, true},
		"a webhook of Cid begins": {webhook(3), false},
		"the webhook ends": {func(l *timeline) room.Event {
			return l.apply(l.agent(bob).EndHook("w", room.ReasonUnhooked))
		}, false},
		"Bob leaves": {func(l *timeline) room.Event { return l.leave(bob) }, false},
		"a note of Bob's person": {func(l *timeline) room.Event {
			return l.send(bob, room.Event{Person: true, To: []int{bob}, Text: "well"})
		}, true},
		"the end of the room": {func(l *timeline) room.Event {
			return l.apply(room.Event{Type: room.Changed, By: ann, Changed: &room.Changes{}, Reason: room.ReasonClosed})
		}, true},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.apply(l.person(bob).BeginWebhook("w"))
		l.beginsUnknown("u")
		calls := c.happens(l).Calls
		if got := slices.Contains(calls, room.Call{Seat: bob, Hook: "w"}); got != c.want {
			t.Errorf("%s calls it: %v, want %v", what, got, c.want)
		}
		if slices.Contains(calls, room.Call{Seat: bob, Hook: "u"}) {
			t.Errorf("%s calls the hook of an unknown form", what)
		}
	}
}

// Bob's person has a browser and a channel of a messenger, which hear of what may need the person.
func TestCalledBy_aBrowserAndAChannelAreCalledForNeedsAlone(t *testing.T) {
	text := func(text string) room.Event { return room.Event{Text: text} }
	for what, c := range map[string]struct {
		happens func(l *timeline) room.Event
		want    bool
	}{
		"a draft of Bob":            {func(l *timeline) room.Event { return l.draft(bob, text("May I?")) }, true},
		"a draft of Ann":            {func(l *timeline) room.Event { return l.draft(ann, text("May I?")) }, false},
		"a question to Bob":         {func(l *timeline) room.Event { return l.ask(ann, bob) }, true},
		"a question to Bob and Cid": {func(l *timeline) room.Event { return l.ask(ann, bob, cid) }, true},
		"a question to Cid":         {func(l *timeline) room.Event { return l.ask(ann, cid) }, false},
		"a question of Bob":         {func(l *timeline) room.Event { return l.ask(bob, ann) }, false},
		"a proposal":                {func(l *timeline) room.Event { return l.propose(ann) }, true},
		"a word":                    {func(l *timeline) room.Event { return l.say(ann, "hello") }, false},
		"a private word to Bob":     {func(l *timeline) room.Event { return l.say(ann, "psst", bob) }, false},
		"a question in a pause": {func(l *timeline) room.Event { l.pauses(bob, true); return l.ask(ann, bob) },
			true},
		"a private question to Bob": {func(l *timeline) room.Event {
			return l.send(ann, room.Event{Text: "psst", Kind: room.Request, To: []int{bob}, Ask: []int{bob}})
		}, true},
		"a join":     {func(l *timeline) room.Event { return l.join("Eve") }, false},
		"a leave":    {func(l *timeline) room.Event { return l.leave(cid) }, false},
		"a knock":    {func(l *timeline) room.Event { return l.knock(cid) }, false},
		"a pause":    {func(l *timeline) room.Event { return l.pauses(bob, true) }, false},
		"Bob leaves": {func(l *timeline) room.Event { return l.leave(bob) }, false},
		"its own end": {func(l *timeline) room.Event {
			return l.apply(l.agent(bob).EndHook("p", room.ReasonUnhooked))
		}, false},
		"the end of the room": {func(l *timeline) room.Event {
			return l.apply(room.Event{Type: room.Changed, By: ann, Changed: &room.Changes{}, Reason: room.ReasonClosed})
		}, true},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.apply(l.person(bob).BeginPush("p"))
		l.apply(l.person(bob).BeginMessenger("m"))
		calls := c.happens(l).Calls
		for _, hook := range []string{"p", "m"} {
			if got := slices.Contains(calls, room.Call{Seat: bob, Hook: hook}); got != c.want {
				t.Errorf("%s calls %s: %v, want %v", what, hook, got, c.want)
			}
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
	l.endpoint(ann)
	l.endpoint(bob)
	said := l.answers(l.say(ann, "Shall we?"), func(e *room.Event) { e.Text = "@Ann, @Bob" })
	if len(said) != core.MaxSteps {
		t.Errorf("they say %d things", len(said))
	}
}

func TestCalledBy_anEndpointIsCalledForWhatIsMeantForIt(t *testing.T) {
	for what, c := range map[string]struct {
		happens func(l *timeline) room.Event
		want    bool
	}{
		"a word":              {func(l *timeline) room.Event { return l.say(ann, "hello") }, false},
		"the endpoint's name": {func(l *timeline) room.Event { return l.say(ann, "@Bob, hello") }, true},
		"a private word":      {func(l *timeline) room.Event { return l.say(ann, "psst", bob) }, true},
		"a request to all":    {func(l *timeline) room.Event { return l.sayAs(ann, room.Request, "well?") }, false},
		"a reply":             {func(l *timeline) room.Event { return l.reply(ann, l.say(bob, "so")) }, true},
		"the name of a paused endpoint": {func(l *timeline) room.Event {
			l.pauses(bob, true)
			return l.say(ann,
				"@Bob")
		}, false},
		"a knock": {func(l *timeline) room.Event { return l.knock(cid) }, false},
		"the name of a muted endpoint": {func(l *timeline) room.Event {
			l.manage(room.Mute, bob)
			return l.say(ann,
				"@Bob")
		},
			false},
		"the last message that agents may send": {func(l *timeline) room.Event {
			l.bounds(1)
			return l.say(ann,
				"@Bob")
		},
			false},
		"a word in a pair": {func(l *timeline) room.Event { l.leave(cid); return l.say(ann, "hello") },
			true},
		"a leave that makes a pair": {func(l *timeline) room.Event { return l.leave(cid) }, false},
		"a join that makes a pair": {func(l *timeline) room.Event { l.leave(ann); l.leave(cid); return l.join("Ann") },
			false},
		"by name, at step 7": {step(7, room.Event{Text: "@Bob"}), true},
		"by name, at step 8": {step(8, room.Event{Text: "@Bob"}), false},
		"a reply, at step 1": {func(l *timeline) room.Event {
			e := l.say(bob, "so")
			return step(1, room.Event{Text: "so?", ReplyTo: e.N, ReSeat: bob})(l)
		}, false},
		"a note of the endpoint's person": {func(l *timeline) room.Event {
			return l.send(bob, room.Event{Person: true, To: []int{bob}, Text: "be kind"})
		}, false},
		"to all, at step 1": {step(1, room.Event{Text: "well?", Kind: room.Request}), false},
		"in a pair, at a step": {func(l *timeline) room.Event {
			l.leave(cid)
			return step(1, room.Event{Text: "so"})(l)
		}, false},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.endpoint(bob)
		if got := slices.Contains(c.happens(l).Calls, room.Call{Seat: bob, Hook: "e"}); got != c.want {
			t.Errorf("%s calls it: %v, want %v", what, got, c.want)
		}
	}
}

// What came while an endpoint could not answer is told once it can: nothing else would call it for that.
func TestCalledBy_anEndpointMayAnswerAgain_isLookedAt(t *testing.T) {
	for what, c := range map[string]struct{ before, then func(l *timeline) room.Event }{
		"the person lets the endpoint go on": {
			func(l *timeline) room.Event { return l.pauses(bob, true) },
			func(l *timeline) room.Event { return l.pauses(bob, false) },
		},
		"the endpoint is unmuted": {
			func(l *timeline) room.Event { return l.manage(room.Mute, bob) },
			func(l *timeline) room.Event { return l.manage(room.Unmute, bob) },
		},
		"the room is a group again": {
			func(l *timeline) room.Event { return l.set(func(s *room.Settings) { s.Type = room.Channel }) },
			func(l *timeline) room.Event { return l.set(func(s *room.Settings) { s.Type = room.Group }) },
		},
		"a person speaks": {
			func(l *timeline) room.Event { l.bounds(1); return l.say(cid, "well") },
			func(l *timeline) room.Event { return l.send(cid, room.Event{Person: true, Text: "go on"}) },
		},
		"a person adds a task": {
			func(l *timeline) room.Event { l.bounds(1); return l.say(cid, "well") },
			func(l *timeline) room.Event {
				order := room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "tea"}}}
				e, _, err := order.Decide(l.head, l.person(cid), l.now)
				if err != nil {
					l.Fatal(err)
				}
				return l.apply(*e)
			},
		},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.endpoint(bob)
		before := c.before(l)
		if l.head.Hears(l.agent(bob).Agent) || len(before.Calls) > 0 {
			t.Errorf("%s: before that it may be called", what)
		}
		if then := c.then(l); !slices.Equal(then.Calls, []room.Call{{Seat: bob, Hook: "e"}}) {
			t.Errorf("%s: looked at are %v", what, then.Calls)
		}
	}
}
