package chat

import (
	"context"
	"slices"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// guard holds back a message or a change of tasks until its caller has read what others have said and done that may
// matter to it.
type guard struct {
	on      bool         // false: the call has no cursor of the caller within the log, so nothing holds back
	cursor  ident.Cursor // what the caller has read; may be beyond the known head
	checked int64        // nothing up to this event holds the call back
}

// guardFor returns the guard of a call with a cursor, which may be none, or none of the caller's.
func (c *session) guardFor(cursor string) guard {
	read, ok := c.token.ParseCursor(cursor)
	return guard{on: ok, cursor: read, checked: read.N}
}

// hasNotHeard reports whether the caller has not heard of event n, as the cursor shows.
func (g guard) hasNotHeard(n int64) bool { return g.on && g.cursor.N < n }

// intent is what a guard checks: a message (outgoing.intent), or a change of tasks (taskOp.intent).
type intent struct {
	holdBackOf func(me room.Caller, event room.Event) room.HoldBack // the rule for a message, or for a change
	to         []int                                                // the readers of a private message, else nil
	finishes   []int64                                              // the tasks that the call finishes
	// marks says that the cursor of an answer that holds the call back is marked as held. Words to all do not hold back
	// a report by finish, so after one they have yet to hold something back.
	marks  bool
	stay   bool   // of a message: the caller speaks A2A, and knows no cursor
	upload bool   // of a message: its file has come by an upload
	key    string // with stay: the idempotency key of the message
}

// intent returns the message for the guard.
func (o *outgoing) intent() *intent {
	said := o.event
	if o.fileName != "" {
		said.File = &room.File{} // the rule asks only whether there is one, and that of an upload is yet to arrive
	}
	return &intent{
		holdBackOf: func(me room.Caller, event room.Event) room.HoldBack { return me.HoldBackOf(event, said) },
		to:         said.To, finishes: said.Finishes, marks: true, stay: o.req.Stay, key: o.req.Key,
		upload: o.upload != nil,
	}
}

// holdBack searches the events after the cursor for one that holds the call back. If an event does, the answer is
// everything unread, and its cursor is marked as held: only messages meant for the caller hold the next call back. For
// a stay, which has no cursor, the table keeps the mark. If no event does, the new guard knows that.
func (c *session) holdBack(ctx context.Context, what *intent, g guard) (guard, *Waited, error) {
	if err := c.refresh(ctx); err != nil {
		return g, nil, err
	}
	if g.cursor.N > c.head.AsOf { // the cursor is beyond the log
		return guard{}, nil, nil
	}
	g, held, err := c.checkUnread(ctx, what, g)
	if err != nil || !held {
		return g, nil, err
	}
	if what.upload {
		return g, nil, refuseUnread()
	}
	in := newInbox(c, position{Offer: presence.OfferAfter(g.cursor.N)}, listening{})
	if err := in.collect(ctx); err != nil {
		return g, nil, err
	}
	if what.stay {
		if err := c.reader().HoldBack(ctx, in.pos.Offer, in.scanned, what.key); err != nil {
			return g, nil, err
		}
	}
	c.recorder().Record(ctx, presence.Call{Lag: presence.SendLag})
	got, finds, err := c.handOut(ctx, in, nil)
	if err != nil {
		return g, nil, err
	}
	got.Status = decideStatus(finds, stop{})
	got.Cursor = ident.Cursor{N: in.scanned, Held: what.marks}.String(c.token)
	return g, got, nil
}

// checkUnread searches the unread events for one that holds the call back. The guard that it returns has checked those
// before that event.
func (c *session) checkUnread(ctx context.Context, what *intent, g guard) (_ guard, held bool, err error) {
	for event, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Since(ctx, g.checked, c.head.AsOf) {
		switch {
		case err != nil:
			return g, false, err
		case what.isHeldBy(c.me, g, event):
			return g, true, nil
		}
		g.checked = event.N
	}
	return g, false, nil
}

// mayBeHeld reports whether an event before a place may hold back the call: then checkUnread reads the log. Ann has the
// cursor 41, and what she says to all would be event 44:
//
//  1. Ann gives no cursor: no.
//  2. Nobody has said anything: no, see room.Head.MayHoldBack.
//  3. This process has forgotten 42: yes.
//  4. 42 is a status, and 43 is "hello" to all: yes.
//  5. 42 and 43 are "hello" to all, and her cursor is marked as held: no.
//  6. Another process has written 42, and this one has not read it: yes.
//  7. 42 and 43 are statuses, and the log goes on with 44, which is "hello": no.
//
// By 5, agents that were held back together speak in one Write. Batched events do not count as checked: perhaps they
// are never written.
func (what *intent) mayBeHeld(g guard, at place) bool {
	if !g.on || !at.head.MayHoldBack(at.caller.Seat, g.checked, what.to, what.finishes) { // 1, 2
		return false
	}
	tail, known := at.log.Tail(g.checked)
	if !known { // 3
		return true
	}
	next := g.checked + 1
	for _, event := range slices.Concat(tail, at.batched) {
		switch {
		case next > at.head.AsOf: // 7
			return false
		case event.N != next, what.isHeldBy(at.caller, g, event): // 4 to 6
			return true
		}
		next++
	}
	return next <= at.head.AsOf // 6
}

// isHeldBy reports whether event holds back the call of caller.
func (what *intent) isHeldBy(caller room.Caller, g guard, event room.Event) bool {
	how := what.holdBackOf(caller, event)
	return how == room.HoldBackAlways || how == room.HoldBackOnce && !g.cursor.Held
}
