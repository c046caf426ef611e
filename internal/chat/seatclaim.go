package chat

import (
	"context"
	"errors"
	"slices"
	"time"

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
	person bool       // it is a person without an agent

	asker  ident.Asker
	caller string // see ident.CallerOf
}

// token is what the newcomer gets with a seat.
func (n newcomer) token(room string, seat int) ident.Token {
	return ident.Token{Room: room, Seat: seat, Secret: n.secret, Person: n.person}
}

// holder stands for the newcomer in a claim to a seat.
func (n newcomer) holder() string { return room.HolderOf(n.token("", 0)) }

// seatAt returns the event and the presence of a new seat, as the next event of h.
func (n newcomer) seatAt(h *room.Head, now time.Time, since room.Mark, role room.Role) (room.Event, table.Op) {
	a := room.Agent{
		Seat: room.NewSeat(&h.State), Name: n.name.Shown, Key: n.name.Key, Role: role,
		Joined: h.AsOf + 1, AtMs: now.UnixMilli(), Since: since,
		Principal: n.asker.Principal, Owner: n.asker.Owner, Guest: n.asker.IsGuest(), Caller: ident.CallerDigest(h.LogKey, n.caller),
	}
	a = a.HeldBy(n.holder())
	if role != room.Admin {
		_, a.Muted = room.FindBan(h.Mutes, a.Name)
	}
	p := room.Presence{AtMs: now.UnixMilli(), Read: a.Joined} // the join hands out what came before
	return room.Event{Type: room.Joined, Seat: a.Seat, Name: a.Name, Agent: &a}, roomlog.PutPresence(&h.State, a, p)
}

// Reasons for a join to look again. Neither leaves the package.
var (
	errDeserted         = errors.New("chat: nobody has a seat")
	errPasswordReplaced = errors.New("chat: the password has changed")
)

// maxFormer is how many former seats of its name an agent has at most.
const maxFormer = 16

// seatClaim is a newcomer's claim to a seat.
type seatClaim struct {
	room.Claim
	newcomer newcomer
	password string // the room's hash that was checked
}

// signsOfLife returns the presence of every seat, and lets the head know who spoke in
// the time of a lease.
func (r *liveRoom) signsOfLife(ctx context.Context, lease time.Duration) (map[int]room.Presence, error) {
	since := r.svc.now().Add(-lease)
	presence, _, err := r.agents.Presence(ctx, table.Strong)
	if err != nil {
		return nil, err
	}
	return presence, r.log.Recall(ctx, since)
}

// blocked notes a seat whose presence was in the way: its agent called meanwhile.
func (c *seatClaim) blocked(x table.Conflict) {
	if seat, _, err := roomlog.SeatOf(x.Key); err == nil && x.Item != nil {
		if c.Alive == nil {
			c.Alive = map[int]time.Time{}
		}
		c.Alive[seat] = x.Item.Expires
	}
}

// propose takes a seat.
func (c *seatClaim) propose(h *room.Head, now time.Time) (roomlog.Change, error) {
	switch {
	case h.Retired, h.Closed, h.Key != c.newcomer.room.Key:
		return roomlog.Change{}, roomlog.ErrNameMoved
	case h.Expired(now), h.Deserted():
		return roomlog.Change{}, errDeserted
	case !c.newcomer.asker.IsGuest() && h.Password != c.password:
		return roomlog.Change{}, errPasswordReplaced
	}
	s, err := c.Decide(h, now)
	if err != nil {
		return roomlog.Change{}, err
	}
	var ch roomlog.Change
	if s.Regained != nil {
		ch.Events = []room.Event{{Type: room.Joined, Seat: s.Regained.Seat, Name: s.Regained.Name, Agent: s.Regained, Regains: true, Reason: room.ReasonReturned}}
		ch.Ops = []table.Op{roomlog.PutPresence(&h.State, *s.Regained, room.Presence{AtMs: now.UnixMilli(), Read: max(c.Presence[s.Regained.Seat].Read, s.Regained.Joined)})}
		return ch, nil
	}
	staying := len(h.Agents)
	if s.Gone != nil {
		ch.Events, ch.Ops = append(ch.Events, *s.Gone), roomlog.Vacate(&h.State, *s.Gone, now)
		staying--
	}
	role := room.Member
	taken := staying > 0 && room.WasTaken(&h.State, c.newcomer.name.Key, now)
	if staying == 0 && s.Replaces == nil { // whoever took a name without proof never gets a role by it
		role = room.Admin
	}
	e, op := c.newcomer.seatAt(h, now, s.Since, role)
	e.Agent.Joined += int64(len(ch.Events))
	if c.Invite != 0 && (s.Replaces == nil || !s.Replaces.Guest) {
		e.Invite = h.Invite.Used()
	}
	if taken || s.Replaces != nil {
		e.Agent.ReplacedMs = now.UnixMilli()
	}
	if old := s.Replaces; old != nil {
		e.Agent.FormerSince = old.FirstSeen()
		e.Agent.Former = append(slices.Clone(old.Former[max(0, len(old.Former)-maxFormer+1):]), old.Seat)
	}
	ch.Events, ch.Ops = append(ch.Events, e), append(ch.Ops, op)
	return ch, nil
}

// dismiss frees the seat of one agent whose lease has ended. If the agent calls
// meanwhile, its presence is in the way.
func (c *seatClaim) dismiss(h *room.Head, now time.Time) (roomlog.Change, error) {
	if h.Closed || h.Expired(now) {
		return roomlog.Change{}, nil
	}
	gone := c.Dismiss(h, now)
	if gone == nil {
		return roomlog.Change{}, nil
	}
	return roomlog.Change{Events: []room.Event{*gone}, Ops: roomlog.Vacate(&h.State, *gone, now)}, nil
}
