package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/view"
)

// view returns the room as you sees it, an agent or the person behind it.
func (r *liveRoom) view(ctx context.Context, h *room.Head, you room.Agent) (view.Room, error) {
	var presence map[int]room.Presence
	var people map[int]time.Time
	if alone := h.Others(you.Seat) == 0; !alone || you.Person.HasOpened() {
		var err error
		if presence, people, err = r.agents.Presence(ctx, table.Eventual); err != nil {
			return view.Room{}, err
		}
	}
	shown := view.RoomOf(h)
	shown.Agents = view.Roster{
		Head: h, You: you.Seat, Person: you.IsPerson() && !you.IsAlone(), BackAt: r.agents.BackAt(you.Seat), Presence: presence, People: people, Unread: r.log.Seats().Unread, Now: r.svc.now(),
	}.Agents()
	return shown, nil
}

// addRoster adds to the result of a wait who is there, if that has changed since
// the seat's last result. While messages come, it waits for a quieter moment, unless
// an agent came or left.
func (c *caller) addRoster(ctx context.Context, h *room.Head, in *inbox, got *Waited) {
	if !in.alone && !in.moved && (got.Status == StatusMessages || len(h.Agents) < 2 || c.room.agents.ReadRosterLately(c.agent)) {
		return
	}
	shown, err := c.room.view(ctx, h, c.agent)
	if err != nil { // the messages are at hand; the next result has the roster
		if ctx.Err() == nil {
			c.room.svc.log.WarnContext(ctx, "presence not read", "error", err)
		}
		return
	}
	got.Others = h.Others(c.agent.Seat) // of the same moment
	got.OthersIdle, got.OthersAway = view.Absence(shown.Agents)
	if !c.room.agents.NoteRoster(c.agent, room.Fingerprint(room.Event{Text: view.RosterText(shown.Agents)}), in.moved) && !in.alone {
		return
	}
	got.Seated = len(shown.Agents)
	got.Agents, got.AllWaiting = view.Crowd(shown.Agents)
}
