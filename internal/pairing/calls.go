package pairing

import (
	"slices"
	"sync"
	"time"
)

// calls are the calls of one process that wait for a partner, and what the process
// knows of its queues. The zero value is ready.
type calls struct {
	mu    sync.Mutex
	last  int64                      // the last stamp
	byID  map[string][]chan struct{} // by ticket
	waits map[string]usual           // by queue
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

// enter registers a call with a ticket. claimed receives a value when another call
// of this process claims the ticket. over ends the registration.
func (c *calls) enter(id string) (claimed <-chan struct{}, over func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID == nil {
		c.byID = map[string][]chan struct{}{}
	}
	ch := make(chan struct{}, 1)
	c.byID[id] = append(c.byID[id], ch)
	return ch, func() { c.leave(id, ch) }
}

func (c *calls) leave(id string, claimed chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byID[id] = slices.DeleteFunc(c.byID[id], func(x chan struct{}) bool { return x == claimed })
	if len(c.byID[id]) == 0 {
		delete(c.byID, id)
	}
}

// open reports whether a call waits with the ticket.
func (c *calls) open(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.byID[id]) > 0
}

// wake wakes the calls that wait with the ticket.
func (c *calls) wake(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ch := range c.byID[id] {
		select {
		case ch <- struct{}{}:
		default:
		}
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
