package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// TaskCommand is what a call does with the room's tasks. The call's events have room.TaskAction: CommandNext, which no
// event has, makes a room.FinishTask and a room.TakeTask.
type TaskCommand string

// The commands.
const (
	CommandAdd     TaskCommand = "add"
	CommandTake    TaskCommand = "take"
	CommandRelease TaskCommand = "release"
	CommandFinish  TaskCommand = "finish"
	CommandNext    TaskCommand = "next" // finish the task, and take the next free one
	CommandDrop    TaskCommand = "drop"
	CommandEdit    TaskCommand = "edit"
)

// TaskRequest asks to do Action.
type TaskRequest struct {
	Token  string
	Action TaskCommand
	ID     string    // t7; of take, "" means the next free one
	Tasks  []NewTask // of add, in order
	Text   string    // of finish: what was done; of release: why; of edit: details
	Title  string    // of edit: the new title; "" changes nothing
	After  []string  // of edit: the new tasks to be done before, perhaps none; nil changes nothing
	// For of release and edit: the agents that the task is offered to, also agents still to come. Of edit, nil changes
	// nothing, and an empty For offers the task to nobody.
	For []string
	// Cursor is for the guard of take, finish and next: see Task. The answer has it again.
	Cursor string
}

// TaskListRequest asks for all open tasks, or for one task.
type TaskListRequest struct {
	Token  string
	ID     string // t7, open or not; "" means all open tasks
	Closed bool   // for people and programs: tasks that are done or dropped, newest first; before ID
}

// NewTask is a task to be added.
type NewTask struct {
	Title string
	Text  string   // details
	For   []string // names of the agents that the task is offered to
	After []string // "1" for the first of the same call, and so on, or ids
}

// TaskState says how a task stands.
type TaskState string

// The states of tasks.
const (
	TaskBlocked TaskState = "blocked" // open, but a task before it is not done
	TaskOpen    TaskState = "open"
	TaskTaken   TaskState = "taken"
	TaskStalled TaskState = "stalled" // taken by an agent that is gone, or silent for 15 minutes
	TaskDone    TaskState = "done"
	TaskDropped TaskState = "dropped"
)

// TaskView is a task as an agent sees it.
type TaskView struct {
	ID    string
	Title string
	Text  string
	State TaskState
	Adder string
	By    string // who has the task, or finished it
	// AddedByPerson: the person behind Adder added the task. EndedByPerson: the person behind By ended the task.
	AddedByPerson, EndedByPerson bool
	AdderName, ByName            string // the names of the persons behind Adder and By at that time; "" without a name
	For                          []string
	After                        []string      // ids of the tasks before; of a blocked task some are not done
	Dropped                      []string      // of an open task: which of After were dropped
	Age                          time.Duration // of the State
	Mine                         bool          // the caller has the task
	Was                          string        // of a take: who had the task before
	Result                       string        // the result of a finished task, the reason of a dropped task
	Report                       string        // the message that begins with Result, or has a file; "": none
	Missing                      string        // why Result is not shown, in words of the server
}

// Tasks is the result of a TaskRequest or a TaskListRequest.
type Tasks struct {
	Task    *TaskView  // the task changed, or asked for by id; nil without one
	Tasks   []TaskView // the open tasks, at most 30: those just added first, then the caller's
	HasMore bool
	// Results are the results of ended tasks directly before Task, if the caller has Task or asks for it. Rest is the
	// id of the first result that does not fit.
	Results []TaskView
	Rest    string
	Stuck   []string // after a drop: the ids of open tasks directly after Task
	Cursor  string   // see session.ownCursor
	// Held has everything unread if that held the call back. Then nothing was changed, and of the other fields only
	// Situation is set.
	Held *Waited
	Situation
}

// TaskBrief names a task.
type TaskBrief struct{ ID, Title string }

// Unfinished is a task of finishes that the message did not close.
type Unfinished struct {
	ID  string
	Why string // in words of the server
	By  string // the agent that has the task; "" if none does
}

// Task changes the room's tasks, and returns the list afterwards. For permissions see room.TaskOrder.Decide and, for
// held agents, room.Caller.CheckTaskOrder.
//
// A repeated call changes nothing. A repeated take, also without an id, and a repeated next return the task that the
// agent already has. An agent finishes and drops a task once. Tasks with the same titles are added once in
// room.RepeatWindow; if they have ended since, the repetition is refused.
//
// With a cursor, something unread holds back a take, a finish and a next of an agent, after these rules, and only where
// something would change: see room.Caller.HoldBackOfAct. Without a cursor, and for a person, nothing does. In the
// cases, Cora is to take t2:
//
//  1. Ben has said "STOP" to all since the cursor of Cora: her take is held back, and the answer has his word.
//  2. Cora takes t2 with the cursor of that answer: it is hers, though Ben has spoken to all since.
//  3. Cora has t2, and finishes it with a cursor from before such words: it is done.
//  4. Ben has asked Cora since, or has edited t2: her finish is held back.
//  5. Cora finishes t2 again, since the answer was lost, and Ben has asked her: the answer says that t2 is done.
//  6. Cora repeats next for t2, which is done, and t3 is free by now and Ben has asked: to take t3 is held back.
//  7. Cora gives no cursor: nothing is held back.
func (s *Service) Task(ctx context.Context, req TaskRequest) (Tasks, error) {
	op, err := req.newOp()
	if err != nil {
		return Tasks{}, err
	}
	c, err := s.enterCurrent(ctx, req.Token)
	if err != nil {
		return Tasks{}, s.Outward(err)
	}
	defer c.room.release()
	op.session = c
	op.setGuard()
	undo, err := s.limits.Message(c.payer(ctx), len(op.allWords)) // a change without words is an event, too
	if err != nil {
		return Tasks{}, err
	}
	got, err := op.run(ctx)
	if gone := ctx.Err() != nil; err != nil && !gone || err == nil && !op.wrote {
		undo()
	}
	return c.answerTasks(ctx, got, req.Cursor, err)
}

// ListTasks returns the tasks for a request. Nothing changes, so a held agent may list tasks, too.
func (s *Service) ListTasks(ctx context.Context, req TaskListRequest) (Tasks, error) {
	c, err := s.enterCurrent(ctx, req.Token)
	if err != nil {
		return Tasks{}, s.Outward(err)
	}
	defer c.room.release()
	got, err := c.listTasks(ctx, req)
	return c.answerTasks(ctx, got, "", err)
}

// answerTasks adds the caller's situation to the answer, and a cursor for an agent whose call had the cursor given; "":
// none.
func (c *session) answerTasks(ctx context.Context, got Tasks, given string, err error) (Tasks, error) {
	if err != nil || got.Held != nil {
		return got, c.room.svc.Outward(err)
	}
	read, ignored := c.head.AsOf, false
	if !c.me.IsPerson() {
		cursor, named := c.readCursor(given)
		c.reader().AcknowledgeUnstored(cursor.N, 0)
		ignored = given != "" && !named
		got.Cursor, read, err = c.nextCursor(ctx, given)
	}
	silent := got.Silent
	got.Situation = c.situation(read)
	got.Silent, got.CursorIgnored = silent, ignored
	return got, c.room.svc.Outward(err)
}

// taskOp is a change of tasks under way.
type taskOp struct {
	session  *session
	req      TaskRequest
	order    room.TaskOrder // set by newOp, but for Seen, which run reads if the rules need the presence of the seats
	allWords string         // for the limit, and for the check for credentials
	guard    guard          // set by setGuard
	wrote    bool           // set by run
}

// setGuard sets the guard of an agent that begins or ends a task.
func (op *taskOp) setGuard() {
	if c := op.session; (op.takesTask() || op.order.Action == room.FinishTask) && !c.me.IsPerson() {
		op.guard = c.guardFor(op.req.Cursor)
	}
}

// guarded returns the change for the guard.
func (op *taskOp) guarded() *guarded {
	what := &guarded{act: room.TaskAct{Takes: op.takesTask()}, marks: op.takesTask()}
	if op.order.Action == room.FinishTask {
		what.act.Ends, what.said.Finishes = op.order.No, []int64{op.order.No}
	}
	return what
}

// takesTask reports whether the answer shows a task that the caller takes: by take, or by next.
func (op *taskOp) takesTask() bool {
	return op.order.Action == room.TakeTask || op.req.Action == CommandNext
}

// taskOutcome is what a change of tasks does on one head, for the answer.
type taskOutcome struct {
	taskNo     int64      // the task that the answer shows; 0: none
	taskBefore room.Task  // the task before the change
	addedIn    int64      // the event of the added tasks that the answer shows; 0: none
	headAfter  *room.Head // directly after the change: the answer is of one moment
}

// newOp returns the change that req asks for; its names of agents are resolved later. The error is a *fault.Error.
func (req TaskRequest) newOp() (*taskOp, error) {
	op := &taskOp{req: req}
	o := &op.order
	switch req.Action {
	case CommandAdd, CommandTake, CommandRelease, CommandFinish, CommandDrop, CommandEdit:
		o.Action = room.TaskAction(req.Action)
	case CommandNext:
		o.Action = room.FinishTask
	default:
		return nil, refuseAction()
	}

	// Adding has its fields in tasks; each other action has one task.
	if req.Action == CommandAdd {
		return op, op.parseAdd()
	}
	if len(req.Tasks) > 0 {
		return nil, refuseTasksField()
	}
	if err := op.setID(); err != nil {
		return nil, err
	}
	if err := room.CheckTaskText("text", req.Text); err != nil {
		return nil, err
	}

	// A field without a meaning for the action is refused, not ignored.
	if err := req.checkFields(); err != nil {
		return nil, err
	}
	o.Title, o.Text, op.allWords = req.Title, req.Text, req.Title+req.Text
	if len(req.After) > core.MaxAfter {
		return nil, refuseManyAfter()
	}

	// An empty after differs from nil: the task then waits for no other.
	if req.After != nil {
		o.After = []int64{}
		for i, id := range req.After {
			no, ok := room.TaskNumber(id)
			if !ok {
				return nil, refuseAfter(i)
			}
			o.After = append(o.After, no)
		}
	}
	return op, checkWords(op.allWords)
}

// setID parses the id of the task.
func (op *taskOp) setID() error {
	if op.req.ID == "" && op.req.Action == CommandTake {
		return nil
	}
	no, ok := room.TaskNumber(op.req.ID)
	if !ok {
		return refuseID()
	}
	op.order.No = no
	return nil
}

// The refusals of a change of tasks, in the order of the checks, and then those of a list.

func refuseAction() error {
	return fault.Refuse(fault.InvalidArgument, "action must be add, take, release, finish, next, drop or edit. "+
		"Nothing was changed: list_tasks shows the tasks.")
}

// checkAdd refuses an add without tasks, or with fields of other actions.
func (req TaskRequest) checkAdd() error {
	switch {
	case len(req.Tasks) == 0:
		return fault.Refuse(fault.InvalidArgument, "add: give tasks, each with a title. Nothing was added.")
	case req.ID != "" || req.Text != "" || req.Title != "" || len(req.After) > 0 || len(req.For) > 0:
		return fault.Refuse(fault.InvalidArgument, "add takes tasks alone, and title, text, for and after of each are "+
			"in there. Nothing was added.")
	}
	return nil
}

// refuseNumber refuses an added task that waits for a task which the call does not have.
func refuseNumber(number, other int) error {
	return fault.Refuse(fault.InvalidArgument, "after of number %d names number %d, and this call adds no such task. "+
		"Nothing was added: name a task of the list by its id, such as t7.", number, other)
}

func refuseTasksField() error {
	return fault.Refuse(fault.InvalidArgument, "tasks goes with action add. Nothing was changed.")
}

func refuseID() error {
	return fault.Refuse(fault.InvalidArgument, "id must be that of a task, such as t7. Nothing was changed: "+
		"list_tasks shows the ids.")
}

// checkFields refuses a field without a meaning for the action; add has checkAdd.
func (req TaskRequest) checkFields() error {
	switch {
	case req.Action == CommandTake && req.Text != "":
		return fault.Refuse(fault.InvalidArgument, "text does not go with take. Nothing was changed: say it with "+
			"send_message, or with finish.")
	case req.Action != CommandEdit && (req.Title != "" || len(req.After) > 0):
		return fault.Refuse(fault.InvalidArgument, "title and after go in tasks, with add. Nothing was changed.")
	case req.Action != CommandEdit && req.Action != CommandRelease && len(req.For) > 0:
		return fault.Refuse(fault.InvalidArgument, "for goes with add, release and edit. Nothing was changed.")
	case req.Action == CommandEdit && req.Title == "" && req.Text == "" && req.After == nil && req.For == nil:
		return fault.Refuse(fault.InvalidArgument, "edit: say what to change: text or for. Nothing was changed.")
	case req.Title != "":
		return room.CheckTitle("title", req.Title)
	}
	return nil
}

func refuseManyAfter() error {
	return fault.Refuse(fault.InvalidArgument, "after: at most %d tasks. Nothing was changed: name those "+
		"whose results are needed.", core.MaxAfter)
}

func refuseAfter(i int) error {
	return fault.Refuse(fault.InvalidArgument, "after: number %d is not a task. Nothing was changed: name a task "+
		"of the same call by its place, 1 for the first, and others by their ids, such as t7.", i+1)
}

// checkWords refuses words with a likely credential, since the words of a task stay for a year.
func checkWords(words string) error {
	if kind := sanitize.Credential(words); kind != "" {
		return fault.Refuse(fault.InvalidArgument, "The words hold what looks like %s, and everybody here could use "+
			"it. Nothing was changed: take it out; what one agent alone must have goes into a private message.", kind)
	}
	return nil
}

func refuseOffer(field string, number int) error {
	return fault.Refuse(fault.InvalidArgument, "%s: name %d in it does not name anyone who is in this room or could "+
		"still join. Nothing was changed: correct it, or leave for out, and anyone may take the task.", field, number)
}

// checkAddedBefore refuses to add the tasks of event n again if all of them have ended: a list without them would look
// as if they had been added.
func checkAddedBefore(head *room.Head, n int64) error {
	if slices.ContainsFunc(head.Tasks, func(task room.Task) bool { return task.N == n }) {
		return nil
	}
	return fault.Refuse(fault.InvalidArgument, "You have added tasks with these titles in the last ten minutes, and "+
		"they are done or dropped. Nothing was added: if there is more to do, say in the titles what is different.")
}

// refuseEnded refuses a change of an ended task, and names the agent that has ended the task.
func refuseEnded(done roomlog.Done) error {
	how := "done"
	if done.Dropped {
		how = "dropped"
	}
	refused := fault.Refuse(fault.InvalidArgument, "%s is %s already. Nothing was changed: if you have more work on "+
		"it, send that to the agent in by with send_message.", room.TaskID(done.Task.No), how)
	refused.By = done.By.Name
	return refused
}

func refuseClosedID() error {
	return fault.Refuse(fault.InvalidArgument, "id must be that of a task, such as t7: the closed ones before it are "+
		"listed.")
}

func refuseUnknownTask() error {
	return fault.Refuse(fault.InvalidArgument, "id: there is no task of this id. Without id, list_tasks shows those "+
		"that are open.")
}

// parseAdd parses the tasks to add.
func (op *taskOp) parseAdd() error {
	req := op.req
	if err := req.checkAdd(); err != nil {
		return err
	}

	// All tasks are checked first: one event adds all, or none is added.
	for i, t := range req.Tasks {
		task := room.Task{Title: t.Title, Text: t.Text}
		if err := room.CheckTitle(fmt.Sprintf("title of number %d", i+1), t.Title); err != nil {
			return err
		}
		if err := room.CheckTaskText(fmt.Sprintf("text of number %d", i+1), t.Text); err != nil {
			return err
		}
		if len(t.After) > core.MaxAfter {
			return refuseManyAfter()
		}

		// A number without t stands for a task of this call, without an id so far, and is stored as a negative number.
		for j, id := range t.After {
			no, ok := room.TaskNumber(id)
			here, err := strconv.Atoi(strings.TrimSpace(id))
			switch {
			case !ok:
				return refuseAfter(j)
			case err == nil && here > len(req.Tasks):
				return refuseNumber(i+1, here)
			case err == nil:
				no = -no
			}
			task.After = append(task.After, no)
		}
		op.order.Add = append(op.order.Add, task)
		op.allWords += t.Title + "\n" + t.Text + "\n"
	}
	return checkWords(op.allWords)
}

// resolveOffers returns the order with the seats of the agents in for.
func (op *taskOp) resolveOffers(state *room.State) (o room.TaskOrder, err error) {
	o = op.order
	o.Add = slices.Clone(o.Add)
	for i, t := range op.req.Tasks {
		o.Add[i].For, err = resolveOffer(state, t.For, fmt.Sprintf("for of number %d", i+1))
		if err != nil {
			return o, err
		}
	}
	o.Offers = op.req.For != nil
	o.For, err = resolveOffer(state, op.req.For, "for")
	return o, err
}

// resolveOffer returns the agents of names, each once: agents in the room and, while a seat is free, agents still to
// come. field is the argument for the refusal.
func resolveOffer(state *room.State, names []string, field string) (found []room.Party, err error) {
	for i, given := range names {
		name, err := ident.AgentName(given)
		to := room.Party{Name: name.Shown, Key: name.Key}
		if agent, here := state.Named(name.Key); here {
			to = agent.Party()
		} else if err != nil || len(state.Agents) >= state.Capacity || i >= core.MaxCapacity {
			return nil, refuseOffer(field, i+1)
		}
		if !slices.ContainsFunc(found, func(m room.Party) bool { return m.Seat == to.Seat && m.Key == to.Key }) {
			found = append(found, to)
		}
	}
	return found, nil
}

// errPresence reports that the change needs presence, which alone tells whether a task has stalled.
var errPresence = errors.New("chat: the presence of the seats is needed")

// errUnread reports that something unread may hold the change back.
var errUnread = errors.New("chat: unread events must be read first")

// run appends the change, unless the log has it already or something unread holds the change back.
func (op *taskOp) run(ctx context.Context) (Tasks, error) {
	events, outcome, held, err := op.resolve(ctx)
	switch {
	case errors.Is(err, room.ErrNotOpen):
		return op.answerClosed(ctx)
	case err != nil:
		return Tasks{}, err
	case held != nil:
		return Tasks{Held: held, Situation: held.Situation}, nil
	}
	if len(events) > 0 {
		op.wrote = true
		if op.order.Action == room.AddTasks {
			outcome.addedIn = events[0].N
		}
	}
	return op.answer(ctx, events, outcome)
}

// resolve appends the change, and reads what the rules need, until nothing is missing or the change is held back.
func (op *taskOp) resolve(ctx context.Context) (events []room.Event, outcome taskOutcome, held *Waited, err error) {
	c := op.session
	for range maxAttempts {
		events, outcome, err = op.append(ctx)
		switch {
		case errors.Is(err, errPresence): // directly before the write, since the write may take a task from an agent
			op.order.Seen, err = c.allPresence(ctx, table.Strong)
		case errors.Is(err, errUnread):
			op.guard, held, err = c.holdBack(ctx, op.guarded(), op.guard)
		default:
			return events, outcome, nil, err
		}
		if err != nil || held != nil {
			return nil, taskOutcome{}, held, err
		}
	}
	return nil, taskOutcome{}, nil, refuseRaces()
}

// append appends the events of the change, and returns them and the outcome.
func (op *taskOp) append(ctx context.Context) ([]room.Event, taskOutcome, error) {
	var outcome taskOutcome // of the last head on which the rules were checked
	proposal := &roomlog.Proposal{Began: op.session.start.At}
	events, err := op.session.append(ctx, proposal, func(head *room.Head, caller room.Caller,
		now time.Time) (ch roomlog.Change, err error) {
		ch, outcome, err = op.propose(head, caller, now)
		if err == nil && len(ch.Events) > 0 && op.guarded().mayBeHeld(op.guard, place{head, caller, proposal.Batched,
			now, op.session.room.log}) {
			return roomlog.Change{}, errUnread
		}
		return ch, err
	})
	if err != nil { // the proposal may still be under way, and outcome belongs to it
		return nil, taskOutcome{}, err
	}
	return events, outcome, nil
}

// propose checks the rules on head, and returns the events of the change and their outcome. propose changes nothing.
func (op *taskOp) propose(head *room.Head, caller room.Caller, now time.Time) (ch roomlog.Change, outcome taskOutcome,
	err error) {
	outcome.headAfter = head
	order, err := op.resolveOffers(&head.State)
	if err != nil {
		return ch, outcome, err
	}
	if order.Action == room.AddTasks {
		outcome.addedIn = head.AddedBefore(caller.Agent, order.Add, now)
		if outcome.addedIn > 0 {
			return ch, outcome, checkAddedBefore(head, outcome.addedIn)
		}
	}
	switch {
	case head.Expired(now) && !head.Closed:
		return ch, outcome, roomlog.ErrNotFound
	case order.LacksPresence(head, caller.Agent, now):
		return ch, outcome, errPresence
	}
	if op.req.Action == CommandNext { // in one Write: otherwise the task that is taken next would be announced as free
		ch.Events, outcome.taskNo, err = order.DecideNext(head, caller, now)
	} else {
		var event *room.Event
		event, outcome.taskNo, err = order.Decide(head, caller, now)
		if event != nil {
			ch.Events = []room.Event{*event}
		}
	}
	if err != nil {
		return roomlog.Change{}, outcome, err
	}
	outcome.taskBefore, _ = head.Task(outcome.taskNo)
	for _, event := range ch.Events {
		outcome.headAfter, err = outcome.headAfter.Preview(event, now)
		if err != nil {
			return roomlog.Change{}, outcome, err
		}
	}
	return ch, outcome, nil
}

// presence returns the presence needed to tell the stalled tasks of head; nil if the log tells.
func (c *session) presence(ctx context.Context, head *room.Head) (map[int]room.Presence, error) {
	if !head.NeedsPresence(c.room.svc.now()) {
		return nil, nil
	}
	return c.allPresence(ctx, table.Eventual)
}

// allPresence returns the presence of every seat.
func (c *session) allPresence(ctx context.Context, how table.Consistency) (map[int]room.Presence, error) {
	all, _, err := c.room.agents.ReadPresence(ctx, how)
	if err != nil {
		return nil, err
	}
	c.addCall(all)
	return all, nil
}

// hasActiveTask reports whether a taken task has not stalled; true if unknown.
func (c *session) hasActiveTask(ctx context.Context) bool {
	seen, err := c.presence(ctx, c.head)
	if err != nil {
		if ctx.Err() == nil {
			c.room.svc.log.WarnContext(ctx, "presence not read", "error", err)
		}
		return true
	}
	return c.head.Works(seen, c.room.svc.now())
}

// answer returns the list after the change, and the changed task.
func (op *taskOp) answer(ctx context.Context, events []room.Event, outcome taskOutcome) (Tasks, error) {
	c := op.session
	c.recorder().RecordCall(ctx)
	c.useHead(outcome.headAfter)
	got, err := c.openTasks(ctx, outcome.addedIn)
	if err != nil || outcome.taskNo == 0 {
		return got, err
	}
	if task, open := c.head.Task(outcome.taskNo); open {
		v := c.taskOf(task, op.order.Seen)
		got.Task = &v
		if op.takesTask() {
			err = c.addResults(ctx, &got, task)
		}
	} else if len(events) > 0 {
		by := c.me.Party()
		by.Person = events[0].PersonName
		got.Task = c.doneTask(roomlog.Done{Task: outcome.taskBefore, By: by, ByPerson: events[0].Person,
			Result: op.req.Text, Dropped: op.order.Action == room.DropTask, AtMs: events[0].AtMs})
		got.Stuck = c.waitingFor(outcome.taskBefore)
	}
	if len(events) > 0 && got.Task != nil {
		got.Task.Was = events[len(events)-1].Task.Was.Name
	}
	return got, err
}

// waitingFor returns the ids of open tasks directly after task, a dropped task.
func (c *session) waitingFor(task room.Task) (ids []string) {
	for _, x := range c.head.Tasks {
		if c.me.SeesTask(x.N) && slices.Contains(c.head.DroppedBefore(x), task.No) {
			ids = append(ids, room.TaskID(x.No))
		}
	}
	return ids
}

// Bounds of the results in one answer.
const (
	resultsShown = 8
	resultsBytes = 6 << 10 // of titles and results
)

// addResults adds the results of the ended tasks directly before task to got.
func (c *session) addResults(ctx context.Context, got *Tasks, task room.Task) error {
	size := 0
	for _, no := range task.After {
		if _, open := c.head.Task(no); open {
			continue
		}
		if len(got.Results) == resultsShown {
			got.Rest = room.TaskID(no)
			return nil
		}
		v, err := c.resultOf(ctx, no)
		if err != nil {
			return err
		}
		size += len(v.Title) + len(v.Result)
		if size > resultsBytes {
			got.Rest = v.ID
			return nil
		}
		got.Results = append(got.Results, v)
	}
	return nil
}

// resultOf returns the result of the ended task no.
func (c *session) resultOf(ctx context.Context, no int64) (TaskView, error) {
	done, err := c.room.log.Items().Done(ctx, no)
	switch {
	case errors.Is(err, table.ErrNotFound):
		return TaskView{ID: room.TaskID(no), Missing: "expired"}, nil
	case err != nil:
		return TaskView{}, err
	case !c.me.SeesTask(done.Task.N):
		return TaskView{ID: room.TaskID(no), Missing: "from before you joined"}, nil
	}
	v := c.doneTask(done)
	v.Text, v.Adder, v.AddedByPerson, v.AdderName, v.Age = "", "", false, "", 0
	return *v, nil
}

// answerClosed answers a call about an ended task. For the agent that has ended the task the call succeeds again;
// everybody else learns how the task ended.
func (op *taskOp) answerClosed(ctx context.Context) (Tasks, error) {
	c := op.session
	done, err := c.room.log.Items().Done(ctx, op.order.No)
	if errors.Is(err, table.ErrNotFound) || err == nil && !c.me.SeesTask(done.Task.N) {
		return Tasks{}, room.ErrNotOpen
	}
	if err != nil {
		return Tasks{}, err
	}
	again := op.order.Action == room.FinishTask && !done.Dropped || op.order.Action == room.DropTask && done.Dropped
	if again && done.By.Is(c.me.Agent) {
		if op.req.Action == CommandNext { // the answer was lost: the agent has the next task already, or takes it now
			take := &taskOp{session: c, req: TaskRequest{Cursor: op.req.Cursor},
				order: room.TaskOrder{Action: room.TakeTask}}
			take.setGuard()
			if got, err := take.run(ctx); err == nil {
				op.wrote = take.wrote
				if got.Held != nil {
					got.Task = c.doneTask(done)
				}
				return got, nil
			}
		}
		c.recorder().RecordCall(ctx)
		c.moveOn()
		got, err := c.openTasks(ctx, 0)
		got.Task = c.doneTask(done)
		got.Stuck = c.waitingFor(done.Task)
		return got, err
	}
	return Tasks{}, refuseEnded(done)
}

// tasksShown is the most tasks in a list, except a person's: the page shows all.
const tasksShown = 30

// closedShown is how many closed tasks a list has at most: for people and programs.
const closedShown = 100

// listTasks returns the list of open tasks, or of closed ones: all, or those added before the task ID.
func (c *session) listTasks(ctx context.Context, req TaskListRequest) (Tasks, error) {
	if req.ID != "" && !req.Closed {
		return c.oneTask(ctx, req.ID)
	}
	c.recorder().RecordCall(ctx)
	if !req.Closed {
		return c.openTasks(ctx, 0)
	}
	before, ok := room.TaskNumber(req.ID)
	if !ok && req.ID != "" {
		return Tasks{}, refuseClosedID()
	}
	stored, more, err := c.room.log.Items().AllDone(ctx, c.me.Agent, before, closedShown)
	c.moveOn()
	got := Tasks{HasMore: more}
	for _, done := range stored {
		got.Tasks = append(got.Tasks, *c.doneTask(done))
	}
	return got, err
}

// oneTask returns the task of an id, open or not, with the results of the tasks directly before it.
func (c *session) oneTask(ctx context.Context, id string) (got Tasks, err error) {
	no, ok := room.TaskNumber(id)
	if !ok {
		return got, refuseID()
	}
	seen, err := c.presence(ctx, c.head)
	if err != nil {
		return got, err
	}
	task, open := c.head.Task(no)
	if open {
		v := c.taskOf(task, seen)
		got.Task = &v
	} else {
		done, err := c.room.log.Items().Done(ctx, no)
		if err != nil && !errors.Is(err, table.ErrNotFound) {
			return got, err
		}
		task, got.Task = done.Task, c.doneTask(done)
	}
	if task.No == 0 || !c.me.SeesTask(task.N) {
		return Tasks{}, refuseUnknownTask()
	}
	c.recorder().RecordCall(ctx)
	err = c.addResults(ctx, &got, task)
	return got, err
}

// openTasks returns the caller's view of the open tasks, as of the caller's head: first those added by the event
// added, then the caller's, then the others, each in the order of adding.
func (c *session) openTasks(ctx context.Context, added int64) (got Tasks, err error) {
	head := c.head
	seen, err := c.presence(ctx, head)
	if err != nil {
		return got, err
	}
	got.Silent = c.silentTask(seen)
	rank := func(task room.Task) int {
		switch {
		case added > 0 && task.N == added:
			return 0
		case task.Holder.Is(c.me.Agent):
			return 1
		}
		return 2
	}
	list := slices.DeleteFunc(slices.Clone(head.Tasks), func(task room.Task) bool { return !c.me.SeesTask(task.N) })
	slices.SortStableFunc(list, func(a, b room.Task) int { return rank(a) - rank(b) })
	got.HasMore = len(list) > tasksShown && !c.me.IsPerson()
	if got.HasMore {
		list = list[:tasksShown]
	}
	for _, task := range list {
		got.Tasks = append(got.Tasks, c.taskOf(task, seen))
	}
	return got, nil
}

// taskOf returns the caller's view of task, as of the caller's head.
func (c *session) taskOf(task room.Task, seen map[int]room.Presence) TaskView {
	head, now := c.head, c.room.svc.now()
	v := TaskView{ID: room.TaskID(task.No), Title: task.Title, Text: task.Text, State: TaskOpen, Adder: task.Adder.Name,
		AddedByPerson: task.ByPerson, By: task.Holder.Name, Age: max(0, now.Sub(head.TaskSince(task))),
		Mine:      task.Holder.Is(c.me.Agent),
		AdderName: task.Adder.Person, ByName: task.Holder.Person}
	for _, m := range task.For {
		v.For = append(v.For, m.Name)
	}
	for _, no := range task.After {
		v.After = append(v.After, room.TaskID(no))
	}
	for _, no := range head.DroppedBefore(task) {
		v.Dropped = append(v.Dropped, room.TaskID(no))
	}
	switch {
	case head.Stalled(task, seen, now):
		v.State = TaskStalled
	case task.Holder.Seat != 0:
		v.State = TaskTaken
	case len(head.WaitsFor(task)) > 0:
		v.State = TaskBlocked
	}
	return v
}

// stalledTasks returns the caller's view of the stalled tasks, in the order of adding. seen is the presence of the
// seats, with this call.
func (c *session) stalledTasks(seen map[int]room.Presence) (list []TaskBrief) {
	for _, task := range c.head.Tasks {
		if c.me.SeesTask(task.N) && c.head.Stalled(task, seen, c.room.svc.now()) {
			list = append(list, TaskBrief{room.TaskID(task.No), task.Title})
		}
	}
	return list
}

// doneTask returns the caller's view of a closed task.
func (c *session) doneTask(done roomlog.Done) *TaskView {
	v := TaskView{ID: room.TaskID(done.Task.No), Title: done.Task.Title, Text: done.Task.Text, State: TaskDone,
		Adder: done.Task.Adder.Name, AddedByPerson: done.Task.ByPerson, By: done.By.Name, EndedByPerson: done.ByPerson,
		AdderName: done.Task.Adder.Person, ByName: done.By.Person,
		Age:    max(0, c.room.svc.now().Sub(time.UnixMilli(done.AtMs))),
		Result: done.Result}
	if done.Dropped {
		v.State = TaskDropped
	}
	for _, no := range done.Task.After {
		v.After = append(v.After, room.TaskID(no))
	}
	if done.Redacted {
		v.Missing = "removed"
	} else if done.Report != 0 && (done.File || len(done.Result) > core.MaxResult-utf8.UTFMax) {
		v.Report = c.head.MessageID(done.Report)
	}
	return &v
}

// setTask sets the fields of m, an event about tasks.
func (m *Message) setTask(state *room.State, c *room.TaskChange) {
	m.TaskAction = c.Action
	for _, task := range c.Add {
		v := TaskView{ID: room.TaskID(task.No), Title: task.Title, State: TaskOpen, Adder: m.Agent}
		for _, p := range task.For {
			v.For = append(v.For, p.Name)
		}
		for _, no := range task.After {
			v.After = append(v.After, room.TaskID(no))
		}
		m.Tasks = append(m.Tasks, v)
	}
	if len(m.Tasks) > 0 {
		m.Task = &m.Tasks[0]
		return
	}
	v := TaskView{ID: room.TaskID(c.No), Title: c.Title, Text: c.Text, Was: c.Was.Name}
	switch c.Action {
	case room.TakeTask:
		v.State, v.By = TaskTaken, m.Agent
	case room.ReleaseTask:
		v.State = TaskOpen
	case room.FinishTask:
		v.State, v.By, v.Text, v.Result = TaskDone, m.Agent, "", c.Text
	case room.DropTask:
		v.State, v.By, v.Text, v.Result = TaskDropped, m.Agent, "", c.Text
	}
	for _, p := range c.For {
		v.For = append(v.For, p.Name)
	}
	m.Task = &v
}
