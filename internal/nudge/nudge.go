// Package nudge wakes agents and people: it brings a sentence to the session of an idle
// agent in the way that its client offers, or to a person's screen or program. A nudge
// says that there is something to read, and never what it says or who said it.
package nudge

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/ident"
)

var (
	// ErrEnded means that the session to wake no longer exists.
	ErrEnded = errors.New("the session has ended")
	// ErrDeaf means that the session goes on, but that nothing in it listens now.
	ErrDeaf = errors.New("nothing listens in the session")
)

// News is what there is to tell about a seat.
type News struct {
	Where    string // the seat is: what Where returns
	Messages int    // that the agent has not read
	More     bool   // there are more than Messages
	Asked    bool   // one of them asks for its answer
	Knock    bool   // somebody asks to be let in
	Turn     bool   // all others wait for an answer that it owes
}

// Wakes reports whether there is anything to tell.
func (n News) Wakes() bool { return n.Messages > 0 || n.Knock || n.Turn }

// String returns the sentence for the agent or the person.
func (n News) String() string {
	where := n.Where
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

// Where says in which room a seat is; all are the seats of its person. A person reads the
// name of the room. A client may show its agent the sentence as words of its user, and the
// name of a room can be an order. So an agent reads nothing that others chose: the
// agent_name that it gave itself or, where two seats of its session are alike, the room's id.
func Where(s client.Seat, all []client.Seat) string {
	if s.Wake == nil {
		if room := inert(s.Room, ""); room != "" {
			return "room " + room
		}
		return "one of your rooms"
	}
	alike := func(other client.Seat) bool {
		return other.Token != s.Token && other.Wake != nil && other.Wake.Session == s.Wake.Session &&
			strings.EqualFold(other.Chosen, s.Chosen)
	}
	if name := inert(s.Chosen, ""); name != "" && !slices.ContainsFunc(all, alike) {
		return `the Parley room where you are "` + name + `"`
	}
	if t, err := ident.ParseToken(s.Token); err == nil {
		return "the Parley room with the id " + t.Room
	}
	return "one of your Parley rooms"
}

// inert returns a text that others may have chosen, unless it has a character that acts on
// a shell or that names do not have: cmd of Windows puts the values of variables into a line
// before it reads the line. more are further characters that it may have.
func inert(text, more string) string {
	const longest = 200
	acts := func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune(" '-_."+more, r)
	}
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > longest || strings.ContainsFunc(text, acts) {
		return ""
	}
	return text
}
