package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
)

// DraftLife is how long a person may take to decide about a draft.
const DraftLife = 24 * time.Hour

// Open returns the drafts about which p has yet to decide, oldest first.
func (p Person) Open(now time.Time) []Draft {
	return draftsBut(p.Drafts, func(d Draft) bool { return now.Sub(time.UnixMilli(d.AtMs)) >= DraftLife })
}

// draftsBut returns drafts but those that are over; nil for none. drafts is unchanged.
func draftsBut(drafts []Draft, over func(Draft) bool) (left []Draft) {
	for _, d := range drafts {
		if !over(d) {
			left = append(left, d)
		}
	}
	return left
}

// WithoutDraft returns p without the draft of event n.
func (p Person) WithoutDraft(n int64) Person {
	p.Drafts = draftsBut(p.Drafts, func(d Draft) bool { return d.N == n })
	return p
}

// addDraft adds the draft of e, and drops those that have waited for too long.
func (s *State) addDraft(e Event) {
	s.change(e.Seat, func(a *Agent) {
		a.Person.Drafts = append(a.Person.Open(e.At()),
			Draft{N: e.N, AtMs: e.AtMs, Fingerprint: (*e.Draft).Fingerprint()})
	})
}

// MaxDrafts is how many drafts of a seat wait at once.
const MaxDrafts = 8

// Decision is what a person decides about a draft.
type Decision string

// The decisions.
const (
	SendDraft   Decision = "send"   // as it is, as the agent's message
	EditDraft   Decision = "edit"   // with the person's text
	RefuseDraft Decision = "refuse" // not at all
)

// Check refuses what is no decision, and a text that does not go with it: of RefuseDraft it is the
// reason, which may be empty. The error is a *fault.Error.
func (d Decision) Check(text string) error {
	switch {
	case d != SendDraft && d != EditDraft && d != RefuseDraft:
		return fault.Refuse(fault.InvalidArgument,
			"decision must be send, edit (with text) or refuse. Nothing was decided.")
	case d == EditDraft:
		return CheckText(text)
	case d == RefuseDraft:
		return CheckNote("text", text)
	case text != "":
		return fault.Refuse(fault.InvalidArgument,
			"text goes with decision edit or refuse. Nothing was decided: leave one of them out.")
	}
	return nil
}

// Draft returns the event by which message m of a, which ProposeMessage has completed, waits for the
// person. A draft is an event so that it is sent once: the log orders the decision, whoever
// repeats a call or decides at the same time. asked are the seats that the agent itself asks; the
// others that the message asks are found when it is sent. key is the idempotency key of the call,
// if it has one. The error is a *fault.Error.
func (a Agent) Draft(m Event, asked []int, key string, now time.Time) (Event, error) {
	if len(a.Person.Open(now)) >= MaxDrafts {
		return m, fault.Refuse(fault.Paused, "%d of your messages wait for your user, and no more can. Nothing was "+
			"sent: call wait_for_message, which tells you what your user decides.", MaxDrafts).For(fault.RuleDrafts)
	}
	m.Ask, m.Named = asked, nil
	return Event{Type: Drafted, Seat: a.Seat, Name: a.Name, To: []int{a.Seat}, Draft: &m, Key: key}, nil
}

// DecideDraft returns the event by which the person behind a decides about the draft of event d,
// as the event after h. Agents leave and proposals end, so the rules about readers and debts are
// checked once more; a refusal leaves the draft with the person. The event tells the agent what
// was said in its name: it wakes it, and holds its next send back once. The error is a
// *fault.Error.
func (h *Head) DecideDraft(a Agent, d Event, decision Decision, text string, now time.Time) (Event, error) {
	switch {
	case d.Type != Drafted || d.Seat != a.Seat || !a.HasDraft(d.N, now):
		return d, RefuseDecided()
	case decision == RefuseDraft:
		e := a.Supervise(a.Person.WithoutDraft(d.N), ReasonRefused)
		e.Decides, e.Note = d.N, text
		return e, nil
	}
	e := *d.Draft
	if e.HasReadersOfAnother() {
		e.To, e.ToNames = nil, nil // its readers are those of what it answers or takes back, as of now
	}
	e.Decides = d.N
	if decision == EditDraft {
		e.Text, e.Person = text, true
	}
	return h.ProposeMessage(Caller{Agent: a}, e, now) // the agent says it, unless the text is the person's
}

// HasDraft reports whether the person behind a has yet to decide about the draft of event n.
func (a Agent) HasDraft(n int64, now time.Time) bool {
	return slices.ContainsFunc(a.Person.Open(now), func(d Draft) bool { return d.N == n })
}

// FindDraft returns the event of the open draft of a with this fingerprint; 0 if there is none.
func (a Agent) FindDraft(fingerprint [16]byte, now time.Time) int64 {
	for _, d := range a.Person.Open(now) {
		if d.Fingerprint == fingerprint {
			return d.N
		}
	}
	return 0
}

// RefuseDecided refuses to decide about what is no draft that waits.
func RefuseDecided() error {
	return fault.Refuse(fault.InvalidArgument, "draft: no draft with this id waits for you. It has been decided, "+
		"perhaps on another device, or is more than a day old. Nothing was decided: drafts lists those that wait.")
}
