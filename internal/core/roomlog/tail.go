package roomlog

import (
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// How much of a log's tail is cached, so that a waiter is served without a read.
const (
	tailEvents = 128
	tailBytes  = 64 << 10 // of what the events refer to: texts, settings, debts
)

// tail is the last events of a log, without a gap.
type tail struct {
	events   []room.Event
	referred int // bytes to which the events refer
	array    int // how many events the memory behind events has room for
}

// bytes returns how much memory t takes.
func (t *tail) bytes() int { return t.array*room.EventBytes + t.referred }

// add adds event, and drops the oldest events above the limits. If event does not follow the last event, add begins a
// new tail.
func (t *tail) add(event room.Event) {
	if len(t.events) > 0 && t.events[len(t.events)-1].N != event.N-1 {
		*t = tail{}
	}
	for _, n := range event.Emptied() {
		t.redact(n)
	}
	if event.RedactsTask() {
		t.redactTask(event.Task.No)
	}
	before := cap(t.events)
	t.events = append(t.events, event)
	if cap(t.events) != before {
		t.array = cap(t.events)
	}
	t.referred += event.Referred()
	drop := 0
	for len(t.events)-drop > 1 && (len(t.events)-drop > tailEvents || t.referred > tailBytes) {
		t.referred -= t.events[drop].Referred()
		drop++
	}
	if drop > 0 {
		clear(t.events[:drop])
		t.events = t.events[drop:]
	}
}

// after adds copies of the events after n to events, up to most of them. ok is false if the tail begins later.
func (t *tail) after(n int64, most int, events []room.Event) (_ []room.Event, ok bool) {
	if len(t.events) == 0 || t.events[0].N > n+1 {
		return events, false
	}
	skip := min(int(n+1-t.events[0].N), len(t.events))
	return append(events, t.events[skip:min(skip+most, len(t.events))]...), true
}

// Tail returns the known events after n. ok is false if the cached tail begins later.
func (l *Log) Tail(n int64) (events []room.Event, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tail.after(n, tailEvents, nil)
}

// before returns copies of the events before n, up to most of them, the latest first; none if the tail lacks event
// n-1.
func (t *tail) before(n int64, most int) (events []room.Event) {
	for event, ok := t.event(n - 1); ok && len(events) < most; event, ok = t.event(event.N - 1) {
		events = append(events, event)
	}
	return events
}

// event returns event n, if the tail has it.
func (t *tail) event(n int64) (event room.Event, ok bool) {
	if len(t.events) == 0 || n < t.events[0].N || n > t.events[len(t.events)-1].N {
		return room.Event{}, false
	}
	return t.events[n-t.events[0].N], true
}

// Unread returns a function. It counts the messages after event read that both viewer and the agent of see, without
// that agent's own. The count is nil if the cached tail begins after event read+1, since no log is read for it.
func (l *Log) Unread(viewer room.Caller) func(read int64, of room.Agent) *int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.tail.events) == 0 {
		return func(int64, room.Agent) *int { return nil }
	}
	from, said := l.tail.events[0].N, []room.Event(nil)
	for i := range l.tail.events {
		if event := &l.tail.events[i]; event.Type == room.Said && viewer.Sees(*event) {
			said = append(said, *event)
		}
	}
	return func(read int64, of room.Agent) *int {
		if read+1 < from {
			return nil
		}
		n := 0
		for i := len(said) - 1; i >= 0 && said[i].N > read; i-- {
			if event := &said[i]; (event.Seat != of.Seat || event.Person) && (room.Caller{Agent: of}).IsNews(*event) {
				n++
			}
		}
		return &n
	}
}

// How often the tail of a log is read while agents wait and other processes may append. Each read costs half a read
// unit.
const (
	pollLively = 100 * time.Millisecond
	pollCalm   = 500 * time.Millisecond // the last event is five seconds old
	pollQuiet  = time.Second            // the last event is ten minutes old
)

// PollEvery returns the time between two reads of the tail, whose last event has that age. Nobody notices news that
// is late by less than a tenth of the silence before: agents take seconds to answer. docs/cost.md says what polling
// costs.
func PollEvery(age time.Duration) time.Duration {
	if age >= 10*time.Minute {
		return pollQuiet
	}
	return min(max(age/10, pollLively), pollCalm)
}
