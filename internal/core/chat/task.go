package chat

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// Task changes the room's tasks, and returns the list afterwards. For permissions see room.TaskOrder.Decide and, for
// held agents, room.Caller.CheckTaskOrder.
//
// A repetition is the same whole call, and changes nothing. A repeated take, also without an id, and a repeated next
// return the task that the agent already has. For a repeated add see findMade. A finish, drop or release with other
// words than those by which the agent has done the same is refused, since its words would be lost, and the answer would
// look as if they stood.
//
// With a cursor, something unread holds back a take, a finish and a next of an agent, after these rules, and only where
// something would change: see room.Caller.IsHeldBy. A take of a task in question is held back, too, though nothing is
// unread: see room.State.QuestionOf. Without a cursor, and for a person, nothing does. In the cases, Cora has t2:
//
//  1. Ben has said "STOP" to all since the cursor of Cora: her next for t2 is held back, and the answer has his word.
//  2. Cora finishes t2 again, since the answer was lost, and Ben has asked her: the answer says that t2 is done.
//  3. Cora repeats next for t2, which is done, and t3 is free by now and Ben has asked: to take t3 is held back.
//  4. Cora gives no cursor: nothing is held back.
func (s *Service) Task(ctx context.Context, req TaskRequest) (Tasks, error) {
	order, err := req.parse()
	if err != nil {
		return Tasks{}, err
	}
	c, err := s.enterTasking(ctx, req.Token)
	if err != nil {
		return Tasks{}, s.Outward(err)
	}
	defer c.room.release()
	undo, err := s.limits.Message(c.payer(ctx), len(wordsOf(order))) // a change without words is an event, too
	if err != nil {
		return Tasks{}, err
	}
	op := c.newTaskOp(req, order)
	got, wrote, err := op.run(ctx)
	if gone := ctx.Err() != nil; err != nil && !gone || err == nil && !wrote {
		undo()
	}
	return c.answerTasks(ctx, got, req.Cursor, op.guard.on, err)
}

// answerTasks adds the caller's situation to the answer, and a cursor for an agent whose call had the cursor given; "":
// none. went says that a change went through that others may hold back.
func (c tasking) answerTasks(ctx context.Context, got Tasks, given string, went bool, err error) (Tasks, error) {
	if err != nil || got.Held != nil {
		return got, c.room.svc.Outward(err)
	}
	read := c.head.AsOf
	if c.me.ReadsByCursor() {
		cursor, _ := c.readCursor(given)
		c.reader().AcknowledgeUnstored(cursor.N)
		got.Cursor, read = c.ownCursor(given)
		if went {
			got.Cursor = c.cursorAfter(0, true, got.Cursor)
		}
	}
	got.Situation = reading(c).situation(learned{read: read})
	return got, nil
}

// taskOp is a change of tasks under way. resolve learns more of the order and the guard; nothing else changes.
type taskOp struct {
	c     tasking
	req   TaskRequest
	order room.TaskOrder // Seen is nil until the rules need the presence of the seats
	guard guard          // of a caller that begins or ends a task
	shown guard          // of an add: what the cursor shows; it holds nothing back
	doubt int64          // the proposal that puts the task to take in question, if that holds back; else 0
}

// newTaskOp returns the change that an order asks for.
func (c tasking) newTaskOp(req TaskRequest, order room.TaskOrder) *taskOp {
	if order.Action == room.AddTasks {
		order.Call = req.digest()
	}
	op := &taskOp{c: c, req: req, order: order, shown: reading(c).guardFor(req.Cursor)}
	if op.takesTask() || order.Action == room.FinishTask {
		op.guard = reading(c).guardFor(req.Cursor)
	}
	return op
}

// intent returns the change for the guard.
func (op *taskOp) intent() *intent {
	act := room.Act{ByAny: op.takesTask()}
	if op.order.Action == room.FinishTask {
		act.Finishes = []int64{op.order.No}
	}
	return &intent{act: act, isAct: true, doubt: op.doubt != 0}
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

// run appends the change, unless the log has it already or something unread holds the change back. wrote says that the
// log has a new event.
func (op *taskOp) run(ctx context.Context) (got Tasks, wrote bool, err error) {
	done, held, err := op.resolve(ctx)
	wrote = len(done.Events) > 0
	if err == nil && op.order.Action == room.ReleaseTask && !wrote {
		err = op.checkReleased(ctx, done.Answer.taskBefore)
	}
	switch {
	case errors.Is(err, room.ErrNotOpen):
		return op.answerClosed(ctx)
	case err != nil:
		return Tasks{}, false, err
	case held != nil:
		return Tasks{Held: held, Question: op.c.head.MessageID(op.doubt), Situation: held.Situation}, false, nil
	}
	if wrote && op.order.Action == room.AddTasks && done.Answer.addedIn == 0 {
		done.Answer.addedIn = done.Events[0].N
	}
	got, err = op.answer(ctx, done.Events, done.Answer)
	return got, wrote, err
}

// resolve appends the change, and reads what the rules need, until nothing is missing or the change is held back.
func (op *taskOp) resolve(ctx context.Context) (done roomlog.Answered[taskOutcome], held *Waited, err error) {
	c := op.c
	for range maxAttempts {
		done, err = op.append(ctx)
		switch needs, _ := needOf(err); needs {
		case needCalls:
			err = c.refresh(ctx)
		case needPresence: // directly before the write, since the write may take a task from an agent
			op.order.Seen, err = reading(c).allPresence(ctx, table.Strong)
		case needReading:
			op.guard, held, err = reading(c).holdBack(ctx, op.intent(), op.guard)
		default:
			return done, nil, err
		}
		if err != nil || held != nil {
			return done, held, err
		}
	}
	return done, nil, refuseRaces()
}

// append appends the events of the change, unless something unread may hold it back.
func (op *taskOp) append(ctx context.Context) (roomlog.Answered[taskOutcome], error) {
	c := op.c
	return appendBy(ctx, c.session, c.began, func(at place) (roomlog.Answered[taskOutcome], error) {
		ch, err := op.propose(at.head, at.caller, at.now)
		op.doubt = 0
		if err == nil && op.guard.on && !op.guard.cursor.HeldAct {
			op.doubt = questionOfTaken(at, ch.Events)
		}
		if err == nil && len(ch.Events) > 0 && (op.doubt != 0 || op.intent().mayBeHeld(op.guard, at)) {
			err = needReading
		}
		return ch, err
	})
}

// questionOfTaken returns the proposal that puts in question what the caller takes by events; 0: none does.
func questionOfTaken(at place, events []room.Event) int64 {
	for _, event := range events {
		if event.Task.Action == room.TakeTask {
			task, _ := at.head.Task(event.Task.No)
			return at.head.QuestionOf(task, at.now)
		}
	}
	return 0
}

// propose checks the rules on head, and returns the events of the change and their outcome. propose changes nothing.
func (op *taskOp) propose(head *room.Head, caller room.Caller, now time.Time) (ch roomlog.Answered[taskOutcome],
	err error) {
	outcome := &ch.Answer
	outcome.headAfter = head
	order := op.order
	if order.Action == room.AddTasks { // who was offered one then may have left since
		made, err := findMade(place{head: head, caller: caller, now: now}, order.Call, op.shown.cursor, op.shown.on)
		if err == nil && made.N == 0 {
			err = checkLate(op.c.began, now)
		}
		if made.N > 0 || err != nil {
			outcome.addedIn = made.N
			return ch, err
		}
	}
	order, err = op.resolveOffers(&head.State)
	if err != nil {
		return ch, err
	}
	switch {
	case head.Expired(now) && !head.Closed:
		return ch, roomlog.ErrNotFound
	case order.Seen == nil && head.NeedsPresence(now):
		return ch, needPresence
	}
	switch {
	case op.req.Action == CommandNext: // in one Write: otherwise the task that is taken next would be announced as free
		ch.Events, outcome.taskNo, err = order.DecideNext(head, caller, now)
	default:
		var event *room.Event
		event, outcome.taskNo, err = order.Decide(head, caller, now)
		if event != nil {
			ch.Events = []room.Event{*event}
		}
	}
	if err != nil {
		return ch, err
	}
	outcome.taskBefore, _ = head.Task(outcome.taskNo)
	for _, event := range ch.Events {
		outcome.headAfter, err = outcome.headAfter.Preview(event, now)
		if err != nil {
			return ch, err
		}
	}
	return ch, nil
}

// checkReleased refuses a release that changed nothing if its words would be lost. The last event of task, which is
// free, tells whether that was the same call.
func (op *taskOp) checkReleased(ctx context.Context, task room.Task) error {
	if op.order.Text == "" {
		return nil
	}
	last, err := op.c.room.log.Event(ctx, task.Last)
	switch {
	case err != nil && !errors.Is(err, table.ErrNotFound):
		return err
	case err == nil && last.Seat == op.c.me.Seat && last.Task != nil && last.Task.Action == room.ReleaseTask &&
		last.Task.Text == op.order.Text:
		return nil
	}
	return fault.Refuse(fault.InvalidArgument, "%s is free already, or offered as you say. Nothing was changed: say "+
		"why with send_message.", room.TaskID(op.order.No))
}

// answer returns the list after the change, and the changed task.
func (op *taskOp) answer(ctx context.Context, events []room.Event, outcome taskOutcome) (Tasks, error) {
	c := op.c
	c.recorder().RecordCall(ctx)
	c.moveTo(outcome.headAfter)
	c.answers = outcome.addedIn
	got, err := c.openTasks(ctx, outcome.addedIn)
	got.Alike = op.alike(outcome)
	if err != nil || outcome.taskNo == 0 {
		return got, err
	}
	if task, open := c.head.Task(outcome.taskNo); open {
		v := reading(c).taskOf(task, op.order.Seen)
		got.Task = &v
		if op.takesTask() {
			err = c.addResults(ctx, &got, task)
		}
	} else if len(events) > 0 {
		by := c.me.Party()
		by.Person = events[0].PersonName
		got.Task = c.doneTask(roomlog.Done{Task: outcome.taskBefore, By: by, ByPerson: events[0].Person,
			Result: op.req.Text, Ran: op.order.Ran, Dropped: op.order.Action == room.DropTask, AtMs: events[0].AtMs})
	}
	if len(events) > 0 && got.Task != nil {
		got.Task.Was = events[len(events)-1].Task.Was.Name
	}
	return got, err
}

// alike returns the ids of open tasks of others with the title of one that the agent has added, or given a new title.
func (op *taskOp) alike(outcome taskOutcome) (ids []string) {
	c := op.c
	for _, task := range c.head.Tasks {
		isTitled := outcome.addedIn > 0 && task.N == outcome.addedIn || op.req.Title != "" && task.No == outcome.taskNo
		if !isTitled {
			continue
		}
		for _, id := range taskIDs(c.head.Alike(c.me.Agent, task)) {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// answerClosed answers a call about an ended task. For the agent that has ended the task the call succeeds again;
// everybody else learns how the task ended.
func (op *taskOp) answerClosed(ctx context.Context) (got Tasks, wrote bool, err error) {
	c := op.c
	done, err := c.room.log.Items().Done(ctx, op.order.No)
	if errors.Is(err, table.ErrNotFound) || err == nil && !c.me.SeesTask(done.Task.N) {
		return Tasks{}, false, room.ErrNotOpen
	}
	if err != nil {
		return Tasks{}, false, err
	}
	if op.order.Action == room.CheckTask {
		return op.answerCheck(ctx, done)
	}
	again := op.order.Action == room.FinishTask && !done.Dropped || op.order.Action == room.DropTask && done.Dropped
	if again && done.By.Is(c.me.Agent) {
		ran := op.order.Ran
		if ran != nil && (done.Ran == nil || *ran != *done.Ran) ||
			op.req.Text != "" && (op.req.Text != done.Result || done.Redacted) {
			return Tasks{}, false, refuseOtherWords(done)
		}
		if op.req.Action == CommandNext { // the answer was lost: the agent has the next task already, or takes it now
			take := c.newTaskOp(TaskRequest{Cursor: op.req.Cursor}, room.TaskOrder{Action: room.TakeTask})
			if got, wrote, err := take.run(ctx); err == nil {
				if got.Held != nil {
					got.Task = c.doneTask(done)
				}
				return got, wrote, nil
			}
		}
		c.recorder().RecordCall(ctx)
		c.moveOn()
		got, err := c.openTasks(ctx, 0)
		if err != nil {
			return got, false, err
		}
		got.Task, err = c.checkedTask(ctx, done)
		return got, false, err
	}
	return Tasks{}, false, refuseEnded(done)
}

// answerCheck answers a check of the ended task done.
func (op *taskOp) answerCheck(ctx context.Context, done roomlog.Done) (got Tasks, wrote bool, err error) {
	c := op.c
	if done.Dropped {
		return got, false, room.RefuseUndone(done.Task.No)
	}
	wrote, err = op.appendCheck(ctx, done)
	if err != nil {
		return got, false, err
	}
	c.recorder().RecordCall(ctx)
	c.moveOn()
	got, err = c.openTasks(ctx, 0)
	if err == nil {
		got.Task, err = c.checkedTask(ctx, done)
	}
	return got, wrote, err
}

// appendCheck appends a check of done, unless it repeats the last one of the seat: so equal checks at once make one
// event. The head of the check may be newer than done: nothing but the removal of its words changes done, and a check
// has no words.
func (op *taskOp) appendCheck(ctx context.Context, done roomlog.Done) (wrote bool, err error) {
	var last roomlog.Check
	read := func() (err error) {
		last, err = op.c.room.log.Items().CheckBy(ctx, done.Task.No, op.c.me.Seat)
		return err
	}
	return op.appendAfterRead(ctx, read, func(at place) (*room.Event, []table.Op, error) {
		event, err := done.Finished().DecideCheck(at.head, at.caller, op.order.Check, last.Check)
		return event, nil, err
	})
}

// appendAfterRead appends the event that decide returns, if any, with its ops. If the log has moved since read, it
// reads again: what was read is of the head on which decide decides.
func (op *taskOp) appendAfterRead(ctx context.Context, read func() error,
	decide func(place) (*room.Event, []table.Op, error)) (wrote bool, err error) {
	c := op.c
	for range maxAttempts {
		changed := c.room.log.Peek().LastChange
		if err := read(); err != nil {
			return false, err
		}
		appended, err := appendBy(ctx, c.session, c.began, func(at place) (ch roomlog.Change, err error) {
			if at.head.Expired(at.now) && !at.head.Closed {
				return ch, roomlog.ErrNotFound
			}
			if at.hasMoved(changed) {
				return ch, needItems
			}
			event, ops, err := decide(at)
			if event != nil {
				ch.Events, ch.Ops = []room.Event{*event}, ops
			}
			return ch, err
		})
		if needs, _ := needOf(err); needs != needItems {
			return err == nil && len(appended.Events) > 0, err
		}
	}
	return false, refuseRaces()
}

// refuseOtherWords refuses to end a task again with other words, or with another report of what was run.
func refuseOtherWords(done roomlog.Done) error {
	return fault.Refuse(fault.InvalidArgument, "You have ended %s already, and what you reported then stays: "+
		"list_tasks with its id shows it. Nothing was changed: say what is new with send_message.",
		room.TaskID(done.Task.No))
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
