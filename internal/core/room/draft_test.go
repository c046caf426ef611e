package room_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestDraft_isSeenByItsSeatAlone_andNewsToThePerson(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	bobsPerson := l.person(bob)
	e := l.draft(bob, room.Event{Text: "hello, @Ann"})
	for name, c := range map[string]struct {
		a          room.Caller
		sees, news bool
	}{"its agent": {l.agent(bob), true, false}, "the person": {bobsPerson, true, true},
		"who is named": {l.agent(ann), false, false}} {
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
	for how, text := range map[room.Decision]string{room.SendDraft: "", room.EditDraft: "better so",
		room.RefuseDraft: ""} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		bobsPerson := l.person(bob)
		e := l.decide(l.draft(bob, room.Event{Text: "hello", Kind: room.Status}), how, text)
		for name, a := range map[string]room.Caller{"its agent": l.agent(bob), "the person": bobsPerson} {
			if !a.IsNews(e) || !a.WokenBy(e, 3, true) && !a.IsPerson() {
				t.Errorf("%s: %s hears of it: %v, is woken: %v", how, name, a.IsNews(e), a.WokenBy(e, 3, true))
			}
		}
		if sees := l.agent(ann).IsNews(e); sees != (how != room.RefuseDraft) || len(l.agent(bob).Person.Drafts) > 0 {
			t.Errorf("%s: another sees it: %v; drafts %v", how, sees, l.agent(bob).Person.Drafts)
		}
	}
}

func TestDraft_isKeptForADay(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	d := l.draft(bob, room.Event{Text: "one"})
	l.now = d.At().Add(room.DraftLife - time.Second)
	if e := l.draft(bob, room.Event{Text: "two"}); len(l.agent(bob).Person.Drafts) != 1 ||
		l.agent(bob).Person.Drafts[0].N != e.N {
		t.Errorf("a day after the first, these wait: %v", l.agent(bob).Person.Drafts)
	}
	if _, err := l.head.DecideDraft(l.agent(bob).Agent, d, room.SendDraft, "", nil, l.now); err == nil {
		t.Error("a draft of a day ago is sent")
	}
}

// A draft that the rules refuse by now stays with the person.
func TestDecideDraft_isCheckedAsOfNow(t *testing.T) {
	closed := func(l *timeline) { l.apply(room.Event{Type: room.Changed, By: ann, Reason: room.ReasonClosed}) }
	for what, c := range map[string]struct {
		draft  room.Event // of Bob
		happen func(l *timeline)
		code   fault.Code
	}{
		"nothing happens": {draft: room.Event{Text: "psst", To: []int{cid}, Ask: []int{cid}},
			happen: func(*timeline) {}},
		"somebody else leaves": {draft: room.Event{Text: "psst", To: []int{cid}},
			happen: func(l *timeline) { l.leave(dora) }},
		"the addressee has left": {draft: room.Event{Text: "psst", To: []int{cid}},
			happen: func(l *timeline) { l.leave(cid) }, code: fault.InvalidArgument},
		"the asked agent has left": {draft: room.Event{Text: "well?", Ask: []int{cid}},
			happen: func(l *timeline) { l.leave(cid) }, code: fault.InvalidArgument},
		"the agent is muted": {draft: room.Event{Text: "hello"},
			happen: func(l *timeline) { l.manage(room.Mute, bob) }, code: fault.NotAllowed},
		"the room is closed": {draft: room.Event{Text: "hello"}, happen: closed, code: fault.RoomClosed},
		"the proposal is over": {draft: room.Event{Kind: room.Agree},
			happen: func(l *timeline) { l.withdraw(l.events[5]) }, code: fault.InvalidArgument},
		"a reader of the vote left": {draft: room.Event{Kind: room.Agree}, happen: func(l *timeline) { l.leave(cid) }},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		l.person(bob)
		l.propose(ann, bob, cid)
		d := l.draft(bob, c.draft)
		c.happen(l)
		e, err := l.head.DecideDraft(l.person(bob).Agent, d, room.SendDraft, "", nil, l.now)
		if fault.CodeOf(err) != c.code || err == nil && (e.Type != room.Said || e.Decides != d.N || e.Person) {
			t.Errorf("%s: %+v, %v", what, e, err)
		}
		if c.code == "" && c.draft.Kind == room.Agree && (slices.Contains(e.To, cid) || len(e.To) != 1) {
			t.Errorf("%s: the vote is seen by %v", what, e.To)
		}
		if refused := l.decide(d, room.RefuseDraft, ""); refused.Reason != room.ReasonRefused ||
			len(l.agent(bob).Person.Drafts) > 0 {
			t.Errorf("%s: it cannot be refused: %+v", what, refused)
		}
	}
}

func TestDecideDraft_proposal_asksThoseWhoAreThereByThen(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	d := l.draft(bob, room.Event{Kind: room.Proposal, Text: "tea at four"})
	l.leave(cid)
	dora := l.join("Dora").Seat
	if e := l.decide(d, room.SendDraft, ""); !slices.Equal(e.Ask, []int{ann, dora}) {
		t.Errorf("it asks %v", e.Ask)
	}
}

func TestDecideDraft_edited_isThePersonsWord(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	d := l.draft(bob, room.Event{Text: "never, @Cid", To: []int{ann}})
	if e := l.decide(d, room.EditDraft, "rather not"); e.Text != "rather not" || !e.Person ||
		!slices.Equal(e.To, []int{ann}) || len(e.Named) > 0 {
		t.Errorf("got %+v", e)
	}
}

func TestDecideDraft_whatIsNoDraftOfTheSeatThatWaits_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	d := l.draft(bob, room.Event{Text: "hello"})
	over := l.draft(bob, room.Event{Text: "and more"})
	l.decide(over, room.SendDraft, "")
	said := l.say(bob, "said")
	for what, c := range map[string]struct {
		seat  int
		event room.Event
		after time.Duration
		want  fault.Code
	}{
		"a waiting draft":                {seat: 2, event: d},
		"a draft of another seat":        {seat: 1, event: d, want: fault.InvalidArgument},
		"a message":                      {seat: 2, event: said, want: fault.InvalidArgument},
		"a decided draft":                {seat: 2, event: over, want: fault.InvalidArgument},
		"a draft of a day less a moment": {seat: 2, event: d, after: room.DraftLife - time.Millisecond},
		"a draft of a day":               {seat: 2, event: d, after: room.DraftLife, want: fault.InvalidArgument},
	} {
		now := l.now
		if c.after != 0 {
			now = d.At().Add(c.after)
		}
		if _, err := l.head.DecideDraft(l.agent(c.seat).Agent, c.event, room.SendDraft, "", nil,
			now); fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v", what, err)
		}
		waits := l.agent(c.seat).HasDraft(c.event.N, now)
		if waits != (c.want == "") {
			t.Errorf("%s: it waits: %v", what, waits)
		}
	}
}

func TestDraft_moreThanEight_areRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	for range core.MaxDrafts {
		l.draft(bob, room.Event{Text: "hello"})
	}
	if _, err := l.agent(bob).Draft(room.Event{Text: "one more"}, nil, "", l.now); fault.CodeOf(err) != fault.Paused {
		t.Errorf("one more: %v", err)
	}
	l.now = l.events[2].At().Add(room.DraftLife)
	e, err := l.agent(bob).Draft(room.Event{Text: "one more", Ask: []int{ann}, Named: []int{ann}}, []int{ann}, "k",
		l.now)
	if err != nil || e.Key != "k" || !slices.Equal(e.To, []int{bob}) || !slices.Equal(e.Draft.Ask, []int{ann}) ||
		e.Draft.Named != nil {
		t.Errorf("once the first is a day old: %+v, %v", e, err)
	}
}

func TestDecision_unknownOrWithWrongText_isRefused(t *testing.T) {
	for _, c := range []struct {
		d    room.Decision
		text string
		want fault.Code
	}{
		{room.SendDraft, "", ""}, {room.RefuseDraft, "", ""}, {room.EditDraft, "so", ""},
		{"", "", fault.InvalidArgument}, {"maybe", "", fault.InvalidArgument}, {"maybe", "so", fault.InvalidArgument},
		{room.SendDraft, "so", fault.InvalidArgument}, {room.RefuseDraft, "so", ""},
		{room.RefuseDraft, "a\nb", fault.InvalidArgument},
		{room.EditDraft, "", fault.InvalidArgument}, {room.EditDraft, token(), fault.InvalidArgument},
	} {
		if err := c.d.Check(c.text); fault.CodeOf(err) != c.want {
			t.Errorf("%q with %q: %v", c.d, c.text, err)
		}
	}
	checkTexts(t, "text", room.RefuseDraft.Check, []text{ // as supervise has it
		{"a long reason", strings.Repeat("x", core.MaxNote+1), fault.InvalidArgument},
	})
}
