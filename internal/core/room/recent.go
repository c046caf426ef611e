package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
)

// Recent indexes the latest events of a log: the last messages of each seat, and the last events for each seat.
// Recent covers the events from From on, and is not stored. Like a State, a published Recent is never changed.
type Recent struct {
	From   int64 // the first event covered; 0 if older events do not count
	FromMs int64 // the time of event From

	said     []Utterance // the last message of each seated agent that has spoken
	made     []madeBy    // the last calls of each seated caller
	decided  []Made      // what drafts from before the index became
	messages lastOf      // the last messages
	words    lastOf      // the last messages and orders that end a wait: see NewestWakeup
	left     []leftAgent // the last agents that left, in the order of leaving, each name once
}

// leftAgent is an agent that left.
type leftAgent struct {
	key      string
	kickedBy int // the seat of the admin; 0: it was not kicked
	at       time.Time
}

// keptDeparted is how many agents that have left are in the index.
const keptDeparted = 100

// kickedBy reports whether admin has kicked, after since, the last agent of this name that left, as far as the index
// of h covers.
func (h *Head) kickedBy(admin Agent, key string, since time.Time) bool {
	return slices.ContainsFunc(h.Recent.left, func(left leftAgent) bool {
		return left.key == key && left.kickedBy == admin.Seat && left.at.After(since)
	})
}

// leftAgent returns the agent that left by e, if any.
func (e Event) leftAgent() (d leftAgent, ok bool) {
	name, err := ident.AgentName(e.Name)
	d = leftAgent{key: name.Key, at: e.At()}
	if e.Reason == ReasonKicked {
		d.kickedBy = e.By
	}
	return d, e.Type == Left && err == nil
}

func (r *Recent) hasLeft(key string) bool {
	return slices.ContainsFunc(r.left, func(d leftAgent) bool { return d.key == key })
}

// Utterance is the last message of the agent of a seat, not of the person. It shows when the agent was last heard.
type Utterance struct {
	Seat int
	N    int64
	At   time.Time
	// Heard is when the agent itself last spoke, since its person may send a draft later; zero if the index
	// covers no such message.
	Heard time.Time
}

// ClockSkew is by how much the clocks of two processes may differ.
const ClockSkew = 2 * time.Second

// lastOf finds, for any seat, the last event of one sort from another seat.
type lastOf struct {
	public  seatEvent   // the last event for everybody
	other   seatEvent   // the last public event of another seat than public.seat
	private []seatEvent // the last event for each seat
}

// seatEvent is an event and a seat: in public and other the actor, in private the addressee.
type seatEvent struct {
	n    int64
	seat int
	atMs int64
}

// Said returns the last message of a seat, if the index covers one.
func (r *Recent) Said(seat int) (Utterance, bool) {
	for i := range r.said { // by index: an Utterance is large, and some callers read each seat's
		if r.said[i].Seat == seat {
			return r.said[i], true
		}
	}
	return Utterance{}, false
}

// LastWord returns the last message to all that interrupts, and the sender's seat; zeros if the index covers none.
func (r *Recent) LastWord() (n int64, seat int, at time.Time) {
	word := r.words.public
	return word.n, word.seat, time.UnixMilli(word.atMs)
}

// entry is what an event adds to a lastOf.
type entry struct {
	public bool  // for everybody but its actor
	seats  []int // for these seats
}

// entries returns what e adds to each lastOf of a Recent. words has all readers of e if e wakes even a seat that
// nothing is meant for, by Caller.WokenBy in a room of more than two; else the seats that e is meant for.
func (e Event) entries() (messages, words entry) {
	switch {
	case e.endsSleep():
		words.seats = e.To
		return messages, words
	case e.Type != Said:
		return messages, words
	}
	messages = entry{public: len(e.To) == 0, seats: e.To}
	if e.isOfPerson() { // the agent hears a word of its person as another's
		messages.seats = append(slices.Clone(e.To), e.Seat)
	}
	words = messages
	if nobody := (Caller{Agent: Agent{Seat: -1}}); !nobody.WokenBy(e, fewAgents+1, false) {
		words = entry{seats: e.seatsMeant()}
	}
	return messages, words
}

// index adds event to each lastOf by with, which is withNewer or withOlder.
func (r *Recent) index(event Event, with func(lastOf, Event, entry) lastOf) {
	messages, words := event.entries()
	r.messages, r.words = with(r.messages, event, messages), with(r.words, event, words)
}

// Begun reports whether two agents have spoken to all, as far as the index covers.
func (r *Recent) Begun() bool { return r.words.public.n > 0 && r.words.other.n > 0 }

// Reaches reports whether the index covers everything since t.
func (r *Recent) Reaches(t time.Time) bool {
	return r.From <= 1 || time.UnixMilli(r.FromMs).Before(t)
}

// NewestForeign returns the last message of others visible to seat or, if the index may not cover that message,
// the last event before the index.
func (r *Recent) NewestForeign(seat int) int64 {
	newest, known := r.messages.newestFor(seat)
	if known || r.From <= 1 {
		return newest.n
	}
	return max(newest.n, r.From-1)
}

// NewestMessage returns the last message of others visible to seat; 0 if the index covers none.
func (r *Recent) NewestMessage(seat int) int64 {
	newest, _ := r.messages.newestFor(seat)
	return newest.n
}

// newestFor returns the last event of others visible to seat. known is false if the index covers no public
// event of others.
func (l lastOf) newestFor(seat int) (newest seatEvent, known bool) {
	newest = l.public
	if newest.seat == seat {
		newest = l.other
	}
	known = newest.n > 0
	for _, p := range l.private {
		if p.seat == seat && p.n > newest.n {
			newest = p
		}
	}
	return newest, known
}

// withNewer returns l with x of the next event. l's slices are unchanged.
func (l lastOf) withNewer(event Event, x entry) lastOf {
	if len(x.seats) > 0 {
		l.private = slices.DeleteFunc(slices.Clone(l.private), func(p seatEvent) bool {
			return slices.Contains(x.seats, p.seat)
		})
		for _, seat := range x.seats {
			l.private = append(l.private, seatEvent{event.N, seat, event.AtMs})
		}
	}
	if !x.public {
		return l
	}
	if event.Actor() != l.public.seat {
		l.other = l.public
	}
	l.public = seatEvent{event.N, event.Actor(), event.AtMs}
	return l
}

// withOlder returns l with x of event, older than all events of l. l's slices are unchanged.
func (l lastOf) withOlder(event Event, x entry) lastOf {
	for _, seat := range x.seats {
		if !slices.ContainsFunc(l.private, func(p seatEvent) bool { return p.seat == seat }) {
			l.private = append(slices.Clip(l.private), seatEvent{event.N, seat, event.AtMs})
		}
	}
	switch {
	case !x.public:
	case l.public.n == 0:
		l.public = seatEvent{event.N, event.Actor(), event.AtMs}
	case l.other.n == 0 && event.Actor() != l.public.seat:
		l.other = seatEvent{event.N, event.Actor(), event.AtMs}
	}
	return l
}

// keepOnly keeps only the entries for the seats of agents. A reply to an agent that has left adds an entry for its
// seat, which stays until the next leave. r is a copy with shared slices.
func (r *Recent) keepOnly(agents []Agent) {
	gone := func(seat int) bool {
		return !slices.ContainsFunc(agents, func(agent Agent) bool { return agent.Seat == seat })
	}
	r.said = slices.DeleteFunc(slices.Clone(r.said), func(last Utterance) bool { return gone(last.Seat) })
	r.made = slices.DeleteFunc(slices.Clone(r.made), func(by madeBy) bool { return gone(by.seat) })
	for _, l := range []*lastOf{&r.messages, &r.words} {
		l.private = slices.DeleteFunc(slices.Clone(l.private), func(p seatEvent) bool { return gone(p.seat) })
	}
}

// add indexes the next event. r is a copy with shared slices.
func (r *Recent) add(event Event) {
	r.index(event, lastOf.withNewer)
	r.addMade(event)
	switch event.Type {
	case Said:
		if event.Person {
			return // the agent may be silent
		}
		last := event.utterance()
		if before, spoke := r.Said(event.Seat); spoke {
			last.addOlder(before)
		}
		r.said = slices.DeleteFunc(slices.Clone(r.said), func(u Utterance) bool {
			return u.Seat == event.Seat || event.At().Sub(u.At) > Lease
		})
		r.said = append(r.said, last)
	case Left:
		if left, ok := event.leftAgent(); ok {
			others := slices.DeleteFunc(slices.Clone(r.left), func(x leftAgent) bool { return x.key == left.key })
			r.left = append(others[max(0, len(others)-keptDeparted+1):], left)
		}
	}
}

// prepend indexes event, the event right before the index. seated says whether the sender still has a seat. r is a
// copy with shared slices.
func (r *Recent) prepend(event Event, seated bool) {
	r.From, r.FromMs = event.N, event.AtMs
	r.index(event, lastOf.withOlder)
	if left, ok := event.leftAgent(); ok && len(r.left) < keptDeparted && !r.hasLeft(left.key) {
		r.left = append([]leftAgent{left}, r.left...)
	}
	if !seated {
		return
	}
	r.prependMade(event)
	if event.Type != Said || event.Person {
		return
	}
	if last, known := r.Said(event.Seat); !known {
		r.said = append(slices.Clone(r.said), event.utterance())
	} else if last.Heard.IsZero() {
		last.addOlder(event.utterance())
		r.said = slices.Clone(r.said)
		r.said[slices.IndexFunc(r.said, func(old Utterance) bool { return old.Seat == last.Seat })] = last
	}
}

func (e Event) utterance() Utterance {
	last := Utterance{Seat: e.Seat, N: e.N, At: e.At()}
	if e.Decides == 0 {
		last.Heard = last.At
	}
	return last
}

// addOlder completes u by an older message of the same agent.
func (u *Utterance) addOlder(older Utterance) {
	if u.Heard.IsZero() {
		u.Heard = older.Heard
	}
}
