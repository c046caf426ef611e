package room_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestSupervision_decided_tellsTheAgentWhetherItMaySpeak(t *testing.T) {
	yes, no, files := new(true), new(false), room.Selection{Files: true}
	type person = room.Person
	for what, c := range map[string]struct {
		before person
		given  room.Supervision
		want   *person // nil: nothing changes
		tells  room.Reason
	}{
		"pauses": {given: room.Supervision{Paused: yes}, want: &person{Paused: true},
			tells: room.ReasonPaused},
		"pauses again": {before: person{Paused: true}, given: room.Supervision{Paused: yes}},
		"lets it go on": {before: person{Paused: true}, given: room.Supervision{Paused: no},
			want: &person{}, tells: room.ReasonResumed},
		"lets it go on again": {given: room.Supervision{Paused: no}},
		"approves":            {given: room.Supervision{Approve: yes}, want: &person{Approve: true}},
		"approves again":      {before: person{Approve: true}, given: room.Supervision{Approve: yes}},
		"approves no longer": {before: person{Approve: true}, given: room.Supervision{Approve: no},
			want: &person{}},
		"approves a paused agent": {before: person{Paused: true}, given: room.Supervision{Approve: yes},
			want: &person{Paused: true, Approve: true}},
		"pauses in place of approval": {before: person{Approve: true},
			given: room.Supervision{Paused: yes, Approve: no}, want: &person{Paused: true}, tells: room.ReasonPaused},
		"approves some": {given: room.Supervision{ApproveSome: &files},
			want: &person{Approve: true, ApproveSome: files}},
		"approves the same": {before: person{Approve: true, ApproveSome: files},
			given: room.Supervision{ApproveSome: &files}},
		"approves others": {before: person{Approve: true, ApproveSome: files},
			given: room.Supervision{ApproveSome: &room.Selection{Private: true}},
			want:  &person{Approve: true, ApproveSome: room.Selection{Private: true}}},
		"approves some in place of all": {before: person{Approve: true}, given: room.Supervision{ApproveSome: &files},
			want: &person{Approve: true, ApproveSome: files}},
		"approves all in place of some": {before: person{Approve: true, ApproveSome: files},
			given: room.Supervision{Approve: yes}, want: &person{Approve: true}},
		"approves some no longer": {before: person{Approve: true, ApproveSome: files},
			given: room.Supervision{Approve: no}, want: &person{}},
		"approves none of them": {before: person{Approve: true, ApproveSome: files},
			given: room.Supervision{ApproveSome: &room.Selection{}}, want: &person{}},
		"approves none of none": {given: room.Supervision{ApproveSome: &room.Selection{}}},
		"pauses an agent approved in part": {before: person{Approve: true, ApproveSome: files},
			given: room.Supervision{Paused: yes}, want: &person{Paused: true, Approve: true, ApproveSome: files},
			tells: room.ReasonPaused},
		"decides nothing": {before: person{Paused: true, Approve: true}},
	} {
		l := newRoom(t, "Ann", "Bob")
		l.behind(bob, func(p *person) { *p = c.before })
		got := c.given.Decide(l.agent(bob).Agent)
		switch {
		case (got == nil) != (c.want == nil):
			t.Errorf("%s: %+v", what, got)
		case got != nil && (!reflect.DeepEqual(*got.Behind, *c.want) || got.Reason != c.tells || got.Seat != bob):
			t.Errorf("%s: %+v, which tells %q", what, *got.Behind, got.Reason)
		}
	}
}

// The person behind the agent may do everything.
func TestSupervision_agentThatWaitsForPerson_doesNothingThatOthersNotice(t *testing.T) {
	for what, c := range map[string]struct {
		how  func(*room.Person)
		want fault.Code
	}{
		"free":     {func(*room.Person) {}, ""},
		"paused":   {paused, fault.Paused},
		"approved": {approved, fault.Paused},

		"approved in part": {approvedInPart, fault.Paused},
	} {
		l := newRoom(t, "Ann", "Bob")
		bobsPerson := l.person(bob)
		l.behind(bob, c.how)
		agent := l.agent(bob)
		bobsPerson.Person = agent.Person
		for call, err := range map[string]error{
			"shows an activity": agent.CheckActivity("reading"), "gives an order": agent.CheckOrder(),
			"leaves":                  l.head.CheckLeaving(agent, ""),
			"leaves with a last word": l.head.CheckLeaving(agent, "bye"),
		} {
			if fault.CodeOf(err) != c.want {
				t.Errorf("%s, %s: %v", what, call, err)
			}
		}
		for call, err := range map[string]error{
			"shows none": agent.CheckActivity(""), "its person shows one": bobsPerson.CheckActivity("reading"),
			"its person orders": bobsPerson.CheckOrder(),
		} {
			if err != nil {
				t.Errorf("%s, %s: %v", what, call, err)
			}
		}
	}
}

// Bob sends a message of each kind. The person behind Bob approves a selection, or all messages.
//
// talk: supervision.
func TestNeedsApproval_messageOfASelectedKind_becomesADraft(t *testing.T) {
	say := func(e room.Event) func(*timeline) room.Event { return func(*timeline) room.Event { return e } }
	for what, c := range map[string]struct {
		say  func(l *timeline) room.Event
		want string // the letters of the kinds for which it waits: private, files, agreements; "" if none
	}{
		"a message":                     {say(room.Event{Text: "hello"}), ""},
		"a name":                        {say(room.Event{Text: "@Ann, see t1"}), ""},
		"a question":                    {say(room.Event{Text: "well?", Kind: room.Request, Ask: []int{ann}}), ""},
		"a status":                      {say(room.Event{Text: "at work", Kind: room.Status}), ""},
		"a word that the agent is done": {say(room.Event{Text: "bye", Kind: room.Done}), ""},
		"a private word":                {say(room.Event{Text: "psst", To: []int{ann}}), "p"},
		"a private word to each":        {say(room.Event{Text: "psst", To: []int{ann, cid}}), "p"},
		"a file":                        {say(room.Event{File: &room.File{Name: "a.txt"}}), "f"},
		"a private file":                {say(room.Event{To: []int{ann}, File: &room.File{Name: "a.txt"}}), "pf"},
		"a proposal":                    {say(room.Event{Text: "tea?", Kind: room.Proposal}), "a"},
		"a proposed file":               {say(room.Event{Kind: room.Proposal, File: &room.File{Name: "a.txt"}}), "fa"},
		"a private proposal":            {say(room.Event{Text: "tea?", Kind: room.Proposal, To: []int{ann}}), "pa"},
		"ending tasks":                  {say(room.Event{Text: "done", Finishes: []int64{1}}), "pfa"},
		"ending no open task":           {say(room.Event{Text: "done", Finishes: []int64{99}}), "pfa"},
		"a vote": {func(l *timeline) room.Event {
			l.sayAs(ann, room.Proposal, "tea?")
			return room.Event{Kind: room.Agree}
		}, "a"},
		"an objection": {func(l *timeline) room.Event {
			l.sayAs(ann, room.Proposal, "tea?")
			return room.Event{Kind: room.Object, Text: "no"}
		}, "a"},
		"a vote on a private proposal": {func(l *timeline) room.Event {
			l.propose(ann, bob)
			return room.Event{Kind: room.Agree}
		}, "pa"},
		"taking back a proposal": {func(l *timeline) room.Event {
			return room.Event{Withdraws: l.sayAs(bob, room.Proposal, "tea?").N}
		}, "a"},
		"taking back a private proposal": {func(l *timeline) room.Event {
			return room.Event{Withdraws: l.propose(bob, ann).N}
		}, "pa"},
		"taking back a request": {func(l *timeline) room.Event {
			return room.Event{Withdraws: l.sayAs(bob, room.Request, "well?").N, Text: "never mind"}
		}, ""},
		"taking back a private request": {func(l *timeline) room.Event {
			return room.Event{Withdraws: l.send(bob, room.Event{Kind: room.Request, Text: "well?", To: []int{ann}}).N}
		}, "p"},
	} {
		for _, names := range mixes() {
			l := newRoom(t, "Ann", "Bob", "Cid")
			bobsPerson := l.person(bob)
			e := c.say(l)
			some, err := room.SelectionOf(names)
			if err != nil {
				t.Fatal(err)
			}
			l.apply(*room.Supervision{ApproveSome: &some}.Decide(l.agent(bob).Agent))
			e, err = l.head.ProposeMessage(l.agent(bob), e, l.now)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			want := slices.ContainsFunc(names, func(kind string) bool { return strings.Contains(c.want, kind[:1]) })
			if got := l.head.NeedsApproval(l.agent(bob), e); got != want {
				t.Errorf("%v: %s waits: %v", names, what, got)
			}
			bobsPerson.Person = l.agent(bob).Person
			l.behind(bob, func(p *room.Person) { *p = room.Person{Approve: true} })
			if l.head.NeedsApproval(bobsPerson, e) || !l.head.NeedsApproval(l.agent(bob), e) ||
				l.head.NeedsApproval(l.agent(ann), e) {
				t.Errorf("%v: %s: its person, it under full approval, or another", names, what)
			}
		}
	}
}

// mixes are all selections but the empty selection, by their names.
func mixes() (list [][]string) {
	for n := 1; n < 8; n++ {
		list = append(list, room.Selection{Private: n&1 > 0, Files: n&2 > 0, Agreements: n&4 > 0}.Names())
	}
	return list
}

func TestSelectionOf_names_selectTheirKinds(t *testing.T) {
	for _, c := range []struct{ given, want string }{
		{"", ""}, {"private", "private"}, {"agreements files", "files agreements"}, {"Private PRIVATE", "private"},
		{"files agreements private", "private files agreements"}, {"private secrets", "number 2"}, {"all", "number 1"},
		{"file", "number 1"},
	} {
		x, err := room.SelectionOf(strings.Fields(c.given))
		if got := strings.Join(x.Names(), " "); err == nil && got != c.want || err != nil &&
			(fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), c.want+" is none of")) {
			t.Errorf("%q: %q, %v", c.given, got, err)
		}
	}
}

func TestSupervisedOf_pausedOrBoundAgent_saysWhatKeepsItFromSpeaking(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(l *timeline)
		after  time.Duration
		want   room.Supervised
		held   bool // the agent says nothing before its person acts
	}{
		"free": {happen: func(*timeline) {}},
		"paused": {happen: func(l *timeline) { l.behind(bob, paused) },
			want: room.Supervised{Paused: true, Bound: true}, held: true},
		"approved": {happen: func(l *timeline) { l.behind(bob, approved) },
			want: room.Supervised{Bound: true}},
		"approved in part": {happen: func(l *timeline) { l.behind(bob, approvedInPart) },
			want: room.Supervised{Bound: true}},
		"a draft waits": {happen: func(l *timeline) { l.draft(bob, room.Event{Text: "hm"}) },
			want: room.Supervised{Undecided: true}, held: true},
		"a draft waited for a day": {happen: func(l *timeline) { l.draft(bob, room.Event{Text: "hm"}) },
			after: room.DraftLife},
		"agents have said as much as they may": {
			happen: func(l *timeline) {
				l.set(func(s *room.Settings) { s.AgentMessages = 1 })
				l.say(ann, "one")
			},
			want: room.Supervised{Spent: true},
		},
	} {
		l := newRoom(t, "Ann", "Bob")
		c.happen(l)
		now := l.now.Add(c.after)
		if got := l.head.SupervisedOf(l.agent(bob).Agent, now); got != c.want {
			t.Errorf("%s: %+v", what, got)
		}
		if got := l.agent(bob).WaitsForPerson(now); got != c.held {
			t.Errorf("%s: held %v", what, got)
		}
	}
}

// talk: agents alone.
func TestCheckRun_agentsHaveSentTheirMessages_refusesUntilAPersonSpeaks(t *testing.T) {
	for _, c := range []struct {
		limit, said int
		words       string // of the refusal; "" for none
	}{
		{0, 0, ""}, {0, 9, ""}, {1, 0, ""}, {1, 1, "one message until a person speaks"},
		{2, 1, ""}, {2, 2, "2 messages until"}, {2, 3, "2 messages until"},
	} {
		l := newRoom(t, "Ann", "Bob")
		for range c.said {
			l.say(ann, "word")
		}
		l.set(func(s *room.Settings) { s.AgentMessages = c.limit })
		send, leave := l.head.CheckRun(l.agent(bob)), l.head.CheckLeaving(l.agent(bob), "bye")
		for _, err := range []error{send, leave} {
			if (fault.CodeOf(err) == fault.Paused) != (c.words != "") {
				t.Errorf("%d of %d: %v", c.said, c.limit, err)
			}
		}
		if c.words != "" && !strings.Contains(send.Error(), c.words) {
			t.Errorf("%d of %d: %v", c.said, c.limit, send)
		}
		if err := l.head.CheckLeaving(l.agent(bob), ""); err != nil {
			t.Errorf("%d of %d, without a last word: %v", c.said, c.limit, err)
		}
		person := l.person(bob)
		if err := errors.Join(l.head.CheckRun(person), l.head.CheckLeaving(person, "bye")); err != nil {
			t.Errorf("%d of %d, a person: %v", c.said, c.limit, err)
		}
	}
}

func TestCheckAgentMessages_outOfRange_isRefused(t *testing.T) {
	if err := room.CheckAgentMessages(nil); err != nil {
		t.Errorf("not given: %v", err)
	}
	for n, valid := range map[int]bool{-1: false, 0: true, 1: true, core.MaxAgentMessages: true,
		core.MaxAgentMessages + 1: false} {
		if err := room.CheckAgentMessages(
			&n,
		); (err == nil) != valid ||
			err != nil && fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%d: %v", n, err)
		}
	}
}

func TestRun_countsWhatAgentsSayToAllSinceAPersonSpoke(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	bobsPerson := l.person(bob)
	for what, c := range map[string]struct {
		say  func()
		adds int
	}{
		"a message":                 {func() { l.say(ann, "hello") }, 1},
		"a status":                  {func() { l.sayAs(cid, room.Status, "at work") }, 1},
		"a private message":         {func() { l.say(ann, "psst", bob) }, 0},
		"a private message to each": {func() { l.say(ann, "all of you", bob, cid) }, 1},
		"a note": {func() {
			l.send(bob,
				room.Event{Person: true, To: []int{bob}, Text: "be kind"})
		}, 0},
		"a person's private word": {func() {
			l.send(bob,
				room.Event{Person: true, To: []int{ann}, Text: "psst"})
		}, 0},
		"a draft":              {func() { l.draft(bob, room.Event{Text: "well"}) }, 0},
		"a draft that is sent": {func() { l.decide(l.draft(bob, room.Event{Text: "so"}), room.SendDraft, "") }, 1},
		"a change":             {func() { l.manage(room.Mute, cid); l.manage(room.Unmute, cid) }, 0},
	} {
		before := l.head.Run
		c.say()
		if l.head.Run != before+c.adds {
			t.Errorf("%s: %d after %d", what, l.head.Run, before)
		}
	}
	for what, say := range map[string]func(){
		"a person speaks":        func() { l.send(bob, room.Event{Person: bobsPerson.IsPerson(), Text: "I am here"}) },
		"a person edits a draft": func() { l.decide(l.draft(bob, room.Event{Text: "hm"}), room.EditDraft, "I say") },
	} {
		l.say(ann, "and on")
		say()
		if l.head.Run != 0 {
			t.Errorf("%s: %d", what, l.head.Run)
		}
	}
}

// Words of tasks count as messages to all for the limit on agents' messages. Words of a person end the run.
func TestRun_agentsWordsAboutTasks_count(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	for i, c := range []struct {
		o   room.TaskOrder
		run int
	}{
		{room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "sand"}, {Title: "paint"}}}, 1},
		{room.TaskOrder{Action: room.TakeTask, No: 1}, 1},
		{room.TaskOrder{Action: room.ReleaseTask, No: 1, Text: "too dusty"}, 2},
		{room.TaskOrder{Action: room.EditTask, No: 1, Text: "with a mask"}, 3},
		{room.TaskOrder{Action: room.FinishTask, No: 1}, 3},
		{room.TaskOrder{Action: room.DropTask, No: 2, Text: "white is fine"}, 4},
	} {
		l.must(ann, c.o)
		if l.head.Run != c.run {
			t.Errorf("%d: agents have said %d, want %d", i, l.head.Run, c.run)
		}
	}
	a := l.agent(ann)
	a.Device = "device"
	e, _, err := room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "mop"}}}.Decide(l.head, a, l.now)
	if err != nil {
		t.Fatal(err)
	}
	l.apply(*e)
	if l.head.Run != 0 {
		t.Errorf("after a person %d", l.head.Run)
	}
}
