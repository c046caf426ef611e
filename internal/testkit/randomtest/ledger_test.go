package randomtest_test

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// ledger is what the rules make of a log up to an event.
type ledger struct {
	n           int64
	debts       []*debt
	seats       map[int]time.Time // when the agent joined
	joinedN     map[int]int64
	alone       map[int]bool // of persons without agents
	muted       map[int]bool
	done        map[int]bool
	word        int64 // the last public message that is no status
	wordBy      int
	lastFreed   int64
	supervision map[int]supervised
}

// debt is an open request or proposal.
type debt struct {
	n, by    int64
	at       time.Time
	to       []int
	proposal bool
	any      bool
	owed     []int
	agreed   []int
}

// ledgerOf returns the ledger after events.
func ledgerOf(events []room.Event) *ledger {
	l := &ledger{seats: map[int]time.Time{}, joinedN: map[int]int64{}, alone: map[int]bool{}, muted: map[int]bool{},
		done: map[int]bool{}, supervision: map[int]supervised{}}
	for _, e := range events {
		l.add(e)
	}
	return l
}

func (l *ledger) add(e room.Event) {
	l.n = e.N
	l.supervised(e)
	switch e.Type {
	case room.Joined:
		l.seats[e.Seat], l.joinedN[e.Seat] = e.At(), e.N
		l.alone[e.Seat] = e.Agent != nil && e.Agent.Hash == ""
	case room.Left:
		delete(l.seats, e.Seat)
		delete(l.done, e.Seat)
		l.lastFreed = e.N
		delete(l.muted, e.Promoted)
		l.debts = slices.DeleteFunc(l.debts, func(d *debt) bool { return d.by == int64(e.Seat) })
		l.excuse(e.Seat)
	case room.Managed:
		if e.Action == room.Mute {
			l.muted[e.Seat] = true
			l.excuse(e.Seat)
		}
		if e.Action == room.Unmute || e.Action == room.Promote {
			delete(l.muted, e.Seat)
		}
	case room.Said:
		l.hear(e)
	}
}

// excuse frees a seat of what it owes.
func (l *ledger) excuse(seat int) {
	for _, d := range l.debts {
		d.owed, d.agreed = without(d.owed, seat), without(d.agreed, seat)
	}
	l.close()
}

// close removes the debts that nobody owes any more.
func (l *ledger) close() {
	l.debts = slices.DeleteFunc(l.debts, func(d *debt) bool { return !d.any && len(d.owed) == 0 })
}

func (l *ledger) hear(e room.Event) {
	if e.Kind != room.Status && len(e.To) == 0 {
		l.word, l.wordBy = e.N, e.Seat
	}
	if all := l.seenByAll(e); all && e.Kind == room.Done {
		l.done[e.Seat] = true
	} else if all && e.Kind != room.Status {
		delete(l.done, e.Seat)
	}
	same := func(d *debt) bool { return slices.Equal(readersOf(int(d.by), d.to), readersOf(e.Seat, e.To)) }
	answers := !e.Person && slices.ContainsFunc(l.debts, func(d *debt) bool {
		return d.n == e.ReplyTo && !d.proposal && same(d)
	})
	l.debts = slices.DeleteFunc(l.debts, func(d *debt) bool {
		also := answers && d.n < e.ReplyTo && !d.proposal && slices.Contains(d.owed, e.Seat) && same(d)
		return e.Withdraws == d.n && d.by == int64(e.Seat) || (d.n == e.ReplyTo || also) && d.answered(e)
	})
	anyone := e.Kind == room.Request && len(e.Ask) == 0
	if anyone || len(e.Ask) > 0 {
		l.debts = append(l.debts, &debt{n: e.N, by: int64(e.Seat), at: e.At(), to: e.To,
			proposal: e.Kind == room.Proposal, any: anyone, owed: slices.Clone(e.Ask)})
	}
}

// readersOf returns who sees a message, in order; nil for all.
func readersOf(seat int, to []int) []int {
	if len(to) == 0 {
		return nil
	}
	return slices.Sorted(slices.Values(append(slices.Clone(to), seat)))
}

func (l *ledger) seenByAll(e room.Event) bool {
	for seat := range l.seats {
		if len(e.To) > 0 && seat != e.Seat && !slices.Contains(e.To, seat) {
			return false
		}
	}
	return true
}

// answered notes the answer e and reports whether it is the last one.
func (d *debt) answered(e room.Event) bool {
	asked := slices.Contains(d.owed, e.Seat) || slices.Contains(d.agreed, e.Seat)
	switch {
	case d.proposal && e.Kind == room.Proposal && d.seenWith(e), d.proposal && e.Kind == room.Object && asked:
		return true
	case d.proposal && e.Kind == room.Agree && slices.Contains(d.owed, e.Seat):
		d.owed, d.agreed = without(d.owed, e.Seat), append(d.agreed, e.Seat)
		return len(d.owed) == 0
	case d.proposal, int64(e.Seat) == d.by:
		return false
	case len(e.To) > 0 && !slices.Contains(e.To, int(d.by)):
		return false // the asker does not hear it
	case d.any:
		return true
	}
	d.owed = without(d.owed, e.Seat)
	return len(d.owed) == 0
}

// seenWith reports whether all who see the request see e, too.
func (d *debt) seenWith(e room.Event) bool {
	for _, seat := range append(slices.Clone(d.to), int(d.by)) {
		if len(e.To) > 0 && seat != e.Seat && !slices.Contains(e.To, seat) {
			return false
		}
	}
	return len(e.To) == 0 || len(d.to) > 0
}

// owes returns the oldest debt of a seat.
func (l *ledger) owes(seat int) *debt {
	for _, d := range l.debts {
		if slices.Contains(d.owed, seat) {
			return d
		}
	}
	return nil
}

// owedTo reports whether others owe an answer to a seat. A request to anyone waits for
// nobody once none is left who may answer it.
func (l *ledger) owedTo(seat int) bool {
	return slices.ContainsFunc(l.debts, func(d *debt) bool {
		return d.by == int64(seat) && (!d.any || l.mayAnswer(seat))
	})
}

// mayAnswer reports whether anyone but a seat may speak.
func (l *ledger) mayAnswer(seat int) bool {
	for s := range l.seats {
		if s != seat && !l.muted[s] {
			return true
		}
	}
	return false
}

// over reports whether the talk is over for a seat.
func (l *ledger) over(seat int) bool {
	if l.owes(seat) != nil || l.owedTo(seat) {
		return false
	}
	speakers := 0
	for s := range l.seats {
		if s == seat || l.muted[s] {
			continue
		}
		speakers++
		if !l.done[s] {
			return false
		}
	}
	return speakers > 0 || len(l.seats) == 1 && l.lastFreed > l.joinedN[seat]
}

// mayTurn reports whether a seat is ever given the turn.
func (l *ledger) mayTurn(seat int) bool {
	if l.muted[seat] || l.isReined(seat) || l.alone[seat] {
		return false
	}
	return l.owes(seat) != nil || !l.done[seat] && !l.over(seat)
}

func without(list []int, seat int) []int {
	return slices.DeleteFunc(slices.Clone(list), func(s int) bool { return s == seat })
}
