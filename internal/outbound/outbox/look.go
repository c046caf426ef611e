package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// partVisible is after which time all of a Write is visible that was seen in part: a hook begins with an event and an
// item.
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
	// due reads what the hook is to be told, and returns what is to be done now.
	due(ctx context.Context) (step, error)
	// takes is the longest time from the claim of a call to the write of what became of it.
	takes() time.Duration
	// call makes the call, and returns what became of it. It fails with errBusy, with errEnded, or because this
	// process stops: then the next one finds that nothing was stored.
	call(ctx context.Context) (roomlog.Told, error)
}

// step is what a look does next: it stores ops, or calls, or ends.
type step struct {
	ops     []table.Op // mostly none
	call    bool
	again   time.Time // when there may be something to do; zero: once something new comes
	stays   bool      // the look itself waits until then, if it has the time
	failing int64     // since when calls fail that are still to be made; 0: none does
}

var (
	// errBusy reports that this server had no place for a call, or its account no slot. The host has heard nothing of
	// it, so that it is no failure of the hook.
	errBusy = errors.New("outbox: too many calls are under way")
	// errGone reports that a hook was not refreshed, or that its seat has it no longer.
	errGone = errors.New("outbox: the hook has gone")
	// errEnded reports that a hook is to end: its host wants it no more, or the server admits no longer who made it.
	errEnded = errors.New("outbox: the hook is to end")
)

// look is one look at a hook. Its forms embed it.
type look struct {
	*Box
	at      place
	bounded bool             // its process ends at the deadline of its context
	hook    roomlog.HookItem // as it was read last, with told
	told    roomlog.Told
	stayed  time.Duration // how long it has waited itself
	called  bool
	until   time.Time // its claim ends then
	slots   []*slot   // that it has: see takeSlots
}

// Look looks at a hook of a seat in the room with an id. It calls it if it is of an agent that has unread news and was
// not called since it last read, or not for an hour, a webhook that has not had all events, and an endpoint that has
// not answered all. It goes on until there is nothing to do: what comes while a call is made may find it already made,
// and the hook may end meanwhile.
//
// It returns when to look again although nothing has happened: a call failed and is to be repeated then, that hour is
// over, or the time of ctx was. The zero time means that there is no need. If ctx has a deadline, Look itself waits for
// what an endpoint is due soon (staysFor).
func (b *Box) Look(ctx context.Context, id string, seat int, hook string) (again time.Time, err error) {
	l := &look{Box: b, at: place{id, seat, hook}}
	_, l.bounded = ctx.Deadline()
	defer func() { l.giveBack(ctx) }()
	for doubted, over := false, false; !over && err == nil; {
		again, over, err = l.proceed(ctx)
		switch {
		case errors.Is(err, errGone) && !doubted:
			doubted, err = true, b.sleep(ctx, partVisible)
		case errors.Is(err, errGone), errors.Is(err, errEnded):
			l.note(step{})
			return time.Time{}, b.o.Rooms.DropHook(ctx, l.hook)
		}
	}
	return again, err
}

// proceed does the next thing for the hook. over says that there is nothing to do until the time again.
func (l *look) proceed(ctx context.Context) (again time.Time, over bool, err error) {
	f, s, err := l.see(ctx)
	if err != nil {
		return again, false, err
	}
	now := l.now()
	wait := s.again.Sub(now)
	switch {
	case s.stays && !isLate(ctx, wait+f.takes()):
		l.stayed += wait
		return again, false, l.sleep(ctx, wait)
	case s.ops == nil && !s.call:
		l.note(s)
		return s.again, true, nil
	case isLate(ctx, f.takes()):
		return now, true, nil
	}
	if s.call {
		if turn := l.turn(); turn.After(l.now()) {
			return turn, true, nil
		}
	}
	taken, err := l.claim(ctx, l.now().Add(f.takes()))
	switch {
	case err != nil || !taken.IsZero():
		return taken, true, err
	case s.call:
		return again, false, l.makeCall(ctx, f)
	}
	return again, false, l.writeClaimed(ctx, s.ops...)
}

// see reads what there is to know of a hook, and returns what is to be done. While it may not be called nothing more is
// read. Nothing is to be done for a hook of a server with another address, nor for one that its person has ended.
func (l *look) see(ctx context.Context) (f form, s step, err error) {
	done, err := l.reading(ctx)
	if err != nil {
		return nil, s, err
	}
	defer done()
	store := l.o.Rooms.Store()
	l.hook, err = store.Hook(ctx, l.at.hook)
	if errors.Is(err, table.ErrNotFound) {
		l.hook = roomlog.HookItem{ID: l.at.hook, Room: l.at.room, Seat: l.at.seat}
		return nil, s, errGone
	}
	if err != nil || l.hook.Server != l.o.Public || l.hook.Barred {
		return nil, s, err
	}
	if l.o.Admits != nil {
		admitted, err := l.o.Admits(ctx, l.hook.Principal, l.hook.SignIn)
		if err == nil && !admitted {
			err = errEnded
		}
		if err != nil {
			return nil, s, err
		}
	}

	// The hook stands, and whoever made it is still admitted.
	l.told, err = store.Told(ctx, l.hook)
	if err != nil {
		return nil, s, err
	}
	switch l.hook.Form {
	case room.FormEach:
		f = &webhook{look: l}
	case room.FormAgent:
		f = &endpoint{look: l}
	default:
		f = &wake{look: l}
	}
	s.ops = l.upkeep()
	if s.ops != nil {
		return f, s, nil
	}

	// After a failure it rests, and nothing of its room is read meanwhile.
	if pause := time.UnixMilli(l.told.RetryMs); pause.After(l.now()) {
		return f, step{again: pause, failing: l.told.FailingMs}, nil
	}
	s, err = f.due(ctx)
	return f, s, err
}

// makeCall makes a call, if there are slots for it, and stores what became of it.
func (l *look) makeCall(ctx context.Context, f form) error {
	told, err := l.told, l.takeSlots(ctx)
	if err == nil {
		l.called = true
		told, err = f.call(ctx)
	}
	if !l.mayStay() {
		l.giveBack(ctx)
	}
	if errors.Is(err, errBusy) {
		told.RetryMs, err = l.now().Add(lookAgain).UnixMilli(), nil
	} else {
		l.endTurn()
	}
	if err != nil {
		return err
	}
	return l.writeResult(ctx, l.putTold(told))
}

// mayStay reports whether the look itself may wait for what is due soon. It keeps its slots then: it keeps its
// instance, too.
func (l *look) mayStay() bool { return l.bounded && l.o.Places == 0 }

// claim has no other process do what the look is about to do, until a time that is after the longest call: calls and
// writes of roomlog.Told alike. taken is when the claim of another ends; zero: the look has it.
//
// A look that finds a claim ends until then. The one that has the claim reads on after its call, and so finds what
// began this one; if it has died, the look at the end of the claim finds the same. No claim is deleted: what the call
// has brought is stored with the next number, which has a claim of its own.
func (l *look) claim(ctx context.Context, until time.Time) (taken time.Time, err error) {
	if l.o.Alone {
		return taken, nil
	}
	l.until = until
	return l.o.Rooms.Store().ClaimCall(ctx, l.hook, l.told.N, until)
}

// writeClaimed writes what the look has a claim for, while it has: a process that was frozen for so long finds that
// another has gone on.
func (l *look) writeClaimed(ctx context.Context, ops ...table.Op) error {
	if !l.o.Alone {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.until.Sub(l.now()))
		defer cancel()
	}
	return l.o.Rooms.Store().Table().Write(ctx, ops...)
}

// isLate reports whether the time of ctx may not do for a call that takes so long at most, and what follows it.
func isLate(ctx context.Context, takes time.Duration) bool {
	end, bounded := ctx.Deadline()
	return bounded && time.Until(end) < takes+5*time.Second
}

// putTold returns the op that stores what a look has done, and ends its claim.
func (l *look) putTold(t roomlog.Told) table.Op {
	t.N = l.told.N + 1
	return roomlog.PutTold(l.hook, t)
}

// writeResult writes what became of a call. A process that is alone tries until it has, so that a host is not called
// again and again that has taken the call. Where there are several, the claim of the next call cannot be written
// either.
func (l *look) writeResult(ctx context.Context, told table.Op) error {
	write := context.WithoutCancel(ctx)
	err := l.writeClaimed(write, told)
	for l.o.Alone && err != nil {
		l.o.Logger.WarnContext(ctx, "what became of a call was not written", "hook", l.at.hook, "error", err)
		if l.sleep(ctx, lookAgain) != nil {
			break
		}
		err = l.writeClaimed(write, told)
	}
	return err
}
