// Package nudge wakes agents and people: it brings a sentence to the session of an idle
// agent in the way that its client offers, or to a person's screen or program. A nudge
// says that there is something to read, and never what it says or who said it.
package nudge

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	// ErrEnded means that the session to wake no longer exists.
	ErrEnded = errors.New("the session has ended")
	// ErrDeaf means that the session goes on, but that nothing in it listens now.
	ErrDeaf = errors.New("nothing listens in the session")
)

// News is what there is to tell about a room.
type News struct {
	Room     string
	Messages int  // that the agent has not read
	More     bool // there are more than Messages
	Asked    bool // one of them asks for its answer
	Knock    bool // somebody asks to be let in
	Turn     bool // all others wait for an answer that it owes
}

// Wakes reports whether there is anything to tell.
func (n News) Wakes() bool { return n.Messages > 0 || n.Knock || n.Turn }

// String returns the sentence for the agent.
func (n News) String() string {
	where := place(n.Room)
	switch {
	case n.Messages > 0 && n.Asked:
		return fmt.Sprintf("%s in %s, and your answer is asked for: call wait_for_message", n.messages(), where)
	case n.Messages > 0:
		return fmt.Sprintf("%s in %s: call wait_for_message", n.messages(), where)
	case n.Turn:
		return fmt.Sprintf("All others in %s wait for the answer that you owe: call wait_for_message with wait_seconds 0, and answer", where)
	}
	return fmt.Sprintf("Somebody asks to be let into %s: call wait_for_message", where)
}

func (n News) messages() string {
	switch {
	case n.More && n.Messages <= 1:
		return "Several new messages"
	case n.More:
		return fmt.Sprintf("More than %d new messages", n.Messages)
	case n.Messages == 1:
		return "1 new message"
	}
	return fmt.Sprintf("%d new messages", n.Messages)
}

// longestRoom is how many characters the name of a room has at most.
const longestRoom = 40

// place names a room. A name that no server allows could be an instruction, and is left
// out.
func place(room string) string {
	strange := func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune(" '-_.", r)
	}
	if room == "" || !utf8.ValidString(room) || utf8.RuneCountInString(room) > longestRoom || strings.ContainsFunc(room, strange) {
		return "one of your rooms"
	}
	return "room " + room
}
