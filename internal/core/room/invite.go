package room

import (
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// InviteLife is how long an invite gives seats.
const InviteLife = 7 * 24 * time.Hour

// Invite is the invite of a room. The zero value lets nobody in.
//
// The gate admits by any invite that the room has made, so a guest with a seat can come back: see Head.Made. CheckSeat
// says for which seats the guest may then act. A guest without a seat sees the room only by the present invite (Check),
// and gets a seat by the present invite (Admit, in SeatRequest.Decide).
type Invite struct {
	Number  int   `json:"n"`       // 1 is the first
	Uses    int   `json:"uses"`    // how many more seats the invite gives
	UntilMs int64 `json:"expires"` // the end: no seats from then on
}

// FirstInvite returns the invite of a new room, for all seats but the creator's.
func FirstInvite(capacity int, now time.Time) Invite {
	return Invite{Number: 1, Uses: capacity - 1, UntilMs: now.Add(InviteLife).UnixMilli()}
}

// Renewed returns the invite after v, for a number of seats. It fails with a *fault.Error if no code can hold the
// next number.
func (v Invite) Renewed(seats int, now time.Time) (Invite, error) {
	if v.Number >= ident.MaxInvite {
		return v, fault.Refuse(fault.InvalidArgument, "new_invite: this room has had all of its %d invites. Nothing "+
			"was changed: create another room.", ident.MaxInvite)
	}
	return Invite{Number: v.Number + 1, Uses: seats, UntilMs: now.Add(InviteLife).UnixMilli()}, nil
}

// Replaced returns the invite after v, with the uses and the end of v, so that a holder of v gets no seat; nil if v
// is none. Beyond ident.MaxInvite, the last number of a code, the invite gives no seat.
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

// Until returns the time from which v gives no seat.
func (v Invite) Until() time.Time { return time.UnixMilli(v.UntilMs).UTC() }

// Made reports whether the room has made v and has not expired. v may be replaced or used up since.
func (h *Head) Made(v ident.Invite, now time.Time) bool { return v.Of(h.LogKey) && !h.Expired(now) }

// Check refuses the invite with a number if v, the present invite, has another. The error is a *fault.Error.
func (v Invite) Check(number int) error {
	if number == v.Number {
		return nil
	}
	return fault.Refuse(fault.NotAllowed, "An admin of the room has renewed this invite, so it gives no more seats. "+
		"Ask the one who gave it to you for the new one. If you have a seat by it, pass only your agent_token to "+
		"join_room.")
}

// Admit decides whether a guest gets a seat by the invite with a number. old is the agent under the wanted name; the
// zero value if the name is free. left is v without the spent use. A guest in the place of another guest spends and
// needs no use, since both may be the same guest without its token: then left is nil. The error is a *fault.Error.
//
// talk: invites.
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
	case old.Seat != 0: // no knock: the invite gives no seat, even once the name is free
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

// CheckSeat refuses a guest that acts for a seat outside its invite. An invite admits to its own seats and, until
// renewed, to the seats of earlier invites; v may be older than the present invite. So guests keep their seats when
// an admin renews a leaked invite. A seat without an invite needs a key: its agent must not stay by an invite once
// the key is revoked. The error is a *fault.Error of NotAllowed.
func (v Invite) CheckSeat(by ident.Principal, agent Agent) error {
	switch {
	case !by.IsGuest(), agent.Invite == by.Invite, agent.IsGuest() && by.Invite >= v.Number:
		return nil
	case !agent.IsGuest():
		return by.RefuseOutside("No invite gave this seat. Use the address of the server with which you took it.")
	}
	return by.RefuseOutside("A different invite gave this seat, and was renewed since. Use the address " +
		"with which you took the seat, or that of the newest invite.")
}
