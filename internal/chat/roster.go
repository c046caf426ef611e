package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/view"
)

// view returns the room as the agent of the seat you sees it. you is 0 for a
// caller without a seat.
func (r *liveRoom) view(ctx context.Context, h *room.Head, you int) (view.Room, error) {
	var presence map[int]room.Presence
	if len(h.Agents) > 1 || len(h.Agents) == 1 && h.Agents[0].Seat != you {
		var err error
		if presence, err = r.presence(ctx, table.Eventual); err != nil {
			return view.Room{}, err
		}
	}
	shown := view.RoomOf(h)
	shown.Agents = view.Roster{
		Head: h, You: you, BackAt: r.backAt(you), Presence: presence, Unread: r.log.Seats().Unread, Now: r.svc.now(),
	}.Agents()
	return shown, nil
}

// backAt returns the announced return of a seat; zero if this process knows of none.
func (r *liveRoom) backAt(seat int) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.seats[seat]; m != nil {
		return m.presence.BackAt()
	}
	return time.Time{}
}

// rosterEvery is how often a quiet result reads the roster, where that costs a
// read.
const rosterEvery = 30 * time.Second

// addRoster adds to the result of a wait who is there, if that has changed since
// the seat's last result. While messages come, it waits for a quieter moment, unless
// an agent came or left.
func (c *caller) addRoster(ctx context.Context, h *room.Head, in *inbox, got *Waited) {
	if !in.alone && !in.moved && (got.Status == StatusMessages || len(h.Agents) < 2 || c.readRosterLately()) {
		return
	}
	shown, err := c.room.view(ctx, h, c.agent.Seat)
	if err != nil { // the messages are at hand; the next result has the roster
		if ctx.Err() == nil {
			c.room.svc.log.WarnContext(ctx, "presence not read", "error", err)
		}
		return
	}
	got.Others = h.Others(c.agent.Seat) // of the same moment
	got.OthersIdle, got.OthersAway = view.Absence(shown.Agents)
	if !c.room.noteRoster(c.agent.Seat, shown.Agents, in.moved) && !in.alone {
		return
	}
	got.Agents, got.Seated = shown.Agents, len(shown.Agents)
	if got.Seated <= view.AgentsShown {
		return
	}
	got.Agents = nil
	for _, a := range shown.Agents {
		if a.You || a.State != view.Waiting && a.State != view.Standby {
			continue
		}
		if got.AllWaiting++; len(got.Agents) < view.AgentsShown {
			got.Agents = append(got.Agents, a)
		}
	}
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
func (r *liveRoom) noteRoster(seat int, agents []view.Agent, moved bool) bool {
	now := room.Fingerprint(room.Event{Text: view.RosterText(agents)})
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
