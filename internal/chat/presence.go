package chat

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// A seat's presence is its lease: the item expires when the lease ends. Writing it
// costs, so it may lag behind. This process knows better itself, and others think
// the agent silent for so much longer.
const (
	sendFresh = 5 * time.Minute // how far a send lets it lag
	callFresh = time.Minute     // how far any other call does

	activityFresh = 30 * time.Minute // an activity is written again after so long
)

// attendance gives access to the presence of a caller.
type attendance struct{ caller *caller }

func (c *caller) attendance() attendance { return attendance{c} }

// call is what a call says about the presence of its agent.
type call struct {
	began    time.Time // of its wait
	until    time.Time // the end of its wait; zero: it does not wait
	speaks   bool      // it sent a message, perhaps a private one
	standby  bool      // a program makes it in the agent's place
	forMe    bool
	returns  bool // it ends an absence, unless it announces one
	absence  Absence
	activity string        // "" says nothing
	fresh    time.Duration // how far what is written may lag
}

// note notes what a call says about its agent, and writes it where that is
// due: see renewLease.
func (at attendance) note(ctx context.Context, how call) (due time.Time) {
	c := at.caller
	known := at.known(ctx, how)
	if how.activity != "" {
		at.setActivity(ctx, how.activity)
	}
	now := c.room.svc.now()
	p := room.Presence{AtMs: now.UnixMilli(), OwnMs: now.UnixMilli(), Used: true, Standby: how.standby, ForMe: how.forMe, BackMs: known.BackMs, Read: known.Read}
	if how.standby {
		p.OwnMs = max(known.OwnMs, c.agent.AtMs)
	}
	if !how.until.IsZero() {
		p.UntilMs, p.Head = how.until.UnixMilli(), c.head.AsOf
		if p.WaitMs = how.began.UnixMilli(); how.standby {
			p.WaitMs, p.ShellMs = 0, p.WaitMs
		}
	}
	switch {
	case how.absence.Given && how.absence.BackIn > 0:
		p.BackMs = now.Add(how.absence.BackIn).UnixMilli()
	case how.absence.Given, how.returns, !now.Before(known.BackAt()):
		p.BackMs = 0
	}
	if how.speaks {
		p = p.After(known)
	}
	return at.renewLease(ctx, p, how.fresh)
}

// known returns the caller's presence, and reads it where this process may not know it:
// an absence may have been announced to another process, or ended there. That matters
// to a call that ends an absence, and to one that writes what it knows of one.
func (at attendance) known(ctx context.Context, how call) room.Presence {
	c := at.caller
	r := c.room
	now := r.svc.now()
	r.mu.Lock()
	m := r.cached(c.agent.Seat)
	known, p, due := !m.presenceAt.IsZero(), m.presence, now.Sub(m.presenceAt) >= how.fresh
	r.mu.Unlock()
	alone := c.head.Others(c.agent.Seat) == 0
	if known && (alone || r.svc.opts.SingleProcess || how.absence.Given || !how.returns && !due) {
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
func (at attendance) learn(stored room.Presence) room.Presence {
	c := at.caller
	r := c.room
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.cached(c.agent.Seat)
	known := m.presence.AtMs != 0 // even if it could not be written
	switch {
	case stored.AtMs != 0 && known: // the agent may have called another process since
		m.presence.BackMs = stored.BackMs
		m.presence.AtMs, m.presence.OwnMs = max(m.presence.AtMs, stored.AtMs), max(m.presence.OwnMs, stored.OwnMs)
		m.presence = m.presence.Younger(stored)
	case stored.AtMs != 0:
		m.presence = stored
	case !known:
		m.presence = room.Presence{AtMs: c.agent.AtMs, Read: c.agent.Joined} // what others see for PresenceDelay
	}
	return m.presence
}

// awayUntil returns until when others see the caller as away; zero if they do not.
func (at attendance) awayUntil() time.Time {
	c := at.caller
	if back := c.room.backAt(c.agent.Seat); back.After(c.room.svc.now()) {
		return back
	}
	return time.Time{}
}

// renewLease notes the caller's presence. It writes it unless what this process
// wrote lags by less than fresh; then it returns when that is over, else the zero
// time. It logs a failure, and returns when to try again: what the call was for has
// happened.
func (at attendance) renewLease(ctx context.Context, p room.Presence, fresh time.Duration) (due time.Time) {
	c := at.caller
	r := c.room
	now, h := r.svc.now(), r.log.Known()
	if a, here := h.Seated(c.agent.Seat); here {
		c.agent = a // with its present role, on which its lease depends
	}
	if h.Paired {
		fresh = min(fresh, room.PairRefresh)
	}
	r.mu.Lock()
	m := r.cached(c.agent.Seat)
	if _, open := r.waits[c.agent.Seat]; open && p.UntilMs == 0 {
		p.UntilMs, p.Head, p.Standby, p.ForMe = m.presence.UntilMs, m.presence.Head, m.presence.Standby, m.presence.ForMe
	}
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
	if !at.write(ctx, p) {
		return now.Add(rewriteSoon)
	}
	return time.Time{}
}

// write reports whether the table has p.
func (at attendance) write(ctx context.Context, p room.Presence) bool {
	c := at.caller
	r := c.room
	err := r.svc.table.Write(ctx, roomlog.PutPresence(&r.log.Known().State, c.agent, p))
	if err == nil {
		return true
	}
	r.mu.Lock()
	r.cached(c.agent.Seat).presenceAt = time.Time{}
	r.mu.Unlock()
	if ctx.Err() == nil {
		r.svc.log.WarnContext(ctx, "presence not written", "error", err)
	}
	return false
}

// rewriteSoon is when a presence is written again that could not be written.
const rewriteSoon = 10 * time.Second

// renewEvery is how often an open wait looks after its presence.
func (r *liveRoom) renewEvery() time.Duration {
	if r.svc.opts.SingleProcess {
		return room.AnnounceAgain
	}
	return time.Minute // by then it sees a younger wait of its seat in another process
}

// renew looks, for a caller that waits in w, whether a younger wait of its seat is open
// in another process, which ends w; and announces w further where that is due. It
// returns when to do so again before the end; 0 means that there is no need.
func (at attendance) renew(ctx context.Context, w *openWait) (again time.Duration) {
	c := at.caller
	r := c.room
	if again = r.renewEvery(); !r.svc.opts.SingleProcess {
		stored, err := at.read(ctx)
		if err != nil { // else the announcement of a younger wait could be written over
			return rewriteSoon
		}
		at.learn(stored)
	}
	r.mu.Lock()
	if r.waits[c.agent.Seat] != w { // a newer one has its place
		r.mu.Unlock()
		return 0
	}
	m, now := r.cached(c.agent.Seat), r.svc.now()
	if m.presence.Supersedes(w.began, w.standby) {
		delete(r.waits, c.agent.Seat)
		close(w.superseded)
		r.mu.Unlock()
		return 0
	}
	if w.announced.Equal(w.until) || w.announced.Sub(now) > again+rewriteSoon {
		r.mu.Unlock()
		return again
	}
	m.presenceAt, m.waitWritten = now, true
	w.announced = room.Announced(now, w.until)
	m.presence.UntilMs = w.announced.UnixMilli()
	p := m.presence
	r.mu.Unlock()
	if !at.write(ctx, p) {
		w.announced = time.Time{}
		return rewriteSoon
	}
	return again
}

// noteCall renews the lease for a call that says nothing about an absence.
func (at attendance) noteCall(ctx context.Context) { at.note(ctx, call{fresh: callFresh}) }

// read returns the caller's stored presence; zero if there is none. It logs a failure.
func (at attendance) read(ctx context.Context) (room.Presence, error) {
	c := at.caller
	p, err := c.room.log.Seats().PresenceOf(ctx, c.agent.Seat)
	if errors.Is(err, table.ErrNotFound) {
		err = nil
	}
	if err != nil && ctx.Err() == nil {
		c.room.svc.log.WarnContext(ctx, "presence not read", "error", err)
	}
	return p, err
}

// setActivity stores what the caller says it is doing.
func (at attendance) setActivity(ctx context.Context, activity string) {
	c := at.caller
	r := c.room
	now := r.svc.now()
	r.mu.Lock()
	m := r.cached(c.agent.Seat)
	stale := m.activity != activity || now.Sub(m.activityAt) >= activityFresh
	if u, spoke := r.log.Known().Recent.Said(c.agent.Seat); spoke && u.At.After(m.activityAt) {
		stale = true // what was said before has ended
	}
	r.mu.Unlock()
	if !stale {
		return
	}
	err := r.log.Seats().SetActivity(ctx, c.agent.Seat, activity)
	if err != nil {
		if ctx.Err() == nil {
			r.svc.log.WarnContext(ctx, "activity not written", "error", err)
		}
		return
	}
	r.mu.Lock()
	m.activity, m.activityAt = activity, now
	r.mu.Unlock()
}

// presence returns the presence of every seat: the stored one, or what this process
// has heard since.
func (r *liveRoom) presence(ctx context.Context, c table.Consistency) (map[int]room.Presence, error) {
	all, err := r.log.Seats().Presence(ctx, c)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for seat, m := range r.seats {
		p, single := all[seat], r.svc.opts.SingleProcess
		switch {
		case m.presence.AtMs == 0:
		case m.presence.AtMs > p.AtMs, m.presence.AtMs == p.AtMs && single: // here the wait is known to have ended
			mine := m.presence
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
	return all, nil
}
