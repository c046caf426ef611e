package chat

import (
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// newcomer is an agent that wants a seat.
type newcomer struct {
	Room   ident.Name  // the room's
	Name   ident.Name  // its own
	Token  ident.Token // what it gets with a seat, but for room and seat
	Holder room.Holder // of that

	By     ident.Principal
	Caller string // see ident.ClientKey
}

// MayReturn reports whether the newcomer may be an agent that had a seat here, behind which
// is a person: see room.KeepPerson.
func (n newcomer) MayReturn(h *room.Head, now time.Time) bool {
	return n.By.ID != "" && !n.Holder.Person && h.Departed.Matters(now)
}

// TokenFor returns what the newcomer gets with a seat of the room with an id.
func (n newcomer) TokenFor(room string, seat int) ident.Token {
	n.Token.Room, n.Token.Seat = room, seat
	return n.Token
}

// SeatAt returns the event and the presence of a new seat, as the next event of h.
func (n newcomer) SeatAt(h *room.Head, now time.Time, since room.Mark, role room.Role) (room.Event, table.Op) {
	a := room.Agent{
		Seat: h.NewSeat(), Name: n.Name.Shown, Key: n.Name.Key, Role: role,
		Joined: h.AsOf + 1, AtMs: now.UnixMilli(), Since: since,
		Principal: n.By.ID, SignIn: n.By.SignIn, Owner: n.By.Owner, Invite: n.By.Invite,
		TakenFrom: ident.CallerDigest(h.LogKey, n.Caller),
	}
	a = a.HeldBy(n.Holder)
	if role != room.Admin {
		_, a.Muted = room.FindBan(h.Mutes, a.Name)
	}
	p := room.Presence{AtMs: now.UnixMilli(), Read: a.Joined} // the join hands out what came before
	return a.Join(), roomlog.PutPresence(h.ID, a, p)
}

// Reasons for a join to look again.
var (
	errDeserted         = errors.New("seating: nobody has a seat")
	errPasswordReplaced = errors.New("seating: the password has changed")
	errPersonNeeded     = errors.New("seating: who was behind the agent must be read")
)

// seatProposal is a newcomer's claim to a seat of a room that there is.
type seatProposal struct {
	room.SeatRequest
	Newcomer newcomer
	Password string // the room's hash that was checked
	Full     error  // why there is no new seat, for want of space; one's own is regained

	// Kept is who was behind the newcomer's last seat, as was read when KeptAsOf was the last
	// departure; nil if nobody is known.
	Kept     *room.Person
	KeptAsOf int64
	unkept   table.Key // of the item that must be absent if Kept is nil
}

// Blocked notes a seat whose presence was in the way: its agent called meanwhile. Or a departure was read in part, and
// who was behind the newcomer must be read again.
func (c *seatProposal) Blocked(x table.Conflict) {
	if x.Key == c.unkept {
		c.KeptAsOf = 0
		return
	}
	if seat, _, err := roomlog.SeatOf(x.Key); err == nil && x.Item != nil {
		if c.Alive == nil {
			c.Alive = map[int]time.Time{}
		}
		c.Alive[seat] = x.Item.Expires
	}
}

// Propose takes a seat.
func (c *seatProposal) Propose(h *room.Head, now time.Time) (roomlog.Change, error) {
	switch {
	case h.Retired, h.Closed, h.Key != c.Newcomer.Room.Key:
		return roomlog.Change{}, roomlog.ErrNameMoved
	case h.Expired(now):
		return roomlog.Change{}, errDeserted
	case c.Newcomer.MayReturn(h, now) && c.KeptAsOf != h.Departed.N:
		return roomlog.Change{}, errPersonNeeded
	case h.Deserted() && c.Kept == nil:
		return roomlog.Change{}, errDeserted
	case !c.Newcomer.By.IsGuest() && h.Password != c.Password:
		return roomlog.Change{}, errPasswordReplaced
	}
	s, err := c.Decide(h, now)
	if err != nil {
		return roomlog.Change{}, err
	}
	var ch roomlog.Change
	if s.Regained != nil {
		s.Regained.SignIn = c.Newcomer.By.SignIn
		ch.Events = []room.Event{s.Regained.Regain()}
		ch.Ops = []table.Op{roomlog.PutPresence(h.ID, *s.Regained,
			room.Presence{AtMs: now.UnixMilli(), Read: max(c.Presence[s.Regained.Seat].Read, s.Regained.Joined)})}
		return ch, nil
	}
	if c.Full != nil {
		return roomlog.Change{}, c.Full
	}
	staying := len(h.Agents)
	if s.Eviction != nil {
		ch.Events = append(ch.Events, *s.Eviction)
		ch.Ops = roomlog.Vacate(&h.State, *s.Eviction, table.IfAbsent, now)
		staying--
	}
	role := room.Member
	if staying == 0 {
		role = room.Admin
	}
	e, op := c.Newcomer.SeatAt(h, now, s.Since, role)
	e.Agent.Joined += int64(len(ch.Events))
	e.Invite = s.Invite
	switch {
	case c.Kept != nil:
		e.Agent.Person = *c.Kept
	case c.Newcomer.MayReturn(h, now): // a read may show an event before what was written with it
		c.unkept = roomlog.KeptKey(h.ID, c.Principal, c.Name.Key)
		ch.Ops = append(ch.Ops, table.Delete(c.unkept, table.IfAbsent))
	}
	ch.Events, ch.Ops = append(ch.Events, e), append(ch.Ops, op)
	return ch, nil
}
