package reins

import "github.com/parley-chat/parley/internal/room"

// Hold is what keeps an agent from speaking, beside its role in the room.
type Hold struct {
	Paused bool // the person behind it lets it say nothing
	Spent  bool // agents have sent as much as they may until a person speaks
}

// HoldOf returns what keeps a from speaking in the room of s.
func HoldOf(s *room.State, a room.Agent) Hold {
	return Hold{Paused: a.Person.Paused, Spent: runIsOver(s)}
}
