package room

import "github.com/parley-chat/parley/internal/base/ident"

// A token holds the number of a seat in 15 bits, so numbers are given in turn, and again
// once all were given. A message, a request or a knock for a number counts for an agent only
// if it is later than the agent's join. State.NextSeat counts on for ever.

// seatNumber returns the number of the n-th seat in turn.
func seatNumber(n int) int { return (n-1)%ident.MaxSeat + 1 }

// NewSeat returns the number of the next seat: the first in turn that no agent has. Joining and
// leaving never use a room up: after ident.MaxSeat seats, turns begin again.
func (s *State) NewSeat() int {
	for n := max(s.NextSeat, 1); ; n++ {
		if _, taken := s.Seated(seatNumber(n)); !taken {
			return seatNumber(n)
		}
	}
}

// nextAfter returns what follows next in turn once a seat was given.
func nextAfter(next, seat int) int {
	next = max(next, 1)
	ahead := (seat - seatNumber(next)) % ident.MaxSeat
	if ahead < 0 {
		ahead += ident.MaxSeat
	}
	return next + ahead + 1
}

// ArrivedSince reports whether one of seats has an agent that joined after event n. Then the
// agent that the number stood for has left.
func (s *State) ArrivedSince(n int64, seats []int) bool {
	for _, seat := range seats {
		if a, here := s.Seated(seat); here && a.Joined > n {
			return true
		}
	}
	return false
}
