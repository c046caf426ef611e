package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// MadeInvite and SeatOf tell the server which callers to admit.

// MadeInvite reports whether a room has made the invite v and has not expired. The join tells whether v still gives a
// seat.
func (s *Service) MadeInvite(ctx context.Context, v ident.Invite) (bool, error) {
	r := s.acquire(v.Room)
	defer r.release()
	h, err := r.log.Cached(ctx)
	if err == nil && h.Expired(s.now()) {
		h, err = r.log.Refresh(ctx, s.now()) // the room may have been used since
	}
	if errors.Is(err, roomlog.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, s.Outward(err)
	}
	return h.Made(v, s.now()), nil
}

// SeatOf returns the agent in the seat of a token; false for no agent. The error is Removed if the token was taken
// from a holder who may be told. A stay admits nobody: only an invite admits the holder of a stay.
func (s *Service) SeatOf(ctx context.Context, t ident.Token) (room.Agent, bool, error) {
	if t.IsStay() {
		return room.Agent{}, false, nil
	}
	r := s.acquire(t.Room)
	defer r.release()
	holder := room.HolderOf(t)
	h, a, ok, err := r.findCaller(ctx, holder, (*roomlog.Log).Cached)
	if errors.Is(err, roomlog.ErrNotFound) {
		return room.Agent{}, false, nil
	}
	if err == nil && !ok {
		err = r.whyVacated(ctx, h, holder)
	}
	if err != nil || !ok {
		return room.Agent{}, false, s.Outward(err)
	}
	return a.Agent, true, nil
}

// whyVacated returns why a seat was taken from x; nil if x never held the seat's token, or if an agent gave up the seat
// before a person had opened the agent's link.
func (r *liveRoom) whyVacated(ctx context.Context, h *room.Head, x room.Holder) error {
	if x.Seat < 1 || x.Seat >= h.NextSeat {
		return nil
	}
	gone, err := r.log.Seats().Vacated(ctx, x.Seat)
	if err != nil || !gone.Had(x) {
		return err
	}
	return refuseVacated(gone, x)
}
