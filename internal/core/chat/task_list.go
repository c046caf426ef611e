package chat

import (
	"cmp"
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// Tasks is the result of a TaskRequest or a TaskListRequest.
type Tasks struct {
	Task    *TaskView  // the task changed, or asked for by id; nil without one
	Tasks   []TaskView // the open tasks, at most 30: those just added first, then the caller's
	HasMore bool
	// Results are the results of ended tasks directly before Task, if the caller has Task or asks for it. Rest is the
	// id of the first result that does not fit.
	Results []TaskView
	Rest    string
	Alike   []string // after an add, or an edit of the title: see taskOp.alike
	Cursor  string   // see session.ownCursor
	// Held has everything unread if that held the call back, or the task to take is in question. Then nothing was
	// changed, and of the other fields only Question and Situation are set.
	Held      *Waited
	Question  string // with Held: the proposal that puts the task to take in question; "": none does
	Situation Situation
}

// ListTasks returns the tasks for a request. Nothing changes, so a held agent may list tasks, too.
func (s *Service) ListTasks(ctx context.Context, req TaskListRequest) (Tasks, error) {
	c, err := s.enterTasking(ctx, req.Token)
	if err != nil {
		return Tasks{}, s.Outward(err)
	}
	defer c.room.release()
	got, err := c.listTasks(ctx, req)
	got, err = c.answerTasks(ctx, got, "", false, err)
	got.Cursor = "" // the call gives none whose counts could go on: see session.cursor
	return got, err
}

// tasksShown is the most tasks in a list, except a person's: the page shows all.
const tasksShown = 30

// closedShown is how many closed tasks a list has at most: for people and programs.
const closedShown = 100

// listTasks returns the list of open tasks, or of closed ones: all, or those added before the task ID.
func (c tasking) listTasks(ctx context.Context, req TaskListRequest) (Tasks, error) {
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
	if err == nil {
		got.Tasks, err = c.checkedTasks(ctx, stored...)
	}
	return got, err
}

func refuseClosedID() error {
	return fault.Refuse(fault.InvalidArgument, "id must be that of a task, such as t7: the closed ones before it are "+
		"listed.")
}

// oneTask returns the task of an id, open or not, with the results of the tasks directly before it.
func (c tasking) oneTask(ctx context.Context, id string) (got Tasks, err error) {
	no, ok := room.TaskNumber(id)
	if !ok {
		return got, refuseID()
	}
	seen, err := reading(c).presence(ctx, c.head)
	if err != nil {
		return got, err
	}
	task, open := c.head.Task(no)
	if open {
		v := reading(c).taskOf(task, seen)
		got.Task = &v
	} else {
		done, err := c.room.log.Items().Done(ctx, no)
		if err != nil && !errors.Is(err, table.ErrNotFound) {
			return got, err
		}
		task = done.Task
		got.Task, err = c.checkedTask(ctx, done)
		if err != nil {
			return got, err
		}
	}
	if task.No == 0 || !c.me.SeesTask(task.N) {
		return Tasks{}, refuseUnknownTask()
	}
	c.recorder().RecordCall(ctx)
	err = c.addResults(ctx, &got, task)
	return got, err
}

func refuseUnknownTask() error {
	return fault.Refuse(fault.InvalidArgument, "id: there is no task of this id. Without id, list_tasks shows those "+
		"that are open.")
}

// openTasks returns the caller's view of the open tasks, as of the caller's head: see seenTasks.
func (c tasking) openTasks(ctx context.Context, added int64) (got Tasks, err error) {
	head := c.head
	seen, err := reading(c).presence(ctx, head)
	if err != nil {
		return got, err
	}
	list := reading(c).seenTasks(added)
	got.HasMore = len(list) > tasksShown && c.me.ReadsIntoContext()
	if got.HasMore {
		list = list[:tasksShown]
	}
	for _, task := range list {
		got.Tasks = append(got.Tasks, reading(c).taskOf(task, seen))
	}
	return got, nil
}

// doneTask returns the caller's view of a closed task.
func (c tasking) doneTask(done roomlog.Done) *TaskView {
	v := TaskView{ID: room.TaskID(done.Task.No), Title: done.Task.Title, Text: done.Task.Text, State: TaskDone,
		Adder: done.Task.Adder.Name, AddedByPerson: done.Task.ByPerson, By: done.By.Name, EndedByPerson: done.ByPerson,
		AdderName: done.Task.Adder.Person, ByName: done.By.Person,
		Age:    max(0, c.room.svc.now().Sub(time.UnixMilli(done.AtMs))),
		Result: done.Result, Evidence: done.Ran, Own: done.Ran != nil && done.Finished().IsOwn(c.me.Agent)}
	if done.Dropped {
		v.State = TaskDropped
	}
	v.After = taskIDs(done.Task.After)
	if done.Redacted {
		v.Missing = "removed"
	} else if done.Report != 0 && (done.File || len(done.Result) > core.MaxResult-utf8.UTFMax) {
		v.Report = c.head.MessageID(done.Report)
	}
	return &v
}

// checkedTask is checkedTasks of one.
func (c tasking) checkedTask(ctx context.Context, done roomlog.Done) (*TaskView, error) {
	list, err := c.checkedTasks(ctx, done)
	return &list[0], err
}

// checkedTasks is doneTask of each, with the checks of what was run for the task, and the agreement under which it was
// done, if that was replaced. Most tasks say nothing of what was run, and cost no read.
func (c tasking) checkedTasks(ctx context.Context, closed ...roomlog.Done) (list []TaskView, err error) {
	first, last := int64(0), int64(0)
	for i := range closed {
		list = append(list, *c.doneTask(closed[i]))
		if no := closed[i].Task.No; closed[i].Ran != nil {
			first, last = min(cmp.Or(first, no), no), max(last, no)
		}
	}
	if last == 0 {
		return list, nil
	}
	checks, err := c.room.log.Items().Checks(ctx, first, last)
	if err != nil {
		return list, err
	}
	agreed, _, err := c.room.log.Items().Agreements(ctx, c.me, 0, agreementsRead)
	if err != nil {
		return list, err
	}
	for i := range list {
		v := &list[i]
		if v.Evidence == nil { // nothing was run, or its words were removed
			continue
		}
		v.DoneUnder = c.head.MessageID(underWhich(closed[i].Task, agreed))
		for _, check := range checks[closed[i].Task.No] {
			v.Checks = append(v.Checks, CheckView{ID: c.head.MessageID(check.N), By: check.By.Name,
				ByPerson: check.ByPerson, ByName: check.By.Person, At: time.UnixMilli(check.AtMs), Check: check.Check,
				Mine: check.By.Is(c.me.Agent)})
		}
	}
	return list, nil
}

// Bounds of the results in one answer.
const (
	resultsShown = 8
	resultsBytes = 6 << 10 // of titles, results, what was run, and checks
)

// addResults adds the results of the ended tasks directly before task to got.
func (c tasking) addResults(ctx context.Context, got *Tasks, task room.Task) error {
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
		size += len(v.Title) + len(v.Result) + v.evidenceSize()
		if size > resultsBytes {
			got.Rest = v.ID
			return nil
		}
		got.Results = append(got.Results, v)
	}
	return nil
}

// resultOf returns the result of the ended task no.
func (c tasking) resultOf(ctx context.Context, no int64) (TaskView, error) {
	done, err := c.room.log.Items().Done(ctx, no)
	switch {
	case errors.Is(err, table.ErrNotFound):
		return TaskView{ID: room.TaskID(no), Missing: "expired"}, nil
	case err != nil:
		return TaskView{}, err
	case !c.me.SeesTask(done.Task.N):
		return TaskView{ID: room.TaskID(no), Missing: "from before you joined"}, nil
	}
	v, err := c.checkedTask(ctx, done)
	if err != nil {
		return TaskView{}, err
	}
	v.Text, v.Adder, v.AddedByPerson, v.AdderName, v.Age = "", "", false, "", 0
	return *v, nil
}
