package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
)

// A link gives a device of the person behind a seat its own token. The claim in a link works once and is not stored:
// see ident.LinkCode.

// linkTriedEvery is how often a person hears that a used link was opened again. One of the two openers is not the
// person, so the person must know.
const linkTriedEvery = 10 * time.Minute

// ShownLink returns the claim of the unused link to the seat of caller, as caller may see it; "" for none. Once the
// person has opened a link, the agent sees no link: with a link, the agent, or a text in control of the agent, could
// speak as the person.
func (s *State) ShownLink(caller Caller) string {
	link, ok := s.LinkOf(caller.Agent)
	if !ok || caller.Person.HasOpened() && !caller.IsPerson() {
		return ""
	}
	return link.String()
}

// LinkOf returns the claim of the unused link to the seat of a; ok is false if there is none.
func (s *State) LinkOf(a Agent) (c ident.LinkCode, ok bool) {
	p := a.Person
	return s.linkClaim(a, p.Opened), (!p.HasOpened() || p.Adds) && !s.Closed
}

// linkClaim returns the claim of link number to the seat of a.
func (s *State) linkClaim(a Agent, number int) ident.LinkCode {
	return ident.NewLinkCode(s.LogKey, s.ID, a.Seat, a.Joined, number)
}

// KnowsLink reports whether code is the claim of a link to the seat of agent, used or unused.
func (s *State) KnowsLink(agent Agent, code ident.LinkCode) bool {
	for n := agent.Person.Opened; n >= max(0, agent.Person.Opened-core.MaxUsedLinks); n-- {
		if s.linkClaim(agent, n).Is(code) {
			return true
		}
	}
	return false
}

// OpenLink returns the event by which the link of claim code gives a device the token with this hash; nil if the device
// has the token. A link works once. For a used link, err refuses the device, and the event tells the person, at most
// once in linkTriedEvery.
//
// talk: the user behind an agent.
func (s *State) OpenLink(agent Agent, code ident.LinkCode, hash string, now time.Time) (event *Event,
	err *fault.Error) {
	person := agent.Person
	link, open := s.LinkOf(agent)
	switch {
	case slices.Contains(person.Devices, hash):
		return nil, nil
	case open && link.Is(code):
		why := Reason("")
		if person.HasOpened() {
			why = ReasonOpened
		}
		person = person.WithDevice(hash)
		person.Opened, person.Adds = person.Opened+1, false
		return new(agent.Supervise(person, why)), nil
	case !s.KnowsLink(agent, code):
		return nil, RefuseUnknownLink()
	case !person.HasOpened() || now.Sub(time.UnixMilli(person.TriedMs)) < linkTriedEvery:
		return nil, refuseUsedLink()
	}
	person.TriedMs = now.UnixMilli()
	return new(agent.Supervise(person, ReasonTwice)), refuseUsedLink()
}

// RefuseUnknownLink refuses a made-up link, or a link to a seat that its agent has lost.
func RefuseUnknownLink() *fault.Error {
	return fault.Refuse(fault.TokenInvalid, "This link does not lead to a seat in this room, or no longer does: its "+
		"agent has left, or somebody else has the seat. Ask the agent for its newest link. If it has none, you have "+
		"opened one on another device: make a link for this device there.")
}

func refuseUsedLink() *fault.Error {
	return fault.Refuse(fault.NotAllowed, "This link was already opened on another device, and works once. If that "+
		"was you, get a link for this device there. If it was not, somebody else speaks in your place: have your "+
		"agent take another seat, and open its new link at once.")
}

// AddLink returns the event that gives a's person a link for a further device; nil if the person has such a link.
func (a Agent) AddLink() *Event {
	person := a.Person
	if person.Adds {
		return nil
	}
	person.Adds = true
	return new(a.Supervise(person, ""))
}
