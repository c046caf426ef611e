package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// Role is what an agent may do in its room.
type Role string

// The roles.
const (
	Admin  Role = "admin"
	Member Role = "member"
)

// Agent is an agent with a seat.
type Agent struct {
	Seat   int    `json:"seat"` // never another agent's in the room: see NewSeat
	Name   string `json:"name"`
	Key    string `json:"key"` // of the name
	Role   Role   `json:"role"`
	Hash   string `json:"hash"`              // ident.HashSecret of the token's secret; empty where IsPersonOnly
	Joined int64  `json:"n"`                 // the event of the join
	AtMs   int64  `json:"at"`                // the time of the join
	RoleMs int64  `json:"role_at,omitempty"` // when the agent became admin, if later
	Since  Mark   `json:"from"`              // the first event visible to the agent
	Muted  bool   `json:"muted,omitempty"`

	// Principal is who took the seat: see ident.Principal. Empty means unknown.
	Principal string `json:"who,omitempty"`
	// SignIn is the id of the sign-in by which Principal took or regained the seat; "" for none.
	SignIn string `json:"sign_in,omitempty"`
	// Owner is the label of the key of Principal, for others to see.
	Owner string `json:"owner,omitempty"`
	// Invite is the number of the invite that gave the seat; 0 for none.
	Invite int `json:"invited,omitempty"`
	// TakenFrom is a digest of the caller that took the seat: see ident.CallerDigest. Empty means unknown.
	TakenFrom string `json:"by,omitempty"`

	Person Person `json:"person,omitzero"` // behind the agent
	Hooks  []Hook `json:"hooks,omitempty"` // in the order of their begin

	Written int64 `json:"-"` // the event that last wrote the agent: see Part
}

// IsGuest reports whether an invite admitted a.
func (a Agent) IsGuest() bool { return a.Invite != 0 }

// IsInviteOnly reports whether nothing but an invite admitted a.
func (a Agent) IsInviteOnly() bool { return a.IsGuest() && a.Principal == "" }

// NeedsInvite reports whether only a new invite brings a back, whose seat is gone: an invite without further seats
// admitted a, and a has no key, or was never asked for the password.
func (s *State) NeedsInvite(a Agent, now time.Time) bool {
	return (a.IsInviteOnly() || a.IsGuest() && s.Password != "") && !s.givesSeat(a.Invite, now)
}

// givesSeat reports whether the invite with a number gives another seat. An invite to a deserted room has ended.
func (s *State) givesSeat(number int, now time.Time) bool {
	return number == s.Invite.Number && s.Invite.GivesSeat(now) && !s.Deserted()
}

// IsUnadmitted reports whether neither a key, an account nor an invite admitted a: a took its seat when the server
// asked for none.
func (a Agent) IsUnadmitted() bool { return !a.IsGuest() && ident.KeyOf(a.Principal) == "" }

// Admit returns the event by which the key or account of by admits a, which keeps its token and all else.
func (a Agent) Admit(by ident.Principal) Event {
	a.Principal, a.Owner, a.SignIn = by.ID, by.Owner, by.SignIn
	return a.Regain()
}

// Seated returns the agent of a seat.
func (s *State) Seated(seat int) (Agent, bool) {
	for i := range s.Agents { // by index: an Agent is large
		if s.Agents[i].Seat == seat {
			return s.Agents[i], true
		}
	}
	return Agent{}, false
}

// Named returns the agent whose name has the key.
func (s *State) Named(key string) (Agent, bool) {
	i := slices.IndexFunc(s.Agents, func(agent Agent) bool { return agent.Key == key })
	if i < 0 {
		return Agent{}, false
	}
	return s.Agents[i], true
}

// CallerByToken returns the caller with token. A stay belongs to the agent that joined with the event
// of the stay, whatever token that agent has since, and never to a person. If the seat of a person's token is
// gone, the person is behind the seat that the agent has taken since: see KeepPerson.
func (s *State) CallerByToken(token HashedToken) (Caller, bool) {
	own, ok := s.Seated(token.Seat)
	if token.Joined != 0 {
		return Caller{Agent: own}, ok && !own.IsPersonOnly() && s.IssuedStay(token)
	}
	if !token.Person {
		return Caller{Agent: own}, ok && token.Has(own.Hash)
	}
	has := func(agent Agent) bool { return slices.Contains(agent.Person.Devices, token.Hash) }
	if !has(own) {
		i := slices.IndexFunc(s.Agents, has)
		if i < 0 {
			return Caller{}, false
		}
		own = s.Agents[i]
	}
	return Caller{Agent: own, Device: token.Hash}, true
}

// IssuedStay reports whether the room has issued the stay of x. The agent of the stay may have left since.
func (s *State) IssuedStay(x HashedToken) bool {
	return x.Joined != 0 && x.Has(ident.HashSecret(ident.NewStay(s.LogKey, s.ID, x.Seat, x.Joined).Secret))
}

// Viewer returns the agent of the view v: the agent that joined with the view's event. See ident.NewView.
func (s *State) Viewer(v ident.View) (Caller, bool) {
	own, ok := s.Seated(v.Seat)
	return Caller{Agent: own}, ok && !own.IsPersonOnly() && own.Joined == v.Joined && v.Of(s.LogKey)
}

// Others counts the agents in other seats.
func (s *State) Others(seat int) int {
	if _, here := s.Seated(seat); here {
		return len(s.Agents) - 1
	}
	return len(s.Agents)
}

// Silenced reports whether the seated agent a may only listen: muted agents and members of a channel see
// everything and may not speak.
func (s *State) Silenced(a Agent) bool {
	return a.Muted || s.Type == Channel && a.Role != Admin
}

// SilencedSeat reports whether the agent of a seat may only listen.
func (s *State) SilencedSeat(seat int) bool {
	a, here := s.Seated(seat)
	return here && s.Silenced(a)
}

// Deserted reports whether the next join starts the room over: nobody has a seat, and no password keeps
// strangers from inheriting the talk.
func (s *State) Deserted() bool { return len(s.Agents) == 0 && s.Password == "" }

// Join returns the event by which a takes its seat.
func (a Agent) Join() Event { return Event{Type: Joined, Seat: a.Seat, Name: a.Name, Agent: &a} }

// Regain returns the event by which a gets its seat again, under a new token.
func (a Agent) Regain() Event {
	e := a.Join()
	e.Regains, e.Reason = true, ReasonReturned
	return e
}

// Pair returns the event after which the first two agents of a room from a queue talk.
func Pair() Event { return Event{Type: Paired} }

// Retire returns the last event of a log; the name of the room starts over with another log. why is empty, or
// ReasonBegunAnew.
func Retire(why Reason) Event { return Event{Type: Retired, Reason: why} }

// Free returns the event that frees the seat of a.
func (a Agent) Free(why Reason) *Event {
	return &Event{Type: Left, Seat: a.Seat, Name: a.Name, Reason: why}
}

// Evict returns the event by which another agent gets the seat of a, whose lease has ended.
func (l Liveness) Evict(head *Head, a Agent, now time.Time) *Event {
	event := a.Free(ReasonTimeout)
	event.Promoted = l.Heir(head, a.Seat, now)
	return event
}

// Leave returns the event by which c gives up its seat.
func (l Liveness) Leave(head *Head, c Caller, now time.Time) Event {
	event := *c.Agent.Free(ReasonLeft)
	event.Promoted = l.Heir(head, c.Seat, now)
	c.sign(&event)
	return event
}

// Way is how an agent without a seat takes one in its room again. The zero value is by the name of the room. A seat
// that is given up does not go back to its invite: 52 joins and leaves ran in one second through an invite for one.
type Way struct {
	Invite   bool // by an invite alone
	Guest    bool // an invite gave the agent its seat, which took no password
	Seats    bool // that invite gives another seat
	Password bool // the room has a password
	Full     bool // no seat is free
	Renamed  bool // another agent may have the name
}

// WayBack returns the way of an agent that calls as by. by has no key if it shows nothing but an
// invite, or the token of a seat that an invite gave.
func (s *State) WayBack(by ident.Principal, now time.Time) Way {
	return Way{Invite: by.Room != "" && by.ID == "", Seats: s.givesSeat(by.Invite, now), Password: s.Password != "",
		Full: len(s.Agents) >= s.Capacity}
}

// Needs returns what an agent needs to come back that it may not have: it reads so before it leaves. It returns "" for
// nothing.
func (w Way) Needs() string {
	switch {
	case w.Invite && w.Seats:
		return "another seat of your invite"
	case w.Invite:
		return "a new invite"
	case w.Guest && w.Password:
		return "the room's password or an invite"
	}
	return ""
}

// String tells the agent how it comes back, as the end of a sentence.
func (w Way) String() string {
	name, when, more := "agent_name", "", ""
	if w.Renamed {
		name = "an agent_name that is free there"
	}
	if w.Full {
		when = "once a seat is free, "
	}
	if w.Password {
		more = ", and with the room's password or an invite"
	}
	switch {
	case w.Invite && w.Seats:
		return when + "join by your invite again, which has seats left"
	case w.Invite:
		return "you need a new invite: ask the one who gave you yours"
	}
	return when + "call join_room with room and " + name + more
}

// RefuseRemoved refuses the token of a seat that the agent has lost. way is how the agent comes back.
func RefuseRemoved(why Reason, way Way) *fault.Error {
	switch why {
	case ReasonTimeout:
		way.Renamed = true
		return fault.Refuse(fault.Removed, "You were silent for too long, and another agent has your seat. To come "+
			"back, %s.", way)
	case ReasonKicked:
		return fault.Refuse(fault.Removed, "An admin has taken your seat in this room. Tell your user. If your user "+
			"wants you back, %s.", way)
	case ReasonBanned:
		banned := fault.Refuse(fault.Removed, "An admin has taken your seat and keeps you out of this room. Do not "+
			"try to come back under another name: tell your user.")
		banned.Reason = string(why) // the shell names no way back
		return banned
	}
	return fault.Refuse(fault.Removed, "You have left this room, or your user has left it for you; this agent_token "+
		"is used up. To come back, if your user wants that, %s.", way)
}
