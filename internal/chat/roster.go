package chat

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
)

// betweenWaits is how long after the end of its wait another process assumes that
// an agent is about to wait again; of a program on standby, every process does.
const betweenWaits = 15 * time.Second

// view returns the room as the agent of the seat you sees it. you is 0 for a
// caller without a seat.
func (r *liveRoom) view(ctx context.Context, h *room.Head, you int) (Room, error) {
	var presence map[int]room.Presence
	if len(h.Agents) > 1 || len(h.Agents) == 1 && h.Agents[0].Seat != you {
		var err error
		if presence, err = r.presence(ctx, table.Eventual); err != nil {
			return Room{}, err
		}
	}
	return Room{
		Name: h.Name, Description: h.Description, Type: h.Type, Capacity: h.Capacity, Public: h.Public,
		PasswordProtected: h.Password != "", Agents: r.agents(h, you, presence),
	}, nil
}

// agents returns the agents with this presence as the agent of the seat you sees
// them.
func (r *liveRoom) agents(h *room.Head, you int, presence map[int]room.Presence) []Agent {
	now := r.svc.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Agent, 0, len(h.Agents))
	for _, a := range h.Agents {
		p, ok := presence[a.Seat]
		if m := r.seats[a.Seat]; !ok && a.Seat == you && m != nil {
			p = m.presence // the presence of an agent that is alone is not read
		}
		if !ok {
			p.AtMs = max(p.AtMs, a.AtMs)
		}
		if u, spoke := h.Recent.Said(a.Seat); spoke && u.At.After(p.At()) {
			p.AtMs, p.BackMs = u.At.UnixMilli(), 0 // an agent that speaks is back
		}
		v := Agent{Name: a.Name, Role: a.Role, Muted: a.Muted, You: a.Seat == you, Activity: p.Activity}
		v.Idle, v.State = max(0, now.Sub(p.At())), r.stateOf(h, a, p, now)
		if v.You { // it reads this
			v.Idle, v.State = 0, Waiting
			if now.Before(p.BackAt()) {
				v.State = Away
			}
		}
		if v.State == Away {
			v.BackIn = p.BackAt().Sub(now)
		}
		out = append(out, v)
	}
	return out
}

// stateOf returns what an agent with this presence is doing. r.mu is held.
func (r *liveRoom) stateOf(h *room.Head, a room.Agent, p room.Presence, now time.Time) State {
	if w, open := r.waits[a.Seat]; open {
		return w.state()
	}
	m := r.seats[a.Seat]
	endedHere := m != nil && m.waitedUntil == p.UntilMs
	soon := now.Before(p.WaitsUntil().Add(betweenWaits))
	switch {
	case p.Standby && soon:
		return Standby
	case !endedHere && soon && (p.ForMe || h.NewestWakeup(a.Seat) <= p.Head):
		return Waiting
	case now.Before(p.BackAt()):
		return Away
	}
	return Silent
}

// rosterEvery is how often a quiet result reads the roster, where that costs a
// read.
const rosterEvery = 30 * time.Second

// addRoster adds to the result of a wait who is there, if that has changed since
// the seat's last result. While messages come, it waits for a quieter moment, unless
// an agent came or left.
func (c *caller) addRoster(ctx context.Context, h *room.Head, in *inbox, got *Waited) {
	if !in.moved && (got.Status == StatusMessages || len(h.Agents) < 2 || c.readRosterLately()) {
		return
	}
	view, err := c.room.view(ctx, h, c.agent.Seat)
	if err != nil { // the messages are at hand; the next result has the roster
		if ctx.Err() == nil {
			c.room.svc.log.WarnContext(ctx, "presence not read", "error", err)
		}
		return
	}
	got.OthersIdle, got.OthersAway = absence(view.Agents)
	if !c.room.noteRoster(c.agent.Seat, view.Agents, in.moved) {
		return
	}
	got.Agents, got.Seated = view.Agents, len(view.Agents)
	if got.Seated <= agentsShown {
		return
	}
	got.Agents = nil
	for _, a := range view.Agents {
		if a.You || a.State != Waiting && a.State != Standby {
			continue
		}
		if got.AllWaiting++; len(got.Agents) < agentsShown {
			got.Agents = append(got.Agents, a)
		}
	}
}

// absence returns for how long none of the others has made a call, 0 if one waits;
// and when the first is back, if all are away.
func absence(agents []Agent) (idle, away time.Duration) {
	allAway := true
	for _, a := range agents {
		switch {
		case a.You:
			continue
		case a.State == Waiting || a.State == Standby:
			return 0, 0
		case idle == 0 || a.Idle < idle:
			idle = max(a.Idle, 1)
		}
		allAway = allAway && a.State == Away
		if away == 0 || a.BackIn < away {
			away = a.BackIn
		}
	}
	if !allAway {
		away = 0
	}
	return idle, away
}

// readRosterLately reports whether it is too early to read the roster again, and
// notes that it is read now otherwise.
func (c *caller) readRosterLately() bool {
	r := c.room
	if r.svc.opts.SingleProcess {
		return false
	}
	now := r.svc.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.cached(c.agent.Seat)
	if now.Sub(m.rosterReadAt) < rosterEvery {
		return true
	}
	m.rosterReadAt = now
	return false
}

// noteRoster notes that a seat sees who is there, and reports whether that is new to
// it. If this process does not know what the seat saw last, only an agent that just
// came or left is new.
func (r *liveRoom) noteRoster(seat int, agents []Agent, moved bool) bool {
	now := room.Fingerprint(rosterText(agents), nil)
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.cached(seat)
	before := m.roster
	m.roster = now
	if before == [16]byte{} {
		return moved
	}
	return before != now
}

// rosterText returns what is worth showing of who is there. A pause between two
// waits is not; a lasting silence is.
func rosterText(agents []Agent) string {
	var b strings.Builder
	for _, a := range agents {
		state := a.State
		if state == Waiting || state == Silent && a.Idle < room.GhostSilent || a.You {
			state = "here"
		}
		fmt.Fprintf(&b, "%s\x00%s\x00%t\x00%s\x00%s\x00", a.Name, a.Role, a.Muted, state, a.Activity)
	}
	return b.String()
}
