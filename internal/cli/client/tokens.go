package client

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/cli"
)

// Seat is a seat in a room. The holder of its token is its agent.
type Seat struct {
	Server string `json:"server"` // the address of the server, without /mcp
	Room   string `json:"room"`
	Name   string `json:"name"` // of the agent
	// Chosen is the name if the agent itself gave it when it took the seat; "" if the server
	// alone has said it.
	Chosen string `json:"chosen,omitempty"`
	Token  string `json:"token"`
	// Person says that the token is that of the person behind the agent.
	Person bool `json:"person,omitempty"`
	// Claim is that of the link with which the person is getting the token; "" once the
	// server has taken it.
	Claim string `json:"claim,omitempty"`
	// Cursor is how far its owner has read; "" if that is not known here.
	Cursor string `json:"cursor,omitempty"`
	// Wake says how the agent is woken; nil for a seat of the person's own shell.
	Wake *Wake `json:"wake,omitempty"`
	// Admin says that the agent was an admin of the room when it took the seat.
	Admin bool `json:"admin,omitempty"`
	// Ended is when the agent's session ended; zero while it runs.
	Ended time.Time `json:"ended,omitzero"`
	// Bridged says that a bridge has noted the seat, only to tell which server gave the token.
	Bridged bool `json:"bridged,omitempty"`
}

// HasSession reports whether the seat is that of an agent whose session runs, as far as is known.
func (s Seat) HasSession() bool { return s.Wake != nil && s.Ended.IsZero() }

// How long a room keeps a seat after its agent was last heard (internal/core/room/lease.go).
const (
	lease      = 15 * time.Minute
	adminLease = 24 * time.Hour
)

// LeaseOver reports whether the seat's session has ended so long ago that the room may have
// given the seat away.
func (s Seat) LeaseOver(now time.Time) bool {
	kept := lease
	if s.Admin {
		kept = adminLease
	}
	return !s.Ended.IsZero() && now.Sub(s.Ended) >= kept
}

// Wake says how to reach the session of an agent that has gone idle. Which fields are set
// depends on the client.
type Wake struct {
	Client  string `json:"client"`            // claude-code or codex
	Session string `json:"session,omitempty"` // the client's own id of the session
	PID     int    `json:"pid,omitempty"`     // of the client, which ends with the session
	Dir     string `json:"dir,omitempty"`     // in which the session works
	Mode    string `json:"mode,omitempty"`    // the permission mode of the session
	// Socket is where the session takes messages, and SocketToken what it asks for.
	Socket      string `json:"socket,omitempty"`
	SocketToken string `json:"socket_token,omitempty"`
	// Program is the client's program, and Env the variables with which it is run.
	Program string   `json:"program,omitempty"`
	Env     []string `json:"env,omitempty"`
}

// TokenStore is the file of the seats, and of those of agents that the person watches, with
// their tokens. It remembers them between runs of the program. It may be used at the same time by several goroutines
// and processes.
type TokenStore struct{ path string }

// OpenTokens returns the file of this person's seats, and of those of agents that are woken. It
// is created by the first Update.
func OpenTokens() (*TokenStore, error) {
	path, err := StatePath("seats.json")
	return &TokenStore{path}, err
}

// Path returns where the file is.
func (f *TokenStore) Path() string { return f.path }

// All returns the seats, the oldest first.
func (f *TokenStore) All() ([]Seat, error) {
	data, err := ReadFile(f.path)
	if err != nil || len(data) == 0 {
		return nil, err
	}
	var content struct {
		Seats []Seat `json:"seats"`
	}
	if err := json.Unmarshal(data, &content); err != nil {
		return nil, fmt.Errorf("%s is damaged: repair it, or remove it and join the rooms again", f.path)
	}
	return content.Seats, nil
}

// Update replaces the seats by what change returns for them, while no other process
// changes them. The file stays as it is if change fails, or changes nothing.
func (f *TokenStore) Update(change func([]Seat) ([]Seat, error)) error {
	return WithLock(f.path, func() error {
		all, err := f.All()
		if err != nil {
			return err
		}
		before, err := encode(all)
		if err != nil {
			return err
		}
		all, err = change(all)
		if err != nil {
			return err
		}
		after, err := encode(all)
		if err != nil || string(after) == string(before) {
			return err
		}
		return WriteFile(f.path, after, 0o600)
	})
}

func encode(all []Seat) ([]byte, error) {
	data, err := json.MarshalIndent(map[string]any{"seats": all}, "", "  ")
	return append(data, '\n'), err
}

// Put adds s, in place of an earlier entry with the same token, or of one for the same
// agent of the same owner. A name that the agent gave itself stays: it may come back by its token.
func (f *TokenStore) Put(s Seat) error {
	return f.Update(func(all []Seat) ([]Seat, error) {
		if i := slices.IndexFunc(all, func(old Seat) bool { return old.Token == s.Token }); i >= 0 {
			s.Chosen = cmp.Or(s.Chosen, all[i].Chosen)
		}
		return append(slices.DeleteFunc(all, func(old Seat) bool { return old.Token == s.Token || old.same(s) }), s),
			nil
	})
}

// PutBridged notes which server gave the token of a seat to an agent behind a bridge. Other entries
// with the same token stay as they are.
func (f *TokenStore) PutBridged(s Seat) error {
	s.Bridged = true
	return f.Update(func(all []Seat) ([]Seat, error) {
		kept := 0
		slices.Reverse(all) // the newest first
		all = slices.DeleteFunc(all, func(old Seat) bool {
			switch {
			case !old.Bridged:
				return false
			case old.Token == s.Token, old.same(s):
				return true
			}
			kept++
			return kept >= cli.MaxBridged
		})
		slices.Reverse(all)
		return append(all, s), nil
	})
}

// ServerOf returns the address of the server from which an agent got a token through a bridge; ""
// if that is not noted.
func (f *TokenStore) ServerOf(token string) (string, error) {
	all, err := f.All()
	i := slices.IndexFunc(all, func(s Seat) bool { return s.Bridged && s.Token == token })
	if i < 0 {
		return "", err
	}
	return all[i].Server, nil
}

// same reports whether both are an agent of that name in that room, of one owner.
func (s Seat) same(other Seat) bool {
	return s.Server == other.Server && strings.EqualFold(s.Room, other.Room) && strings.EqualFold(s.Name, other.Name) &&
		s.owner() == other.owner()
}

// OfShell reports whether the commands of the person use the seat.
func (s Seat) OfShell() bool { return s.Wake == nil && s.Claim == "" && !s.Bridged }

// owner is who uses the seat: a session, the person behind the agent, an agent behind a bridge or,
// if "", the shell.
func (s Seat) owner() string {
	switch {
	case s.Bridged:
		return "bridge"
	case s.Person:
		return "person " + s.Claim
	case s.Wake == nil:
		return ""
	}
	return s.Wake.Client + " " + s.Wake.Session
}

// Read notes how far the owner of a token has read.
func (f *TokenStore) Read(token, cursor string) error {
	return f.Update(func(all []Seat) ([]Seat, error) {
		for i := range all {
			if all[i].Token == token {
				all[i].Cursor = cursor
			}
		}
		return all, nil
	})
}

// Rename gives a seat the name that its room has now, by which the commands find it; "" is none.
// The seat s has it even if the file cannot be written.
func (f *TokenStore) Rename(s *Seat, room string) error {
	if room == "" || room == s.Room {
		return nil
	}
	s.Room = room
	return f.Update(func(all []Seat) ([]Seat, error) {
		for i := range all {
			if all[i].Token == s.Token {
				all[i].Room = room
			}
		}
		return all, nil
	})
}

// Remove forgets the seat of a token.
func (f *TokenStore) Remove(token string) error {
	return f.Update(func(all []Seat) ([]Seat, error) {
		return slices.DeleteFunc(all, func(s Seat) bool { return s.Token == token }), nil
	})
}
