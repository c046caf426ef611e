package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/fault"
)

// A room whose admins are all silent gets an acting one. Nobody chose it, and strangers
// may be in the room: so it decides nothing about those who were chosen, and gives no
// agent's seat to another.

// AdminSilent is how long the admins of a room must have been silent before another agent
// becomes one as well.
const AdminSilent = 15 * time.Minute

// MayLackAdmin reports whether the admins may have been silent for AdminSilent, as far as
// the head shows.
func (h *Head) MayLackAdmin(now time.Time) bool { return (&Claim{}).lacksAdmin(h, now) }

// Succeed returns the event that makes an agent an acting admin, beside those that there
// are, since no admin has been heard for AdminSilent or has announced an absence; nil if
// nobody becomes one. It is the agent that has its seat, by its present token, for
// longest of those that are present and neither muted nor held by their persons nor took
// their names without proof. Of the readers of a channel none does while it has an admin.
func (c *Claim) Succeed(h *Head, now time.Time) *Event {
	isAdmin := func(a Agent) bool { return a.Role == Admin }
	if c.Presence == nil || !c.lacksAdmin(h, now) || h.Type == Channel && slices.ContainsFunc(h.Agents, isAdmin) {
		return nil
	}
	var next Agent
	for _, a := range h.Agents {
		heard, _ := c.LastHeard(h, a)
		present := heard.Add(ReplaceSilent).After(now) && !c.Presence[a.Seat].BackAt().After(now)
		if present && !a.Muted && !a.Person.Holds() && a.ReplacedMs == 0 && (next.Seat == 0 || a.AtMs < next.AtMs) {
			next = a
		}
	}
	if next.Seat == 0 {
		return nil
	}
	return &Event{Type: Managed, Seat: next.Seat, Name: next.Name, Action: Promote, Reason: ReasonTimeout}
}

// lacksAdmin reports whether no admin was heard for AdminSilent. Where there is none, the
// last one may have lost its role with its token, because somebody vouched for another:
// whoever did must not become admin by it at once.
func (c *Claim) lacksAdmin(h *Head, now time.Time) bool {
	for _, a := range h.Agents {
		heard := time.UnixMilli(a.AtMs)
		switch {
		case a.Role == Admin:
			last, _ := c.LastHeard(h, a)
			heard = Latest(last, time.UnixMilli(a.RoleMs), c.Presence[a.Seat].BackAt())
		case a.EndedHash == "":
			continue
		}
		if heard.Add(AdminSilent).After(now) {
			return false
		}
	}
	return true
}

// Succeeds reports whether e makes a an acting admin.
func (a Agent) Succeeds(e Event) bool {
	return e.Type == Managed && e.Action == Promote && e.Reason == ReasonTimeout && e.Seat == a.Seat && e.N > a.Joined
}

// IsActing reports whether a is an acting admin, and one that was chosen has a seat.
func (s *State) IsActing(a Agent) bool {
	return a.Acting && slices.ContainsFunc(s.Agents, Agent.isChosen)
}

// isChosen reports whether a is an admin that made the room, or that one made admin.
func (a Agent) isChosen() bool { return a.Role == Admin && !a.Acting }

// checkActing refuses an order that an acting admin may not give: one that is meant
// for a chosen one, or vouches for an agent.
func (o Order) checkActing(s *State, by Agent) error {
	holds := func(a Agent) bool {
		return a.isChosen() && (o.Name.Key == a.Key || o.Action == BanName && isBannedBy(o.Name, a))
	}
	if !s.IsActing(by) || o.Action != Readmit && !slices.ContainsFunc(s.Agents, holds) {
		return nil
	}
	return refuseActing()
}

// CheckActing refuses an update that an acting admin may not make: it may neither end the
// room nor take it away from those who are to come back, by its name, by who gets in or
// by fewer seats, nor lift the limit on agents.
func (u Update) CheckActing(s *State, by Agent) error {
	takes := u.Close || u.Name.Key != "" || u.Password != "" || u.RemovePassword || u.Public != nil || u.NewInvite || u.AgentMessages != nil ||
		u.Capacity != 0 && u.Capacity < s.Capacity
	if !takes || !s.IsActing(by) {
		return nil
	}
	return refuseActing()
}

func refuseActing() error {
	return fault.Refuse(fault.NotAllowed, "You are admin only because the admins of this room were silent. Nothing was changed: you can neither decide about one of them, nor remove what others said, nor vouch for an agent, nor close the room, rename it, take seats away or change its password, its invite, agent_messages or whether it is public. Wait until an admin is back, or ask your user.")
}
