// Package link decides which links let the person behind a seat get tokens of its own, one
// for each device. A link is a claim, which works once and is not stored: see ident.Claim.
package link

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
)

// triedEvery is how often a person hears that a used link was opened.
const triedEvery = 10 * time.Minute

// Shown returns the claim of the link that can be opened for the seat of a, as a may see it;
// "" if there is none. The agent sees none once its person has opened one: with it, it could
// speak as that person.
func Shown(s *room.State, a room.Agent) string {
	c, ok := Of(s, a)
	if !ok || a.Person.HasOpened() && !a.IsPerson() {
		return ""
	}
	return c.String()
}

// Of returns the claim of the link that can be opened for the seat of a; ok is false if
// there is none.
func Of(s *room.State, a room.Agent) (c ident.Claim, ok bool) {
	p := a.Person
	return claimOf(s, a, p.Opened), (!p.HasOpened() || p.Adds) && !s.Closed
}

// claimOf returns the claim of a link of a by its number.
func claimOf(s *room.State, a room.Agent, number int) ident.Claim {
	return ident.NewClaim(s.LogKey, s.ID, a.Seat, a.Joined, number)
}

// Knows reports whether c is the claim of a link of the seat of a, perhaps of one that was
// opened.
func Knows(s *room.State, a room.Agent, c ident.Claim) bool {
	for n := a.Person.Opened; n >= max(0, a.Person.Opened-maxOld); n-- {
		if claimOf(s, a, n).Is(c) {
			return true
		}
	}
	return false
}

// maxOld is how many used links of a seat are told from made-up ones.
const maxOld = 16

// Open returns the event by which the link of claim c gives a device its token, whose hash
// it is; nil if the device has it. If the link was used before, the event tells that to the
// person, if it has not been told lately, and err says so to the device.
func Open(s *room.State, a room.Agent, c ident.Claim, hash string, now time.Time) (e *room.Event, err *fault.Error) {
	p := a.Person
	link, open := Of(s, a)
	switch {
	case slices.Contains(p.Devices, hash):
		return nil, nil
	case open && link.Is(c):
		why := room.Reason("")
		if p.HasOpened() {
			why = room.ReasonOpened
		}
		p = p.WithDevice(hash)
		p.Opened, p.Adds = p.Opened+1, false
		return new(room.Steer(a, p, why)), nil
	case !Knows(s, a, c):
		return nil, refuseUnknown()
	case !p.HasOpened() || now.Sub(time.UnixMilli(p.TriedMs)) < triedEvery:
		return nil, refuseUsed()
	}
	p.TriedMs = now.UnixMilli()
	return new(room.Steer(a, p, room.ReasonTwice)), refuseUsed()
}

// refuseUnknown refuses a link of a seat that its agent has no more.
func refuseUnknown() *fault.Error {
	return fault.Refuse(fault.TokenInvalid, "This link is not, or no longer, one of a seat in this room: its agent has left it, or somebody else has the seat. Ask the agent for its newest link; if it has none, its person opened one before, and on that device you make a link for this one.")
}

func refuseUsed() *fault.Error {
	return fault.Refuse(fault.NotAllowed, "This link was already opened on another device, and works once. If that was you, get a link for this device there. If it was not, somebody else speaks in your place: have your agent join under another agent_name, and open the link that it then gets at once.")
}

// AddLink returns the event after which the person behind a has a link for a further device;
// nil if it has one.
func AddLink(a room.Agent) *room.Event {
	p := a.Person
	if p.Adds {
		return nil
	}
	p.Adds = true
	return new(room.Steer(a, p, ""))
}
