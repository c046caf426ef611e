package chat

import "context"

// The parts of the package. A method says by its receiver what it uses: the session, and its own part. A step into
// another part is written where it is taken, as in reading(c).holdBack. A test of archtest knows the files of each part
// and what these may use of other parts, functions included.
type (
	hooking  struct{ *session } // the hooks of a seat
	reading  struct{ *session } // waits, what the caller sees of the room, and the guard
	sending  struct{ *session } // a message, from its request to its answer
	tasking  struct{ *session } // a change of tasks, and the lists of tasks
	filing   struct{ *session } // sharing a file, and getting one
	seating  struct{ *session } // the ways to a seat, and out of one
	managing struct{ *session } // what an admin decides, or the person behind a seat
)

// enterReading is enterCurrent for the part reading.
func (s *Service) enterReading(ctx context.Context, token string) (reading, error) {
	c, err := s.enterCurrent(ctx, token)
	return reading{c}, err
}

// enterSending is enterCached for the part sending.
func (s *Service) enterSending(ctx context.Context, token string) (sending, error) {
	c, err := s.enterCached(ctx, token)
	return sending{c}, err
}

// enterTasking is enterCurrent for the part tasking.
func (s *Service) enterTasking(ctx context.Context, token string) (tasking, error) {
	c, err := s.enterCurrent(ctx, token)
	return tasking{c}, err
}

// enterFiling is enterCurrent for the part filing.
func (s *Service) enterFiling(ctx context.Context, token string) (filing, error) {
	c, err := s.enterCurrent(ctx, token)
	return filing{c}, err
}

// enterSeating is enterCurrent for the part seating.
func (s *Service) enterSeating(ctx context.Context, token string) (seating, error) {
	c, err := s.enterCurrent(ctx, token)
	return seating{c}, err
}
