package chat

import (
	"fmt"
	"slices"
	"time"
)

// fold is what a room is after event asOf: the sum of its events. A published
// fold is never changed; apply makes the next one.
type fold struct {
	settings
	id       string
	asOf     int64   // the last event folded in
	state    int64   // the last event that changed the state
	agents   []agent // seated, the longest first
	nextSeat int     // the number of the next seat; no number is used twice
	givenUp  int64   // the last event by which somebody gave a seat up
	ended    bool    // the name begins anew elsewhere
	closed   bool    // an admin has closed the room for good
	bans     []ban   // names that are kept out
	mutes    []ban   // names that are kept silent
	knockMs  int64   // of the last knock
	diesMs   int64

	headMs int64 // when event asOf was said
	// What follows is known only of events from spokenFrom on: it is no part of
	// the snapshot.
	spokenFrom int64
	spokenMs   int64       // when event spokenFrom was said
	spoken     []utterance // the last message of each agent that is seated, where known
	events     traces      // the last events, of whatever kind
	words      traces      // the last messages
	calls      traces      // of these, the last that end a wait where more than two talk
}

// traces tell, for every seat, the last event that is not its own.
type traces struct {
	last    trace   // the last that everybody may see
	other   trace   // the last of these of another seat than last's
	private []trace // the last private one to each seat
}

// trace is an event's number, and whose it was, or to whom.
type trace struct {
	n    int64
	seat int
}

// utterance is the last message of a seat, for telling a repeated call from a
// new message, and who is alive. It is kept as long as a lease.
type utterance struct {
	seat int
	n    int64
	at   time.Time
	sum  [16]byte // of its text
}

// snapshot is the form in which a fold is stored.
type snapshot struct {
	V        int      `json:"v"`
	AsOf     int64    `json:"as_of"`
	Settings settings `json:"room"`
	Agents   []agent  `json:"agents,omitempty"`
	NextSeat int      `json:"next_seat"`
	GivenUp  int64    `json:"given_up,omitempty"`
	Ended    bool     `json:"ended,omitempty"`
	Closed   bool     `json:"closed,omitempty"`
	Bans     []ban    `json:"bans,omitempty"`
	Mutes    []ban    `json:"mutes,omitempty"`
	KnockMs  int64    `json:"knock,omitempty"`
	DiesMs   int64    `json:"dies"`
	HeadMs   int64    `json:"at"`
}

func (f *fold) snapshot() snapshot {
	return snapshot{
		V: version, AsOf: f.asOf, Settings: f.settings, Agents: f.agents, NextSeat: f.nextSeat,
		GivenUp: f.givenUp, Ended: f.ended, Closed: f.closed, Bans: f.bans, Mutes: f.mutes,
		KnockMs: f.knockMs, DiesMs: f.diesMs, HeadMs: f.headMs,
	}
}

func foldOf(id string, s snapshot) *fold {
	return &fold{
		settings: s.Settings, id: id, asOf: s.AsOf, state: s.AsOf, agents: s.Agents, nextSeat: s.NextSeat,
		givenUp: s.GivenUp, ended: s.Ended, closed: s.Closed, bans: s.Bans, mutes: s.Mutes,
		knockMs: s.KnockMs, diesMs: s.DiesMs, headMs: s.HeadMs, spokenFrom: s.AsOf + 1, spokenMs: s.HeadMs,
	}
}

func (f *fold) dies() time.Time { return time.UnixMilli(f.diesMs) }

// dead reports whether the room has ended by the time now without being closed:
// nothing is appended any more, and soon its name is free.
func (f *fold) dead(now time.Time) bool { return f.ended || !now.Before(f.dies()) }

// pushDue reports whether an event at the time now must push the end forward.
func (f *fold) pushDue(now time.Time) bool {
	return now.Sub(f.dies().Add(-roomLife)) > pushAfter
}

// seated returns the agent of a seat.
func (f *fold) seated(seat int) (agent, bool) {
	for _, a := range f.agents {
		if a.Seat == seat {
			return a, true
		}
	}
	return agent{}, false
}

// silences reports whether the agent of a seat may only listen.
func (f *fold) silences(seat int) bool {
	a, here := f.seated(seat)
	return here && f.listens(a)
}

// listens reports whether a, who is seated, may only listen.
func (f *fold) listens(a agent) bool { return a.Muted || f.Type == Channel && a.Role != Admin }

// named returns the agent whose name has the key.
func (f *fold) named(key string) (agent, bool) {
	for _, a := range f.agents {
		if a.Key == key {
			return a, true
		}
	}
	return agent{}, false
}

// successor returns the seat that becomes admin when seat goes: the longest
// seated, of those who are muted only where there is no other, if no other admin
// stays; 0 for none.
func (f *fold) successor(seat int) int {
	var next agent
	for _, a := range f.agents {
		switch {
		case a.Seat == seat:
		case a.Role == Admin:
			return 0
		case next.Seat == 0, next.Muted && !a.Muted:
			next = a
		}
	}
	return next.Seat
}

// lastSaid returns the last message of a seat. known is false if it may have
// spoken within sameWithin, before the events that this fold has seen.
func (f *fold) lastSaid(a agent, now time.Time) (u utterance, known bool) {
	if u, ok := find(f.spoken, a.Seat); ok {
		return u, true
	}
	return utterance{}, f.spokenFrom <= a.Joined+1 || now.Sub(time.UnixMilli(f.spokenMs)) >= sameWithin
}

// newestOfOthers returns the number of the last event that is news to seat, or,
// where that lies before all that is known, of the last that may be.
func (f *fold) newestOfOthers(seat int) int64 {
	n, known := f.events.notOf(seat)
	switch {
	case known:
		return n
	case f.events.last.n == 0:
		return max(n, f.asOf)
	}
	return max(n, f.events.last.n-1)
}

// newestWord returns the number of the last message of others that seat may see,
// as far as is known.
func (f *fold) newestWord(seat int) int64 {
	n, _ := f.words.notOf(seat)
	return n
}

// calledAt returns the number of the last message that ended a wait of seat, if one
// was open, as far as is known.
func (f *fold) calledAt(seat int) int64 {
	if len(f.agents) <= 2 {
		return f.newestWord(seat)
	}
	n, _ := f.calls.notOf(seat)
	return n
}

// notOf returns the last event that is not of seat and that it may see. known is
// false if a later one may lie before all that is known.
func (t traces) notOf(seat int) (n int64, known bool) {
	for _, p := range t.private {
		if p.seat == seat {
			n = p.n
		}
	}
	public := t.last
	if public.seat == seat {
		public = t.other
	}
	return max(n, public.n), public.n > 0
}

// add returns the traces after e, which follows them; t's own slices stay as
// they are.
func (t traces) add(e event) traces {
	if len(e.To) > 0 {
		t.private = slices.Clone(t.private)
		for _, seat := range e.To {
			t.private = append(slices.DeleteFunc(t.private, func(p trace) bool { return p.seat == seat }), trace{e.n, seat})
		}
		return t
	}
	if e.doer() != t.last.seat {
		t.other = t.last
	}
	t.last = trace{e.n, e.doer()}
	return t
}

// without returns the traces without those that only seat may follow.
func (t traces) without(seat int) traces {
	t.private = slices.DeleteFunc(slices.Clone(t.private), func(p trace) bool { return p.seat == seat })
	return t
}

// before returns the traces with e, which lies before all of them.
func (t traces) before(e event) traces {
	if len(e.To) > 0 {
		t.private = slices.Clone(t.private)
		for _, seat := range e.To {
			if !slices.ContainsFunc(t.private, func(p trace) bool { return p.seat == seat }) {
				t.private = append(t.private, trace{e.n, seat})
			}
		}
		return t
	}
	switch {
	case t.last.n == 0:
		t.last = trace{e.n, e.doer()}
	case t.other.n == 0 && e.doer() != t.last.seat:
		t.other = trace{e.n, e.doer()}
	}
	return t
}

// apply returns the fold after e, which must be the next event.
func (f *fold) apply(e event) (*fold, error) {
	if e.n != f.asOf+1 {
		return nil, fmt.Errorf("chat: event %d does not follow %d", e.n, f.asOf)
	}
	next := *f
	next.asOf, next.headMs = e.n, e.AtMs
	if e.changesState() {
		next.state = e.n
	}
	if e.DiesMs != 0 {
		next.diesMs = e.DiesMs
	}
	next.note(e)
	switch e.Type {
	case said:
		next.hear(e)
	case joined:
		if e.Settings != nil {
			next.settings = *e.Settings
		}
		if e.Agent == nil {
			return nil, fmt.Errorf("chat: event %d: a join without an agent", e.n)
		}
		next.agents = append(slices.Clip(slices.Clone(f.agents)), *e.Agent)
		next.nextSeat = e.Agent.Seat + 1
	case left:
		next.leave(e)
	case ruled:
		next.rule(e)
	case set:
		if e.Settings != nil {
			next.settings = *e.Settings
		}
		next.closed = f.closed || e.closes()
	case paired:
	case knock:
		next.knockMs = e.AtMs
	case moved:
		next.ended = true
	default:
		return nil, fmt.Errorf("%w: event %d is of type %q", errNewerVersion, e.n, e.Type)
	}
	return &next, nil
}

// note keeps who did something last. It is called on a copy whose slices are
// shared.
func (f *fold) note(e event) {
	f.events = f.events.add(e)
	if e.Type == said {
		f.words = f.words.add(e)
		if e.Kind != Status {
			f.calls = f.calls.add(e)
		}
		f.spoken = slices.DeleteFunc(slices.Clone(f.spoken), func(u utterance) bool {
			return u.seat == e.Seat || e.at().Sub(u.at) > lease
		})
		f.spoken = append(f.spoken, utteranceOf(e))
	}
}

func utteranceOf(e event) utterance { return utterance{e.Seat, e.n, e.at(), textSum(e.Text, e.To)} }

// recall adds what an event before spokenFrom tells about who spoke last. Events
// must come in descending order without a gap.
func (f *fold) recall(e event) *fold {
	next := *f
	next.spokenFrom, next.spokenMs = e.n, e.AtMs
	next.events = f.events.before(e)
	if e.Type != said {
		return &next
	}
	next.words = f.words.before(e)
	if e.Kind != Status {
		next.calls = f.calls.before(e)
	}
	_, here := next.seated(e.Seat)
	if _, known := find(next.spoken, e.Seat); here && !known {
		next.spoken = append(slices.Clone(next.spoken), utteranceOf(e))
	}
	return &next
}

func find(spoken []utterance, seat int) (utterance, bool) {
	i := slices.IndexFunc(spoken, func(u utterance) bool { return u.seat == seat })
	if i < 0 {
		return utterance{}, false
	}
	return spoken[i], true
}

// What follows is called on a copy whose slices are shared.

// hear notes whether the speaker is done.
func (f *fold) hear(e event) {
	if e.Kind != Done && !e.Resumes {
		return
	}
	f.change(e.Seat, func(a *agent) { a.Done = e.Kind == Done && (a.Done || f.allSee(e)) })
}

// allSee reports whether all who are seated may see e.
func (f *fold) allSee(e event) bool {
	return !slices.ContainsFunc(f.agents, func(a agent) bool { return !a.among(e.Seat, e.To) })
}

// change changes the agent of a seat.
func (f *fold) change(seat int, how func(*agent)) {
	f.agents = slices.Clone(f.agents)
	for i := range f.agents {
		if f.agents[i].Seat == seat {
			how(&f.agents[i])
		}
	}
}

// promote makes the agent of a seat an admin, who is not muted.
func (f *fold) promote(seat int, atMs int64) {
	f.change(seat, func(a *agent) { a.Role, a.RoleMs, a.Muted = Admin, atMs, false })
}

// leave takes the agent of e out.
func (f *fold) leave(e event) {
	f.agents = slices.DeleteFunc(slices.Clone(f.agents), func(a agent) bool { return a.Seat == e.Seat })
	f.spoken = slices.DeleteFunc(slices.Clone(f.spoken), func(u utterance) bool { return u.seat == e.Seat })
	f.events, f.words, f.calls = f.events.without(e.Seat), f.words.without(e.Seat), f.calls.without(e.Seat)
	if e.Promoted != 0 {
		f.promote(e.Promoted, e.AtMs)
	}
	if e.Reason != ReasonReplaced {
		f.givenUp = e.n
	}
	f.bans = with(f.bans, e.Ban)
}
