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
	diesMs   int64

	headMs int64 // when event asOf was said
	// What follows is known only of events from spokenFrom on: it is no part of
	// the snapshot.
	spokenFrom int64
	spokenMs   int64       // when event spokenFrom was said
	spoken     []utterance // the last message of each agent that is seated, where known
	word       int64       // the last message of all; 0: not known
	last       trace       // the last event
	lastOther  trace       // the last event of another seat than last's
}

// trace is an event's number and whose it was.
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
	DiesMs   int64    `json:"dies"`
	HeadMs   int64    `json:"at"`
}

func (f *fold) snapshot() snapshot {
	return snapshot{
		V: version, AsOf: f.asOf, Settings: f.settings, Agents: f.agents, NextSeat: f.nextSeat,
		GivenUp: f.givenUp, Ended: f.ended, DiesMs: f.diesMs, HeadMs: f.headMs,
	}
}

func foldOf(id string, s snapshot) *fold {
	return &fold{
		settings: s.Settings, id: id, asOf: s.AsOf, state: s.AsOf, agents: s.Agents, nextSeat: s.NextSeat,
		givenUp: s.GivenUp, ended: s.Ended, diesMs: s.DiesMs, headMs: s.HeadMs, spokenFrom: s.AsOf + 1, spokenMs: s.HeadMs,
	}
}

func (f *fold) dies() time.Time { return time.UnixMilli(f.diesMs) }

// dead reports whether the room has ended by the time now: nothing is appended
// any more, and soon its name is free.
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
	return here && f.Type == Channel && a.Role != Admin
}

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
// seated, if no other admin stays; 0 for none.
func (f *fold) successor(seat int) int {
	next := 0
	for _, a := range f.agents {
		switch {
		case a.Seat == seat:
		case a.Role == Admin:
			return 0
		case next == 0:
			next = a.Seat
		}
	}
	return next
}

// lastSaid returns the last message of a seat. known is false if it may have
// spoken within sameWithin, before the events that this fold has seen.
func (f *fold) lastSaid(a agent, now time.Time) (u utterance, known bool) {
	if u, ok := find(f.spoken, a.Seat); ok {
		return u, true
	}
	return utterance{}, f.spokenFrom <= a.Joined+1 || now.Sub(time.UnixMilli(f.spokenMs)) >= sameWithin
}

// newestOfOthers returns the number of the last event that is not of seat, or,
// where that lies before all that is known, of the last that may be.
func (f *fold) newestOfOthers(seat int) int64 {
	switch {
	case f.last.n == 0:
		return f.asOf
	case f.last.seat != seat:
		return f.last.n
	case f.lastOther.n == 0:
		return f.last.n - 1
	}
	return f.lastOther.n
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
	case moved:
		next.ended = true
	default:
		return nil, fmt.Errorf("%w: event %d is of type %q", errNewerVersion, e.n, e.Type)
	}
	return &next, nil
}

// note keeps who spoke last. It is called on a copy whose slices are shared.
func (f *fold) note(e event) {
	if e.Seat != f.last.seat {
		f.lastOther = f.last
	}
	f.last = trace{e.n, e.Seat}
	if e.Type == said {
		f.word = e.n
		f.spoken = slices.DeleteFunc(slices.Clone(f.spoken), func(u utterance) bool {
			return u.seat == e.Seat || e.at().Sub(u.at) > lease
		})
		f.spoken = append(f.spoken, utterance{e.Seat, e.n, e.at(), textSum(e.Text)})
	}
}

// recall adds what an event before spokenFrom tells about who spoke last. Events
// must come in descending order without a gap.
func (f *fold) recall(e event) *fold {
	next := *f
	next.spokenFrom, next.spokenMs = e.n, e.AtMs
	switch {
	case next.last.n == 0:
		next.last = trace{e.n, e.Seat}
	case next.lastOther.n == 0 && e.Seat != next.last.seat:
		next.lastOther = trace{e.n, e.Seat}
	}
	if e.Type != said {
		return &next
	}
	next.word = max(next.word, e.n)
	_, here := next.seated(e.Seat)
	if _, known := find(next.spoken, e.Seat); here && !known {
		next.spoken = append(slices.Clone(next.spoken), utterance{e.Seat, e.n, e.at(), textSum(e.Text)})
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

// leave takes the agent of e out. It is called on a copy whose slices are shared.
func (f *fold) leave(e event) {
	f.agents = slices.DeleteFunc(slices.Clone(f.agents), func(a agent) bool { return a.Seat == e.Seat })
	f.spoken = slices.DeleteFunc(slices.Clone(f.spoken), func(u utterance) bool { return u.seat == e.Seat })
	for i := range f.agents {
		if f.agents[i].Seat == e.Promoted {
			f.agents[i].Role, f.agents[i].RoleMs = Admin, e.AtMs
		}
	}
	if e.Reason != ReasonReplaced {
		f.givenUp = e.n
	}
}
