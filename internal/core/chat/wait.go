package chat

import (
	"context"
	"errors"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// Wait returns what is new for the caller: at once if there is something, else when there is, or
// when the time is up. It ends early, with what there is, three seconds before the context's
// deadline and when the service stops. If a seat has two waits, the older ends with nothing,
// within two minutes if it is in another process.
//
// If everyone present waits and nobody has spoken for three seconds, one agent is given the turn:
// see room.Turn.Next. The first wait when all others are away or have left returns at once.
func (s *Service) Wait(ctx context.Context, req WaitRequest) (Waited, error) {
	c, err := s.enterWait(ctx, &req)
	if err != nil {
		return Waited{}, s.Outward(err)
	}
	defer c.room.release()
	var got *Waited
	if req.LooksIn {
		got, err = c.lookIn(ctx, &req)
	} else {
		got, err = c.wait(ctx, &req, 0)
	}
	if err != nil {
		return Waited{}, s.Outward(err)
	}
	return *got, nil
}

// enterWait accepts the caller of a wait. A person never only looks in.
func (s *Service) enterWait(ctx context.Context, req *WaitRequest) (*session, error) {
	if err := req.check(); err != nil {
		return nil, err
	}
	c, err := s.enterNow(ctx, req.Token)
	if err != nil {
		return nil, err
	}
	if err := c.agent.CheckActivity(req.Activity); err != nil {
		c.room.release()
		return nil, err
	}
	req.LooksIn = req.LooksIn && !c.agent.IsPerson()
	return c, nil
}

// locate returns where the caller continues to read, and notes what its cursor
// acknowledges. A peek notes nothing, and begins after what the agent was given as far as
// this process knows.
func (c *session) locate(ctx context.Context, req *WaitRequest) (position, error) {
	at := c.positions()
	cursor, ok := c.readCursor(req.Cursor)
	if ok && !req.Peek {
		at.Acknowledge(ctx, cursor.N)
		return position{after: cursor.N, named: true, noted: cursor.Noted}, nil
	}
	if ok && cursor.N >= c.head.AsOf { // of a peek: nothing is beyond it, whatever the agent was given
		return position{after: cursor.N, named: true, peeks: true}, nil
	}
	p, err := c.position(ctx)
	if err != nil {
		return position{}, err
	}
	if req.Peek {
		return position{after: max(cursor.N, p.Acked, p.Handed, at.Shown(0)), named: true, peeks: true}, nil
	}
	p = req.arrived(p)
	after, repeatTo := p.Next()
	return position{after: after, repeatTo: repeatTo, shownTo: at.Shown(0), read: p, ignored: req.Cursor != "",
		stay: req.Stay}, nil
}

// position returns the caller's read position.
func (c *session) position(ctx context.Context) (room.ReadPosition, error) {
	at := c.positions()
	handing := at.HandingLock()
	handing.Lock() // an older call may be about to note what it hands out
	defer handing.Unlock()
	return at.Load(ctx)
}

// wait is Wait for a caller that was accepted on a current head. own is the message that
// the same call has sent; 0 for none. A call spends its time in collectUntil, so what
// needs much of the stack before or after that is kept out of this frame.
func (c *session) wait(ctx context.Context, req *WaitRequest, own int64) (*Waited, error) {
	w := c.newWait(ctx, req)
	c.room.agents.OpenWait(&c.agent, w)
	defer c.room.agents.CloseWait(&c.agent, w)
	in, err := c.begin(ctx, req, w, own)
	if err != nil {
		return nil, err
	}
	turn, err := c.collectUntil(ctx, in, w)
	if err != nil {
		return nil, err
	}
	return c.endWait(ctx, in, w, turn)
}

// newWait returns the wait that a call asks for.
func (c *session) newWait(ctx context.Context, req *WaitRequest) *presence.Wait {
	r := c.room
	w := &presence.Wait{Began: r.svc.now(), Standby: req.Standby, Superseded: make(chan struct{}),
		Turn: make(chan int64, 1), Task: make(chan int64, 1)}
	w.Until = w.Began.Add(r.svc.WaitLimit(ctx, req.Wait))
	if c.head.Paired {
		w.Until = room.Earliest(w.Until, w.Began.Add(PartnerSilent))
	}
	w.Looks = !w.Began.Before(w.Until)
	return w
}

// begin notes what a wait says about its agent, and returns the inbox that it fills. A wait that
// finds everyone else away does not last: it would be a call for nothing.
func (c *session) begin(ctx context.Context, req *WaitRequest, w *presence.Wait, own int64) (*inbox, error) {
	c.note(ctx, req, w, own)
	in, err := c.inboxFor(ctx, req, own)
	if err != nil {
		return nil, err
	}
	if !w.Looks && !req.Standby && in.pos.named && !in.pos.noted && c.isAlone(ctx) {
		in.signs |= alone
		w.Until = w.Began
	}
	return in, nil
}

// note notes what a wait says about its agent.
func (c *session) note(ctx context.Context, req *WaitRequest, w *presence.Wait, own int64) {
	how := presence.Call{Standby: req.Standby, Wakes: req.Standby && req.Peek, ForMe: req.ForMe,
		Absence: req.Absence, Activity: req.Activity, Fresh: presence.CallFresh}
	if !w.Looks {
		how.Began, how.Until, how.Returns = w.Began, room.Announced(w.Began, w.Until), own == 0 && !req.Standby
	}
	w.Due = c.attendance().Note(ctx, how)
	if w.Due.IsZero() {
		w.Due, w.Announced = w.Began.Add(c.room.agents.RenewEvery()), how.Until
	}
}

// inboxFor returns an empty inbox where the caller continues to read.
func (c *session) inboxFor(ctx context.Context, req *WaitRequest, own int64) (*inbox, error) {
	pos, err := c.locate(ctx, req)
	if err != nil {
		return nil, err
	}
	pos.own = own
	in := newInbox(c, pos)
	in.forMe = req.ForMe
	return in, nil
}

// endWait returns the answer of a wait. turn says that the caller is given the turn.
func (c *session) endWait(ctx context.Context, in *inbox, w *presence.Wait, turn bool) (*Waited, error) {
	if len(in.batch.Messages) > 0 {
		in.signs &^= alone
	}
	got, err := c.hand(ctx, in, w)
	if err != nil {
		return nil, err
	}
	if got.Status != StatusSuperseded && got.Status != StatusRemoved {
		c.addRoster(ctx, c.room.log.Peek(), in, got)
	}
	if got.Status == StatusQuiet && got.NoPartner && !in.has(asleep) && !c.agent.IsPerson() &&
		!c.isWorkedOn(ctx, c.room.log.Peek()) {
		got.Status = StatusAllDone
	}
	if turn && (got.Status == StatusQuiet || got.Status == StatusMessages) {
		got.Status = StatusTurn
		if in.freeTask != 0 {
			got.FreeTask, got.FreeTasks = room.TaskID(in.freeTask), max(1, got.FreeTasks) // it may have stalled
		}
	}
	return got, nil
}

// PartnerSilent is how long an agent waits for a partner from a queue that neither calls nor
// waits. Nobody else can come, so its wait then says that the talk is over.
const PartnerSilent = 5 * time.Minute

// isAlone reports whether the caller is an agent, there were others, and all of them are away or
// have left.
func (c *session) isAlone(ctx context.Context) bool {
	h := c.head
	if c.agent.IsPerson() {
		return false
	}
	if h.Others(c.agent.Seat) == 0 {
		return h.LastFreed.N > c.agent.Joined
	}
	if c.room.agents.HasCompany(h, c.agent.Seat) {
		return false
	}
	seen, err := c.room.roster(ctx, h, c.agent)
	if err != nil {
		return false
	}
	_, away := absenceOf(seen.Agents())
	return away > 0
}

// collectUntil fills the inbox until something wakes the caller, it is given the
// turn, or the wait's time is up. From the time w.Due on it looks after the caller's
// presence: see presence.Attendance.Renew.
func (c *session) collectUntil(ctx context.Context, in *inbox, w *presence.Wait) (turn bool, err error) {
	r := c.room
	timer := r.svc.clock.NewTimer(w.Until.Sub(w.Began))
	defer timer.Stop()
	var refresh clockwork.Timer
	var refreshed <-chan time.Time
	if w.Due.Before(w.Until) {
		refresh = r.svc.clock.NewTimer(w.Due.Sub(w.Began))
		defer refresh.Stop()
		refreshed = refresh.Chan()
	}
	ended := Ended(ctx)
	for last := !w.Began.Before(w.Until) || isClosed(r.svc.stopping); ; {
		changed := r.log.Changed()
		if err := in.collect(ctx); err != nil || in.due() || last {
			return false, err
		}
		r.agents.Watch()
		select {
		case <-changed:
		case <-w.Superseded:
			return false, nil
		case word := <-w.Turn:
			if mine, err := r.agents.ClaimTurn(ctx, c.agent.Seat, word, w); err != nil || mine {
				return mine, err
			}
		case in.freeTask = <-w.Task:
			return true, in.collect(ctx) // what has just come, comes along
		case <-refreshed:
			if again := c.attendance().Renew(ctx, w); again > 0 {
				refresh.Reset(again)
			}
		case <-timer.Chan():
			last = true
		case <-ended:
			last = true
		case <-r.svc.stopping:
			last = true
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return false, nil // the call took long before it waited
			}
			return false, ctx.Err()
		}
	}
}

// hand returns the answer. A superseded wait hands nothing out. A call without a
// cursor notes what it hands out first.
func (c *session) hand(ctx context.Context, in *inbox, w *presence.Wait) (*Waited, error) {
	h := c.room.log.Peek()
	if w.Standby && !in.has(seatLost) && in.sleeps() { // the agent could do nothing about what would wake it
		*in = *newInbox(c, in.pos)
		in.signs |= asleep
	}
	if given, err := c.giveAll(ctx, in, w); err != nil {
		return nil, err
	} else if !given {
		after := in.pos.after
		if !in.pos.named { // the newer wait may be lost with what comes along
			after = max(in.pos.read.Acked, c.agent.Joined)
		}
		return &Waited{Status: StatusSuperseded, Cursor: c.cursor(after, in.pos.noted), Yielded: w.Yields,
			Situation: c.situation(h)}, nil
	}
	if c.agent.IsCalled() && !in.pos.peeks && !in.has(seatLost) && !c.agent.IsPerson() {
		c.dropExpired(ctx)
		h = c.room.log.Peek()
	}
	status := in.status(ctx, h) // before what was handed out earlier comes along
	if err := in.bringAlong(ctx); err != nil {
		return nil, err
	}
	got := &Waited{
		Status: status, Messages: in.batch.Messages, HasMore: in.has(batchFull), before: in.before, Along: in.along,
		Wakes:     in.has(wakes),
		Cursor:    c.cursor(in.scanned, in.has(alone) || in.pos.noted && len(in.batch.Messages) == 0),
		Situation: in.situation(h),
	}
	if in.has(seatLost) {
		return got, nil
	}
	if !c.agent.IsPerson() {
		got.AwayUntil = c.attendance().AwayUntil()
	}
	return got, nil
}

// cursor returns a cursor of the caller at event n.
func (c *session) cursor(n int64, noted bool) string {
	return ident.Cursor{N: n, Noted: noted}.String(c.token)
}

// giveAll notes what the inbox hands out. An agent with hooks is not called for what comes before that is
// noted, so the inbox takes that, too, until nothing more has come or the batch is full: whatever comes later calls it.
func (c *session) giveAll(ctx context.Context, in *inbox, w *presence.Wait) (given bool, err error) {
	given, err = c.give(ctx, in, w)
	if err != nil || !given || in.pos.peeks || !c.positions().HasHooks() {
		return given, err
	}
	for had := 0; had < len(in.batch.Messages) && !in.has(complete); {
		had = len(in.batch.Messages)
		_, err := c.room.log.Refresh(ctx, c.room.svc.now())
		if err == nil {
			err = in.collect(ctx)
		}
		if err != nil || len(in.batch.Messages) == had {
			break
		}
		if more, err := c.give(ctx, in, w); err != nil || !more {
			break
		}
	}
	return true, nil // what was noted must be handed out
}

// give notes what the inbox hands out. It returns false if a newer wait of the seat
// has begun, which hands it out instead.
func (c *session) give(ctx context.Context, in *inbox, w *presence.Wait) (bool, error) {
	at := c.positions()
	handing := at.HandingLock()
	handing.Lock()
	defer handing.Unlock()
	if isClosed(w.Superseded) || in.pos.peeks {
		return !isClosed(w.Superseded), nil
	}
	at.Gave(in.scanned)
	switch {
	case in.pos.named:
		at.Shown(in.scanned)
		if len(in.batch.Messages) > 0 && at.HasHooks() {
			at.Given(ctx, in.scanned)
		}
	// else it would be read again each time
	case len(in.batch.Messages) > 0, in.scanned-in.pos.after >= roomlog.PageEvents:
		read := in.pos.read
		if now, known := at.Known(); known { // a send may have been held back since
			read.Acked, read.Given = max(read.Acked, now.Acked), max(read.Given, now.Given)
			read.Guarded, read.HeldKey = now.Guarded, now.HeldKey
		}
		repeatTo := in.pos.repeatTo
		if in.pos.stay { // each repetition of the call brings it again
			repeatTo = 0
		}
		return true, at.Handed(ctx, read.Handing(in.pos.after, in.scanned, repeatTo))
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

// When a program on standby that looks in should do so again. A turn lasts longer: see
// room.TurnPasses.
const (
	lookLively = 5 * time.Second  // the last event is less than a minute old
	lookCalm   = 15 * time.Second // older
)

// lookIn is a wait of a program on standby that only looks in, and will again: it holds
// nothing, and is announced ahead. The agent's own wait comes first, which reads what there
// is.
func (c *session) lookIn(ctx context.Context, req *WaitRequest) (*Waited, error) {
	now := c.room.svc.now()
	own := c.attendance().Ahead(ctx, req.ForMe)
	in, err := c.inboxFor(ctx, req, 0)
	if err != nil {
		return nil, err
	}
	w := &presence.Wait{Began: now, Until: now, Standby: true, Looks: true, Yields: own}
	turn := false
	if !own {
		if err := in.collect(ctx); err != nil {
			return nil, err
		}
		if _, owes := c.head.Talk.Owes(c.agent.Seat, now); owes && !in.has(wakes) {
			turn = c.room.agents.TakeTurn(ctx, c.agent.Seat, w)
		}
	}
	got, err := c.hand(ctx, in, w)
	if err != nil {
		return nil, err
	}
	switch {
	case own:
		got.Status, got.Yielded = StatusSuperseded, true
	case turn:
		got.Status = StatusTurn
	}
	got.LookAgain = lookCalm
	if now.Sub(time.UnixMilli(c.head.HeadMs)) < time.Minute {
		got.LookAgain = lookLively
	}
	return got, nil
}
