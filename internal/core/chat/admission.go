package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// MadeInvite and SeatOf tell the server which callers to admit.

// MadeInvite reports whether a room has made the invite v and has not expired. The join tells whether v still gives a
// seat.
func (s *Service) MadeInvite(ctx context.Context, v ident.Invite) (bool, error) {
	live := s.acquire(v.Room)
	defer live.release()
	head, err := live.log.Cached(ctx)
	if err == nil && head.Expired(s.now()) {
		head, err = live.log.Refresh(ctx, s.now()) // the room may have been used since
	}
	if errors.Is(err, roomlog.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, s.Outward(err)
	}
	return head.Made(v, s.now()), nil
}

// inviteGiven returns the invite of a join, given as the room or the password. As a password, an invite would become
// the password of a new room, in which the agent waits alone.
func inviteGiven(req JoinRequest) (v ident.Invite, ok bool) {
	v, ok = ident.InviteIn(req.Room)
	if !ok {
		v, ok = ident.InviteIn(req.Password)
	}
	return v, ok
}

// invitedBy returns asker as a guest of the invite v, which asker gave in a join. The guest keeps its
// principal: a person who holds an agent in the room holds further seats, too, and the invite is no way around that.
//
// A guest comes by the invite at its own address, and could not act for a seat of a newer invite or of another room.
func (s *Service) invitedBy(ctx context.Context, v ident.Invite, asker ident.Principal) (ident.Principal, error) {
	made, err := s.opts.LookUpInvite(ctx, v, func() (bool, error) { return s.MadeInvite(ctx, v) })
	switch {
	case err != nil:
		return asker, err
	case !made:
		return asker, fault.Refuse(fault.InvalidArgument, "This invite is not of a room here: the room has "+
			"ended, or is on another server. Nothing was done: %s", addInvite)
	case !asker.IsGuest():
		asker.Room, asker.Invite = v.Room, v.Number
	case asker.Room != v.Room, v.Number > asker.Invite:
		return asker, fault.Refuse(fault.NotAllowed, "This invite is not the one of the address that you "+
			"use, which lets you into its room and nothing else. Nothing was done: %s", addInvite)
	}
	return asker, nil
}

// addInvite says how an agent follows an invite that this address does not take.
const addInvite = "to follow the invite, have your user add its link (https://SERVER/i/CODE) with /mcp at the end " +
	"as an MCP server, and call join_room there with agent_name alone."

// SeatOf returns the agent in the seat of a token; false for no agent. The error is Removed if the agent has lost its
// seat and holder may know why, and RoomNotFound if the room has ended, or never was. A stay admits nobody: only an
// invite admits the holder of a stay.
func (s *Service) SeatOf(ctx context.Context, token ident.Token) (room.Agent, bool, error) {
	if token.IsStay() {
		return room.Agent{}, false, nil
	}
	live := s.acquire(token.Room)
	defer live.release()
	holder := room.HashToken(token)
	head, caller, ok, err := live.findCaller(ctx, holder, (*roomlog.Log).Cached)
	switch {
	case err != nil || ok:
	case head.Expired(s.now()):
		err = roomlog.ErrNotFound
	default:
		err = live.whyVacated(ctx, head, holder)
	}
	if err != nil || !ok {
		return room.Agent{}, false, s.Outward(err)
	}
	return caller.Agent, true, nil
}

// whyVacated returns why a seat was taken from holder; nil if holder never held the seat's token, or if an agent gave
// up the seat before a person had opened the agent's link.
func (r *liveRoom) whyVacated(ctx context.Context, head *room.Head, holder room.HashedToken) error {
	if holder.Seat < 1 || holder.Seat >= head.NextSeat {
		return nil
	}
	gone, err := r.log.Items().Vacated(ctx, holder.Seat)
	if err != nil || !gone.Had(holder) {
		return err
	}
	way := head.WayBack(ident.Principal{}, r.svc.now())
	way.Invite = gone.Invited
	return refuseVacated(gone, holder, way)
}
