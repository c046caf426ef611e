package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/presence"
	"github.com/parley-chat/parley/internal/room"
)

// checkSupervision reports whether the call of a ends since the message is a draft already, and
// else why a may not speak in the room of s until its person does something.
func (op *sendOp) checkSupervision(s *room.State, a room.Agent, now time.Time) (stop bool, reason error) {
	switch {
	case a.IsPerson():
		return false, nil
	case op.isDraft(a, op.fingerprint, now):
		return true, nil
	case a.Person.Paused:
		return true, errPaused
	}
	err := s.CheckRun()
	return err != nil, err
}

// isDraft reports whether the message with this fingerprint is an open draft of a. A call
// with a key is known by that alone.
func (op *sendOp) isDraft(a room.Agent, fingerprint [16]byte, now time.Time) bool {
	if op.req.Key == "" {
		op.known = a.FindDraft(fingerprint, now)
		op.draft = op.known > 0
	}
	return op.draft
}

// makeDraft returns the event that keeps the composed message e for the person behind a. If
// there is one, op.known is its number.
func (op *sendOp) makeDraft(a room.Agent, e room.Event, now time.Time) (room.Event, error) {
	if op.isDraft(a, e.Fingerprint(), now) { // a vote is known by the proposal that Compose has found
		return e, nil
	}
	op.draft = true
	return a.Draft(e, op.event.Ask, op.req.Key, now)
}

// unspoken notes a call that said nothing, and returns what comes with its answer. It has not
// looked for news.
func (op *sendOp) unspoken(ctx context.Context, status WaitStatus) Waited {
	c := op.caller
	c.attendance().Note(ctx, presence.Call{Fresh: presence.SendFresh})
	return Waited{Status: status, Cursor: op.req.Cursor, Others: c.room.log.Known().Others(c.agent.Seat)}
}

// wrote reports whether the call that got this has written a message, or something that
// costs as much.
func (got Sent) wrote() bool {
	return got.Credential != "" || !got.Duplicate && (got.Sent || got.Status == StatusPending)
}

// lookUpDecided finds out what became of the draft for which the idempotency key stood.
func (op *sendOp) lookUpDecided(ctx context.Context) error {
	if err := op.lookUpKey(ctx); err != nil || !op.draft {
		return err
	}
	return fault.Refuse(fault.NotAllowed, "Your user has not let you send this message, or has not decided within a day. Nothing was sent: call wait_for_message, and send something else, if anything, under another idempotency_key.")
}
