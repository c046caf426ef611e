package room

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
)

// Version is that of everything this program stores. Two versions run side by side during a
// deployment, so a program that meets another version reads nothing from that item, and writes no
// snapshot over it.
const Version = 14

// ErrNewerVersion reports data that a newer program stored.
var ErrNewerVersion = errors.New("room: stored by a newer version of Parley")

// ErrOlderVersion reports data that an older program stored.
var ErrOlderVersion = errors.New("room: stored by an earlier build of Parley, which this one cannot read")

// Event is one entry of a room's log. An event is a complete delta: applying all events in order
// gives the room's state, so any process can compute the state from the log alone. N is the sort
// key of the stored event and not part of its data. eventTypes says which fields an event of each type may have, with
// an example. The order of the fields is that of the stored bytes.
type Event struct {
	N int64 `json:"-"`

	// Calls are the hooks that are to be looked at: see State.CalledBy. Nobody is shown them. It is the first field, so
	// that the stream of a DynamoDB table can be filtered by how an event begins.
	Calls []Call `json:"call,omitempty"`

	V  int    `json:"v"`
	ID string `json:"id"` // random; the writer recognizes its own event by it
	// LastChange is the last event, up to this one, that changed the state. It
	// tells a reader whether a snapshot is the newest.
	LastChange int64 `json:"st"`
	// LastTalk is the last event, up to this one, that changed the talk state; 0
	// for none. Talk is that state after this event, if this event changed it.
	LastTalk int64 `json:"lt,omitempty"`
	Talk     *Talk `json:"talk,omitempty"`
	Messages int64 `json:"p,omitempty"` // how many messages to all there are up to this event
	// Run is how many messages to all agents have sent up to this event since a person spoke.
	Run  int       `json:"run,omitempty"`
	AtMs int64     `json:"at"` // Unix time in milliseconds
	Type EventType `json:"t"`
	Seat int       `json:"s,omitempty"` // the agent that spoke, came, left or was managed
	Name string    `json:"f,omitempty"` // its name at that time

	// Most of these are of messages.
	Text     string `json:"x,omitempty"`
	Redacted bool   `json:"gone,omitempty"` // its text was removed; Text is Removed
	Person   bool   `json:"me,omitempty"`   // the person behind the seat said or did it
	// PersonName is that person's name at that time, "" if it had none: see Person.Name. Append completes it.
	PersonName string   `json:"men,omitempty"`
	Kind       Kind     `json:"k,omitempty"`   // empty means Plain
	To         []int    `json:"to,omitempty"`  // seats that see it, beside the sender; empty means all
	ToNames    []string `json:"tn,omitempty"`  // their names at that time
	Ask        []int    `json:"ask,omitempty"` // seats that owe an answer to it; of a Proposal, everyone asked
	AskNames   []string `json:"an,omitempty"`  // their names at that time
	// seats that it is meant for beside Ask: those that its text names by @, and those that it
	// frees of a debt by a withdrawal
	Named     []int `json:"nm,omitempty"`
	ReplyTo   int64 `json:"re,omitempty"`  // the event that it answers
	ReSeat    int   `json:"res,omitempty"` // the sender of that event
	ReFor     []int `json:"ref,omitempty"` // the seats that see that event; empty means all
	ReAdded   int64 `json:"rea,omitempty"` // the event that added the task which that event is about
	Withdraws int64 `json:"wd,omitempty"`  // the sender's own request or proposal that it takes back

	// Step is that of the event because of which an endpoint said it, and one more: see MostSteps; 0 if none did.
	Step int `json:"step,omitempty"`

	File *File `json:"file,omitempty"` // that it carries beside its text

	Finishes []int64 `json:"fin,omitempty"`   // the tasks that it reports as done
	Closes   []int64 `json:"close,omitempty"` // those of them that it ends
	// the seats whose waits it ends, whatever it is, beside those that WokenBy tells
	Wakes []int       `json:"wk,omitempty"`
	Task  *TaskChange `json:"task,omitempty"`

	// the proposals that the event completes: everyone who is still asked has agreed
	Agreed   []int64 `json:"ag,omitempty"`
	AgreedTo [][]int `json:"agt,omitempty"` // the seats that see each of them; an empty list means all

	Reason   Reason `json:"why,omitempty"`    // why the event came about
	Promoted int    `json:"admin,omitempty"`  // the seat that became admin
	NewAdmin string `json:"adminf,omitempty"` // its name at that time
	Agent    *Agent `json:"agent,omitempty"`  // all of the agent of Seat, after it
	Regains  bool   `json:"again,omitempty"`  // Agent has its own seat again, under a new token
	LogKey   string `json:"key,omitempty"`    // of the first event: the key of the ids of messages
	Hash     string `json:"hash,omitempty"`   // the new password's
	Key      string `json:"nkey,omitempty"`   // of a name, by which names are compared; of a draft, that of its call
	Redacts  int64  `json:"rd,omitempty"`     // the message whose text was removed; Seat and To are those of the message
	Erases   int64  `json:"rdd,omitempty"`    // the draft of that message, whose text was removed with it

	Settings    *Settings `json:"room,omitempty"`   // of the first event
	Changed     *Changes  `json:"what,omitempty"`   // the settings that differ
	EndpointRun bool      `json:"erun,omitempty"`   // the limit on agents' messages came with an endpoint: see Settings
	OpenFrom    *Mark     `json:"opened,omitempty"` // newcomers see no event before this one, if that changes
	Behind      *Person   `json:"behind,omitempty"` // all of the person behind Seat, after it
	Draft       *Event    `json:"draft,omitempty"`  // the message that waits
	Hook        *Hook     `json:"hook,omitempty"`
	Decides     int64     `json:"dec,omitempty"` // the draft that its person lets through or refuses

	// The decision of an admin.
	By     int     `json:"by,omitempty"`   // the admin's seat
	ByName string  `json:"byf,omitempty"`  // its name at that time
	Action Action  `json:"act,omitempty"`  // what was done to Seat, or to Name where there is no seat
	Note   string  `json:"note,omitempty"` // why, in words
	Ban    *Ban    `json:"ban,omitempty"`  // the ban or the muting that begins or ends
	Invite *Invite `json:"inv,omitempty"`  // the invite after it, if that changes

	ExpiresMs int64 `json:"expires,omitempty"` // the room's new end, where the event renews it
}

// EventType says what an event did.
type EventType string

// The types of events.
const (
	Said    EventType = "said"
	Joined  EventType = "joined"
	Left    EventType = "left"
	Managed EventType = "role" // an admin promoted, demoted, muted or banned
	Changed EventType = "room" // an admin changed the settings, removed a text or closed the room
	Paired  EventType = "paired"
	Knocked EventType = "knock"   // a join was refused for its name, or for want of a seat
	Retired EventType = "retired" // the name starts over with another log

	SupervisionSet EventType = "supervision" // what a room knows of a person behind a seat has changed
	Drafted        EventType = "draft"       // a message of an agent waits for its person
	TaskChanged    EventType = "task"        // the list of tasks has changed
	Hooked         EventType = "hook"        // a hook of Seat has begun or, with a Reason, has ended
)

// Kind says what the sender of a message expects.
type Kind string

// The kinds of messages.
const (
	Plain    Kind = "message"
	Request  Kind = "request"  // wants an answer
	Status   Kind = "status"   // wants none
	Proposal Kind = "proposal" // wants everyone asked to agree
	Agree    Kind = "agree"    // agrees to a proposal
	Object   Kind = "object"   // ends a proposal
	Done     Kind = "done"     // the sender has finished
)

// Kinds lists the kinds of messages, for arguments.
func Kinds() []Kind { return []Kind{Plain, Request, Status, Proposal, Agree, Object, Done} }

// Action is what an admin does to an agent.
type Action string

// The actions.
const (
	Promote Action = "promote"
	Demote  Action = "demote"
	Mute    Action = "mute"
	Unmute  Action = "unmute"
	Kick    Action = "kick"
	BanName Action = "ban"
	Unban   Action = "unban"
)

// Reason says why an event came about, where its type does not tell.
type Reason string

// The reasons.
const (
	ReasonLeft    Reason = "left"    // it called leave_room
	ReasonTimeout Reason = "timeout" // it was silent and the seat was wanted; of Managed: the admins were silent
	ReasonKicked  Reason = "kicked"  // an admin took its seat
	ReasonBanned  Reason = "banned"  // an admin took its seat and banned its name
	ReasonClosed  Reason = "closed"  // an admin closed the room

	ReasonBegunAnew Reason = "begun_anew" // all were silent, and a join began the room anew

	ReasonReturned  Reason = "returned"   // of a join: the agent has its own seat again
	ReasonNameTaken Reason = "name_taken" // of a knock: another agent has the name
	ReasonRoomFull  Reason = "room_full"  // of a knock: no seat is free

	ReasonPaused  Reason = "paused"  // of SupervisionSet: the agent may not speak
	ReasonResumed Reason = "resumed" // of SupervisionSet: it may speak again
	ReasonRefused Reason = "refused" // of SupervisionSet: a draft is not sent
	ReasonSent    Reason = "sent"    // to the agent, of Said: its draft is sent
	ReasonEdited  Reason = "edited"  // likewise, with the text of its person
)

// At returns the time of the event.
func (e Event) At() time.Time { return time.UnixMilli(e.AtMs) }

// Before returns the place in the log right before e.
func (e Event) Before() Mark {
	before := Mark{N: e.N, Messages: e.Messages}
	if e.Type == Said && len(e.To) == 0 {
		before.Messages--
	}
	return before
}

// ChangesState reports whether a snapshot must be written with the event. A message needs none,
// unless it was a draft or ends tasks: it changes at most the talk state, which the event itself carries.
func (e Event) ChangesState() bool {
	return e.Type != Said || e.ExpiresMs != 0 || e.Decides != 0 || len(e.Closes) > 0
}

// Actor returns the seat that caused the event; an admin's, if an admin did. It is 0 for a knock,
// for an agent that becomes admin because all admins are silent, and for a hook that expired.
func (e Event) Actor() int {
	switch {
	case e.By != 0:
		return e.By
	case e.Type == Knocked, e.Type == Managed, e.Type == Hooked && e.Reason == ReasonHookGone:
		return 0
	}
	return e.Seat
}

// ClosesRoom reports whether the event ends the room for good, for agents that go on
// reading.
func (e Event) ClosesRoom() bool {
	return e.Type == Changed && e.Reason == ReasonClosed || e.Type == Retired && e.Reason == ReasonBegunAnew
}

// Frees reports whether the event only takes something away: a seat, a role, a voice, a name, a hook, a draft, a task,
// the words of a message or a task, the word of an agent, or the room. It can be said once of each of them.
func (e Event) Frees() bool {
	switch e.Type {
	case Left:
		return true
	case Managed:
		return e.Action == Demote || e.Action == Mute || e.Action == BanName
	case Changed:
		return e.Redacts != 0 || e.RedactsTask() || e.ClosesRoom()
	case SupervisionSet:
		return e.Reason == ReasonRefused || e.Reason == ReasonPaused // to resume adds
	case TaskChanged:
		return e.Task.Action == DropTask
	case Hooked:
		return e.Reason != ""
	}
	return false
}

// Fingerprint identifies a message by its text, its file, its addressees and what it answers or takes back,
// so that a repeated call is recognized. A vote and a withdrawal have no addressees of their own:
// they get the readers of what they answer. A message whose text was removed has no fingerprint,
// so no call repeats it.
func (e Event) Fingerprint() (sum [16]byte) {
	if e.Redacted {
		return sum
	}
	h := sha256.New()
	switch {
	case e.HasReadersOfAnother():
		h.Write(fmt.Append(nil, e.Kind, e.Withdraws, "\x00"))
	case len(e.To) > 0:
		h.Write(fmt.Append(nil, e.To, "\x00")) // no text contains a NUL
	}
	if e.ReplyTo != 0 || e.Withdraws != 0 {
		h.Write(fmt.Append(nil, e.ReplyTo, e.Withdraws, "\x00"))
	}
	if len(e.Finishes) > 0 {
		h.Write(fmt.Append(nil, "finishes\x00", e.Finishes, "\x00"))
	}
	if f := e.File; f != nil {
		h.Write(fmt.Append(nil, "file\x00", f.Name, "\x00", f.Sum, "\x00"))
		if e.Kind != "" { // the file that was shared is now proposed
			h.Write(fmt.Append(nil, e.Kind, "\x00"))
		}
	}
	h.Write([]byte(e.Text))
	copy(sum[:], h.Sum(nil))
	return sum
}

// HasReadersOfAnother reports whether e is seen by those who see what it answers or
// takes back.
func (e Event) HasReadersOfAnother() bool {
	return e.IsVote() || e.Withdraws != 0
}

// IsVote reports whether e agrees or objects to a proposal.
func (e Event) IsVote() bool { return e.Kind == Agree || e.Kind == Object }
