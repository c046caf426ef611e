package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// partVisible is for how long others may see a Write in part: a hook begins with an event and an item.
const partVisible = time.Second

// reading waits until a look may read the table. The caller must call done.
func (b *Box) reading(ctx context.Context) (done func(), err error) {
	select {
	case b.reads <- struct{}{}:
		return func() { <-b.reads }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// form is a hook of one form under a look: a wake, a webhook or an endpoint.
type form interface {
	// next reads what the hook is to be told, and returns what the look does next.
	next(ctx context.Context) (step, error)
	// call makes the call, and returns what is stored of it. It fails with errBusy, with errEnded, or because this
	// process stops: then nothing is stored, and the next look calls.
	call(ctx context.Context) (roomlog.Told, error)
}

// step is what a look does next, with what that needs.
type step struct {
	do      action
	at      time.Time  // of doRest, doPause, doLeave: when there may be something to do; zero: when something new comes
	ops     []table.Op // of doRecord
	failing int64      // of doRest and doPause: since when calls fail that are still to be made; 0: no call fails
}

type action int

const (
	doRest   action = iota // the look ends: there is nothing to do
	doPause                // the look itself waits until the time, or rests if its process ends before
	doRecord               // the look claims, and writes
	doCall                 // the look claims, and calls the address
	doLeave                // the look ends: another look does what is to be done
	doGone                 // the hook is not there: the look reads again after partVisible, and then drops it
	doDrop                 // the look ends the hook: it is gone, or the server no longer admits who made it
)

var (
	// errBusy reports that this server had no place for a call, or its account no slot. The host has heard nothing of
	// the call, so the hook has not failed.
	errBusy = errors.New("outbox: too many calls are under way")
	// errEnded reports that the host of a hook wants no more calls. The look then ends the hook.
	errEnded = errors.New("outbox: the hook is to end")
)

// look is one look at a hook. Its forms embed it.
type look struct {
	*Box
	place   place
	bounded bool             // its process ends at the deadline of its context
	hook    roomlog.HookItem // as it was read last, with told
	told    roomlog.Told
	paused  time.Duration // how long the look has paused so far
	called  bool          // the look has made a call
	until   time.Time     // the end of its claim
	slots   []*slot       // that it has: see acquireSlots
}

// Look looks at a hook of a seat in the room with an id. It calls a wake whose agent has unread news and was not called
// since it last read, or not for an hour; a webhook that has not had all events; and an endpoint that has not answered
// all. The look goes on until there is nothing to do: a look that begins during its call ends at its claim, and leaves
// to this one what came.
//
// Look returns when to look again although nothing has happened: a call failed and is to be repeated then, that hour is
// over, or the time of ctx was. The zero time means that there is no need. If ctx has a deadline, the look itself waits
// for what an endpoint is due soon (staysFor).
//
//  1. Ann's hook has nothing to tell: the look ends.
//  2. Her hook has something to tell: it is called, and the look reads again.
//  3. Another process has the claim of the call: the next look begins when the claim ends.
//  4. Her account has made 120 calls in this minute: the next look begins when a call is allowed.
//  5. Her process ends in 20 s, and a call takes up to 25 s: the next look begins at once.
//  6. Ann waits, so she gets the news herself: the look pauses for a second at a time, and calls after 15 s.
//  7. The hook is not there: the look reads again after a second, and then ends the hook.
//  8. The host answers that the hook is gone: the look ends the hook.
func (b *Box) Look(ctx context.Context, id string, seat int, hook string) (again time.Time, err error) {
	l := &look{Box: b, place: place{id, seat, hook}}
	_, l.bounded = ctx.Deadline()
	defer func() { l.releaseSlots(ctx) }()
	for doubted := false; ; {
		f, s, err := l.decide(ctx)
		if err == nil && (s.do == doRecord || s.do == doCall) {
			s, err = l.claim(ctx, s) // 3, 4, 5
		}
		if err != nil {
			return time.Time{}, err
		}
		wait := s.at.Sub(l.now())
		switch {
		case s.do == doGone && doubted:
			s.do = doDrop
		case s.do == doPause && isLate(ctx, wait+l.takes()):
			s.do = doRest // the next look begins when the pause would end
		}
		switch s.do {
		case doRest: // 1
			return l.end(s), nil
		case doLeave: // 3, 4, 5
			return s.at, nil
		case doPause: // 6
			l.paused += wait
			err = l.sleep(ctx, wait)
		case doRecord:
			err = l.writeClaimed(ctx, s.ops...)
		case doCall: // 2
			err = l.makeCall(ctx, f)
		case doGone: // 7
			doubted, err = true, l.sleep(ctx, partVisible)
		case doDrop: // 7
			return l.endHook(ctx)
		}
		if errors.Is(err, errEnded) { // 8
			return l.endHook(ctx)
		}
		if err != nil {
			return time.Time{}, err
		}
	}
}

// decide reads what there is to know of a hook, and returns what the look does next. While the hook may not be called
// nothing more is read. Nothing is to be done for a hook of a server with another address, nor for one that its person
// has ended.
func (l *look) decide(ctx context.Context) (f form, s step, err error) {
	done, err := l.reading(ctx)
	if err != nil {
		return nil, s, err
	}
	defer done()
	store := l.o.Rooms.Store()
	l.hook, err = store.Hook(ctx, l.place.hook)
	if errors.Is(err, table.ErrNotFound) {
		l.hook = roomlog.HookItem{ID: l.place.hook, Room: l.place.room, Seat: l.place.seat}
		return nil, step{do: doGone}, nil
	}
	if err != nil {
		return nil, s, err
	}
	if l.hook.Server != l.o.Public || l.hook.Barred {
		return nil, step{do: doRest}, nil
	}
	if l.o.Admits != nil {
		admitted, err := l.o.Admits(ctx, l.hook.Principal, l.hook.SignIn)
		if err != nil || !admitted {
			return nil, step{do: doDrop}, err
		}
	}

	// The hook stands, and whoever made it is still admitted.
	l.told, err = store.Told(ctx, l.hook)
	if err != nil {
		return nil, s, err
	}
	if ops := l.upkeep(); ops != nil {
		return nil, step{do: doRecord, ops: ops}, nil
	}

	// After a failure the hook rests, and nothing of its room is read meanwhile.
	if retry := time.UnixMilli(l.told.RetryMs); retry.After(l.now()) {
		return nil, step{do: doRest, at: retry, failing: l.told.FailingMs}, nil
	}
	switch l.hook.Form {
	case room.FormEach:
		f = &webhook{look: l}
	case room.FormAgent:
		f = &endpoint{look: l}
	default:
		f = &wake{look: l}
	}
	s, err = f.next(ctx)
	return f, s, err
}

// end records, at the end of a look, since when the calls of its hook fail, and returns when to look again. If that is
// only once something new comes, the hook waits for its limit anew.
func (l *look) end(s step) (again time.Time) {
	if s.at.IsZero() {
		l.forgetAllowed()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.failing == 0 {
		delete(l.failing, l.place.hook)
	} else {
		l.failing[l.place.hook] = time.UnixMilli(s.failing)
	}
	return s.at
}

// endHook ends the look, and its hook.
func (l *look) endHook(ctx context.Context) (again time.Time, err error) {
	return l.end(step{do: doRest}), l.o.Rooms.EndGoneHook(ctx, l.hook)
}

// takes is the longest time from the claim of a call to the write of what became of the call.
func (l *look) takes() time.Duration {
	if l.hook.Form == room.FormAgent {
		return askTakes
	}
	return postTakes
}

// makeCall makes a call, if there are slots for it, and stores what became of it.
func (l *look) makeCall(ctx context.Context, f form) error {
	told, err := l.told, l.acquireSlots(ctx)
	if err == nil {
		l.called = true
		told, err = f.call(ctx)
	}
	if !l.mayPause() {
		l.releaseSlots(ctx)
	}
	if errors.Is(err, errBusy) {
		told.RetryMs, err = l.now().Add(lookAgain).UnixMilli(), nil
	} else {
		l.forgetAllowed()
	}
	if err != nil {
		return err
	}
	return l.writeResult(ctx, l.putTold(told))
}

// mayPause reports whether the look of an endpoint may wait itself for what is due soon. It keeps its slots then: it
// keeps its instance, too.
func (l *look) mayPause() bool { return l.bounded && l.o.Places == 0 }

// claim returns s, a write or a call, if the look may do that now. Else it returns when another look does: the process
// of this one may end before the call does, the limit of calls allows none yet, or another process has the claim. So
// first the deadline and the limit are applied, which write nothing. Then the look puts its claim until a time that is
// after the longest call, and no other process does the same until then.
//
// A look that finds the claim of another process ends, and so may not see what began it. The process that holds the
// claim reads the log again after its call, so it finds the event that began this look. If that process has died, the
// look at the end of the claim finds the event. No claim is deleted: the result of the call is stored with the next
// number, and the next call claims that.
func (l *look) claim(ctx context.Context, s step) (step, error) {
	if isLate(ctx, l.takes()) {
		return step{do: doLeave, at: l.now()}, nil
	}
	if s.do == doCall {
		if at := l.allowedAt(); at.After(l.now()) {
			return step{do: doLeave, at: at}, nil
		}
	}
	if l.o.Alone {
		return s, nil
	}
	l.until = l.now().Add(l.takes())
	taken, err := l.o.Rooms.Store().ClaimCall(ctx, l.hook, l.told.N, l.until)
	if !taken.IsZero() {
		return step{do: doLeave, at: taken}, err
	}
	return s, err
}

// allowedAt returns when the limit of calls allows the hook to be called. The limit counts for the key that made the
// hook or, without a key, for its room. It counts each call once: the time is kept until forgetAllowed.
func (l *look) allowedAt() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, kept := l.allowed[l.place.hook]
	if !kept {
		at = l.o.Rooms.Limits().Call(accountOf(l.hook))
		l.allowed[l.place.hook] = at
	}
	return at
}

// forgetAllowed has the limit count the next call of the hook.
func (l *look) forgetAllowed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.allowed, l.place.hook)
}

// writeClaimed writes what the look has claimed, until the claim ends. If a process was frozen for longer, another
// process may have gone on, and the write fails.
func (l *look) writeClaimed(ctx context.Context, ops ...table.Op) error {
	if !l.o.Alone {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.until.Sub(l.now()))
		defer cancel()
	}
	return l.o.Rooms.Store().Table().Write(ctx, ops...)
}

// isLate reports whether ctx may end before a call that takes so long at most, and what follows the call.
func isLate(ctx context.Context, takes time.Duration) bool {
	end, bounded := ctx.Deadline()
	return bounded && time.Until(end) < takes+5*time.Second
}

// putTold returns the op that stores what a look has done. Its number is the next one, so the claim has served.
func (l *look) putTold(t roomlog.Told) table.Op {
	t.N = l.told.N + 1
	return roomlog.PutTold(l.hook, t)
}

// writeResult writes what became of a call. A process that is alone tries until the write succeeds: otherwise it would
// call a host again and again that has taken the call. Where there are several processes, the claim of the next call
// cannot be written either.
func (l *look) writeResult(ctx context.Context, told table.Op) error {
	write := context.WithoutCancel(ctx)
	err := l.writeClaimed(write, told)
	for l.o.Alone && err != nil {
		l.o.Logger.WarnContext(ctx, "what became of a call was not written", "hook", l.place.hook, "error", err)
		if l.sleep(ctx, lookAgain) != nil {
			break
		}
		err = l.writeClaimed(write, told)
	}
	return err
}
