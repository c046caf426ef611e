package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
)

// DraftLife is how long a person may take to decide about a draft.
const DraftLife = 24 * time.Hour

// Open returns the drafts that wait for p, oldest first.
func (p Person) Open(now time.Time) []Draft {
	return draftsBut(p.Drafts, func(d Draft) bool { return now.Sub(time.UnixMilli(d.AtMs)) >= DraftLife })
}

// draftsBut returns the drafts for which over is false; nil for none. drafts is unchanged.
func draftsBut(drafts []Draft, over func(Draft) bool) (left []Draft) {
	for _, draft := range drafts {
		if !over(draft) {
			left = append(left, draft)
		}
	}
	return left
}

// WithoutDraft returns p without the draft of event n.
func (p Person) WithoutDraft(n int64) Person {
	p.Drafts = draftsBut(p.Drafts, func(d Draft) bool { return d.N == n })
	return p
}

// addDraft adds the draft of e, and drops the drafts older than DraftLife.
func (s *State) addDraft(e Event) {
	s.change(e.Seat, func(a *Agent) {
		a.Person.Drafts = append(a.Person.Open(e.At()), Draft{N: e.N, AtMs: e.AtMs})
	})
}

// Decision is what a person decides about a draft.
type Decision string

// The decisions.
const (
	SendDraft   Decision = "send"   // unchanged, as the agent's message
	EditDraft   Decision = "edit"   // with the person's text
	RefuseDraft Decision = "refuse" // not at all
)

// Check refuses an unknown decision, and a text that the decision does not allow. The text of RefuseDraft is the
// reason, perhaps empty. The error is a *fault.Error.
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

// Draft returns the event by which event, a message of c that ProposeMessage has completed, waits for the person. A
// draft is an event, so the log orders all decisions about it: repeated calls and two devices at once send the draft
// once. asked are the seats asked by the agent itself; ProposeMessage finds the other seats again when the draft is
// sent. key is the idempotency key of the call, or "". The error is a *fault.Error.
func (c Caller) Draft(event Event, asked []int, key string, now time.Time) (Event, error) {
	if len(c.Person.Open(now)) >= core.MaxDrafts {
		return event, fault.Refuse(fault.Paused, "%d of your messages wait for your user, and no more can. Nothing "+
			"was sent: call wait_for_message, which tells you what your user decides.",
			core.MaxDrafts).For(fault.RuleDrafts)
	}
	event.Ask, event.Named = asked, nil
	e := Event{Type: Drafted, Call: event.Call, To: []int{c.Seat}, Draft: &event, Key: key}
	event.Call = ""
	c.sign(&e)
	return e, nil
}

// DecideDraft returns the event, to follow h, by which the person behind agent decides about the draft of event.
// Agents leave and proposals end, so DecideDraft checks the rules about readers and debts again. If DecideDraft
// fails, the draft still waits. The event tells the agent what was said in its name: the event wakes the agent, and
// holds back its next send once. The error is a *fault.Error.
func (h *Head) DecideDraft(agent Agent, event Event, decision Decision, text string, bound []int,
	now time.Time) (Event, error) {
	switch {
	case event.Type != Drafted || event.Seat != agent.Seat || !agent.HasDraft(event.N, now):
		return event, ErrDecided
	case decision == RefuseDraft:
		e := agent.Supervise(agent.Person.WithoutDraft(event.N), ReasonRefused)
		e.Decides, e.Note = event.N, text
		return e, nil
	}
	e := *event.Draft
	if e.HasReadersOfAnother() {
		e.To, e.ToNames = nil, nil // ProposeMessage sets the present readers
	}
	e.Decides = event.N
	if decision == EditDraft {
		e.Text, e.Person = text, true
	}
	return h.ProposeAnswer(Caller{Agent: agent}, e, bound, now) // from the agent, unless the text is the person's
}

// QuestionState is how the question stands that a draft answers: a request, a proposal, or a message with ask. It is
// "" of what asks nothing, of what the agent of the draft has asked or answered, and of an agreement.
type QuestionState string

// The states of a question.
const (
	QuestionOpen      QuestionState = "open"
	QuestionWithdrawn QuestionState = "withdrawn" // or its text was removed, as that of any message may be
	QuestionAnswered  QuestionState = "answered"  // by others, so that it awaits nothing more
	QuestionEnded     QuestionState = "ended"     // otherwise: by age, a newer one, or its sender's leave
)

// IsStale reports whether a draft answers what awaits no answer any more.
func (q QuestionState) IsStale() bool { return q != "" && q != QuestionOpen }

// Asked reports whether e, when it was sent, awaited an answer or a vote.
func (e Event) Asked() bool { return e.Talk != nil && e.Talk.asks(e.N) }

// Ends reports whether the question of event n, before e, is not open after e.
func (e Event) Ends(n int64) bool { return e.Talk != nil && !e.Talk.asks(n) }

// StateAfter returns how asked stands after e, the event that has ended it, for the agent of a seat.
func (e Event) StateAfter(asked Event, seat int) QuestionState {
	answers := e.Type == Said && (e.ReplyTo == asked.N || e.ReplyTo > asked.N && slices.Contains(asked.Ask, e.Seat))
	switch {
	case e.Withdraws == asked.N:
		return QuestionWithdrawn
	case e.At().Sub(asked.At()) >= DebtLife:
		return QuestionEnded
	case answers && e.Seat == seat:
		return ""
	case answers && asked.Kind != Proposal:
		return QuestionAnswered
	}
	return QuestionEnded
}

// HasDraft reports whether the draft of event n waits for the person behind a.
func (a Agent) HasDraft(n int64, now time.Time) bool {
	return slices.ContainsFunc(a.Person.Open(now), func(d Draft) bool { return d.N == n })
}

// IsDecision reports whether e is what follows a decision about a draft.
func (e Event) IsDecision(decision Decision, text string) bool {
	switch decision {
	case RefuseDraft:
		return e.Type == SupervisionSet && e.Note == text
	case EditDraft:
		return e.Type == Said && e.Person && e.Text == text
	}
	return e.Type == Said && !e.Person
}

// ErrDecided refuses a decision about anything but a waiting draft.
var ErrDecided = fault.Refuse(fault.InvalidArgument, "draft: no draft with this id waits for you. It has been "+
	"decided, perhaps on another device, or is more than a day old. Nothing was decided: drafts lists those that wait.")
