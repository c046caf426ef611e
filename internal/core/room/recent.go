package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
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
	messages lastOf      // the last messages
	words    lastOf      // the last messages that are not of kind Status, or meant for a seat; see endsSleep
	named    lastOf      // only private: see Named, Replied
	replied  lastOf
	left     []leftAgent // the last agents that left, in the order of their leaving, each name once
}

// leftAgent is an agent that left.
type leftAgent struct {
	key, name string
	n         int64 // the event that says so
}

// keptDeparted is how many agents that left the index knows.
const keptDeparted = 100

// RecallLeft is how far back the index is to reach where a text names somebody who is not here.
const RecallLeft = 7 * 24 * time.Hour

// LeftNamed returns the names of agents that a has seen leave, and that text names by @ outside of code. sure is false
// if text names somebody who may have left since RecallLeft, and before all that the index of h covers.
func (h *Head) LeftNamed(a Agent, text string, now time.Time) (names []string, sure bool) {
	stray := h.strayMentions(text)
	if stray == "" {
		return nil, true
	}
	for _, d := range h.Recent.left {
		if _, back := h.Named(d.key); !back && d.n >= a.Since.N && mentions(stray, d.key) {
			names = append(names, d.name)
		}
	}
	return names, h.Recent.From <= max(1, a.Since.N) || h.Recent.Reaches(now.Add(-RecallLeft))
}

// LeftAs returns the event by which an agent of this name left, if a was here then and the index of h has it.
func (h *Head) LeftAs(a Agent, key string) (n int64, ok bool) {
	i := slices.IndexFunc(h.Recent.left, func(d leftAgent) bool { return d.key == key && d.n >= a.Since.N })
	if i < 0 {
		return 0, false
	}
	return h.Recent.left[i].n, true
}

// leftAgent returns who left by e, if somebody did.
func (e Event) leftAgent() (d leftAgent, ok bool) {
	name, err := ident.AgentName(e.Name)
	return leftAgent{name.Key, e.Name, e.N}, e.Type == Left && err == nil
}

func (r *Recent) hasLeft(key string) bool {
	return slices.ContainsFunc(r.left, func(d leftAgent) bool { return d.key == key })
}

// Utterance is the last message of the agent of a seat, not of the person behind it. It identifies a repeated call, and
// it shows when the agent was alive.
type Utterance struct {
	Seat int
	Saying
	// when the agent itself last said something: its person may have sent a draft later; zero if the index covers none
	Heard time.Time

	earlier []Saying // its messages before this one, the newest first
}

// keptSayings is how many messages of a seat the index covers.
const keptSayings = 8

// Saying is a message as a repeated call is recognized by it.
type Saying struct {
	N           int64
	At          time.Time
	Fingerprint [16]byte // see there; zero once the text is removed
	ReplyTo     int64    // the event that it answers
}

// Saying returns what identifies the message e.
func (e Event) Saying() Saying {
	return Saying{N: e.N, At: e.At(), Fingerprint: e.Fingerprint(), ReplyTo: e.ReplyTo}
}

// Removed reports whether the text of the message was removed.
func (s Saying) Removed() bool { return s.Fingerprint == [16]byte{} }

// Start is when a call began, and what it knew of the log then.
type Start struct {
	At    time.Time
	Known int64 // each event up to this one is older than the call
	Head  int64 // each event after this one is newer than the call
}

// clockSkew is by how much the clocks of two processes may differ.
const clockSkew = 2 * time.Second

// Precedes reports whether the event of a number and a time may be newer than the call.
func (s Start) Precedes(n int64, at time.Time) bool {
	return n > s.Known && (n > s.Head || at.After(s.At.Add(-clockSkew)))
}

// lastOf finds, for any seat, the last event of one sort that is not its own.
type lastOf struct {
	public  seatEvent   // the last that everybody may see
	other   seatEvent   // the last public one that was not public's seat
	private []seatEvent // the last one to each seat
}

// seatEvent is an event and the seat that caused it, or that it is addressed to.
type seatEvent struct {
	n    int64
	seat int
	atMs int64
}

// Said returns the last message of a seat, if the index covers one.
func (r *Recent) Said(seat int) (Utterance, bool) {
	for i := range r.said { // by index: an Utterance is large, and who is there asks for each seat
		if r.said[i].Seat == seat {
			return r.said[i], true
		}
	}
	return Utterance{}, false
}

// LastWord returns the last message to all that is not of kind Status, and the seat
// that sent it; zeros if the index covers none.
func (r *Recent) LastWord() (n int64, seat int, at time.Time) {
	word := r.words.public
	return word.n, word.seat, time.UnixMilli(word.atMs)
}

// Named returns when a message to all last named the agent of a seat, if that has said no word to all since; the zero
// time if the index covers none.
func (r *Recent) Named(seat int) time.Time { return r.named.lastTime(seat) }

// Replied is Named for a message that answers the agent.
func (r *Recent) Replied(seat int) time.Time { return r.replied.lastTime(seat) }

func (l lastOf) lastTime(seat int) time.Time {
	i := slices.IndexFunc(l.private, func(p seatEvent) bool { return p.seat == seat && p.atMs != 0 })
	if i < 0 {
		return time.Time{}
	}
	return time.UnixMilli(l.private[i].atMs)
}

// namedAndReplied returns whom e, a message, names, whom it answers, and who has spoken by it: see Recent.Named.
func (e Event) namedAndReplied() (named, replied, spoke []int) {
	if len(e.To) > 0 {
		return nil, nil, nil
	}
	if e.ReplyTo != 0 && e.ReSeat != e.Seat {
		replied = []int{e.ReSeat}
	}
	if e.Kind != Status && !e.Person {
		spoke = []int{e.Seat}
	}
	if e.Withdraws != 0 { // it names those whose debt it ends
		return nil, replied, spoke
	}
	return e.Named, replied, spoke
}

// Begun reports whether two agents have spoken to all, as far as the index covers.
func (r *Recent) Begun() bool { return r.words.public.n > 0 && r.words.other.n > 0 }

// Reaches reports whether the index covers everything since t.
func (r *Recent) Reaches(t time.Time) bool {
	return r.From <= 1 || time.UnixMilli(r.FromMs).Before(t)
}

// NewestForeign returns the last message of others that seat may see. Where that
// precedes all that the index covers, it returns the last event that may be one.
func (r *Recent) NewestForeign(seat int) int64 {
	newest, known := r.messages.newestFor(seat)
	if known || r.From <= 1 {
		return newest.n
	}
	return max(newest.n, r.From-1)
}

// NewestMessage returns the last message of others that seat may see; 0 if the
// index covers none.
func (r *Recent) NewestMessage(seat int) int64 {
	newest, _ := r.messages.newestFor(seat)
	return newest.n
}

// newestFor returns the last event that is not of seat and that it may see. known is
// false if a later one may precede all that the index covers.
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

// withNewer returns l with e, which follows it. l's slices are unchanged.
func (l lastOf) withNewer(e Event) lastOf {
	if len(e.To) > 0 {
		return l.withNewerFor(e.meant(), e.N, e.AtMs)
	}
	if e.isOfPerson() { // to its agent the word is another's
		l = l.withNewerFor([]int{e.Seat}, e.N, e.AtMs)
	}
	if e.Actor() != l.public.seat {
		l.other = l.public
	}
	l.public = seatEvent{e.N, e.Actor(), e.AtMs}
	return l
}

// withNewerFor is after where only these seats matter, for event n.
func (l lastOf) withNewerFor(seats []int, n, atMs int64) lastOf {
	if len(seats) == 0 {
		return l
	}
	l.private = slices.Clone(l.private)
	for _, seat := range seats {
		l.private = append(slices.DeleteFunc(l.private, func(p seatEvent) bool { return p.seat == seat }),
			seatEvent{n, seat, atMs})
	}
	return l
}

// withOlderFor is before where only these seats matter, for event n.
func (l lastOf) withOlderFor(seats []int, n, atMs int64) lastOf {
	l.private = slices.Clone(l.private)
	for _, seat := range seats {
		if !slices.ContainsFunc(l.private, func(p seatEvent) bool { return p.seat == seat }) {
			l.private = append(l.private, seatEvent{n, seat, atMs})
		}
	}
	return l
}

// withOlder returns l with e, which precedes all of it. l's slices are unchanged.
func (l lastOf) withOlder(e Event) lastOf {
	if len(e.To) > 0 {
		return l.withOlderFor(e.meant(), e.N, e.AtMs)
	}
	if e.isOfPerson() {
		l = l.withOlderFor([]int{e.Seat}, e.N, e.AtMs)
	}
	switch {
	case l.public.n == 0:
		l.public = seatEvent{e.N, e.Actor(), e.AtMs}
	case l.other.n == 0 && e.Actor() != l.public.seat:
		l.other = seatEvent{e.N, e.Actor(), e.AtMs}
	}
	return l
}

// keepOnly removes what is of other seats than those of agents. A reply to an agent that has gone adds a mark for
// its seat, which no later event of that seat removes: each leave removes all such marks. r is a copy whose slices are
// shared.
func (r *Recent) keepOnly(agents []Agent) {
	gone := func(seat int) bool {
		return !slices.ContainsFunc(agents, func(a Agent) bool { return a.Seat == seat })
	}
	r.said = slices.DeleteFunc(slices.Clone(r.said), func(u Utterance) bool { return gone(u.Seat) })
	for _, l := range []*lastOf{&r.messages, &r.words, &r.named, &r.replied} {
		l.private = slices.DeleteFunc(slices.Clone(l.private), func(p seatEvent) bool { return gone(p.seat) })
	}
}

// add indexes e, the next event. r is a copy whose slices are shared.
func (r *Recent) add(e Event) {
	switch e.Type {
	case Said:
		named, replied, spoke := e.namedAndReplied()
		r.named = r.named.withNewerFor(named, e.N, e.AtMs).withNewerFor(spoke, e.N, 0)
		r.replied = r.replied.withNewerFor(replied, e.N, e.AtMs).withNewerFor(spoke, e.N, 0)
		r.messages = r.messages.withNewer(e)
		if e.Kind != Status {
			r.words = r.words.withNewer(e)
		} else {
			r.words = r.words.withNewerFor(e.meant(), e.N, e.AtMs)
		}
		if e.Person {
			return // its agent may be silent
		}
		u := e.utterance()
		if before, spoke := r.Said(e.Seat); spoke {
			u.addOlder(before)
			u.earlier = slices.Concat([]Saying{before.Saying}, before.earlier[:min(len(before.earlier), keptSayings-2)])
		}
		r.said = slices.DeleteFunc(slices.Clone(r.said), func(u Utterance) bool {
			return u.Seat == e.Seat || e.At().Sub(u.At) > Lease
		})
		r.said = append(r.said, u)
	case SupervisionSet:
		if e.endsSleep() {
			r.words = r.words.withNewerFor(e.To, e.N, e.AtMs)
		}
	case Left:
		if d, ok := e.leftAgent(); ok {
			others := slices.DeleteFunc(slices.Clone(r.left), func(x leftAgent) bool { return x.key == d.key })
			r.left = append(others[max(0, len(others)-keptDeparted+1):], d)
		}
	case Changed:
		if u, spoke := r.Said(e.Seat); spoke && e.Redacts != 0 {
			r.replace(u.withoutFingerprint(e.Redacts))
		}
	}
}

// endsSleep reports whether the person behind e.Seat wakes its agent by e, which is no message.
func (e Event) endsSleep() bool {
	return e.Type == SupervisionSet && (e.Reason == ReasonResumed || e.Reason == ReasonRefused)
}

// replace puts u in place of what the index has of its seat. r is a copy whose slices are
// shared.
func (r *Recent) replace(u Utterance) {
	r.said = slices.Clone(r.said)
	r.said[slices.IndexFunc(r.said, func(old Utterance) bool { return old.Seat == u.Seat })] = u
}

// prepend indexes e, which precedes all that r covers. seated says whether its
// sender still has a seat. r is a copy whose slices are shared.
func (r *Recent) prepend(e Event, seated bool) {
	r.From, r.FromMs = e.N, e.AtMs
	if e.endsSleep() {
		r.words = r.words.withOlderFor(e.To, e.N, e.AtMs)
	}
	if d, ok := e.leftAgent(); ok && len(r.left) < keptDeparted && !r.hasLeft(d.key) {
		r.left = append([]leftAgent{d}, r.left...)
	}
	if e.Type != Said {
		return
	}
	named, replied, spoke := e.namedAndReplied()
	r.named = r.named.withOlderFor(named, e.N, e.AtMs).withOlderFor(spoke, e.N, 0)
	r.replied = r.replied.withOlderFor(replied, e.N, e.AtMs).withOlderFor(spoke, e.N, 0)
	r.messages = r.messages.withOlder(e)
	if e.Kind != Status {
		r.words = r.words.withOlder(e)
	} else {
		r.words = r.words.withOlderFor(e.meant(), e.N, e.AtMs)
	}
	if e.Person || !seated {
		return
	}
	if u, known := r.Said(e.Seat); !known {
		r.said = append(slices.Clone(r.said), e.utterance())
	} else if older := e.utterance(); len(u.earlier) < keptSayings-1 || u.Heard.IsZero() {
		u.addOlder(older)
		if len(u.earlier) < keptSayings-1 {
			u.earlier = append(slices.Clip(u.earlier), older.Saying)
		}
		r.replace(u)
	}
}

func (e Event) utterance() Utterance {
	u := Utterance{Seat: e.Seat, Saying: e.Saying()}
	if e.Decides == 0 {
		u.Heard = u.At
	}
	return u
}

// addOlder completes u by an older message of its agent.
func (u *Utterance) addOlder(older Utterance) {
	if u.Heard.IsZero() {
		u.Heard = older.Heard
	}
}

// withoutFingerprint returns u without the fingerprint of message n, whose text was removed.
func (u Utterance) withoutFingerprint(n int64) Utterance {
	if u.N == n {
		u.Fingerprint = [16]byte{}
	}
	u.earlier = slices.Clone(u.earlier)
	for i := range u.earlier {
		if u.earlier[i].N == n {
			u.earlier[i].Fingerprint = [16]byte{}
		}
	}
	return u
}
