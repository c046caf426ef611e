package room

import (
	"fmt"
	"slices"
	"time"
)

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
	return &next, next.apply(e)
}

// apply changes s, a copy whose slices are shared with published states.
func (s *State) apply(e Event) error {
	if e.N != s.AsOf+1 {
		return fmt.Errorf("room: event %d does not follow %d", e.N, s.AsOf)
	}
	s.AsOf, s.HeadMs = e.N, e.AtMs
	if e.ChangesState() {
		s.LastChange = e.N
	}
	if e.ExpiresMs != 0 {
		s.ExpiresMs = e.ExpiresMs
	}
	switch e.Type {
	case Said:
		s.hear(e)
	case Joined:
		return s.join(e)
	case Left:
		s.free(e)
	case Managed:
		s.manage(e)
	case Changed:
		if e.Settings != nil {
			s.Settings = *e.Settings
		}
		s.Closed = s.Closed || e.ClosesRoom()
	case Paired:
	case SeatWanted:
		s.WantedMs = e.AtMs
	case Retired:
		s.Retired = true
	default:
		return fmt.Errorf("%w: event %d is of type %q", ErrNewerVersion, e.N, e.Type)
	}
	return nil
}

// hear records whether the speaker is done. A private message of kind Done does
// not make its sender done for those who cannot see it.
func (s *State) hear(e Event) {
	if e.Kind != Done && !e.Resumes {
		return
	}
	hidden := slices.ContainsFunc(s.Agents, func(a Agent) bool { return !a.CanSee(e.Seat, e.To) })
	s.change(e.Seat, func(a *Agent) { a.Done = e.Kind == Done && (a.Done || !hidden) })
}

// join seats the agent of e.
func (s *State) join(e Event) error {
	if e.Agent == nil {
		return fmt.Errorf("room: event %d is a join without an agent", e.N)
	}
	if e.Settings != nil {
		s.Settings = *e.Settings
	}
	s.Agents = append(slices.Clip(slices.Clone(s.Agents)), *e.Agent)
	s.NextSeat = e.Agent.Seat + 1
	return nil
}

// free removes the agent of e.
func (s *State) free(e Event) {
	s.Agents = slices.DeleteFunc(slices.Clone(s.Agents), func(a Agent) bool { return a.Seat == e.Seat })
	if e.Promoted != 0 {
		s.promote(e.Promoted, e.AtMs)
	}
	if e.Reason != ReasonReplaced {
		s.LastFreed = e.N
	}
	s.Bans = withBan(s.Bans, e.Ban)
}

// manage does what an admin decided about an agent or a name.
func (s *State) manage(e Event) {
	switch e.Action {
	case Promote:
		s.promote(e.Seat, e.AtMs)
		s.Mutes = withoutBan(s.Mutes, e.Ban)
	case Demote:
		s.change(e.Seat, func(a *Agent) { a.Role = Member })
	case Mute:
		s.change(e.Seat, func(a *Agent) { a.Muted = true })
		s.Mutes = withBan(s.Mutes, e.Ban)
	case Unmute:
		s.change(e.Seat, func(a *Agent) { a.Muted = false })
		s.Mutes = withoutBan(s.Mutes, e.Ban)
	case BanName:
		s.Bans = withBan(s.Bans, e.Ban)
	case Unban:
		s.Bans = withoutBan(s.Bans, e.Ban)
	}
}

// promote makes the agent of a seat an admin. Admins are never muted.
func (s *State) promote(seat int, atMs int64) {
	s.change(seat, func(a *Agent) { a.Role, a.RoleMs, a.Muted = Admin, atMs, false })
}

// change replaces the agent of a seat by a changed copy.
func (s *State) change(seat int, how func(*Agent)) {
	s.Agents = slices.Clone(s.Agents)
	for i := range s.Agents {
		if s.Agents[i].Seat == seat {
			how(&s.Agents[i])
		}
	}
}
