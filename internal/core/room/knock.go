package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
)

// Knock is a refused join of which the room was told.
type Knock struct {
	AtMs int64  `json:"at"`
	Key  string `json:"key"`         // of the name
	Seat int    `json:"s,omitempty"` // the owner of the name; 0 for none
}

// knock returns the knock of an event.
func (e Event) knock() Knock { return Knock{AtMs: e.AtMs, Key: e.Key, Seat: e.Seat} }

// recentKnocks returns a copy of list without the knocks that are over.
func recentKnocks(list []Knock, now time.Time) []Knock {
	return slices.DeleteFunc(slices.Clone(list), func(k Knock) bool { return k.over(now) })
}

// over reports whether the name may knock again.
func (k Knock) over(now time.Time) bool {
	return now.Sub(time.UnixMilli(k.AtMs)) >= core.KnockWindow
}

// MayKnock reports whether the room is told of a refused join under a name: once for each name in KnockWindow, and
// MaxKnocks times in all, since outsiders must not disturb the room more often. If the name has a new owner since, the
// earlier owner may be knocking, so the room is told again.
func (h *Head) MayKnock(name ident.Name, now time.Time) bool {
	list := recentKnocks(h.Knocks, now)
	_, banned := FindBan(h.Bans, name.Shown)
	owner, _ := h.Named(name.Key)
	return !h.Closed && !h.Expired(now) && !banned && len(list) < core.MaxKnocks &&
		!slices.ContainsFunc(list, func(k Knock) bool { return k.Key == name.Key && k.Seat == owner.Seat })
}

// Knock returns the event that tells the room of a refused join under a name.
func (h *Head) Knock(name ident.Name, why Reason) Event {
	owner, _ := h.Named(name.Key)
	return Event{Type: Knocked, Seat: owner.Seat, Name: name.Shown, Key: name.Key, Reason: why}
}

// MayEnlarge reports whether a room is full and a can add a seat.
func (h *Head) MayEnlarge(a Agent) bool {
	return a.Role == Admin && len(h.Agents) >= h.Capacity && h.Capacity < core.MaxCapacity
}

// regained returns a under token alone, regained at now.
func (a Agent) regained(token HashedToken, now time.Time) Agent {
	a.AtMs = now.UnixMilli()
	if a.IsPersonOnly() {
		a.Person.Devices = nil
	}
	return a.WithToken(token)
}
