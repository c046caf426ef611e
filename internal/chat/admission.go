package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
)

// A caller may be bound to one room, because an invite admits it, or to one seat, because
// its token does: see ident.Asker.

// MadeInvite reports whether a room that has not expired has made an invite. Whether that
// still gives a seat, the join tells.
func MadeInvite(ctx context.Context, s *Service, v ident.Invite) (bool, error) {
	r := s.acquire(v.Room)
	defer r.release()
	h, err := r.log.Warm(ctx)
	if err == nil && h.Expired(s.now()) {
		h, err = r.log.Current(ctx, s.now()) // it may have been renewed
	}
	if errors.Is(err, roomlog.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, s.Outward(err)
	}
	return v.Of(h.LogKey) && !h.Expired(s.now()), nil
}

// SeatOf returns the agent whose seat a token stands for, and whether there is one. It
// fails with Removed if the token was taken from its holder, who may be told.
func SeatOf(ctx context.Context, s *Service, t ident.Token) (room.Agent, bool, error) {
	r := s.acquire(t.Room)
	defer r.release()
	h, a, ok, err := r.owner(ctx, t, (*roomlog.Log).Warm)
	if errors.Is(err, roomlog.ErrNotFound) {
		return room.Agent{}, false, nil
	}
	if err == nil && !ok {
		err = r.taken(ctx, h, t)
	}
	if err != nil || !ok {
		return room.Agent{}, false, s.Outward(err)
	}
	return a, true, nil
}

// taken returns why a seat was taken from the holder of t; nil if t was never its token, or
// was given up.
func (r *liveRoom) taken(ctx context.Context, h *room.Head, t ident.Token) error {
	if a, there := h.Seated(t.Seat); there && ident.SameSecret(t.Secret, a.EndedHash) {
		return room.RefuseRemoved(room.ReasonReplaced, h.Paired)
	}
	if t.Seat < 1 || t.Seat >= h.NextSeat {
		return nil
	}
	gone, err := r.log.Seats().WhyGone(ctx, t.Seat)
	if err != nil || !ident.SameSecret(t.Secret, gone.Hash) {
		return err
	}
	return room.RefuseRemoved(gone.Reason, h.Paired)
}

// checkBounds refuses a token that is not of the room or the seat to which the caller is
// bound.
func checkBounds(ctx context.Context, t ident.Token) error {
	switch a := ident.AskerOf(ctx); {
	case a.Room == "" || a.Room == t.Room && (a.Seat == 0 || a.Seat == t.Seat):
		return nil
	case a.Invite != 0:
		return refuseGuest("agent_token is of another room.")
	}
	return refuseBearer("agent_token is of another seat.")
}

// checkGuest refuses the token of a seat that no invite gave to a caller that only an
// invite admits: whoever has a key must not stay when the key is revoked.
func checkGuest(ctx context.Context, a room.Agent) error {
	if ident.AskerOf(ctx).Invite == 0 || a.Guest {
		return nil
	}
	return refuseGuest("agent_token is of a seat that no invite gave, so it needs the address with the key, or without an invite, by which it was got.")
}

// CheckUnbound refuses a caller that may act in one room only.
func CheckUnbound(ctx context.Context) error {
	switch a := ident.AskerOf(ctx); {
	case a.Room == "":
		return nil
	case a.Invite != 0:
		return refuseGuest("This call is about other rooms.")
	}
	return refuseBearer("This call is about other rooms.")
}

func refuseGuest(why string) error {
	return fault.Refuse(fault.NotAllowed, "%s You came by an invite, which lets you into its room and nothing else. Nothing was changed: call join_room with agent_name to take a seat there, or ask your user for the address of the server itself.", why)
}

func refuseBearer(why string) error {
	return fault.Refuse(fault.NotAllowed, "%s You sent an agent token to be admitted, which admits you for its own seat only. Nothing was changed: ask your user for a key of this server.", why)
}
