package ident

import "github.com/parley-chat/parley/internal/base/fault"

// A caller that an invite admits may act in one room; a caller that has shown nothing but an agent token, for one seat.

// IsGuest reports whether nothing but an invite admits a.
func (a Principal) IsGuest() bool { return a.Invite != 0 }

// CheckToken refuses a token of another room or seat than a is bound to, and a stay of a caller that no invite admits:
// some clients log the id of a stay. The error is a *fault.Error of NotAllowed.
func (a Principal) CheckToken(t Token) error {
	if t.IsStay() && !a.IsGuest() {
		return fault.Refuse(fault.NotAllowed, "This contextId is good only at the address of the invite that gave it "+
			"its seat. Nothing was changed: use that address.")
	}
	if a.mayActFor(t.Room, t.Seat) {
		return nil
	}
	return a.RefuseOutside("agent_token is of another seat than those for which you may act.")
}

// CheckView refuses a view of another room or seat than a is bound to, as CheckToken does.
func (a Principal) CheckView(v View) error {
	if a.mayActFor(v.Room, v.Seat) {
		return nil
	}
	return a.RefuseOutside("view is of another seat than those for which you may act.")
}

// mayActFor reports whether a is not bound to another room or seat.
func (a Principal) mayActFor(room string, seat int) bool {
	return a.Room == "" || a.Room == room && (a.Seat == 0 || a.Seat == seat)
}

// CheckUnbound refuses a call about any room by a caller that may act in only one. The error is a *fault.Error of
// NotAllowed.
func (a Principal) CheckUnbound() error {
	if a.Room == "" {
		return nil
	}
	return a.RefuseOutside("This call is about other rooms.")
}

// RefuseOutside refuses a call of a bound caller. why is a sentence.
func (a Principal) RefuseOutside(why string) error {
	if a.IsGuest() {
		return fault.Refuse(fault.NotAllowed, "%s You came by an invite, which lets you into its room and nothing "+
			"else. Nothing was changed: use your agent_token there or, without one, call join_room with agent_name "+
			"alone; for all else ask your user for the address of the server itself.", why)
	}
	return fault.Refuse(fault.NotAllowed, "%s You sent an agent token to be admitted, which admits you for its own "+
		"seat only. Nothing was changed: ask your user for a key of this server.", why)
}
