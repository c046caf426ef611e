package chat

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/room"
)

// Bounds of what one result carries. Clients cut tool results at about 10 KB. All
// bytes are bytes of JSON.
const (
	batchEvents = 50
	batchBytes  = 9 << 10
	joinEvents  = 20
	joinBytes   = 6 << 10
	partBytes   = 6 << 10 // the first part of a longer text
	restBytes   = 8 << 10 // each further part
	agentsShown = 10      // in the result of a wait
	agentBytes  = 75      // about what each further agent takes in the result of a join
	eventBytes  = 170     // the most that an event takes beside names and text
)

// messageFor returns e as a sees it. A reply does not show what it answers to an
// agent that may not see that.
func messageFor(a room.Agent, e room.Event) Message {
	m := Message{Seq: e.N, At: e.At().UTC().Truncate(time.Second), By: e.ByName, Note: e.Note}
	switch e.Type {
	case room.Joined:
		m.Type, m.Agent = Joined, e.Name
	case room.Left:
		m.Type, m.Agent, m.Reason, m.NewAdmin = Left, e.Name, e.Reason, e.NewAdmin
	case room.Managed:
		m.Type, m.Agent, m.Action = RoleChanged, e.Name, e.Action
	case room.Changed:
		m.Type, m.Changes, m.Reason = Changed, e.Changed, e.Reason
	case room.Paired:
		m.Type = Paired
	case room.SeatWanted:
		m.Type, m.Agent = SeatWanted, e.Name
	default:
		m.Type, m.From, m.Kind, m.To = Said, e.Name, e.Kind, e.ToNames
		if e.ReplyTo >= a.Since && a.CanSee(e.ReSeat, e.ReFor) {
			m.ReplyTo = e.ReplyTo
		}
		m.Text = firstPart(e.Text, partBytes)
		if len(m.Text) < len(e.Text) {
			m.More = &More{Seq: e.N, Offset: len(m.Text)}
		}
	}
	return m
}

// size returns at least the bytes that m takes as JSON.
func (m Message) size() int {
	n := eventBytes + jsonLen(m.From) + jsonLen(m.Agent) + jsonLen(m.Text) + jsonLen(m.By) + jsonLen(m.Note) + jsonLen(m.NewAdmin)
	for _, name := range slices.Concat(m.To, m.Changes) {
		n += jsonLen(name) + len(`"",`)
	}
	return n
}

// jsonLen returns the length of s in JSON without HTML escaping.
func jsonLen(s string) int {
	n := 0
	for _, r := range s {
		n += runeLen(r)
	}
	return n
}

func runeLen(r rune) int {
	switch {
	case r == '"', r == '\\', r == '\n', r == '\r', r == '\t':
		return 2
	case r < 0x20, r == '\u2028', r == '\u2029':
		return 6
	}
	return utf8.RuneLen(r)
}

// firstPart returns the start of text that takes at most limit bytes of JSON, cut
// between characters.
func firstPart(text string, limit int) string {
	if len(text) <= limit/6 {
		return text
	}
	n := 0
	for i, r := range text {
		if n += runeLen(r); n > limit {
			return text[:i]
		}
	}
	return text
}
