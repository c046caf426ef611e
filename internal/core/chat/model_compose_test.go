package chat_test

import (
	"slices"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
)

// compose completes a message of a: who sees it, whom it asks and for whom it is
// meant. code is that of a refusal.
func (m model) compose(r roomModel, a agentModel, e eventModel) (out eventModel, code fault.Code) {
	var ok = true
	switch {
	case e.withdraws > 0:
		e, ok = m.withdrawal(r, a, e)
	case e.Kind == room.Agree || e.Kind == room.Object:
		e, ok = m.vote(r, a, e)
	case e.keeps:
		e.to, ok = r.readersOf(a, e.replyTo)
	}
	switch {
	case !ok:
		return e, fault.InvalidArgument
	case r.closed:
		return e, fault.RoomClosed
	case r.silences(a) && (e.Kind != room.Agree && e.Kind != room.Object || e.Text != "" || e.File != nil):
		return e, fault.NotAllowed
	case !r.silences(a) && e.Kind == room.Object && e.Text == "" && e.File == nil:
		return e, fault.InvalidArgument
	}
	e, ok = m.question(r, a, e)
	if !ok || len(e.finishes) > 0 && len(e.to) > 0 {
		return e, fault.InvalidArgument
	}
	e.replaces, e.bound = m.replaces(r, a, e), nil
	if bound, open := m.boundBy(r, a, e.replaces); !open {
		e.bound = bound
	}
	if !m.mayAsk(r, a, e) {
		return e, fault.InvalidArgument
	}
	for _, seat := range r.mentioned(e.Text) {
		if seat != a.seat && !slices.Contains(e.ask, seat) && (len(e.to) == 0 || slices.Contains(e.to, seat)) {
			e.named = append(e.named, seat)
		}
	}
	e.To, e.Ask = r.names(e.to), r.names(e.ask)
	return r.finish(a, e), ""
}

// withdrawal is what takes back an open request or proposal of a's own. It is meant
// for those who owed an answer, or have given one that no longer counts.
func (m model) withdrawal(r roomModel, a agentModel, e eventModel) (eventModel, bool) {
	q, open := m.request(r, e.withdraws)
	if !open || q.seat != a.seat {
		return e, false
	}
	e.named, e.to = slices.Concat(q.owed, q.agreed), r.readers(q, a)
	return e, true
}

// vote is what a says to the one open proposal that asks it, or to that of reply_to. It
// may object after it has agreed. If it names those to whom it speaks, they must be all
// who see the proposal, unless it says nothing but that it agrees.
func (m model) vote(r roomModel, a agentModel, e eventModel) (eventModel, bool) {
	var waiting, voted []requestModel
	for _, q := range m.openTo(r, a) {
		switch {
		case !q.proposal || e.replyTo > 0 && e.replyTo != q.n:
		case slices.Contains(q.owed, a.seat):
			waiting = append(waiting, q)
		case slices.Contains(q.agreed, a.seat) && e.Kind == room.Object:
			voted = append(voted, q)
		}
	}
	if len(waiting) == 0 {
		waiting = voted
	}
	if len(waiting) != 1 {
		return e, false
	}
	named, readers := e.to, r.readers(waiting[0], a)
	e.replyTo, e.to = waiting[0].n, readers
	return e, e.Text == "" || len(named) == 0 || slices.Equal(named, readers)
}

// readers returns who sees q, but for a; nobody if all do. If all others have left,
// a alone sees what it says to q.
func (r roomModel) readers(q requestModel, a agentModel) (to []int) {
	if len(q.to) == 0 {
		return nil
	}
	for _, x := range r.seated() {
		if x.seat != a.seat && q.visibleTo(x.seat) {
			to = append(to, x.seat)
		}
	}
	if len(to) == 0 {
		return []int{a.seat}
	}
	return to
}

// question fixes who owes an answer. ok is false if one of them cannot give it, or if
// a proposal asks nobody.
func (m model) question(r roomModel, a agentModel, e eventModel) (out eventModel, ok bool) {
	if e.Kind == room.Request && len(e.ask) == 0 {
		e.ask = e.to
	}
	if e.Kind == room.Proposal && len(e.ask) == 0 {
		bound, _ := m.boundBy(r, a, e.replyTo)
		for _, x := range r.seated() {
			reads := len(e.to) == 0 || slices.Contains(e.to, x.seat)
			if x.seat != a.seat && reads && !x.endpoint && (!r.silences(x) || slices.Contains(bound, x.seat)) {
				e.ask = append(e.ask, x.seat)
			}
		}
		return e, len(e.ask) > 0
	}
	for _, seat := range e.ask {
		x, _ := r.agent(seat)
		if e.Kind != room.Proposal && r.silences(x) || e.Kind == room.Proposal && x.endpoint ||
			len(e.to) > 0 && !slices.Contains(e.to, seat) {
			return e, false
		}
	}
	return e, true
}
