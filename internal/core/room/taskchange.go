package room

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
)

// TaskOrder is what a call wants to do with a task, or with several tasks that the call adds.
type TaskOrder struct {
	Action TaskAction
	No     int64            // 0: of TakeTask, the next free one
	Add    []Task           // of AddTasks: Title, Text, For, and After with negative numbers for tasks of this call
	Call   string           // of AddTasks: see Event.Call
	Title  string           // of EditTask; "" changes nothing
	Text   string           // what was done, or why; of EditTask the details, "" changes nothing
	Ran    *Evidence        // of FinishTask: what was run; nil: nothing is said of that
	Check  Check            // of CheckTask: see Finished.DecideCheck
	After  []int64          // of EditTask; nil changes nothing
	For    []Party          // of ReleaseTask and EditTask: the new offer of the task; none: to nobody
	Offers bool             // of EditTask: For replaces the offer; else the offer stays
	Seen   map[int]Presence // of the seats; nil: not read
}

// Decide returns the event, to follow head, by which the caller by carries out the order. The event is nil if nothing
// changes: by already has the task to take, or the task to release is free. no is the task of the answer. A task that
// is not open is ErrNotOpen, also of CheckTask: then Finished decides. The error is a *fault.Error.
//
// Each case says who may act, and who is woken (Event.Wakes). An event that frees a task for anyone wakes nobody:
// see Openings.
//
// talk: tasks
func (o TaskOrder) Decide(head *Head, by Caller, now time.Time) (event *Event, no int64, err error) {
	agent := by.Agent
	if err := by.CheckTaskOrder(); err != nil {
		return nil, 0, err
	}
	if head.Closed {
		return nil, 0, head.RefuseClosed()
	}
	event = &Event{Type: TaskChanged, Call: o.Call,
		Task: &TaskChange{Action: o.Action, Text: o.Text, Ran: o.Ran}}
	by.sign(event)
	if o.Action == AddTasks {
		event, no, err = o.proposeAdd(head, agent, event)
	} else {
		event, no, err = o.proposeChange(head, agent, event, now)
	}
	if err != nil || event == nil { // a repeated call changes nothing, whoever may speak now
		return nil, no, err
	}
	hasWords := event.Task.HasWords()
	if hasWords || len(o.For) > 0 { // an offer ends the wait of another agent
		err = head.CheckSpeak(agent, nil)
	}
	if err == nil && hasWords {
		err = head.CheckRun(by)
	}
	return event, no, err
}

// proposeChange completes the event by which agent changes the task of the order.
func (o TaskOrder) proposeChange(head *Head, agent Agent, event *Event, now time.Time) (*Event, int64, error) {
	task, err := o.findTask(head, agent, now)
	if err != nil {
		return nil, 0, err
	}
	change := event.Task
	change.No, change.Added, change.Prev, change.Title = task.No, task.N, task.Last, task.Title
	for _, party := range o.For {
		if x, here := head.Seated(party.Seat); here && !x.SeesTask(task.N) {
			return nil, 0, fault.Refuse(fault.InvalidArgument, "for names an agent that joined later, and cannot see "+
				"%s. Nothing was changed: add it again as a new task, and drop this one.", TaskID(task.No))
		}
	}
	switch o.Action {
	case TakeTask:
		event, err = o.proposeTake(head, agent, task, event, now)
	case ReleaseTask:
		event, err = o.proposeRelease(head, agent, task, event)
	case FinishTask:
		switch {
		case task.Holder.Seat != 0 && !task.Holder.Is(agent):
			err := fault.Refuse(fault.InvalidArgument, "%s is with another agent now. Nothing was changed: send "+
				"your work to that agent with send_message.", TaskID(task.No))
			err.By = task.Holder.Name
			return nil, 0, err
		case !task.mayEnd(agent):
			return nil, 0, fault.Refuse(fault.NotAllowed, "%s is not yours: a guest can finish only what it added "+
				"or has taken. Nothing was changed: take it first, if you do it.", TaskID(task.No))
		}
		event.Wakes = head.wokenByEnd([]Task{task}, agent)
	case DropTask:
		if !task.MayManage(agent) {
			return nil, 0, refuseManage(task)
		}
		event.Wakes = head.wokenByDrop(task, agent)
	case EditTask:
		event, err = o.proposeEdit(head, agent, task, event, now)
	}
	return event, task.No, err
}

// DecideNext is Decide of FinishTask, followed by TakeTask for the next free task, if there is one. If the agent
// takes a next task, the adder of the finished task is not woken: the work goes on. no is the task that the agent has
// then, or the finished task.
func (o TaskOrder) DecideNext(head *Head, by Caller, now time.Time) (events []Event, no int64, err error) {
	event, no, err := o.Decide(head, by, now)
	if err != nil {
		return nil, 0, err
	}
	after, err := head.Preview(*event, now)
	if err != nil {
		return nil, 0, err
	}
	take, next, err := TaskOrder{Action: TakeTask, Seen: o.Seen}.Decide(after, by, now)
	switch {
	case err != nil: // no task is free
		return []Event{*event}, no, nil
	case take == nil: // the agent has another
		return []Event{*event}, next, nil
	}
	done, _ := head.Task(no)
	event.Wakes = head.unblockedBy([]Task{done}, by.Agent, nil)
	return []Event{*event, *take}, next, nil
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
func (o TaskOrder) findTask(head *Head, agent Agent, now time.Time) (Task, error) {
	if o.No == 0 && o.Action == TakeTask {
		if mine := head.TasksOf(agent); len(mine) > 0 {
			return mine[0], nil
		}
		task, ok := head.NextTask(agent, o.Seen, now)
		if !ok {
			return task, head.refuseNoneFree(agent, o.Seen, now)
		}
		return task, nil
	}
	t, open := head.Task(o.No)
	if !open || !agent.SeesTask(t.N) {
		return t, ErrNotOpen
	}
	if o.Action == CheckTask {
		return t, RefuseUndone(t.No)
	}
	return t, nil
}

// ErrNotOpen reports a task that is done, dropped, or invisible to the caller.
var ErrNotOpen = fault.Refuse(fault.InvalidArgument, "id: there is no open task of this id. Nothing was changed: it "+
	"is done or dropped, or there never was one; list shows those that are open.")

// proposeAdd completes the event that adds tasks.
func (o TaskOrder) proposeAdd(head *Head, agent Agent, event *Event) (*Event, int64, error) {
	mine := 0
	for _, task := range head.Tasks {
		if task.Adder.Is(agent) || agent.IsGuest() && task.Invite == agent.Invite && !task.Adder.IsHere(&head.State) {
			mine++ // a guest that leaves and joins again looks like a new guest
		}
	}
	switch {
	case mine+len(o.Add) > core.MaxAdded:
		return nil, 0, fault.Refuse(fault.InvalidArgument, "An agent can add at most %d open tasks; for a guest, "+
			"those of guests of its invite that have left count, too. There are %d, and you add %d. Nothing was "+
			"added: take or finish some first, or put several into one.", core.MaxAdded, mine, len(o.Add))
	case len(head.Tasks)+len(o.Add) > core.MaxTasks:
		return nil, 0, fault.Refuse(fault.InvalidArgument, "At most %d open tasks in a room; there are %d. Nothing "+
			"was added: finish or drop some first.", core.MaxTasks, len(head.Tasks))
	}
	if err := checkCircles(o.Add); err != nil {
		return nil, 0, err
	}
	for i, task := range o.Add {
		task.No, task.Invite = head.LastTask+int64(i)+1, agent.Invite
		var after []int64
		for _, no := range task.After {
			if no < 0 { // a task of this call
				no = head.LastTask - no
			} else if err := head.checkFollow(agent, no); err != nil {
				return nil, 0, err
			}
			if !slices.Contains(after, no) {
				after = append(after, no)
			}
		}
		task.After = after
		if len(head.WaitsFor(task)) == 0 && !slices.ContainsFunc(after, func(no int64) bool {
			return no > head.LastTask
		}) {
			event.Wakes = addWoken(event.Wakes, &head.State, agent, task.For...)
		}
		event.Task.Add = append(event.Task.Add, task)
	}
	return event, 0, nil
}

// checkFollow refuses a new place after task no, if agent sees no such task. It may have ended: then it blocks nothing,
// and its result comes with the task that follows.
func (h *Head) checkFollow(agent Agent, no int64) error {
	if task, open := h.Task(no); no > h.LastTask || open && !agent.SeesTask(task.N) {
		return fault.Refuse(fault.InvalidArgument, "after: there is no task %s. Nothing was changed: name the "+
			"tasks of this call by 1, 2, …, and others by their ids.", TaskID(no))
	}
	return nil
}

// newAfter returns After of task after the edit. A circle is looked for in head, which the edit follows, so two edits
// at once make none. A task that has ended is in no circle: nothing waits for it.
func (o TaskOrder) newAfter(head *Head, agent Agent, task Task) (after []int64, err error) {
	for _, no := range o.After {
		if err := head.checkFollow(agent, no); err != nil {
			return nil, err
		}
		if !slices.Contains(after, no) {
			after = append(after, no)
		}
	}
	return after, checkCircle(task.No, func(no int64) []int64 {
		if no == task.No {
			return after
		}
		other, _ := head.Task(no)
		return other.After
	})
}

// checkCircles refuses tasks to add that come after one another in a circle. Tasks that are there already come after
// none of them.
func checkCircles(add []Task) error {
	for i := range add {
		err := checkCircle(-int64(i)-1, func(no int64) []int64 {
			if no > 0 {
				return nil
			}
			return add[-no-1].After
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkCircle refuses task no if it comes after itself, directly or by others: none of them could ever be taken.
// after returns the tasks directly before a task; a negative number is that of a task to add.
func checkCircle(no int64, after func(no int64) []int64) error {
	seen := map[int64]bool{}
	var back func(from int64) []string // from one task to the next before it, until no
	back = func(from int64) []string {
		for _, before := range after(from) {
			step := numbered(from) + " after " + numbered(before)
			if before == no {
				return []string{step}
			}
			if seen[before] {
				continue
			}
			seen[before] = true
			if rest := back(before); rest != nil {
				return append([]string{step}, rest...)
			}
		}
		return nil
	}
	circle := back(no)
	if circle == nil {
		return nil
	}
	return fault.Refuse(fault.InvalidArgument, "after: this makes a circle, and nothing in it could ever be taken: "+
		"%s. Nothing was changed: leave one of these out.", strings.Join(circle, ", "))
}

// numbered returns the id of task no, or the place of a task to add.
func numbered(no int64) string {
	if no < 0 {
		return "number " + strconv.FormatInt(-no, 10)
	}
	return TaskID(no)
}

// proposeTake completes the event by which agent takes task.
func (o TaskOrder) proposeTake(head *Head, agent Agent, task Task, event *Event, now time.Time) (*Event, error) {
	switch {
	case task.Holder.Is(agent):
		return nil, nil
	case len(head.TasksOf(agent)) >= core.MaxTaken:
		return nil, fault.Refuse(fault.InvalidArgument, "You have %d tasks, and no more at once. Nothing was taken: "+
			"finish or release one first.", core.MaxTaken)
	case task.Holder.Seat != 0 && !head.Stalled(task, o.Seen, now):
		return nil, head.refuseTaken(agent, task, o.Seen, now)
	case task.Holder.Seat != 0:
		event.Task.Was, event.Wakes = task.Holder, addWoken(nil, &head.State, agent, task.Holder)
		return event, nil
	}
	if open := head.WaitsFor(task); len(open) > 0 {
		return nil, fault.Refuse(fault.InvalidArgument, "%s cannot be taken yet: %s must be done first. Nothing was "+
			"taken: %s", TaskID(task.No), taskIDs(open), head.insteadOf(agent, o.Seen, now))
	}
	if only, until := head.offeredTo(task, now); len(only) > 0 && !isAmong(only, agent) {
		return nil, fault.Refuse(fault.InvalidArgument, "%s is offered to another agent: nobody else may take it "+
			"for %d more seconds, unless that agent, the one that added it or an admin releases it. Nothing was "+
			"taken: %s",
			TaskID(task.No), fault.Seconds(until.Sub(now)), head.insteadOf(agent, o.Seen, now))
	}
	return event, nil
}

// proposeRelease completes the event by which agent gives task back, takes it from its holder, or changes its offer.
func (o TaskOrder) proposeRelease(head *Head, agent Agent, task Task, event *Event) (*Event, error) {
	switch {
	case task.Holder.Seat == 0 && slices.Equal(task.For, o.For): // perhaps agent, who may not again, has released it so
		return nil, nil
	case !task.MayRelease(agent):
		return nil, fault.Refuse(fault.NotAllowed, "Only the agent that has %s, the one that added it, or an admin "+
			"may release it. Nothing was changed: ask one of them with send_message.", TaskID(task.No))
	}
	event.Task.For = o.For
	switch {
	case len(head.WaitsFor(task)) > 0:
	case len(event.Task.For) > 0:
		event.Wakes = addWoken(nil, &head.State, agent, event.Task.For...)
	default: // a free task is news to its adder if another gave the task back: see Opening.Suits
		event.Wakes = addWoken(nil, &head.State, agent, task.Adder)
	}
	return event, nil
}

// proposeEdit completes the event by which agent changes task.
func (o TaskOrder) proposeEdit(head *Head, agent Agent, task Task, event *Event, now time.Time) (*Event, error) {
	change := event.Task
	change.Text, change.For, change.After = task.Text, task.For, task.After
	switch {
	case !task.MayManage(agent):
		return nil, refuseManage(task)
	case len(o.For) > 0 && task.Holder.Seat != 0:
		return nil, fault.Refuse(fault.InvalidArgument, "%s is taken, so it cannot be offered. Nothing was changed: "+
			"release it with for.", TaskID(task.No))
	}
	if o.Title != "" {
		change.Title = o.Title
	}
	if o.Text != "" {
		change.Text = o.Text
	}
	if o.Offers {
		change.For = o.For
	}
	if o.After != nil {
		var err error
		change.After, err = o.newAfter(head, agent, task)
		if err != nil {
			return nil, err
		}
	}

	// An edit that changes nothing makes no event, so a repetition is harmless. Of a task in question the edit says
	// that the task holds as it is.
	if change.Title == task.Title && change.Text == task.Text && slices.Equal(change.For, task.For) &&
		slices.Equal(change.After, task.After) && head.QuestionOf(task, now) == 0 {
		return nil, nil
	}
	task.After = change.After
	if task.Holder.Seat == 0 && len(head.WaitsFor(task)) == 0 {
		event.Wakes = addWoken(nil, &head.State, agent, change.For...)
	}
	event.Wakes = addWoken(event.Wakes, &head.State, agent, task.Holder)
	return event, nil
}

// refuseTaken refuses task, the task of another agent, to agent. The error names the holder, and another free task.
func (h *Head) refuseTaken(agent Agent, task Task, seen map[int]Presence, now time.Time) error {
	err := fault.Refuse(fault.InvalidArgument, "%s is taken by another agent. Nothing was changed: %s",
		TaskID(task.No), h.insteadOf(agent, seen, now))
	err.By = task.Holder.Name
	return err
}

// insteadOf says which task a can take.
func (h *Head) insteadOf(a Agent, seen map[int]Presence, now time.Time) string {
	if next, ok := h.NextTask(a, seen, now); ok {
		return "the next free one is " + TaskID(next.No) + "."
	}
	return "no other is free, and wait_for_message ends when one becomes free."
}

// refuseNoneFree refuses agent a task without an id. It names those in question that agent could take.
func (h *Head) refuseNoneFree(agent Agent, seen map[int]Presence, now time.Time) error {
	var doubtful []int64
	for _, task := range h.Tasks {
		if h.IsFreeFor(agent, task, seen, now) {
			doubtful = append(doubtful, task.No)
		}
	}
	but := ""
	if len(doubtful) > 0 {
		but = ", but for what is in question (" + taskIDs(doubtful) + "): take that by its id if it holds as it is"
	}
	return fault.Refuse(fault.InvalidArgument, "No task is free now%s. Nothing was changed: call wait_for_message, "+
		"which ends when one is.", but)
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

// addWoken adds to list the seats of those in who that have a seat, each once, without the seat of agent.
func addWoken(list []int, state *State, agent Agent, who ...Party) []int {
	for _, party := range who {
		i := slices.IndexFunc(state.Agents, party.Is)
		if i >= 0 && state.Agents[i].Seat != agent.Seat && !slices.Contains(list, state.Agents[i].Seat) {
			list = append(list, state.Agents[i].Seat)
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

// wokenByDrop returns who is woken after a has dropped a task: the agent that had it, the adders of the tasks that come
// after it, and the agents that have these or are offered them, if they waited for nothing else.
func (h *Head) wokenByDrop(dropped Task, a Agent) []int {
	seats := addWoken(nil, &h.State, a, dropped.Holder)
	for _, task := range h.Tasks {
		if slices.Contains(task.After, dropped.No) {
			seats = addWoken(seats, &h.State, a, task.Adder)
		}
	}
	return h.unblockedBy([]Task{dropped}, a, seats)
}

// unblockedBy adds to seats the agents that have a task, or to whom one is offered, that waited only for the tasks that
// agent has ended.
func (h *Head) unblockedBy(ended []Task, agent Agent, seats []int) []int {
	for _, task := range h.Tasks {
		open := h.WaitsFor(task)
		left := slices.ContainsFunc(open, func(no int64) bool {
			return !slices.ContainsFunc(ended, func(end Task) bool { return end.No == no })
		})
		if len(open) > 0 && !left {
			seats = addWoken(seats, &h.State, agent, append(slices.Clip(task.For), task.Holder)...)
		}
	}
	return seats
}

// completeReport completes the report event of agent: the event closes the tasks of event.Finishes that agent may
// finish.
func (h *Head) completeReport(agent Agent, event *Event) {
	event.Closes, event.Wakes = nil, nil
	var done []Task
	for _, no := range event.Finishes {
		if h.WhyUnfinished(agent, no) == "" && !slices.Contains(event.Closes, no) {
			task, _ := h.Task(no)
			event.Closes, done = append(event.Closes, no), append(done, task)
		}
	}
	if len(done) > 0 {
		event.Wakes = h.wokenByEnd(done, agent)
	}
}

// WhyUnfinished returns the reason why a report of agent does not close task no; "" if the report does.
func (h *Head) WhyUnfinished(agent Agent, no int64) string {
	task, open := h.Task(no)
	switch {
	case no > h.LastTask, open && !agent.SeesTask(task.N):
		return "there is no such task"
	case !open:
		return "it is done or dropped already"
	case task.Holder.Seat != 0 && !task.Holder.Is(agent):
		return "another agent has it"
	case !task.mayEnd(agent):
		return "a guest can finish only what it added or has taken"
	}
	return ""
}
