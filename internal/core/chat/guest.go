package chat

import (
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

func refuseOtherRoom(guest ident.Principal) error {
	return guest.RefuseOutside("room is not the room of your invite, or is an old name of it: leave room out.")
}

// refuseOver refuses an invite to a room that newcomers can no longer join.
func refuseOver() error {
	return fault.Refuse(fault.RoomClosed, "The room of this invite has ended: it was closed, or everybody has left "+
		"it, or it was not used for %d days. Ask the one who gave you the invite for one of another room.",
		int(room.Life/(24*time.Hour)))
}
