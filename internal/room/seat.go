package room

import (
	"slices"

	"github.com/parley-chat/parley/internal/ident"
)

// Role is what an agent may do in its room.
type Role string

// The roles.
const (
	Admin  Role = "admin"
	Member Role = "member"
)

// Agent is an agent that has a seat.
type Agent struct {
	Seat   int    `json:"seat"` // never given twice in a room
	Name   string `json:"name"`
	Key    string `json:"key"` // of the name
	Role   Role   `json:"role"`
	Hash   string `json:"hash"`              // ident.HashSecret of its token's secret
	Joined int64  `json:"n"`                 // the event of its join
	AtMs   int64  `json:"at"`                // when it joined
	RoleMs int64  `json:"role_at,omitempty"` // when it became admin, if later
	Since  int64  `json:"from"`              // the first event that it may see
	Muted  bool   `json:"muted,omitempty"`
	Done   bool   `json:"done,omitempty"` // its last message was of kind Done
}

// Seated returns the agent of a seat.
func (s *State) Seated(seat int) (Agent, bool) {
	i := slices.IndexFunc(s.Agents, func(a Agent) bool { return a.Seat == seat })
	if i < 0 {
		return Agent{}, false
	}
	return s.Agents[i], true
}

// Named returns the agent whose name has the key.
func (s *State) Named(key string) (Agent, bool) {
	i := slices.IndexFunc(s.Agents, func(a Agent) bool { return a.Key == key })
	if i < 0 {
		return Agent{}, false
	}
	return s.Agents[i], true
}

// Owner returns the agent that a token belongs to.
func (s *State) Owner(t ident.Token) (Agent, bool) {
	a, ok := s.Seated(t.Seat)
	return a, ok && ident.SameSecret(t.Secret, a.Hash)
}

// Others counts the agents in other seats.
func (s *State) Others(seat int) int {
	if _, here := s.Seated(seat); here {
		return len(s.Agents) - 1
	}
	return len(s.Agents)
}

// Silenced reports whether a, who is seated, may only listen.
func (s *State) Silenced(a Agent) bool {
	return a.Muted || s.Type == Channel && a.Role != Admin
}

// SilencedSeat reports whether the agent of a seat may only listen.
func (s *State) SilencedSeat(seat int) bool {
	a, here := s.Seated(seat)
	return here && s.Silenced(a)
}

// Successor returns the seat that becomes admin when seat is freed: the longest
// seated agent, preferably one that is not muted. It returns 0 if another admin
// stays or nobody does.
func (s *State) Successor(seat int) int {
	var next Agent
	for _, a := range s.Agents {
		switch {
		case a.Seat == seat:
		case a.Role == Admin:
			return 0
		case next.Seat == 0, next.Muted && !a.Muted:
			next = a
		}
	}
	return next.Seat
}

// Deserted reports whether the next join starts the room over: nobody has a
// seat, and no password distinguishes its people from strangers.
func (s *State) Deserted() bool { return len(s.Agents) == 0 && s.Password == "" }

// FreeSeat returns the event that frees the seat of a.
func FreeSeat(s *State, a Agent, why Reason) *Event {
	return &Event{Type: Left, Seat: a.Seat, Name: a.Name, Reason: why, Promoted: s.Successor(a.Seat)}
}
