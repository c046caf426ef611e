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

// Recorder gives access to the presence of one seat. It is small, because calls that wait hold it on their
// stacks.
type Recorder struct {
	attendees *Attendees
	head      *room.Head
	caller    *room.Caller
}

// Recorder returns the presence of the seat of caller, which is on head.
func (a *Attendees) Recorder(head *room.Head, caller *room.Caller) Recorder {
	return Recorder{a, head, caller}
}

// Absence is what a call says about the absence of its agent.
type Absence struct {
	Given  bool          // the call says something
	BackIn time.Duration // the agent will be away for BackIn; 0: the agent is back
}

// Call is what a call says about the presence of its agent.
type Call struct {
	Began    time.Time     // when the wait of the call began
	Until    time.Time     // when the wait ends; zero: the call does not wait
	Standby  bool          // a program calls in the agent's place
	Wakes    bool          // the program wakes the agent: see chat.WaitRequest.Peek
	ForMe    bool          // only messages meant for the agent end the wait
	Returns  bool          // the call ends an absence, unless Absence announces one
	Absence  Absence       // what the call says of one
	Activity string        // what the agent is doing; "": the call does not say
	Fresh    time.Duration // how far the table may lag behind: SendFresh or CallFresh
}

// RecordCall renews the lease for a call that says nothing about an absence.
func (s Recorder) RecordCall(ctx context.Context) { s.Record(ctx, Call{Fresh: CallFresh}) }

// Record records what a call says about its agent, and writes the presence if cachedPresence.decideWrite says so.
// Otherwise it returns when a write is due; zero: Record has written. For a person with an agent, Record only records
// that the person watches.
//
// An absence says when the agent answers again. It ends at its time, when a call says so, or with the agent's next
// wait of more than 0 seconds. Neither a message nor a program on standby ends an absence. A held agent announces none.
func (s Recorder) Record(ctx context.Context, call Call) (due time.Time) {
	if !s.keepsLease() {
		if call.Until.IsZero() { // others see a person only while it waits
			return time.Time{}
		}
		return s.attendees.now().Add(s.recordWatch(ctx))
	}
	if s.caller.IsPerson() { // the log does not show a person's calls, and no program waits for a person
		call.Standby, call.Wakes, call.ForMe, call.Fresh = false, false, false, min(call.Fresh, CallFresh)
	}
	if call.Absence.BackIn > 0 && s.isHeld() { // before knownPresence, which need not read if an absence is given
		call.Absence = Absence{}
	}
	known := s.knownPresence(ctx, call)
	if call.Activity != "" {
		s.setActivity(ctx, call.Activity)
	}
	return s.renewLease(ctx, s.presenceAfter(call, known), call.Fresh)
}

// isHeld reports whether the person behind the seat holds the agent. Then what a call says about its agent is not
// recorded: by an activity, or by the minutes of an absence, the agent could tell others what its person wants to see
// first.
func (s Recorder) isHeld() bool {
	agent, _ := s.attendees.log.Peek().Seated(s.caller.Seat)
	return agent.Person.Supervises()
}

// knownPresence returns the caller's presence. It reads the table if the process may not know the presence and
// another agent has a seat.
func (s Recorder) knownPresence(ctx context.Context, call Call) room.Presence {
	var stored room.Presence
	if s.mustRead(call) && s.head.Others(s.caller.Seat) > 0 {
		stored, _ = s.readPresence(ctx)
	}
	return s.recordStored(stored)
}

// mustRead reports whether call needs the presence from the table: see cachedPresence.mustRead.
func (s Recorder) mustRead(call Call) bool {
	l := s.attendees.lock()
	defer l.unlock()
	return l.cachedSeat(s.caller.Seat).presence.mustRead(call, l.a.now(), l.a.o.SingleProcess)
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

// recordStored caches stored, and returns the presence that is known then: see cachedPresence.recordStored.
func (s Recorder) recordStored(stored room.Presence) room.Presence {
	l := s.attendees.lock()
	defer l.unlock()
	cached := &l.cachedSeat(s.caller.Seat).presence
	cached.recordStored(stored, &s.caller.Agent)
	return cached.latest
}

// setActivity stores what the caller says it is doing, unless its person holds the agent.
func (s Recorder) setActivity(ctx context.Context, activity string) {
	attendees := s.attendees
	now := attendees.now()
	if s.isHeld() || s.isKnownActivity(activity, now) {
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

// presenceAfter returns the presence that a call brings. The absence comes from the known presence, and so does the
// agent's last call while a program calls.
func (s Recorder) presenceAfter(call Call, known room.Presence) room.Presence {
	now := s.attendees.now()
	presence := room.Presence{AtMs: now.UnixMilli(), OwnMs: now.UnixMilli(), Used: true, Standby: call.Standby,
		ForMe: call.ForMe, BackMs: known.BackMs, Read: known.Read}
	if call.Standby {
		presence.OwnMs = max(known.OwnMs, s.caller.AtMs)
	}
	if call.Wakes {
		presence.WakesMs = presence.AtMs
	}
	if !call.Until.IsZero() {
		presence.UntilMs, presence.WaitFrom = call.Until.UnixMilli(), s.head.AsOf
		switch began := call.Began.UnixMilli(); {
		case call.Standby:
			presence.ShellMs = began
		case !s.caller.IsPerson(): // a person's waits end no older waits in other processes
			presence.WaitMs = began
		}
	}
	switch absence := call.Absence; {
	case absence.BackIn > 0:
		presence.BackMs = now.Add(absence.BackIn).UnixMilli()
	case absence.Given, call.Returns, !now.Before(known.BackAt()):
		presence.BackMs = 0
	}
	return presence
}

// renewLease records presence, that of the caller, and writes presence if cachedPresence.decideWrite says so: see
// Record for the result. It logs a failure and returns when to try again, since the call itself has succeeded.
func (s Recorder) renewLease(ctx context.Context, presence room.Presence, fresh time.Duration) (due time.Time) {
	attendees := s.attendees
	now, head := attendees.now(), attendees.log.Peek()
	if agent, here := head.Seated(s.caller.Seat); here {
		// The lease depends on the caller's present role.
		s.caller = &room.Caller{Agent: agent, Device: s.caller.Device}
	}
	// In a pair, the partner leaves after minutes of silence. The log does not show a call that has said nothing.
	if last, _ := head.Recent.Said(s.caller.Seat); head.Paired || now.Sub(last.Heard) >= CallFresh {
		fresh = min(fresh, CallFresh)
	}
	presence, due = s.recordPresence(presence, now, fresh)
	if due.IsZero() && !s.writePresence(ctx, presence) {
		return now.Add(rewriteAfter)
	}
	return due
}

// recordPresence caches presence with what else is known of the caller, and returns both. due is when a write is due;
// zero: now.
func (s Recorder) recordPresence(presence room.Presence, now time.Time, fresh time.Duration) (_ room.Presence,
	due time.Time) {
	l := s.attendees.lock()
	defer l.unlock()
	cached := &l.cachedSeat(s.caller.Seat).presence
	presence = merge(l.addOpenWait(s.caller, presence, cached.latest), cached.latest)
	if !cached.decideWrite(presence, now, fresh) {
		cached.latest = presence
		return presence, cached.writtenAt.Add(fresh)
	}
	cached.recordWrite(presence, now)
	return presence, time.Time{}
}

// writePresence writes presence as the caller's presence, and reports whether the table has presence now. It logs a
// failure.
func (s Recorder) writePresence(ctx context.Context, presence room.Presence) bool {
	attendees := s.attendees
	bounded, cancel := attendees.withTableTimeout(ctx)
	defer cancel()
	err := attendees.o.Table.Write(bounded, roomlog.PutPresence(attendees.log.Peek().ID, s.caller.Agent, presence))
	if err == nil {
		return true
	}
	l := attendees.lock()
	l.cachedSeat(s.caller.Seat).presence.recordFailure()
	l.unlock()
	if ctx.Err() == nil {
		attendees.o.Logger.WarnContext(ctx, "presence not written", "error", err)
	}
	return false
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
		return s.recordWatch(ctx)
	}
	again = attendees.RenewEvery()
	if !attendees.o.SingleProcess {
		stored, err := s.readPresence(ctx)
		if err != nil { // a write could replace the announcement of a younger wait
			return rewriteAfter
		}
		s.recordStored(stored)
	}
	presence, what := s.announceFurther(wait, again)
	switch {
	case what == yields:
		return 0
	case what == renewed && !s.writePresence(ctx, presence):
		wait.AnnouncedUntil = time.Time{}
		return rewriteAfter
	}
	return again
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
		wait.AnnouncedUntil = room.Announced(now, wait.Until)
		presence = cached.latest
		presence.UntilMs, presence.WaitFrom = wait.AnnouncedUntil.UnixMilli(), max(presence.WaitFrom, wait.PassedTo)
		presence = l.addOpenWait(s.caller, presence, cached.latest)
		cached.recordWrite(presence, now)
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
		if cache.presence.latest.AtMs != 0 {
			all[seat] = cache.presence.seenBeside(all[seat], a.o.SingleProcess)
		}
	}
	return all, people, nil
}
