package chat

import (
	"context"
	"time"
	"unicode/utf8"
)

// deadlineMargin is how long before its context's deadline a wait ends, so that
// the answer still arrives.
const deadlineMargin = 3 * time.Second

// openWait is a wait that is going on.
type openWait struct {
	began   time.Time
	standby bool          // a program waits in the agent's place
	over    chan struct{} // closed by a newer wait of the seat
	turn    chan int64    // tells that it is the caller's turn in the silence after this event; see turn.go
}

func (w *openWait) state() State {
	if w.standby {
		return Standby
	}
	return Waiting
}

// Wait returns what is new for the caller, at once if there is something, else
// when there is, or when the time is up. It ends early, with what there is, three
// seconds before the context's deadline and when the service stops. Of two waits
// of one seat the older ends with nothing.
//
// Where all who may speak wait and nothing has been said for three seconds, one of
// them is told that it is its turn, once in each silence.
func (s *Service) Wait(ctx context.Context, req WaitRequest) (Waited, error) {
	if err := checkWait(req); err != nil {
		return Waited{}, err
	}
	c, err := s.enterNow(ctx, req.Token)
	if err != nil {
		return Waited{}, s.outward(err)
	}
	defer c.room.done()
	got, err := c.wait(ctx, req)
	return got, s.outward(err)
}

func checkWait(req WaitRequest) error {
	switch {
	case req.Wait < 0 || req.Wait > MaxWait:
		return refuse(InvalidArgument, "wait_seconds must be from 0 to %d.", seconds(MaxWait))
	case req.BackIn < 0 || req.BackIn > MaxBackIn:
		return refuse(InvalidArgument, "back_in_minutes must be from 1 to %d.", int(MaxBackIn.Minutes()))
	case utf8.RuneCountInString(req.Activity) > MaxActivity || !utf8.ValidString(req.Activity) || hasControls(req.Activity, ""):
		return refuse(InvalidArgument, "activity: at most %d characters without control characters.", MaxActivity)
	case holdsToken(req.Activity):
		return errTokenInText("activity")
	}
	return nil
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
func (c *caller) wait(ctx context.Context, req WaitRequest) (Waited, error) {
	r := c.room
	began, d := r.svc.now(), r.svc.longest(ctx, req.Wait)
	if d > 0 {
		c.learn(ctx, began)
	}
	w := r.open(c.agent.Seat, began, d, req.Standby)
	defer r.close(c.agent.Seat, w)
	if req.Activity != "" {
		r.act(ctx, c.agent, req.Activity)
	}
	due := c.seen(ctx, req, began, d)
	pos, err := c.locate(ctx, req.Cursor)
	if err != nil {
		return Waited{}, err
	}
	g := &gathering{caller: c, pos: pos, forMe: req.ForMe, scanned: pos.after, batch: batch{events: batchEvents, limit: batchBytes}}
	how, err := c.gatherUntil(ctx, g, w, began.Add(d), due)
	if err != nil {
		return Waited{}, err
	}
	got, err := c.hand(ctx, g, w, r.svc.now().Sub(began))
	if how == turnCame && !got.Superseded && (got.Status == StatusQuiet || got.Status == StatusMessages) {
		got.Status = StatusTurn
	}
	return got, err
}

// longest is how long a call that asks to wait for d may: the rest of its context's
// time, but for what the answer takes, and LongestWait.
func (s *Service) longest(ctx context.Context, d time.Duration) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		// The deadline is the transport's, in the system's time.
		d = max(0, min(d, time.Until(deadline)-deadlineMargin))
	}
	return min(d, s.opts.LongestWait)
}

// seen notes that the caller waits, or for how long it will be away. To look in
// only refreshes the lease. It says when that is to be noted again.
func (c *caller) seen(ctx context.Context, req WaitRequest, now time.Time, d time.Duration) (due time.Time) {
	if d == 0 && req.BackIn == 0 {
		c.room.glance(ctx, c.agent)
		return time.Time{}
	}
	s := seenItem{Standby: req.Standby, ForMe: req.ForMe}
	if d > 0 {
		s.UntilMs, s.Head = now.Add(d).UnixMilli(), c.fold.asOf
	}
	if req.BackIn > 0 {
		s.BackMs = now.Add(req.BackIn).UnixMilli()
	}
	return c.room.touch(ctx, c.agent, s, refreshCall)
}

// ending is how a wait came to its end.
type ending int

const (
	newsCame ending = iota // or nothing, and the time is up
	turnCame
)

// gatherUntil gathers until something wakes the caller, or the time until. At the
// time due, unless zero, it notes the caller's presence.
func (c *caller) gatherUntil(ctx context.Context, g *gathering, w *openWait, until, due time.Time) (ending, error) {
	r, began := c.room, w.began
	timer := r.svc.clock.NewTimer(until.Sub(began))
	defer timer.Stop()
	var refresh <-chan time.Time
	if !due.IsZero() && due.Before(until) {
		t := r.svc.clock.NewTimer(due.Sub(began))
		defer t.Stop()
		refresh = t.Chan()
	}
	for last := !began.Before(until) || r.svc.stopped(); ; {
		changed := r.changes()
		if err := g.gather(ctx); err != nil || g.wakes || last {
			return newsCame, err
		}
		r.watch()
		select {
		case <-changed:
		case <-w.over:
			return newsCame, nil
		case head := <-w.turn:
			if mine, err := c.claimTurn(ctx, head); err != nil || mine {
				return turnCame, err
			}
		case <-refresh:
			r.retouch(ctx, c.agent)
			refresh = nil
		case <-timer.Chan():
			c.heldOut(until.Sub(began))
			last = true
		case <-r.svc.stopping:
			last = true
		case <-ctx.Done():
			c.gaveUp(r.svc.now().Sub(began))
			return newsCame, ctx.Err()
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
		Spoke: f.words.last.seat == c.agent.Seat,
		Quiet: max(0, c.room.svc.now().Sub(time.UnixMilli(f.headMs))), Hold: c.hold(),
	}
	if given, err := c.give(ctx, g, w, open); err != nil {
		return Waited{}, err
	} else if !given {
		got.Superseded = true
		return got, nil
	}
	got.Cursor, got.Messages, got.Missed = cursorOf(c.token, g.scanned), g.batch.messages, g.missed
	got.HasMore = g.scanned < f.asOf && !g.removed
	got.Status, got.Reason = g.status(f, got.HasMore), g.reason
	if g.removed {
		return got, nil
	}
	got.Knock = g.knock && c.mayUpdate(f)
	c.tellCompany(ctx, f, g, &got)
	return got, nil
}

// mayUpdate reports whether the caller can make room for another.
func (c *caller) mayUpdate(f *fold) bool {
	a, here := f.seated(c.agent.Seat)
	return here && a.Role == Admin && f.Capacity < MaxCapacity
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
	case len(g.batch.messages) > 0, g.scanned-g.pos.after >= pageEvents: // or it would be read again each time
		return true, c.noteGiven(ctx, g.pos.place.given(g.pos.after, g.scanned, g.pos.repeatTo, open))
	}
	return true, nil
}
