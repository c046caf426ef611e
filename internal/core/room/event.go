package room

import (
	"errors"
	"time"
)

// Version is the version of all that this program stores. Two versions run side by side during a deployment, so a
// program reads nothing from an item of another version, and writes no snapshot over the item.
const Version = 14

// ErrNewerVersion reports data stored by a newer program.
var ErrNewerVersion = errors.New("room: stored by a newer version of Parley")

// ErrOlderVersion reports data stored by an older program.
var ErrOlderVersion = errors.New("room: stored by an earlier build of Parley, which this one cannot read")

// Event is an entry of a room's log, and a complete delta: all events, applied in order, give the room's state, so any
// process can compute the state from the log alone. N is the sort key of the stored event, not part of its data. Names
// are as of the time of the event. eventTypes lists the fields of each type, with an example. The fields are stored in
// this order.
type Event struct {
	N int64 `json:"-"`

	// Calls are the hooks to look at: see State.CalledBy. No result contains Calls. The field is the first, so that the
	// stream of a DynamoDB table can be filtered by the beginning of an event.
	Calls []Call `json:"call,omitempty"`

	V  int    `json:"v"`
	ID string `json:"id"` // random; tells the writer its own event
	// LastChange is the last event, up to N, that changed the state. LastChange tells a reader whether a snapshot is
	// the newest.
	LastChange int64 `json:"st"`
	// LastTalk is the last event, up to N, that changed the talk state; 0 for none. Talk is the talk state after N, if
	// N changed the talk state.
	LastTalk int64 `json:"lt,omitempty"`
	Talk     *Talk `json:"talk,omitempty"`
	Messages int64 `json:"p,omitempty"` // how many messages to all the log has up to N
	// Run is how many messages agents have sent to all, up to N, since a person spoke.
	Run  int       `json:"run,omitempty"`
	AtMs int64     `json:"at"` // Unix time in milliseconds
	Type EventType `json:"t"`
	// Call is a digest of the call that made the message, the draft or the tasks, as typed: see Made. It is gone with
	// the words.
	Call string `json:"dig,omitempty"`
	Seat int    `json:"s,omitempty"` // the seat that spoke, joined, left or was managed
	Name string `json:"f,omitempty"` // the name of the agent

	// Most of these fields are of messages.
	Text     string `json:"x,omitempty"`
	Redacted bool   `json:"gone,omitempty"` // the text was removed; Text is Removed
	Person   bool   `json:"me,omitempty"`   // the person behind the seat acted
	// PersonName is the name of the person, or "": see Person.Name. Append sets PersonName.
	PersonName string   `json:"men,omitempty"`
	Kind       Kind     `json:"k,omitempty"`   // empty means Plain
	To         []int    `json:"to,omitempty"`  // seats that see the message, beside the sender; empty means all
	ToNames    []string `json:"tn,omitempty"`  // the names of To
	Ask        []int    `json:"ask,omitempty"` // seats that owe an answer; of a Proposal, everyone asked
	AskNames   []string `json:"an,omitempty"`  // the names of Ask
	// seats, beside Ask, for which the message is meant: named in Text by @, or freed of a debt by a withdrawal
	Named     []int `json:"nm,omitempty"`
	ReplyTo   int64 `json:"re,omitempty"`  // the answered event
	ReSeat    int   `json:"res,omitempty"` // the sender of ReplyTo
	ReFor     []int `json:"ref,omitempty"` // the seats that see ReplyTo; empty means all
	ReAdded   int64 `json:"rea,omitempty"` // the event that added the task of ReplyTo
	Chain     []int `json:"ch,omitempty"`  // seats, beside ReSeat, that spoke in the chain of ReplyTo: see Head.ChainOf
	Replaces  int64 `json:"rpl,omitempty"` // of a Proposal: ReplyTo, if the proposal takes its place: see messageRules.replaces
	Bound     []int `json:"bnd,omitempty"` // with Replaces, an agreement: the seats that it binds
	Withdraws int64 `json:"wd,omitempty"`  // the withdrawn request or proposal of the sender

	// KeepsReaders says that the call named no readers, and ReplyTo is private: To has those who see that.
	KeepsReaders bool `json:"keep,omitempty"`

	// Step is 0 unless an endpoint speaks, and then one more than the Step of the answered event: see core.MaxSteps.
	Step int `json:"step,omitempty"`

	File *File `json:"file,omitempty"` // beside Text

	Finishes []int64 `json:"fin,omitempty"`   // the tasks reported as done
	Closes   []int64 `json:"close,omitempty"` // the tasks of Finishes that end
	// the seats whose waits the event ends, whatever its type, beside the waits ended by WokenBy
	Wakes []int       `json:"wk,omitempty"`
	Task  *TaskChange `json:"task,omitempty"`

	// the proposals completed by the event: everyone still asked has agreed
	Agreed   []int64 `json:"ag,omitempty"`
	AgreedTo [][]int `json:"agt,omitempty"` // the seats that see each proposal; an empty list means all

	Reason   Reason `json:"why,omitempty"`    // why the event came about
	Promoted int    `json:"admin,omitempty"`  // the seat that became admin
	NewAdmin string `json:"adminf,omitempty"` // the name of Promoted
	Agent    *Agent `json:"agent,omitempty"`  // all of the agent of Seat, after the event
	Regains  bool   `json:"again,omitempty"`  // Agent has its own seat again, under a new token
	LogKey   string `json:"key,omitempty"`    // of the first event: the key of the ids of messages
	Hash     string `json:"hash,omitempty"`   // of the new password
	Key      string `json:"nkey,omitempty"`   // of a name, to compare names; of a draft, the idempotency key
	Redacts  int64  `json:"rd,omitempty"`     // the message whose text was removed; Seat and To are its own
	Erases   int64  `json:"rdd,omitempty"`    // the draft of Redacts, whose text was removed, too

	Settings    *Settings `json:"room,omitempty"`   // of the first event
	Changed     *Changes  `json:"what,omitempty"`   // the changed settings
	EndpointRun bool      `json:"erun,omitempty"`   // the limit on agents' messages came with an endpoint: see Settings
	OpenFrom    *Mark     `json:"opened,omitempty"` // newcomers see no event before OpenFrom; nil: unchanged
	Behind      *Person   `json:"behind,omitempty"` // all of the person behind Seat, after the event
	Draft       *Event    `json:"draft,omitempty"`  // the waiting message
	Hook        *Hook     `json:"hook,omitempty"`
	Decides     int64     `json:"dec,omitempty"` // the draft that the person sends or refuses

	// The decision of an admin.
	By     int     `json:"by,omitempty"`   // the admin's seat
	ByName string  `json:"byf,omitempty"`  // the admin's name
	Action Action  `json:"act,omitempty"`  // done to Seat or, without a Seat, to Name
	Note   string  `json:"note,omitempty"` // why, in words
	Ban    *Ban    `json:"ban,omitempty"`  // the ban or muting begun or ended
	Invite *Invite `json:"inv,omitempty"`  // the new invite, if changed

	ExpiresMs int64 `json:"expires,omitempty"` // the room's new end, if the event renews the room
	PutsAway  int64 `json:"away,omitempty"`    // the check that the person behind Seat puts away: see State.PutAway
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

	SupervisionSet EventType = "supervision" // the record of the person behind Seat has changed
	Drafted        EventType = "draft"       // a message of an agent waits for its person
	TaskChanged    EventType = "task"        // the list of tasks has changed
	Hooked         EventType = "hook"        // a hook of Seat has begun or, with a Reason, has ended
)

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
	ReasonLeft    Reason = "left"    // the agent called leave_room
	ReasonTimeout Reason = "timeout" // the agent was silent and the seat was wanted; of Managed: the admins were silent
	ReasonKicked  Reason = "kicked"  // an admin took its seat
	ReasonBanned  Reason = "banned"  // an admin took its seat and banned its name
	ReasonClosed  Reason = "closed"  // an admin closed the room

	ReasonBegunAnew Reason = "begun_anew" // all were silent, and a join began the room anew

	ReasonReturned  Reason = "returned"   // of a join: the agent has its own seat again
	ReasonNameTaken Reason = "name_taken" // of a knock: another agent has the name
	ReasonRoomFull  Reason = "room_full"  // of a knock: no seat is free

	ReasonPaused  Reason = "paused"  // of SupervisionSet: the agent may not speak
	ReasonResumed Reason = "resumed" // of SupervisionSet: the agent may speak again
	ReasonRefused Reason = "refused" // of SupervisionSet: a draft is not sent

	ReasonSent   Reason = "sent"   // to the agent, of Said: its draft is sent
	ReasonEdited Reason = "edited" // likewise, with the text of its person
)

// At returns the time of the event.
func (e Event) At() time.Time { return time.UnixMilli(e.AtMs) }

// Before returns the Mark of e: the number of e, and how many messages to all come before e.
func (e Event) Before() Mark {
	before := Mark{N: e.N, Messages: e.Messages}
	if e.Type == Said && len(e.To) == 0 {
		before.Messages--
	}
	return before
}

// ChangesState reports whether a snapshot must be written with the event. Most messages need no snapshot: a message
// changes at most the talk state, carried by the event, unless the message was a draft, ends tasks or renews the room.
func (e Event) ChangesState() bool {
	return e.Type != Said || e.ExpiresMs != 0 || e.Decides != 0 || len(e.Closes) > 0
}

// Actor returns the seat that caused the event, or the seat of the admin who did; 0 for a knock, the end of an
// expired hook, a promotion because all admins are silent, and what the room itself has withdrawn.
func (e Event) Actor() int {
	switch {
	case e.By != 0:
		return e.By
	case e.Type == Knocked, e.Type == Managed, e.Type == Hooked && e.Reason == ReasonHookGone, e.IsByRoom():
		return 0
	}
	return e.Seat
}

// takesSeat reports whether an admin took a seat by e.
func (e Event) takesSeat() bool { return e.Reason == ReasonKicked || e.Reason == ReasonBanned }

// ClosesRoom reports whether the event closes the room for good. Agents can still read.
func (e Event) ClosesRoom() bool {
	return e.Type == Changed && e.Reason == ReasonClosed || e.Type == Retired && e.Reason == ReasonBegunAnew
}

// Frees reports whether the event only takes something away: a seat, a role, the right to speak, a name, a hook, a
// draft, a task, the words of a message or a task, or the room. Each can go only once.
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

// HasReadersOfAnother reports whether e has the readers of the event that e answers or withdraws.
func (e Event) HasReadersOfAnother() bool {
	return e.IsVote() || e.Withdraws != 0
}

// IsOnTheSameAs reports whether e and other are votes on one proposal, or withdrawals of one request. A vote without
// ReplyTo is on any.
func (e Event) IsOnTheSameAs(other Event) bool {
	return e.IsVote() == other.IsVote() && e.Withdraws == other.Withdraws && (e.ReplyTo == other.ReplyTo ||
		e.IsVote() && e.ReplyTo == 0)
}

// IsVote reports whether e agrees or objects to a proposal.
func (e Event) IsVote() bool { return e.Kind.IsVote() }
