package chat

import (
	"slices"
	"sync"
	"time"
)

// seekers are the calls of one process that wait for a partner, and what it knows of
// its queues. The zero value is ready.
type seekers struct {
	mu    sync.Mutex
	last  int64
	calls map[string][]chan struct{} // by ticket
	waits map[string]usualWait       // by queue
}

// usualWait is how long the longer waiting of a pair has waited lately.
type usualWait struct {
	wait time.Duration
	at   time.Time // when the last pair was made
}

const (
	maxQueues = 256       // of which it is known how long one waits there
	usualLife = time.Hour // for so long after the last pair
)

// stamp returns the time in milliseconds, later than any before: of two who enter
// here, the first is the first in the queue.
func (q *seekers) stamp(now time.Time) int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last = max(q.last+1, now.UnixMilli())
	return q.last
}

// enter returns a channel that wakes a call, and what takes it out again.
func (q *seekers) enter(id string) (woken <-chan struct{}, over func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.calls == nil {
		q.calls = map[string][]chan struct{}{}
	}
	c := make(chan struct{}, 1)
	q.calls[id] = append(q.calls[id], c)
	return c, func() { q.leave(id, c) }
}

func (q *seekers) leave(id string, woken chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.calls[id] = slices.DeleteFunc(q.calls[id], func(c chan struct{}) bool { return c == woken })
	if len(q.calls[id]) == 0 {
		delete(q.calls, id)
	}
}

// open reports whether a call waits with the ticket of this id.
func (q *seekers) open(id string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.calls[id]) > 0
}

// wake wakes the calls that wait with the ticket of this id.
func (q *seekers) wake(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, c := range q.calls[id] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// met notes that a pair was made, of which the longer waiting had waited so long.
func (q *seekers) met(queue string, wait time.Duration, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	before, known := q.waits[queue]
	if known {
		wait = (3*before.wait + wait) / 4
	}
	if q.waits == nil || !known && len(q.waits) >= maxQueues {
		q.waits = map[string]usualWait{}
	}
	q.waits[queue] = usualWait{wait: wait, at: now}
}

// usual is how long one usually waits in a queue; 0 if that is not known.
func (q *seekers) usual(queue string, now time.Time) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	u := q.waits[queue]
	if now.Sub(u.at) > usualLife {
		return 0
	}
	return u.wait.Round(time.Second)
}
