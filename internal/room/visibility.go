package room

import "slices"

// CanSee reports whether a may see what the agent of seat did for those in to. An
// empty to means everybody.
func (a Agent) CanSee(seat int, to []int) bool {
	return len(to) == 0 || seat == a.Seat || slices.Contains(to, a.Seat)
}

// Sees reports whether e is part of the room's history for a.
func (a Agent) Sees(e Event) bool {
	return e.N >= a.Since && e.Type != Retired && a.CanSee(e.Seat, e.To)
}

// Receives reports whether a is shown e: a sees it, and it is not a's own join.
func (a Agent) Receives(e Event) bool {
	return a.Sees(e) && !(e.Type == Joined && e.Seat == a.Seat)
}

// IsNews reports whether a is shown e and did not cause it.
func (a Agent) IsNews(e Event) bool { return a.Receives(e) && e.Actor() != a.Seat }

// OpenHistory reports whether newcomers see what was said to the former owners
// of their seats: where a password guards the room, or everybody may enter it.
func (s *State) OpenHistory() bool { return s.Password != "" || s.Public }

// VisibleFrom returns the first event that an agent sees that joins after event
// AsOf and takes a free seat.
func (s *State) VisibleFrom() int64 {
	if s.OpenHistory() {
		return max(s.OpenFrom, 1)
	}
	return max(s.OpenFrom, s.LastFreed+1)
}
