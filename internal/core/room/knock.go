package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
)

// Limits on knocks: how often those outside may disturb a room.
const (
	KnockWindow = 10 * time.Minute // a name knocks once in it
	MaxKnocks   = 6                // of one room in KnockWindow
)

// Knock is a join that was refused, of which the room was told.
type Knock struct {
	AtMs int64  `json:"at"`
	Key  string `json:"key"`         // of the name
	Seat int    `json:"s,omitempty"` // that has the name; 0 if none has
}

// knock returns the knock of an event.
func (e Event) knock() Knock { return Knock{AtMs: e.AtMs, Key: e.Key, Seat: e.Seat} }

// recentKnocks returns a copy of list without those that are over.
func recentKnocks(list []Knock, now time.Time) []Knock {
	return slices.DeleteFunc(slices.Clone(list), func(k Knock) bool { return k.over(now) })
}

// over reports whether the name may knock again.
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

// Knock returns the event which tells the room that a join under a name was refused.
func (h *Head) Knock(name ident.Name, why Reason) Event {
	owner, _ := h.Named(name.Key)
	return Event{Type: Knocked, Seat: owner.Seat, Name: name.Shown, Key: name.Key, Reason: why}
}

// MayKick reports whether a, which has a seat, can kick an agent for one that knocks: an admin can, and in a room of
// two the other agent, unless it may only listen, once the admin is silent: see SeatRequest.RelievedFrom.
func (h *Head) MayKick(a Agent) bool {
	return a.Role == Admin || h.Capacity == MinCapacity && !h.Silenced(a)
}

// MayEnlarge reports whether a room is full and a can make room for one that knocked.
func (h *Head) MayEnlarge(a Agent) bool {
	return a.Role == Admin && len(h.Agents) >= h.Capacity && h.Capacity < MaxCapacity
}

// regained returns the seat of a with a new holder and no other.
func (a Agent) regained(x Holder, now time.Time) Agent {
	a.AtMs, a.RegainedMs = now.UnixMilli(), now.UnixMilli()
	if a.IsAlone() {
		a.Person.Devices = nil
	}
	return a.HeldBy(x)
}
