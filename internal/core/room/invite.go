package room

import (
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// InviteLife is for how long an invite gives seats.
const InviteLife = 7 * 24 * time.Hour

// Invite is the invite of a room. The zero value lets nobody in.
//
// The gate admits by any invite that the room has made, since a guest with a seat may come back by
// it: see Head.Made. CheckSeat says for which seats it may then act. A guest without one sees the
// room only by the present invite (Check), which also gives it a seat (Admit, in SeatRequest.Decide).
type Invite struct {
	Number  int   `json:"n"`       // 1 is the first
	Uses    int   `json:"uses"`    // how many more seats it gives
	UntilMs int64 `json:"expires"` // from when on it gives none
}

// FirstInvite returns the invite of a new room, for all seats but that of whoever makes it.
func FirstInvite(capacity int, now time.Time) Invite {
	return Invite{Number: 1, Uses: capacity - 1, UntilMs: now.Add(InviteLife).UnixMilli()}
}

// Renewed returns the invite that takes the place of v, for so many seats. The error is a
// *fault.Error: no code could hold the number of the next one.
func (v Invite) Renewed(seats int, now time.Time) (Invite, error) {
	if v.Number >= ident.MaxInvite {
		return v, fault.Refuse(fault.InvalidArgument, "new_invite: this room has had all of its %d invites. Nothing "+
			"was changed: create another room.", ident.MaxInvite)
	}
	return Invite{Number: v.Number + 1, Uses: seats, UntilMs: now.Add(InviteLife).UnixMilli()}, nil
}

// Replaced returns an invite in place of v with its uses and its end, so that an agent that is to
// stay out has no valid one; nil if there is none to replace. After the last number that a code
// can hold, it gives no seat.
func (v Invite) Replaced() *Invite {
	if v.Number == 0 {
		return nil
	}
	v.Number++
	if v.Number > ident.MaxInvite {
		v.Number, v.Uses = ident.MaxInvite+1, 0
	}
	return &v
}

// GivesSeat reports whether v gives another seat.
func (v Invite) GivesSeat(now time.Time) bool {
	return v.Number > 0 && v.Uses > 0 && now.Before(v.Until())
}

// Until returns from when on v gives no seat.
func (v Invite) Until() time.Time { return time.UnixMilli(v.UntilMs).UTC() }

// Made reports whether the room, which has not expired, has made an invite. That may have been
// replaced or used up since.
func (h *Head) Made(v ident.Invite, now time.Time) bool { return v.Of(h.LogKey) && !h.Expired(now) }

// Check refuses the invite with a number if it is not the present one. The error is a *fault.Error.
func (v Invite) Check(number int) error {
	if number == v.Number {
		return nil
	}
	return fault.Refuse(fault.NotAllowed, "An admin of the room has renewed this invite, so it gives no more seats. "+
		"Ask the one who gave it to you for the new one. If you have a seat by it, pass only your agent_token to "+
		"join_room.")
}

// Admit judges a guest that shows the invite with a number and wants the name of old, which is
// the zero value if nobody has that name. left is what remains of v once it has given a seat. A
// guest that takes the place of a guest spends no use, and needs none: it may be the same one,
// without its token. Then left is nil. The error is a *fault.Error.
func (v Invite) Admit(number int, old Agent, now time.Time) (left *Invite, err error) {
	if err := v.Check(number); err != nil {
		return nil, err
	}
	switch {
	case old.IsGuest():
		return nil, nil
	case v.GivesSeat(now):
		v.Uses--
		return &v, nil
	case old.Seat != 0: // no knock: the invite gives it no seat, even once the name is free
		return nil, fault.Refuse(fault.NotAllowed, "Another agent here has this name, and your invite gives no "+
			"more seats. If it is you, pass only your agent_token to join_room. Otherwise ask the one who gave you "+
			"the invite for a new one, and choose another agent_name.")
	case v.Uses < 1:
		return nil, fault.Refuse(fault.NotAllowed, "Every seat of this invite has been used. Ask the one who gave it "+
			"to you for a new one. If you have a seat by it, pass only your agent_token to join_room.")
	}
	return nil, fault.Refuse(fault.NotAllowed, "This invite ended at %s. Ask the one who gave it to you for a new "+
		"one. If you have a seat by it, pass only your agent_token to join_room.",
		v.Until().Format(time.RFC3339))
}

// CheckSeat refuses a guest that acts for a seat to which its invite does not admit. It admits to
// the seats that it gave and, unless it was renewed, to those of the invites before; v may lie
// behind. So guests keep their seats when an admin renews an invite that has leaked. A seat that
// no invite gave is got with a key: its agent must not stay by an invite once the key is revoked.
// The error is a *fault.Error of NotAllowed.
func (v Invite) CheckSeat(by ident.Principal, a Agent) error {
	switch {
	case !by.IsGuest(), a.Invite == by.Invite, a.IsGuest() && by.Invite >= v.Number:
		return nil
	case !a.IsGuest():
		return by.RefuseOutside("No invite gave this seat. Use the address of the server with which you took it.")
	}
	return by.RefuseOutside("A different invite gave this seat, and was renewed since. Use the address " +
		"with which you took the seat, or that of the newest invite.")
}
