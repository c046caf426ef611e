package chat

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// rule returns the change that a call makes at a place, and what else the call learns. A rule may run at several
// places, one after the other. It decides only on its parameter, and changes nothing: its last answer alone counts. If
// the place does not tell, the error is a need, and the call reads and tries again.
type rule[T any] func(at place) (roomlog.Answered[T], error)

// place is where the events of a call would stand in the log: after head and batched, which are not written yet.
type place struct {
	head    *room.Head
	caller  room.Caller
	batched []room.Event
	now     time.Time
	log     *roomlog.Log     // for its tail in memory
	blocked []table.Conflict // see roomlog.Place
}

// hasMoved reports whether the room has changed since event changed, so that items read then may be others, or an item
// to rewrite has expired.
func (at place) hasMoved(changed int64) bool {
	return len(at.blocked) > 0 || at.head.LastChange != changed
}

// ofCaller returns r as a rule of the log. If the caller's seat is gone, the error is errUnseated.
func ofCaller[T any](c *session, r rule[T]) func(roomlog.Place) (roomlog.Answered[T], error) {
	return func(at roomlog.Place) (roomlog.Answered[T], error) {
		caller, here := at.Head.CallerByToken(c.holder)
		if !here {
			return roomlog.Answered[T]{}, errUnseated
		}
		return r(place{at.Head, caller, at.Batched, at.Now, c.room.log, at.Blocked})
	}
}

// change appends to a room that can still be changed, and returns the events. A send under way either stands before the
// change in the log, or obeys the changed rules.
func (c *session) change(ctx context.Context, r rule[struct{}]) ([]room.Event, error) {
	done, err := appendBy(ctx, c, c.room.svc.now(), func(at place) (roomlog.Change, error) {
		if err := checkLive(at.head, at.now); err != nil {
			return roomlog.Change{}, err
		}
		return r(at)
	})
	return done.Events, err
}

// checkLive returns why nobody can change the room any more; nil if the room is live.
func checkLive(head *room.Head, now time.Time) error {
	switch {
	case head.Closed:
		return head.RefuseClosed()
	case head.Expired(now):
		return roomlog.ErrNotFound
	}
	return nil
}

// appendBy appends the events of a rule of c: see roomlog.Append. Events that add data need space on the disk: before
// this rule, one guest changed its name 4,646 times in six seconds, until the disk had no room for a kick.
func appendBy[T any](ctx context.Context, c *session, began time.Time, r rule[T]) (roomlog.Answered[T], error) {
	c.room.svc.space.readIfDue()
	done, err := roomlog.Append(ctx, c.room.log, began, ofCaller(c, func(at place) (roomlog.Answered[T], error) {
		ch, err := r(at)
		if err == nil {
			err = c.reserveSpace(ch.Events)
		}
		return ch, err
	}))
	if errors.Is(err, errUnseated) {
		err = c.refuseToken(ctx, c.room.log.Peek())
	}
	return done, err
}

// errUnseated reports that the caller's seat is gone. The package replaces this error by the reason.
var errUnseated = errors.New("chat: the seat is gone")

// need is the error of a rule in place of an answer that its place does not tell. The call reads what is needed, and
// applies the rule once more. It may also find that its caller must decide first.
type need string

const (
	needReading need = "something unread may change what the caller says or does" // see intent.mayBeHeld

	needCalls need = "the index lacks calls of the caller, which may be the same" // see findMade

	// of a send: see outgoing.decide

	needUnpaused     need = "the agent is paused"
	needConfirmation need = "the text seems to hold a credential"
	needAgreement    need = "a proposal answers what may be an agreement"

	// of a change of tasks, a join, a check and a removal: see taskOp.propose, seatProposal.Propose and place.hasMoved

	needPresence need = "only the presence of the seats tells whether a task has stalled, or a seat is free"
	needPassword need = "the password has changed"
	needPerson   need = "who was behind the agent before is not known"
	needItems    need = "the room has changed since its items were read"
)

// stops reports whether a message stays unsent until somebody else acts, or its caller has read more.
func (n need) stops() bool { return n == needUnpaused || n == needReading }

func (n need) Error() string { return "chat: a rule needs more: " + string(n) }

// needOf returns the need that err is, if any.
func needOf(err error) (n need, is bool) {
	is = errors.As(err, &n)
	return n, is
}

// maxAttempts bounds how often a call starts again because another call has changed the room meanwhile.
const maxAttempts = 200

func refuseRaces() error {
	return fault.Refuse(fault.Unavailable, "The room changed too often meanwhile. Nothing was changed: call again.")
}
