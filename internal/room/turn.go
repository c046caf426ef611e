package room

import (
	"cmp"
	"slices"
)

// EndedFor reports whether the talk is over for a: every other agent that may
// speak is done, or every other agent has left since a joined.
func (s *State) EndedFor(a Agent) bool {
	speakers := 0
	for _, x := range s.Agents {
		if x.Seat == a.Seat || s.Silenced(x) {
			continue
		}
		if speakers++; !x.Done {
			return false
		}
	}
	return speakers > 0 || s.Others(a.Seat) == 0 && s.LastFreed > a.Joined
}

// NextSpeaker returns the seat whose turn it is when every agent waits, or 0. It
// is the addressee of the last message, if that was private; else the next agent
// round the room from the last speaker. If nobody has spoken, it is the
// newcomer, or in a paired room the one that waited longer. Agents that may only
// listen, on standby, or done, and those for whom the talk is over, are skipped.
func (h *Head) NextSpeaker(standsBy func(seat int) bool) int {
	may := func(a Agent) bool {
		return !h.Silenced(a) && !standsBy(a.Seat) && !a.Done && !h.EndedFor(a)
	}
	last := h.Recent.messages.public
	private := slices.Clone(h.Recent.messages.private)
	slices.SortFunc(private, func(a, b mark) int { return cmp.Or(cmp.Compare(b.n, a.n), a.seat-b.seat) })
	for _, p := range private {
		if a, here := h.Seated(p.seat); p.n > last.n && here && may(a) {
			return p.seat
		}
	}
	order := slices.Clone(h.Agents)
	if i := slices.IndexFunc(order, func(a Agent) bool { return a.Seat == last.seat }); i >= 0 {
		order = slices.Concat(order[i+1:], order[:i+1])
	} else if !h.Paired {
		slices.Reverse(order)
	}
	if i := slices.IndexFunc(order, may); i >= 0 {
		return order[i].Seat
	}
	return 0
}
