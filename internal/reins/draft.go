package reins

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// MaxDrafts is how many drafts of a seat wait at once.
const MaxDrafts = 8

// Decision is what a person decides about a draft.
type Decision string

// The decisions.
const (
	Send   Decision = "send"   // as it is, as the agent's message
	Edit   Decision = "edit"   // with the person's text
	Refuse Decision = "refuse" // not at all
)

// Check refuses what is no decision, and a text that does not go with it. The error is a
// *fault.Error.
func (d Decision) Check(text string) error {
	switch {
	case d != Send && d != Edit && d != Refuse:
		return fault.Refuse(fault.InvalidArgument, "decision must be send, edit (with text) or refuse. Nothing was decided.")
	case d == Edit:
		return room.CheckText(text)
	case text != "":
		return fault.Refuse(fault.InvalidArgument, "text goes with decision edit alone. Nothing was decided: leave one of them out.")
	}
	return nil
}

// Draft returns the event by which message m of a, which room.Compose has completed, waits
// for the person. asked are the seats that the agent itself asks: whom the message asks
// beside them is decided when it is sent. key is the idempotency key of the call, if it has
// one. The error is a *fault.Error.
func Draft(a room.Agent, m room.Event, asked []int, key string, now time.Time) (room.Event, error) {
	if len(a.Person.Open(now)) >= MaxDrafts {
		return m, fault.Refuse(fault.Paused, "%d of your messages wait for your user, and no more can. Nothing was sent: call wait_for_message, which tells you what your user decides.", MaxDrafts)
	}
	m.Ask, m.Named = asked, nil
	return room.Event{Type: room.Drafted, Seat: a.Seat, Name: a.Name, To: []int{a.Seat}, Draft: &m, Key: key}, nil
}

// Decide returns the event by which the person behind a decides about the draft of event d,
// as the event after h. What the message asks, and of whom, is checked anew. The error is a
// *fault.Error, and leaves the draft as it is.
func Decide(h *room.Head, a room.Agent, d room.Event, decision Decision, text string, now time.Time) (room.Event, error) {
	switch {
	case d.Type != room.Drafted || d.Seat != a.Seat || !IsOpen(a, d.N, now):
		return d, RefuseDecided()
	case decision == Refuse:
		e := room.Steer(a, a.Person.WithoutDraft(d.N), room.ReasonRefused)
		e.Decides = d.N
		return e, nil
	}
	e := *d.Draft
	a.Device = "" // the agent says it, unless the text is the person's
	if e.HasReadersOfAnother() {
		e.To, e.ToNames = nil, nil // its readers are those of what it answers or takes back, as of now
	}
	if room.ArrivedSince(&h.State, d.N, e.To) || room.ArrivedSince(&h.State, d.N, e.Ask) {
		return d, fault.Refuse(fault.InvalidArgument, "An agent that the draft names has left the room. Nothing was sent, and the draft still waits: refuse it, or say it to others yourself.")
	}
	if e.Decides = d.N; decision == Edit {
		e.Text, e.Person = text, true
	}
	return room.Compose(h, a, e, now)
}

// IsOpen reports whether the person behind a has yet to decide about the draft of event n.
func IsOpen(a room.Agent, n int64, now time.Time) bool {
	return slices.ContainsFunc(a.Person.Open(now), func(d room.Draft) bool { return d.N == n })
}

// Find returns the event of the open draft of a with this fingerprint; 0 if there is none.
func Find(a room.Agent, fingerprint [16]byte, now time.Time) int64 {
	for _, d := range a.Person.Open(now) {
		if d.Fingerprint == fingerprint {
			return d.N
		}
	}
	return 0
}

// RefuseDecided refuses to decide about what is no draft that waits.
func RefuseDecided() error {
	return fault.Refuse(fault.InvalidArgument, "draft: that is no draft that waits for you. It has been decided, perhaps on another device, or is more than a day old. Nothing was decided: drafts lists those that wait.")
}
