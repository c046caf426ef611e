package chat

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/core"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core/room"
)

// Bounds of one result, in bytes of JSON. Clients cut tool results at about 10 KB.
const (
	AgentBytes   = 75  // about, of each further agent in the result of a join
	eventBytes   = 260 // at most, of an event without its names and text
	taskBytes    = 60  // at most, of a task without its texts
	changesBytes = 120 // at most, of changes without their texts
	fileBytes    = 120 // at most, of a file without its name
)

// EventType says what happened in a room.
type EventType string

// The types of events that agents see.
const (
	EventSaid        EventType = "message"
	EventJoined      EventType = "joined"
	EventLeft        EventType = "left"
	EventRole        EventType = "role"        // an admin promoted, demoted, muted, unmuted, banned or unbanned
	EventRoom        EventType = "room"        // an admin changed the room's settings, or closed it
	EventPaired      EventType = "paired"      // a queue brought the two agents together
	EventKnocked     EventType = "knock"       // a join was refused for its name or for want of a seat
	EventSupervision EventType = "supervision" // the person behind the reader's own seat did what Reason says
	// a message of the reader's own seat waits for the person behind it or, with a Reason, the person has decided
	EventDrafted EventType = "draft"
	EventHook    EventType = "hook" // a hook of the reader's own seat has begun or, with a Reason, has ended
	EventTask    EventType = "task" // somebody changed the list of tasks
)

// EventTypes lists the types of events that agents see. Each package with a rule by type has a test of all types, as
// for room.EventTypes.
func EventTypes() []EventType {
	return []EventType{EventSaid, EventJoined, EventLeft, EventRole, EventRoom, EventPaired, EventKnocked,
		EventSupervision, EventDrafted, EventHook, EventTask}
}

// Message is one event of a room as an agent sees it.
type Message struct {
	ID      string
	Type    EventType
	From    string // of a message: the agent's name
	Text    string // of a message: its text, or a part of it
	Before  string // the text before that part
	At      time.Time
	Kind    room.Kind // of a message; "" means room.Plain
	To      []string  // of a private message: who sees the message beside its sender
	Ask     []string  // of a message: who owes an answer
	ReplyTo string    // the id of the answered message; "" if the reader sees none
	// AnswersYou says that ReplyTo is a message of the reader's own seat.
	AnswersYou bool
	Withdraws  string // the id of the request or proposal that the sender takes back
	Agreed     string // the id of the proposal on which the event completed the agreement
	Agent      string // of any other event: the agent that the event is about
	// of Left and Knocked, of Changed where it closed the room, and of Managed where no admin did it
	Reason   room.Reason
	Action   room.Action // of Managed
	Hook     room.Form   // of EventHook
	By       string      // the admin that acted, if any
	Note     string      // the reason that was given
	NewAdmin string      // of Left: the agent that became admin
	// of Changed, and of a ban that renewed the invite: the changed settings with their new values
	Changes *room.Changes
	// of EventTask: the action, and the task with its title; of add the first of Tasks
	TaskAction TaskAction
	Task       *TaskView
	Tasks      []TaskView // the added tasks, without their details
	OwnTask    bool       // of EventTask, in a peek: the agent is told of the event: see room.Agent.HearsOfTask
	Finished   []string   // of a message: the ids of the tasks that the message ends as done
	File       *File      // the file of the message
	Redacts    string     // of Changed: the id of the message whose text was removed
	Draft      string     // the id of the draft of the reader's seat about which the event decides
	Redacted   bool       // of a message: its text was removed, and Text says so
	Person     bool       // the actor was a person, not an agent
	PersonName string     // the name of that person at that time; "" without a name
	Mine       bool       // of a message, and of Left: the event is of the reader's own seat
	FromUser   bool       // of a message: a note to the reader, an agent, from its person
	Repeated   bool       // handed out before, to a call whose client may have given up
	More       *More      // set if Text is only a part
}

// More says where the rest of a long text begins.
type More struct {
	ID     string
	Offset int // in bytes of the whole text
}

// messageOf returns e as a sees the event in the room of s. The id of an answered message that a may not see is left
// out.
func messageOf(s *room.State, a room.Caller, e room.Event) Message {
	m := Message{ID: s.MessageID(e.N), At: e.At().UTC().Truncate(time.Second), By: e.ByName, Note: e.Note,
		Person: e.Person, PersonName: s.PersonIn(e), Changes: e.Changed}
	if agreed := a.AgreedIn(e); len(agreed) > 0 {
		m.Agreed = s.MessageID(agreed[0])
	}

	// All types have the fields above, and each type has the fields set here.
	switch e.Type {
	case room.Joined:
		m.Type, m.Agent, m.Reason = EventJoined, e.Name, e.Reason
	case room.Left:
		m.Type, m.Agent, m.Reason, m.NewAdmin, m.Mine = EventLeft, e.Name, e.Reason, e.NewAdmin, e.Seat == a.Seat
	case room.Managed:
		m.Type, m.Agent, m.Action, m.Reason = EventRole, e.Name, e.Action, e.Reason
	case room.Changed:
		m.Type, m.Reason, m.Redacts = EventRoom, e.Reason, s.MessageID(e.Redacts)
		if e.RedactsTask() {
			m.Redacts = room.TaskID(e.Task.No)
		}
	case room.Paired:
		m.Type = EventPaired
	case room.Knocked:
		m.Type, m.Agent, m.Reason = EventKnocked, e.Name, e.Reason
	case room.SupervisionSet:
		m.Type, m.Reason = EventSupervision, e.Reason
		if e.Decides != 0 {
			m.Type, m.Draft = EventDrafted, s.MessageID(e.Decides)
		}
	case room.Hooked:
		m.Type, m.Agent, m.Reason, m.Hook = EventHook, e.Name, e.Reason, e.Hook.Form
	case room.TaskChanged:
		m.Type, m.Agent = EventTask, e.Name
		m.setTask(s, e.Task)
	case room.Drafted:
		// A draft looks like the later message, with the id and the time of the draft.
		d := *e.Draft
		d.N, d.AtMs = e.N, e.AtMs
		m = messageOf(s, a, d)
		m.Type = EventDrafted
	case room.Said:
		m.setSaid(s, a, e)
	case room.Retired: // no agent sees it
	}
	return m
}

// setSaid sets the fields of m that only a message has, as a sees the message e.
func (m *Message) setSaid(s *room.State, a room.Caller, e room.Event) {
	if e.Decides != 0 && e.Seat == a.Seat {
		m.Draft, m.Reason = s.MessageID(e.Decides), room.ReasonSent
		if e.Person {
			m.Reason = room.ReasonEdited
		}
	}
	m.Type, m.From, m.Kind, m.To, m.Ask = EventSaid, e.Name, e.Kind, e.ToNames, e.AskNames
	if a.SeesAnswered(e) {
		m.ReplyTo, m.AnswersYou = s.MessageID(e.ReplyTo), e.ReSeat == a.Seat
	}
	for _, no := range e.Closes {
		m.Finished = append(m.Finished, room.TaskID(no))
	}
	m.Withdraws, m.Redacted = s.MessageID(e.Withdraws), e.Redacted
	m.Mine = e.Seat == a.Seat
	m.FromUser = e.IsNote() && !a.IsPerson()
	m.File = viewFile(e.File)

	// A long text is cut, and More leads to the rest.
	m.Text = firstPart(e.Text, core.FirstPartBytes)
	if len(m.Text) < len(e.Text) {
		m.More = &More{ID: m.ID, Offset: len(m.Text)}
	}
}

// Actor returns who said or did what m tells: see ident.Actor.
func (m Message) Actor() string {
	return ident.Actor(cmp.Or(m.From, m.By, m.Agent), m.Person, m.PersonName)
}

// size returns the bytes that m takes as JSON, or a little more.
func (m Message) size() int {
	n := eventBytes + jsonLen(m.From) + jsonLen(m.Agent) + jsonLen(m.Text) + jsonLen(m.By) + jsonLen(m.Note) +
		jsonLen(m.NewAdmin) + jsonLen(m.PersonName)
	for _, name := range slices.Concat(m.To, m.Ask) {
		n += jsonLen(name) + len(`"",`)
	}
	for _, t := range m.Tasks {
		n += t.size()
	}
	if m.Task != nil {
		n += m.Task.size()
	}
	if f := m.File; f != nil {
		n += fileBytes + jsonLen(f.Name) + len(f.Sum)
	}
	if c := m.Changes; c != nil {
		n += changesBytes
		for _, text := range []*string{c.Room, c.Description} {
			if text != nil {
				n += jsonLen(*text)
			}
		}
	}
	return n
}

// size returns the bytes that t takes as JSON, or a little more.
func (t TaskView) size() int {
	n := taskBytes + jsonLen(t.Title) + jsonLen(t.Text) + jsonLen(t.Result) + jsonLen(t.Was) +
		jsonLen(t.AdderName) + jsonLen(t.ByName)
	for _, word := range slices.Concat(t.For, t.After) {
		n += jsonLen(word) + len(`"",`)
	}
	return n
}

// Rest returns m with the part of text, the whole text of m, that begins at byte offset. If no character begins there,
// ok is false.
func (m Message) Rest(text string, offset int) (rest Message, ok bool) {
	if offset >= len(text) || text[offset]&0xc0 == 0x80 {
		return m, false
	}
	m.Text, m.Before, m.More = firstPart(text[offset:], core.PartBytes), text[:offset], nil
	if end := offset + len(m.Text); end < len(text) {
		m.More = &More{ID: m.ID, Offset: end}
	}
	return m, true
}

// jsonLen returns the most bytes that s takes in a result: in JSON without HTML escaping, with hidden characters as
// escapes.
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
	case sanitize.IsHidden(r):
		return len(`\`) + sanitize.EscapedLen(r)
	}
	return utf8.RuneLen(r)
}

// firstPart returns the start of text that takes at most limit bytes of JSON, cut as
// sanitize.Seam does.
func firstPart(text string, limit int) string {
	if len(text) <= limit/6 {
		return text
	}
	n := 0
	for i, r := range text {
		n += runeLen(r)
		if n > limit {
			return text[:sanitize.Seam(text, i)]
		}
	}
	return text
}

// bothEnds returns s or, of more than n characters, the first and the last n/2: a question often stands at the end.
func bothEnds(s string, n int) string {
	chars := []rune(strings.TrimSpace(s))
	if len(chars) <= n {
		return string(chars)
	}
	return string(chars[:n/2]) + " … " + string(chars[len(chars)-n/2:])
}

// FirstChars returns the first n characters of s.
func FirstChars(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}
