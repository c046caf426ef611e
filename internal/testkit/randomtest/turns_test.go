package randomtest_test

import (
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// What the rules say about time, and how much later services on one table may notice:
// they write presence once a minute and look for agents elsewhere every half minute.
const (
	silenceLasts = 3 * time.Second
	turnLasts    = 30 * time.Second
	presentFor   = 2 * time.Minute

	noticed          = 100 * time.Millisecond
	noticedElsewhere = time.Minute + 30*time.Second
)

// silence is what the rules say about who speaks next.
type silence struct {
	word    int64
	from    time.Time // nobody is given the turn before
	waiting []*agent  // those that may get it
	busy    []*agent  // present and not waiting
}

// silenceAt returns the silence after the known events.
func (r *run) silenceAt(now time.Time, events []room.Event) silence {
	l := ledgerOf(events)
	s := silence{word: l.word}
	if len(events) > 0 {
		s.from = events[len(events)-1].At().Add(silenceLasts)
	}
	given := map[int]bool{}
	for _, g := range r.turns[l.word] {
		given[g.seat] = true
		s.later(g.at.Add(turnLasts))
	}
	for seat, joined := range l.seats {
		if given[seat] || !l.mayTurn(seat) {
			continue
		}
		a := r.at(seat)
		switch {
		case a == nil: // its join has not returned
			s.later(joined.Add(presentFor))
		case a.call != nil && !a.call.until.IsZero():
			s.later(a.since)
			if !a.standby || a.call.send != nil || l.owes(seat) != nil {
				s.waiting = append(s.waiting, a)
			}
		case a.back.After(now):
			s.later(a.told)
			if len(r.services) > 1 { // another may not know of the absence
				s.busy = append(s.busy, a)
			}
		default:
			s.busy = append(s.busy, a)
		}
	}
	return s
}

func (s *silence) later(t time.Time) {
	if t.After(s.from) {
		s.from = t
	}
}

// lastCall returns the end of the agent's last call. Other services know only when
// its wait was to end.
func (r *run) lastCall(a *agent) time.Time {
	if len(r.services) > 1 && a.planned.After(a.ownEnd) {
		return a.planned
	}
	return a.ownEnd
}

// at returns the agent of a seat.
func (r *run) at(seat int) *agent {
	for _, a := range r.agents {
		if a.token != "" && a.id.Seat == seat {
			return a
		}
	}
	return nil
}

// checkStall checks, before what happens now is taken in, that somebody was given the
// turn in time.
func (r *run) checkStall(now time.Time) {
	slack := noticed
	if len(r.services) > 1 {
		slack = noticedElsewhere
	}
	s := r.silenceAt(now, r.events)
	l := ledgerOf(r.events)
	for _, a := range s.busy {
		s.later(r.lastCall(a).Add(presentFor))
	}
	if len(s.waiting) == 1 && l.owes(s.waiting[0].id.Seat) == nil {
		since, company := r.companySince(s.waiting[0], now)
		if !company {
			return
		}
		s.later(since)
	}
	if len(s.waiting) > 0 && now.Sub(s.from) > slack && len(l.seats) > 1 {
		r.fail("nobody was given the turn: %s waits since %s, and the silence ended %s ago", s.waiting[0].name,
			now.Sub(s.waiting[0].since), now.Sub(s.from))
	}
}

// companySince returns since when somebody else is present to hear a. Persons without agents and agents that wait for
// their persons are no company, nor is an agent that has only looked since it was absent: a look begins no silence.
func (r *run) companySince(a *agent, now time.Time) (since time.Time, company bool) {
	l := ledgerOf(r.events)
	for seat, joined := range l.seats {
		x, from := r.at(seat), joined
		switch {
		case seat == a.id.Seat, l.isReined(seat), l.alone[seat]:
			continue
		case x == nil && now.Sub(joined) > presentFor, x != nil && (!x.isPresent(now) || x.presentSince.IsZero()):
			continue
		case x != nil:
			from = room.Latest(x.presentSince, x.back)
		}
		if !company || from.Before(since) {
			since, company = from, true
		}
	}
	return since, company
}

// isPresent reports whether a may act soon, as far as all services know.
func (a *agent) isPresent(now time.Time) bool {
	return a.call != nil && !a.call.until.IsZero() || !a.back.After(now) && now.Sub(a.ownEnd) <= presentFor
}

// checkTurn checks that the turn comes once in a silence, not too early, and half a
// minute after the last one.
func (a *agent) checkTurn(c *call, got chat.Waited) {
	now, me := time.Now(), a.id.Seat
	if a.alone {
		a.fail("%s: a person was given the turn", a.name)
	}
	events := a.events[:a.number(got.Cursor)]
	l := ledgerOf(events)
	for _, g := range a.turns[l.word] {
		if g.seat == me {
			a.fail("%s: it was given the turn twice after event %d", a.name, l.word)
		}
		if since := now.Sub(g.at); since < turnLasts-time.Millisecond { // times are stored in milliseconds
			a.fail("%s: it was given the turn %s after seat %d", a.name, since, g.seat)
		}
	}
	a.call = &call{until: now, send: c.send} // it waited until now
	s := a.silenceAt(now, events)
	a.call = nil
	for _, x := range s.busy {
		if !x.lastEnd.Equal(now) && !x.standby { // else it waited until now, or a program did
			s.later(x.lastCall(x).Add(presentFor))
		}
	}
	if early := s.from.Sub(now); early >= time.Millisecond && len(a.services) == 1 {
		a.fail("%s: it was given the turn %s too early", a.name, early)
	}
	a.turns[l.word] = append(a.turns[l.word], turnGiven{me, now})
}
