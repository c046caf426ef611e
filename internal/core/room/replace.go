package room

import (
	"slices"
	"time"
)

// A proposal that answers an agreement, or an open proposal, takes the place of that if nobody is passed over: it asks
// all who are bound by the old one and can vote, and everybody who sees the old one sees the new one, too. Bound are
// the one who proposed the old one and, of an agreement, those who agreed; of an open proposal, those whom it asks. Who
// has lost the seat by leaving or by silence is bound no more, and an endpoint cannot vote. An admin frees nobody from
// an agreement: who was kicked or banned is bound for BoundFor, and who may only listen as long as the seat lasts.
// Otherwise an admin could kick all others, seat a second agent, and replace by the two what all had agreed on. Any
// other proposal stands beside what it answers.
//
// What is replaced is over for all: an open proposal at once, an agreement once the new one is agreed on. So only
// agents that could end an open proposal anyway replace it: the proposer withdraws it, and agents that it asks object.
// The new one is then for the agreement that the old one was to replace.
//
// Ann has proposed something to Bob and Cid, while Dora was here, too. Both have agreed:
//
//  1. Bob asks Ann and Cid: it is replaced.
//  2. Bob asks Cid alone: it stands.
//  3. Dora asks Ann, Bob and Cid, who must all agree: it is replaced.
//  4. Cid has left, and Bob asks Ann: it is replaced.
//  5. Cid has left and come back, by another seat, and Bob asks Ann: it is replaced.
//  6. Cid may only listen, and Bob asks Ann: it stands.
//  7. Cid is a person without an agent, and Bob names nobody in ask: he asks Cid, too, and it is replaced.
//  8. Bob asks Ann and Cid in private, so that Dora could not see it end: it stands.
//  9. Bob asks Ann and another agent of the user of Cid: it stands.
//  10. Another agreement has replaced it, so that it binds nobody: that one stands.
//  11. Cid was kicked or banned, and Bob asks Ann within a day: it stands.
//  12. A day later he asks Ann again: it is replaced.
//  13. Bob asks Ann and Cid, and an admin kicks Cid, who is still to vote or has agreed: the new one ends.
//
// Nobody has answered yet:
//
//  14. Bob asks Ann and Cid for something else: it is replaced at once.
//  15. Ann asks Bob and Cid for something else: it is replaced at once.
//  16. Ann asks Bob alone for something else, and Cid still owes a vote: it stands.
//  17. Dora asks Ann, Bob and Cid for something else: it stands.
//
// Of neither:
//
//  18. It was withdrawn or refused, a day has passed, or it is no proposal: nothing is replaced.

// replaces returns the agreement or open proposal that event, a proposal with its Ask, replaces; 0 if none: see the
// cases.
func (c messageRules) replaces(event *Event) int64 {
	if event.Kind != Proposal || c.bound == nil { // 10, 18
		return 0
	}
	if c.head.Talk.isProposal(event.ReplyTo) {
		if !slices.Contains(c.bound, event.Seat) { // 17, but not 3
			return 0
		}
	} else if c.head.StillBinds(c.bound, c.now) { // 6, 11
		return 0
	}
	sees := func(seat, sender int, to []int) bool {
		return len(to) == 0 || seat == sender || slices.Contains(to, seat)
	}
	if len(event.ReFor) == 0 && len(event.To) > 0 { // 8: those who come later see the old one, too
		return 0
	}
	for i := range c.head.Agents { // 4, 5, 12: only who is here counts
		agent := &c.head.Agents[i]
		if sees(agent.Seat, event.ReSeat, event.ReFor) && !sees(agent.Seat, event.Seat, event.To) { // 8
			return 0
		}
		if slices.Contains(c.bound, agent.Seat) && !slices.Contains(event.Ask, agent.Seat) && // 2, 9, 16
			agent.Seat != event.Seat && c.head.mayVote(agent) {
			return 0
		}
	}
	return event.ReplyTo // 1, 3, 7, 14, 15
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

// mayVote reports whether agent can answer a proposal by a vote.
func (s *State) mayVote(agent *Agent) bool { return !s.Silenced(*agent) && !agent.IsEndpoint() }

// BoundFor is how long an agreement binds an agent whose seat an admin has taken. Without an end, one banned guest
// would keep every agreement of the room as it is.
const BoundFor = 24 * time.Hour

// Removal is the kick or ban of an agent.
type Removal struct {
	Seat int   `json:"s"`
	AtMs int64 `json:"at"`
	// Below says that the agents of all lower seats that are gone count as removed, too: the list was full.
	Below bool `json:"below,omitempty"`
}

// maxRemoved is how many removals a state has at most. Whoever kicks more agents frees none by that: see Removal.Below.
const maxRemoved = 32

// removedAfter returns s.Removed after event, the leave of an agent. s is unchanged.
func (s *State) removedAfter(event Event) (list []Removal) {
	for _, r := range s.Removed {
		if r.binds(event.At()) {
			list = append(list, r)
		}
	}
	if event.takesSeat() {
		list = append(list, Removal{Seat: event.Seat, AtMs: event.AtMs})
	}
	if len(list) > maxRemoved {
		list = list[1:]
		list[0].Seat, list[0].Below = s.NextSeat, true
	}
	return list
}

// binds reports whether agreements still bind the agent of r.
func (r Removal) binds(now time.Time) bool { return now.Sub(time.UnixMilli(r.AtMs)) < BoundFor }

// StillBinds reports whether an agreement of these seats binds an agent that no proposal can ask, since an admin keeps
// the agent from voting: it was kicked or banned within BoundFor, or may only listen.
func (s *State) StillBinds(seats []int, now time.Time) bool {
	return slices.ContainsFunc(seats, func(seat int) bool {
		agent, here := s.Seated(seat)
		if here {
			return s.Silenced(agent)
		}
		return slices.ContainsFunc(s.Removed, func(r Removal) bool {
			return r.binds(now) && (r.Seat == seat || r.Below && seat < r.Seat)
		})
	})
}
