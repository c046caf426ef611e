package room

import (
	"slices"
	"time"
)

// RepeatWindow is how long a message with the text of the seat's last one counts
// as the same message.
const RepeatWindow = 10 * time.Minute

// Recent indexes the latest events of a log: what each seat said last, and which
// event each seat has yet to see. It covers the events from From on, and nothing
// in it is stored. Like State it is never changed once published.
type Recent struct {
	From   int64 // the first event it covers; 0 if older ones do not count
	FromMs int64 // the time of that event

	said     []Utterance // the last message of each seated agent that has spoken
	events   lastOf      // the last events of any type
	messages lastOf      // the last messages
	wakeups  lastOf      // the last messages that end a wait where more than two talk
}

// Utterance is the last message of a seat. It identifies a repeated call, and
// it shows when the agent was alive.
type Utterance struct {
	Seat        int
	N           int64
	At          time.Time
	Fingerprint [16]byte
}

// lastOf finds, for any seat, the last event of one sort that is not its own.
type lastOf struct {
	public  mark   // the last that everybody may see
	other   mark   // the last public one that was not public's seat
	private []mark // the last private one to each seat
}

// mark is an event and the seat that caused it, or that it is addressed to.
type mark struct {
	n    int64
	seat int
}

// Said returns the last message of a seat, if the index covers one.
func (r *Recent) Said(seat int) (Utterance, bool) {
	i := slices.IndexFunc(r.said, func(u Utterance) bool { return u.Seat == seat })
	if i < 0 {
		return Utterance{}, false
	}
	return r.said[i], true
}

// LastMessage returns the last public message and the seat that sent it; zeros
// if the index covers none.
func (r *Recent) LastMessage() (n int64, seat int) {
	return r.messages.public.n, r.messages.public.seat
}

// Reaches reports whether the index covers everything since t.
func (r *Recent) Reaches(t time.Time) bool {
	return r.From <= 1 || time.UnixMilli(r.FromMs).Before(t)
}

// newestFor returns the last event that is not of seat and that it may see. known is
// false if a later one may precede all that the index covers.
func (l lastOf) newestFor(seat int) (n int64, known bool) {
	for _, p := range l.private {
		if p.seat == seat {
			n = p.n
		}
	}
	public := l.public
	if public.seat == seat {
		public = l.other
	}
	return max(n, public.n), public.n > 0
}

// after returns l with e, which follows it. l's slices are unchanged.
func (l lastOf) after(e Event) lastOf {
	if len(e.To) > 0 {
		l.private = slices.Clone(l.private)
		for _, seat := range e.To {
			l.private = append(slices.DeleteFunc(l.private, func(p mark) bool { return p.seat == seat }), mark{e.N, seat})
		}
		return l
	}
	if e.Actor() != l.public.seat {
		l.other = l.public
	}
	l.public = mark{e.N, e.Actor()}
	return l
}

// before returns l with e, which precedes all of it. l's slices are unchanged.
func (l lastOf) before(e Event) lastOf {
	if len(e.To) > 0 {
		l.private = slices.Clone(l.private)
		for _, seat := range e.To {
			if !slices.ContainsFunc(l.private, func(p mark) bool { return p.seat == seat }) {
				l.private = append(l.private, mark{e.N, seat})
			}
		}
		return l
	}
	switch {
	case l.public.n == 0:
		l.public = mark{e.N, e.Actor()}
	case l.other.n == 0 && e.Actor() != l.public.seat:
		l.other = mark{e.N, e.Actor()}
	}
	return l
}

// without returns l without what is addressed to seat.
func (l lastOf) without(seat int) lastOf {
	l.private = slices.DeleteFunc(slices.Clone(l.private), func(p mark) bool { return p.seat == seat })
	return l
}

// add indexes e, the next event. r is a copy whose slices are shared.
func (r *Recent) add(e Event) {
	r.events = r.events.after(e)
	switch e.Type {
	case Said:
		r.messages = r.messages.after(e)
		if e.Kind != Status {
			r.wakeups = r.wakeups.after(e)
		}
		r.said = slices.DeleteFunc(slices.Clone(r.said), func(u Utterance) bool {
			return u.Seat == e.Seat || e.At().Sub(u.At) > Lease
		})
		r.said = append(r.said, utterance(e))
	case Left:
		r.said = slices.DeleteFunc(slices.Clone(r.said), func(u Utterance) bool { return u.Seat == e.Seat })
		r.events, r.messages, r.wakeups = r.events.without(e.Seat), r.messages.without(e.Seat), r.wakeups.without(e.Seat)
	}
}

// prepend indexes e, which precedes all that r covers. seated says whether its
// sender still has a seat. r is a copy whose slices are shared.
func (r *Recent) prepend(e Event, seated bool) {
	r.From, r.FromMs = e.N, e.AtMs
	r.events = r.events.before(e)
	if e.Type != Said {
		return
	}
	r.messages = r.messages.before(e)
	if e.Kind != Status {
		r.wakeups = r.wakeups.before(e)
	}
	if _, known := r.Said(e.Seat); seated && !known {
		r.said = append(slices.Clone(r.said), utterance(e))
	}
}

func utterance(e Event) Utterance {
	return Utterance{Seat: e.Seat, N: e.N, At: e.At(), Fingerprint: Fingerprint(e.Text, e.To)}
}
