package chat

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/table"
)

// RoomInfo tells about a room to an agent in it, or to whoever knows its name
// and password.
func (s *Service) RoomInfo(ctx context.Context, req InfoRequest) (Info, error) {
	if req.Token == "" {
		info, err := s.infoByName(ctx, req)
		return info, s.outward(err)
	}
	c, err := s.enterNow(ctx, req.Token)
	if err != nil {
		return Info{}, s.outward(err)
	}
	defer c.room.done()
	if c.fold.closed {
		return Info{}, errClosed()
	}
	c.room.glance(ctx, c.agent)
	info, err := c.room.info(ctx, c.fold, c.agent.Seat, c.agent.Since)
	if err == nil {
		info.Requests, err = c.openRequests(ctx)
	}
	return info, s.outward(err)
}

func (s *Service) infoByName(ctx context.Context, req InfoRequest) (Info, error) {
	room, password, err := splitPassword(req.Room, req.Password)
	if err != nil {
		return Info{}, err
	}
	n, err := roomName(room)
	if err != nil {
		return Info{}, err
	}
	return byName(ctx, s, "looked", func() (Info, error) { return s.infoOf(ctx, n.key, password) })
}

// infoOf tells about the room that has the name.
func (s *Service) infoOf(ctx context.Context, key, password string) (Info, error) {
	r, f, err := s.lookUp(ctx, key)
	if err != nil {
		return Info{}, err
	}
	defer r.done()
	if err := s.checkPassword(ctx, f.Password, password); err != nil {
		return Info{}, err
	}
	return r.info(ctx, f, 0, newcomerSees(f))
}

// lookUp finds the room that has the name, as it is now. The caller must call its
// done. errElsewhere: it had the name, and another has it now.
func (s *Service) lookUp(ctx context.Context, key string) (*liveRoom, *fold, error) {
	began := s.now()
	id, err := s.resolve(ctx, key)
	if errors.Is(err, table.ErrNotFound) {
		return nil, nil, errNoRoom
	}
	if err != nil {
		return nil, nil, err
	}
	r := s.room(id)
	f, err := r.current(ctx, began)
	switch {
	case err != nil:
	case f.ended, f.closed, f.Key != key:
		err = errElsewhere
	case f.dead(began), deserted(f):
		err = errNoRoom
	}
	if err != nil {
		r.done()
		return nil, nil, err
	}
	return r, f, nil
}

func (r *liveRoom) info(ctx context.Context, f *fold, you int, since int64) (Info, error) {
	room, err := r.view(ctx, f, you)
	if err != nil {
		return Info{}, err
	}
	oldest, err := r.oldest(ctx, since)
	return Info{Room: room, Earlier: max(0, f.asOf+1-oldest), Now: r.svc.now()}, err
}

// How far back open requests are looked for, and how many are told.
const (
	requestsWithin = 2 * pageEvents
	requestsTold   = 10
)

// openRequests returns the requests that the caller sees and that no reply which it
// sees has answered, the oldest first. Those of agents who have left, or only to such,
// wait for nothing any more.
func (c *caller) openRequests(ctx context.Context) ([]OpenRequest, error) {
	done, err := c.room.svc.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var open []OpenRequest
	answered := map[int64]bool{}
	n, oldest := c.fold.asOf+1, max(c.agent.Since, c.fold.asOf-requestsWithin)
	for n > oldest && len(open) < requestsTold {
		events, more, err := c.room.pageBefore(ctx, n, pageEvents)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			if n = e.n; e.Type != said || !c.agent.visible(e) {
				continue
			}
			if e.ReplyTo > 0 && e.Seat != e.ReSeat {
				answered[e.ReplyTo] = true
			}
			if e.Kind != Request || answered[e.n] || len(open) == requestsTold {
				continue
			}
			_, here := c.fold.seated(e.Seat)
			if to := c.fold.stillHere(e); here && (len(to) > 0 || len(e.To) == 0) {
				open = append(open, OpenRequest{Seq: e.n, From: e.Name, To: to})
			}
		}
		if !more || len(events) == 0 {
			break
		}
	}
	slices.Reverse(open)
	return open, nil
}

// stillHere returns the names of those whom e was for who have not left since.
func (f *fold) stillHere(e event) (names []string) {
	for i, seat := range e.To {
		if _, here := f.seated(seat); here {
			names = append(names, e.ToNames[i])
		}
	}
	return names
}
