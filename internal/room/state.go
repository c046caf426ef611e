package room

import "time"

// How long a room lives.
const (
	Life       = 30 * 24 * time.Hour // after it was last renewed
	RenewAfter = 24 * time.Hour      // an event renews a room whose last renewal is older
)

// State is a room after event AsOf. A published State is never changed; Apply
// returns the next one.
type State struct {
	Settings
	ID         string
	AsOf       int64
	LastChange int64   // the last event that changed the state
	Agents     []Agent // in the order of their joins
	NextSeat   int     // the number of the next seat
	LastFreed  int64   // the last event that freed a seat, other than by replacement
	Retired    bool    // the name leads to another log
	Closed     bool    // an admin closed the room for good
	Bans       []Ban   // names that may not join
	Mutes      []Ban   // names that may not speak
	WantedMs   int64   // when a seat was last wanted in vain
	ExpiresMs  int64
	HeadMs     int64 // the time of event AsOf
}

// Snapshot is the stored form of a State.
type Snapshot struct {
	V         int      `json:"v"`
	AsOf      int64    `json:"as_of"`
	Settings  Settings `json:"room"`
	Agents    []Agent  `json:"agents,omitempty"`
	NextSeat  int      `json:"next_seat"`
	LastFreed int64    `json:"freed,omitempty"`
	Retired   bool     `json:"retired,omitempty"`
	Closed    bool     `json:"closed,omitempty"`
	Bans      []Ban    `json:"bans,omitempty"`
	Mutes     []Ban    `json:"mutes,omitempty"`
	WantedMs  int64    `json:"wanted,omitempty"`
	ExpiresMs int64    `json:"expires"`
	HeadMs    int64    `json:"at"`
}

// Snapshot returns the stored form of s.
func (s *State) Snapshot() Snapshot {
	return Snapshot{
		V: Version, AsOf: s.AsOf, Settings: s.Settings, Agents: s.Agents, NextSeat: s.NextSeat,
		LastFreed: s.LastFreed, Retired: s.Retired, Closed: s.Closed, Bans: s.Bans, Mutes: s.Mutes,
		WantedMs: s.WantedMs, ExpiresMs: s.ExpiresMs, HeadMs: s.HeadMs,
	}
}

// State returns the state that x stores, of the room with this id.
func (x Snapshot) State(id string) State {
	return State{
		Settings: x.Settings, ID: id, AsOf: x.AsOf, LastChange: x.AsOf, Agents: x.Agents, NextSeat: x.NextSeat,
		LastFreed: x.LastFreed, Retired: x.Retired, Closed: x.Closed, Bans: x.Bans, Mutes: x.Mutes,
		WantedMs: x.WantedMs, ExpiresMs: x.ExpiresMs, HeadMs: x.HeadMs,
	}
}

// Expires returns when the room ends unless it is renewed.
func (s *State) Expires() time.Time { return time.UnixMilli(s.ExpiresMs) }

// Expired reports whether the room has ended by now without being closed.
// Nothing can be appended to it, and its name becomes free.
func (s *State) Expired(now time.Time) bool { return s.Retired || !now.Before(s.Expires()) }

// RenewalDue reports whether an event at the time now must renew the room.
func (s *State) RenewalDue(now time.Time) bool {
	return now.Sub(s.Expires().Add(-Life)) > RenewAfter
}

// Apply returns the state after e, which must be the next event. s is unchanged.
func (s *State) Apply(e Event) (*State, error) {
	next := *s
	return &next, apply(&next, e)
}
