package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// maxAttempts bounds how often a call starts again because another call has changed the room meanwhile.
const maxAttempts = 200

// need is the error of a rule in place of an answer that its place does not tell. The call reads what is needed, and
// applies the rule once more. It may also find that its caller must decide first.
type need string

const (
	needReading need = "something unread may change what the caller says or does" // see guarded.mayBeHeld

	// of a send: see outgoing.decide

	needLastMessage  need = "the index of the head lacks the caller's last message, which may be the same"
	needOlderLog     need = "the index does not reach back to the start of the call"
	needUnpaused     need = "the agent is paused"
	needConfirmation need = "the text seems to hold a credential"
	needAgreement    need = "a proposal answers what may be an agreement"

	// of a change of tasks, a join and a removal: see taskOp.propose, seatProposal.Propose and hasMoved

	needPresence need = "only the presence of the seats tells whether a task has stalled, or a seat is free"
	needPassword need = "the password has changed"
	needPerson   need = "who was behind the agent before is not known"
	needItems    need = "the room has changed since the items to rewrite were read"
)

func (n need) Error() string { return "chat: a rule needs more: " + string(n) }

// needOf returns the need that err is, if any.
func needOf(err error) (n need, is bool) {
	is = errors.As(err, &n)
	return n, is
}

// byName repeats do, which looks up a room by name, until the name no longer moves to another room. did is the verb
// for the refusal.
func byName[T any](ctx context.Context, service *Service, did string, do func() (T, error)) (T, error) {
	var none T
	for range maxAttempts {
		got, err := do()
		if !errors.Is(err, roomlog.ErrNameMoved) {
			return got, err
		}
		if err := service.store.Pause(ctx, roomlog.Backoff(0)); err != nil {
			return none, err
		}
	}
	return none, fault.Refuse(fault.Unavailable, "The room changed too often while you %s. Call again.", did)
}
