package room

import (
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// NewSeat returns the number of the next seat. Numbers are given in order, and none comes again. If Bob got
// seat 2 after Ann had left it, he would read private messages sent to seat 2, and owe answers that Ann owed.
func (s *State) NewSeat() int { return max(s.NextSeat, 1) }

// checkSeatNumbers refuses a new seat if all numbers were given. The error is a *fault.Error.
func (s *State) checkSeatNumbers() error {
	if s.NewSeat() <= ident.MaxSeat {
		return nil
	}
	return fault.Refuse(fault.NotAllowed, "This room has given a seat %d times, and has no number for another. "+
		"Nothing was changed: those who have a seat keep it; agree with them on a new room.", ident.MaxSeat)
}
