package chat

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// TaskState says how a task stands.
type TaskState string

// The states of tasks.
const (
	TaskBlocked TaskState = "blocked" // open, but a task before it is open, too
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
	After                        []string       // ids of the tasks before; of a blocked task some are open
	Question                     string         // of an open task: the proposal that puts it in question; "": none
	Age                          time.Duration  // of the State
	Mine                         bool           // the caller has the task
	Was                          string         // of a take: who had the task before
	Result                       string         // the result of a finished task, the reason of a dropped task
	Report                       string         // the message that begins with Result, or has a file; "": none
	Missing                      string         // why Result is not shown, in words of the server
	Evidence                     *room.Evidence // what By says was run
	Own                          bool           // of Evidence: the caller cannot check it, see room.Finished.IsOwn
	DoneUnder                    string         // with Evidence: under which agreement, if that was replaced since
	Checks                       []CheckView    // of Evidence
}

// CheckView is the last check of a task by one agent.
type CheckView struct {
	ID       string // to remove it; "": an older program stored it
	By       string
	ByPerson bool   // the person behind By did
	ByName   string // the name of that person; "" without a name
	At       time.Time
	room.Check
	Mine bool // of the caller's seat
}

// TaskBrief names a task.
type TaskBrief struct{ ID, Title string }

// Unfinished is a task of finishes that the message did not close.
type Unfinished struct {
	ID  string
	Why string // in words of the server
	By  string // the agent that has the task; "" if none does
}

// seenTasks returns the open tasks that the caller sees: those added by the event added, the caller's, those offered to
// the caller, and the others, each in the order of the room. Otherwise the tasks of a guest, added first, would hide in
// a part of the list what the caller is to do.
func (c reading) seenTasks(added int64) []room.Task {
	list := slices.DeleteFunc(slices.Clone(c.head.Tasks), func(task room.Task) bool { return !c.me.SeesTask(task.N) })
	rank := func(task room.Task) int {
		switch {
		case task.N == added:
			return 0
		case task.Holder.Is(c.me.Agent):
			return 1
		case slices.ContainsFunc(task.For, func(party room.Party) bool { return party.Is(c.me.Agent) }):
			return 2
		}
		return 3
	}
	slices.SortStableFunc(list, func(a, b room.Task) int { return rank(a) - rank(b) })
	return list
}

// taskOf returns the caller's view of task, as of the caller's head.
func (c reading) taskOf(task room.Task, seen map[int]room.Presence) TaskView {
	head, now := c.head, c.room.svc.now()
	v := TaskView{ID: room.TaskID(task.No), Title: task.Title, Text: task.Text, State: TaskOpen, Adder: task.Adder.Name,
		AddedByPerson: task.ByPerson, By: task.Holder.Name, Age: max(0, now.Sub(head.TaskSince(task))),
		Mine:      task.Holder.Is(c.me.Agent),
		AdderName: task.Adder.Person, ByName: task.Holder.Person}
	for _, m := range task.For {
		v.For = append(v.For, m.Name)
	}
	v.After = taskIDs(task.After)
	v.Question = head.MessageID(head.QuestionOf(task, now))
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
