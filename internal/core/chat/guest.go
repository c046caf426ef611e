package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

// inviteOf returns the invite of a room, or no invite if the invite gives no seat.
func inviteOf(head *room.Head, now time.Time) Invite {
	invite := head.Invite
	if head.Closed || !invite.GivesSeat(now) {
		return Invite{}
	}
	return Invite{Code: ident.NewInvite(head.LogKey, head.ID, invite.Number).String(), Uses: invite.Uses,
		Until: invite.Until()}
}

// checkInvitedRoom returns the present name of the room of a guest's invite. It refuses a room that has ended, and a
// room of another name than the guest said.
func checkInvitedRoom(head *room.Head, now time.Time, by ident.Principal, named ident.Name) (ident.Name, error) {
	switch {
	case head.Closed, head.Retired, head.Expired(now), head.Deserted():
		return ident.Name{}, refuseOver()
	case named.Key != "" && named.Key != head.Key:
		return ident.Name{}, refuseOtherRoom(by)
	}
	return ident.Name{Shown: head.Name, Key: head.Key}, nil
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
	made, err := s.MadeInvite(ctx, v)
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

func refuseOtherRoom(guest ident.Principal) error {
	return guest.RefuseOutside("room is not the room of your invite, or is an old name of it: leave room out.")
}

// refuseOver refuses an invite to a room that newcomers can no longer join.
func refuseOver() error {
	return fault.Refuse(fault.RoomClosed, "The room of this invite has ended: it was closed, or everybody has left "+
		"it, or it was not used for %d days. Ask the one who gave you the invite for one of another room.",
		int(room.Life/(24*time.Hour)))
}
