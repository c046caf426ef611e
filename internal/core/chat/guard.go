package chat

import (
	"context"
	"slices"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// guard holds back a message or a change of tasks until its caller has read what others have said and done that may
// matter to it.
type guard struct {
	on      bool         // false: nothing holds back a person's call, or one without a cursor within the log
	cursor  ident.Cursor // what the caller has read; may be beyond the known head
	checked int64        // nothing up to this event holds the call back
}

// guardFor returns the guard of a call with a cursor, which may be none, or none of the caller's.
func (c reading) guardFor(cursor string) guard {
	read, ok := c.token.ParseCursor(cursor)
	return guard{on: ok && c.me.IsHeldBack(), cursor: read, checked: read.N}
}

// hasNotHeard reports whether the caller has not heard of event n, as the cursor shows.
func (g guard) hasNotHeard(n int64) bool { return g.on && g.cursor.N < n }

// nextCursor is ownCursor for an answer after which words to all may hold a call back again: a cursor that these have
// held back once loses its mark. went is nil, or a call that went through: its count ends.
func (c reading) nextCursor(given string, went *intent) (cursor string, read int64) {
	cursor, read = c.ownCursor(given)
	if named, ok := c.readCursor(given); ok {
		next := named
		if went != nil {
			*went.countIn(&next) = 0
		}
		if next != named || named.Held {
			cursor = c.cursor(named.N, next)
		}
	}
	return cursor, read
}

// intent is what a guard checks: a message (outgoing.intent), or a change of tasks (taskOp.intent).
type intent struct {
	holdBackOf func(me room.Caller, event room.Event) room.HoldBack // the rule for a message, or for a change
	to         []int                                                // the readers of a private message, else nil
	finishes   []int64                                              // the tasks that the call finishes
	// marks says that the answer, if it holds the call back, has a cursor marked as held: words to all hold back no
	// call with such a cursor. They never hold back a finish, so the answer to a finish has no mark.
	marks  bool
	isAct  bool   // a change of tasks; false: a message
	doubt  bool   // the call takes a task in question, which holds it back as a message does
	stay   bool   // of a message: the caller speaks A2A, and knows no cursor
	upload bool   // of a message: its file has come by an upload
	key    string // with stay: the idempotency key of the message
}

// maxHeld is how often in a row what others say and do holds back an agent's messages, and how often its changes of
// tasks: the words of its own person always do. Without this bound, one question of a stranger between two steps kept
// an agent from ever finishing.
const maxHeld = 2

// countIn returns the place where a cursor counts how often in a row calls such as this one were held back.
func (what *intent) countIn(in *ident.Cursor) *int {
	if what.isAct {
		return &in.HeldActs
	}
	return &in.HeldSends
}

// passesOthers reports whether only words of the caller's own person hold the call back: see maxHeld.
func (what *intent) passesOthers(g guard) bool { return *what.countIn(&g.cursor) >= maxHeld }

// holdBack searches the events after the cursor for one that holds the call back, and returns the answer if one does,
// or the call takes a task in question. If none does, the new guard knows that.
func (c reading) holdBack(ctx context.Context, what *intent, g guard) (guard, *Waited, error) {
	if err := c.refresh(ctx); err != nil {
		return g, nil, err
	}
	if g.cursor.N > c.head.AsOf { // the cursor is beyond the log
		return guard{}, nil, nil
	}
	g, by, err := c.checkUnread(ctx, what, g)
	if err != nil || by == nil && !what.doubt {
		return g, nil, err
	}
	if what.upload {
		return g, nil, refuseUnread()
	}
	held, err := c.answerHeld(ctx, what, g, by == nil || !c.me.IsOwnPersons(*by))
	return g, held, err
}

// answerHeld answers a call that is held back with everything unread. The cursor of the answer is marked as held: only
// messages meant for the caller hold the next call back. It counts the hold, too, unless the caller's own person has
// caused it: see maxHeld. For a stay, which has no cursor, the table keeps mark and count.
func (c reading) answerHeld(ctx context.Context, what *intent, g guard, counts bool) (*Waited, error) {
	offer := presence.OfferAfter(g.cursor.N)
	if what.stay {
		offer = presence.OfferHeldBack(g.cursor.N)
	}
	in := newInbox(c, position{Offer: offer}, listening{})
	if err := in.collect(ctx); err != nil {
		return nil, err
	}
	next := ident.Cursor{Held: what.marks, HeldSends: g.cursor.HeldSends, HeldActs: g.cursor.HeldActs}
	if counts {
		*what.countIn(&next)++
	}
	if what.stay {
		if err := c.reader().HoldBack(ctx, in.pos.Offer, in.scanned, next.HeldSends, what.key); err != nil {
			return nil, err
		}
	}
	c.recorder().Record(ctx, presence.Call{Lag: presence.SendLag})
	got, finds, err := c.handOut(ctx, in, nil)
	if err != nil {
		return nil, err
	}
	got.Status = decideStatus(finds, stop{})
	next.N = in.scanned
	got.Cursor, got.LastHold = next.String(c.token), *what.countIn(&next) >= maxHeld
	return got, nil
}

// checkUnread searches the unread events for one that holds the call back, and returns that event; nil: none does. The
// guard that it returns has checked those before that event.
func (c reading) checkUnread(ctx context.Context, what *intent, g guard) (_ guard, by *room.Event, err error) {
	for event, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Since(ctx, g.checked, c.head.AsOf) {
		switch {
		case err != nil:
			return g, nil, err
		case what.isHeldBy(c.me, g, event):
			return g, &event, nil
		}
		g.checked = event.N
	}
	return g, nil, nil
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
//  8. 42 is a question to Ann, and her cursor counts two holds: no. Without a person, no log is read.
//
// By 5, agents that were held back together speak in one Write. Batched events do not count as checked: perhaps they
// are never written.
func (what *intent) mayBeHeld(g guard, at place) bool {
	if !g.on || !at.head.MayHoldBack(at.caller.Seat, g.checked, what.to, what.finishes) || // 1, 2
		what.passesOthers(g) && !at.caller.Person.HasOpened() { // 8
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
		case event.N != next, what.isHeldBy(at.caller, g, event): // 4 to 6, 8
			return true
		}
		next++
	}
	return next <= at.head.AsOf // 6
}

// isHeldBy reports whether event holds back the call of caller.
func (what *intent) isHeldBy(caller room.Caller, g guard, event room.Event) bool {
	if what.passesOthers(g) && !caller.IsOwnPersons(event) {
		return false
	}
	how := what.holdBackOf(caller, event)
	return how == room.HoldBackAlways || how == room.HoldBackOnce && !g.cursor.Held
}

// refuseUnread refuses an upload that would end tasks. Its answer hands out nothing: the code of an upload is no token.
func refuseUnread() error {
	return fault.Refuse(fault.NotAllowed, "Something unread is meant for you, and may be about what this file "+
		"finishes. Nothing was shared or finished: call wait_for_message, then share_file with its cursor.")
}
