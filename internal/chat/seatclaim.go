package chat

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// newcomer is an agent that wants a seat.
type newcomer struct {
	room   ident.Name // the room's
	name   ident.Name // its own
	secret string     // of its token
}

// seatAt returns the event and the presence of a new seat, as the next event of h.
func (n newcomer) seatAt(h *room.Head, now time.Time, since int64, role room.Role) (room.Event, table.Op) {
	a := room.Agent{
		Seat: max(h.NextSeat, 1), Name: n.name.Shown, Key: n.name.Key, Role: role,
		Hash: ident.HashSecret(n.secret), Joined: h.AsOf + 1, AtMs: now.UnixMilli(), Since: since,
	}
	if role != room.Admin {
		_, a.Muted = room.FindBan(h.Mutes, a.Key)
	}
	p := room.Presence{AtMs: now.UnixMilli()}
	return room.Event{Type: room.Joined, Seat: a.Seat, Name: a.Name, Agent: &a}, PutPresence(&h.State, a, p)
}

// Reasons for a join to look again. None of them leaves the package.
var (
	errDeserted         = errors.New("chat: nobody has a seat")
	errPresenceNeeded   = errors.New("chat: presence is needed")
	errPasswordReplaced = errors.New("chat: the password has changed")
)

// seatClaim decides which seat of an existing room a join gets: a free one, that of
// a silent agent with the same name, or one whose lease has ended.
type seatClaim struct {
	newcomer newcomer
	live     *liveRoom
	password string                // the room's hash that was checked
	presence map[int]room.Presence // by seat, once it is needed
	alive    map[int]time.Time     // by seat: the end of a lease that was in the way
	ghost    int                   // the seat of the silent agent with the same name, if looked for
	unread   int64                 // the first event after that agent's last call
}

// look reads the presence of every seat, and who spoke lately.
func (c *seatClaim) look(ctx context.Context) error {
	presence, err := c.live.presence(ctx, table.Strong)
	if err != nil {
		return err
	}
	c.presence = presence
	if err := c.live.log.Recall(ctx, c.live.svc.now().Add(-room.Lease)); err != nil {
		return err
	}
	h := c.live.log.Known()
	old, taken := h.Named(c.newcomer.name.Key)
	if !taken {
		return nil
	}
	c.ghost, c.unread = old.Seat, h.AsOf+2 // nothing is unread by an agent that never called
	if last, used := c.lastHeard(h, old); used {
		c.unread, err = c.live.log.FirstAfter(ctx, last)
	}
	return err
}

// lastHeard returns when an agent made its last known call, and whether its token
// was ever used.
func (c *seatClaim) lastHeard(h *room.Head, a room.Agent) (last time.Time, used bool) {
	p := c.presence[a.Seat] // zero if the lease has ended, or if the agent came after the look
	u, spoke := h.Recent.Said(a.Seat)
	return room.Latest(time.UnixMilli(a.AtMs), p.At(), u.At), spoke || p.Used
}

// blocked notes a seat whose presence was in the way: its agent called meanwhile.
func (c *seatClaim) blocked(x table.Conflict) {
	if seat, _, err := roomlog.SeatOf(x.Key); err == nil && x.Item != nil {
		if c.alive == nil {
			c.alive = map[int]time.Time{}
		}
		c.alive[seat] = x.Item.Expires
	}
}

// propose takes a seat.
func (c *seatClaim) propose(h *room.Head, now time.Time) (roomlog.Change, error) {
	switch {
	case h.Retired, h.Closed, h.Key != c.newcomer.room.Key:
		return roomlog.Change{}, roomlog.ErrNameMoved
	case h.Expired(now), h.Deserted():
		return roomlog.Change{}, errDeserted
	case h.Password != c.password:
		return roomlog.Change{}, errPasswordReplaced
	}
	if _, banned := room.FindBan(h.Bans, c.newcomer.name.Key); banned {
		return roomlog.Change{}, errBanned()
	}
	if old, taken := h.Named(c.newcomer.name.Key); taken {
		return c.replace(h, old, now)
	}
	if len(h.Agents) >= h.Capacity {
		return c.takeOver(h, now)
	}
	return c.sit(h, now, h.VisibleFrom(), nil)
}

// replace takes the seat of a silent agent with the same name. Anyone may claim to
// be that agent. So the newcomer sees what the agent could see only if the agent's
// token was never used, because the reply of its join was lost; else it sees what
// was said since the agent's last call.
func (c *seatClaim) replace(h *room.Head, old room.Agent, now time.Time) (roomlog.Change, error) {
	if c.presence == nil {
		return roomlog.Change{}, errPresenceNeeded
	}
	if wait := c.ghostIn(h, old, now); wait > 0 {
		return roomlog.Change{}, nameTaken(h, wait)
	}
	since := old.Since
	switch end, _ := c.leaseEnd(h, old); {
	case !c.everUsed(h, old, now):
	case h.OpenHistory():
		since = h.VisibleFrom()
	case !end.After(now):
		since = h.AsOf + 2 // a stranger could have its seat by now
	case c.ghost != old.Seat:
		return roomlog.Change{}, errPresenceNeeded
	default:
		since = max(since, c.unread)
	}
	return c.sit(h, now, since, &room.Event{Type: room.Left, Seat: old.Seat, Name: old.Name, Reason: room.ReasonReplaced})
}

// nameTaken refuses a name whose agent may be alive for wait.
func nameTaken(h *room.Head, wait time.Duration) error {
	other := ""
	if len(h.Agents) < h.Capacity {
		other = ", and not under another name, which would take a second seat"
	}
	return fault.RetryLater(fault.NameTaken, wait, "Another agent in this room has this name. If that is not you, choose another agent_name. If it is you, pass only your agent_token to join_room; if you have lost that, do other work and repeat this call in %d seconds, with the same agent_name%s.", seconds(wait), other)
}

// everUsed reports whether the token of a may have been used since its join. Its
// presence shows the first use for a whole lease, and so does what it said.
func (c *seatClaim) everUsed(h *room.Head, a room.Agent, now time.Time) bool {
	_, used := c.lastHeard(h, a)
	_, seen := c.presence[a.Seat]
	shown := room.Lease
	if h.Paired {
		shown = room.PairLease
	}
	return used || !seen && now.Sub(time.UnixMilli(a.AtMs)) >= shown
}

// ghostIn returns how long an agent must remain silent before its name may be
// taken; zero or less if it may be taken now.
func (c *seatClaim) ghostIn(h *room.Head, old room.Agent, now time.Time) time.Duration {
	last, used := c.lastHeard(h, old)
	last = room.Latest(last, c.presence[old.Seat].SilentFrom())
	if used {
		return last.Add(room.GhostSilent).Sub(now)
	}
	return last.Add(room.GhostUnused).Sub(now)
}

// takeOver takes the seat that has been silent longest of those whose lease has
// ended.
func (c *seatClaim) takeOver(h *room.Head, now time.Time) (roomlog.Change, error) {
	if c.presence == nil {
		return roomlog.Change{}, errPresenceNeeded
	}
	var stalest *room.Agent
	var stalestAt, first time.Time
	for i, a := range h.Agents {
		end, last := c.leaseEnd(h, a)
		if end.After(now) {
			if first.IsZero() || end.Before(first) {
				first = end
			}
			continue
		}
		if stalest == nil || last.Before(stalestAt) {
			stalest, stalestAt = &h.Agents[i], last
		}
	}
	if stalest == nil {
		return roomlog.Change{}, roomFull(h, first.Sub(now))
	}
	since := h.AsOf + 2 // the newcomer does not see what was said to the seat's former owner
	if h.OpenHistory() {
		since = h.VisibleFrom()
	}
	return c.sit(h, now, since, &room.Event{Type: room.Left, Seat: stalest.Seat, Name: stalest.Name, Reason: room.ReasonTimeout})
}

// roomFull refuses a join where no lease ends for wait.
func roomFull(h *room.Head, wait time.Duration) error {
	return fault.RetryLater(fault.RoomFull, wait, "All %d seats of this room are taken. If one of them is yours, pass only your agent_token to join_room or, if you have lost that, the agent_name you had. Otherwise agree on another room, or try once more in a minute or two, since the agents there see that a seat is wanted and may make room; a seat whose agent stays silent becomes free in %d seconds at the earliest.", h.Capacity, seconds(wait))
}

// leaseEnd returns when the seat of a may be taken, and when a made its last known
// call.
func (c *seatClaim) leaseEnd(h *room.Head, a room.Agent) (end, last time.Time) {
	p, seen := c.presence[a.Seat]
	if !seen { // expired, perhaps as that of a member that has become admin since
		p = room.Presence{AtMs: max(a.AtMs, a.RoleMs)}
	}
	if u, spoke := h.Recent.Said(a.Seat); spoke && u.At.After(p.At()) {
		p.AtMs, p.Used = u.At.UnixMilli(), true
	}
	return room.Latest(h.LeaseEnd(a.Role, p), c.alive[a.Seat]), p.At()
}

// sit returns the change that seats the agent, after gone has freed its seat.
func (c *seatClaim) sit(h *room.Head, now time.Time, since int64, gone *room.Event) (roomlog.Change, error) {
	if h.NextSeat > ident.MaxSeat {
		return roomlog.Change{}, fault.Refuse(fault.RoomFull, "This room has given out all the seats it ever can. Agree on a new room.")
	}
	var ch roomlog.Change
	role, n := room.Member, h.AsOf+1
	if gone != nil {
		n++
		gone.Promoted = h.Successor(gone.Seat)
		ch.Events = append(ch.Events, *gone)
		ch.Ops = vacate(h.ID, *gone, now)
		if len(h.Agents) == 1 {
			role = room.Admin
		}
	} else if len(h.Agents) == 0 {
		role = room.Admin
	}
	e, op := c.newcomer.seatAt(h, now, since, role)
	e.Agent.Joined = n
	ch.Events = append(ch.Events, e)
	ch.Ops = append(ch.Ops, op)
	return ch, nil
}

// vacate returns the ops that delete the presence of a seat's former owner and
// store why the seat is gone. If the lease has ended, the owner must not have
// called again.
func vacate(id string, gone room.Event, now time.Time) []table.Op {
	cond := table.Always
	if gone.Reason == room.ReasonTimeout {
		cond = table.IfAbsent
	}
	return []table.Op{
		table.Delete(roomlog.PresenceKey(id, gone.Seat), cond),
		table.Put(table.Item{
			Key: roomlog.GoneKey(id, gone.Seat), Expires: now.Add(room.Life),
			Data: roomlog.Encode(goneItem{V: room.Version, Reason: gone.Reason}),
		}, table.Always),
	}
}

// expiry returns when the lease of a has ended for the table, too, whose grain is a
// second.
func (c *seatClaim) expiry(h *room.Head, a room.Agent) time.Time {
	end, _ := c.leaseEnd(h, a)
	return ceilSecond(end)
}

// dismiss gives up the seat of one agent whose lease has ended. If the agent calls
// meanwhile, its presence is in the way.
func (c *seatClaim) dismiss(h *room.Head, now time.Time) (roomlog.Change, error) {
	if h.Closed || h.Expired(now) {
		return roomlog.Change{}, nil
	}
	for _, a := range h.Agents {
		if c.expiry(h, a).After(now) {
			continue
		}
		gone := room.Event{Type: room.Left, Seat: a.Seat, Name: a.Name, Reason: room.ReasonTimeout, Promoted: h.Successor(a.Seat)}
		return roomlog.Change{Events: []room.Event{gone}, Ops: vacate(h.ID, gone, now)}, nil
	}
	return roomlog.Change{}, nil
}
