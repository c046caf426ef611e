package room

import "slices"

// CanSee reports whether a may see what the agent of seat did for those in to. An
// empty to means everybody.
func (a Agent) CanSee(seat int, to []int) bool {
	return len(to) == 0 || seat == a.Seat || slices.Contains(to, a.Seat)
}

// Sees reports whether e is part of the room's history for a.
func (a Agent) Sees(e Event) bool {
	return e.Type != Retired && a.CanSee(e.Seat, e.To) && (e.N >= a.Since.N || a.remembers(e))
}

// remembers reports whether a sees e, from before its time, because it has the name
// of an agent that did: what that agent said to all, and who left.
func (a Agent) remembers(e Event) bool {
	return len(a.Former) > 0 && e.N >= a.FormerSince && len(e.To) == 0 &&
		(e.Type == Said && slices.Contains(a.Former, e.Seat) || e.Type == Left)
}

// FirstSeen returns the number before which a sees no event.
func (a Agent) FirstSeen() int64 {
	if len(a.Former) > 0 {
		return min(a.Since.N, a.FormerSince)
	}
	return a.Since.N
}

// Receives reports whether a is shown e as news: a sees it, and it is neither a's own
// join nor from before its time.
func (a Agent) Receives(e Event) bool {
	return e.N >= a.Since.N && a.Sees(e) && !(e.Type == Joined && e.Seat == a.Seat)
}

// IsNews reports whether a is shown e and did not cause it.
func (a Agent) IsNews(e Event) bool { return a.Receives(e) && e.Actor() != a.Seat }

// AgreedIn returns the proposals that e completes and a may see.
func (a Agent) AgreedIn(e Event) (agreed []int64) {
	for i, n := range e.Agreed {
		if n >= a.Since.N && (i >= len(e.AgreedTo) || len(e.AgreedTo[i]) == 0 || slices.Contains(e.AgreedTo[i], a.Seat)) {
			agreed = append(agreed, n)
		}
	}
	return agreed
}

// OpenHistory reports whether newcomers see what was said to the former owners
// of their seats: where a password guards the room, or everybody may enter it.
func (s *State) OpenHistory() bool { return s.Password != "" || s.Public }

// VisibleFrom returns the first event that an agent sees that joins after event
// AsOf and takes a free seat.
func (s *State) VisibleFrom() Mark {
	from := Mark{N: 1}
	if s.OpenFrom.N > from.N {
		from = s.OpenFrom
	}
	if !s.OpenHistory() && s.LastFreed.N >= from.N {
		from = Mark{s.LastFreed.N + 1, s.LastFreed.Messages}
	}
	return from
}

// FromNext returns the first event that an agent sees that takes another's seat in the
// two events after AsOf.
func FromNext(s *State) Mark { return Mark{s.AsOf + 2, s.Messages} }
