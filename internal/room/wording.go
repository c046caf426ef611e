package room

import (
	"slices"

	"github.com/parley-chat/parley/internal/fault"
)

// Wording is what a message would be in any room.
type Wording struct {
	Text      string
	Kind      Kind
	Withdraws bool // it takes something back
	To        bool // it names its readers
	Asks      bool // it names who owes an answer
}

// Check refuses what cannot be a message in any room. The error is a *fault.Error.
func (d Wording) Check() error {
	if wordless := d.Kind == Agree || d.Withdraws; d.Text != "" || !wordless {
		if err := CheckText(d.Text); err != nil {
			return err
		}
	}
	vote := d.Kind == Agree || d.Kind == Object
	switch {
	case d.Kind != "" && !slices.Contains(Kinds(), d.Kind):
		return fault.Refuse(fault.InvalidArgument, "kind must be message, request (wants an answer), status (wants none), proposal (wants everyone to agree), agree, object or done (you are finished). Nothing was sent.")
	case d.Asks && (d.Kind == Status || d.Kind == Done || vote):
		return fault.Refuse(fault.InvalidArgument, "ask does not go with kind %s, which wants no answer. Nothing was sent: leave ask out, or use kind request.", d.Kind)
	case d.Withdraws && (d.Kind == Proposal || d.Kind == Request || vote || d.To || d.Asks):
		return fault.Refuse(fault.InvalidArgument, "withdraw takes a request or proposal back, for those who saw it, and goes with no kind, to or ask that asks anew. Nothing was sent: use two calls.")
	}
	return nil
}
