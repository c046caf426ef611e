package room

import (
	"time"

	"github.com/parley-chat/parley/internal/core"
)

// AdminSilent is how long the admins of a room must have been silent before another agent becomes admin as
// well.
const AdminSilent = 24 * time.Hour

// MayLackAdmin reports whether the admins may have been silent for AdminSilent, as far as
// the head shows.
func (h *Head) MayLackAdmin(now time.Time) bool { return (&SeatRequest{}).lacksAdmin(h, now) }

// Succeed returns the event that makes an agent an admin beside the silent admins, or nil. If for AdminSilent
// no admin was heard, or announced to be away, the first heir becomes admin if present, so that somebody
// present can run the room. An endpoint does not count as an admin. A channel gets no heir: its readers only
// listen. Silent admins keep seat and role. Only calls that need an admin call Succeed (see chat), so other
// calls cost nothing, and until then nobody mutes, bans or enlarges.
func (c *SeatRequest) Succeed(h *Head, now time.Time) *Event {
	if h.Type == Channel || !c.lacksAdmin(h, now) {
		return nil
	}
	a, present := c.heir(h, 0, now)
	if !present {
		return nil
	}
	e := managedEvent(Promote, a.Seat, a.Name)
	e.Reason = ReasonTimeout
	return e
}

// Heir returns the seat that becomes admin, in the same event, when the last admin leaves by itself; 0 if
// another admin or nobody stays. The seat is the first heir's or, if nobody could run the room, that of
// State.Successor.
func (c *SeatRequest) Heir(h *Head, seat int, now time.Time) int {
	next := h.Successor(seat)
	if next == 0 {
		return 0
	}
	if a, _ := c.heir(h, seat, now); a.Seat != 0 {
		return a.Seat
	}
	return next
}

// heir returns the first agent in the order of succession, and whether the agent is present; the zero value if
// there is none. The order has the agents in other seats that can run the room at once and are no admins,
// present before absent, and the longest seated first.
func (c *SeatRequest) heir(h *Head, seat int, now time.Time) (first Agent, present bool) {
	for _, a := range h.Agents {
		switch {
		case a.Seat == seat || a.Role == Admin || !a.CanRun():
		case c.isPresent(h, a, now):
			return a, true
		case first.Seat == 0:
			first = a
		}
	}
	return first, false
}

// RelievedAfter is how long after the end of its lease the admin of a room of two may be kicked: calls to other
// processes may be written a minute late.
const RelievedAfter = time.Minute

// RelievedFrom returns when by, the other agent of a room with two seats, may kick its admin a: RelievedAfter
// after the lease of a, counted as a member's. An agent should not have to wait a day for a partner that has
// lost its token. The role then goes to by. may is false if by may never kick, as an agent that may only
// listen. An admin without a call since its join has the time of an agent that called at the join.
func (c *SeatRequest) RelievedFrom(h *Head, by, a Agent) (from time.Time, may bool) {
	if h.Capacity != core.MinCapacity || by.Seat == a.Seat || a.Role != Admin || h.Silenced(by) {
		return time.Time{}, false
	}
	a.Role = Member
	end, _ := c.LeaseEnd(h, a)
	end = Latest(end, time.UnixMilli(a.AtMs).Add(Lease))
	return end.Add(RelievedAfter), true
}

// isPresent reports whether a was heard within PresentFor, waits, or has a waiting program on standby.
func (c *SeatRequest) isPresent(h *Head, a Agent, now time.Time) bool {
	heard, _ := c.LastHeard(h, a)
	return Latest(heard.Add(PresentFor), c.Presence[a.Seat].WaitsUntil()).After(now)
}

// lacksAdmin reports whether no admin was heard for AdminSilent.
func (c *SeatRequest) lacksAdmin(h *Head, now time.Time) bool {
	for _, a := range h.Agents {
		last, _ := c.LastHeard(h, a)
		heard := Latest(last, time.UnixMilli(a.RoleMs), c.Presence[a.Seat].BackAt())
		if a.Role == Admin && heard.Add(AdminSilent).After(now) && !a.IsEndpoint() {
			return false
		}
	}
	return true
}
