package presence

import (
	"context"
	"errors"
	"fmt"
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

// ErrAbsenceUnstored is the error of a call that announces an absence which may not be stored.
var ErrAbsenceUnstored = fmt.Errorf("%w: an absence is not stored", table.ErrUnavailable)

// RecordCall renews the lease for a call that says nothing about an absence.
func (r Recorder) RecordCall(ctx context.Context) { _, _, _ = r.Record(ctx, Call{Lag: CallLag}) }

// Record records what a call says about its agent, in the table if cachedPresence.decideWrite says so. If the call goes
// on, Renew is due at due. Of a person with an agent, Record records only that the person watches. It fails with
// ErrAbsenceUnstored alone: without its presence, any other call succeeds.
func (r Recorder) Record(ctx context.Context, call Call) (due time.Time, written bool, err error) {
	if !r.keepsLease() {
		return r.recordWatch(ctx, call), false, nil
	}
	now := r.attendees.now()
	counted := newSeatCall(call, r.caller, r.head.AsOf, r.attendees.log.Peek(), now)
	if counted.Activity != "" {
		r.storeActivity(ctx, counted.Activity)
	}
	written, err = r.update(ctx, counted.ends(), func(stored room.Presence, isRead bool) (presence room.Presence,
		next nextStep) {
		presence, next, due = r.cacheCall(counted, stored, isRead)
		return presence, next
	})
	switch {
	case err != nil && counted.Absence.BackIn > 0:
		return due, false, fmt.Errorf("%w: %w", ErrAbsenceUnstored, err)
	case err != nil:
		return now.Add(rewriteAfter), false, nil
	case written:
		return now.Add(r.attendees.renewEvery()), true, nil
	}
	return due, false, nil
}

// nextStep is what update does next with the presence of a seat.
type nextStep int

const (
	readFirst nextStep = iota // nothing is cached yet: the call needs the presence from the table
	cacheOnly                 // the presence is cached, and not written
	writeNow                  // the presence is cached, and written now
)

// cacheCall caches what follows from call: see cachedPresence.afterCall. stored is what the table has, if it was read.
// If not, and call needs it (see cachedPresence.mustRead), cacheCall caches nothing. It decides both under one lock: in
// between, a call could become due, and replace unread what another process has stored.
func (r Recorder) cacheCall(call seatCall, stored room.Presence, isRead bool) (_ room.Presence, _ nextStep,
	due time.Time) {
	l, cache := r.lockCache()
	defer l.unlock()
	next, toWrite, due := cache.presence.afterCall(call, stored, l.waitsHere(call.caller), l.a.now())
	if !isRead && cache.presence.mustRead(call, toWrite, l.a.o.SingleProcess) {
		return room.Presence{}, readFirst, due
	}
	cache.presence = next
	if toWrite {
		return next.latest, writeNow, due
	}
	return next.latest, cacheOnly, due
}

// update takes the steps that decide chooses: decide caches what a call makes of the presence, and says whether update
// reads the table first, and whether it writes. stored is what the table has; zero: nothing, or the table is not read
// yet. endsAbsence says that the call ends an absence.
//
// Only one call of a seat at a time is in update in this process. A write replaces what was read only if no other
// process has written since: else decide is asked again, with what that process wrote. Without these two rules Bob
// waits and is seen as away, since the call in which he went away wrote last.
func (r Recorder) update(ctx context.Context, endsAbsence bool, decide func(stored room.Presence, isRead bool) (
	room.Presence, nextStep)) (written bool, err error) {
	bounded, cancel := r.attendees.withTableTimeout(ctx)
	defer cancel()
	before, unlock, err := r.lockWriting(bounded)
	if err != nil {
		return false, err
	}
	defer unlock()
	var stored roomlog.StoredPresence
	presence, next := decide(stored.Presence, false)
	isRead := next == readFirst
	if isRead {
		stored, err = r.attendees.log.Items().StoredPresence(bounded, r.caller.Seat)
		if err != nil {
			return false, r.cacheFailure(ctx, before, endsAbsence, err)
		}
		before.latest.BackMs = stored.BackMs
		presence, next = decide(stored.Presence, true)
	}
	// A turn of this loop fails only if another process comes between.
	for next == writeNow {
		presence.Read = handedOutTo(r.attendees, r.caller.Seat)
		put := roomlog.PutPresence(r.attendees.log.Peek().ID, r.agent(), presence)
		if isRead {
			put = stored.ReplacedBy(put)
		}
		err := r.attendees.o.Table.Write(bounded, put)
		if err == nil {
			return true, nil
		}
		stored, err = overtakenBy(err)
		if err != nil {
			return false, r.cacheFailure(ctx, before, endsAbsence, err)
		}
		before.latest.BackMs = stored.BackMs
		r.changeCached(func(cached *cachedPresence) { cached.revert(before) })
		presence, next = decide(stored.Presence, true)
	}
	return false, nil
}

// lockWriting waits for the older calls of the seat that are in update, at most until ctx ends, and returns what is
// cached then.
func (r Recorder) lockWriting(ctx context.Context) (cached cachedPresence, unlock func(), err error) {
	l, cache := r.lockCache()
	l.unlock()
	select {
	case cache.writing <- struct{}{}:
	case <-ctx.Done():
		return cached, nil, ctx.Err()
	}
	r.changeCached(func(c *cachedPresence) { cached = *c })
	return cached, func() { <-cache.writing }, nil
}

// overtakenBy returns what another process has stored, if a write failed with err because of that; else err.
func overtakenBy(err error) (roomlog.StoredPresence, error) {
	var overtaken *table.ConflictError
	if !errors.As(err, &overtaken) {
		return roomlog.StoredPresence{}, err
	}
	return roomlog.PresenceIn(overtaken.Conflicts[0].Item)
}

// cacheFailure caches that the table was not reached, so the presence is not stored. It logs and returns err.
func (r Recorder) cacheFailure(ctx context.Context, before cachedPresence, endsAbsence bool, err error) error {
	r.changeCached(func(cached *cachedPresence) { cached.cacheUnwritten(before, endsAbsence, r.attendees.now()) })
	if ctx.Err() == nil {
		r.attendees.o.Logger.WarnContext(ctx, "presence not written", "error", err)
	}
	return err
}

// changeCached changes what is cached of the presence.
func (r Recorder) changeCached(change func(*cachedPresence)) {
	l, cache := r.lockCache()
	defer l.unlock()
	change(&cache.presence)
}

// agent returns the agent of the seat: the lease depends on its present role.
func (r Recorder) agent() room.Agent {
	if agent, here := r.attendees.log.Peek().Seated(r.caller.Seat); here {
		return agent
	}
	return r.caller.Agent
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
