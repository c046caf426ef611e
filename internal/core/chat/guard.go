package chat

import (
	"context"
	"slices"
	"time"

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

// intent is what a guard checks: a message (outgoing.intent), or a change of tasks (taskOp.intent).
type intent struct {
	act    room.Act
	votes  bool   // of a message: it is a vote that names no proposal
	isAct  bool   // a change of tasks; false: a message
	doubt  bool   // the call takes a task in question, which holds it back as a message does
	stay   bool   // of a message: the caller speaks A2A, and knows no cursor
	upload bool   // of a message: its file has come by an upload
	key    string // with stay: the idempotency key of the message
}

// on returns what, whose vote has the proposal that it is about on head.
func (what intent) on(head *room.Head, seat int, now time.Time) *intent {
	if what.votes {
		what.act.ReplyTo = head.VotedOn(seat, now)
	}
	return &what
}

// mark returns the place in a cursor that says whether others have held back such a call, and none has gone through
// since: then only the caller's own person holds this one back. Without this bound, one question of a stranger between
// two steps kept an agent from ever finishing. Messages and changes have a place each: a text that was held back lets
// no take pass over "stop" (talk: held once).
func (what *intent) mark(in *ident.Cursor) *bool {
	if what.isAct {
		return &in.HeldAct
	}
	return &in.HeldMessage
}

// passesOthers reports whether others have held the call back before: see mark.
func passesOthers(what *intent, g guard) bool { return *what.mark(&g.cursor) }

// holdBack searches the events after the cursor for one that holds the call back, and returns the answer if one does,
// or the call takes a task in question. If none does, the new guard knows that.
func (c reading) holdBack(ctx context.Context, what *intent, g guard) (guard, *Waited, error) {
	if err := c.refresh(ctx); err != nil {
		return g, nil, err
	}
	if g.cursor.N > c.head.AsOf { // the cursor is beyond the log
		return guard{}, nil, nil
	}
	what = what.on(c.head, c.me.Seat, c.room.svc.now())
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

// answerHeld answers a call that is held back with everything unread. If others hold it back, the cursor of the answer
// is marked: see intent.mark. For a stay, which has no cursor, the table keeps the mark.
func (c reading) answerHeld(ctx context.Context, what *intent, g guard, byOthers bool) (*Waited, error) {
	offer := presence.OfferAfter(g.cursor.N)
	if what.stay {
		offer = presence.OfferHeldBack(g.cursor.N)
	}
	in := newInbox(c, position{Offer: offer}, listening{})
	if err := in.collect(ctx); err != nil {
		return nil, err
	}
	if what.stay {
		err := c.reader().HoldBack(ctx, in.pos.Offer, in.scanned, byOthers || passesOthers(what, g), what.key)
		if err != nil {
			return nil, err
		}
	}
	c.recorder().Record(ctx, presence.Call{Lag: presence.SendLag})
	got, finds, err := c.handOut(ctx, in, nil)
	if err != nil {
		return nil, err
	}
	got.Status = decideStatus(finds, stop{})
	next := cursorAt(c.session, in.scanned, g.cursor)
	next.ToldOthersAway = false
	*what.mark(&next) = byOthers || passesOthers(what, g)
	got.Cursor = next.String(c.token)
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
//  2. Nothing has happened: no.
//  3. This process has forgotten 42: yes.
//  4. 42 is a status, and 43 is "hello" to all: yes.
//  5. 42 is a question to Ann, and others have held her back before: no. Without a person, no log is read.
//  6. Another process has written 42, and this one has not read it: yes.
//  7. 42 and 43 are statuses, and the log goes on with 44, which is "hello": no.
//
// By 5, agents that were held back together speak in one Write. Batched events do not count as checked: perhaps they
// are never written.
func (what *intent) mayBeHeld(g guard, at place) bool {
	toPerson := passesOthers(what, g) && !what.votes                                     // only to its words
	if !g.on || g.checked >= at.head.AsOf || toPerson && !at.caller.Person.HasOpened() { // 1, 2, 5
		return false
	}
	tail, known := at.log.Tail(g.checked)
	if !known { // 3
		return true
	}
	what = what.on(at.head, at.caller.Seat, at.now)
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

// isHeldBy reports whether event holds back the call of caller. A vote that names no proposal is held back each time by
// the one that it would be about: else Ann, who had Bob held back, put another in the place of what he agrees to.
func (what *intent) isHeldBy(caller room.Caller, g guard, event room.Event) bool {
	return caller.IsHeldBy(event, what.act) && (caller.IsOwnPersons(event) || !passesOthers(what, g) ||
		what.votes && event.N == what.act.ReplyTo)
}

// refuseUnread refuses an upload. Its answer hands out nothing: the code of an upload is no token.
func refuseUnread() error {
	return fault.Refuse(fault.NotAllowed, "Your user has said something that you have not read. Nothing was shared: "+
		"call wait_for_message, then share_file again.")
}
