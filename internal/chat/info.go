package chat

import (
	"context"

	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
)

// RoomInfo describes a room to an agent in it, or to a caller that knows its name
// and password.
func (s *Service) RoomInfo(ctx context.Context, req InfoRequest) (Info, error) {
	if req.Token == "" {
		info, err := infoByName(ctx, s, req)
		return info, s.Outward(err)
	}
	c, err := s.enterNow(ctx, req.Token)
	if err != nil {
		return Info{}, s.Outward(err)
	}
	defer c.room.release()
	if c.head.Closed {
		return Info{}, room.RefuseClosed()
	}
	c.noteCall(ctx)
	info, err := c.room.info(ctx, c.head, c.agent.Seat, c.agent.Since)
	if err == nil {
		info.Requests, err = c.openRequests(ctx)
	}
	return info, s.Outward(err)
}

func infoByName(ctx context.Context, s *Service, req InfoRequest) (Info, error) {
	name, password, err := splitPassword(req.Room, req.Password)
	if err != nil {
		return Info{}, err
	}
	n, err := ident.RoomName(name)
	if err != nil {
		return Info{}, err
	}
	return byName(ctx, s, "looked", func() (Info, error) { return infoOf(ctx, s, n.Key, password) })
}

// infoOf describes the room whose name has the key. It fails with ErrNameMoved if
// the name leads to another room by now.
func infoOf(ctx context.Context, s *Service, key, password string) (Info, error) {
	began := s.now()
	id, err := s.store.Resolve(ctx, key)
	if err != nil {
		return Info{}, err
	}
	r := s.acquire(id)
	defer r.release()
	h, err := r.log.Current(ctx, began)
	switch {
	case err != nil:
		return Info{}, err
	case h.Retired, h.Closed, h.Key != key:
		return Info{}, roomlog.ErrNameMoved
	case h.Expired(began), h.Deserted():
		return Info{}, roomlog.ErrNotFound
	}
	if err := s.passwords.check(ctx, h.Password, password); err != nil {
		return Info{}, err
	}
	return r.info(ctx, h, 0, h.VisibleFrom())
}

func (r *liveRoom) info(ctx context.Context, h *room.Head, you int, since int64) (Info, error) {
	view, err := r.view(ctx, h, you)
	if err != nil {
		return Info{}, err
	}
	oldest, err := r.log.Oldest(ctx, since)
	return Info{Room: view, Earlier: max(0, h.AsOf+1-oldest), Now: r.svc.now()}, err
}
