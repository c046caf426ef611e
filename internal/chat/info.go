package chat

import (
	"context"
	"errors"

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
	c.room.touch(ctx, c.agent, seenItem{}, refreshCall)
	info, err := c.room.info(ctx, c.fold, c.agent.Seat, c.agent.Since)
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
	began := s.now()
	id, err := s.resolve(ctx, n.key)
	if errors.Is(err, table.ErrNotFound) {
		return Info{}, errNoRoom
	}
	if err != nil {
		return Info{}, err
	}
	r := s.room(id)
	defer r.done()
	f, err := r.current(ctx, began)
	if err != nil {
		return Info{}, err
	}
	if f.dead(began) {
		return Info{}, errNoRoom
	}
	if err := s.checkPassword(ctx, f.Password, password); err != nil {
		return Info{}, err
	}
	since := f.givenUp + 1
	if openHistory(f) {
		since = 1
	}
	return r.info(ctx, f, 0, since)
}

func (r *liveRoom) info(ctx context.Context, f *fold, you int, since int64) (Info, error) {
	room, err := r.view(ctx, f, you)
	if err != nil {
		return Info{}, err
	}
	oldest, err := r.oldest(ctx, since)
	return Info{Room: room, Earlier: max(0, f.asOf+1-oldest), Now: r.svc.now()}, err
}
