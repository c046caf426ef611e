package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// Limits on knocks: how often those outside may disturb a room.
const (
	KnockWindow = 10 * time.Minute // a name knocks once in it, and the room can let it in so long
	MaxKnocks   = 6                // of one room in KnockWindow
)

// Knock is a join that was refused. If another agent had its name, the room may let that go:
// see LetGo.
type Knock struct {
	N    int64  `json:"n"` // its event
	AtMs int64  `json:"at"`
	Key  string `json:"key"`         // of the name
	Seat int    `json:"s,omitempty"` // that has the name; 0 if none has
}

// knock returns the knock of an event.
func (e Event) knock() Knock { return Knock{N: e.N, AtMs: e.AtMs, Key: e.Key, Seat: e.Seat} }

// recentKnocks returns a copy of list without those that are over.
func recentKnocks(list []Knock, now time.Time) []Knock {
	return slices.DeleteFunc(slices.Clone(list), func(k Knock) bool { return k.over(now) })
}

// over reports whether nothing can come of k any more.
func (k Knock) over(now time.Time) bool {
	return now.Sub(time.UnixMilli(k.AtMs)) >= KnockWindow
}

// MayKnock reports whether the room would see that an agent of this name was refused. It sees
// each name once in KnockWindow, and MaxKnocks in all: those outside must not disturb it more
// often. Once another agent has the name, the one that knocks may be its earlier owner, and the
// room sees it again.
func (h *Head) MayKnock(name ident.Name, now time.Time) bool {
	list := recentKnocks(h.Knocks, now)
	_, banned := FindBan(h.Bans, name.Shown)
	owner, _ := h.Named(name.Key)
	return !h.Closed && !h.Expired(now) && !banned && len(list) < MaxKnocks &&
		!slices.ContainsFunc(list, func(k Knock) bool { return k.Key == name.Key && k.Seat == owner.Seat })
}

// LetGo notes that the room let the name of an agent go, for one that knocked. People know each
// other; the server does not.
type LetGo struct {
	AtMs int64 `json:"at,omitempty"` // when it last did; 0: it did not
	// KnockMs is when that one knocked. An agent that calls later has not lost its token, and
	// keeps its seat, however often the room lets its name go for this knock.
	KnockMs int64 `json:"knock,omitempty"`
	// From is the first event that the newcomer may see: nothing that the agent could not see,
	// or the one that let its name go. Else that one could have an accomplice read it.
	From Mark `json:"from,omitzero"`
}

// LetGo returns the event by which agent by lets go the name that event n knocked for, and that
// name. The next join under it gets the name as SeatRequest.Decide says. It may be given early, so the
// helper need not come back, and given again. The helper may be an accomplice that came late, so
// the newcomer sees nothing that the helper did not. The error is a *fault.Error.
func (h *Head) LetGo(n int64, by Agent, now time.Time) (*Event, string, error) {
	i := slices.IndexFunc(h.Knocks, func(k Knock) bool { return k.N == n && k.Seat != 0 && !k.over(now) })
	if i < 0 {
		return nil, "", fault.Refuse(fault.InvalidArgument, "id must be that of a knock by an agent whose name was "+
			"taken, at most ten minutes old. Nothing was changed.")
	}
	old, here := h.Seated(h.Knocks[i].Seat)
	switch {
	case !here || old.Joined > n:
		return nil, "", fault.Refuse(fault.InvalidArgument, "The seat that this agent asked for is free now, or "+
			"another agent has it. Nothing was changed: it can join again by itself or, if it is refused, by the "+
			"id of its new knock.")
	case !h.MayReadmit(by) || by.Seat == old.Seat:
		return nil, "", fault.Refuse(fault.NotAllowed, "Only an admin readmits an agent or, in a room of two, the "+
			"other one, if it may speak. Nothing was changed.")
	}
	knocked := time.UnixMilli(h.Knocks[i].AtMs)
	if u, _ := h.Recent.Said(old.Seat); !u.Heard.Before(knocked) {
		return nil, "", fault.Refuse(fault.NotAllowed, "The agent of this name has spoken since the knock, so "+
			"these are two agents: the one that knocked needs another agent_name. Nothing was changed.")
	}
	given := LetGo{From: old.Since, KnockMs: knocked.UnixMilli()}
	if by.Since.N > old.Since.N {
		given.From = by.Since
	}
	return &Event{Type: Managed, Seat: old.Seat, Name: old.Name, Action: Readmit, LetGo: &given}, old.Name, nil
}

// KnockedFor returns when somebody last knocked for the name of a; zero if nobody did lately. If
// a calls after that, the two are different agents.
func (h *Head) KnockedFor(a Agent) (at time.Time) {
	ms := a.LetGo.KnockMs
	for _, k := range h.Knocks {
		if k.Seat == a.Seat && k.N > a.Joined {
			ms = max(ms, k.AtMs)
		}
	}
	if ms != 0 {
		at = time.UnixMilli(ms)
	}
	return at
}

// MayReadmit reports whether a, which has a seat, can let in an agent that knocked. An admin can.
// In a room of two the other agent can, too, unless it may only listen: it becomes admin itself
// once the admin's seat is given away.
func (h *Head) MayReadmit(a Agent) bool {
	return a.Role == Admin || h.Capacity == MinCapacity && !h.Silenced(a)
}

// MayEnlarge reports whether a room is full and a can make room for one that knocked.
func (h *Head) MayEnlarge(a Agent) bool {
	return a.Role == Admin && len(h.Agents) >= h.Capacity && h.Capacity < MaxCapacity
}

// regained returns the seat of a with a new holder and no other.
func (a Agent) regained(x Holder, now time.Time) Agent {
	a.AtMs, a.RegainedMs, a.LetGo = now.UnixMilli(), now.UnixMilli(), LetGo{}
	if a.IsAlone() {
		a.Person.Devices = nil
	}
	return a.HeldBy(x)
}
