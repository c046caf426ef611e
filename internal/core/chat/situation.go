package chat

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// Situation is how things stand for the caller at the end of a call, beside the events handed out. Package tools
// makes the field next from it alone. Each part is the whole result of the function named at the part.
type Situation struct {
	Standing             // reading.standing
	Work                 // reading.work
	Awaited              // reading.awaited
	room.Debt            // room.State.DebtOf
	room.Supervised      // room.Head.SupervisedOf, or Paused by learned.paused
	OwesUnread      bool // the message in Owes was not handed to the caller, as far as the answer knows
	Findings             // learned.findings
	Company              // roster.company, of learned.roster
	Unseen          bool // learned.unseen
}

// learned is what a call has learned for the Situation of its caller, beside its head. A call that does not read a part
// leaves the part zero.
type learned struct {
	read     int64       // the caller has read the events up to read, as far as the call knows
	findings Findings    // inbox.findings, of a call that reads news
	roster   *seenRoster // of a wait; nil: it was not read
	paused   bool        // of a send that a pause has kept from being sent: the person may have ended the pause since
	unseen   bool        // reading.isUnseen, of a call that leaves a draft
}

// Standing is who the caller is, and what room it is in.
type Standing struct {
	Others    int           // agents seated beside the caller
	Quiet     time.Duration // since the last word in the room
	Person    bool          // the caller is a person, whose program needs no advice
	Paired    bool          // a queue made the room
	Closed    bool          // an admin closed the room
	Begun     bool          // two agents have spoken
	Stopping  bool          // the service stops
	Admin     bool          // the caller is an admin
	Listening bool          // the caller may only listen: it is muted, or only admins speak
	Woken     bool          // a program waits in the caller's place
	Hooked    bool          // a hook calls the caller about news

	Way room.Way // how the caller gets back once its seat is gone

	FreeSeats, Seats int // while others may still be on their way: how many seats are free, of how many; else 0
}

// Work is what the caller has to do and could do.
type Work struct {
	Tasks   []TaskBrief // the caller's, at most three, first those that wait for no other
	Waits   []string    // the ids of the tasks for which the first of Tasks waits, and so all
	Offered string      // the id of the oldest open task that is offered to the caller, or ""
	// OffersLater says that an open task is offered to the caller that cannot be taken yet.
	OffersLater bool
	Free        string // the id of the oldest task in FreeTasks, or ""
	// Question is the newest proposal that puts tasks in question which the caller has or may edit; "": none does.
	// Questioned has the ids of these tasks. See room.State.QuestionOf.
	Question   string
	Questioned []string
	Revises    bool // the caller may edit one of Questioned
	InQuestion bool // the first of Tasks is among them
	FreeTasks  int  // how many tasks the caller could get by take without an id, as far as the log tells
	OpenTasks  int  // how many the caller sees that are neither done nor dropped
}

// Awaited is which answers are outstanding.
type Awaited struct {
	Requests int      // open requests and proposals that the caller sees, whoever owes an answer
	Owed     int      // answers that others owe to the caller
	OwedBy   []string // the names of the agents that owe the caller an answer, at most core.AgentsShown
	// OwedBySilent is how many of the answers in Owed are owed by silent agents; 0 if the roster was not read.
	OwedBySilent int
	// OwedTo has the ids of the caller's requests and proposals to which an agent owes an answer that is not silent.
	OwedTo []string
	// LacksVoter is the caller's proposal that cannot complete, since one whom it asks was removed; "": none.
	LacksVoter string
}

// Findings is what a call that reads news has found in it, or on the way.
type Findings struct {
	Missed     bool        // events after the cursor have expired
	OthersGone bool        // the wait returned at once, since all others are away or have left
	SeatWanted bool        // a join found no free seat, and the caller can enlarge the room
	NameWanted bool        // a join under a taken name was refused, and the caller is an admin
	Resumed    bool        // the wait outlasted a pause
	Reason     room.Reason // of StatusRemoved
}

// Company is what a wait knows of the others from the roster.
type Company struct {
	OthersIdle time.Duration // since the last call of any other agent; 0 if unknown
	OthersAway time.Duration // if all others are away: until the first return
	NoPartner  bool          // in a pair: the partner has been silent for PartnerSilent, and the caller owes nothing
}

// situation returns the caller's situation on the head of the session.
func (c reading) situation(l learned) Situation {
	s := Situation{Standing: c.standing(), Work: c.work(), Debt: c.head.DebtOf(c.me.Seat, c.room.svc.now()),
		Findings: l.findings, Unseen: l.unseen}
	if agent, here := c.head.Seated(c.me.Seat); here {
		s.Supervised = c.head.SupervisedOf(agent, c.room.svc.now())
	}
	s.Paused = s.Paused || l.paused
	asked, owes := c.head.MessageNumber(s.Owes)
	s.OwesUnread = owes && asked > l.read
	if l.roster == nil {
		s.Awaited = c.awaited(nil)
		return s
	}
	s.Awaited, s.Company = c.awaited(l.roster.agents), l.roster.company(s.Owes != "")
	return s
}

// isUnseen reports whether nobody may see a draft of the caller: its person has no page of the room open, and nothing
// of the person is called. A failed read counts as a page: what is not known is not said.
func (c reading) isUnseen(ctx context.Context) bool {
	for _, k := range c.me.Hooks {
		if k.Form.IsOfPerson() && c.mayCall(ctx, k) {
			return false
		}
	}
	until, err := c.room.watchesUntil(ctx, c.me.Agent)
	return err == nil && !until.After(c.room.svc.now())
}

// mayCall reports whether k may be called: it is stored where k leads, its service has not refused the calls, and the
// person still has the device of a browser.
func (c reading) mayCall(ctx context.Context, k room.Hook) bool {
	hook, err := c.room.svc.store.Hook(ctx, k.ID)
	if err != nil {
		return !errors.Is(err, table.ErrNotFound)
	}
	return !hook.Barred && (hook.Device == "" || slices.Contains(c.me.Person.Devices, hook.Device))
}

// learned returns what a caller that is handed the inbox has learned. seen is the roster; nil: it was not read.
func (in *inbox) learned(seen *seenRoster) learned {
	return learned{read: in.scanned, findings: in.findings(), roster: seen}
}

func (c reading) standing() Standing {
	head, now := c.head, c.room.svc.now()
	_, _, at := head.Recent.LastWord()
	s := Standing{
		Person: c.me.IsPerson(), Others: head.Others(c.me.Seat), Paired: head.Paired, Closed: head.Closed,
		Begun:    head.Recent.Begun(),
		Quiet:    max(0, now.Sub(room.Latest(at, time.UnixMilli(c.me.AtMs)))),
		Stopping: isClosed(c.room.svc.stopping),
		Way:      c.way(),
	}
	if agent, here := head.Seated(c.me.Seat); here {
		s.Admin, s.Listening = agent.Role == room.Admin, head.Silenced(agent)
		s.Hooked = !s.Person && agent.IsCalled()
		s.Woken = !s.Person && c.room.agents.HasProgram(c.me.Seat)
		s.FreeSeats, s.Seats = freeSeats(head, now)
	}
	return s
}

// joinsExpected is how long after a join others may still be on their way, so that it matters that a seat is free.
const joinsExpected = 10 * time.Minute

// freeSeats returns how many seats are free, of how many, while others may still be on their way; else 0. They may
// while the talk has not begun. Then, once somebody has left, a free seat says nothing, and nobody else can come into a
// pair of a queue.
func freeSeats(head *room.Head, now time.Time) (free, all int) {
	coming := !head.Recent.Begun() || head.LastFreed.N == 0 &&
		slices.ContainsFunc(head.Agents, func(agent room.Agent) bool {
			return now.UnixMilli()-agent.AtMs < joinsExpected.Milliseconds()
		})
	free = head.Capacity - len(head.Agents)
	if !coming || free <= 0 || head.Paired || head.Closed {
		return 0, 0
	}
	return free, head.Capacity
}

// tasksBrief is how many of the caller's tasks another call's result names.
const tasksBrief = 3

// work returns the caller's work as far as the log tells: only presence tells whether the agent of a task is silent.
func (c reading) work() (w Work) {
	head, now := c.head, c.room.svc.now()
	agent, here := head.Seated(c.me.Seat)
	if !here {
		return w
	}

	// First the caller's own tasks, as many as are named.
	mine := head.TasksOf(agent)
	for _, waits := range []bool{false, true} {
		for _, task := range mine {
			before := head.WaitsFor(task)
			if waits != (len(before) > 0) || len(w.Tasks) == tasksBrief {
				continue
			}
			if len(w.Tasks) == 0 {
				w.Waits, w.InQuestion = taskIDs(before), head.QuestionOf(task, now) != 0
			}
			w.Tasks = append(w.Tasks, TaskBrief{room.TaskID(task.No), task.Title})
		}
	}

	// Then what the caller could take: nothing in question is offered or free.
	for _, task := range head.Tasks {
		if !agent.SeesTask(task.N) {
			continue
		}
		w.OpenTasks++
		if task.Holder.IsHere(&head.State) || agent.Person.Supervises() || head.QuestionOf(task, now) != 0 {
			continue
		}
		if !head.IsFreeFor(agent, task, nil, now) {
			w.OffersLater = w.OffersLater || task.IsOfferedTo(agent)
			continue
		}
		w.FreeTasks++
		w.Free = cmp.Or(w.Free, room.TaskID(task.No))
		if w.Offered == "" && task.IsOfferedTo(agent) {
			w.Offered = room.TaskID(task.No)
		}
	}
	w.addQuestioned(head, agent, now)
	return w
}

// addQuestioned adds the tasks in question which agent has or may edit: those of the newest proposal that has some.
func (w *Work) addQuestioned(head *room.Head, agent room.Agent, now time.Time) {
	newest := int64(0)
	for _, task := range head.Tasks {
		n, edits := head.QuestionOf(task, now), task.MayManage(agent)
		if n == 0 || n < newest || !agent.SeesTask(task.N) || !edits && !task.Holder.Is(agent) {
			continue
		}
		if n > newest {
			newest, w.Questioned, w.Revises = n, nil, false
		}
		w.Revises = w.Revises || edits
		w.Questioned = append(w.Questioned, room.TaskID(task.No))
	}
	w.Question = head.MessageID(newest)
}

// awaited returns which answers are outstanding. agents is the roster; nil: the call has not read it, and nobody counts
// as silent.
func (c reading) awaited(agents []AgentView) (a Awaited) {
	head, now, me := c.head, c.room.svc.now(), c.me.Seat
	a.Requests, a.LacksVoter = len(head.Talk.OpenTo(me, now)), head.MessageID(head.LacksVoter(me, now))
	for _, request := range head.AwaitedBy(me, now) {
		silent, names := 0, head.NamesOf(request.Owed)
		for _, view := range agents {
			if view.State == room.AgentSilent && slices.Contains(names, view.Name) {
				silent++
			}
		}
		a.Owed, a.OwedBySilent = a.Owed+request.Answers(), a.OwedBySilent+silent
		if silent < request.Answers() {
			a.OwedTo = append(a.OwedTo, head.MessageID(request.N))
		}
		for _, name := range names {
			if !slices.Contains(a.OwedBy, name) && len(a.OwedBy) < core.AgentsShown {
				a.OwedBy = append(a.OwedBy, name)
			}
		}
	}
	return a
}

// findings returns what the inbox has found. A caller without a seat is asked nothing.
func (in *inbox) findings() Findings {
	f := Findings{Missed: in.has(eventsMissed), OthersGone: in.othersGone(), Reason: in.reason}
	head, me := in.c.head, in.c.me
	if agent, here := head.Seated(me.Seat); here && in.end != lost {
		free := !room.Caller{Agent: agent, Device: me.Device}.IsSupervised()
		f.SeatWanted = free && in.has(seatWanted) && head.MayEnlarge(agent)
		f.NameWanted = free && in.has(nameWanted) && agent.Role == room.Admin
		f.Resumed = in.has(slept) && !agent.Person.Paused
	}
	return f
}

// company returns what the roster tells of the agents beside its reader. owes says that the reader owes an answer.
func (r *seenRoster) company(owes bool) (s Company) {
	s.OthersIdle, s.OthersAway = absenceOf(r.agents)
	s.NoPartner = r.Head.Paired && s.OthersIdle > 0 && s.OthersAway == 0 && !owes && r.othersGone(PartnerSilent)
	return s
}
