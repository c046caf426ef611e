package presence

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// A seat's presence is its lease: the item expires when the lease ends. Writing it
// costs, so it may lag behind. This process knows better itself, and others think
// the agent silent for so much longer.
const (
	SendFresh = 5 * time.Minute // how far a send that has said something lets it lag
	CallFresh = time.Minute     // how far any other call does

	activityFresh = 30 * time.Minute // an activity is written again after so long
)

// Attendance gives access to the presence of one seat. It is small, because calls that wait hold
// it on their stacks.
type Attendance struct {
	room   *Room
	head   *room.Head
	caller *room.Caller
}

// Attendance returns the attendance of a caller, whose seat is on the head h.
func (r *Room) Attendance(h *room.Head, c *room.Caller) Attendance { return Attendance{r, h, c} }

// Absence is what a call says about the absence of its agent.
type Absence struct {
	Given  bool          // it says something
	BackIn time.Duration // the agent will be away for so long; 0: it is back
}

// Call is what a call says about the presence of its agent.
type Call struct {
	Began    time.Time // of its wait
	Until    time.Time // the end of its wait; zero: it does not wait
	Standby  bool      // a program makes it in the agent's place
	Wakes    bool      // and wakes the agent: see chat.WaitRequest.Peek
	ForMe    bool
	Returns  bool // it ends an absence, unless it announces one
	Absence  Absence
	Activity string        // "" says nothing
	Fresh    time.Duration // how far what is written may lag: SendFresh or CallFresh
}

// Note notes what a call says about its agent, and writes it where that is due: see renewLease.
// For a person it notes only that it watches.
//
// An absence says when the agent answers again. It ends at its time, when a call says so, or with
// the agent's next wait of more than 0 seconds; neither a message nor a program on standby ends
// it.
func (at Attendance) Note(ctx context.Context, how Call) (due time.Time) {
	if !at.keepsLease() {
		return at.notePerson(ctx, how)
	}
	if at.caller.IsPerson() { // the log does not tell that it was there, nor does another program wait for it
		how.Standby, how.Wakes, how.ForMe, how.Fresh = false, false, false, min(how.Fresh, CallFresh)
	}
	known := at.known(ctx, how)
	if how.Activity != "" {
		at.setActivity(ctx, how.Activity)
	}
	now := at.room.now()
	p := room.Presence{AtMs: now.UnixMilli(), OwnMs: now.UnixMilli(), Used: true, Standby: how.Standby,
		ForMe: how.ForMe, BackMs: known.BackMs, Read: known.Read}
	if how.Standby {
		p.OwnMs = max(known.OwnMs, at.caller.AtMs)
	}
	if how.Wakes {
		p.WakesMs = p.AtMs
	}
	if !how.Until.IsZero() {
		p.UntilMs, p.Head = how.Until.UnixMilli(), at.head.AsOf
		switch began := how.Began.UnixMilli(); {
		case how.Standby:
			p.ShellMs = began
		case !at.caller.IsPerson(): // whose waits end none of its own in other processes
			p.WaitMs = began
		}
	}
	switch {
	case how.Absence.Given && how.Absence.BackIn > 0:
		p.BackMs = now.Add(how.Absence.BackIn).UnixMilli()
	case how.Absence.Given, how.Returns, !now.Before(known.BackAt()):
		p.BackMs = 0
	}
	return at.renewLease(ctx, p, how.Fresh)
}

// known returns the caller's presence, and reads it where this process may not know it:
// an absence may have been announced to another process, or ended there. That matters
// to a call that ends an absence, and to one that writes what it knows of one.
func (at Attendance) known(ctx context.Context, how Call) room.Presence {
	r := at.room
	now := r.now()
	r.mu.Lock()
	m := r.cached(at.caller.Seat)
	known, p, due := !m.presenceAt.IsZero(), m.presence, now.Sub(m.presenceAt) >= how.Fresh
	r.mu.Unlock()
	alone := at.head.Others(at.caller.Seat) == 0
	if known && (alone || r.o.SingleProcess || how.Absence.Given || !how.Returns && !due) {
		return p
	}
	stored := p
	if !alone {
		stored, _ = at.read(ctx)
	}
	return at.learn(stored)
}

// learn notes the stored presence of the caller, zero if there is none, and returns what
// is known now.
func (at Attendance) learn(stored room.Presence) room.Presence {
	r := at.room
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.cached(at.caller.Seat)
	known := m.presence.AtMs != 0 // even if it could not be written
	switch {
	case stored.AtMs != 0 && known: // the agent may have called another process since
		m.presence.BackMs = stored.BackMs
		m.presence.AtMs, m.presence.OwnMs = max(m.presence.AtMs, stored.AtMs), max(m.presence.OwnMs, stored.OwnMs)
		m.presence = m.presence.Younger(stored)
	case stored.AtMs != 0:
		m.presence = stored.Younger(m.presence)
	case !known: // nothing is known but its join
		m.presence = room.Presence{AtMs: at.caller.AtMs, Read: at.caller.Joined}.Younger(m.presence)
	}
	return m.presence
}

// AwayUntil returns until when others see the caller as away; zero if they do not.
func (at Attendance) AwayUntil() time.Time {
	if back := at.room.BackAt(at.caller.Seat); back.After(at.room.now()) {
		return back
	}
	return time.Time{}
}

// renewLease notes the caller's presence, and writes it unless the last write of this process
// lags by less than fresh. If it does not write, it returns when that is due, else the zero time. It
// logs a failure, and returns when to try again: the purpose of the call was fulfilled.
func (at Attendance) renewLease(ctx context.Context, p room.Presence, fresh time.Duration) (due time.Time) {
	r := at.room
	now, h := r.now(), r.log.Peek()
	if a, here := h.Seated(at.caller.Seat); here {
		// Its lease depends on its present role.
		at.caller = &room.Caller{Agent: a, Device: at.caller.Device}
	}
	// A partner leaves after minutes of silence. Of a call that has said nothing the log does not tell.
	if u, _ := h.Recent.Said(at.caller.Seat); h.Paired || now.Sub(u.Heard) >= CallFresh {
		fresh = min(fresh, CallFresh)
	}
	r.mu.Lock()
	m := r.cached(at.caller.Seat)
	p = at.waitsOn(p, m.presence)
	p.Read = max(p.Read, m.presence.Read)
	p = p.Younger(m.presence)
	written, known := m.presenceAt, m.presence
	m.presence = p
	begins := p.UntilMs != 0 && !m.waitWritten // others do not know yet that it waits
	if now.Sub(written) < fresh && p.BackMs == known.BackMs && p.Standby == known.Standby && !begins {
		r.mu.Unlock()
		return written.Add(fresh)
	}
	m.presenceAt, m.waitWritten = now, p.UntilMs != 0
	r.mu.Unlock()
	if !at.write(ctx, roomlog.PutPresence(h.ID, at.caller.Agent, p)) {
		return now.Add(rewriteSoon)
	}
	return time.Time{}
}

// noteTime bounds what no answer depends on: a table that takes no writes holds no call
// for longer. An attempt on a connection that died, and one on a new connection, fit.
const noteTime = 3 * time.Second

// bounded returns the context of a write that no answer depends on. A file takes writes or fails
// within seconds, so there the write has no time of its own. When thousands of agents begin to
// wait at once, each waits for its turn, and one commit takes up to two thousand of them.
func (r *Room) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if r.o.SingleProcess {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, noteTime)
}

// write reports whether the table has the caller's presence.
func (at Attendance) write(ctx context.Context, presence table.Op) bool {
	r := at.room
	bounded, cancel := r.bounded(ctx)
	defer cancel()
	err := r.o.Table.Write(bounded, presence)
	if err == nil {
		return true
	}
	r.mu.Lock()
	r.cached(at.caller.Seat).presenceAt = time.Time{}
	r.mu.Unlock()
	if ctx.Err() == nil {
		r.o.Logger.WarnContext(ctx, "presence not written", "error", err)
	}
	return false
}

// rewriteSoon is when a presence is written again that could not be written.
const rewriteSoon = 10 * time.Second

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
func (at Attendance) Renew(ctx context.Context, w *Wait) (again time.Duration) {
	r := at.room
	if !at.keepsLease() {
		return at.watch(ctx)
	}
	again = r.RenewEvery()
	if !r.o.SingleProcess {
		stored, err := at.read(ctx)
		if err != nil { // else the announcement of a younger wait could be written over
			return rewriteSoon
		}
		at.learn(stored)
	}
	r.mu.Lock()
	if !at.isOpen(w) { // a newer one has its place
		r.mu.Unlock()
		return 0
	}
	m, now := r.cached(at.caller.Seat), r.now()
	if m.presence.Supersedes(w.Began, w.Standby) {
		delete(r.waits, at.caller.Seat)
		close(w.Superseded)
		r.mu.Unlock()
		return 0
	}
	if w.Announced.Equal(w.Until) || w.Announced.Sub(now) > again+rewriteSoon {
		r.mu.Unlock()
		return again
	}
	m.presenceAt, m.waitWritten = now, true
	w.Announced = room.Announced(now, w.Until)
	p := m.presence
	p.UntilMs = w.Announced.UnixMilli()
	p = at.waitsOn(p, m.presence)
	m.presence = p
	r.mu.Unlock()
	if !at.write(ctx, roomlog.PutPresence(r.log.Peek().ID, at.caller.Agent, p)) {
		w.Announced = time.Time{}
		return rewriteSoon
	}
	return again
}

// NoteCall renews the lease for a call that says nothing about an absence.
func (at Attendance) NoteCall(ctx context.Context) { at.Note(ctx, Call{Fresh: CallFresh}) }

// read returns the caller's stored presence; zero if there is none. It logs a failure.
func (at Attendance) read(ctx context.Context) (room.Presence, error) {
	p, err := at.room.log.Seats().PresenceOf(ctx, at.caller.Seat)
	if errors.Is(err, table.ErrNotFound) {
		err = nil
	}
	if err != nil && ctx.Err() == nil {
		at.room.o.Logger.WarnContext(ctx, "presence not read", "error", err)
	}
	return p, err
}

// setActivity stores what the caller says it is doing, unless its person holds it: then it
// comes with a message that the person has let it send.
func (at Attendance) setActivity(ctx context.Context, activity string) {
	r := at.room
	if a, _ := r.log.Peek().Seated(at.caller.Seat); a.Person.Holds() {
		return
	}
	now := r.now()
	r.mu.Lock()
	m := r.cached(at.caller.Seat)
	stale := m.activity != activity || now.Sub(m.activityAt) >= activityFresh
	if u, spoke := r.log.Peek().Recent.Said(at.caller.Seat); spoke && u.At.After(m.activityAt) {
		stale = true // what was said before has ended
	}
	r.mu.Unlock()
	if !stale {
		return
	}
	bounded, cancel := r.bounded(ctx)
	defer cancel()
	err := r.log.Seats().SetActivity(bounded, at.caller.Seat, activity)
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
