package chat

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// tellCompany adds who is there to the answer of a wait, if that has changed since
// the seat's last result. While messages come it is left for a quieter moment,
// unless somebody came or went.
func (c *caller) tellCompany(ctx context.Context, f *fold, g *gathering, got *Waited) {
	if !g.moved && (got.Status == StatusMessages || len(f.agents) < 2 || c.toldLately()) {
		return
	}
	room, err := c.room.view(ctx, f, c.agent.Seat)
	if err != nil { // what counts is at hand; the next result tells it
		if ctx.Err() == nil {
			c.room.svc.log.WarnContext(ctx, "presence not read", "error", err)
		}
		return
	}
	got.OthersIdle, got.OthersAway = absence(room.Agents)
	if !c.room.told(c.agent.Seat, room.Agents, g.moved) {
		return
	}
	got.Agents, got.Seated = room.Agents, len(room.Agents)
	if got.Seated <= agentsShown {
		return
	}
	got.Agents = nil
	for _, a := range room.Agents {
		if a.You || a.State != Waiting && a.State != Standby {
			continue
		}
		if got.AllWaiting++; len(got.Agents) < agentsShown {
			got.Agents = append(got.Agents, a)
		}
	}
}

// absence returns how long none of the others has made a call, 0 if one waits; and if
// all of them are away, when the first is back.
func absence(agents []Agent) (idle, away time.Duration) {
	for _, a := range agents {
		switch {
		case a.You:
			continue
		case a.State == Waiting || a.State == Standby:
			return 0, 0
		case idle == 0 || a.Idle < idle:
			idle = max(a.Idle, 1)
		}
		if away == 0 || a.BackIn < away {
			away = a.BackIn
		}
	}
	for _, a := range agents {
		if !a.You && a.State != Away {
			away = 0
		}
	}
	return idle, away
}

// lookEvery is how often a quiet result reads who is there, where that costs a read.
const lookEvery = 30 * time.Second

// toldLately reports whether it is too early to read again who is there.
func (c *caller) toldLately() bool {
	r := c.room
	if r.svc.opts.Alone {
		return false
	}
	now := r.svc.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.memo(c.agent.Seat)
	if now.Sub(m.lookedAt) < lookEvery {
		return true
	}
	m.lookedAt = now
	return false
}

// told notes that a seat is told who is there, and reports whether that is new to
// it. Where this process does not know what it was told last, only a change just
// seen counts.
func (r *liveRoom) told(seat int, agents []Agent, moved bool) bool {
	now := textSum(company(agents), nil)
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.memo(seat)
	before := m.company
	m.company = now
	if before == [16]byte{} {
		return moved
	}
	return before != now
}

// company is what is worth telling of who is there: not each pause between two
// waits, but a silence that lasts.
func company(agents []Agent) string {
	var b strings.Builder
	for _, a := range agents {
		state := a.State
		if state == Waiting || state == Silent && a.Idle < ghostSilent || a.You {
			state = "here"
		}
		fmt.Fprintf(&b, "%s\x00%s\x00%t\x00%s\x00%s\x00", a.Name, a.Role, a.Muted, state, a.Activity)
	}
	return b.String()
}
