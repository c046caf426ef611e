package pairing

import (
	"sync"
	"time"
)

// calls are the calls of one process that wait for a partner. The zero value is ready.
type calls struct {
	mu   sync.Mutex
	last int64             // the last stamp
	byID map[string]*place // by ticket
}

// place is shared by the calls of this process with the same ticket. Only the newest call keeps the place: else the
// calls of a single ticket could take every wait.
type place struct {
	calls    int
	newest   *call
	changing sync.Mutex // held while a call changes the ticket
}

// call is a call that keeps the place of a ticket.
type call struct {
	claimed    chan struct{} // receives a value when the ticket is claimed or given up in this process
	superseded chan struct{} // closed when a newer call with the ticket begins in this process
	place      *place
}

// stamp returns the time in milliseconds, greater than every earlier stamp: of two agents that enter here, the first
// comes first in the queue.
func (c *calls) stamp(now time.Time) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(c.last+1, now.UnixMilli())
	return c.last
}

// enter registers a call with a ticket, and ends an older call. over ends the registration.
func (c *calls) enter(id string) (entered *call, over func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID == nil {
		c.byID = map[string]*place{}
	}
	p := c.byID[id]
	if p == nil {
		p = &place{}
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
	p.calls--
	if p.calls == 0 {
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

// alone runs change while no other call of the process with the ticket changes it. After a newer call has begun, the
// error is errSuperseded. So the newest call changes the ticket last.
func (c *call) alone(change func() error) error {
	c.place.changing.Lock()
	defer c.place.changing.Unlock()
	select {
	case <-c.superseded:
		return errSuperseded
	default:
		return change()
	}
}
