package chat

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// SendRequest asks to say Text.
type SendRequest struct {
	Token string
	Text  string // may be empty with room.Agree, and with Withdraw
	// To has names: only they and the sender see the message. Everyone alone stands for everybody, and so does an empty
	// To, except in an answer to a private message, which goes to those who could read that: see outgoing.keepsReaders.
	To       []string
	Ask      []string      // names; each owes an answer
	ReplyTo  string        // the id of the answered message, if any
	Withdraw string        // the id of the caller's request or proposal to take back
	Kind     room.Kind     // default Plain
	Cursor   string        // for the guard: see Send
	Wait     time.Duration // for an answer, after the message
	Absence
	Activity string   // what the agent is doing, at most MaxActivity characters; "" says nothing
	Finishes []string // ids of tasks that the message reports as done
	Key      string   // calls of one seat with the same key are one message, for a day
	// Stay says that the caller knows no cursor, and has every earlier result, unless the call repeats a message. Of
	// newer messages, those meant for the agent hold it back.
	Stay bool
	// Said, if not nil, is called when the message is stored, before the call waits.
	Said func()
}

// check refuses what cannot be a message in any room. The error is a *fault.Error.
func (req SendRequest) check() error {
	if len(req.Text) > core.MaxText {
		return fault.Refuse(fault.MessageTooLong, "text has %d bytes, at most %d are allowed. Nothing was sent: write "+
			"it to a file and call share_file with name and size, which gives you a command that shares it; or say "+
			"it shorter.", len(req.Text), core.MaxText)
	}

	if req.Text != "" || req.Withdraw == "" && req.Kind.NeedsText() {
		if err := room.CheckText(req.Text); err != nil {
			return err
		}
	}

	// The kind, combinations of fields, wait and key.
	switch {
	case req.Kind != "" && !slices.Contains(room.Kinds(), req.Kind):
		return fault.Refuse(fault.InvalidArgument, "kind must be message, request (wants an answer), status (wants "+
			"none), proposal (wants everyone to agree), agree, object or done (you are finished). Nothing was sent.")
	case slices.ContainsFunc(req.To, namesAll) && !isEveryone(req.To):
		return fault.Refuse(fault.InvalidArgument, "to names everyone beside others. Nothing was sent: give only "+
			"[\"everyone\"], for all, or only names.")
	case len(req.Ask) > 0 && !req.Kind.TakesAsk():
		return fault.Refuse(fault.InvalidArgument, "ask does not go with kind %s, which wants no answer. Nothing was "+
			"sent: leave ask out, or use kind request.", req.Kind)
	case req.Withdraw != "" && (req.Kind.Asks() || req.Kind.IsVote() || len(req.To) > 0 || len(req.Ask) > 0):
		return fault.Refuse(fault.InvalidArgument, "withdraw takes a request or proposal back, for those who saw "+
			"it. It cannot be combined with to, with ask, or with a kind that asks or votes. Nothing was sent: use "+
			"two calls.")
	case req.Wait < 0 || req.Wait > core.MaxWait:
		return fault.Refuse(fault.InvalidArgument, "wait_seconds must be from 0 to %d. Nothing was sent.",
			fault.Seconds(core.MaxWait))
	case utf8.RuneCountInString(req.Key) > core.MaxKey || !utf8.ValidString(req.Key) || room.HasControls(req.Key, ""):
		return fault.Refuse(fault.InvalidArgument,
			"idempotency_key: at most %d characters without control characters. Nothing was sent.", core.MaxKey)
	}
	if err := req.checkFinishes(); err != nil {
		return err
	}
	return checkPresence(req.BackIn, req.Activity)
}

// checkFinishes refuses finishes that are no ids, are too many, or do not go with the message.
func (req SendRequest) checkFinishes() error {
	for i, id := range req.Finishes {
		if _, ok := room.TaskNumber(id); !ok {
			return fault.Refuse(fault.InvalidArgument, "finishes: number %d is not the id of a task, such as t7. "+
				"Nothing was sent: task lists them.", i+1)
		}
	}
	switch {
	case len(req.Finishes) > core.MaxFinishes:
		return fault.Refuse(fault.InvalidArgument, "finishes: at most %d tasks. Nothing was sent: report the others "+
			"by another message.", core.MaxFinishes)
	case len(req.Finishes) > 0 && (len(req.To) > 0 && !isEveryone(req.To) || req.Kind.IsVote() || req.Withdraw != ""):
		return fault.Refuse(fault.InvalidArgument, "finishes goes with a message to all, and not with to, a vote or "+
			"withdraw. Nothing was sent: use two calls.")
	}
	return nil
}
