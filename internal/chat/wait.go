package chat

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
)

// Wait returns what is new for the caller: at once if there is something, else when
// there is, or when the time is up. It ends early, with what there is, three
// seconds before the context's deadline and when the service stops. Of two waits of
// one seat in this process the older ends with nothing.
//
// If every agent that may speak waits and nothing happens for three seconds, one of
// them is given the turn, once in each silence.
func (s *Service) Wait(ctx context.Context, req WaitRequest) (Waited, error) {
	if err := checkWait(req); err != nil {
		return Waited{}, err
	}
	c, err := s.enterNow(ctx, req.Token)
	if err != nil {
		return Waited{}, s.Outward(err)
	}
	defer c.room.release()
	got, err := c.wait(ctx, req)
	return got, s.Outward(err)
}

func checkWait(req WaitRequest) error {
	switch {
	case req.Wait < 0 || req.Wait > MaxWait:
		return fault.Refuse(fault.InvalidArgument, "wait_seconds must be from 0 to %d.", fault.Seconds(MaxWait))
	case req.BackIn < 0 || req.BackIn > MaxBackIn:
		return fault.Refuse(fault.InvalidArgument, "back_in_minutes must be from 1 to %d.", int(MaxBackIn.Minutes()))
	case utf8.RuneCountInString(req.Activity) > MaxActivity || !utf8.ValidString(req.Activity) || room.HasControls(req.Activity, ""):
		return fault.Refuse(fault.InvalidArgument, "activity: at most %d characters without control characters.", MaxActivity)
	case ident.HoldsToken(req.Activity):
		return room.RefuseTokenIn("activity")
	}
	return nil
}

// open registers a wait of a seat and ends an older one. A call that does not wait
// starts no silence.
func (r *liveRoom) open(seat int, w *openWait, waits bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waits == nil {
		r.waits = map[int]*openWait{}
	}
	if older := r.waits[seat]; older != nil {
		close(older.superseded)
	}
	r.waits[seat] = w
	if waits {
		r.startSilence()
	}
}

// close ends w, and the polling with the last wait.
func (r *liveRoom) close(seat int, w *openWait) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waits[seat] == w {
		delete(r.waits, seat)
		if r.svc.opts.SingleProcess {
			r.endSilence() // not every agent waits any longer
		}
		if m := r.seats[seat]; m != nil {
			m.waitedUntil = m.presence.UntilMs
		}
		if _, here := r.log.Known().Seated(seat); !here {
			delete(r.seats, seat)
		}
	}
	if len(r.waits) == 0 {
		r.waits = nil
		r.endSilence()
		if r.stop != nil {
			r.stop()
			r.stop = nil
		}
	}
}

// locate returns where the caller continues to read, and notes what its cursor
// acknowledges.
func (c *caller) locate(ctx context.Context, cursor string) (position, error) {
	at := c.positions()
	if n, ok := ident.ParseCursor(c.token, cursor); ok && n <= c.head.AsOf {
		at.acknowledge(ctx, n)
		return position{after: n, named: true}, nil
	}
	handing := at.handingLock()
	handing.Lock() // an older wait may be about to note what it hands out
	p, err := at.load(ctx)
	handing.Unlock()
	if err != nil {
		return position{}, err
	}
	after, repeatTo := p.next()
	return position{after: after, repeatTo: repeatTo, shownTo: at.shown(0), read: p, ignored: cursor != ""}, nil
}

// wait is Wait for a caller that was accepted on a current head.
func (c *caller) wait(ctx context.Context, req WaitRequest) (Waited, error) {
	r := c.room
	began, d := r.svc.now(), r.svc.WaitLimit(ctx, req.Wait)
	w := newOpenWait(began, req.Standby)
	r.open(c.agent.Seat, w, d > 0)
	defer r.close(c.agent.Seat, w)
	if req.Activity != "" {
		c.setActivity(ctx, req.Activity)
	}
	due := c.noteWait(ctx, req, began, d)
	pos, err := c.locate(ctx, req.Cursor)
	if err != nil {
		return Waited{}, err
	}
	in := newInbox(c, pos)
	in.forMe = req.ForMe
	turn, err := c.collectUntil(ctx, in, w, began.Add(d), due)
	if err != nil {
		return Waited{}, err
	}
	got, err := c.hand(ctx, in, w, r.svc.now().Sub(began))
	if turn && !got.Superseded && (got.Status == StatusQuiet || got.Status == StatusMessages) {
		got.Status = StatusTurn
	}
	return got, err
}

// noteWait notes that the caller waits, or for how long it will be away. A call that
// only looks in renews the lease. It returns when the presence must be written
// again.
func (c *caller) noteWait(ctx context.Context, req WaitRequest, now time.Time, d time.Duration) (due time.Time) {
	if d == 0 && req.BackIn == 0 {
		c.noteCall(ctx)
		return time.Time{}
	}
	p := room.Presence{Standby: req.Standby, ForMe: req.ForMe}
	if d > 0 {
		p.UntilMs, p.Head = now.Add(d).UnixMilli(), c.head.AsOf
	}
	if req.BackIn > 0 {
		p.BackMs = now.Add(req.BackIn).UnixMilli()
	}
	return c.renewLease(ctx, p, callFresh)
}

// collectUntil fills the inbox until something wakes the caller, it is given the
// turn, or the time until has come. At the time due, unless zero, it writes the
// caller's presence.
func (c *caller) collectUntil(ctx context.Context, in *inbox, w *openWait, until, due time.Time) (turn bool, err error) {
	r := c.room
	timer := r.svc.clock.NewTimer(until.Sub(w.began))
	defer timer.Stop()
	var refresh <-chan time.Time
	if !due.IsZero() && due.Before(until) {
		t := r.svc.clock.NewTimer(due.Sub(w.began))
		defer t.Stop()
		refresh = t.Chan()
	}
	for last := !w.began.Before(until) || isClosed(r.svc.stopping); ; {
		changed := r.log.Changed()
		if err := in.collect(ctx); err != nil || in.wakes || last {
			return false, err
		}
		r.watch()
		select {
		case <-changed:
		case <-w.superseded:
			return false, nil
		case head := <-w.turn:
			if mine, err := c.claimTurn(ctx, head); err != nil || mine {
				return mine, err
			}
		case <-refresh:
			c.rewritePresence(ctx)
			refresh = nil
		case <-timer.Chan():
			last = true
		case <-r.svc.stopping:
			last = true
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// hand returns the answer. A superseded wait hands nothing out. A call without a
// cursor notes what it hands out first.
func (c *caller) hand(ctx context.Context, in *inbox, w *openWait, open time.Duration) (Waited, error) {
	h := c.room.log.Known()
	_, speaker := h.Recent.LastMessage()
	got := Waited{
		Status: StatusQuiet, Cursor: ident.Cursor(c.token, in.pos.after), Others: h.Others(c.agent.Seat),
		Listening: h.SilencedSeat(c.agent.Seat), CursorIgnored: in.pos.ignored, Stopping: isClosed(c.room.svc.stopping),
		Spoke: speaker == c.agent.Seat,
		Quiet: max(0, c.room.svc.now().Sub(time.UnixMilli(h.HeadMs))),
	}
	if given, err := c.give(ctx, in, w, open); err != nil {
		return Waited{}, err
	} else if !given {
		got.Superseded = true
		return got, nil
	}
	got.Cursor, got.Messages, got.Missed = ident.Cursor(c.token, in.scanned), in.batch.messages, in.missed
	got.HasMore = in.scanned < h.AsOf && !in.removed
	got.Status, got.Reason = in.status(h, got.HasMore), in.reason
	if in.removed {
		return got, nil
	}
	got.SeatWanted = in.seatWanted && mayEnlarge(h, c.agent.Seat)
	c.addRoster(ctx, h, in, &got)
	return got, nil
}

// mayEnlarge reports whether the agent of a seat can make room for another.
func mayEnlarge(h *room.Head, seat int) bool {
	a, here := h.Seated(seat)
	return here && a.Role == room.Admin && h.Capacity < room.MaxCapacity
}

// give notes what the inbox hands out. It returns false if a newer wait of the seat
// has begun, which hands it out instead.
func (c *caller) give(ctx context.Context, in *inbox, w *openWait, open time.Duration) (bool, error) {
	at := c.positions()
	handing := at.handingLock()
	handing.Lock()
	defer handing.Unlock()
	if isClosed(w.superseded) {
		return false, nil
	}
	switch {
	case in.pos.named:
		at.shown(in.scanned)
	case len(in.batch.messages) > 0, in.scanned-in.pos.after >= roomlog.PageEvents: // else it would be read again each time
		return true, at.handed(ctx, in.pos.read.handing(in.pos.after, in.scanned, in.pos.repeatTo, open))
	}
	return true, nil
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
