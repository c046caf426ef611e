package chat_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// addAgentOp is an endpoint that the person behind an agent adds.
type addAgentOp struct {
	by        agentID
	name      string
	principal string
	seat      int // that it got; 0: none
	code      fault.Code
}

func (o addAgentOp) on(m model) (model, error) {
	r, _ := m.room(o.by.room)
	by, _ := r.agent(o.by.seat)
	want := fault.Code("")
	_, taken := r.seatedAs(o.name)
	switch _, banned := listed(r.bans, o.name); {
	case banned:
		want = fault.NotAllowed
	case taken, r.seatedAlike(o.name):
		want = fault.NameTaken
	case r.full():
		want = fault.RoomFull
	}
	if o.code != want || want != "" {
		return m, expectEqual("the code", o.code, want)
	}
	a := agentModel{seat: len(r.agents) + 1, joined: r.head() + 1, name: o.name, principal: o.principal,
		joinedAt: m.now, since: r.visibleFrom(), endpoint: true, success: m.now, begun: r.head() + 2}
	_, a.muted = listed(r.mutes, o.name)
	events := []eventModel{{seat: a.seat, Message: chat.Message{Type: chat.EventJoined, Agent: a.name}}}
	if r.agentMessages == 0 {
		r.agentMessages, r.endpointRun, r.updated = chat.UsualRun, true, r.head()+2
		limit := chat.Message{Type: chat.EventRoom, Person: true,
			Changes: &room.Changes{AgentMessages: &r.agentMessages}}
		events, a.begun = append(events, eventModel{by: by.seat, Message: limit}), a.begun+1
	}
	events = append(events, eventModel{seat: a.seat, hidden: true, Message: chat.Message{Type: chat.EventHook}})
	for r = r.with(a); len(events) > 0; events = events[1:] {
		var err error
		r, err = m.append(r, events[0])
		if err != nil {
			return m, err
		}
	}
	return m.with(r), expectEqual("its seat", o.seat, a.seat)
}

func (o addAgentOp) String() string {
	return fmt.Sprintf("the person of %v adds the agent %s: seat %d%s", o.by, o.name, o.seat, o.code)
}

// calls reports whether an endpoint is called for e: a message that is meant for it or, where only one other agent is,
// any; but none from its own seat. Another that answers because it was called must name it.
func (r roomModel) calls(a agentModel, e eventModel) bool {
	forIt := r.meant(a, e) || len(r.seated()) <= 2
	if e.called {
		forIt = slices.Contains(e.named, a.seat)
	}
	return e.Type == chat.EventSaid && e.n > a.begun && a.isNews(e) && forIt && e.seat != a.seat
}

// answersTo returns the seats that read what an endpoint answers to e; none: all do.
func (e eventModel) answersTo(a agentModel) (to []int) {
	if len(e.to) > 0 {
		to = without(append(slices.Clone(e.to), e.seat), a.seat)
	}
	slices.Sort(to)
	return to
}

// heardOp is what an endpoint is to be called with after event n.
type heardOp struct {
	who agentID
	n   int64
	got chat.Heard
}

func (o heardOp) on(m model) (model, error) {
	r, _ := m.room(o.who.room)
	a, _ := r.agent(o.who.seat)
	if gone := m.over(r) || r.closed || a.gone; gone || o.got.Gone {
		return m, expectEqual("gone", o.got.Gone, gone)
	}
	var last int64
	var to []int
	for _, e := range r.log {
		if e.n <= o.n || !r.calls(a, e) {
			continue
		}
		if last > 0 && !slices.Equal(e.answersTo(a), to) {
			break
		}
		last, to = e.n, e.answersTo(a)
	}
	if a.person.paused || r.silences(a) || r.tooMany() {
		last = 0
	}
	return m, expectEqual("the last event that calls", o.got.N, last)
}

func (o heardOp) String() string {
	return fmt.Sprintf("%v hears after %d what came up to %d, gone %t", o.who, o.n, o.got.N, o.got.Gone)
}

// answerOp is what an endpoint answers to an event, with a call that succeeded.
type answerOp struct {
	who  agentID
	text string
	to   int64
	code fault.Code
}

// key is that of the call.
func (o answerOp) key() string { return fmt.Sprint("call ", o.to) }

func (o answerOp) on(m model) (model, error) {
	if r, _ := m.room(o.who.room); m.over(r) && o.code != "" { // nobody asks why
		return m, nil
	}
	r, a, refused, err := m.admit(o.who, o.code)
	if err != nil || refused {
		return m, err
	}
	c := sendCall{who: o.who, text: o.text, replyTo: o.to, key: o.key(), answers: true}
	x := c.outcome(m, r, a)
	x.event.called = true
	if x.paused {
		x = sendOutcome{code: fault.Paused}
	}
	if o.code != x.code {
		return m, expectEqual("the code", o.code, x.code)
	}
	switch {
	case x.code != "" || x.duplicate > 0:
	case x.pending > 0:
		m, err = c.keepDraft(m, x)
	default:
		m, err = c.say(m, x.event)
	}
	if err != nil || x.code == fault.RoomClosed {
		return m, err
	}
	r, _ = m.room(o.who.room)
	a, _ = r.agent(o.who.seat)
	if !r.closed {
		a.success = m.now
	}
	return m.withAgent(r.id, a.call(m.now)), nil
}

func (o answerOp) String() string {
	return fmt.Sprintf("%v answers %q to %d: %s", o.who, o.text, o.to, o.code)
}

// dropOp is the end of the calls of an endpoint.
type dropOp struct{ who agentID }

func (o dropOp) on(m model) (model, error) {
	r, _ := m.room(o.who.room)
	a, _ := r.agent(o.who.seat)
	switch {
	case m.over(r) || a.gone:
		return m, nil
	case r.closed: // it keeps its seat
		a.success = time.Time{}
		return m.withAgent(r.id, a), nil
	}
	r, err := m.remove(r, a, 0, room.ReasonLeft, "")
	return m.with(r), err
}

func (o dropOp) String() string { return fmt.Sprintf("%v is called no more", o.who) }
