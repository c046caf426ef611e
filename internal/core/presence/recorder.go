package presence

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// rewriteActivityAfter is the age at which an unchanged activity is written again.
const rewriteActivityAfter = 30 * time.Minute

// rewriteAfter is how long after a failed write a presence is written again.
const rewriteAfter = 10 * time.Second

// tableTimeout bounds a write on which no answer depends. An attempt on a dead connection and one on a new one fit in.
const tableTimeout = 3 * time.Second

// Recorder records calls of one seat in its presence. It is small, because calls that wait hold it on their stacks. Its
// caller never changes.
type Recorder struct {
	attendees *Attendees
	head      *room.Head
	caller    *room.Caller
}

// Recorder returns the Recorder of the seat of caller, which is on head.
func (a *Attendees) Recorder(head *room.Head, caller *room.Caller) Recorder {
	return Recorder{a, head, caller}
}

// lockCache returns what the process has cached of the seat, until unlock.
func (r Recorder) lockCache() (locked, *seatCache) {
	l := r.attendees.lock()
	return l, l.cachedSeat(r.caller.Seat)
}

// RecordCall renews the lease for a call that says nothing about an absence.
func (r Recorder) RecordCall(ctx context.Context) { r.Record(ctx, Call{Lag: CallLag}) }

// Record records what a call says about its agent, in the table if cachedPresence.decideWrite says so. If the call goes
// on, Renew is due at due. Of a person with an agent, Record records only that the person watches.
func (r Recorder) Record(ctx context.Context, call Call) (due time.Time, written bool) {
	if !r.keepsLease() {
		return r.recordWatch(ctx, call), false
	}
	now := r.attendees.now()
	counted := newSeatCall(call, r.caller, r.head.AsOf, r.attendees.log.Peek(), now)
	if counted.Activity != "" {
		r.storeActivity(ctx, counted.Activity)
	}
	presence, what, due := r.cacheCall(counted, room.Presence{}, false)
	if what == reads {
		stored, err := r.readPresence(ctx)
		presence, what, due = r.cacheCall(counted, stored, true)
		if err != nil && what == writes { // a write would replace what nobody here has read
			r.cacheUnwritten()
			return now.Add(rewriteAfter), false
		}
	}
	switch {
	case what == caches:
		return due, false
	case !r.storePresence(ctx, &counted.caller.Agent, presence): // the call itself has succeeded
		return now.Add(rewriteAfter), false
	}
	return now.Add(r.attendees.renewEvery()), true
}

// recording is what a call does to the presence of its seat.
type recording int

const (
	reads  recording = iota // nothing yet: the call needs the presence from the table
	caches                  // only this process knows of the call
	writes                  // the presence is to be written
)

// cacheCall caches what follows from call: see cachedPresence.afterCall. stored is what the table has, if it was read.
// If not, and call needs it (see cachedPresence.mustRead), cacheCall caches nothing. It decides both under one lock: in
// between, a call could become due, and replace unread what another process has stored.
func (r Recorder) cacheCall(call seatCall, stored room.Presence, isRead bool) (_ room.Presence, what recording,
	due time.Time) {
	l, cache := r.lockCache()
	defer l.unlock()
	next, write, due := cache.presence.afterCall(call, stored, l.waitsHere(call.caller), l.a.now())
	if !isRead && cache.presence.mustRead(call, write, l.a.o.SingleProcess) {
		return room.Presence{}, reads, due
	}
	cache.presence, what = next, caches
	if write {
		what = writes
	}
	return next.latest, what, due
}

// readPresence returns the stored presence of the seat; zero: none is stored. It logs a failure.
func (r Recorder) readPresence(ctx context.Context) (room.Presence, error) {
	presence, err := r.attendees.log.Items().PresenceOf(ctx, r.caller.Seat)
	if errors.Is(err, table.ErrNotFound) {
		err = nil
	}
	if err != nil && ctx.Err() == nil {
		r.attendees.o.Logger.WarnContext(ctx, "presence not read", "error", err)
	}
	return presence, err
}

// storeActivity stores what the caller says it is doing. It logs a failure.
func (r Recorder) storeActivity(ctx context.Context, activity string) {
	now := r.attendees.now()
	if r.isKnownActivity(activity, now) {
		return
	}
	bounded, cancel := r.attendees.withTableTimeout(ctx)
	defer cancel()
	err := r.attendees.log.Items().SetActivity(bounded, r.caller.Seat, activity)
	if err == nil {
		l, cache := r.lockCache()
		defer l.unlock()
		cache.activity, cache.activityAt = activity, now
	} else if ctx.Err() == nil {
		r.attendees.o.Logger.WarnContext(ctx, "activity not written", "error", err)
	}
}

// isKnownActivity reports whether activity need not be written again yet. A message ends the activity before it.
func (r Recorder) isKnownActivity(activity string, now time.Time) bool {
	l, cache := r.lockCache()
	defer l.unlock()
	last, spoke := l.a.log.Peek().Recent.Said(r.caller.Seat)
	return cache.activity == activity && now.Sub(cache.activityAt) < rewriteActivityAfter &&
		!(spoke && last.At.After(cache.activityAt))
}

// storePresence writes presence, which is cached, as that of agent, who has the seat, and reports whether it succeeded.
func (r Recorder) storePresence(ctx context.Context, agent *room.Agent, presence room.Presence) bool {
	bounded, cancel := r.attendees.withTableTimeout(ctx)
	defer cancel()
	err := r.attendees.o.Table.Write(bounded, roomlog.PutPresence(r.attendees.log.Peek().ID, *agent, presence))
	if err == nil {
		return true
	}
	r.cacheUnwritten()
	if ctx.Err() == nil {
		r.attendees.o.Logger.WarnContext(ctx, "presence not written", "error", err)
	}
	return false
}

// cacheUnwritten caches that the table lacks the cached presence.
func (r Recorder) cacheUnwritten() {
	l, cache := r.lockCache()
	defer l.unlock()
	cache.presence.cacheUnwritten()
}

// withTableTimeout returns the context of a write on which no answer depends. A write to a file has no timeout: a file
// takes writes or fails within seconds, and when thousands of agents begin to wait at once, their writes queue.
func (a *Attendees) withTableTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if a.o.SingleProcess {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, tableTimeout)
}

// AwayUntil returns until when others see the caller as away; zero: they do not.
func (r Recorder) AwayUntil() time.Time {
	if back := r.attendees.KnownBackAt(r.caller.Seat); back.After(r.attendees.now()) {
		return back
	}
	return time.Time{}
}
