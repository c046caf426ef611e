package pairing

import (
	"context"
	"sync"
	"time"
)

// calls are the calls of one process that wait for a partner, and what the process
// knows of its queues. The zero value is ready.
type calls struct {
	mu    sync.Mutex
	last  int64             // the last stamp
	byID  map[string]*place // by ticket
	waits map[string]usual  // by queue
}

// place is what the calls of this process with one ticket share.
type place struct {
	calls  int
	newest *call
	turn   chan struct{} // holds a value while a call changes the ticket
}

// call is a call with a ticket that keeps its place.
type call struct {
	claimed    chan struct{} // receives a value when the ticket is claimed or given up in this process
	superseded chan struct{} // closed when a newer call with the ticket begins in this process
	place      *place
}

// usual is how long the agent that waited longer has lately waited in a queue.
type usual struct {
	wait time.Duration
	at   time.Time // when the last pair was made
}

const (
	maxQueues = 256       // whose usual wait is remembered
	usualLife = time.Hour // after the last pair
)

// stamp returns the time in milliseconds, greater than any stamp before: of two
// agents that enter here, the first comes first in the queue.
func (c *calls) stamp(now time.Time) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(c.last+1, now.UnixMilli())
	return c.last
}

// enter registers a call with a ticket, and ends an older one. over ends the
// registration.
func (c *calls) enter(id string) (entered *call, over func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID == nil {
		c.byID = map[string]*place{}
	}
	p := c.byID[id]
	if p == nil {
		p = &place{turn: make(chan struct{}, 1)}
		c.byID[id] = p
	} else {
		close(p.newest.superseded)
	}
	entered = &call{claimed: make(chan struct{}, 1), superseded: make(chan struct{}), place: p}
	p.calls++
	p.newest = entered
	return entered, func() { c.leave(id, p) }
}

func (c *calls) leave(id string, p *place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.calls--; p.calls == 0 {
		delete(c.byID, id)
	}
}

// wake wakes the call that waits with the ticket.
func (c *calls) wake(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.byID[id]; p != nil {
		select {
		case p.newest.claimed <- struct{}{}:
		default:
		}
	}
}

// alone runs change while no other call of the process with the ticket runs one. Once a
// newer one has begun it returns errSuperseded. So the newest changes the ticket last.
func (c *call) alone(ctx context.Context, change func() error) error {
	select {
	case c.place.turn <- struct{}{}:
		defer func() { <-c.place.turn }()
	case <-c.superseded:
	case <-ctx.Done():
		return ctx.Err()
	}
	if c.isSuperseded() {
		return errSuperseded
	}
	return change()
}

func (c *call) isSuperseded() bool {
	select {
	case <-c.superseded:
		return true
	default:
		return false
	}
}

// notePair notes that a pair was made of which the agent that waited longer had
// waited for wait.
func (c *calls) notePair(queue string, wait time.Duration, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, known := c.waits[queue]
	if known {
		wait = (3*before.wait + wait) / 4
	}
	if c.waits == nil || !known && len(c.waits) >= maxQueues {
		c.waits = map[string]usual{}
	}
	c.waits[queue] = usual{wait: wait, at: now}
}

// usualWait returns how long an agent usually waits in a queue; 0 if unknown.
func (c *calls) usualWait(queue string, now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	u := c.waits[queue]
	if now.Sub(u.at) > usualLife {
		return 0
	}
	return u.wait.Round(time.Second)
}
