package shell

import "context"

// Tail shows the last n messages of the room and everything that follows, until ctx ends.
func (s *Shell) Tail(ctx context.Context, which Which, n int) error {
	err := s.with(which, func(s *session) error {
		list, _, err := s.latest(ctx, max(n, 1), args{})
		if err != nil {
			return err
		}
		after := ""
		if len(list) > 0 {
			after = list[len(list)-1].ID
		}
		for _, e := range list[max(0, len(list)-max(n, 0)):] {
			if err := s.out.one(e); err != nil {
				return err
			}
		}
		if s.seat.Person {
			if err := s.remind(ctx); err != nil {
				return err
			}
		}
		return s.follow(ctx, after, func(e entry) (bool, error) {
			err := s.out.one(e)
			if waits(e.Message) && s.seat.Person {
				s.out.note("A draft waits: parley steer send %s, or edit or refuse it.", e.ID)
			}
			return false, err
		})
	})
	if stopped(ctx, err) {
		return nil
	}
	return err
}
