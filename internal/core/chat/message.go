package chat

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// Sizes of parts of a result, in bytes of JSON. Clients cut tool results at about 10 KB.
const (
	AgentBytes   = 75  // about, of each further agent in the result of a join
	eventBytes   = 260 // at most, of an event without its names and text
	taskBytes    = 60  // at most, of a task without its texts
	ranBytes     = 450 // at most, of what was run, without its words
	checkBytes   = 200 // at most, of a check, without its names
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

// EventTypes lists the types of events that agents see. A package with rules that depend on the type has a test that
// covers all types, as for room.EventTypes.
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
	To      []string  // of a private message: its readers, without its sender
	Ask     []string  // of a message: who owes an answer
	ReplyTo string    // the id of the answered message; "" if the reader sees none
	// AnswersYou says that ReplyTo is a message of the reader's own seat.
	AnswersYou bool
	Withdraws  string   // the id of the request or proposal that the sender takes back
	Agreed     string   // the id of the proposal on which the event completed the agreement
	Replaces   string   // of a proposal: what it replaces, at once or once agreed on; "" if the reader sees none
	ReplacedBy string   // of an agreement: the id of the agreement that has replaced it
	AgreedBy   []string // of an agreement in a page of agreements, as the four below: see Agreement
	Bound      []string
	NoSay      []string
	OldFile    *File
	RemovedBy  string
	Agent      string // of any other event: the agent that the event is about
	// why the event came about, for each type with a reason
	Reason   room.Reason
	Action   room.Action // of Managed
	Hook     room.Form   // of EventHook
	By       string      // the admin that acted, if any
	Note     string      // the reason that was given
	NewAdmin string      // of Left: the agent that became admin
	// of Changed, and of a ban that renewed the invite: the changed settings with their new values
	Changes *room.Changes
	// of EventTask: the action, and the task with its title; of add the first of Tasks. Of Changed: the task of a
	// check that was removed
	TaskAction room.TaskAction
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

// messageOf returns event as caller sees the event in the room of state. The id of an answered message that caller
// may not see is left out.
func messageOf(state *room.State, caller room.Caller, event room.Event) Message {
	message := Message{ID: state.MessageID(event.N), At: event.At().UTC().Truncate(time.Second), By: event.ByName,
		Note:   event.Note,
		Person: event.Person, PersonName: state.PersonIn(event), Changes: event.Changed}
	if agreed := caller.AgreedIn(event); len(agreed) > 0 {
		message.Agreed = state.MessageID(agreed[0])
	}

	// All types have the fields above, and each type has the fields set here.
	switch event.Type {
	case room.Joined:
		message.Type, message.Agent, message.Reason = EventJoined, event.Name, event.Reason
	case room.Left:
		message.Type, message.Agent, message.Reason, message.NewAdmin, message.Mine = EventLeft, event.Name,
			event.Reason, event.NewAdmin, event.Seat == caller.Seat
	case room.Managed:
		message.Type, message.Agent, message.Action, message.Reason = EventRole, event.Name, event.Action, event.Reason
	case room.Changed:
		message.Type, message.Reason, message.Redacts = EventRoom, event.Reason, state.MessageID(event.Redacts)
		if event.RedactsTask() {
			message.Redacts = room.TaskID(event.Task.No)
		}
		if event.RemovesCheck() {
			message.Agent = event.Name
			message.setTask(state, event.Task)
		}
	case room.Paired:
		message.Type = EventPaired
	case room.Knocked:
		message.Type, message.Agent, message.Reason = EventKnocked, event.Name, event.Reason
	case room.SupervisionSet:
		message.Type, message.Reason = EventSupervision, event.Reason
		if event.Decides != 0 {
			message.Type, message.Draft = EventDrafted, state.MessageID(event.Decides)
		}
	case room.Hooked:
		message.Type, message.Agent, message.Reason, message.Hook = EventHook, event.Name, event.Reason, event.Hook.Form
	case room.TaskChanged:
		message.Type, message.Agent = EventTask, event.Name
		message.setTask(state, event.Task)
		message.Redacted = event.Redacted
	case room.Drafted:
		// A draft looks like the later message, with the id and the time of the draft.
		d := *event.Draft
		d.N, d.AtMs = event.N, event.AtMs
		message = messageOf(state, caller, d)
		message.Type = EventDrafted
	case room.Said:
		message.setSaid(state, caller, event)
	case room.Retired: // no agent sees it
	}
	return message
}

// byRoom is the sender of a withdrawal by the room itself. No agent may have this name.
const byRoom = "the server"

// setSaid sets the fields of m that only a message has, as caller sees the message event.
func (m *Message) setSaid(state *room.State, caller room.Caller, event room.Event) {
	if event.Decides != 0 && event.Seat == caller.Seat {
		m.Draft, m.Reason = state.MessageID(event.Decides), room.ReasonSent
		if event.Person {
			m.Reason = room.ReasonEdited
		}
	}
	m.Type, m.From, m.Kind, m.To, m.Ask = EventSaid, event.Name, event.Kind, event.ToNames, event.AskNames
	if caller.SeesAnswered(event) {
		m.ReplyTo, m.AnswersYou = state.MessageID(event.ReplyTo), event.ReSeat == caller.Seat
		m.Replaces = state.MessageID(event.Replaces)
	}
	m.Finished = taskIDs(event.Closes)
	m.Withdraws, m.Redacted = state.MessageID(event.Withdraws), event.Redacted
	if event.IsByRoom() {
		m.From = byRoom
	}
	m.Mine = event.Actor() == caller.Seat
	m.FromUser = event.IsNote() && !caller.IsPerson()
	m.File = viewFile(event.File)

	m.Text = event.Text
	m.shorten(core.FirstPartBytes)
}

// setTask sets the fields of m, an event about tasks.
func (m *Message) setTask(state *room.State, c *room.TaskChange) {
	m.TaskAction = c.Action
	for _, task := range c.Add {
		v := TaskView{ID: room.TaskID(task.No), Title: task.Title, State: TaskOpen, Adder: m.Agent}
		for _, p := range task.For {
			v.For = append(v.For, p.Name)
		}
		v.After = taskIDs(task.After)
		m.Tasks = append(m.Tasks, v)
	}
	if len(m.Tasks) > 0 {
		m.Task = &m.Tasks[0]
		return
	}
	v := TaskView{ID: room.TaskID(c.No), Title: c.Title, Text: c.Text, Was: c.Was.Name}
	switch c.Action {
	case room.TakeTask:
		v.State, v.By = TaskTaken, m.Agent
	case room.ReleaseTask:
		v.State = TaskOpen
	case room.FinishTask:
		v.State, v.By, v.Text, v.Result, v.Evidence = TaskDone, m.Agent, "", c.Text, c.Ran
	case room.DropTask:
		v.State, v.By, v.Text, v.Result = TaskDropped, m.Agent, "", c.Text
	}
	if c.Check != nil && c.Check.Verdict != "" {
		v.State, v.Checks = TaskDone, []CheckView{{By: m.Agent, Check: *c.Check}}
	}
	if f := c.Finished; f != nil {
		v.State, v.Title, v.By, v.EndedByPerson, v.ByName = TaskDone, f.Title, f.By.Name, f.ByPerson, f.By.Person
		if f.Ran != nil { // the rest of it is in the task
			v.Evidence = &room.Evidence{Ran: f.Ran.Ran, Exit: f.Ran.Exit}
		}
	}
	v.After = taskIDs(c.After)
	if c.IsStop() {
		v.Text = ""
	} else {
		for _, p := range c.For {
			v.For = append(v.For, p.Name)
		}
	}
	m.Task = &v
}

// taskIDs returns the ids of tasks.
func taskIDs(list []int64) (ids []string) {
	for _, no := range list {
		ids = append(ids, room.TaskID(no))
	}
	return ids
}

// shorten cuts a text that takes more than so many bytes of JSON. More leads to the rest.
func (m *Message) shorten(limit int) {
	if first := firstPart(m.Text, limit); len(first) < len(m.Text) {
		m.Text, m.More = first, &More{ID: m.ID, Offset: len(first)}
	}
}

// needChars is how many characters of a draft, a question or a proposal are told.
const needChars = 2000

// keepChars keeps the first n characters of the text, or fewer if they are wide.
func (m *Message) keepChars(n int) {
	m.shorten(min(jsonLen(sanitize.FirstChars(m.Text, n)), core.FirstPartBytes))
}

// Actor returns who said or did what m tells: see ident.Actor.
func (m Message) Actor() string {
	return ident.Actor(cmp.Or(m.From, m.By, m.Agent), m.Person, m.PersonName)
}

// size returns the bytes that m takes as JSON, or a little more.
func (m Message) size() int {
	n := eventBytes + jsonLen(m.From) + jsonLen(m.Agent) + jsonLen(m.Text) + jsonLen(m.By) + jsonLen(m.Note) +
		jsonLen(m.NewAdmin) + jsonLen(m.PersonName)
	for _, name := range slices.Concat(m.To, m.Ask, m.AgreedBy, m.Bound, m.NoSay) {
		n += jsonLen(name) + len(`"",`)
	}
	for _, t := range m.Tasks {
		n += t.size()
	}
	if m.Task != nil {
		n += m.Task.size()
	}
	for _, f := range []*File{m.File, m.OldFile} {
		if f != nil {
			n += fileBytes + jsonLen(f.Name) + len(f.Sum)
		}
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
	return n + t.evidenceSize()
}

// evidenceSize returns the bytes that the evidence and the checks of t take as JSON, or a little more.
func (t TaskView) evidenceSize() (n int) {
	if e := t.Evidence; e != nil {
		n += ranBytes + jsonLen(e.Words())
	}
	for _, check := range t.Checks {
		n += checkBytes + jsonLen(check.By) + jsonLen(check.ByName)
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

// firstPart returns the start of text that takes at most limit bytes of JSON. It is cut as sanitize.Seam does, and not
// within an invite's code: show_room hides codes, and would not know a part of one.
func firstPart(text string, limit int) string {
	if len(text) <= limit/6 {
		return text
	}
	n := 0
	for i, r := range text {
		n += runeLen(r)
		if n > limit {
			return text[:ident.BeforeInvite(text, sanitize.Seam(text, i))]
		}
	}
	return text
}

// bothEnds returns s or, if s has more than n characters, its first n/2 and its last n/2: a question often stands at
// the end.
func bothEnds(s string, n int) string {
	chars := []rune(strings.TrimSpace(s))
	if len(chars) <= n {
		return string(chars)
	}
	return string(chars[:n/2]) + " … " + string(chars[len(chars)-n/2:])
}

// viewFile returns f as an agent sees f; nil for no file.
func viewFile(f *room.File) *File {
	if f == nil {
		return nil
	}
	return &File{Name: f.Name, Size: f.Size, Type: f.Type, Width: f.Width, Height: f.Height}
}

// viewFileSum is viewFile with the digest, so that no agent copies a digest by hand.
func viewFileSum(f *room.File) *File {
	v := viewFile(f)
	if v != nil {
		v.Sum = f.Sum
	}
	return v
}
