package room

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
)

// Version is that of everything this program stores. A program that meets another
// one reads nothing from that item and writes no snapshot over it.
const Version = 3

// ErrNewerVersion reports data that a newer program stored.
var ErrNewerVersion = errors.New("room: stored by a newer version of Parley")

// ErrOlderVersion reports data of a format that no release ever stored.
var ErrOlderVersion = errors.New("room: stored by an earlier build of Parley, which this one cannot read")

// Event is one entry of a room's log. Events are complete deltas: applying all of
// them in order gives the room's state. N is the sort key of the stored event
// and not part of its data.
type Event struct {
	N int64 `json:"-"`

	V  int    `json:"v"`
	ID string `json:"id"` // random; the writer recognizes its own event by it
	// LastChange is the last event, up to this one, that changed the state. It
	// tells a reader whether a snapshot is the newest.
	LastChange int64     `json:"st"`
	AtMs       int64     `json:"at"` // Unix time in milliseconds
	Type       EventType `json:"t"`
	Seat       int       `json:"s,omitempty"` // the agent that spoke, came, left or was managed
	Name       string    `json:"f,omitempty"` // its name at that time

	// Of Said.
	Text    string   `json:"x,omitempty"`
	Kind    Kind     `json:"k,omitempty"`   // empty means Plain
	To      []int    `json:"to,omitempty"`  // seats that see it, beside the sender; empty means all
	ToNames []string `json:"tn,omitempty"`  // their names at that time
	ReplyTo int64    `json:"re,omitempty"`  // the event that it answers
	ReSeat  int      `json:"res,omitempty"` // the sender of that event
	ReFor   []int    `json:"ref,omitempty"` // the seats that see that event; empty means all
	Resumes bool     `json:"on,omitempty"`  // the sender had been done

	Reason   Reason    `json:"why,omitempty"`    // of Left, and of Changed where it closes the room
	Promoted int       `json:"admin,omitempty"`  // of Left: the seat that became admin
	NewAdmin string    `json:"adminf,omitempty"` // its name at that time
	Agent    *Agent    `json:"agent,omitempty"`  // of Joined
	Settings *Settings `json:"room,omitempty"`   // of Changed, and of the Joined that starts a log
	Changed  []string  `json:"what,omitempty"`   // of Changed: the settings that differ

	// Of what an admin did: Left (kicked, banned), Managed and Changed.
	By     int    `json:"by,omitempty"`   // the admin's seat
	ByName string `json:"byf,omitempty"`  // its name at that time
	Action Action `json:"act,omitempty"`  // of Managed: what was done to Seat, or to Name where there is no seat
	Note   string `json:"note,omitempty"` // the admin's reason
	Ban    *Ban   `json:"ban,omitempty"`  // the ban or the muting that begins or ends

	ExpiresMs int64 `json:"expires,omitempty"` // the room's new end, where the event renews it
}

// EventType says what an event did.
type EventType string

// The types of events.
const (
	Said       EventType = "said"
	Joined     EventType = "joined"
	Left       EventType = "left"
	Managed    EventType = "role" // an admin promoted, demoted, muted or banned
	Changed    EventType = "room" // an admin changed the settings or closed the room
	Paired     EventType = "paired"
	SeatWanted EventType = "knock"   // a join found no free seat
	Retired    EventType = "retired" // the name starts over with another log
)

// Kind says what the sender of a message expects.
type Kind string

// The kinds of messages.
const (
	Plain   Kind = "message"
	Request Kind = "request" // wants an answer
	Status  Kind = "status"  // wants none
	Done    Kind = "done"    // the sender has finished
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

// Reason says why an agent lost its seat, or why the room ended.
type Reason string

// The reasons.
const (
	ReasonLeft     Reason = "left"     // it called leave_room
	ReasonTimeout  Reason = "timeout"  // its lease had ended and the seat was wanted
	ReasonReplaced Reason = "replaced" // the same name joined again after a silence
	ReasonKicked   Reason = "kicked"   // an admin took its seat
	ReasonBanned   Reason = "banned"   // an admin took its seat and banned its name
	ReasonClosed   Reason = "closed"   // an admin closed the room
)

// At returns the time of the event.
func (e Event) At() time.Time { return time.UnixMilli(e.AtMs) }

// ChangesState reports whether a snapshot must be written with the event.
func (e Event) ChangesState() bool {
	return e.Type != Said || e.ExpiresMs != 0 || e.Kind == Done || e.Resumes
}

// Actor returns the seat that caused the event: the admin's, where there is one.
func (e Event) Actor() int {
	if e.By != 0 {
		return e.By
	}
	return e.Seat
}

// ClosesRoom reports whether the event ends the room for good.
func (e Event) ClosesRoom() bool { return e.Type == Changed && e.Reason == ReasonClosed }

// Fingerprint identifies a message by its text and its addressees, so that a
// repeated call is recognized.
func Fingerprint(text string, to []int) (sum [16]byte) {
	h := sha256.New()
	if len(to) > 0 {
		h.Write(fmt.Append(nil, to, "\x00")) // no text contains a NUL
	}
	h.Write([]byte(text))
	copy(sum[:], h.Sum(nil))
	return sum
}
