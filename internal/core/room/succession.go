package room

import (
	"time"
)

// AdminSilent is how long the admins of a room must have been silent before another agent
// becomes one as well.
const AdminSilent = 24 * time.Hour

// MayLackAdmin reports whether the admins may have been silent for AdminSilent, as far as
// the head shows.
func (h *Head) MayLackAdmin(now time.Time) bool { return (&SeatRequest{}).lacksAdmin(h, now) }

// Succeed returns the event that makes an agent an admin beside those that there are; nil if
// nobody becomes one. It does so if no admin has been heard for AdminSilent or has announced an
// absence, so that somebody present can run the room. The longest seated agent becomes admin that
// is present and neither muted nor held by its person. An endpoint can do nothing by itself, so it
// becomes none, and as an admin it does not count. A channel gets none: its readers only listen.
// Silent admins keep seat and role. Only calls that need an admin ask for one (see chat), so other
// calls cost nothing, and until then nobody mutes, bans or enlarges.
func (c *SeatRequest) Succeed(h *Head, now time.Time) *Event {
	if h.Type == Channel || !c.lacksAdmin(h, now) {
		return nil
	}
	for _, a := range h.Agents {
		heard, _ := c.LastHeard(h, a)
		if a.Role != Admin && heard.Add(PresentFor).After(now) && a.mayRun() {
			return &Event{Type: Managed, Seat: a.Seat, Name: a.Name, Action: Promote, Reason: ReasonTimeout}
		}
	}
	return nil
}

// Heir returns the seat that becomes admin, in the same event, when the last admin leaves by itself; 0 for none. It is
// the longest seated agent that can run the room at once: one that is present, not muted, not held by its person, and
// no endpoint. If an agent could run the room but is not present, there is no heir: Succeed finds one that calls.
// In a channel, or where nobody could run the room, State.Successor names the heir. The page of a person alone asks for
// nothing that only admins may do.
func (c *SeatRequest) Heir(h *Head, seat int, now time.Time) int {
	next := h.Successor(seat)
	if next == 0 {
		return 0 // nobody is left
	}
	able := false
	for _, a := range h.Agents {
		switch {
		case a.Seat == seat || !a.mayRun():
		case c.isPresent(h, a, now):
			return a.Seat
		default:
			able = able || !a.IsAlone()
		}
	}
	if able && h.Type != Channel {
		return 0
	}
	return next
}

// mayRun reports whether a could run a room at once.
func (a Agent) mayRun() bool { return !a.Muted && !a.Person.Holds() && !a.IsEndpoint() }

// isPresent reports whether a was heard a moment ago, waits, or has a program on standby that does.
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
