package room

import (
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/core"

	"github.com/parley-chat/parley/internal/base/fault"
)

// TaskOrder is what a call wants to do with a task, or with several tasks that the call adds.
type TaskOrder struct {
	Action TaskAction
	No     int64            // 0: of TakeTask, the next free one
	Add    []Task           // of AddTasks: Title, Text, For, and After with negative numbers for tasks of this call
	Title  string           // of EditTask; "" changes nothing
	Text   string           // what was done, or why; of EditTask the details, "" changes nothing
	After  []int64          // of EditTask; nil changes nothing
	For    []Party          // of ReleaseTask and EditTask: the new offer of the task
	Offers bool             // of EditTask: For replaces the offer; else the offer stays
	Seen   map[int]Presence // of the seats: see LacksPresence
}

// Decide returns the event after h by which by carries out the order; nil if nothing changes, as if by has the
// task to take, or the task to release is free already. no is the task of the answer. A task that is not open is
// ErrNotOpen. The error is a *fault.Error.
//
// Each case says who may act, and who is woken (Event.Wakes). An event that frees a task for anyone wakes nobody:
// see Openings.
func (o TaskOrder) Decide(h *Head, by Caller, now time.Time) (e *Event, no int64, err error) {
	a := by.Agent
	if err := by.CheckTaskOrder(); err != nil {
		return nil, 0, err
	}
	if h.Closed {
		return nil, 0, h.RefuseClosed()
	}
	c := &TaskChange{Action: o.Action, Text: o.Text}
	e = &Event{Type: TaskChanged, Seat: a.Seat, Name: a.Name, Person: by.IsPerson(), Task: c}
	if c.HasWords() || len(o.For) > 0 { // an offer ends the wait of another agent
		if err := h.CheckSpeak(a, nil); err != nil {
			return nil, 0, err
		}
	}
	if c.HasWords() && !by.IsPerson() {
		if err := h.CheckRun(); err != nil {
			return nil, 0, err
		}
	}
	if o.Action == AddTasks {
		return o.proposeAdd(h, a, e)
	}
	t, err := o.findTask(h, a, now)
	if err != nil {
		return nil, 0, err
	}
	c.No, c.Added, c.Prev, c.Title = t.No, t.N, t.Last, t.Title
	for _, m := range o.For {
		if x, here := h.Seated(m.Seat); here && !x.SeesTask(t.N) {
			return nil, 0, fault.Refuse(fault.InvalidArgument, "for names an agent that joined later, and cannot see "+
				"%s. Nothing was changed: add it again as a new task, and drop this one.", TaskID(t.No))
		}
	}
	switch o.Action {
	case TakeTask:
		e, err = o.proposeTake(h, a, t, e, now)
	case ReleaseTask:
		e, err = o.proposeRelease(h, a, t, e)
	case FinishTask:
		switch {
		case t.Holder.Seat != 0 && !t.Holder.Is(a):
			err := fault.Refuse(fault.InvalidArgument, "%s is with another agent now. Nothing was changed: send "+
				"your work to that agent with send_message.", TaskID(t.No))
			err.By = t.Holder.Name
			return nil, 0, err
		case !t.mayEnd(a):
			return nil, 0, fault.Refuse(fault.NotAllowed, "%s is not yours: a guest can finish only what it added "+
				"or has taken. Nothing was changed: take it first, if you do it.", TaskID(t.No))
		}
		e.Wakes = h.wokenByEnd([]Task{t}, a)
	case DropTask:
		if !h.MayManage(a, t) {
			return nil, 0, refuseManage(t)
		}
		e.Wakes = addWoken(nil, &h.State, a, t.Holder)
	case EditTask:
		e, err = o.proposeEdit(h, a, t, e)
	}
	return e, t.No, err
}

// DecideNext is Decide of FinishTask, followed by TakeTask for the next free task, if there is one. Then the adder
// of the finished task is not woken: the work goes on. no is the task that the agent has then, or the finished
// task.
func (o TaskOrder) DecideNext(h *Head, by Caller, now time.Time) (events []Event, no int64, err error) {
	e, no, err := o.Decide(h, by, now)
	if err != nil {
		return nil, 0, err
	}
	after, err := h.After(*e, now)
	if err != nil {
		return nil, 0, err
	}
	take, next, err := TaskOrder{Action: TakeTask, Seen: o.Seen}.Decide(after, by, now)
	switch {
	case err != nil: // no task is free
		return []Event{*e}, no, nil
	case take == nil: // the agent has another
		return []Event{*e}, next, nil
	}
	done, _ := h.Task(no)
	e.Wakes = h.unblockedBy([]Task{done}, by.Agent, nil)
	return []Event{*e, *take}, next, nil
}

// LacksPresence reports whether only the presence of the seats, absent from o, tells what a may do by o, or how
// long the holder of the wanted task was silent.
func (o TaskOrder) LacksPresence(h *Head, a Agent, now time.Time) bool {
	t, open := h.Task(o.No)
	takes := open && o.Action == TakeTask && t.Holder.Seat != 0 && !t.Holder.Is(a) &&
		h.SilentFor(t, nil, now) >= time.Minute
	return o.Seen == nil && (takes || h.NeedsPresence(now))
}

// CheckTaskOrder returns the reason why the supervision of c forbids changes of the list, or nil. The error is a
// *fault.Error.
func (c Caller) CheckTaskOrder() error {
	if !c.IsSupervised() {
		return nil
	}
	next := "Report with send_message what you have done, and name the tasks in finishes: once your user lets you " +
		"send it, they are finished. "
	if c.Person.Paused {
		next = "A report is not sent either: call wait_for_message, which tells you when you may go on. "
	}
	return &fault.Error{Code: fault.Paused,
		Message: "Your user has paused you, or approves what you say, so you cannot change the list of tasks. " +
			"Nothing was changed.",
		Next: next + "For anything else ask your user, who can do it on the page that the link opened."}
}

// findTask returns the open task of the order.
func (o TaskOrder) findTask(h *Head, a Agent, now time.Time) (Task, error) {
	if o.No == 0 && o.Action == TakeTask {
		if mine := h.TasksOf(a); len(mine) > 0 {
			return mine[0], nil
		}
		t, ok := h.NextTask(a, o.Seen, now)
		if !ok {
			return t, fault.Refuse(fault.InvalidArgument, "No task is free now. Nothing was changed: call "+
				"wait_for_message, which ends when one is.")
		}
		return t, nil
	}
	t, open := h.Task(o.No)
	if !open || !a.SeesTask(t.N) {
		return t, ErrNotOpen
	}
	return t, nil
}

// ErrNotOpen reports a task that is done, dropped, or invisible to the caller.
var ErrNotOpen = fault.Refuse(fault.InvalidArgument, "id: there is no open task of this id. Nothing was changed: it "+
	"is done or dropped, or there never was one; list shows those that are open.")

// proposeAdd completes the event that adds tasks.
func (o TaskOrder) proposeAdd(h *Head, a Agent, e *Event) (*Event, int64, error) {
	mine, invited := 0, 0
	for _, t := range h.Tasks {
		if a.IsGuest() && t.Invite == a.Invite {
			invited++
		}
		if t.Adder.Is(a) || a.IsGuest() && !t.Adder.IsHere(&h.State) {
			mine++ // a guest that leaves and joins again looks like a new guest
		}
	}
	switch {
	case mine+len(o.Add) > core.MaxAdded:
		return nil, 0, fault.Refuse(fault.InvalidArgument, "An agent can add at most %d open tasks, and those of "+
			"agents that have left count for each guest. There are %d, and you add %d. Nothing was added: take or "+
			"finish some first, or put several into one.", core.MaxAdded, mine, len(o.Add))
	case a.IsGuest() && invited+len(o.Add) > core.MaxInvited:
		return nil, 0, fault.Refuse(fault.InvalidArgument, "The guests of one invite can add at most %d open tasks in "+
			"all. There are %d, and you add %d. Nothing was added: take or finish some first, or put several into one.",
			core.MaxInvited, invited, len(o.Add))
	case len(h.Tasks)+len(o.Add) > core.MaxTasks:
		return nil, 0, fault.Refuse(fault.InvalidArgument, "At most %d open tasks in a room; there are %d. Nothing "+
			"was added: finish or drop some first.", core.MaxTasks, len(h.Tasks))
	}
	for i, t := range o.Add {
		t.No, t.Invite = h.LastTask+int64(i)+1, a.Invite
		var after []int64
		for _, no := range t.After {
			if no < 0 { // a task of this call
				no = h.LastTask - no
			} else if counts, err := h.mayFollow(a, no); err != nil || !counts {
				if err != nil {
					return nil, 0, err
				}
				continue
			}
			if !slices.Contains(after, no) {
				after = append(after, no)
			}
		}
		t.After = after
		if len(h.WaitsFor(t)) == 0 && !slices.ContainsFunc(after, func(no int64) bool {
			return no > h.LastTask
		}) {
			e.Wakes = addWoken(e.Wakes, &h.State, a, t.For...)
		}
		e.Task.Add = append(e.Task.Add, t)
	}
	return e, 0, nil
}

// mayFollow reports whether another task can come after task no, done or not. A dropped task does not count: it
// would block the other. The error says that a sees no such task.
func (h *Head) mayFollow(a Agent, no int64) (counts bool, err error) {
	t, open := h.Task(no)
	if no > h.LastTask || open && !a.SeesTask(t.N) {
		return false, fault.Refuse(fault.InvalidArgument, "after: there is no task %s. Nothing was changed: name the "+
			"tasks of this call by 1, 2, …, and others by their ids.", TaskID(no))
	}
	return !slices.ContainsFunc(h.TaskEnds, func(e TaskEnd) bool { return e.No == no && e.Dropped }), nil
}

// proposeTake completes the event by which a takes t.
func (o TaskOrder) proposeTake(h *Head, a Agent, t Task, e *Event, now time.Time) (*Event, error) {
	switch {
	case t.Holder.Is(a):
		return nil, nil
	case len(h.TasksOf(a)) >= core.MaxTaken:
		return nil, fault.Refuse(fault.InvalidArgument, "You have %d tasks, and no more at once. Nothing was taken: "+
			"finish or release one first.", core.MaxTaken)
	case t.Holder.Seat != 0 && !h.Yields(t, a, o.Seen, now):
		return nil, h.refuseTaken(a, t, o.Seen, now)
	case t.Holder.Seat != 0:
		e.Task.Was, e.Wakes = t.Holder, addWoken(nil, &h.State, a, t.Holder)
		return e, nil
	}
	if dropped := h.DroppedBefore(t); len(dropped) > 0 {
		return nil, fault.Refuse(fault.InvalidArgument, "%s cannot be taken: it waits for what was dropped: %s. "+
			"Nothing was taken: drop it, and add it again without that.", TaskID(t.No), taskIDs(dropped))
	}
	if open := h.WaitsFor(t); len(open) > 0 {
		return nil, fault.Refuse(fault.InvalidArgument, "%s cannot be taken yet: %s must be done first. Nothing was "+
			"taken: %s", TaskID(t.No), taskIDs(open), h.insteadOf(a, o.Seen, now))
	}
	if only, until := h.offeredTo(t, now); len(only) > 0 && !isAmong(only, a) {
		return nil, fault.Refuse(fault.InvalidArgument, "%s is offered to another agent: nobody else may take it "+
			"for %d more seconds, unless that agent, the one that added it or an admin releases it. Nothing was "+
			"taken: %s",
			TaskID(t.No), fault.Seconds(until.Sub(now)), h.insteadOf(a, o.Seen, now))
	}
	return e, nil
}

// proposeRelease completes the event by which a gives t back, takes t from its holder, declines t, or changes the
// offer of t.
func (o TaskOrder) proposeRelease(h *Head, a Agent, t Task, e *Event) (*Event, error) {
	switch {
	case t.Holder.Seat == 0 && t.IsOfferedTo(a): // a declines
		for _, m := range t.For {
			if !m.Is(a) {
				e.Task.For = append(e.Task.For, m)
			}
		}
		if len(e.Task.For) > 0 {
			return e, nil // the other agents of the offer have heard of t
		}
	case !t.MayRelease(a):
		return nil, fault.Refuse(fault.NotAllowed, "Only the agent that has %s, the one that added it, or an admin "+
			"may release it. Nothing was changed: ask one of them with send_message.", TaskID(t.No))
	case t.Holder.Seat == 0 && slices.Equal(t.For, o.For):
		return nil, nil
	default:
		e.Task.For = o.For
	}
	switch {
	case len(h.WaitsFor(t)) > 0:
	case len(e.Task.For) > 0:
		e.Wakes = addWoken(nil, &h.State, a, e.Task.For...)
	default: // a free task is news to its adder if another gave the task back: see Opening.Suits
		e.Wakes = addWoken(nil, &h.State, a, t.Adder)
	}
	return e, nil
}

// proposeEdit completes the event by which a changes t.
func (o TaskOrder) proposeEdit(h *Head, a Agent, t Task, e *Event) (*Event, error) {
	c := e.Task
	c.Text, c.For, c.After = t.Text, t.For, t.After
	switch {
	case !h.MayManage(a, t):
		return nil, refuseManage(t)
	case o.Offers && t.Holder.Seat != 0:
		return nil, fault.Refuse(fault.InvalidArgument, "%s is taken, so it cannot be offered. Nothing was changed: "+
			"release it with for.", TaskID(t.No))
	}
	if o.Title != "" {
		c.Title = o.Title
	}
	if o.Text != "" {
		c.Text = o.Text
	}
	if o.Offers {
		c.For = o.For
	}
	if o.After != nil {
		c.After = nil
		for _, no := range o.After {
			counts, err := h.mayFollow(a, no)
			switch {
			case err != nil:
				return nil, err
			case no >= t.No:
				return nil, fault.Refuse(fault.InvalidArgument, "after: only tasks before %s itself. Nothing was "+
					"changed.", TaskID(t.No))
			case counts && !slices.Contains(c.After, no):
				c.After = append(c.After, no)
			}
		}
	}

	// An edit that changes nothing makes no event, so a repetition is harmless.
	if c.Title == t.Title && c.Text == t.Text && slices.Equal(c.For, t.For) && slices.Equal(c.After, t.After) {
		return nil, nil
	}
	t.After = c.After
	if t.Holder.Seat == 0 && len(h.WaitsFor(t)) == 0 {
		e.Wakes = addWoken(nil, &h.State, a, c.For...)
	}
	e.Wakes = addWoken(e.Wakes, &h.State, a, t.Holder)
	return e, nil
}

// refuseTaken refuses t, the task of another agent, to a. The error names the holder, when a may take t over from
// a silent holder, and another free task.
func (h *Head) refuseTaken(a Agent, t Task, seen map[int]Presence, now time.Time) error {
	id, instead := TaskID(t.No), h.insteadOf(a, seen, now)
	err := fault.Refuse(fault.InvalidArgument, "%s is taken by another agent. Nothing was changed: %s", id, instead)
	if minutes := h.SilentFor(t, seen, now) / time.Minute; seen != nil && minutes > 0 {
		err = fault.Refuse(fault.InvalidArgument, "%s is taken by another agent, last heard %d min ago: after %d you "+
			"may take it over. Nothing was changed: %s", id, minutes, t.yieldsAfter(a)/time.Minute, instead)
	}
	err.By = t.Holder.Name
	return err
}

// insteadOf says which task a can take.
func (h *Head) insteadOf(a Agent, seen map[int]Presence, now time.Time) string {
	if next, ok := h.NextTask(a, seen, now); ok {
		return "the next free one is " + TaskID(next.No) + "."
	}
	return "no other is free, and wait_for_message ends when one becomes free."
}

func refuseManage(t Task) error {
	return fault.Refuse(fault.NotAllowed, "Only the agent that added %s, or an admin, may change or drop it. "+
		"Nothing was changed: ask one of them with send_message.", TaskID(t.No))
}

// taskIDs returns the ids of tasks.
func taskIDs(list []int64) string {
	ids := make([]string, len(list))
	for i, no := range list {
		ids[i] = TaskID(no)
	}
	return strings.Join(ids, ", ")
}

// addWoken adds the seats of the agents in who that are here to list, each once, without the seat of a.
func addWoken(list []int, s *State, a Agent, who ...Party) []int {
	for _, m := range who {
		i := slices.IndexFunc(s.Agents, m.Is)
		if i >= 0 && s.Agents[i].Seat != a.Seat && !slices.Contains(list, s.Agents[i].Seat) {
			list = append(list, s.Agents[i].Seat)
		}
	}
	return list
}

// wokenByEnd returns who is woken after a has finished tasks: their adders, and the agents that other tasks are
// offered to, if these waited for nothing else.
func (h *Head) wokenByEnd(done []Task, a Agent) (seats []int) {
	for _, t := range done {
		seats = addWoken(seats, &h.State, a, t.Adder)
	}
	return h.unblockedBy(done, a, seats)
}

// unblockedBy adds to seats the agents offered a task that waited only for tasks finished by a.
func (h *Head) unblockedBy(done []Task, a Agent, seats []int) []int {
	isDone := func(no int64) bool {
		return slices.ContainsFunc(done, func(t Task) bool { return t.No == no })
	}
	for _, t := range h.Tasks {
		open := h.WaitsFor(t)
		left := slices.ContainsFunc(open, func(no int64) bool { return !isDone(no) })
		if t.Holder.Seat == 0 && len(open) > 0 && !left {
			seats = addWoken(seats, &h.State, a, t.For...)
		}
	}
	return seats
}

// completeReport completes the report e of a: the event closes the tasks of e.Finishes that a may finish.
func (h *Head) completeReport(a Agent, e *Event) {
	e.Closes, e.Wakes = nil, nil
	var done []Task
	for _, no := range e.Finishes {
		if h.WhyUnfinished(a, no) == "" && !slices.Contains(e.Closes, no) {
			t, _ := h.Task(no)
			e.Closes, done = append(e.Closes, no), append(done, t)
		}
	}
	if len(done) > 0 {
		e.Wakes = h.wokenByEnd(done, a)
	}
}

// WhyUnfinished returns the reason why a report of a does not close task no; "" if the report does.
func (h *Head) WhyUnfinished(a Agent, no int64) string {
	t, open := h.Task(no)
	switch {
	case no > h.LastTask, open && !a.SeesTask(t.N):
		return "there is no such task"
	case !open:
		return "it is done or dropped already"
	case t.Holder.Seat != 0 && !t.Holder.Is(a):
		return "another agent has it"
	case !t.mayEnd(a):
		return "a guest can finish only what it added or has taken"
	}
	return ""
}
