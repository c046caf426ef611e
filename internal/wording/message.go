package wording

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// The limits on arguments that are the same in every room.
const (
	MaxKey      = 64                // characters of an idempotency key
	MaxActivity = 80                // characters of an activity
	MaxWait     = 12 * time.Hour    // that a call waits
	MaxBackIn   = 120 * time.Minute // of an announced absence
)

// Message is what a message would be in any room.
type Message struct {
	Text      string
	Kind      room.Kind
	Withdraws bool // it takes something back
	To        bool // it names its readers
	Asks      bool // it names who owes an answer
	Key       string
	Wait      time.Duration // for an answer
	BackIn    time.Duration // until the announced return
	Activity  string        // what the agent is doing
}

// Check refuses what cannot be a message in any room. The error is a *fault.Error.
func (m Message) Check() error {
	if wordless := m.Kind == room.Agree || m.Withdraws; m.Text != "" || !wordless {
		if err := room.CheckText(m.Text); err != nil {
			return err
		}
	}
	vote := m.Kind == room.Agree || m.Kind == room.Object
	switch {
	case m.Kind != "" && !slices.Contains(room.Kinds(), m.Kind):
		return fault.Refuse(fault.InvalidArgument, "kind must be message, request (wants an answer), status (wants none), proposal (wants everyone to agree), agree, object or done (you are finished). Nothing was sent.")
	case m.Asks && (m.Kind == room.Status || m.Kind == room.Done || vote):
		return fault.Refuse(fault.InvalidArgument, "ask does not go with kind %s, which wants no answer. Nothing was sent: leave ask out, or use kind request.", m.Kind)
	case m.Withdraws && (m.Kind == room.Proposal || m.Kind == room.Request || vote || m.To || m.Asks):
		return fault.Refuse(fault.InvalidArgument, "withdraw takes a request or proposal back, for those who saw it, and goes with no kind, to or ask that asks anew. Nothing was sent: use two calls.")
	case m.Wait < 0 || m.Wait > MaxWait:
		return fault.Refuse(fault.InvalidArgument, "wait_seconds must be from 0 to %d. Nothing was sent.", fault.Seconds(MaxWait))
	case utf8.RuneCountInString(m.Key) > MaxKey || !utf8.ValidString(m.Key) || room.HasControls(m.Key, ""):
		return fault.Refuse(fault.InvalidArgument, "idempotency_key: at most %d characters without control characters. Nothing was sent.", MaxKey)
	}
	return checkPresence(m.BackIn, m.Activity)
}

// checkPresence refuses what no agent can say about itself.
func checkPresence(backIn time.Duration, activity string) error {
	switch {
	case backIn < 0 || backIn > MaxBackIn:
		return fault.Refuse(fault.InvalidArgument, "back_in_minutes must be from 0 (you are back) to %d. Nothing was done.", int(MaxBackIn.Minutes()))
	case utf8.RuneCountInString(activity) > MaxActivity || !utf8.ValidString(activity) || room.HasControls(activity, ""):
		return fault.Refuse(fault.InvalidArgument, "activity: at most %d characters without control characters. Nothing was done.", MaxActivity)
	}
	return room.CheckSecret("activity", activity)
}

// CheckWait refuses a wait that no seat can make, and what no agent can say about itself with
// it. The error is a *fault.Error.
func CheckWait(wait, backIn time.Duration, activity string) error {
	if wait < 0 || wait > MaxWait {
		return fault.Refuse(fault.InvalidArgument, "wait_seconds must be from 0 to %d.", fault.Seconds(MaxWait))
	}
	return checkPresence(backIn, activity)
}
