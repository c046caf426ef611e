package chat

import (
	"context"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

// deadlineMargin is how long before its context's deadline a wait ends, so that
// the answer still arrives.
const deadlineMargin = 3 * time.Second

// openWait is a wait that is going on. A newer one of the same seat closes over.
type openWait struct{ over chan struct{} }

// Wait returns what is new for the caller, at once if there is something, else
// when there is, or when the time is up. It ends early, with what there is, three
// seconds before the context's deadline and when the service stops. Of two waits
// of one seat the older ends with nothing.
func (s *Service) Wait(ctx context.Context, req WaitRequest) (Waited, error) {
	if req.Wait < 0 || req.Wait > MaxWait {
		return Waited{}, refuse(InvalidArgument, "wait_seconds must be from 0 to %d.", seconds(MaxWait))
	}
	if req.BackIn < 0 || req.BackIn > MaxBackIn {
		return Waited{}, refuse(InvalidArgument, "back_in_minutes must be from 1 to %d.", int(MaxBackIn.Minutes()))
	}
	c, err := s.enterNow(ctx, req.Token)
	if err != nil {
		return Waited{}, s.outward(err)
	}
	defer c.room.done()
	got, err := c.wait(ctx, req.Cursor, req.Wait, req.BackIn)
	return got, s.outward(err)
}

// position is where a call begins to read.
type position struct {
	after    int64
	named    bool  // by a cursor; else by the seat's place
	ignored  bool  // a cursor was given that is none
	repeatTo int64 // what comes up to here is given once more
	shownTo  int64 // and up to here a call with a cursor was given it
	place    place // of a call without a cursor
}

// locate finds where the caller goes on reading, and takes note of what its
// cursor acknowledges.
func (c *caller) locate(ctx context.Context, cursor string) (position, error) {
	if n, ok := parseCursor(c.token, cursor); ok && n <= c.fold.asOf {
		c.acknowledge(ctx, n)
		return position{after: n, named: true}, nil
	}
	giving := c.giving()
	giving.Lock() // an older wait may be about to note what it hands out
	p, err := c.place(ctx)
	giving.Unlock()
	if err != nil {
		return position{}, err
	}
	after, repeatTo := p.next()
	return position{after: after, repeatTo: repeatTo, shownTo: c.shown(0), place: p, ignored: cursor != ""}, nil
}

// wait is Wait for a caller that was let in on a current fold.
func (c *caller) wait(ctx context.Context, cursor string, d, backIn time.Duration) (Waited, error) {
	r, began := c.room, c.room.svc.now()
	if deadline, ok := ctx.Deadline(); ok {
		// The deadline is the transport's, in the system's time.
		d = max(0, min(d, time.Until(deadline)-deadlineMargin))
	}
	d = min(d, r.svc.opts.LongestWait)
	w := r.open(c.agent.Seat)
	defer r.close(c.agent.Seat, w)
	c.seen(ctx, began, d, backIn)
	pos, err := c.locate(ctx, cursor)
	if err != nil {
		return Waited{}, err
	}
	g := &gathering{caller: c, pos: pos, scanned: pos.after, batch: batch{events: batchEvents, limit: batchBytes}}
	if err := c.gatherUntil(ctx, g, w, d); err != nil {
		return Waited{}, err
	}
	return c.hand(ctx, g, w, r.svc.now().Sub(began))
}

// seen notes that the caller waits, or for how long it will be away. To look in
// only refreshes the lease.
func (c *caller) seen(ctx context.Context, now time.Time, d, backIn time.Duration) {
	if d == 0 && backIn == 0 {
		c.room.glance(ctx, c.agent)
		return
	}
	s, fresh := seenItem{}, refreshCall
	if d > 0 {
		s.UntilMs, s.Head, fresh = now.Add(d).UnixMilli(), c.fold.asOf, refreshWait
	}
	if backIn > 0 {
		s.BackMs = now.Add(backIn).UnixMilli()
	}
	c.room.touch(ctx, c.agent, s, fresh)
}

// gatherUntil gathers until something wakes the caller, or its time is up.
func (c *caller) gatherUntil(ctx context.Context, g *gathering, w *openWait, d time.Duration) error {
	r := c.room
	timer := r.svc.clock.NewTimer(d)
	defer timer.Stop()
	for last := d == 0 || r.svc.stopped(); ; {
		changed := r.changes()
		if err := g.gather(ctx); err != nil || g.wakes || last {
			return err
		}
		r.watch()
		select {
		case <-changed:
		case <-w.over:
			return nil
		case <-timer.Chan():
			last = true
		case <-r.svc.stopping:
			last = true
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// hand makes the answer. A superseded wait hands nothing out; a call without a
// cursor first notes what it hands out.
func (c *caller) hand(ctx context.Context, g *gathering, w *openWait, open time.Duration) (Waited, error) {
	f := c.room.known()
	got := Waited{
		Status: StatusQuiet, Cursor: cursorOf(c.token, g.pos.after), Others: others(f, c.agent.Seat),
		Listening: f.silences(c.agent.Seat), CursorIgnored: g.pos.ignored, Stopping: c.room.svc.stopped(),
	}
	if given, err := c.give(ctx, g, w, open); err != nil {
		return Waited{}, err
	} else if !given {
		got.Superseded = true
		return got, nil
	}
	got.Cursor, got.Messages, got.Missed = cursorOf(c.token, g.scanned), g.batch.messages, g.missed
	got.HasMore = g.scanned < f.asOf && !g.removed
	switch {
	case g.removed:
		got.Status, got.Reason = StatusRemoved, g.reason
	case len(got.Messages) > 0:
		got.Status = StatusMessages
	}
	if g.moved && !g.removed && len(f.agents) <= agentsShown {
		room, err := c.room.view(ctx, f, c.agent.Seat)
		if err != nil {
			return Waited{}, err
		}
		got.Agents = room.Agents
	}
	return got, nil
}

// give notes what g hands out. false: a newer wait of the seat took over, and
// will hand it out.
func (c *caller) give(ctx context.Context, g *gathering, w *openWait, open time.Duration) (bool, error) {
	giving := c.giving()
	giving.Lock()
	defer giving.Unlock()
	select {
	case <-w.over:
		return false, nil
	default:
	}
	switch {
	case g.pos.named:
		c.shown(g.scanned)
	case len(g.batch.messages) > 0:
		return true, c.write(ctx, g.pos.place.given(g.pos.after, g.scanned, g.pos.repeatTo, open))
	}
	return true, nil
}

// gathering is what a wait has found so far.
type gathering struct {
	*caller
	pos     position
	scanned int64 // the last event looked at
	batch   batch
	wakes   bool // what was found is worth an answer
	moved   bool // somebody came or went
	missed  bool // events had expired
	removed bool // the caller's own seat is gone
	reason  Reason
}

// gather looks at what follows, up to the head that is known.
func (g *gathering) gather(ctx context.Context) error {
	for empty := 0; ; {
		f := g.room.known()
		if g.scanned >= f.asOf {
			return nil
		}
		events, err := g.room.read(ctx, g.scanned)
		if err != nil {
			return err
		}
		if len(events) == 0 { // told of by a conflict, but not to be read yet
			if empty++; empty == tornTries {
				return fmt.Errorf("%w: event %d of a room cannot be read", table.ErrUnavailable, g.scanned+1)
			}
			if err := g.room.svc.pause(ctx, tornPause); err != nil {
				return err
			}
		}
		for _, e := range events {
			if !g.take(e, len(f.agents)) {
				g.wakes = true
				return nil
			}
		}
		if g.wakes {
			return nil // what cannot be read yet must not hold this up
		}
	}
}

// take looks at one event; false ends the gathering before it, or, of the
// caller's own end, with it.
func (g *gathering) take(e event, agents int) bool {
	if e.Type == left && e.Seat == g.agent.Seat {
		g.scanned, g.removed, g.reason = e.n, true, e.Reason
		return false
	}
	if g.agent.news(e) {
		m := g.agent.message(e)
		m.Repeated = e.n <= max(g.pos.repeatTo, g.pos.shownTo)
		if !g.batch.add(m) {
			return false
		}
		if e.Type != said {
			g.moved = true
		}
		// Comings and goings ride along where more than two talk.
		if e.Type == said || agents <= 2 {
			g.wakes = true
		}
	}
	if e.n > g.scanned+1 {
		g.missed = true
	}
	g.scanned = e.n
	return true
}

// read returns events after n, from memory if they are there.
func (r *liveRoom) read(ctx context.Context, n int64) ([]event, error) {
	r.mu.Lock()
	if len(r.tail) > 0 && r.tail[0].n <= n+1 {
		skip := min(int(n+1-r.tail[0].n), len(r.tail))
		events := append([]event(nil), r.tail[skip:]...)
		r.mu.Unlock()
		return events, nil
	}
	r.mu.Unlock()
	return r.after(ctx, n, table.Strong)
}

// changes returns a channel that is closed at the next event.
func (r *liveRoom) changes() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}
