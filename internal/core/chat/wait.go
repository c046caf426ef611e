package chat

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/core"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
)

// Wait returns the caller's news: at once if there is some, else when some comes or the time is up. A wait ends early,
// with its news, three seconds before the context's deadline and when the service stops. Of two waits of one seat the
// older ends with nothing, in another process within two minutes.
//
// If everyone present waits and nobody has spoken for three seconds, one agent is given the turn: see room.Turn.Next.
// When all others are away or have left, the first wait returns at once.
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
	if err := c.me.CheckActivity(req.Activity); err != nil {
		c.room.release()
		return nil, err
	}
	req.LooksIn = req.LooksIn && !c.me.IsPerson()
	return c, nil
}

// check refuses a wait that no seat can make. The error is a *fault.Error.
func (req WaitRequest) check() error {
	if req.Wait < 0 || req.Wait > core.MaxWait {
		return fault.Refuse(fault.InvalidArgument, "wait_seconds must be from 0 to %d.", fault.Seconds(core.MaxWait))
	}
	return checkPresence(req.BackIn, req.Activity)
}

// checkPresence refuses a wrong absence or activity.
func checkPresence(backIn time.Duration, activity string) error {
	switch {
	case backIn < 0 || backIn > core.MaxBackIn:
		return fault.Refuse(fault.InvalidArgument,
			"back_in_minutes must be from 0 (you are back) to %d. Nothing was done.", int(core.MaxBackIn.Minutes()))
	case utf8.RuneCountInString(activity) > core.MaxActivity || !utf8.ValidString(activity) ||
		room.HasControls(activity, ""):
		return fault.Refuse(fault.InvalidArgument,
			"activity: at most %d characters without control characters. Nothing was done.", core.MaxActivity)
	}
	return room.CheckSecret("activity", activity)
}

// acknowledgeCursor acknowledges the caller's cursor, and returns where the caller continues to read. A peek
// acknowledges nothing.
func (c *session) acknowledgeCursor(ctx context.Context, req *WaitRequest) (position, error) {
	cursor, ok := c.readCursor(req.Cursor)
	o, err := c.reader().AcknowledgeAndOffer(ctx, c.query(req, cursor))
	pos := position{Offer: o}
	if !req.Peek {
		pos.toldAlone, pos.ignored = cursor.ToldAlone, !ok && req.Cursor != ""
	}
	return pos, err
}

// query returns the question where a wait with a cursor continues to read.
func (c *session) query(req *WaitRequest, cursor ident.Cursor) presence.Query {
	return presence.Query{Cursor: cursor.N, AsOf: c.head.AsOf, Peek: req.Peek, Stay: req.Stay, Key: req.key,
		Repeats: req.repeats}
}

// wait is Wait for a caller accepted on a current head. own is the message that the same call has sent; 0 for none. A
// call spends its time in collectUntil, so beginWait and endWait, with their large stack frames, are separate
// functions.
func (c *session) wait(ctx context.Context, req *WaitRequest, own int64) (*Waited, error) {
	w := c.newWait(ctx, req)
	c.room.agents.BeginWait(&c.me, w)
	defer c.room.agents.EndWait(&c.me, w)
	in, err := c.beginWait(ctx, req, w, own)
	if err != nil {
		return nil, err
	}
	turn, err := c.collectUntil(ctx, in, w)
	if err != nil {
		return nil, err
	}
	return c.endWait(ctx, in, w, turn)
}

// newWait returns the wait that a call asks for. In a pair a wait lasts no longer than PartnerSilent.
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

// beginWait records the presence of the agent, and returns the inbox of the wait. If everyone else is away, the wait
// ends at once, and its cursor says so: the next wait lasts.
func (c *session) beginWait(ctx context.Context, req *WaitRequest, w *presence.Wait, own int64) (*inbox, error) {
	c.recordPresence(ctx, req, w, own)
	in, err := c.inboxFor(ctx, req, own)
	if err != nil {
		return nil, err
	}
	in.forAnswers = !w.Looks && !req.Standby && !req.Peek && !req.Stay && !c.me.IsPerson() && !c.me.IsCalled()
	if !w.Looks && !req.Standby && in.pos.How == presence.ByCursor && !in.pos.toldAlone && c.isAlone(ctx) {
		in.signs |= alone
		w.Until = w.Began
	}
	return in, nil
}

// recordPresence records the wait and the agent's words about itself.
func (c *session) recordPresence(ctx context.Context, req *WaitRequest, w *presence.Wait, own int64) {
	how := presence.Call{Standby: req.Standby, Wakes: req.Standby && req.Peek, ForMe: req.ForMe,
		Absence: req.Absence, Activity: req.Activity, Fresh: presence.CallFresh}
	if !w.Looks {
		how.Began, how.Until, how.Returns = w.Began, room.Announced(w.Began, w.Until), own == 0 && !req.Standby
	}
	w.Due = c.attendance().Record(ctx, how)
	if w.Due.IsZero() {
		w.Due, w.Announced = w.Began.Add(c.room.agents.RenewEvery()), how.Until
	}
}

// inboxFor returns an empty inbox where the caller continues to read.
func (c *session) inboxFor(ctx context.Context, req *WaitRequest, own int64) (*inbox, error) {
	pos, err := c.acknowledgeCursor(ctx, req)
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
	in = in.hideAsleep(w)
	if len(in.batch.Messages) > 0 {
		in.signs &^= alone
	}
	got, err := c.handOut(ctx, in, w)
	if err != nil {
		return nil, err
	}
	if got.Status != StatusSuperseded && got.Status != StatusRemoved {
		c.addRoster(ctx, c.room.log.Peek(), in, got)
	}
	if got.Status == StatusQuiet && got.NoPartner && !in.has(asleep) && !c.me.IsPerson() &&
		!c.hasActiveTask(ctx, c.room.log.Peek()) {
		got.Status = StatusAllDone
	}
	if turn && (got.Status == StatusQuiet || got.Status == StatusMessages) {
		got.Status = StatusTurn
		if in.freeTask != 0 {
			got.FreeTask, got.FreeTasks = room.TaskID(in.freeTask), max(1, got.FreeTasks) // without stalled ones
		}
	}
	return got, nil
}

// PartnerSilent is how long an agent from a queue waits for a partner that neither calls nor waits. Nobody else can
// come, so the result then says that the talk is over.
const PartnerSilent = 5 * time.Minute

// isAlone reports whether the caller is an agent whose companions are all away or have left.
func (c *session) isAlone(ctx context.Context) bool {
	h := c.head
	if c.me.IsPerson() {
		return false
	}
	if h.Others(c.me.Seat) == 0 {
		return h.LastFreed.N > c.me.Joined
	}
	if c.room.agents.HasCompany(h, c.me.Seat) {
		return false
	}
	seen, err := c.room.roster(ctx, h, c.me)
	if err != nil {
		return false
	}
	_, away := absenceOf(seen.Agents())
	return away > 0
}

// collectUntil fills the inbox until an event wakes the caller, the caller is given the turn, or the time is up. From
// w.Due on, the caller's presence is renewed: see presence.SeatPresence.Renew.
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
		if err := in.collect(ctx); err != nil {
			return false, err
		}
		in.passOver(ctx, w)
		if in.due() || last {
			return false, nil
		}
		r.agents.BeginPolling()
		select {
		case <-changed:
		case <-w.Superseded:
			return false, nil
		case word := <-w.Turn:
			if mine, err := r.agents.ClaimTurn(ctx, c.me.Seat, word, w); err != nil || mine {
				return mine, err
			}
		case in.freeTask = <-w.Task:
			return true, in.collect(ctx) // with the latest events
		case <-in.recheck: // are those who owe an answer still here?
			in.recheck = nil
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
				return false, nil // the call took long before the wait
			}
			return false, ctx.Err()
		}
	}
}

// handOut records the events in the inbox, and returns the answer with them. A superseded wait hands nothing out. w is
// nil for a call that does not wait.
func (c *session) handOut(ctx context.Context, in *inbox, w *presence.Wait) (*Waited, error) {
	h := c.room.log.Peek()
	if newest, err := in.recordHandedOut(ctx, w); err != nil {
		return nil, err
	} else if !newest {
		// The answer to the newer wait may be lost. w is not nil: only a wait is superseded.
		arrived := max(in.pos.Arrived, c.me.Joined)
		return &Waited{Status: StatusSuperseded, Cursor: c.cursor(arrived, in.pos.toldAlone), Yielded: w.Yields,
			Situation: c.situation(h)}, nil
	}
	if c.me.IsCalled() && in.pos.How != presence.Peek && !in.has(seatLost) && !c.me.IsPerson() {
		c.endExpiredHooks(ctx)
		h = c.room.log.Peek()
	}
	status := in.status(ctx, h) // what comes along is no news
	if err := in.bringAlong(ctx); err != nil {
		return nil, err
	}
	got := &Waited{
		Status: status, Messages: in.batch.Messages, HasMore: in.has(batchFull), before: in.before, Along: in.along,
		Wakes:     in.has(wakes),
		Cursor:    c.cursor(in.scanned, in.has(alone) || in.pos.toldAlone && len(in.batch.Messages) == 0),
		Situation: in.situation(h),
	}
	if in.has(seatLost) {
		return got, nil
	}
	if !c.me.IsPerson() {
		got.AwayUntil = c.attendance().AwayUntil()
	}
	return got, nil
}

// cursor returns a cursor of the caller at event n.
func (c *session) cursor(n int64, toldAlone bool) string {
	return ident.Cursor{N: n, ToldAlone: toldAlone}.String(c.token)
}

// recordHandedOut records the events in the inbox as handed out. newest is false if a newer wait of the seat has begun,
// which hands out the same events. Hooks do not call the agent for messages before the record, so the inbox also
// collects those, until none comes or the batch is full. Without this second read, message 43, appended after the inbox
// was filled up to 42 and before the record, would wake nobody.
func (in *inbox) recordHandedOut(ctx context.Context, w *presence.Wait) (newest bool, err error) {
	r := in.caller.reader()
	newest, err = r.RecordHandedOut(ctx, w, in.pos.Offer, in.scanned, len(in.batch.Messages))
	if err != nil || !newest || in.pos.How == presence.Peek || !r.HasHooks() {
		return newest, err
	}
	for had := 0; had < len(in.batch.Messages) && !in.has(complete); {
		had = len(in.batch.Messages)
		_, err := in.caller.room.log.Refresh(ctx, in.caller.room.svc.now())
		if err == nil {
			err = in.collect(ctx)
		}
		if err != nil || len(in.batch.Messages) == had {
			break
		}
		more, err := r.RecordHandedOut(ctx, w, in.pos.Offer, in.scanned, len(in.batch.Messages))
		if err != nil || !more {
			break
		}
	}
	return true, nil // even if the last record failed: everything in an earlier record must be handed out
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// When a program on standby that looks in should call again. A turn lasts longer: see room.TurnPasses.
const (
	lookLively = 5 * time.Second  // the last event is less than a minute old
	lookCalm   = 15 * time.Second // older
)

// lookIn answers a program on standby that calls again and again instead of waiting. Its next call is announced ahead.
// While the agent itself waits and so reads the news, the program is told to yield.
func (c *session) lookIn(ctx context.Context, req *WaitRequest) (*Waited, error) {
	now := c.room.svc.now()
	own := c.attendance().AnnounceStandby(ctx, req.ForMe)
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
		if _, owes := c.head.Talk.Owes(c.me.Seat, now); owes && !in.has(wakes) {
			turn = c.room.agents.ClaimTurnIfNext(ctx, c.me.Seat, w)
		}
	}
	got, err := c.handOut(ctx, in.hideAsleep(w), w)
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
