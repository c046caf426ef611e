package client

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/cli"
)

// Seat is a seat in a room. The agent of the seat is whoever holds the token.
type Seat struct {
	Server string `json:"server"` // the address of the server, without /mcp
	Room   string `json:"room"`
	Name   string `json:"name"` // of the agent
	// Chosen is the name that the agent itself gave when it took the seat; "" if only the server has said the name.
	Chosen string `json:"chosen,omitempty"`
	Token  string `json:"token"`
	// Person says that the token belongs to the person behind the agent.
	Person bool `json:"person,omitempty"`
	// Claim is the claim of the link with which the person is getting the token; "" once the server has accepted the
	// token.
	Claim string `json:"claim,omitempty"`
	// Cursor is how far the seat's owner has read; "" if unknown here.
	Cursor string `json:"cursor,omitempty"`
	// Keyed says that the server admits the token alone: the seat is a guest's, or the person's key was shown beside
	// the token.
	Keyed bool `json:"keyed,omitempty"`
	// Guest says that an invite gave the seat, and gives it to nobody a second time.
	Guest bool `json:"guest,omitempty"`
	// Agent says that an agent runs the commands of the shell for the seat.
	Agent bool `json:"agent,omitempty"`
	// Wake says how the agent is woken; nil for a seat of the person's own shell.
	Wake *Wake `json:"wake,omitempty"`
	// Admin says that the agent was an admin of the room when the agent took the seat.
	Admin bool `json:"admin,omitempty"`
	// Ended is when the agent's session ended; zero while the session runs.
	Ended time.Time `json:"ended,omitzero"`
	// UnknownAt is since when the server does not know the seat: see MarkUnknown. Zero: as far as is known, it does.
	UnknownAt time.Time `json:"gone,omitzero"`
	// Bridged says that a bridge has recorded the seat, only to tell which server gave the token.
	Bridged bool `json:"bridged,omitempty"`
}

// HasSession reports whether an agent has the seat and the agent's session runs, as far as is known.
func (s Seat) HasSession() bool { return s.Wake != nil && s.Ended.IsZero() }

// How long a room keeps a seat after its agent was last heard (internal/core/room/lease.go).
const (
	lease      = 15 * time.Minute
	adminLease = 24 * time.Hour
)

// LeaseOver reports whether the seat's session ended so long ago that the room may have given the seat away.
func (s Seat) LeaseOver(now time.Time) bool {
	kept := lease
	if s.Admin {
		kept = adminLease
	}
	return !s.Ended.IsZero() && now.Sub(s.Ended) >= kept
}

// Wake says how to reach the session of an idle agent. The client decides which fields are set.
type Wake struct {
	Client  string `json:"client"`            // claude-code or codex
	Session string `json:"session,omitempty"` // the client's own id of the session
	PID     int    `json:"pid,omitempty"`     // of the client, whose process ends with the session
	Dir     string `json:"dir,omitempty"`     // the working folder of the session
	Mode    string `json:"mode,omitempty"`    // the permission mode of the session
	// Socket takes messages for the session, with SocketToken.
	Socket      string `json:"socket,omitempty"`
	SocketToken string `json:"socket_token,omitempty"`
	// Program is the client's program, and Env has the variables for running it.
	Program string   `json:"program,omitempty"`
	Env     []string `json:"env,omitempty"`
}

// TokenStore is the file of the seats, also the watched seats of agents, with their tokens. The file keeps the seats
// between runs of the program. A TokenStore is safe for use by several goroutines and processes.
type TokenStore struct{ path string }

// OpenTokens returns the file of the seats of this person and of the woken agents. The first Update creates the file.
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

// Update replaces the seats by the result of change, while no other process changes the seats. If change fails or
// changes nothing, the file stays as it is.
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

// Put adds s. s replaces an earlier entry with the same token, and an entry of the same agent and owner in the same
// room. A room of the same name with another id is of another file of the server, which may be back at any time. A name
// that the agent gave itself stays: the agent may come back by its token. So do Keyed and Guest.
func (f *TokenStore) Put(s Seat) error {
	return f.Update(func(all []Seat) ([]Seat, error) {
		if i := slices.IndexFunc(all, func(old Seat) bool { return old.Token == s.Token }); i >= 0 {
			s.Chosen, s.Keyed = cmp.Or(s.Chosen, all[i].Chosen), s.Keyed || all[i].Keyed
			s.Guest = s.Guest || all[i].Guest
		}
		return append(slices.DeleteFunc(all, func(old Seat) bool {
			return old.Token == s.Token || old.same(s) && !old.isElsewhere(s)
		}), s), nil
	})
}

// PutBridged records which server gave the token of a seat to an agent behind a bridge. Other entries with the same
// token stay.
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

// ServerOf returns the address of the server from which an agent got a token through a bridge; "" if unknown.
func (f *TokenStore) ServerOf(token string) (string, error) {
	all, err := f.All()
	i := slices.IndexFunc(all, func(s Seat) bool { return s.Bridged && s.Token == token })
	if i < 0 {
		return "", err
	}
	return all[i].Server, nil
}

// same reports whether both seats have the same server, room, name and owner.
func (s Seat) same(other Seat) bool {
	return s.Server == other.Server && strings.EqualFold(s.Room, other.Room) && strings.EqualFold(s.Name, other.Name) &&
		s.owner() == other.owner()
}

// isElsewhere reports whether the tokens of two seats are of rooms with different ids.
func (s Seat) isElsewhere(other Seat) bool {
	a, errA := ident.ParseToken(s.Token)
	b, errB := ident.ParseToken(other.Token)
	return errA == nil && errB == nil && a.Room != b.Room
}

// OfShell reports whether the commands of the person use the seat.
func (s Seat) OfShell() bool { return s.Wake == nil && s.Claim == "" && !s.Bridged }

// owner says who uses the seat: a session, the person behind the agent, an agent behind a bridge or, if "", the shell.
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

// change calls do for each seat with a token.
func (f *TokenStore) change(token string, do func(*Seat)) error {
	return f.Update(func(all []Seat) ([]Seat, error) {
		for i := range all {
			if all[i].Token == token {
				do(&all[i])
			}
		}
		return all, nil
	})
}

// Read notes how far the owner of a token has read.
func (f *TokenStore) Read(token, cursor string) error {
	return f.change(token, func(s *Seat) { s.Cursor = cursor })
}

// PutKeyed records that the key was shown beside a token.
func (f *TokenStore) PutKeyed(token string) error {
	return f.change(token, func(s *Seat) { s.Keyed = true })
}

// Rename gives a seat the present name of the room, by which commands find the seat; "" changes nothing. The seat s
// gets the name even if the file cannot be written.
func (f *TokenStore) Rename(s *Seat, room string) error {
	if room == "" || room == s.Room {
		return nil
	}
	s.Room = room
	return f.change(s.Token, func(s *Seat) { s.Room = room })
}

// A seat that its server does not know is kept for KeptUnknown. At most mostUnknown such seats are kept: the oldest
// goes.
const (
	KeptUnknown = 30 * 24 * time.Hour
	mostUnknown = 200
)

// MarkUnknown records that a server does not know the token of a seat. No seat is forgotten for that: the server may
// have been started with another file than the one that has the seat, which is there again as soon as its server is.
// A server that says that the seat was removed has had the room, and is believed.
func (f *TokenStore) MarkUnknown(token string, now time.Time) error {
	return f.Update(func(all []Seat) ([]Seat, error) {
		all = slices.DeleteFunc(all, func(s Seat) bool {
			return !s.UnknownAt.IsZero() && now.Sub(s.UnknownAt) >= KeptUnknown
		})
		for i, s := range all {
			if s.Token == token && !s.Bridged && s.UnknownAt.IsZero() {
				all[i].UnknownAt = now
			}
		}
		marked := slices.DeleteFunc(slices.Clone(all), func(s Seat) bool { return s.UnknownAt.IsZero() })
		if len(marked) <= mostUnknown {
			return all, nil
		}
		oldest := slices.MinFunc(marked, func(a, b Seat) int { return a.UnknownAt.Compare(b.UnknownAt) })
		return slices.DeleteFunc(all, func(s Seat) bool {
			return s.Token == oldest.Token && !s.UnknownAt.IsZero()
		}), nil
	})
}

// MarkKnown records that a server knows the token of a seat.
func (f *TokenStore) MarkKnown(token string) error {
	return f.change(token, func(s *Seat) { s.UnknownAt = time.Time{} })
}

// Remove forgets the seat of a token.
func (f *TokenStore) Remove(token string) error {
	return f.Update(func(all []Seat) ([]Seat, error) {
		return slices.DeleteFunc(all, func(s Seat) bool { return s.Token == token }), nil
	})
}

// RemoveAt forgets all seats at a server. Without such a seat RemoveAt makes no file and no folder.
func (f *TokenStore) RemoveAt(server string) error {
	isThere := func(s Seat) bool { return s.Server == server }
	all, err := f.All()
	if err != nil || !slices.ContainsFunc(all, isThere) {
		return err
	}
	return f.Update(func(all []Seat) ([]Seat, error) { return slices.DeleteFunc(all, isThere), nil })
}
