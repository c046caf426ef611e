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
func (h *Head) MayLackAdmin(now time.Time) bool { return Liveness{}.lacksAdmin(h, now) }

// Succeed returns the event that makes an agent an admin beside the silent admins, or nil. If no admin was heard for
// AdminSilent, and none has announced to be away, the first heir becomes admin if present, so that somebody present
// can run the room. An endpoint does not count as an admin. A channel gets no heir: its readers only listen. Silent
// admins keep seat and role. Only calls that need an admin call Succeed (see chat), so other calls cost nothing, and
// until then nobody mutes, bans or enlarges.
func (l Liveness) Succeed(head *Head, now time.Time) *Event {
	if head.Type == Channel || !l.lacksAdmin(head, now) {
		return nil
	}
	agent, present := l.heir(head, 0, now)
	if !present {
		return nil
	}
	event := managedEvent(Promote, agent.Seat, agent.Name)
	event.Reason = ReasonTimeout
	return event
}

// Heir returns the seat that becomes admin, in the same event, when the last admin leaves by itself; 0 if
// another admin or nobody stays. The seat is the first heir's or, if nobody could run the room, that of
// State.Successor. Successor does not ask who is present: where no presence is read, as in a kick, Successor decides.
func (l Liveness) Heir(head *Head, seat int, now time.Time) int {
	next := head.Successor(seat)
	if next == 0 {
		return 0
	}
	if agent, _ := l.heir(head, seat, now); agent.Seat != 0 {
		return agent.Seat
	}
	return next
}

// heir returns the first agent in the order of succession, and whether the agent is present; the zero value if
// there is none. The order has the agents in other seats that can run the room at once and are no admins,
// present before absent, and the longest seated first.
func (l Liveness) heir(head *Head, seat int, now time.Time) (first Agent, present bool) {
	for _, agent := range head.Agents {
		switch {
		case agent.Seat == seat || agent.Role == Admin || !agent.CanRun():
		case l.isPresent(head, agent, now):
			return agent, true
		case first.Seat == 0:
			first = agent
		}
	}
	return first, false
}

// RelievedAfter is how long after the end of its lease the admin of a room of two may be kicked: calls to other
// processes may be written a minute late.
const RelievedAfter = time.Minute

// RelievedFrom returns when by may kick agent, the admin of a room with two seats: RelievedAfter after the lease of
// agent, counted as a member's. An agent should not have to wait a day for a partner that has lost its token. After
// the kick, by becomes admin. may is false if by cannot kick at all, for example because by may only listen. An admin
// without a call since its join has the time of an agent that called at the join.
func (l Liveness) RelievedFrom(head *Head, by, agent Agent) (from time.Time, may bool) {
	if head.Capacity != core.MinCapacity || by.Seat == agent.Seat || agent.Role != Admin || head.Silenced(by) {
		return time.Time{}, false
	}
	agent.Role = Member
	end, _ := l.LeaseEnd(head, agent)
	end = Latest(end, time.UnixMilli(agent.AtMs).Add(Lease))
	return end.Add(RelievedAfter), true
}

// lacksAdmin reports whether no admin was heard for AdminSilent.
func (l Liveness) lacksAdmin(head *Head, now time.Time) bool {
	for _, agent := range head.Agents {
		last, _ := l.LastHeard(head, agent)
		heard := Latest(last, time.UnixMilli(agent.RoleMs), l.Presence[agent.Seat].BackAt())
		if agent.Role == Admin && heard.Add(AdminSilent).After(now) && !agent.IsEndpoint() {
			return false
		}
	}
	return true
}
