package chat

import (
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// Situation is how things stand for the caller at the end of a call, beside what the call hands
// out. Each result of an agent's call has it, and all of next is made from it, so it is filled
// here alone. It belongs to chat and not to room, since it knows of presence and of the call.
type Situation struct {
	Person    bool // the caller is a person, whose program needs no advice
	Others    int  // agents seated beside the caller
	Paired    bool // a queue made the room
	Closed    bool // an admin closed the room
	Begun     bool // two agents have spoken
	Admin     bool // the caller is an admin
	Muted     bool // an admin has muted the caller
	Listening bool // the caller may only listen, for that or since only admins speak
	room.Debt
	room.Supervised
	Tasks     []TaskBrief // that the caller has, at most three
	Offered   string      // the id of the oldest open task that is offered to the caller; "" if there is none
	FreeTasks int         // that take without an id may give to the caller, as far as the log tells
	OpenTasks int         // that the caller sees, and that are neither done nor dropped

	Requests int           // requests and proposals that the caller knows to be open, whoever owes an answer
	Owed     int           // answers that others owe to the caller
	Quiet    time.Duration // for how long nothing has been said in the room
	Stopping bool          // the service stops
	Woken    bool          // a program waits in the caller's place, and wakes it
	Hooked   bool          // a hook calls the caller when something comes

	// Set by a call that looks for news; see inbox.situation.

	CursorIgnored bool        // the given cursor is not one of this seat
	Missed        bool        // events after the cursor have expired
	Unsure        bool        // what results without a cursor handed out may not have arrived, and is not shown
	AloneNow      bool        // the wait returned at once, since all others are away or have left
	SeatWanted    bool        // a join found no free seat, and the caller can enlarge the room
	NameWanted    bool        // a join under a taken name was refused, and the caller can kick the agent that has it
	Resumed       bool        // the wait went on through a pause, which is over
	Reason        room.Reason // of StatusRemoved
	LostTask      string      // the id of a task that another has taken from the caller; "" if none has

	// Set by a wait that has read who is there; see session.addRoster.

	OthersIdle time.Duration // for how long no other agent has made a call; 0 if unknown
	OthersAway time.Duration // if all others are away: until the first is back
	NoPartner  bool          // in a pair: the partner has been silent for PartnerSilent, and the caller owes nothing
	// OwedBySilent counts those of Owed that agents owe which are silent.
	OwedBySilent int

	SilentTask string        // the id of a task of a silent agent that the caller may take now or after SilentLeft; ""
	SilentFor  time.Duration // for how long that agent was not heard
	SilentLeft time.Duration // until the caller may take the task, if the agent stays silent; 0: now
}

// situation returns how things stand for the caller as of h.
func (c *session) situation(h *room.Head) Situation {
	now, me := c.room.svc.now(), c.me.Seat
	_, _, at := h.Recent.LastWord()
	s := Situation{
		Person: c.me.IsPerson(), Others: h.Others(me), Paired: h.Paired, Closed: h.Closed,
		Begun: h.Recent.Begun(),
		Debt:  h.DebtOf(me, now), Requests: len(h.Talk.OpenTo(me, now)), Owed: h.OwedTo(me, now),
		Quiet:    max(0, now.Sub(room.Latest(at, time.UnixMilli(c.me.AtMs)))),
		Stopping: isClosed(c.room.svc.stopping),
	}
	if a, here := h.Seated(me); here {
		s.Admin, s.Muted, s.Listening, s.Supervised = a.Role == room.Admin, a.Muted, h.Silenced(a),
			h.SupervisedOf(a, now)
		s.addTasks(h, a, now)
		s.Hooked = !s.Person && a.IsCalled()
		s.Woken = !s.Person && c.room.agents.HasProgram(me)
	}
	return s
}

// situation returns how things stand for a caller that is handed what the inbox holds.
func (in *inbox) situation(h *room.Head) Situation {
	s := in.caller.situation(h)
	s.CursorIgnored, s.Missed, s.AloneNow, s.Reason = in.pos.ignored, in.has(eventsMissed), in.has(alone), in.reason
	s.Unsure = in.has(unsure)
	s.LostTask = in.lostTask
	if in.has(seatLost) { // then nothing is asked of it
		return s
	}
	if a, here := h.Seated(in.caller.me.Seat); here {
		free := s.Person || !a.Person.Holds()
		s.SeatWanted = free && in.has(seatWanted) && h.MayEnlarge(a)
		s.NameWanted = free && in.has(nameWanted) && h.MayKick(a)
		s.Resumed = in.has(slept) && !a.Person.Paused
	}
	return s
}
