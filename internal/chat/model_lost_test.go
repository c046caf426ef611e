package chat_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

// The operations of this file are parts of calls that only the linearizability check
// needs: what calls without an answer do, and the halves of a takeover.

// lostJoin is what a join does that has no answer.
type lostJoin struct{ joinCall }

func (o lostJoin) on(m model) (model, error) {
	for _, id := range slices.Sorted(maps.Keys(m.logs.rooms)) {
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
		reason, free := room.ReasonTimeout, time.Time{}
		if strings.EqualFold(old.name, o.agent) {
			reason = room.ReasonReplaced
			free, _ = m.nameFree(old)
		} else {
			free, _ = m.leaseEnd(old)
		}
		if m.now.Before(free) || reason == room.ReasonTimeout && !r.full() {
			continue
		}
		if next, err := m.remove(r, old, 0, reason, ""); err == nil {
			next.heir, next.heirSees = o.agent, old.since
			return m.with(next), nil
		}
	}
	return m, &wrong{"a seat for " + o.agent, r.id, "none is free"}
}

func (o vacateOp) String() string { return "a seat is freed: " + o.joinCall.String() }

// inherit takes the seat that a vacateOp has freed.
func (c joinCall) inherit(m model, r roomModel) (all []joinOutcome, err error) {
	for since := r.heirSees; since <= r.head()+1; since++ {
		out, err := c.sit(m, r, since, chat.StatusJoined)
		if err != nil {
			return nil, err
		}
		all = append(all, out...)
	}
	return all, nil
}

// lostLeave is what a leave does that has no answer.
type lostLeave struct{ who agentID }

func (o lostLeave) on(m model) (model, error) {
	r, a, refused, err := m.admit(o.who, "")
	if err != nil || refused {
		return m, err
	}
	r, err = m.remove(r, a, 0, room.ReasonLeft, "")
	return m.with(r), err
}

func (o lostLeave) String() string { return fmt.Sprintf("%v leaves", o.who) }

// lostSend is what a send does that has no answer and is not held back.
type lostSend struct{ sendCall }

func (o lostSend) on(m model) (model, error) {
	r, a, refused, err := m.admit(o.who, "")
	if err != nil || refused {
		return m, err
	}
	if x := o.outcome(m, r, a); x.code != "" || x.duplicate > 0 {
		return m, &wrong{"the send", "said", x}
	}
	return o.say(m, nil)
}

// unsettledOp notes that a send has no answer.
type unsettledOp struct{ who agentID }

func (o unsettledOp) on(m model) (model, error) {
	r, _ := m.room(o.who.room)
	a, _ := r.agent(o.who.joined)
	a.unsettled = true
	return m.withAgent(r.id, a), nil
}

func (o unsettledOp) String() string { return fmt.Sprintf("%v has a send without an answer", o.who) }

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

// unsureOp notes that a call without a cursor has no answer: what it handed out may
// be lost, and handed out again.
type unsureOp struct{ who agentID }

func (o unsureOp) on(m model) (model, error) {
	r, _ := m.room(o.who.room)
	a, _ := r.agent(o.who.joined)
	a.unsure = true
	return m.withAgent(r.id, a), nil
}

func (o unsureOp) String() string { return fmt.Sprintf("%v waits or returns: no answer", o.who) }
