package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
)

// openList names one of the four lists of open requests. Each has a length of its own, so no question ends a proposal,
// and nothing private ends what all see: else an agent could tell how much is asked that it does not see.
type openList struct{ private, proposals bool }

// list returns the list that has r.
func (r OpenRequest) list() openList { return openList{len(r.To) > 0, r.Proposal} }

// size returns how many requests the list has at most. A list from before this rule may be longer.
func (l openList) size() int {
	most, proposals := core.MaxOpen-core.MaxOpenPrivate, core.MaxProposals
	if l.private {
		most, proposals = core.MaxOpenPrivate, core.MaxPrivateProposals
	}
	if l.proposals {
		return proposals
	}
	return most - proposals
}

// askerOf returns who asks from a seat, for comparison: the guests of one invite are one.
func (s *State) askerOf(seat int) int {
	if agent, here := s.Seated(seat); here && agent.IsGuest() {
		return -agent.Invite
	}
	return seat
}

// isBacked reports whether somebody else than those who proposed r has agreed to r.
func (s *State) isBacked(r OpenRequest) bool {
	return slices.ContainsFunc(r.Agreed, func(seat int) bool { return s.askerOf(seat) != s.askerOf(r.Seat) })
}

// checkProposed refuses event, a proposal that may replace another, if its sender has core.MaxProposed open in its
// list, or if all proposals of its list have somebody's agreement. Those that other guests of the invite made in
// private do not count: the refusal would tell of them.
func (c messageRules) checkProposed(event *Event) error {
	if event.Kind != Proposal {
		return nil
	}
	own, listed, backed := 0, 0, 0
	to := openList{len(event.To) > 0, true}
	for _, r := range c.head.Talk.Open {
		if r.list() != to || r.N == event.Replaces || r.hasExpired(c.now) {
			continue
		}
		listed++
		if c.head.askerOf(r.Seat) == c.head.askerOf(c.agent.Seat) && r.visibleTo(c.agent.Seat) {
			own++
		}
		if c.head.isBacked(r) {
			backed++
		}
	}
	switch {
	case own >= core.MaxProposed:
		return fault.Refuse(fault.InvalidArgument, "At most %d proposals of one agent, or of the guests of one "+
			"invite, are open at once in public, and as many in private. Nothing was sent: withdraw one of yours, or "+
			"wait until one has ended.",
			core.MaxProposed)
	case listed >= to.size() && backed == listed:
		return fault.Refuse(fault.NotAllowed, "%d proposals are open, and somebody has agreed to each, so none makes "+
			"room for another. Nothing was sent: wait until one has ended.", listed)
	}
	return nil
}

// EndOverfull returns the event that is to follow event, the last of h, if event is a request that made its list too
// long: one request of the list ends. The agent with most requests in the list loses one: its oldest question, or its
// newest proposal to which nobody else has agreed. So one agent can fill a list, and still each question of others gets
// in. Those who see the request see that the request ends, and nobody else does.
//
// Ann and Bob ask all, and the list has room for 16:
//
//  1. Ann asks a 17th question: her first one ends.
//  2. Bob asks his second question, and most are Ann's: her first one ends.
//  3. Ann and Bob have 8 each, and Ann asks: her first one ends, though Bob's first is older.
func (h *Head) EndOverfull(event Event) (end Event, needed bool) {
	i := slices.IndexFunc(h.Talk.Open, func(r OpenRequest) bool { return r.N == event.N })
	if i < 0 {
		return end, false
	}
	over, ends := h.overfull(h.Talk.Open[i])
	if !ends {
		return end, false
	}
	agent, _ := h.Seated(over.Seat)
	end = Message("", Status, nil)
	end.Seat, end.Name, end.Withdraws, end.Reason = agent.Seat, agent.Name, over.N, ReasonListFull
	end.Named = slices.Concat([]int{over.Seat}, over.Owed, over.Agreed)
	end.To, end.ToNames = messageRules{head: h, now: event.At()}.readersOf(over, over.Seat)
	return end, true
}

// overfull returns the request that ends because newest is in its list: see EndOverfull.
func (s *State) overfull(newest OpenRequest) (over OpenRequest, ends bool) {
	listed, most := map[int]int{}, 0
	total := 0
	for _, r := range s.Talk.Open {
		if r.list() == newest.list() {
			listed[s.askerOf(r.Seat)]++
			total++
		}
	}
	if total <= newest.list().size() {
		return over, false
	}
	for _, r := range s.Talk.Open { // oldest first
		if r.list() != newest.list() || r.N == newest.N || s.isBacked(r) {
			continue
		}
		if n := listed[s.askerOf(r.Seat)]; n > most || n == most && r.Proposal {
			over, most = r, n
		}
	}
	return over, most > 0
}

// EndedByFullList reports whether a full list has ended proposal n within DebtLife, as far as the room remembers.
func (t Talk) EndedByFullList(n int64, now time.Time) bool {
	return slices.ContainsFunc(t.Gone, func(gone Gone) bool { return gone.N == n && !gone.isPast(now) })
}

// GoneFor returns the proposals that full lists have ended within DebtLife, and on which a seat had still to vote.
func (t Talk) GoneFor(seat int, now time.Time) []Gone {
	return slices.DeleteFunc(slices.Clone(t.Gone), func(gone Gone) bool {
		return gone.isPast(now) || !slices.Contains(gone.Owed, seat)
	})
}

// keepGone returns at most maxGone of list: without the oldest of the one that has most. Otherwise a guest, whose
// proposals end one by one, would have the room forget what of others has ended.
func keepGone(list []Gone) []Gone {
	if len(list) <= maxGone {
		return list
	}
	return withoutOldestOfMost(list, func(gone *Gone) int { return gone.By })
}

// withoutOldestOfMost returns list, which is not empty and begins with the oldest, without the oldest of the one that
// has most. of returns whose an entry is. list is unchanged.
func withoutOldestOfMost[T any](list []T, of func(*T) int) []T {
	count, oldest := map[int]int{}, 0
	for i := range list {
		count[of(&list[i])]++
	}
	for i := range list {
		if count[of(&list[i])] > count[of(&list[oldest])] {
			oldest = i
		}
	}
	return slices.Delete(slices.Clone(list), oldest, oldest+1)
}

// isPast reports whether g is no longer news.
func (g Gone) isPast(now time.Time) bool { return now.Sub(time.UnixMilli(g.AtMs)) >= DebtLife }
