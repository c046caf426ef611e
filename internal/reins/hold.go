package reins

import (
	"time"

	"github.com/parley-chat/parley/internal/room"
)

// Hold is what keeps an agent from speaking, or from leaving, beside its role in the room.
type Hold struct {
	Paused    bool // the person behind it lets it say nothing
	Bound     bool // that person has paused it or approves what it says, so it may not leave
	Spent     bool // agents have sent as much as they may until a person speaks
	Undecided bool // the person has yet to decide about something that it wants to say
}

// HoldOf returns what keeps a from speaking in the room of s.
func HoldOf(s *room.State, a room.Agent, now time.Time) Hold {
	return Hold{Paused: a.Person.Paused, Bound: a.Person.Holds(), Spent: runIsOver(s), Undecided: len(a.Person.Open(now)) > 0}
}
