package chat

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// Situation is how things stand for the caller at the end of a call, beside the events handed out. Package tools
// makes the field next from Situation alone, so only this file and the calls named below set fields. The type belongs
// to chat, not to room, since it also depends on presence and on the call.
type Situation struct {
	Person    bool // the caller is a person, whose program needs no advice
	Others    int  // agents seated beside the caller
	Paired    bool // a queue made the room
	Closed    bool // an admin closed the room
	Begun     bool // two agents have spoken
	Admin     bool // the caller is an admin
	Muted     bool // an admin has muted the caller
	Listening bool // the caller may only listen: it is muted, or only admins speak
	room.Debt
	OwesUnread bool // the message in Owes was not handed to the caller, as far as the answer knows
	room.Supervised
	Tasks   []TaskBrief // the caller's, at most three
	Offered string      // the id of the oldest open task that is offered to the caller, or ""
	// OffersLater says that an open task is offered to the caller that cannot be taken yet.
	OffersLater bool
	FreeTasks   int // how many tasks the caller could get by take without an id, as far as the log tells
	OpenTasks   int // how many the caller sees that are neither done nor dropped

	Requests int           // open requests and proposals that the caller sees, whoever owes an answer
	Owed     int           // answers that others owe to the caller
	OwedTo   []string      // the ids of the caller's requests and proposals to which answers are owed
	OwedBy   []string      // the names of the agents that owe the caller an answer, at most core.AgentsShown
	Quiet    time.Duration // since the last word in the room
	Stopping bool          // the service stops
	Woken    bool          // a program waits in the caller's place
	Hooked   bool          // a hook calls the caller about news

	FreeSeats, Seats int // for joinsExpected after the last join: how many seats are free, of how many; else 0

	// Set by a call that reads news; see inbox.situation.

	CursorIgnored bool        // the given cursor is not one of this seat
	Missed        bool        // events after the cursor have expired
	Unsure        bool        // events handed out without a cursor may not have arrived, and are not shown again
	OthersGone    bool        // the wait returned at once, since all others are away or have left
	SeatWanted    bool        // a join found no free seat, and the caller can enlarge the room
	NameWanted    bool        // a join under a taken name was refused, and the caller can kick the agent of that name
	Resumed       bool        // the wait outlasted a pause
	Reason        room.Reason // of StatusRemoved
	LostTask      string      // the id of a task that another agent has taken from the caller, or ""

	// Set by a wait that has read the roster; see session.addRoster.

	OthersIdle time.Duration // since the last call of any other agent; 0 if unknown
	OthersAway time.Duration // if all others are away: until the first return
	NoPartner  bool          // in a pair: the partner has been silent for PartnerSilent, and the caller owes nothing
	// OwedBySilent is how many of the answers in Owed are owed by silent agents. OwedTo then lacks the requests to
	// which silent agents alone owe answers.
	OwedBySilent int

	SilentTask string        // the id of a silent agent's task that the caller may take now or after SilentLeft, or ""
	SilentFor  time.Duration // since that agent's last call
	SilentLeft time.Duration // until the caller may take the task if the agent stays silent; 0: now
}

// joinsExpected is how long after a join others may still be on their way, so that it matters that a seat is free.
const joinsExpected = 10 * time.Minute

// countSeats counts the free seats while others may still be on their way. Nobody else can come into a pair of a queue.
func (s *Situation) countSeats(head *room.Head, now time.Time) {
	coming := false
	for i := range head.Agents {
		coming = coming || now.UnixMilli()-head.Agents[i].AtMs < joinsExpected.Milliseconds()
	}
	if free := head.Capacity - len(head.Agents); coming && free > 0 && !head.Paired && !head.Closed {
		s.FreeSeats, s.Seats = free, head.Capacity
	}
}

// situation returns the caller's situation.
func (c *session) situation() Situation {
	head, now, me := c.head, c.room.svc.now(), c.me.Seat
	_, _, at := head.Recent.LastWord()
	s := Situation{
		Person: c.me.IsPerson(), Others: head.Others(me), Paired: head.Paired, Closed: head.Closed,
		Begun: head.Recent.Begun(),
		Debt:  head.DebtOf(me, now), Requests: len(head.Talk.OpenTo(me, now)),
		Quiet:    max(0, now.Sub(room.Latest(at, time.UnixMilli(c.me.AtMs)))),
		Stopping: isClosed(c.room.svc.stopping),
	}
	for _, request := range head.AwaitedBy(me, now) {
		s.Owed += request.Answers()
		s.OwedTo = append(s.OwedTo, head.MessageID(request.N))
		for _, name := range head.NamesOf(request.Owed) {
			if !slices.Contains(s.OwedBy, name) && len(s.OwedBy) < core.AgentsShown {
				s.OwedBy = append(s.OwedBy, name)
			}
		}
	}
	if agent, here := head.Seated(me); here {
		s.Admin, s.Muted, s.Listening, s.Supervised = agent.Role == room.Admin, agent.Muted, head.Silenced(agent),
			head.SupervisedOf(agent, now)
		s.countTasks(head, agent, now)
		s.countSeats(head, now)
		s.Hooked = !s.Person && agent.IsCalled()
		s.Woken = !s.Person && c.room.agents.HasProgram(me)
	}
	return s
}

// situation returns the situation of a caller that is handed the inbox.
func (in *inbox) situation() Situation {
	head := in.session.head
	s := in.session.situation()
	s.CursorIgnored, s.Missed, s.OthersGone, s.Reason = in.pos.ignored, in.has(eventsMissed), in.has(othersAway),
		in.reason
	s.Unsure = in.has(unsure)
	s.LostTask, s.OwesUnread = in.lostTask, in.session.isUnread(s.Owes, in.scanned)
	if in.end == lost { // a caller without a seat is asked nothing
		return s
	}
	if agent, here := head.Seated(in.session.me.Seat); here {
		free := s.Person || !agent.Person.Supervises()
		s.SeatWanted = free && in.has(seatWanted) && head.MayEnlarge(agent)
		s.NameWanted = free && in.has(nameWanted) && head.MayKick(agent)
		s.Resumed = in.has(slept) && !agent.Person.Paused
	}
	return s
}
