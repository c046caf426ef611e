package randomtest_test

import (
	"slices"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// firm reports whether e is meant for a, so that a does not send before it was handed
// e. answers is the event that a answers, and to are the seats to which it speaks in private.
func (a *agent) firm(e room.Event, answers int64, to []int) bool {
	me := a.id.Seat
	if e.Type == room.Joined {
		return !e.Regains && e.Seat != me && slices.Contains(to, e.Seat) && !a.alone
	}
	switch {
	case e.Type == room.Said && e.Seat == me && e.Decides > 0:
		return true
	case e.Type != room.Said || e.Seat == me || e.Kind.WantsNothing() || a.alone:
		return false
	case len(e.To) > 0:
		return slices.Contains(e.To, me)
	}
	return e.ReplyTo > 0 && a.events[e.ReplyTo-1].Seat == me ||
		slices.Contains(slices.Concat(e.Ask, e.Named, e.Chain), me) ||
		answers > 0 && (e.Withdraws == answers || e.ReplyTo == answers)
}

// sees reports whether e is news for a.
func (a *agent) sees(e room.Event) bool {
	me := a.id.Seat
	if e.Seat == me && (e.Type == room.SupervisionSet || e.Decides > 0) {
		return e.Type != room.SupervisionSet || e.Reason != ""
	}
	return (e.Actor() != me || a.alone && e.Type == room.Said && e.N != a.own) && e.Type != room.Retired &&
		(len(e.To) == 0 || e.Seat == me || slices.Contains(e.To, me))
}

// read checks that a call with a cursor was handed exactly what follows it, and one
// without nothing.
func (a *agent) read(cursor string, ms []chat.Message, next string) {
	if cursor == "" {
		if len(ms) > 0 || next != "" {
			a.fail("%s: without a cursor it was handed %s up to %q", a.name, ids(ms), next)
		}
		return
	}
	from, to := a.number(cursor), a.number(next)
	if to > int64(len(a.events)) {
		a.readLog()
	}
	var want, got []string
	for _, m := range ms {
		got = append(got, m.ID)
	}
	for _, e := range a.events[min(from, to):to] {
		if a.sees(e) {
			want = append(want, a.run.id(e.N))
		}
		a.handed[e.N] = true
	}
	if !slices.Equal(got, want) {
		a.fail("%s: from %d to %d it was handed %v, want %v", a.name, from, to, got, want)
	}
	a.cursor = next
}

// checkHold checks that a send was held back for a reason.
func (a *agent) checkHold(c *call, got chat.Sent) {
	a.readLog()
	answers, to := a.find(c.send.ReplyTo), a.seatsOf(c.send.To)
	unread := a.events[a.number(c.cursor):a.number(got.Waited.Cursor)]
	if !slices.ContainsFunc(unread, func(e room.Event) bool { return a.isHeldBy(e, c, answers, to) }) {
		a.fail("%s: %q was held back for nothing", a.name, c.send.Text)
	}
}

// checkOnce checks that others hold no second message of a with its newest cursor back before one has gone through.
func (a *agent) checkOnce(c *call, got chat.Sent) {
	unread := a.events[a.number(c.cursor):a.number(got.Waited.Cursor)]
	if a.held && c.cursor == a.cursor && !slices.ContainsFunc(unread, a.isOfItsPerson) {
		a.fail("%s: others held back %q, after the message before", a.name, c.send.Text)
	}
	cursor, _ := a.id.ParseCursor(got.Waited.Cursor)
	a.held = cursor.HeldMessage
}

// isOfItsPerson reports whether the person behind a has said e, or let a say it.
func (a *agent) isOfItsPerson(e room.Event) bool {
	return e.Seat == a.id.Seat && (e.Person || e.Decides > 0)
}

// isHeldBy reports whether e, which follows the cursor of a send, holds it back.
func (a *agent) isHeldBy(e room.Event, c *call, answers int64, to []int) bool {
	cursor, _ := a.id.ParseCursor(c.cursor)
	if a.alone || !a.sees(e) || cursor.HeldMessage && !a.isOfItsPerson(e) {
		return false
	}
	toAll := c.send.Kind == room.Proposal || len(to) == 0 && c.send.Kind != room.Agree
	return a.firm(e, answers, to) || toAll && e.Type == room.Said && !e.Kind.WantsNothing()
}

// seatsOf returns the seats that agents of these names have taken.
func (r *run) seatsOf(names []string) (seats []int) {
	for _, e := range r.events {
		if e.Type == room.Joined && slices.Contains(names, e.Name) {
			seats = append(seats, e.Seat)
		}
	}
	return seats
}

// find returns the event of an id; 0 for none.
func (r *run) find(id string) int64 {
	for n := int64(1); id != "" && n <= int64(len(r.events)); n++ {
		if r.id(n) == id {
			return n
		}
	}
	return 0
}

// checkSent checks that a message was not said over one that holds it back.
func (a *agent) checkSent(c *call, got chat.Sent) {
	a.readLog()
	n := a.find(got.ID)
	if n == 0 || got.Duplicate && !c.repeats {
		a.fail("%s: %q is event %d, duplicate %v", a.name, c.send.Text, n, got.Duplicate)
		return
	}
	if c.cursor == "" {
		return
	}
	for _, e := range a.events[a.number(c.cursor) : n-1] {
		if a.isHeldBy(e, c, a.events[n-1].ReplyTo, a.events[n-1].To) {
			a.fail("%s: %q was said over event %d", a.name, c.send.Text, e.N)
		}
	}
}

// checkStatus checks what the wait of a call says is to be done.
func (a *agent) checkStatus(c *call, got chat.Waited) {
	switch got.Status {
	case chat.StatusAllDone:
		a.checkAllDone(got)
	case chat.StatusTurn:
		a.checkTurn(c, got)
	case chat.StatusSuperseded:
		a.fail("%s: its only wait is superseded", a.name)
	}
}

// checkAllDone checks that nobody waits for an answer. The status may rest on any head
// from the cursor on.
func (a *agent) checkAllDone(got chat.Waited) {
	a.readLog()
	me := a.id.Seat
	for n := a.number(got.Cursor); n <= int64(len(a.events)); n++ {
		if l := ledgerOf(a.events[:n]); l.owes(me) == nil && !l.owedTo(me) {
			return
		}
	}
	a.fail("%s: all_done, but it owes or is owed", a.name)
}

// checkComplete checks that a was handed everything.
func (a *agent) checkComplete() {
	for _, e := range a.events {
		if e.N > a.joinedAt() && a.sees(e) && !a.handed[e.N] {
			a.fail("%s was never handed event %d", a.name, e.N)
		}
	}
}

func (a *agent) joinedAt() int64 {
	for _, e := range a.events {
		if e.Type == room.Joined && e.Seat == a.id.Seat {
			return e.N
		}
	}
	return 0
}

// checkTexts checks that nothing was said twice.
func (r *run) checkTexts() {
	said := map[string]int64{}
	for _, e := range r.events {
		if e.Type != room.Said || e.Text == "" {
			continue
		}
		if n, twice := said[e.Text]; twice {
			r.fail("%q was said as event %d and as event %d", e.Text, n, e.N)
		}
		said[e.Text] = e.N
	}
}
