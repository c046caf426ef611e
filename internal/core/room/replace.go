package room

import (
	"slices"
	"time"
)

// A proposal that answers an agreement takes its place, once all have agreed, if it asks all others whom the agreement
// binds and who still have their seats, at least one, and if all who see the old one see the new one, too. An agent
// that has lost its seat, for whatever reason, is not asked. So an admin who kicks all others replaces nothing alone.
//
// A proposal that answers an open one takes its place at once, if it is from the one who proposed that or from one whom
// that asks, asks all the others who still have their seats, and if all who see the old one see it. It is then for the
// agreement that the old one was to replace. Any other proposal stands beside what it answers.
//
// Ann, Bob and Cid have agreed, while Dora was here, too:
//
//  1. Bob asks Ann and Cid: it is replaced.
//  2. Bob asks Cid alone: it stands.
//  3. Dora asks Ann, Bob and Cid: it is replaced.
//  4. Cid has lost her seat, and Bob asks Ann: it is replaced.
//  5. Ann and Cid have lost their seats, and Bob asks Dora: it stands.
//  6. Bob asks Ann and Cid in private: it stands, since Dora could not see it end.

// replaces returns the agreement or open proposal that event, a proposal with its Ask, replaces; 0 if none.
//
// talk: agreements.
func (c messageRules) replaces(event *Event) int64 {
	isOpen := c.head.Talk.isProposal(event.ReplyTo)
	if event.Kind != Proposal || c.bound == nil || isOpen && !slices.Contains(c.bound, event.Seat) {
		return 0
	}
	sees := func(seat, sender int, to []int) bool {
		return len(to) == 0 || seat == sender || slices.Contains(to, seat)
	}
	if len(event.ReFor) == 0 && len(event.To) > 0 { // 6: those who come later see the old one, too
		return 0
	}
	others := false
	for i := range c.head.Agents { // 4: only who is here counts
		agent := &c.head.Agents[i]
		if sees(agent.Seat, event.ReSeat, event.ReFor) && !sees(agent.Seat, event.Seat, event.To) { // 6
			return 0
		}
		if agent.Seat == event.Seat || agent.IsEndpoint() || !slices.Contains(c.bound, agent.Seat) {
			continue
		}
		if !slices.Contains(event.Ask, agent.Seat) { // 2
			return 0
		}
		others = true
	}
	if !others && !isOpen { // 5
		return 0
	}
	return event.ReplyTo // 1, 3
}

// boundBy returns the seats that are bound by what event answers: by an open proposal that seat sees, or else by the
// agreement whose seats are agreed; nil if it is neither.
func (h *Head) boundBy(event *Event, seat int, agreed []int, now time.Time) []int {
	if event.Kind != Proposal {
		return nil
	}
	request := h.Talk.find(event.ReplyTo, now)
	switch {
	case request == nil:
		return agreed
	case !request.Proposal || !request.visibleTo(seat):
		return nil
	}
	return slices.Concat([]int{request.Seat}, request.Owed, request.Agreed)
}

// ReplacedAfter returns what proposal, an event, replaces once done, the next event, has completed it: an agreement or,
// if there is none to replace, the proposal that it replaced while that was open; zero for neither.
func (h *Head) ReplacedAfter(proposal, done Event) Replaced {
	if r := h.completedBy(proposal.N, &done).Replaces; r.N != 0 {
		return r
	}
	return proposal.replaced()
}

// replacedBy returns the agreement that e, a proposal, is to replace. It is that of the open proposal in whose place e
// comes, if e comes in the place of one: who sees the agreement sees both proposals.
func (t Talk) replacedBy(e Event) Replaced {
	i := slices.IndexFunc(t.Open, func(r OpenRequest) bool { return r.N == e.Replaces && r.Proposal })
	if i >= 0 {
		return t.Open[i].Replaces
	}
	return e.replaced()
}

// replaced returns what e replaces by its own fields; zero for nothing.
func (e Event) replaced() (r Replaced) {
	if e.Replaces != 0 {
		r = Replaced{e.Replaces, e.ReSeat, e.ReFor, e.Bound}
	}
	return r
}

// BoundAfter returns the seats that proposal n binds once done, the next event, has completed the proposal.
func (h *Head) BoundAfter(n int64, done Event) []int {
	request := h.completedBy(n, &done)
	return append([]int{request.Seat}, request.Agreed...)
}

// IsOpenProposal reports whether event n is a proposal that still awaits votes.
func (h *Head) IsOpenProposal(n int64, now time.Time) bool {
	request := h.Talk.find(n, now)
	return request != nil && request.Proposal
}
