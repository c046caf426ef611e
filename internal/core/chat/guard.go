package chat

import (
	"context"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// guard holds back a message until its sender has read the messages of others that may matter to it.
type guard struct {
	on      bool         // false: the call has no cursor of the caller within the log, so nothing holds back
	cursor  ident.Cursor // may be beyond the known head
	checked int64        // nothing up to this event holds the message back
}

// hasNotHeard reports whether the caller has not heard of event n, as the cursor shows.
func (g guard) hasNotHeard(n int64) bool { return g.on && g.cursor.N < n }

// holdBack searches the messages after the cursor for one that holds the send back. If a message does, the answer is
// everything unread. The answer's cursor is marked as held, so the table need not know, except for a stay: with a
// held cursor, only messages meant for the sender hold the next send back.
func (op *sendOp) holdBack(ctx context.Context) (*Sent, error) {
	c := op.session
	head, err := c.room.log.Refresh(ctx, op.began)
	if err != nil {
		return nil, err
	}
	c.useHead(head)
	if op.guard.cursor.N > head.AsOf { // the cursor is beyond the log
		op.guard.on = false
		return nil, nil
	}
	held, err := op.isHeld(ctx, head)
	if err != nil || !held {
		return nil, err
	}
	in := newInbox(c, position{Offer: presence.OfferAfter(op.guard.cursor.N)})
	if err := in.collect(ctx); err != nil {
		return nil, err
	}
	if op.req.Stay {
		if err := c.reader().HoldBack(ctx, in.pos.Offer, in.scanned, op.req.Key); err != nil {
			return nil, err
		}
	}
	c.recorder().Record(ctx, presence.Call{Fresh: presence.SendFresh})
	got, err := c.handOut(ctx, in, nil)
	if err != nil {
		return nil, err
	}
	got.Cursor = ident.Cursor{N: in.scanned, Held: true}.String(c.token)
	return &Sent{Waited: *got}, nil
}

// isHeld reports whether an event up to head holds the send back. Each event that does not hold the send back counts
// as checked.
func (op *sendOp) isHeld(ctx context.Context, head *room.Head) (bool, error) {
	c := op.session
	for event, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Since(ctx, op.guard.checked, head.AsOf) {
		if err != nil {
			return false, err
		}
		if op.holds(c.me, event) {
			return true, nil
		}
		op.guard.checked = event.N
	}
	return false, nil
}

// mayBeHeld reports whether an event up to head, batched events included, may hold back the send of caller. mayBeHeld
// checks only events in memory, so agents that were held back together can send in one Write, and need not read each
// other's messages first. Perhaps batched events are not written, so they do not count as checked.
func (op *sendOp) mayBeHeld(head *room.Head, caller room.Caller, batched []room.Event) bool {
	n := op.guard.checked
	if !op.guard.on || head.Recent.NewestForeign(caller.Seat) <= n && !head.ArrivedSince(n, op.event.To) {
		return false
	}
	known, ok := op.session.room.log.Tail(n)
	for _, event := range append(known, batched...) {
		if n < head.AsOf && (event.N != n+1 || op.holds(caller, event)) {
			return true
		}
		n = event.N
	}
	return !ok || n < head.AsOf
}

// holds reports whether e holds back the send of a.
func (op *sendOp) holds(a room.Caller, e room.Event) bool {
	said := op.event
	if op.fileName != "" {
		said.File = &room.File{} // of an upload, which has no bytes yet
	}
	how := a.HoldBackOf(e, said)
	return how == room.HoldBackAlways || how == room.HoldBackOnce && !op.guard.cursor.Held
}
