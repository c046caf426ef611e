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
	attendees := s.attendees
	attendees.mu.Lock()
	mustRead := attendees.cachedSeat(s.caller.Seat).presence.mustRead(call, attendees.now(), attendees.o.SingleProcess)
	attendees.mu.Unlock()
	var stored room.Presence
	if mustRead && s.head.Others(s.caller.Seat) > 0 {
		stored, _ = s.readPresence(ctx)
	}
	attendees.mu.Lock()
	defer attendees.mu.Unlock()
	cached := &attendees.cachedSeat(s.caller.Seat).presence
	cached.recordStored(stored, &s.caller.Agent)
	return cached.latest
}

// AwayUntil returns until when others see the caller as away; zero: they do not.
func (s Recorder) AwayUntil() time.Time {
	if back := s.attendees.BackAt(s.caller.Seat); back.After(s.attendees.now()) {
		return back
	}
	return time.Time{}
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
	attendees.mu.Lock()
	cached := &attendees.cachedSeat(s.caller.Seat).presence
	presence = merge(s.addOpenWait(presence, cached.latest), cached.latest)
	if !cached.decideWrite(presence, now, fresh) {
		cached.latest, due = presence, cached.writtenAt.Add(fresh)
		attendees.mu.Unlock()
		return due
	}
	cached.recordWrite(presence, now)
	attendees.mu.Unlock()
	if !s.writePresence(ctx, presence) {
		return now.Add(rewriteAfter)
	}
	return time.Time{}
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
	attendees.mu.Lock()
	attendees.cachedSeat(s.caller.Seat).presence.recordFailure()
	attendees.mu.Unlock()
	if ctx.Err() == nil {
		attendees.o.Logger.WarnContext(ctx, "presence not written", "error", err)
	}
	return false
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
		attendees.mu.Lock()
		attendees.cachedSeat(s.caller.Seat).presence.recordStored(stored, &s.caller.Agent)
		attendees.mu.Unlock()
	}
	attendees.mu.Lock()
	if !s.isOpen(wait) { // a newer wait has its place
		attendees.mu.Unlock()
		return 0
	}
	cached, now := &attendees.cachedSeat(s.caller.Seat).presence, attendees.now()
	switch cached.decideWait(wait, now, again) {
	case yields:
		delete(attendees.waits, s.caller.Seat)
		close(wait.Superseded)
		attendees.mu.Unlock()
		return 0
	case lasts:
		attendees.mu.Unlock()
		return again
	}
	wait.AnnouncedUntil = room.Announced(now, wait.Until)
	presence := cached.latest
	presence.UntilMs, presence.WaitFrom = wait.AnnouncedUntil.UnixMilli(), max(presence.WaitFrom, wait.PassedTo)
	presence = s.addOpenWait(presence, cached.latest)
	cached.recordWrite(presence, now)
	attendees.mu.Unlock()
	if !s.writePresence(ctx, presence) {
		wait.AnnouncedUntil = time.Time{}
		return rewriteAfter
	}
	return again
}

// RecordCall renews the lease for a call that says nothing about an absence.
func (s Recorder) RecordCall(ctx context.Context) { s.Record(ctx, Call{Fresh: CallFresh}) }

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

// setActivity stores what the caller says it is doing, unless its person holds the agent.
func (s Recorder) setActivity(ctx context.Context, activity string) {
	attendees := s.attendees
	if s.isHeld() {
		return
	}
	now := attendees.now()
	attendees.mu.Lock()
	cache := attendees.cachedSeat(s.caller.Seat)
	stale := cache.activity != activity || now.Sub(cache.activityAt) >= rewriteActivityAfter
	if last, spoke := attendees.log.Peek().Recent.Said(s.caller.Seat); spoke && last.At.After(cache.activityAt) {
		stale = true // a message ends the activity before it
	}
	attendees.mu.Unlock()
	if !stale {
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
	attendees.mu.Lock()
	cache.activity, cache.activityAt = activity, now
	attendees.mu.Unlock()
}

// ReadPresence returns the presence of every seat, as stored or as the process has since heard, and until when the
// people behind seats watch.
func (a *Attendees) ReadPresence(ctx context.Context, c table.Consistency) (all map[int]room.Presence,
	people map[int]time.Time, err error) {
	all, people, err = a.log.Items().Presence(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for seat, cache := range a.seats {
		if cache.presence.latest.AtMs != 0 {
			all[seat] = cache.presence.seenBeside(all[seat], a.o.SingleProcess)
		}
	}
	return all, people, nil
}
