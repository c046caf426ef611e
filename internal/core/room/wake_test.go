package room_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
)

// talk: meant for
func TestWokenBy_ofThreeAgents_messagesWakeAndJoinsDoNot(t *testing.T) {
	cidsAgent := room.Caller{Agent: room.Agent{Seat: cid, Key: "cid"}}
	said := func(e room.Event) room.Event {
		e.Type, e.Seat = room.Said, 1
		return e
	}
	for what, c := range map[string]struct {
		e          room.Event
		any, forMe bool // whether it wakes in a room of three
	}{
		"message":               {said(room.Event{Text: "hello"}), true, false},
		"private message":       {said(room.Event{Text: "hello", To: []int{cid}}), true, true},
		"private to two":        {said(room.Event{Text: "hello", To: []int{bob, cid}}), true, true},
		"reply to Cid":          {said(room.Event{Text: "yes", ReplyTo: 4, ReSeat: cid}), true, true},
		"reply to another":      {said(room.Event{Text: "yes", ReplyTo: 4, ReSeat: bob}), true, false},
		"request to all":        {said(room.Event{Text: "who?", Kind: room.Request}), true, false},
		"request to Cid":        {said(room.Event{Text: "well?", Kind: room.Request, Ask: []int{cid}}), true, true},
		"request to another":    {said(room.Event{Text: "well?", Kind: room.Request, Ask: []int{bob}}), true, false},
		"message that asks Cid": {said(room.Event{Text: "well?", Ask: []int{bob, cid}}), true, true},
		"proposal to Cid": {said(room.Event{Text: "tea?", Kind: room.Proposal, Ask: []int{bob, cid}}), true,
			true},
		"proposal to another":  {said(room.Event{Text: "tea?", Kind: room.Proposal, Ask: []int{bob}}), true, false},
		"agreement of another": {said(room.Event{Kind: room.Agree, ReplyTo: 4, ReSeat: bob}), true, false},
		"the last agreement": {said(room.Event{Kind: room.Agree, ReplyTo: 4, ReSeat: bob, Agreed: []int64{4},
			AgreedTo: [][]int{nil}}), true, true},
		"withdrawal from Cid":   {said(room.Event{Withdraws: 4, Named: []int{cid}}), true, true},
		"withdrawal":            {said(room.Event{Withdraws: 4}), true, false},
		"done":                  {said(room.Event{Text: "bye", Kind: room.Done}), true, false},
		"mention":               {said(room.Event{Text: "well, @cid", Named: []int{cid}}), true, true},
		"status":                {said(room.Event{Text: "at work", Kind: room.Status}), false, false},
		"status with a mention": {said(room.Event{Text: "@Cid", Kind: room.Status, Named: []int{cid}}), true, true},
		"status as a reply": {said(room.Event{Text: "done", Kind: room.Status, ReplyTo: 4, ReSeat: cid}), true,
			true},
		"private status": {said(room.Event{Text: "done", Kind: room.Status, To: []int{cid}}), true, true},
		"join":           {room.Event{Type: room.Joined, Seat: ann}, false, false},
		"leave":          {room.Event{Type: room.Left, Seat: ann}, false, false},
		"leave that completes": {room.Event{Type: room.Left, Seat: ann, Agreed: []int64{4},
			AgreedTo: [][]int{{bob, cid}}},
			true, true},
		"leave that completes for others": {room.Event{Type: room.Left, Seat: ann, Agreed: []int64{4},
			AgreedTo: [][]int{{bob, dora}}},
			false, false},
		"knock":                {room.Event{Type: room.Knocked, Name: "Bob"}, true, true},
		"settings changed":     {room.Event{Type: room.Changed, By: ann}, false, false},
		"room closed":          {room.Event{Type: room.Changed, By: ann, Reason: room.ReasonClosed}, true, true},
		"Cid promoted":         {room.Event{Type: room.Managed, By: ann, Seat: cid}, true, true},
		"another promoted":     {room.Event{Type: room.Managed, By: ann, Seat: bob}, false, false},
		"name banned, no seat": {room.Event{Type: room.Managed, By: ann, Name: "Mallory"}, false, false},
	} {
		for _, agents := range []int{1, 2} {
			if !cidsAgent.WokenBy(c.e, agents, false) || !cidsAgent.WokenBy(c.e, agents, true) {
				t.Errorf("%s does not wake one of %d agents", what, agents)
			}
		}
		if got := cidsAgent.WokenBy(c.e, 3, false); got != c.any {
			t.Errorf("%s: %v", what, got)
		}
		if got := cidsAgent.WokenBy(c.e, 3, true); got != c.forMe {
			t.Errorf("%s, only for me: %v", what, got)
		}
	}
}

// An act of an agent's person for its agent wakes the agent in a crowd, and with forMe, too. Others are not
// woken.
func TestWokenBy_itsPerson_wakesTheAgentInEveryRoom(t *testing.T) {
	cidsAgent := room.Caller{Agent: room.Agent{Seat: cid, Key: "cid"}}
	dorasAgent := room.Caller{Agent: room.Agent{Seat: dora, Key: "dora"}}
	own := []int{cid}
	for what, e := range map[string]room.Event{
		"a note":             {Type: room.Said, Seat: cid, To: own, Person: true, Text: "do this first"},
		"the end of a pause": {Type: room.SupervisionSet, Seat: cid, To: own, Person: true, Reason: room.ReasonResumed},
		"a draft sent":       {Type: room.Said, Seat: cid, Decides: 7, Text: "hello"},
		"a draft edited":     {Type: room.Said, Seat: cid, Decides: 7, Person: true, Text: "good day"},
		"a draft refused":    {Type: room.SupervisionSet, Seat: cid, To: own, Decides: 7, Reason: room.ReasonRefused},
		"a private draft":    {Type: room.Said, Seat: cid, To: []int{dora}, Decides: 7, Text: "psst"},
		"a status":           {Type: room.Said, Seat: cid, Decides: 7, Kind: room.Status, Text: "at work"},
	} {
		for _, forMe := range []bool{false, true} {
			if !cidsAgent.IsNews(e) || !cidsAgent.WokenBy(e, 3, forMe) {
				t.Errorf("%s, forMe %v: the agent sleeps on", what, forMe)
			}
		}
		if len(e.To) == 1 && e.To[0] == 3 && dorasAgent.IsNews(e) {
			t.Errorf("%s: another agent hears of it", what)
		}
	}
}

// A paused agent cannot act on news, so it sleeps until the end of the pause.
func TestSleeps_onlyAnAgentThatIsPausedAndHere(t *testing.T) {
	for what, c := range map[string]struct {
		happens func(l *timeline)
		want    bool
	}{
		"free":                    {func(*timeline) {}, false},
		"paused":                  {func(l *timeline) { l.pauses(bob, true) }, true},
		"under approval":          {func(l *timeline) { l.behind(bob, approved) }, false},
		"another is paused":       {func(l *timeline) { l.pauses(ann, true) }, false},
		"paused, then free again": {func(l *timeline) { l.pauses(bob, true); l.pauses(bob, false) }, false},
		"paused, and gone":        {func(l *timeline) { l.pauses(bob, true); l.leave(bob) }, false},
		"paused, room closed": {func(l *timeline) {
			l.pauses(bob, true)
			l.apply(room.Event{Type: room.Changed, By: ann, Reason: room.ReasonClosed})
		}, false},
	} {
		l := newRoom(t, "Ann", "Bob")
		bobsAgent := l.agent(bob)
		c.happens(l)
		if got := l.head.Sleeps(bobsAgent); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
		bobsAgent.Device = "its person"
		if l.head.Sleeps(bobsAgent) {
			t.Errorf("%s: the person behind it sleeps", what)
		}
	}
}

// A change of a task wakes the agents in Wakes, with two agents, too.
func TestWokenBy_task_wakesOnlyThoseThatItNames(t *testing.T) {
	cidsAgent := room.Caller{Agent: room.Agent{Seat: cid}}
	for _, agents := range []int{2, 3} {
		if e := (room.Event{Type: room.TaskChanged, Seat: ann, Wakes: []int{cid}}); !cidsAgent.WokenBy(e, agents,
			false) {
			t.Errorf("%d agents: one that it names does not wake", agents)
		}
		if e := (room.Event{Type: room.TaskChanged, Seat: ann}); cidsAgent.WokenBy(e, agents, false) {
			t.Errorf("%d agents: one that it does not name wakes", agents)
		}
	}
}
