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
	Room   ident.Name       // of the room
	Name   ident.Name       // of the newcomer
	Token  ident.Token      // becomes the agent token once a room and a seat are set
	Holder room.HashedToken // of Token

	By        ident.Principal
	ClientKey string // see ident.ClientKey
}

// MayReturn reports whether the newcomer may have had a seat here with a person behind it: see room.KeepPerson.
func (n newcomer) MayReturn(head *room.Head, now time.Time) bool {
	return n.By.ID != "" && !n.Holder.Person && head.Departed.Matters(now)
}

// TokenFor returns the newcomer's token for a seat of a room.
func (n newcomer) TokenFor(room string, seat int) ident.Token {
	n.Token.Room, n.Token.Seat = room, seat
	return n.Token
}

// SeatAt returns the join, as the next event of head, and the presence of a new seat.
func (n newcomer) SeatAt(head *room.Head, now time.Time, since room.Mark, role room.Role) (room.Event, table.Op) {
	agent := room.Agent{
		Seat: head.NewSeat(), Name: n.Name.Shown, Key: n.Name.Key, Role: role,
		Joined: head.AsOf + 1, AtMs: now.UnixMilli(), Since: since,
		Principal: n.By.ID, SignIn: n.By.SignIn, Owner: n.By.Owner, Invite: n.By.Invite,
		TakenFrom: ident.CallerDigest(head.LogKey, n.ClientKey),
	}
	agent = agent.WithToken(n.Holder)
	if role != room.Admin {
		_, agent.Muted = room.FindBan(head.Mutes, agent.Name)
	}
	p := room.Presence{AtMs: now.UnixMilli(), Read: agent.Joined} // the join hands out what came before
	return agent.Join(), roomlog.PutPresence(head.ID, agent, p)
}

// errDeserted reports that the room starts over, since nobody has a seat.
var errDeserted = errors.New("seating: nobody has a seat")

// seatProposal proposes a seat for a newcomer in an existing room.
type seatProposal struct {
	room.SeatRequest
	Newcomer     newcomer
	PasswordHash string // of the room, as checked
	NoSpace      error  // the refusal of a new seat if the disk is full; a newcomer may still regain a seat

	// LastPerson is the person behind the newcomer's last seat, or nil, as read when LastPersonAsOf was the last
	// departure.
	LastPerson     *room.Person
	LastPersonAsOf int64
}

// Propose proposes the join: a regained seat, or a new seat, if need be after an eviction. Agents whose presence was in
// the way have called meanwhile. If the item of a kept person was, the departure was read without its person.
func (c *seatProposal) Propose(at roomlog.Place) (roomlog.Change, error) {
	head, now, wanted := at.Head, at.Now, c.SeatRequest
	wanted.LeaseEnds = map[int]time.Time{}
	kept, wasKept := roomlog.KeptKey(head.ID, c.Principal, c.Name.Key), false
	for _, x := range at.Blocked {
		wasKept = wasKept || x.Key == kept
		if seat, _, err := roomlog.SeatOf(x.Key); err == nil && x.Item != nil {
			wanted.LeaseEnds[seat] = x.Item.Expires
		}
	}
	switch {
	case head.Retired, head.Closed, head.Key != c.Newcomer.Room.Key:
		return roomlog.Change{}, roomlog.ErrNameMoved
	case head.Expired(now):
		return roomlog.Change{}, errDeserted
	case c.Newcomer.MayReturn(head, now) && (c.LastPersonAsOf != head.Departed.N || wasKept):
		return roomlog.Change{}, needPerson
	case head.Deserted() && c.LastPerson == nil:
		return roomlog.Change{}, errDeserted
	case !c.Newcomer.By.IsGuest() && head.Password != c.PasswordHash:
		return roomlog.Change{}, needPassword
	}
	s, err := wanted.Decide(head, now)
	if errors.Is(err, room.ErrPresenceNeeded) {
		err = needPresence
	}
	if err != nil {
		return roomlog.Change{}, err
	}
	var ch roomlog.Change
	if s.Regained != nil {
		s.Regained.SignIn = c.Newcomer.By.SignIn
		ch.Events = []room.Event{s.Regained.Regain()}
		ch.Ops = []table.Op{roomlog.PutPresence(head.ID, *s.Regained,
			room.Presence{AtMs: now.UnixMilli(), Read: max(c.Presence[s.Regained.Seat].Read, s.Regained.Joined)})}
		return ch, nil
	}
	if c.NoSpace != nil {
		return roomlog.Change{}, c.NoSpace
	}
	staying := len(head.Agents)
	if s.Eviction != nil {
		ch.Events = append(ch.Events, *s.Eviction)
		ch.Ops = roomlog.Vacate(&head.State, *s.Eviction, table.IfAbsent, now)
		staying--
	}
	role := room.Member
	if staying == 0 {
		role = room.Admin
	}
	event, op := c.Newcomer.SeatAt(head, now, s.Since, role)
	event.Agent.Joined += int64(len(ch.Events))
	event.Invite = s.Invite
	switch {
	case c.LastPerson != nil:
		event.Agent.Person = *c.LastPerson
	case c.Newcomer.MayReturn(head, now): // a read may show an event before the rest of its Write
		ch.Ops = append(ch.Ops, table.Delete(kept, table.IfAbsent))
	}
	ch.Events, ch.Ops = append(ch.Events, event), append(ch.Ops, op)
	return ch, nil
}
