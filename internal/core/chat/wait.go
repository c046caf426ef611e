package chat

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
)

// Wait returns the caller's news: at once if there is some, else when some comes or the time is up. It ends early three
// seconds before the context's deadline, and when the service stops. A newer wait of the seat ends an older one with
// nothing: at once, or within two minutes in another process.
//
// If everyone present waits and nothing has happened for three seconds, one agent is given the turn: see
// room.Turn.Next. When all others are away or have left, the first wait returns at once.
func (s *Service) Wait(ctx context.Context, req WaitRequest) (got Waited, err error) {
	err = s.WaitInto(ctx, &req, &got)
	return got, err
}

// WaitInto is Wait for a caller that keeps the result itself: each copy in a stack frame would cost every waiting agent
// its bytes.
func (s *Service) WaitInto(ctx context.Context, req *WaitRequest, to *Waited) error {
	c, err := s.enterWait(ctx, req)
	if err != nil {
		return s.Outward(err)
	}
	defer c.room.release()
	var got *Waited
	if req.Polls {
		got, err = c.poll(ctx, req)
	} else {
		got, err = c.wait(ctx, req)
	}
	if err != nil {
		return s.Outward(err)
	}
	*to = *got
	return nil
}

// enterWait accepts the caller of a wait. A person never polls.
func (s *Service) enterWait(ctx context.Context, req *WaitRequest) (reading, error) {
	if err := req.check(); err != nil {
		return reading{}, err
	}
	c, err := s.enterReading(ctx, req.Token)
	if err != nil {
		return reading{}, err
	}
	err = c.me.CheckActivity(req.Activity)
	if err == nil && !req.Standby && !req.Stay && c.me.ReadsByCursor() {
		err = c.checkCursor(req.Cursor)
	}
	if err != nil {
		c.room.release()
		return reading{}, err
	}
	req.Polls = req.Polls && c.me.MayBeOnStandby()
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
func (c reading) acknowledgeCursor(ctx context.Context, req *WaitRequest) (position, error) {
	cursor, _ := c.readCursor(req.Cursor)
	offer, err := c.reader().AcknowledgeAndOffer(ctx, c.query(req, cursor))
	pos := req.position(offer, cursor)
	if req.Peek {
		pos.given.ToldOthersAway = false
	}
	return pos, err
}

// query returns the presence.Query of a wait with a cursor.
func (c reading) query(req *WaitRequest, cursor ident.Cursor) presence.Query {
	switch {
	case req.Peek:
		return presence.QueryByPeek(cursor.N, c.head.AsOf)
	case cursor.N > 0:
		return presence.QueryAfter(cursor.N)
	case req.Stay:
		return presence.QueryInStay(c.head.AsOf, req.key, req.repeats)
	}
	return presence.QueryOnReturn(false) // a person, or a program on standby
}

// wait is Wait for a caller accepted on a current head. The steps are functions with large stack frames, which do not
// last while the call waits.
func (c reading) wait(ctx context.Context, req *WaitRequest) (*Waited, error) {
	wait, err := c.beginWait(ctx, req) // first: an older wait of the seat hands out nothing from now on
	defer c.room.agents.EndWait(wait)
	if err != nil {
		return nil, err
	}
	in, err := c.openInbox(ctx, req, wait)
	if err != nil {
		return nil, err
	}
	is, err := c.collectUntil(ctx, in, wait)
	if err != nil {
		return nil, err
	}
	return c.endWait(ctx, in, wait, is)
}

// beginWait begins the wait that a call asks for, and records the agent's words about itself. In a pair a wait lasts no
// longer than PartnerSilent.
func (c reading) beginWait(ctx context.Context, req *WaitRequest) (*presence.Wait, error) {
	now := c.room.svc.now()
	until := now.Add(c.room.svc.WaitLimit(ctx, req.Wait))
	if c.head.Paired {
		until = room.Earliest(until, now.Add(PartnerSilent))
	}
	return c.recorder().BeginWait(ctx, until, presence.Call{Standby: req.Standby,
		Wakes: req.Standby && req.Peek && req.Wait > 0, // a list of rooms that looks once wakes nobody
		ForMe: req.ForMe, Returns: req.sentN == 0 && !req.Standby, Absence: req.Absence, Activity: req.Activity,
		Lag: presence.CallLag})
}

// openInbox acknowledges the cursor of a call that waits, and returns the inbox of its wait. If everyone else is away,
// the wait ends at once, and its cursor says so, so that the next wait runs its full time.
func (c reading) openInbox(ctx context.Context, req *WaitRequest, wait *presence.Wait) (*inbox, error) {
	pos, err := c.acknowledgeCursor(ctx, req)
	if err != nil {
		return nil, err
	}
	waits := !wait.Looks() && !req.Standby
	return newInbox(c, pos, listening{
		forMe:      req.ForMe,
		forAnswers: waits && !req.Peek && !req.Stay && !c.me.IsPerson() && !c.me.IsCalled(),
		endsAtOnce: waits && pos.How == presence.ByCursor && !pos.given.ToldOthersAway && c.othersAreAway(ctx),
		withRoster: true,
	}), nil
}

// given is what a wait is given beside what is in its inbox. The zero value is nothing.
type given struct {
	turn     bool
	freeTask int64 // with the turn: the number of the free task that the caller may take; 0: the caller should speak
}

// endWait returns the answer of a wait.
func (c reading) endWait(ctx context.Context, in *inbox, wait *presence.Wait, is given) (*Waited, error) {
	got, finds, err := c.handOut(ctx, in, wait)
	if err != nil {
		return nil, err
	}
	alone := finds.mayStop() && got.Situation.NoPartner && !c.hasActiveTask(ctx)
	got.Status = decideStatus(finds, stop{turn: is.turn, noPartner: alone})
	if got.Status == StatusTurn && is.freeTask != 0 {
		got.FreeTask, wait.ToldOfTask = room.TaskID(is.freeTask), true
		got.Situation.FreeTasks = max(1, got.Situation.FreeTasks) // not counting stalled ones
	}
	return got, nil
}

// PartnerSilent is how long an agent from a queue waits for a partner that neither calls nor waits. Nobody else can
// come, so the result then says that the talk is over.
const PartnerSilent = 5 * time.Minute

// othersAreAway reports whether the caller stops waiting because its companions are all away or have left.
func (c reading) othersAreAway(ctx context.Context) bool {
	head := c.head
	if !c.me.StopsWithTalk() {
		return false
	}
	if head.Others(c.me.Seat) == 0 {
		return head.LastFreed.N > c.me.Joined
	}
	if c.room.agents.HasCompany(head, c.me.Seat) {
		return false
	}
	seen, err := c.room.roster(ctx, head, c.me)
	if err != nil {
		return false
	}
	_, away := absenceOf(seen.Agents())
	return away > 0
}

// collectUntil fills the inbox until the wait ends. From wait.Due on, the caller's presence is renewed: see
// presence.Recorder.Renew.
func (c reading) collectUntil(ctx context.Context, in *inbox, wait *presence.Wait) (given, error) {
	live := c.room
	if wait.Looks() || in.listens.endsAtOnce || isClosed(live.svc.stopping) {
		_, err := in.collectFor(ctx, wait)
		return given{}, err
	}
	timer := live.svc.clock.NewTimer(wait.Until.Sub(wait.Began))
	defer timer.Stop()
	var refresh clockwork.Timer
	var refreshed <-chan time.Time
	if wait.Due.Before(wait.Until) {
		refresh = live.svc.clock.NewTimer(wait.Due.Sub(wait.Began))
		defer refresh.Stop()
		refreshed = refresh.Chan()
	}
	timeUp := Ended(ctx)
	for last := false; ; {
		changed := live.log.Changed()
		if ends, err := in.collectFor(ctx, wait); err != nil || ends || last {
			return given{}, err
		}
		live.agents.BeginPolling()
		select {
		case <-changed:
		case <-wait.Superseded:
			return given{}, nil
		case next := <-wait.Turn:
			if live.agents.ClaimTurn(ctx, c.me.Seat, next, wait) {
				return given{turn: true}, nil
			}
		case task := <-wait.Task:
			return given{turn: true, freeTask: task}, in.collect(ctx) // with the latest events
		case <-in.past.recheck: // are those who owe an answer still here?
			in.past.recheck = nil
		case <-refreshed:
			if again := c.recorder().Renew(ctx, wait); again > 0 {
				refresh.Reset(again)
			}
		case <-timer.Chan():
			last = true
		case <-timeUp:
			last = true
		case <-live.svc.stopping:
			last = true
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return given{}, nil // the call took long before the wait
			}
			return given{}, ctx.Err()
		}
	}
}

// handOut hands out what is in the inbox. It returns the answer without its status, which decideStatus decides by what
// was found. wait is nil for a call that does not wait. The order of the steps matters.
func (c reading) handOut(ctx context.Context, in *inbox, wait *presence.Wait) (*Waited, found, error) {
	// Step 1: an inbox that its caller must not get is emptied, so that nothing of it is recorded.
	in.hideAsleep(wait)

	// Step 2: the events are recorded before anybody is told of them. The inbox takes what came meanwhile.
	newest, err := in.recordHandedOut(ctx, wait)
	if err != nil {
		return nil, found{}, err
	}
	c.moveOn()
	if !newest {
		// The answer to the newer wait may be lost. wait is not nil: only a wait is superseded.
		arrived := in.arrived()
		return &Waited{Cursor: c.cursor(arrived, in.pos.given), Yielded: wait.Yields,
			Situation: c.situation(learned{read: arrived})}, found{superseded: true}, nil
	}

	// Step 3: hooks that nobody refreshed are ended, which appends events. From here on, the head stays.
	if c.me.IsCalled() && in.pos.How != presence.Peek && in.end != lost && c.me.MayBeOnStandby() {
		hooking(c).endExpiredHooks(ctx)
		c.moveOn()
	}

	// Step 4: the answer is made.
	finds := in.found(ctx)
	seen, isNew := c.rosterFor(ctx, in, finds)
	next := in.pos.given
	next.ToldOthersAway = in.othersGone() || next.ToldOthersAway && len(in.batch.Messages) == 0
	got := &Waited{
		Messages: in.batch.Messages, HasMore: in.end == full, before: in.before,
		Wakes:     in.end > goesOn,
		Cursor:    c.cursor(in.reached(), next),
		Situation: c.situation(in.learned(seen)),
	}
	if isNew {
		got.Seated = len(seen.agents)
		got.Agents, got.AllWaiting = limitAgents(seen.agents)
	}
	if in.end != lost && !c.me.IsPerson() {
		got.Revision, got.AwayUntil = c.lastRevision(ctx, got.Messages), c.recorder().AwayUntil()
	}
	return got, finds, nil
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// The pauses between the calls of a program on standby that looks in. A turn lasts longer: see room.TurnPasses.
const (
	pollLively = 5 * time.Second  // the last event is less than a minute old
	pollCalm   = 15 * time.Second // older
)

// poll answers a program on standby that calls again and again instead of waiting. Its next call is announced ahead.
// While the agent itself waits and so reads the news, the program is told to yield.
func (c reading) poll(ctx context.Context, req *WaitRequest) (*Waited, error) {
	now := c.room.svc.now()
	agentWaits := c.recorder().AnnounceStandby(ctx, req.ForMe)
	pos, err := c.acknowledgeCursor(ctx, req)
	if err != nil {
		return nil, err
	}
	in := newInbox(c, pos, listening{forMe: req.ForMe})
	wait := &presence.Wait{Began: now, Until: now, Standby: true} // not open: it ends no other
	mine := false                                                 // the turn
	if !agentWaits {
		if err := in.collect(ctx); err != nil {
			return nil, err
		}
		if _, owes := c.head.Talk.Owes(c.me.Seat, now); owes && in.end == goesOn {
			mine = c.room.agents.ClaimTurnIfNext(ctx, c.me.Seat, wait)
		}
	}
	got, finds, err := c.handOut(ctx, in, wait)
	if err != nil {
		return nil, err
	}
	got.Status, got.Yielded = decideStatus(finds, stop{yields: agentWaits, turn: mine}), agentWaits
	got.PollAfter = pollCalm
	if now.Sub(time.UnixMilli(c.head.HeadMs)) < time.Minute {
		got.PollAfter = pollLively
	}
	return got, nil
}
