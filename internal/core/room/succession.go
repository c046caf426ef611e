package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core"
)

// How long no admin of a room was heard before another agent becomes admin as well. A call to another process may be
// stored a minute late.
const (
	AdminSilent     = 24 * time.Hour
	AdminSilentPair = Lease + time.Minute // in a room with two seats
)

// MayLackAdmin reports whether the admins may have been silent for AdminSilent, as far as
// the head shows.
func (h *Head) MayLackAdmin(now time.Time) bool {
	_, silent := Liveness{}.adminsSilent(h, now)
	return silent
}

// Succeed returns the event that makes the caller, the agent of a seat, an admin beside the silent admins, or nil. The
// caller must be the first heir, present, and one that may speak. So no reader of a channel becomes admin because its
// admins are silent. If no admin has a seat, the first heir becomes admin in any case.
//
// talk: admins
func (l Liveness) Succeed(head *Head, seat int, now time.Time) *Event {
	seated, silent := l.adminsSilent(head, now)
	heir, ready := l.heir(head, 0, now)
	if !silent || heir.Seat != seat || seated && !ready {
		return nil
	}
	event := managedEvent(Promote, heir.Seat, heir.Name)
	event.Reason = ReasonTimeout
	return event
}

// Heir returns the seat that becomes admin in the event that frees seat, that of the last admin; 0 if another admin or
// nobody stays. Who leaves and is no admin has no heir: the end of an endpoint reads nobody's presence.
func (l Liveness) Heir(head *Head, seat int, now time.Time) int {
	if a, _ := head.Seated(seat); a.Role != Admin || head.hasAdminBeside(seat) {
		return 0
	}
	heir, _ := l.heir(head, seat, now)
	return heir.Seat
}

// heir returns the agent with the oldest seat beside seat that is no admin: of those that are present and may speak,
// else of those that may speak, else of all; the zero value if there is none. An endpoint is never an heir. ready says
// that the heir is present and may speak.
func (l Liveness) heir(head *Head, seat int, now time.Time) (first Agent, ready bool) {
	for _, agent := range head.Agents {
		speaks := !head.Silenced(agent)
		switch {
		case agent.Seat == seat || agent.Role == Admin || agent.IsEndpoint():
		case speaks && l.isPresent(head, agent, now):
			return agent, true
		case first.Seat == 0, speaks && head.Silenced(first):
			first = agent
		}
	}
	return first, false
}

// hasAdminBeside reports whether an admin has a seat other than seat.
func (s *State) hasAdminBeside(seat int) bool {
	return slices.ContainsFunc(s.Agents, func(a Agent) bool {
		return a.Seat != seat && a.Role == Admin && !a.IsEndpoint()
	})
}

// adminsSilent reports whether an admin has a seat, and whether none was heard for AdminSilent (AdminSilentPair). An
// announced return counts as heard. AdminSilentPair begins only once no program and no hook wakes the admin: else a
// guest of two bans the admin whose turn has just ended.
func (l Liveness) adminsSilent(head *Head, now time.Time) (seated, silent bool) {
	for _, agent := range head.Agents {
		if agent.Role != Admin || agent.IsEndpoint() {
			continue
		}
		seated = true
		last, _ := l.LastHeard(head, agent)
		p := l.Presence[agent.Seat]
		heard := Latest(last, time.UnixMilli(agent.RoleMs), p.BackAt())
		until := heard.Add(AdminSilent)
		if head.Capacity == core.MinCapacity {
			until = Earliest(until, Latest(heard, p.SilentFrom(), agent.HookedUntil(p)).Add(AdminSilentPair))
		}
		if until.After(now) {
			return true, false
		}
	}
	return seated, true
}
