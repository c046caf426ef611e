package chat_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// The operations of this file are parts of calls that only the linearizability check
// needs: what calls without an answer do, and the halves of a takeover.

// lostJoin is what a join does that has no answer. If it creates a room, that is the
// oldest one of its name that has not been created yet.
type lostJoin struct{ joinCall }

func (o lostJoin) on(m model) (model, error) {
	oldestFirst := func(a, b string) int { return cmp.Compare(m.logs.began[a], m.logs.began[b]) }
	for _, id := range slices.SortedFunc(maps.Keys(m.logs.rooms), oldestFirst) {
		all, _ := o.outcomes(m, id)
		for _, x := range all {
			if x.code == "" {
				return x.next, nil
			}
		}
	}
	return m, &wrong{"the join", "", "a seat"}
}

// vacateOp is the first half of a join that takes over a seat: the event that frees
// it. Both events are stored at once, but another service may learn of the first one
// before the second. Where calls overlap it may be an operation of its own.
type vacateOp struct{ joinCall }

func (o vacateOp) on(m model) (model, error) {
	r, _ := m.holder(o.room)
	for _, old := range r.seated() {
		if free, _ := m.leaseEnd(old); m.now.Before(free) || !r.full() && !strings.EqualFold(old.name, o.agent) {
			continue
		}
		if next, err := m.remove(r, old, 0, room.ReasonTimeout, ""); err == nil {
			next.heir, next.lost = o.agent, old.seat
			return m.with(next), nil
		}
	}
	return m, &wrong{"a seat for " + o.agent, r.id, "none is free"}
}

func (o vacateOp) String() string { return "a seat is freed: " + o.joinCall.String() }

// inherit takes the seat that a vacateOp has freed.
func (c joinCall) inherit(m model, r roomModel) (all []joinOutcome, err error) {
	old, _ := r.agent(r.lost)
	return c.sit(m, r, agentModel{since: r.head() + 1}, old, chat.StatusJoined)
}

// lostAct makes an agent an admin, before the call that needs one.
type lostAct struct{ room string }

func (o lostAct) on(m model) (model, error) {
	r, _ := m.holder(o.room)
	may, _ := m.adminsSilent(r)
	for _, a := range r.seated() {
		if !may || !m.maySucceed(r, a) {
			continue
		}
		if next, err := m.act(r, a); err == nil {
			return next, nil
		}
	}
	return m, &wrong{"an admin", r.id, "none"}
}

func (o lostAct) String() string { return "an agent becomes an admin of " + o.room }

// lostLeave is what a leave does that has no answer.
type lostLeave struct {
	who  agentID
	text string
	heir string // the name of the agent that becomes admin, if an answer told; else ""
	// answered says that there is an answer.
	answered bool
}

func (o lostLeave) on(m model) (model, error) {
	r, a, refused, err := m.admit(o.who, "")
	if err != nil || refused {
		return m, err
	}
	if o.text != "" && !r.silences(a) {
		e, code := m.compose(r, a, eventModel{seat: a.seat,
			Message: chat.Message{Type: chat.EventSaid, From: a.name, Text: o.text}})
		r, err = m.append(r, e)
		if err != nil || code != "" {
			return m, &wrong{"the last word", code, err}
		}
		a, _ = r.agent(a.seat)
	}
	heirs := m.heirsOf(r, a)
	for _, x := range heirs {
		var next roomModel
		if (o.answered || o.heir != "") && o.heir != x.name {
			continue
		}
		next, err = m.removeFor(r, a, 0, room.ReasonLeft, "", x, true)
		if err == nil {
			return m.with(next), nil
		}
	}
	if len(heirs) == 0 && o.heir == "" {
		r, err = m.removeFor(r, a, 0, room.ReasonLeft, "", agentModel{}, false)
		return m.with(r), err
	}
	return m, &wrong{"who becomes admin", o.heir, heirs}
}

func (o lostLeave) String() string { return fmt.Sprintf("%v leaves", o.who) }

// lostSend is what a send does that has no answer and is not held back.
type lostSend struct{ sendCall }

func (o lostSend) on(m model) (model, error) {
	r, a, refused, err := m.admit(o.who, "")
	if err != nil || refused {
		return m, err
	}
	x := o.outcome(m, r, a)
	if x.code != "" || x.held || x.duplicate > 0 {
		return m, &wrong{"the send", "said", x}
	}
	return o.say(m, x.event)
}

// lostManage is what a decision does that has no answer.
type lostManage struct{ manageCall }

func (o lostManage) on(m model) (model, error) {
	r, by, refused, err := m.admitAdmin(o.who, "")
	if err != nil || refused {
		return m, err
	}
	next, got, err := o.decide(m, r, by)
	if err == nil && (got.code != "" || got.status == chat.StatusNoChange) {
		err = &wrong{string(o.action), got, "a change"}
	}
	return next, err
}

// unsureOp notes that a call has no answer: its cursor may have been acknowledged.
type unsureOp struct {
	who    agentID
	cursor cursorArg
}

func (o unsureOp) on(m model) (model, error) {
	r, _ := m.room(o.who.room)
	a, _ := r.agent(o.who.seat)
	a.acked = max(a.acked, o.cursor.n)
	return m.withAgent(r.id, a), nil
}

func (o unsureOp) String() string {
	return fmt.Sprintf("%v calls with %v: no answer", o.who, o.cursor)
}

// closedOp is a call that was refused since the room was closed, or begun anew.
type closedOp struct{ who agentID }

func (o closedOp) on(m model) (model, error) {
	r, _, refused, err := m.admit(o.who, fault.RoomClosed)
	if err == nil && (refused || !r.closed) {
		err = &wrong{"the code", fault.RoomClosed, "the room is open"}
	}
	return m, err
}

func (o closedOp) String() string { return fmt.Sprintf("%v calls: the room is closed", o.who) }
