// Package seating gives newcomers seats: it makes what is written when one takes a seat, gets
// one back, or follows an agent whose lease has ended. Which seat that is, room.Claim decides.
package seating

import (
	"time"

	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// Newcomer is an agent that wants a seat.
type Newcomer struct {
	Room   ident.Name // the room's
	Name   ident.Name // its own
	Secret string     // of its token
	Person bool       // it is a person without an agent

	Asker  ident.Asker
	Caller string // see ident.CallerOf
}

// MayReturn reports whether the newcomer may be an agent that had a seat here, behind which
// is a person: see room.KeepPerson.
func (n Newcomer) MayReturn(h *room.Head, now time.Time) bool {
	return n.Asker.Principal != "" && !n.Person && h.Departed.Matters(now)
}

// Token is what the newcomer gets with a seat.
func (n Newcomer) Token(room string, seat int) ident.Token {
	return ident.Token{Room: room, Seat: seat, Secret: n.Secret, Person: n.Person}
}

// Holder stands for the newcomer in a claim to a seat.
func (n Newcomer) Holder() string { return room.HolderOf(n.Token("", 0)) }

// SeatAt returns the event and the presence of a new seat, as the next event of h.
func (n Newcomer) SeatAt(h *room.Head, now time.Time, since room.Mark, role room.Role) (room.Event, table.Op) {
	a := room.Agent{
		Seat: room.NewSeat(&h.State), Name: n.Name.Shown, Key: n.Name.Key, Role: role,
		Joined: h.AsOf + 1, AtMs: now.UnixMilli(), Since: since,
		Principal: n.Asker.Principal, Owner: n.Asker.Owner, Invite: n.Asker.Invite, Caller: ident.CallerDigest(h.LogKey, n.Caller),
	}
	a = a.HeldBy(n.Holder())
	if role != room.Admin {
		_, a.Muted = room.FindBan(h.Mutes, a.Name)
	}
	p := room.Presence{AtMs: now.UnixMilli(), Read: a.Joined} // the join hands out what came before
	return room.Event{Type: room.Joined, Seat: a.Seat, Name: a.Name, Agent: &a}, roomlog.PutPresence(&h.State, a, p)
}
