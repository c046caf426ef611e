package chat

import (
	"context"

	"github.com/parley-chat/parley/internal/presence"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
)

// How often in a row a send is held back for messages that are not meant for the sender.
const (
	onceHolds = 1 // those of room.HoldsOnce
	softHolds = 2 // those of room.HoldsSoftly
)

// holdBack looks for messages after the cursor that hold the send back. If there is
// one, the answer is everything that is unread. A message that was handed out with
// such an answer holds nothing back again.
func (op *sendOp) holdBack(ctx context.Context) (*Sent, error) {
	c := op.caller
	h, err := c.room.log.Refresh(ctx, op.began)
	if err != nil {
		return nil, err
	}
	c.head = h
	cursor, named := c.readCursor(op.req.Cursor)
	if !named {
		op.guard = false
		return nil, nil
	}
	p, err := c.positions().Load(ctx)
	if err != nil {
		return nil, err
	}
	spoke, err := op.spokeAfter(ctx, h, p.Guarded)
	if err != nil {
		return nil, err
	}
	if op.held = p.Held; spoke {
		op.held = 0
	}
	hold, scanned, err := op.strongest(ctx, h, max(cursor.N, op.checkedOn(h), p.Guarded))
	if err != nil {
		return nil, err
	}
	if !hold {
		op.checked, op.agents = scanned, len(h.Agents)
		return nil, nil
	}
	in := newInbox(c, position{after: cursor.N, named: true, noted: cursor.Noted})
	if err := in.collect(ctx); err != nil {
		return nil, err
	}
	p.Guarded, p.Held, p.Acked = in.scanned, op.held+1, max(p.Acked, cursor.N)
	if op.req.Stay {
		p.HeldKey = op.req.Key
	}
	if err := c.positions().HeldBack(ctx, p); err != nil {
		return nil, err
	}
	c.attendance().Note(ctx, presence.Call{Fresh: presence.SendFresh})
	got, err := c.hand(ctx, in, &presence.Wait{Began: op.began})
	if err != nil {
		return nil, err
	}
	return &Sent{Waited: *got}, nil
}

// spokeAfter reports whether the caller has said something after event n. The index of
// the latest events may not cover that.
func (op *sendOp) spokeAfter(ctx context.Context, h *room.Head, n int64) (bool, error) {
	seat := op.caller.agent.Seat
	n = max(n, op.caller.agent.Joined)
	if u, spoke := h.Recent.Said(seat); spoke {
		return u.N > n, nil
	}
	for e, err := range op.caller.room.log.Pages(op.caller.agent, roomlog.PageEvents).Since(ctx, n, h.AsOf) {
		if err != nil || e.Type == room.Said && e.Seat == seat && !e.Person {
			return err == nil, err
		}
	}
	return false, nil
}

// strongest reports whether an event after n holds the send back, and the last event
// it looked at.
func (op *sendOp) strongest(ctx context.Context, h *room.Head, n int64) (hold bool, scanned int64, err error) {
	c := op.caller
	for e, err := range c.room.log.Pages(c.agent, roomlog.PageEvents).Since(ctx, n, h.AsOf) {
		if err != nil {
			return false, n, err
		}
		if n = e.N; op.holds(h, c.agent, e) {
			return true, n, nil
		}
	}
	return false, n, nil
}

// checkedOn returns the event up to which nothing holds the send back on h. What was checked must be checked again
// once an agent has come or left: in a room of two more of it holds.
func (op *sendOp) checkedOn(h *room.Head) int64 {
	if len(h.Agents) != op.agents {
		return op.cursor.N
	}
	return op.checked
}

// passes reports whether nothing up to the head h, which has what is batched before it, holds back
// the send of a. It looks only at what is at hand: so those who were held back often enough speak
// in one Write, and need not look for each other's messages in turns. What is batched may never be
// written, so it does not count as checked.
func (op *sendOp) passes(h *room.Head, a room.Agent, batched []room.Event) bool {
	n := op.checkedOn(h)
	known, ok := op.caller.room.log.Tail(n)
	for _, e := range append(known, batched...) {
		if n < h.AsOf && (e.N != n+1 || op.holds(h, a, e)) {
			return false
		}
		n = e.N
	}
	return ok && n >= h.AsOf
}

// holds reports whether e holds the send of a back in the room of h.
func (op *sendOp) holds(h *room.Head, a room.Agent, e room.Event) bool {
	switch a.HoldOf(e, len(h.Agents), op.event) {
	case room.HoldsFirmly:
		return true
	case room.HoldsOnce:
		return op.held < onceHolds
	case room.HoldsSoftly:
		_, open := h.Talk.Find(op.event.ReplyTo, op.began)
		return op.held < softHolds && !open
	}
	return false
}
