package room

import (
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
)

// InviteLife is for how long an invite gives seats.
const InviteLife = 7 * 24 * time.Hour

// Invite is the invite of a room. The zero value lets nobody in.
type Invite struct {
	Number  int   `json:"n"`       // 1 is the first
	Uses    int   `json:"uses"`    // how many more seats it gives
	UntilMs int64 `json:"expires"` // from when on it gives none
}

// FirstInvite returns the invite of a new room, for all seats but that of whoever makes it.
func FirstInvite(capacity int, now time.Time) Invite { return Invite{}.Renewed(capacity-1, now) }

// Renewed returns the invite that takes the place of v, for as many seats.
func (v Invite) Renewed(seats int, now time.Time) Invite {
	return Invite{Number: v.Number + 1, Uses: seats, UntilMs: now.Add(InviteLife).UnixMilli()}
}

// Replaced returns the invite that takes the place of v for the seats that v still gives, and
// until the same time, so that whoever is to stay out has no valid one; nil if there is none to
// replace. After the last number that a code can hold, it gives no seat.
func (v Invite) Replaced() *Invite {
	if v.Number == 0 {
		return nil
	}
	if v.Number++; v.Number > ident.MaxInvite {
		v.Number, v.Uses = ident.MaxInvite+1, 0
	}
	return &v
}

// Used returns v after it has given another seat. Who takes the place of a guest under its
// name uses nothing: it may be the same guest, without its token.
func (v Invite) Used() *Invite {
	v.Uses--
	return &v
}

// GivesSeat reports whether v gives another seat.
func (v Invite) GivesSeat(now time.Time) bool {
	return v.Number > 0 && v.Uses > 0 && now.Before(v.Until())
}

// Until returns from when on v gives no seat.
func (v Invite) Until() time.Time { return time.UnixMilli(v.UntilMs).UTC() }

// CheckNumber refuses the invite with a number if it has been renewed.
func (v Invite) CheckNumber(number int) error {
	if number == v.Number {
		return nil
	}
	return fault.Refuse(fault.NotAllowed, "This invite was renewed by an admin of the room and gives no seat any more. Ask whoever gave it to you for the new one. If you have a seat by it, pass only your agent_token to join_room.")
}

// Refuse refuses a seat by v, which gives none. Whose name is taken may be back without its
// token: the room can let it in.
func (v Invite) Refuse(taken bool) error {
	switch {
	case taken:
		return fault.Refuse(fault.NameTaken, "Another agent here has this name, and your invite gives no further seat. If it is you, pass only your agent_token to join_room. Otherwise ask whoever gave you the invite for a new one, and choose another agent_name.")
	case v.Uses < 1:
		return fault.Refuse(fault.NotAllowed, "This invite has given all of its seats. Ask whoever gave it to you for a new one. If you have a seat by it, pass only your agent_token to join_room.")
	}
	return fault.Refuse(fault.NotAllowed, "This invite gave seats until %s and gives none any more. Ask whoever gave it to you for a new one. If you have a seat by it, pass only your agent_token to join_room.", v.Until().Format(time.RFC3339))
}

// CheckRenewal refuses a renewal where no code could hold the number of the next invite.
func (v Invite) CheckRenewal() error {
	if v.Number < ident.MaxInvite {
		return nil
	}
	return fault.Refuse(fault.InvalidArgument, "new_invite: this room has had all of its %d invites. Nothing was changed: create another room.", ident.MaxInvite)
}
