package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/room"
)

// BetweenWaits is how long after the end of its wait an agent is assumed to be about
// to wait again.
const BetweenWaits = 15 * time.Second

// State is what an agent is doing, as others can tell.
type State string

// The states of an agent.
const (
	Waiting State = "waiting" // a wait is open: it will read at once
	Standby State = "standby" // a shell a program waits for it and wakes it
	Away    State = "away"    // until a time that it said
	Busy    State = "busy"    // it made a call within two minutes, and is not listening now
	Silent  State = "silent"  // it made none for longer
)

// Room is a room as agents see it.
type Room struct {
	Name              string
	Description       string
	Type              room.Type
	Capacity          int
	Public            bool
	PasswordProtected bool
	Paired            bool    // a queue made it
	Closed            bool    // an admin closed it
	AgentMessages     int     // how many messages agents may send until a person speaks again; 0: any
	Agents            []Agent // in the order of their joins
}

// Agent is an agent as others in its room see it.
type Agent struct {
	Name     string
	Owner    string // the label of the key with which it took its seat, if it had one
	Role     room.Role
	You      bool
	Muted    bool // an admin has muted it
	Replaced bool // it took a known name without proof, and no admin has readmitted it since
	State    State
	Idle     time.Duration // since its last known call
	Activity string        // what it says it is doing
	BackIn   time.Duration // until the return that it announced; 0 if it announced none
	Unread   *int          // how many messages it has not been given; nil if unknown
	// Person says that the person behind it can watch and speak, and PersonHere that it
	// watches now.
	Person     bool
	PersonHere bool
	Alone      bool // a person has the seat, and no agent
}

// RoomOf returns the room without its agents.
func RoomOf(h *room.Head) Room {
	return Room{
		Name: h.Name, Description: h.Description, Type: h.Type, Capacity: h.Capacity, Public: h.Public,
		PasswordProtected: h.Password != "", Paired: h.Paired, Closed: h.Closed, AgentMessages: h.AgentMessages,
	}
}

// Outside returns what a caller without a seat sees of a room: what it is for, its
// seats, and who has them.
func Outside(h *room.Head) Room {
	shown := RoomOf(h)
	for _, a := range h.Agents {
		shown.Agents = append(shown.Agents, Agent{Name: a.Name})
	}
	return shown
}

// Roster is what there is to know of the agents of a room.
type Roster struct {
	Head     *room.Head
	You      int                   // the seat of the reader; 0 for a caller without one
	Person   bool                  // the reader is the person behind that seat
	BackAt   time.Time             // the reader's announced return
	Presence map[int]room.Presence // by seat
	People   map[int]time.Time     // by seat: until when the person behind it watches
	Unread   func(read int64, of, viewer room.Agent) *int
	Now      time.Time
}

// Agents returns the agents of the room as the reader sees them, in the order of their
// joins.
func (r Roster) Agents() []Agent {
	out := make([]Agent, 0, len(r.Head.Agents))
	for _, a := range r.Head.Agents {
		v := Agent{Name: a.Name, Role: a.Role, Muted: a.Muted, You: a.Seat == r.You, Replaced: a.IsReplaced(r.Now)}
		v.Person = a.Person.HasOpened()
		v.PersonHere = v.Person && r.People[a.Seat].After(r.Now) // else it was the person of the agent before
		r.show(a, &v)
		if v.Alone = a.IsAlone(); v.Alone {
			v.PersonHere, v.Unread = v.State == Waiting, nil
		}
		out = append(out, v)
	}
	return out
}

// show completes v with what a is doing.
func (r Roster) show(a room.Agent, v *Agent) {
	v.Owner = a.Owner
	p, known := r.Presence[a.Seat]
	u, spoke := r.Head.Recent.Said(a.Seat)
	if p.Activity != "" && p.ActiveAsOf >= a.Joined && !(spoke && (u.PublicN > p.ActiveAsOf || u.N > p.ActiveAsOf && r.Now.Sub(u.At) >= room.PresenceDelay)) {
		v.Activity = p.Activity
	}
	if v.You && !r.Person { // it reads this
		if v.State = Waiting; r.BackAt.After(r.Now) {
			v.State, v.BackIn = Away, r.BackAt.Sub(r.Now)
		}
		return
	}
	p = p.Shown(r.Now)
	if known {
		viewer, _ := r.Head.Seated(r.You)
		v.Unread = r.Unread(max(p.Read, a.Joined), a, viewer) // its join gave it what came before
	}
	p.AtMs = max(p.AtMs, a.AtMs)
	if spoke && r.Now.Sub(u.At) >= room.PresenceDelay {
		p.AtMs = max(p.AtMs, u.At.UnixMilli())
	} else if spoke && u.PublicN > 0 { // a private word must not hide it
		p.AtMs = max(p.AtMs, u.PublicAt.UnixMilli())
	}
	v.Idle, v.State = max(0, r.Now.Sub(p.At())), stateOf(r.Head, a, p, r.Now)
	if back := p.BackAt(); back.After(r.Now) {
		v.BackIn = back.Sub(r.Now)
	}
}

// stateOf returns what an agent with this presence is doing, as others see it.
func stateOf(h *room.Head, a room.Agent, p room.Presence, now time.Time) State {
	woken, at := h.NewestWakeup(a.Seat)
	waits, mayWait := now.Before(p.WaitsUntil()), now.Before(p.WaitsUntil().Add(BetweenWaits))
	switch {
	case p.Standby && mayWait:
		return Standby
	case (waits || mayWait && !now.Before(p.BackAt())) && (p.ForMe || a.IsAlone() || woken <= p.Head || now.Sub(at) < room.PresenceDelay):
		return Waiting
	case now.Before(p.BackAt()):
		return Away
	case now.Sub(p.At()) < room.PresentFor:
		return Busy
	}
	return Silent
}

// Absence returns for how long none of the others has made a call, 0 if one waits;
// and when the first is back, if all are away.
func Absence(agents []Agent) (idle, away time.Duration) {
	allAway := true
	for _, a := range agents {
		switch {
		case a.You:
			continue
		case a.State == Waiting || a.State == Standby:
			return 0, 0
		case idle == 0 || a.Idle < idle:
			idle = max(a.Idle, 1)
		}
		if allAway = allAway && a.State == Away; away == 0 || a.BackIn < away {
			away = a.BackIn
		}
	}
	if !allAway {
		away = 0
	}
	return idle, away
}

// RosterText returns what is worth showing of who is there. A pause between two
// waits is not; a lasting silence is.
func RosterText(agents []Agent) string {
	var b strings.Builder
	for _, a := range agents {
		state := a.State
		if state == Waiting || state == Busy || a.You {
			state = "here"
		}
		fmt.Fprintf(&b, "%s\x00%s\x00%t\x00%t\x00%t\x00%s\x00%s\x00", a.Name, a.Role, a.Muted, a.Replaced, a.PersonHere, state, a.Activity)
	}
	return b.String()
}

// Crowd returns all agents if they are few, and else the first that wait beside the reader,
// and how many do.
func Crowd(all []Agent) (shown []Agent, waiting int) {
	if len(all) <= AgentsShown {
		return all, 0
	}
	for _, a := range all {
		if a.You || a.State != Waiting && a.State != Standby {
			continue
		}
		if waiting++; len(shown) < AgentsShown {
			shown = append(shown, a)
		}
	}
	return shown, waiting
}
