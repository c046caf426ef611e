package chat

import (
	"context"
	"time"
)

// Clients give a call up after some time of their own, most after a minute. How
// long a client holds out is learnt from what it does, and the wait that its agent
// is told to make next keeps within that.
const (
	// UsualHold is how long a wait is best where nothing is known of the client.
	UsualHold = 50 * time.Second
	leastHold = 10 * time.Second
)

// hold is how long the caller's next wait may be.
func (c *caller) hold() time.Duration {
	c.room.mu.Lock()
	defer c.room.mu.Unlock()
	if m := c.room.memo(c.agent.Seat); m.hold > 0 {
		return m.hold
	}
	return UsualHold
}

// heldOut notes that the caller has waited so long to the end. Whether the answer
// still finds anybody shows when it calls again.
func (c *caller) heldOut(d time.Duration) {
	c.room.mu.Lock()
	defer c.room.mu.Unlock()
	c.room.memo(c.agent.Seat).held = d
}

// gaveUp notes that the caller's client gave a wait up after it had been open for so
// long.
func (c *caller) gaveUp(after time.Duration) {
	c.room.mu.Lock()
	defer c.room.mu.Unlock()
	c.room.memo(c.agent.Seat).gaveUp(after)
}

// gaveUp leaves a margin for the way of the answer.
func (m *memo) gaveUp(after time.Duration) {
	m.held = 0
	if m.hold == 0 {
		m.hold = UsualHold
	}
	if short := (after * 4 / 5).Truncate(5 * time.Second); after >= leastHold && short < m.hold {
		m.hold = max(short, leastHold)
	}
}

// learn takes note of what the caller's beginning to wait again shows: an older wait
// that is still open was given up; one that was held to its end has arrived.
func (c *caller) learn(ctx context.Context, now time.Time) {
	r := c.room
	r.mu.Lock()
	m := r.memo(c.agent.Seat)
	older := r.waits[c.agent.Seat]
	stale := !r.svc.opts.Alone && now.Sub(m.seenAt) >= refreshCall
	switch {
	case older != nil && !older.standby:
		m.gaveUp(now.Sub(older.began))
	case m.held > 0:
		m.hold, m.held = max(m.hold, m.held, UsualHold), 0
	}
	r.mu.Unlock()
	if older == nil && stale {
		c.learnElsewhere(ctx, now)
	}
}

// learnElsewhere learns from what another process noted of the caller's last wait.
func (c *caller) learnElsewhere(ctx context.Context, now time.Time) {
	s := c.room.readSeen(ctx, c.agent)
	c.room.mu.Lock()
	defer c.room.mu.Unlock()
	m := c.room.memo(c.agent.Seat)
	if s.AtMs <= m.seen.AtMs {
		return
	}
	if s.HoldS > 0 {
		m.hold = time.Duration(s.HoldS) * time.Second
	}
	if now.Before(s.until().Add(-time.Second)) && !s.Standby && c.fold.newestOfOthers(c.agent.Seat) <= s.Head {
		m.gaveUp(now.Sub(s.at()))
	}
}
