package presence

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// rewriteActivityAfter is after which time an activity is written again.
const rewriteActivityAfter = 30 * time.Minute

// SeatPresence gives access to the presence of one seat. It is small, because calls that wait hold
// it on their stacks.
type SeatPresence struct {
	room   *Room
	head   *room.Head
	caller *room.Caller
}

// SeatPresence returns the presence of the seat of a caller, whose seat is on the head h.
func (r *Room) SeatPresence(h *room.Head, c *room.Caller) SeatPresence { return SeatPresence{r, h, c} }

// Absence is what a call says about the absence of its agent.
type Absence struct {
	Given  bool          // it says something
	BackIn time.Duration // the agent will be away for so long; 0: it is back
}

// Call is what a call says about the presence of its agent.
type Call struct {
	Began    time.Time     // when its wait began
	Until    time.Time     // when its wait ends; zero: the call does not wait
	Standby  bool          // a program calls in the agent's place
	Wakes    bool          // the program wakes the agent: see chat.WaitRequest.Peek
	ForMe    bool          // only messages meant for the agent end the wait
	Returns  bool          // the call ends an absence, unless it announces one
	Absence  Absence       // what the call says of one
	Activity string        // what the agent is doing; "" says nothing
	Fresh    time.Duration // how far the table may lag behind: SendFresh or CallFresh
}

// Record records what a call says about its agent, and writes the presence if lease.decideCall says so. Otherwise it
// returns when a write is due; the zero time means that it has written. Of a person with an agent it only records that
// the person watches.
//
// An absence says when the agent answers again. It ends at its time, when a call says so, or with
// the agent's next wait of more than 0 seconds; neither a message nor a program on standby ends
// it.
func (s SeatPresence) Record(ctx context.Context, call Call) (due time.Time) {
	if !s.keepsLease() {
		if call.Until.IsZero() { // others see a person only while it waits
			return time.Time{}
		}
		return s.room.now().Add(s.recordWatch(ctx))
	}
	if s.caller.IsPerson() { // the log does not tell that it was there, and no program waits for it
		call.Standby, call.Wakes, call.ForMe, call.Fresh = false, false, false, min(call.Fresh, CallFresh)
	}
	known := s.knownPresence(ctx, call)
	if call.Activity != "" {
		s.setActivity(ctx, call.Activity)
	}
	return s.renewLease(ctx, s.presenceAfter(call, known), call.Fresh)
}

// presenceAfter returns the presence that a call brings. What was known before tells of an absence, and of the agent while a
// program calls.
func (s SeatPresence) presenceAfter(call Call, known room.Presence) room.Presence {
	now := s.room.now()
	p := room.Presence{AtMs: now.UnixMilli(), OwnMs: now.UnixMilli(), Used: true, Standby: call.Standby,
		ForMe: call.ForMe, BackMs: known.BackMs, Read: known.Read}
	if call.Standby {
		p.OwnMs = max(known.OwnMs, s.caller.AtMs)
	}
	if call.Wakes {
		p.WakesMs = p.AtMs
	}
	if !call.Until.IsZero() {
		p.UntilMs, p.Head = call.Until.UnixMilli(), s.head.AsOf
		switch began := call.Began.UnixMilli(); {
		case call.Standby:
			p.ShellMs = began
		case !s.caller.IsPerson(): // whose waits end none of its own in other processes
			p.WaitMs = began
		}
	}
	switch {
	case call.Absence.Given && call.Absence.BackIn > 0:
		p.BackMs = now.Add(call.Absence.BackIn).UnixMilli()
	case call.Absence.Given, call.Returns, !now.Before(known.BackAt()):
		p.BackMs = 0
	}
	return p
}

// knownPresence returns the caller's presence. It reads the table where this process may not know the presence, unless nobody
// else is there to see what the call says.
func (s SeatPresence) knownPresence(ctx context.Context, call Call) room.Presence {
	r := s.room
	r.mu.Lock()
	mustRead := r.cachedSeat(s.caller.Seat).mustRead(call, r.now(), r.o.SingleProcess)
	r.mu.Unlock()
	var stored room.Presence
	if mustRead && s.head.Others(s.caller.Seat) > 0 {
		stored, _ = s.readPresence(ctx)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	l := &r.cachedSeat(s.caller.Seat).lease
	l.recordStored(stored, &s.caller.Agent)
	return l.presence
}

// AwayUntil returns until when others see the caller as away; zero if they do not.
func (s SeatPresence) AwayUntil() time.Time {
	if back := s.room.BackAt(s.caller.Seat); back.After(s.room.now()) {
		return back
	}
	return time.Time{}
}

// renewLease records the caller's presence p, and writes p if lease.decideCall says so: see Record for what it returns.
// It logs a failure, and returns when to try again: the purpose of the call was fulfilled.
func (s SeatPresence) renewLease(ctx context.Context, p room.Presence, fresh time.Duration) (due time.Time) {
	r := s.room
	now, h := r.now(), r.log.Peek()
	if a, here := h.Seated(s.caller.Seat); here {
		// Its lease depends on its present role.
		s.caller = &room.Caller{Agent: a, Device: s.caller.Device}
	}
	// A partner leaves after minutes of silence. Of a call that has said nothing the log does not tell.
	if u, _ := h.Recent.Said(s.caller.Seat); h.Paired || now.Sub(u.Heard) >= CallFresh {
		fresh = min(fresh, CallFresh)
	}
	r.mu.Lock()
	l := &r.cachedSeat(s.caller.Seat).lease
	p = s.addOpenWait(p, l.presence)
	p.Read = max(p.Read, l.presence.Read)
	p = p.Younger(l.presence)
	if !l.decideCall(p, now, fresh).mustWrite() {
		l.presence, due = p, l.writtenAt.Add(fresh)
		r.mu.Unlock()
		return due
	}
	l.recordWrite(p, now)
	r.mu.Unlock()
	if !s.writePresence(ctx, p) {
		return now.Add(rewriteAfter)
	}
	return time.Time{}
}

// tableTimeout bounds what no answer depends on: a table that takes no writes holds no call
// for longer. An attempt on a connection that died, and one on a new connection, fit.
const tableTimeout = 3 * time.Second

// withTableTimeout returns the context of a write that no answer depends on. A file takes writes or fails
// within seconds, so there the write has no time of its own. When thousands of agents begin to
// wait at once, each waits for its turn, and one commit takes up to two thousand of them.
func (r *Room) withTableTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if r.o.SingleProcess {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, tableTimeout)
}

// writePresence reports whether the table has the caller's presence p now. It logs a failure.
func (s SeatPresence) writePresence(ctx context.Context, p room.Presence) bool {
	r := s.room
	bounded, cancel := r.withTableTimeout(ctx)
	defer cancel()
	err := r.o.Table.Write(bounded, roomlog.PutPresence(r.log.Peek().ID, s.caller.Agent, p))
	if err == nil {
		return true
	}
	r.mu.Lock()
	r.cachedSeat(s.caller.Seat).recordFailure()
	r.mu.Unlock()
	if ctx.Err() == nil {
		r.o.Logger.WarnContext(ctx, "presence not written", "error", err)
	}
	return false
}

// rewriteAfter is when a presence is written again that could not be written.
const rewriteAfter = 10 * time.Second

// RenewEvery is how often an open wait looks after its presence.
func (r *Room) RenewEvery() time.Duration {
	if r.o.SingleProcess {
		return room.AnnounceAgain
	}
	return time.Minute // by then it sees a younger wait of its seat in another process
}

// Renew looks after the presence of a caller that waits in w. If a younger wait of its seat is
// open in another process, it ends w; otherwise it announces w further where that is due. It
// returns when to do so again before the end; 0 means that there is no need.
func (s SeatPresence) Renew(ctx context.Context, w *Wait) (again time.Duration) {
	r := s.room
	if !s.keepsLease() {
		return s.recordWatch(ctx)
	}
	again = r.RenewEvery()
	if !r.o.SingleProcess {
		stored, err := s.readPresence(ctx)
		if err != nil { // else the announcement of a younger wait could be written over
			return rewriteAfter
		}
		r.mu.Lock()
		r.cachedSeat(s.caller.Seat).recordStored(stored, &s.caller.Agent)
		r.mu.Unlock()
	}
	r.mu.Lock()
	if !s.isOpen(w) { // a newer one has its place
		r.mu.Unlock()
		return 0
	}
	l, now := &r.cachedSeat(s.caller.Seat).lease, r.now()
	switch l.decideWait(w, now, again) {
	case superseded:
		delete(r.waits, s.caller.Seat)
		close(w.Superseded)
		r.mu.Unlock()
		return 0
	case announced:
		r.mu.Unlock()
		return again
	}
	w.Announced = room.Announced(now, w.Until)
	p := l.presence
	p.UntilMs, p.Head = w.Announced.UnixMilli(), max(p.Head, w.PassedTo)
	p = s.addOpenWait(p, l.presence)
	l.recordWrite(p, now)
	r.mu.Unlock()
	if !s.writePresence(ctx, p) {
		w.Announced = time.Time{}
		return rewriteAfter
	}
	return again
}

// RecordCall renews the lease for a call that says nothing about an absence.
func (s SeatPresence) RecordCall(ctx context.Context) { s.Record(ctx, Call{Fresh: CallFresh}) }

// readPresence returns the caller's stored presence; zero if there is none. It logs a failure.
func (s SeatPresence) readPresence(ctx context.Context) (room.Presence, error) {
	p, err := s.room.log.Seats().PresenceOf(ctx, s.caller.Seat)
	if errors.Is(err, table.ErrNotFound) {
		err = nil
	}
	if err != nil && ctx.Err() == nil {
		s.room.o.Logger.WarnContext(ctx, "presence not read", "error", err)
	}
	return p, err
}

// setActivity stores what the caller says it is doing, unless its person holds it: then the activity comes with a
// message that the person has let it send, or need not see, and would show words that the person has not seen.
func (s SeatPresence) setActivity(ctx context.Context, activity string) {
	r := s.room
	if a, _ := r.log.Peek().Seated(s.caller.Seat); a.Person.Holds() {
		return
	}
	now := r.now()
	r.mu.Lock()
	m := r.cachedSeat(s.caller.Seat)
	stale := m.activity != activity || now.Sub(m.activityAt) >= rewriteActivityAfter
	if u, spoke := r.log.Peek().Recent.Said(s.caller.Seat); spoke && u.At.After(m.activityAt) {
		stale = true // what was said before has ended
	}
	r.mu.Unlock()
	if !stale {
		return
	}
	bounded, cancel := r.withTableTimeout(ctx)
	defer cancel()
	err := r.log.Seats().SetActivity(bounded, s.caller.Seat, activity)
	if err != nil {
		if ctx.Err() == nil {
			r.o.Logger.WarnContext(ctx, "activity not written", "error", err)
		}
		return
	}
	r.mu.Lock()
	m.activity, m.activityAt = activity, now
	r.mu.Unlock()
}

// Presence returns the presence of every seat: the stored one, or what this process
// has heard since; and until when the people behind seats are watching.
func (r *Room) Presence(ctx context.Context, c table.Consistency) (all map[int]room.Presence, people map[int]time.Time,
	err error) {
	all, people, err = r.log.Seats().Presence(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for seat, m := range r.seats {
		p, single := all[seat], r.o.SingleProcess
		switch {
		case m.presence.AtMs == 0:
		case m.presence.AtMs > p.AtMs, m.presence.AtMs == p.AtMs && single: // here the wait is known to have ended
			mine := m.presence
			mine.HookedMs = p.HookedMs
			mine.Activity, mine.ActiveAsOf = p.Activity, p.ActiveAsOf
			if !single { // each absence is written when it begins and when it ends, perhaps elsewhere
				mine.BackMs = p.BackMs
			}
			all[seat] = mine
		case m.presence.AtMs == p.AtMs: // here it is known what was handed out since
			p.Read = max(p.Read, m.presence.Read)
			all[seat] = p
		}
	}
	return all, people, nil
}
