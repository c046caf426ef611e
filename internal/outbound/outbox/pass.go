package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// partialWriteTime is for how long others may see a Write in part: a hook begins with an event and an item.
const partialWriteTime = time.Second

// acquireRead waits until a look may read the table. The caller must call done.
func (d *Dispatcher) acquireRead(ctx context.Context) (done func(), err error) {
	select {
	case d.readers <- struct{}{}:
		return func() { <-d.readers }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// delivery is a hook of one form under a look: a wake, a webhook or an endpoint.
type delivery interface {
	// readNews reads what the hook is to be told, and returns what the look does next.
	readNews(ctx context.Context) (decision, error)
	// call makes the call, and returns what is stored of it. It fails with errBusy, with errEnded, or because this
	// process stops: then nothing is stored, and the next look calls.
	call(ctx context.Context) (roomlog.Told, error)
}

// decision is what a look does next, with what that needs.
type decision struct {
	do      action
	at      time.Time  // of doEnd, doPause, doDefer: when there may be something to do; zero: when something new comes
	ops     []table.Op // of doRecord
	failing int64      // of doEnd and doPause: since when calls fail that are still to be made; 0: no call fails
}

type action int

const (
	doEnd     action = iota // the look ends: there is nothing to do
	doPause                 // the look itself waits until the time, or rests if its process ends before
	doRecord                // the look claims, and writes
	doCall                  // the look claims, and calls the address
	doDefer                 // the look ends: another look does what is to be done
	doRecheck               // the hook is not there: the look reads again after partialWriteTime, and then drops it
	doEndHook               // the look ends the hook: it is gone, or the server no longer admits who made it
)

var (
	// errBusy reports that this server had no place for a call, or its account no slot. The host has heard nothing of
	// the call, so the hook has not failed.
	errBusy = errors.New("outbox: too many calls are under way")
	// errEnded reports that the host of a hook wants no more calls. The look then ends the hook.
	errEnded = errors.New("outbox: the hook is to end")
)

// pass is one look at a hook. Its forms embed it.
type pass struct {
	*Dispatcher
	ref          hookRef
	hasDeadline  bool             // its process ends at the deadline of its context
	hook         roomlog.HookItem // as it was read last, with told
	progress     roomlog.Told
	paused       time.Duration // how long the look has paused so far
	hasCalled    bool          // the look has made a call
	claimedUntil time.Time     // the end of its claim
	slots        []*slot       // that it has: see acquireSlots
}

// Deliver looks at a hook of a seat in the room with an id. It calls a wake whose agent has unread news and was not
// called since it last read, or not for an hour; a webhook that has not had all events; and an endpoint that has not
// answered all. The look goes on until there is nothing to do: a look that begins during its call ends at its claim,
// and leaves to this one what came.
//
// Deliver returns when to look again although nothing has happened: a call failed and is to be repeated then, that hour
// is over, or the time of ctx was. The zero time means that there is no need. If ctx has a deadline, the look itself
// waits for what an endpoint is due soon (maxPauseAfterCall).
//
//  1. Ann's hook has nothing to tell: the look ends.
//  2. Her hook has something to tell: it is called, and the look reads again.
//  3. Another process has the claim of the call: the next look begins when the claim ends.
//  4. Her account has made 120 calls in this minute: the next look begins when a call is allowed.
//  5. Her process ends in 20 s, and a call takes up to 25 s: the next look begins at once.
//  6. Ann waits, so she gets the news herself: the look pauses for a second at a time, and calls after 15 s.
//  7. The hook is not there: the look reads again after a second, and then ends the hook.
//  8. The host answers that the hook is gone: the look ends the hook.
func (d *Dispatcher) Deliver(ctx context.Context, id string, seat int, hook string) (again time.Time, err error) {
	p := &pass{Dispatcher: d, ref: hookRef{id, seat, hook}}
	_, p.hasDeadline = ctx.Deadline()
	defer func() { p.releaseSlots(ctx) }()
	for doubted := false; ; {
		f, s, err := p.readHook(ctx)
		if err == nil && (s.do == doRecord || s.do == doCall) {
			s, err = p.claim(ctx, s) // 3, 4, 5
		}
		if err != nil {
			return time.Time{}, err
		}
		wait := s.at.Sub(p.now())
		switch {
		case s.do == doRecheck && doubted:
			s.do = doEndHook
		case s.do == doPause && endsBefore(ctx, wait+p.maxCallTime()):
			s.do = doEnd // the next look begins when the pause would end
		}
		switch s.do {
		case doEnd: // 1
			return p.endPass(s), nil
		case doDefer: // 3, 4, 5
			return s.at, nil
		case doPause: // 6
			p.paused += wait
			err = p.sleep(ctx, wait)
		case doRecord:
			err = p.writeClaimed(ctx, s.ops...)
		case doCall: // 2
			err = p.makeCall(ctx, f)
		case doRecheck: // 7
			doubted, err = true, p.sleep(ctx, partialWriteTime)
		case doEndHook: // 7
			return p.endHook(ctx)
		}
		if errors.Is(err, errEnded) { // 8
			return p.endHook(ctx)
		}
		if err != nil {
			return time.Time{}, err
		}
	}
}

// readHook reads what there is to know of a hook, and returns what the look does next. While the hook may not be called
// nothing more is read. Nothing is to be done for a hook of a server with another address, nor for one that its person
// has ended.
func (p *pass) readHook(ctx context.Context) (f delivery, s decision, err error) {
	done, err := p.acquireRead(ctx)
	if err != nil {
		return nil, s, err
	}
	defer done()
	store := p.o.Rooms.Store()
	p.hook, err = store.Hook(ctx, p.ref.hook)
	if errors.Is(err, table.ErrNotFound) {
		p.hook = roomlog.HookItem{ID: p.ref.hook, Room: p.ref.room, Seat: p.ref.seat}
		return nil, decision{do: doRecheck}, nil
	}
	if err != nil {
		return nil, s, err
	}
	if p.hook.Server != p.o.Public || p.hook.Barred {
		return nil, decision{do: doEnd}, nil
	}
	if p.o.Admits != nil {
		admitted, err := p.o.Admits(ctx, p.hook.Principal, p.hook.SignIn)
		if err != nil || !admitted {
			return nil, decision{do: doEndHook}, err
		}
	}

	// The hook stands, and whoever made it is still admitted.
	p.progress, err = store.Told(ctx, p.hook)
	if err != nil {
		return nil, s, err
	}
	if ops := p.upkeep(); ops != nil {
		return nil, decision{do: doRecord, ops: ops}, nil
	}

	// After a failure the hook rests, and nothing of its room is read meanwhile.
	if retry := time.UnixMilli(p.progress.RetryMs); retry.After(p.now()) {
		return nil, decision{do: doEnd, at: retry, failing: p.progress.FailingMs}, nil
	}
	switch p.hook.Form {
	case room.FormEach:
		f = &webhook{pass: p}
	case room.FormAgent:
		f = &endpoint{pass: p}
	default:
		f = &wake{pass: p}
	}
	s, err = f.readNews(ctx)
	return f, s, err
}

// endPass records, at the end of a look, since when the calls of its hook fail, and returns when to look again. If that
// is only once something new comes, the hook waits for its limit anew.
func (p *pass) endPass(s decision) (again time.Time) {
	if s.at.IsZero() {
		p.forgetAllowed()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.failing == 0 {
		delete(p.failing, p.ref.hook)
	} else {
		p.failing[p.ref.hook] = time.UnixMilli(s.failing)
	}
	return s.at
}

// endHook ends the look, and its hook.
func (p *pass) endHook(ctx context.Context) (again time.Time, err error) {
	return p.endPass(decision{do: doEnd}), p.o.Rooms.EndGoneHook(ctx, p.hook)
}

// maxCallTime is the longest time from the claim of a call to the write of what became of the call.
func (p *pass) maxCallTime() time.Duration {
	if p.hook.Form == room.FormAgent {
		return maxEndpointCallTime
	}
	return maxPostTime
}

// makeCall makes a call, if there are slots for it, and stores what became of it.
func (p *pass) makeCall(ctx context.Context, f delivery) error {
	progress, err := p.progress, p.acquireSlots(ctx)
	if err == nil {
		p.hasCalled = true
		progress, err = f.call(ctx)
	}
	if !p.mayPause() {
		p.releaseSlots(ctx)
	}
	if errors.Is(err, errBusy) {
		progress.RetryMs, err = p.now().Add(retryInterval).UnixMilli(), nil
	} else {
		p.forgetAllowed()
	}
	if err != nil {
		return err
	}
	return p.writeResult(ctx, p.putProgress(progress))
}

// mayPause reports whether the look of an endpoint may wait itself for what is due soon. It keeps its slots then: it
// keeps its instance, too.
func (p *pass) mayPause() bool { return p.hasDeadline && p.o.Places == 0 }

// claim returns s, a write or a call, if the look may do that now. Else it returns when another look does: the process
// of this one may end before the call does, the limit of calls allows none yet, or another process has the claim. So
// first the deadline and the limit are applied, which write nothing. Then the look puts its claim until a time that is
// after the longest call, and no other process does the same until then.
//
// A look that finds the claim of another process ends, and so may not see what began it. The process that holds the
// claim reads the log again after its call, so it finds the event that began this look. If that process has died, the
// look at the end of the claim finds the event. No claim is deleted: the result of the call is stored with the next
// number, and the next call claims that.
func (p *pass) claim(ctx context.Context, s decision) (decision, error) {
	if endsBefore(ctx, p.maxCallTime()) {
		return decision{do: doDefer, at: p.now()}, nil
	}
	if s.do == doCall {
		if at := p.allowedAt(); at.After(p.now()) {
			return decision{do: doDefer, at: at}, nil
		}
	}
	if p.o.Alone {
		return s, nil
	}
	p.claimedUntil = p.now().Add(p.maxCallTime())
	taken, err := p.o.Rooms.Store().ClaimCall(ctx, p.hook, p.progress.N, p.claimedUntil)
	if !taken.IsZero() {
		return decision{do: doDefer, at: taken}, err
	}
	return s, err
}

// allowedAt returns when the limit of calls allows the hook to be called. The limit counts for the key that made the
// hook or, without a key, for its room. It counts each call once: the time is kept until forgetAllowed.
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

// forgetAllowed has the limit count the next call of the hook.
func (p *pass) forgetAllowed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.allowed, p.ref.hook)
}

// writeClaimed writes what the look has claimed, until the claim ends. If a process was frozen for longer, another
// process may have gone on, and the write fails.
func (p *pass) writeClaimed(ctx context.Context, ops ...table.Op) error {
	if !p.o.Alone {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.claimedUntil.Sub(p.now()))
		defer cancel()
	}
	return p.o.Rooms.Store().Table().Write(ctx, ops...)
}

// endsBefore reports whether ctx may end before a call that takes so long at most, and what follows the call.
func endsBefore(ctx context.Context, takes time.Duration) bool {
	end, bounded := ctx.Deadline()
	return bounded && time.Until(end) < takes+5*time.Second
}

// putProgress returns the op that stores what a look has done. Its number is the next one, so the claim has served.
func (p *pass) putProgress(t roomlog.Told) table.Op {
	t.N = p.progress.N + 1
	return roomlog.PutTold(p.hook, t)
}

// writeResult writes what became of a call. A process that is alone tries until the write succeeds: otherwise it would
// call a host again and again that has taken the call. Where there are several processes, the claim of the next call
// cannot be written either.
func (p *pass) writeResult(ctx context.Context, progress table.Op) error {
	write := context.WithoutCancel(ctx)
	err := p.writeClaimed(write, progress)
	for p.o.Alone && err != nil {
		p.o.Logger.WarnContext(ctx, "what became of a call was not written", "hook", p.ref.hook, "error", err)
		if p.sleep(ctx, retryInterval) != nil {
			break
		}
		err = p.writeClaimed(write, progress)
	}
	return err
}
