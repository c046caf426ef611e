package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// partialWriteTime is for how long others may see a Write in part: the beginning of a hook writes an event and an item.
const partialWriteTime = time.Second

// acquireRead waits until a pass may read the table. The caller must call done to let the next pass read.
func (d *Dispatcher) acquireRead(ctx context.Context) (done func(), err error) {
	select {
	case d.readers <- struct{}{}:
		return func() { <-d.readers }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// delivery is a hook of one form in a pass: a wake, a webhook, an endpoint, a browser or a
// channel of a messenger.
type delivery interface {
	// readNews reads the news for the hook, and returns what the pass does next.
	readNews(ctx context.Context) (decision, error)
	// call makes the call, and returns the progress to store. The errors errBusy, errEnded and the end of ctx store no
	// progress: the next pass calls.
	call(ctx context.Context) (roomlog.Progress, error)
}

// decision is the next action of a pass, with the values for the action.
type decision struct {
	do      action
	at      time.Time  // of doEnd, doPause: when to continue; of doEnd, zero: once something new comes
	ops     []table.Op // of doRecord
	failing int64      // of doEnd: since when the pending calls fail; 0: no call fails. A doPause may become a doEnd
}

type action int

const (
	// doEnd ends the pass: nothing is due before the time at. The pass sets failing and, without a time, forgets
	// allowed: see endPass.
	doEnd action = iota
	// doPause pauses the pass until the time at. If the process ends before, doPause becomes doEnd.
	doPause
	// doRecord claims, and writes ops.
	doRecord
	// doCall claims, and calls the address.
	doCall
	// doRecheck is for a missing hook. The Write of its beginning may be visible in part, so the pass reads again after
	// partialWriteTime. A second doRecheck of the pass becomes doEndHook.
	doRecheck
	// doEndHook ends the hook and the pass: the hook is gone, or the server no longer admits its maker.
	doEndHook
)

var (
	// errBusy reports that this server had no place, or the account no slot, for a call. The call did not reach the
	// host, so the hook has not failed.
	errBusy = errors.New("outbox: too many calls are under way")
	// errEnded reports that the host of a hook wants no more calls. The pass then ends the hook.
	errEnded = errors.New("outbox: the hook is to end")
)

// pass is one run over a hook: read, decide, claim, call, store, until nothing is left to do. Each delivery embeds its
// pass.
type pass struct {
	*Dispatcher
	ref          hookRef
	hasDeadline  bool             // the process ends at the deadline of ctx
	hook         roomlog.HookItem // as last read, with progress
	progress     roomlog.Progress
	paused       time.Duration // how long the pass has paused so far
	hasCalled    bool          // the pass has made a call
	claimedUntil time.Time     // the end of the claim
	slots        []*slot       // acquired: see acquireSlots
}

// Deliver runs a pass over a hook of a seat in the room with an id. A pass calls a wake whose agent has unread news and
// was not called since its last read, or not for an hour; a webhook with undelivered events; and an endpoint with
// unanswered messages. The pass goes on until nothing is left to do. A pass that begins during a call of another pass
// ends at the claim, and the other pass delivers what came.
//
// Deliver returns when to deliver again even without a new event: when a failed call is to be repeated, when the hour
// of a wake ends, or at once if ctx was about to end. The zero time means no need. If ctx has a deadline, the pass
// itself waits for an endpoint that is due soon (maxPauseAfterCall).
//
//  1. Ann's hook has no news: the pass ends.
//  2. Her hook has news: the pass calls the hook, and reads again.
//  3. Another process has the claim of the call: the next pass begins when the claim ends.
//  4. Her account has made 120 calls in this minute: the next pass begins when a call is allowed.
//  5. Her process ends in 20 s, and a call takes up to 25 s: the next pass begins at once.
//  6. Ann waits, so the wait gets the news: the pass pauses for a second at a time, and calls after 15 s.
//  7. The hook is missing: the pass reads again after a second, and then ends the hook.
//  8. The host answers that the hook is gone: the pass ends the hook.
func (d *Dispatcher) Deliver(ctx context.Context, id string, seat int, hook string) (again time.Time, err error) {
	pass := &pass{Dispatcher: d, ref: hookRef{id, seat, hook}}
	_, pass.hasDeadline = ctx.Deadline()
	defer func() { pass.releaseSlots(ctx) }()
	for doubted := false; ; {
		delivery, next, err := pass.readHook(ctx)
		if err == nil && (next.do == doRecord || next.do == doCall) {
			next, err = pass.claim(ctx, next) // 3, 4, 5
		}
		if err != nil {
			return time.Time{}, err
		}
		wait := next.at.Sub(pass.now())
		switch {
		case next.do == doRecheck && doubted:
			next.do = doEndHook
		case next.do == doPause && endsBefore(ctx, wait+pass.maxCallTime()):
			next.do = doEnd // the next pass begins when the pause would end
		}
		switch next.do {
		case doEnd: // 1, 3, 4, 5
			return pass.endPass(next), nil
		case doPause: // 6
			pass.paused += wait
			err = pass.sleep(ctx, wait)
		case doRecord:
			err = pass.writeClaimed(ctx, next.ops...)
		case doCall: // 2
			err = pass.makeCall(ctx, delivery)
		case doRecheck: // 7
			doubted, err = true, pass.sleep(ctx, partialWriteTime)
		case doEndHook: // 7
			return pass.endHook(ctx)
		}
		if errors.Is(err, errEnded) { // 8
			return pass.endHook(ctx)
		}
		if err != nil {
			return time.Time{}, err
		}
	}
}

// readHook reads the hook, the progress and the news, and decides what the pass does next. If the hook may not be
// called, readHook reads nothing more: the hook belongs to a server with another address, its person has ended it, only
// a newer program knows its form, or its maker is no longer admitted.
func (p *pass) readHook(ctx context.Context) (delivery delivery, next decision, err error) {
	done, err := p.acquireRead(ctx)
	if err != nil {
		return nil, next, err
	}
	defer done()
	store := p.o.Rooms.Store()
	p.hook, err = store.Hook(ctx, p.ref.hook)
	if errors.Is(err, table.ErrNotFound) {
		p.hook = roomlog.HookItem{ID: p.ref.hook, Room: p.ref.room, Seat: p.ref.seat}
		return nil, decision{do: doRecheck}, nil
	}
	if err != nil {
		return nil, next, err
	}
	delivery = p.newDelivery()
	if p.hook.Server != p.o.Public || p.hook.Barred || delivery == nil {
		return nil, decision{do: doEnd}, nil
	}
	if p.o.Admits != nil {
		admitted, err := p.o.Admits(ctx, p.hook.Principal, p.hook.SignIn)
		if err != nil || !admitted {
			return nil, decision{do: doEndHook}, err
		}
	}

	// The hook exists, and its maker is still admitted.
	p.progress, err = store.Progress(ctx, p.hook)
	if err != nil {
		return nil, next, err
	}
	if ops := p.upkeep(); ops != nil {
		return nil, decision{do: doRecord, ops: ops}, nil
	}

	// Nothing of the room is read before a call is due.
	if due := time.UnixMilli(p.progress.NotBeforeMs); due.After(p.now()) {
		return nil, p.endUntil(due), nil
	}
	next, err = delivery.readNews(ctx)
	return delivery, next, err
}

// newDelivery returns the delivery for the hook of the pass. It returns nil if this program does not know the form of
// the hook: a newer program calls the hook.
func (p *pass) newDelivery() delivery {
	switch p.hook.Form {
	case room.FormWake:
		return &wake{pass: p}
	case room.FormWebhook:
		return &webhook{pass: p}
	case room.FormEndpoint:
		return &endpoint{pass: p}
	case room.FormPush, room.FormMessenger, room.FormLaterMessenger:
		return &push{pass: p}
	}
	return nil
}

// endUntil returns the decision to end the pass until a time, although a call is due then.
func (p *pass) endUntil(at time.Time) decision {
	return decision{do: doEnd, at: at, failing: p.progress.Failing.SinceMs}
}

// endPass records, at the end of a pass, since when the calls of its hook fail, and returns when to deliver again. If
// the next pass needs a new event, the limit counts its call as a new call.
func (p *pass) endPass(next decision) (again time.Time) {
	if next.at.IsZero() {
		p.forgetAllowed()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if next.failing == 0 {
		delete(p.failing, p.ref.hook)
	} else {
		p.failing[p.ref.hook] = time.UnixMilli(next.failing)
	}
	return next.at
}

func (p *pass) endHook(ctx context.Context) (again time.Time, err error) {
	return p.endPass(decision{do: doEnd}), p.o.Rooms.EndGoneHook(ctx, p.hook)
}

// maxCallTime is the longest time from the claim of a call to the write of its outcome.
func (p *pass) maxCallTime() time.Duration {
	if p.hook.Form == room.FormEndpoint {
		return maxEndpointCallTime
	}
	return maxPostTime
}

// makeCall makes a call, if the slots for the call are free, and stores the outcome.
func (p *pass) makeCall(ctx context.Context, delivery delivery) error {
	progress, err := p.progress, p.acquireSlots(ctx)
	if err == nil {
		p.hasCalled = true
		progress, err = delivery.call(ctx)
	}
	if !p.mayPause() {
		p.releaseSlots(ctx)
	}
	if errors.Is(err, errBusy) {
		progress.NotBeforeMs, err = p.now().Add(retryInterval).UnixMilli(), nil
	} else {
		p.forgetAllowed()
	}
	if err != nil {
		return err
	}
	return p.writeResult(ctx, p.putProgress(progress))
}

// mayPause reports whether the pass itself may wait until an endpoint is due. The pass then keeps its slots, as the
// process keeps its instance.
func (p *pass) mayPause() bool { return p.hasDeadline && p.o.Places == 0 }

// claim returns next, which is a doRecord or a doCall, if the pass may do that now. Otherwise claim ends the
// pass: the process may end before the call does, the limit allows no call yet, or another process has the claim. The
// deadline and the limit come first, since they write nothing. The claim lasts until after the longest call.
//
// Without the claim, two processes that read the progress {N: 7, Upto: 41} both post event 42. With the claim "h1#7"
// only the first process posts event 42; the result is stored with N 8, and the next call claims "h1#8".
//
// A pass that finds the claim of another process ends without the event that began the pass. The process with the claim
// reads the log again after its call, and finds that event. If that process has died, the next pass begins at the end
// of the claim. No claim is deleted, so a late process can never put "h1#7" again.
func (p *pass) claim(ctx context.Context, next decision) (decision, error) {
	if endsBefore(ctx, p.maxCallTime()) {
		return p.endUntil(p.now()), nil
	}
	if next.do == doCall {
		if at := p.allowedAt(); at.After(p.now()) {
			return p.endUntil(at), nil
		}
	}
	if p.o.SingleProcess {
		return next, nil
	}
	p.claimedUntil = p.now().Add(p.maxCallTime())
	taken, err := p.o.Rooms.Store().ClaimCall(ctx, p.hook, p.progress.N, p.claimedUntil)
	if !taken.IsZero() {
		return p.endUntil(taken), err
	}
	return next, err
}

// allowedAt returns when the limit of calls allows the hook to be called. The limit counts by accountOf. Each call
// counts once: the time is kept until forgetAllowed.
func (p *pass) allowedAt() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, kept := p.allowed[p.ref.hook]
	if !kept {
		at = p.o.Rooms.Limits().Call(accountOf(p.hook))
		p.allowed[p.ref.hook] = at
	}
	return at
}

// forgetAllowed makes the limit count the next call of the hook.
func (p *pass) forgetAllowed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.allowed, p.ref.hook)
}

// writeClaimed writes the outcome of claimed work, until the claim ends. Without the timeout, a process that was frozen
// past its claim would write Upto 42 over the Upto 43 of the next process.
func (p *pass) writeClaimed(ctx context.Context, ops ...table.Op) error {
	if !p.o.SingleProcess {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.claimedUntil.Sub(p.now()))
		defer cancel()
	}
	return p.o.Rooms.Store().Table().Write(ctx, ops...)
}

// endsBefore reports whether ctx may end before a call that takes so long is over, and 5 s more for what follows the
// call.
func endsBefore(ctx context.Context, takes time.Duration) bool {
	end, bounded := ctx.Deadline()
	return bounded && time.Until(end) < takes+5*time.Second
}

// putProgress returns the op that stores the progress of the hook. The number rises by one, so the next call needs a
// new claim.
func (p *pass) putProgress(progress roomlog.Progress) table.Op {
	progress.N = p.progress.N + 1
	return roomlog.PutProgress(p.hook, progress)
}

// writeResult stores the outcome of a call. A single process tries until the write succeeds: otherwise the
// process would repeat a call that the host has taken, again and again. With several processes no retry is needed: a
// table that takes no write takes no claim for another call either.
func (p *pass) writeResult(ctx context.Context, progress table.Op) error {
	write := context.WithoutCancel(ctx)
	err := p.writeClaimed(write, progress)
	for p.o.SingleProcess && err != nil {
		p.o.Logger.WarnContext(ctx, "what became of a call was not written", "hook", p.ref.hook, "error", err)
		if p.sleep(ctx, retryInterval) != nil {
			break
		}
		err = p.writeClaimed(write, progress)
	}
	return err
}
