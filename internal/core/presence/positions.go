package presence

import (
	"context"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// positionEvery is how often a position is written that only cursors advance: otherwise each
// message would cost a write.
const positionEvery = time.Minute

// Positions gives access to the read position of one caller: an agent, or one device of a person.
type Positions struct {
	room   *Room
	caller room.Caller
}

// Positions returns the read position of c.
func (r *Room) Positions(c room.Caller) Positions { return Positions{r, c} }

// Load returns the position. With one process the cache is as good as the table;
// else another process may have handed out more.
func (s Positions) Load(ctx context.Context) (room.ReadPosition, error) {
	r := s.room
	known, ok := s.Known()
	if ok && r.o.SingleProcess {
		return known, nil
	}
	p, err := r.log.Seats().ReadPosition(ctx, s.caller)
	if err != nil {
		return p, err
	}
	p.Acked = max(p.Acked, known.Acked)       // acknowledged here and not written yet
	p.Handed = max(p.Handed, s.caller.Joined) // what the join itself handed out
	p.From = max(p.From, s.caller.Joined)
	s.cache(p)
	return p, nil
}

// HandingLock returns the lock of what is handed out to the seat.
func (s Positions) HandingLock() *sync.Mutex {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	return &s.room.cached(s.caller.Seat).by(s.caller).handing
}

func (s Positions) cache(p room.ReadPosition) {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	s.room.cached(s.caller.Seat).by(s.caller).position = &p
}

// Write stores the position.
func (s Positions) Write(ctx context.Context, p room.ReadPosition) error {
	r := s.room
	now := r.now()
	if err := r.log.Seats().SetReadPosition(ctx, s.caller, p); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.cached(s.caller.Seat).by(s.caller)
	m.position, m.positionAt = &p, now
	return nil
}

// Handed stores the position after something was handed out. It only logs a
// failure: the write may have happened, and what was not handed out then would be
// lost. At worst something is handed out twice.
func (s Positions) Handed(ctx context.Context, p room.ReadPosition) error {
	err := s.Write(ctx, p)
	if err == nil || ctx.Err() == context.Canceled {
		return err
	}
	s.Shown(p.Handed) // so that it is marked if it comes again
	s.room.o.Logger.WarnContext(ctx, "read position not written", "error", err)
	return nil
}

// Acknowledge notes that everything up to event n has arrived. It caches that, and
// writes it if it last did more than a minute ago. It only logs a failure, which
// costs a repetition at most.
func (s Positions) Acknowledge(ctx context.Context, n int64) {
	r := s.room
	r.mu.Lock()
	m := r.cached(s.caller.Seat).by(s.caller)
	known, due := m.position, r.now().Sub(m.positionAt) >= positionEvery
	r.mu.Unlock()
	var p room.ReadPosition
	if known != nil {
		p = *known
	}
	if known != nil && n <= p.Acked {
		return
	}
	var err error
	if due {
		p, err = s.Load(ctx) // so that nothing of another process is overwritten
	}
	p.Acked = max(p.Acked, n)
	if err == nil && due {
		err = s.Write(ctx, p)
	} else if known != nil {
		s.cache(p)
	}
	if err != nil && ctx.Err() == nil {
		r.o.Logger.WarnContext(ctx, "read position not written", "error", err)
	}
}

// Shown notes, in this process only, that a call with a cursor was shown the events
// up to n, and returns the greatest n so far. A later call without a cursor begins
// at what was acknowledged, and so repeats them.
func (s Positions) Shown(n int64) int64 {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	m := s.room.cached(s.caller.Seat).by(s.caller)
	m.shown = max(m.shown, n)
	return m.shown
}

// Gave notes, in this process only, that the agent was handed the events up to n. Others learn it
// with the next write of its presence; of an agent with hooks at once: see Given.
func (s Positions) Gave(n int64) {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	if s.caller.IsPerson() {
		return
	}
	m := s.room.cached(s.caller.Seat)
	m.presence.Read = max(m.presence.Read, n)
}

// GivenSoFar is Given of all that Gave has noted, before the agent has its first hook.
func (s Positions) GivenSoFar(ctx context.Context) {
	r := s.room
	handing := s.HandingLock()
	handing.Lock()
	defer handing.Unlock()
	var stored room.Presence
	if !r.o.SingleProcess { // another process may have handed out more
		stored, _ = r.log.Seats().PresenceOf(ctx, s.caller.Seat) // at worst the agent is called for what it has read
	}
	r.mu.Lock()
	n := max(r.cached(s.caller.Seat).presence.Read, stored.Read)
	r.mu.Unlock()
	s.Given(ctx, max(n, s.Shown(0)))
}

// Given stores that the agent was handed the events up to n. An agent with hooks is called again only after
// it has read, so what the cursor of its next call will acknowledge is stored before that. It only logs a
// failure, after which the agent counts as one that has not read: it is called for something new an hour later.
// The lock of HandingLock is held.
func (s Positions) Given(ctx context.Context, n int64) {
	p, err := s.Load(ctx)
	if err == nil && n > max(p.Handed, p.Given) { // what is acknowledged may not be stored yet
		p.Given = n
		err = s.Write(ctx, p)
	}
	if err != nil && ctx.Err() == nil {
		s.room.o.Logger.WarnContext(ctx, "read position not written", "error", err)
	}
}

// HasHooks reports whether the agent is called when something is new.
func (s Positions) HasHooks() bool {
	a, here := s.room.log.Peek().Seated(s.caller.Seat)
	return here && a.IsCalled() && !s.caller.IsPerson()
}

// Known returns the position as far as this process knows it.
func (s Positions) Known() (p room.ReadPosition, ok bool) {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	if m := s.room.cached(s.caller.Seat).by(s.caller); m.position != nil {
		return *m.position, true
	}
	return p, false
}

// Arrived notes, in this process only, what a message proves to have arrived:
// everything up to its cursor, and the whole batch of the message it answers.
func (s Positions) Arrived(cursor, replyTo int64) {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	m := s.room.cached(s.caller.Seat).by(s.caller)
	if m.position == nil {
		return // not read yet: the batch may come once more
	}
	p := *m.position
	p.Acked = max(p.Acked, cursor)
	if p.From < replyTo && replyTo <= p.Handed {
		p.Acked = max(p.Acked, p.Handed)
	}
	m.position = &p
}
