package room_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/room"
)

// rein has the person behind a seat pause its agent, or let it go on.
func (l *timeline) rein(seat int, paused bool) room.Event {
	l.Helper()
	e := room.Supervision{Paused: &paused}.Decide(l.agent(seat))
	if e == nil {
		l.Fatal("the reins are so already")
	}
	return l.apply(*e)
}

// draft keeps a message of a seat, as completed by the rules, for the person behind it.
func (l *timeline) draft(seat int, m room.Event) room.Event {
	l.Helper()
	asked := m.Ask
	m, err := l.head.Compose(l.agent(seat), m, l.now)
	if err != nil {
		l.Fatal(err)
	}
	e, err := l.agent(seat).Draft(m, asked, "", l.now)
	if err != nil {
		l.Fatal(err)
	}
	return l.apply(e)
}

// decide has the person behind the seat of draft d decide about it.
func (l *timeline) decide(d room.Event, how room.Decision, text string) room.Event {
	l.Helper()
	e, err := l.head.DecideDraft(l.agent(d.Seat), d, how, text, l.now)
	if err != nil {
		l.Fatal(err)
	}
	return l.apply(e)
}

func TestDraft_isSeenByItsSeatAlone_andNewsToThePerson(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	bob := l.person(2)
	e := l.draft(2, room.Event{Text: "hello, @Ann"})
	for name, c := range map[string]struct {
		a          room.Agent
		sees, news bool
	}{"its agent": {l.agent(2), true, false}, "the person": {bob, true, true}, "who is named": {l.agent(1), false, false}} {
		if c.a.Sees(e) != c.sees || c.a.IsNews(e) != c.news || c.news && !c.a.WokenBy(e, 3, false) {
			t.Errorf("%s sees it: %v, as news: %v", name, c.a.Sees(e), c.a.IsNews(e))
		}
	}
	if n := l.head.Messages; n != 0 {
		t.Errorf("%d messages are counted", n)
	}
}

// The agent was told that its message waits, and may do something else.
func TestDecision_isNewsToTheAgentAndWakesIt(t *testing.T) {
	for how, text := range map[room.Decision]string{room.SendDraft: "", room.EditDraft: "better so", room.RefuseDraft: ""} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		bob := l.person(2)
		e := l.decide(l.draft(2, room.Event{Text: "hello", Kind: room.Status}), how, text)
		for name, a := range map[string]room.Agent{"its agent": l.agent(2), "the person": bob} {
			if !a.IsNews(e) || !a.WokenBy(e, 3, true) && !a.IsPerson() {
				t.Errorf("%s: %s hears of it: %v, is woken: %v", how, name, a.IsNews(e), a.WokenBy(e, 3, true))
			}
		}
		if sees := l.agent(1).IsNews(e); sees != (how != room.RefuseDraft) || len(l.agent(2).Person.Drafts) > 0 {
			t.Errorf("%s: another sees it: %v; drafts %v", how, sees, l.agent(2).Person.Drafts)
		}
	}
}

func TestRun_countsWhatAgentsSayToAllSinceAPersonSpoke(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	bob := l.person(2)
	for what, c := range map[string]struct {
		say  func()
		adds int
	}{
		"a message":         {func() { l.say(1, "hello") }, 1},
		"a status":          {func() { l.sayAs(3, room.Status, "at work") }, 1},
		"a private one":     {func() { l.say(1, "psst", 2) }, 0},
		"one that all hear": {func() { l.say(1, "all of you", 2, 3) }, 1},
		"a note":            {func() { l.send(2, room.Event{Person: true, To: []int{2}, Text: "be kind"}) }, 0},
		"a private word":    {func() { l.send(2, room.Event{Person: true, To: []int{1}, Text: "psst"}) }, 0},
		"a draft":           {func() { l.draft(2, room.Event{Text: "well"}) }, 0},
		"one that is sent":  {func() { l.decide(l.draft(2, room.Event{Text: "so"}), room.SendDraft, "") }, 1},
		"a change":          {func() { l.manage(room.Mute, 3); l.manage(room.Unmute, 3) }, 0},
	} {
		before := l.head.Run
		if c.say(); l.head.Run != before+c.adds {
			t.Errorf("%s: %d after %d", what, l.head.Run, before)
		}
	}
	for what, say := range map[string]func(){
		"a person speaks":        func() { l.send(2, room.Event{Person: bob.IsPerson(), Text: "I am here"}) },
		"a person edits a draft": func() { l.decide(l.draft(2, room.Event{Text: "hm"}), room.EditDraft, "I say") },
	} {
		l.say(1, "and on")
		if say(); l.head.Run != 0 {
			t.Errorf("%s: %d", what, l.head.Run)
		}
	}
}

func TestDraft_isKeptForADay(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	d := l.draft(2, room.Event{Text: "one"})
	l.now = d.At().Add(room.DraftLife - time.Second)
	if e := l.draft(2, room.Event{Text: "two"}); len(l.agent(2).Person.Drafts) != 1 || l.agent(2).Person.Drafts[0].N != e.N {
		t.Errorf("a day after the first, these wait: %v", l.agent(2).Person.Drafts)
	}
	if _, err := l.head.DecideDraft(l.agent(2), d, room.SendDraft, "", l.now); err == nil {
		t.Error("a draft of a day ago is sent")
	}
}
