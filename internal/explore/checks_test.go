package explore_test

import (
	"slices"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

// firm reports whether e is meant for a, so that a does not send before it was handed
// e. answers is the event that a answers, and to are the seats to which it speaks in private.
func (a *agent) firm(e room.Event, answers int64, to []int) bool {
	me := a.id.Seat
	if e.Type == room.Joined {
		return !e.Regains && e.Seat != me && slices.Contains(to, e.Seat) && !a.alone
	}
	if e.Type == room.Said && e.Seat == me && e.Decides > 0 {
		return e.Kind != room.Status
	}
	if e.Type != room.Said || e.Seat == me || e.Kind == room.Status || a.alone {
		return false
	}
	if len(e.To) > 0 {
		return slices.Contains(e.To, me)
	}
	return slices.Contains(e.Ask, me) || slices.Contains(e.Named, me) ||
		e.ReplyTo > 0 && a.events[e.ReplyTo-1].Seat == me || answers > 0 && e.Withdraws == answers
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
// without what was never handed out before.
func (a *agent) read(cursor string, ms []chat.Message, next string) {
	to := a.number(next)
	from := a.readTo
	if cursor != "" {
		from = a.number(cursor)
	}
	if to > int64(len(a.events)) {
		a.readLog()
	}
	var want, got []string
	for _, m := range ms {
		if m.Repeated && cursor == "" && a.handed[a.find(m.ID)] { // else that answer was lost
			continue
		}
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
	a.cursor, a.readTo = next, max(a.readTo, to)
}

// checkHold checks that a send was held back for a reason.
func (a *agent) checkHold(c *call, got chat.Sent) {
	a.readLog()
	from, to := a.number(c.cursor), a.number(got.Cursor)
	answers := a.find(c.send.ReplyTo)
	firm, soft := false, false
	for _, e := range a.events[min(from, to):to] {
		if a.guarded[e.N] || !a.sees(e) {
			continue
		}
		firm = firm || a.firm(e, answers, a.seatsOf(c.send.To))
		soft = soft || e.Type == room.Said && e.Kind != room.Status
		a.guarded[e.N] = true
	}
	switch {
	case !firm && !soft, a.alone:
		a.fail("%s: %q was held back for nothing", a.name, c.send.Text)
	case firm:
		a.soft = 0
	default:
		few, many := a.seated(min(from, to), to)
		if a.soft++; a.soft > 2 || a.soft > 1 && few > 2 {
			a.fail("%s: %q was held back %d times in a row for what is not meant for it", a.name, c.send.Text, a.soft)
		}
		if d := ledgerOf(a.events[:to]).owes(a.id.Seat); many <= 2 && d != nil && d.n == answers {
			a.fail("%s: %q answers an open request, and was held back for what is not meant for it", a.name,
				c.send.Text)
		}
	}
}

// seated returns how many agents were seated, at the least and at the most, from event from to event to.
// A room of a run never has more than six.
func (r *run) seated(from, to int64) (few, many int) {
	l := ledgerOf(r.events[:from])
	few, many = len(l.seats), len(l.seats)
	for _, e := range r.events[from:to] {
		l.add(e)
		few, many = min(few, len(l.seats)), max(many, len(l.seats))
	}
	return few, many
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

// checkSent checks that a message was not said over one that is meant for its sender.
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
		if a.firm(e, a.events[n-1].ReplyTo, a.events[n-1].To) && !a.guarded[e.N] {
			a.fail("%s: %q was said over event %d", a.name, c.send.Text, e.N)
		}
	}
}

// checkStatus checks what a wait says is to be done.
func (a *agent) checkStatus(got chat.Waited) {
	switch got.Status {
	case chat.StatusAllDone:
		a.checkAllDone(got)
	case chat.StatusTurn:
		a.checkTurn(got)
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
