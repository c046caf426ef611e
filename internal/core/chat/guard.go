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
// held cursor, only messages meant for the sender hold the next send back. If none does, the new guard knows that.
func (c *session) holdBack(ctx context.Context, o *outgoing, g guard) (guard, *Sent, error) {
	head, err := c.room.log.Refresh(ctx, c.start.At)
	if err != nil {
		return g, nil, err
	}
	c.useHead(head)
	if g.cursor.N > head.AsOf { // the cursor is beyond the log
		return guard{}, nil, nil
	}
	checked, held, err := c.findHolding(ctx, o, g, head)
	if err != nil || !held {
		g.checked = checked
		return g, nil, err
	}
	in := newInbox(c, position{Offer: presence.OfferAfter(g.cursor.N)})
	if err := in.collect(ctx); err != nil {
		return g, nil, err
	}
	if o.req.Stay {
		if err := c.reader().HoldBack(ctx, in.pos.Offer, in.scanned, o.req.Key); err != nil {
			return g, nil, err
		}
	}
	c.recorder().Record(ctx, presence.Call{Fresh: presence.SendFresh})
	got, err := c.handOut(ctx, in, nil)
	if err != nil {
		return g, nil, err
	}
	got.Cursor = ident.Cursor{N: in.scanned, Held: true}.String(c.token)
	return g, &Sent{Waited: *got}, nil
}

// findHolding searches the events up to head for one that holds the send back. checked is the last event before it.
func (c *session) findHolding(ctx context.Context, o *outgoing, g guard, head *room.Head) (checked int64, held bool,
	err error) {
	checked = g.checked
	for event, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Since(ctx, g.checked, head.AsOf) {
		if err != nil || o.isHeldBy(c.me, g, event) {
			return checked, err == nil, err
		}
		checked = event.N
	}
	return checked, false, nil
}

// mayBeHeld reports whether an event before a place, batched events included, may hold back the send. mayBeHeld
// checks only events in memory, so agents that were held back together can send in one Write, and need not read each
// other's messages first. Perhaps batched events are not written, so they do not count as checked.
func (o *outgoing) mayBeHeld(g guard, at place) bool {
	n := g.checked
	if !g.on || at.head.Recent.NewestForeign(at.caller.Seat) <= n && !at.head.ArrivedSince(n, o.event.To) {
		return false
	}
	tail, ok := at.log.Tail(n)
	for _, event := range append(tail, at.batched...) {
		if n < at.head.AsOf && (event.N != n+1 || o.isHeldBy(at.caller, g, event)) {
			return true
		}
		n = event.N
	}
	return !ok || n < at.head.AsOf
}

// isHeldBy reports whether e holds back the send of a.
func (o *outgoing) isHeldBy(a room.Caller, g guard, e room.Event) bool {
	said := o.event
	if o.fileName != "" {
		said.File = &room.File{} // of an upload, which has no bytes yet
	}
	how := a.HoldBackOf(e, said)
	return how == room.HoldBackAlways || how == room.HoldBackOnce && !g.cursor.Held
}
