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

// Recorder gives access to the presence of one seat. It is small, because calls that wait hold it on their stacks. Its
// caller never changes.
type Recorder struct {
	attendees *Attendees
	head      *room.Head
	caller    *room.Caller
}

// Recorder returns the presence of the seat of caller, which is on head.
func (a *Attendees) Recorder(head *room.Head, caller *room.Caller) Recorder {
	return Recorder{a, head, caller}
}

// RecordCall renews the lease for a call that says nothing about an absence.
func (s Recorder) RecordCall(ctx context.Context) { s.Record(ctx, Call{Lag: CallLag}) }

// Record records what a call says about its agent, and writes the presence if cachedPresence.decideWrite says so. If
// the call goes on, Renew is due at due. For a person with an agent, Record only records that the person watches.
func (s Recorder) Record(ctx context.Context, call Call) (due time.Time, written bool) {
	if !s.keepsLease() {
		return s.recordWatch(ctx, call), false
	}
	now := s.attendees.now()
	seatCall := newSeatCall(call, s.caller, s.head.AsOf, s.attendees.log.Peek(), now)
	if seatCall.Activity != "" {
		s.storeActivity(ctx, seatCall.Activity)
	}
	presence, what, due := s.cacheCall(seatCall, nil)
	if what == reads {
		stored, err := s.readPresence(ctx)
		presence, what, due = s.cacheCall(seatCall, &stored)
		if err != nil && what == writes { // a write would replace what nobody here has read
			s.cacheUnwritten()
			return now.Add(rewriteAfter), false
		}
	}
	switch {
	case what == caches:
		return due, false
	case !s.storePresence(ctx, &seatCall.caller.Agent, presence): // the call itself has succeeded
		return now.Add(rewriteAfter), false
	}
	return now.Add(s.attendees.RenewEvery()), true
}

// recording is what a call does to the presence of its seat.
type recording int

const (
	reads  recording = iota // nothing yet: the call needs the presence from the table
	caches                  // only this process knows of the call
	writes                  // the presence is to be written
)

// cacheCall caches what follows from call: see cachedPresence.afterCall. stored is what the table has; nil: the table
// was not read. If call needs the stored presence (see cachedPresence.mustRead), cacheCall then caches nothing. It
// decides both under one lock: in between, a call could become due, and replace unread what another process has stored.
func (s Recorder) cacheCall(call seatCall, stored *room.Presence) (_ room.Presence, what recording, due time.Time) {
	l := s.attendees.lock()
	defer l.unlock()
	cached, inTable := &l.cachedSeat(s.caller.Seat).presence, room.Presence{}
	if stored != nil {
		inTable = *stored
	}
	next, write, due := cached.afterCall(call, inTable, l.waitsHere(call.caller), l.a.now())
	if stored == nil && cached.mustRead(call, write, l.a.o.SingleProcess) {
		return inTable, reads, due
	}
	*cached, what = next, caches
	if write {
		what = writes
	}
	return next.latest, what, due
}

// readPresence returns the caller's stored presence; zero: none is stored. It logs a failure.
func (s Recorder) readPresence(ctx context.Context) (room.Presence, error) {
	presence, err := s.attendees.log.Items().PresenceOf(ctx, s.caller.Seat)
	if errors.Is(err, table.ErrNotFound) {
		err = nil
	}
	if err != nil && ctx.Err() == nil {
		s.attendees.o.Logger.WarnContext(ctx, "presence not read", "error", err)
	}
	return presence, err
}

// storeActivity stores what the caller says it is doing. It logs a failure.
func (s Recorder) storeActivity(ctx context.Context, activity string) {
	attendees := s.attendees
	now := attendees.now()
	if s.isKnownActivity(activity, now) {
		return
	}
	bounded, cancel := attendees.withTableTimeout(ctx)
	defer cancel()
	err := attendees.log.Items().SetActivity(bounded, s.caller.Seat, activity)
	if err != nil {
		if ctx.Err() == nil {
			attendees.o.Logger.WarnContext(ctx, "activity not written", "error", err)
		}
		return
	}
	l := attendees.lock()
	defer l.unlock()
	cache := l.cachedSeat(s.caller.Seat)
	cache.activity, cache.activityAt = activity, now
}

// isKnownActivity reports whether activity was written here, and need not be written again yet. A message ends the
// activity before the message.
func (s Recorder) isKnownActivity(activity string, now time.Time) bool {
	l := s.attendees.lock()
	defer l.unlock()
	cache := l.cachedSeat(s.caller.Seat)
	last, spoke := l.a.log.Peek().Recent.Said(s.caller.Seat)
	return cache.activity == activity && now.Sub(cache.activityAt) < rewriteActivityAfter &&
		!(spoke && last.At.After(cache.activityAt))
}

// storePresence writes presence, which is cached, as that of agent, which has the caller's seat. It reports whether the
// table has presence now, and logs a failure.
func (s Recorder) storePresence(ctx context.Context, agent *room.Agent, presence room.Presence) bool {
	attendees := s.attendees
	bounded, cancel := attendees.withTableTimeout(ctx)
	defer cancel()
	err := attendees.o.Table.Write(bounded, roomlog.PutPresence(attendees.log.Peek().ID, *agent, presence))
	if err == nil {
		return true
	}
	s.cacheUnwritten()
	if ctx.Err() == nil {
		attendees.o.Logger.WarnContext(ctx, "presence not written", "error", err)
	}
	return false
}

// cacheUnwritten caches that the table does not have the cached presence.
func (s Recorder) cacheUnwritten() {
	l := s.attendees.lock()
	defer l.unlock()
	l.cachedSeat(s.caller.Seat).presence.cacheUnwritten()
}

// tableTimeout bounds a write on which no answer depends, so a table that takes no writes holds no call for longer.
// An attempt on a dead connection and an attempt on a new one fit into tableTimeout.
const tableTimeout = 3 * time.Second

// withTableTimeout returns the context of a write on which no answer depends. A file takes writes or fails within
// seconds, so a write to a file has no timeout: when thousands of agents begin to wait at once, their writes queue,
// and one commit takes up to two thousand.
func (a *Attendees) withTableTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if a.o.SingleProcess {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, tableTimeout)
}

// AwayUntil returns until when others see the caller as away; zero: they do not.
func (s Recorder) AwayUntil() time.Time {
	if back := s.attendees.BackAt(s.caller.Seat); back.After(s.attendees.now()) {
		return back
	}
	return time.Time{}
}

// rewriteAfter is how long after a failed write a presence is written again.
const rewriteAfter = 10 * time.Second

// RenewEvery is how often an open wait renews its presence.
func (a *Attendees) RenewEvery() time.Duration {
	if a.o.SingleProcess {
		return room.AnnounceAgain
	}
	return time.Minute // by then Renew sees a younger wait of the seat in another process
}

// Renew renews the presence of a caller that waits in wait. If a younger wait of the seat is open in another process,
// Renew ends wait; otherwise Renew announces wait further if an announcement is due. It returns how long until the
// next renewal; 0: never.
func (s Recorder) Renew(ctx context.Context, wait *Wait) (again time.Duration) {
	attendees := s.attendees
	if !s.keepsLease() {
		return s.storeWatch(ctx)
	}
	again = attendees.RenewEvery()
	if !attendees.o.SingleProcess {
		stored, err := s.readPresence(ctx)
		if err != nil { // a write could replace the announcement of a younger wait
			return rewriteAfter
		}
		s.cacheStored(stored)
	}
	presence, what := s.announceFurther(wait, again)
	switch {
	case what == yields:
		return 0
	case what == renewed && !s.storePresence(ctx, &s.caller.Agent, presence):
		wait.announcedUntil = time.Time{}
		return rewriteAfter
	}
	return again
}

// PassOver lets wait go on past event answer, unless it does, and says so to others: they would think that the answer
// woke the caller, and count its time to speak. to is the last event that the call knows.
func (s Recorder) PassOver(ctx context.Context, wait *Wait, answer, to int64) {
	if wait.passedTo < answer {
		wait.passedTo = to
		s.Renew(ctx, wait)
	}
}

// cacheStored caches what the table has: see withStored.
func (s Recorder) cacheStored(stored room.Presence) {
	l := s.attendees.lock()
	defer l.unlock()
	l.cachedSeat(s.caller.Seat).presence.cacheStored(stored, &s.caller.Agent)
}

// announceFurther caches that wait is announced further, if cachedPresence.decideWait says so, and returns the
// presence to write. It ends wait if a younger wait has its place.
func (s Recorder) announceFurther(wait *Wait, again time.Duration) (presence room.Presence, what announcing) {
	l := s.attendees.lock()
	defer l.unlock()
	if !l.isOpen(s.caller, wait) { // the younger wait is open here
		return presence, yields
	}
	cached, now := &l.cachedSeat(s.caller.Seat).presence, l.a.now()
	what = cached.decideWait(wait, now, again)
	switch what {
	case yields:
		delete(l.waits, s.caller.Seat)
		close(wait.Superseded)
	case renewed:
		wait.announcedUntil = room.Announced(now, wait.Until)
		presence = cached.latest
		presence.UntilMs, presence.WaitFrom = wait.announcedUntil.UnixMilli(), max(presence.WaitFrom, wait.passedTo)
		presence = l.waitsHere(s.caller).addTo(presence, cached.latest)
		cached.cacheToWrite(presence, now)
	}
	return presence, what
}

// ReadPresence returns the presence of every seat, as stored or as the process has since heard, and until when the
// people behind seats watch.
func (a *Attendees) ReadPresence(ctx context.Context, c table.Consistency) (all map[int]room.Presence,
	people map[int]time.Time, err error) {
	all, people, err = a.log.Items().Presence(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	l := a.lock()
	defer l.unlock()
	for seat, cache := range l.seats {
		if cache.presence.isKnown() {
			all[seat] = seenByOthers(cache.presence.latest, all[seat], a.o.SingleProcess)
		}
	}
	return all, people, nil
}
