package chat

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what one result carries: clients cut tool results at about 10 KB.
const (
	batchEvents = 50
	batchBytes  = 9 << 10 // of JSON
	wordsEvents = 20      // of a join
	wordsBytes  = 6 << 10
	partBytes   = 6 << 10 // of JSON: a longer text comes as its first part
	restBytes   = 8 << 10 // of JSON: a further part of a long text
	agentsShown = 10      // in a wait's result, at most: of more, only the news tells
	agentBytes  = 75      // of JSON, about, that each further agent takes in a join's
	eventBytes  = 170     // of JSON at most, beside names and text
)

// visible reports whether a sees e. Its own join is no news to it.
func (a agent) visible(e event) bool {
	return e.n >= a.Since && e.Type != moved && !(e.Type == joined && e.Seat == a.Seat) && a.among(e.Seat, e.To)
}

// among reports whether a may see what seat did for those in to, or, where to is
// empty, for everybody.
func (a agent) among(seat int, to []int) bool {
	return len(to) == 0 || seat == a.Seat || slices.Contains(to, a.Seat)
}

// news reports whether e is something that a sees and did not do itself.
func (a agent) news(e event) bool { return a.visible(e) && e.doer() != a.Seat }

// message shows e as a sees it. What it answers is left out where a may not see
// that.
func (a agent) message(e event) Message {
	m := Message{Seq: e.n, At: e.at().UTC().Truncate(1e9), By: e.ByName, Note: e.Note}
	switch e.Type {
	case joined:
		m.Type, m.Agent = Joined, e.Name
	case left:
		m.Type, m.Agent, m.Reason, m.NewAdmin = Left, e.Name, e.Reason, e.NewAdmin
	case ruled:
		m.Type, m.Agent, m.Action = Ruled, e.Name, e.Action
	case set:
		m.Type, m.Changes, m.Reason = Changed, e.Changed, e.Reason
	case paired:
		m.Type = Paired
	case knock:
		m.Type, m.Agent = Knocked, e.Name
	default:
		m.Type, m.From, m.Kind, m.To = Said, e.Name, e.Kind, e.ToNames
		if e.ReplyTo >= a.Since && a.among(e.ReSeat, e.ReFor) {
			m.ReplyTo = e.ReplyTo
		}
		m.Text = firstPart(e.Text, partBytes)
		if len(m.Text) < len(e.Text) {
			m.More = &More{Seq: e.n, Offset: len(m.Text)}
		}
	}
	return m
}

// size is at least the bytes that m takes as JSON.
func (m Message) size() int {
	n := eventBytes + jsonLen(m.From) + jsonLen(m.Agent) + jsonLen(m.Text) + jsonLen(m.By) + jsonLen(m.Note) + jsonLen(m.NewAdmin)
	for _, name := range slices.Concat(m.To, m.Changes) {
		n += jsonLen(name) + len(`"",`)
	}
	return n
}

// jsonLen is the length of s in JSON without HTML escaping.
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

// firstPart returns the start of text that takes at most limit bytes of JSON,
// cut between characters.
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

// batch gathers messages up to the bounds of a result. The first always fits.
type batch struct {
	messages []Message
	bytes    int
	events   int  // bound
	limit    int  // bound of bytes
	talk     bool // fill takes only what was said
}

// add takes m, or says that it is full.
func (b *batch) add(m Message) bool {
	size := m.size()
	if len(b.messages) > 0 && (len(b.messages) >= b.events || b.bytes+size > b.limit) {
		return false
	}
	b.messages = append(b.messages, m)
	b.bytes += size
	return true
}

// checkText refuses what cannot be said.
func checkText(text string) error {
	switch {
	case !strings.ContainsFunc(text, visibleRune):
		return refuse(InvalidArgument, "text is missing or blank: say something, in 1 to %d bytes.", MaxText)
	case len(text) > MaxText:
		return refuse(MessageTooLong, "text has %d bytes, at most %d are allowed. Nothing was sent: say it shorter, or in several messages.", len(text), MaxText)
	case !utf8.ValidString(text):
		return refuse(InvalidArgument, "text is not valid UTF-8. Nothing was sent.")
	case hasControls(text, "\n\t\r"):
		return refuse(InvalidArgument, "text holds control characters. Nothing was sent: only line breaks and tabs are allowed.")
	case holdsToken(text):
		return errTokenInText("text")
	}
	return nil
}

// visibleRune reports whether a reader sees r.
func visibleRune(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }

func errTokenInText(field string) error {
	return refuse(InvalidArgument, "%s holds an agent token. Nothing was done: a token is a secret that lets others speak as its owner. Take it out and call again.", field)
}

// hasControls reports whether s holds a control character that is not allowed.
func hasControls(s, allowed string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune(allowed, r)
	})
}
