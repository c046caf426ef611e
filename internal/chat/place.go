package chat

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

// place is how far a seat has read. It is written at most once a minute for
// calls that name a cursor, and by every call without one that hands something
// out.
type place struct {
	V       int   `json:"v"`
	Named   int64 `json:"named,omitempty"`   // the last number a cursor or a reply has acknowledged
	From    int64 `json:"from,omitempty"`    // the last batch given without a cursor began after this
	Handed  int64 `json:"handed,omitempty"`  // and ended here
	OpenFor int   `json:"open,omitempty"`    // seconds that the call which got it had been open
	Guarded int64 `json:"guarded,omitempty"` // the head when a send was last held back
}

const (
	placeEvery = time.Minute
	// A call open for longer may have been given up before its answer came.
	doubtfulAfter = 20 * time.Second
)

// place returns how far the seat has read. Alone, memory is as good as the
// table; else another process may have handed out more.
func (c *caller) place(ctx context.Context) (place, error) {
	r := c.room
	r.mu.Lock()
	known := r.memo(c.agent.Seat).place
	r.mu.Unlock()
	if known != nil && r.svc.opts.Alone {
		return *known, nil
	}
	item, err := r.svc.table.Get(ctx, placeKey(r.id, c.agent.Seat), table.Strong)
	var p place
	switch {
	case errors.Is(err, table.ErrNotFound):
	case err != nil:
		return p, err
	default:
		if err := decode(item, &p); err != nil {
			return p, err
		}
	}
	if known != nil {
		p.Named = max(p.Named, known.Named) // a cursor that was not written yet
	}
	p.Handed = max(p.Handed, c.agent.Joined) // what the join itself handed out
	p.From = max(p.From, c.agent.Joined)
	c.remember(p)
	return p, nil
}

// giving is the lock of what is handed out to the seat.
func (c *caller) giving() *sync.Mutex {
	c.room.mu.Lock()
	defer c.room.mu.Unlock()
	return &c.room.memo(c.agent.Seat).giving
}

func (c *caller) remember(p place) {
	c.room.mu.Lock()
	defer c.room.mu.Unlock()
	c.room.memo(c.agent.Seat).place = &p
}

// write stores the place.
func (c *caller) write(ctx context.Context, p place) error {
	r := c.room
	p.V = version
	now := r.svc.now()
	err := r.svc.table.Write(ctx, table.Put(table.Item{
		Key: placeKey(r.id, c.agent.Seat), Expires: now.Add(placeLife), Data: encode(p),
	}, table.Always))
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.memo(c.agent.Seat)
	m.place, m.placeAt = &p, now
	return nil
}

// noteGiven writes the place after something was handed out. A failure costs a
// repetition at most, and is only logged: the write may have happened, and what
// was not handed out would be lost.
func (c *caller) noteGiven(ctx context.Context, p place) error {
	err := c.write(ctx, p)
	if err == nil || ctx.Err() != nil {
		return err
	}
	c.shown(p.Handed) // so that it is marked when it comes again
	c.room.svc.log.WarnContext(ctx, "place not written", "error", err)
	return nil
}

// acknowledge notes that everything up to n has arrived. It is kept in memory,
// and written when that was last done more than a minute ago. A failure costs a
// repetition at most, and is only logged.
func (c *caller) acknowledge(ctx context.Context, n int64) {
	r := c.room
	r.mu.Lock()
	m := r.memo(c.agent.Seat)
	known, due := m.place, r.svc.now().Sub(m.placeAt) >= placeEvery
	var p place
	if known != nil {
		p = *known
	}
	news := known == nil || n > p.Named
	r.mu.Unlock()
	if !news {
		return
	}
	var err error
	if due {
		p, err = c.place(ctx) // never write over what another process noted
	}
	if p.Named = max(p.Named, n); err == nil && due {
		err = c.write(ctx, p)
	} else if known != nil {
		c.remember(p)
	}
	if err != nil && ctx.Err() == nil {
		r.svc.log.WarnContext(ctx, "place not written", "error", err)
	}
}

// shown notes, in memory only, that a call with a cursor was given what comes up
// to n, and returns the greatest n so far. A later call without a cursor begins
// at what was acknowledged, and so gives it again.
func (c *caller) shown(n int64) int64 {
	c.room.mu.Lock()
	defer c.room.mu.Unlock()
	m := c.room.memo(c.agent.Seat)
	m.shown = max(m.shown, n)
	return m.shown
}

// arrived notes, in memory only, what a message shows of what has arrived: all up
// to its cursor, and the whole batch in which the message it answers was given.
func (c *caller) arrived(cursor, replyTo int64) {
	c.room.mu.Lock()
	defer c.room.mu.Unlock()
	m := c.room.memo(c.agent.Seat)
	if m.place == nil {
		return // not read yet: the batch may come once more
	}
	p := *m.place
	p.Named = max(p.Named, cursor)
	if p.From < replyTo && replyTo <= p.Handed {
		p.Named = max(p.Named, p.Handed)
	}
	m.place = &p
}

// next is where a call without a cursor begins, and up to where what it gives
// was given before: a batch that a long call got is given once more, unless
// something later shows that it arrived.
func (p place) next() (after, repeatTo int64) {
	if time.Duration(p.OpenFor)*time.Second > doubtfulAfter && p.Named < p.Handed {
		return max(p.From, p.Named), p.Handed
	}
	return max(p.Handed, p.Named), 0
}

// given is the place after a call without a cursor, open for so long, was handed
// what lies between after and to, of which repeatTo had been given before.
func (p place) given(after, to, repeatTo int64, open time.Duration) place {
	p.From, p.Handed, p.OpenFor = max(after, repeatTo), max(to, p.Handed), int(open/time.Second)
	return p
}
