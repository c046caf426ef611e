package chat

import (
	"context"
	"time"
)

// TaskAction is what a call does with the room's tasks.
type TaskAction string

// The actions.
const (
	TaskList    TaskAction = "list"
	TaskAdd     TaskAction = "add"
	TaskTake    TaskAction = "take"
	TaskRelease TaskAction = "release"
	TaskFinish  TaskAction = "finish"
	TaskDrop    TaskAction = "drop"
	TaskEdit    TaskAction = "edit"
)

// TaskRequest asks to do Action. Its zero value but for Token lists the tasks.
type TaskRequest struct {
	Token  string
	Action TaskAction
	ID     string    // t7; of take, "" means the next free one
	Tasks  []NewTask // of add, in order
	Text   string    // of finish: what was done; of release: why; of edit: details
	Title  string    // of edit: the new title; "" leaves it
	After  []string  // of edit: what must be done first instead; nil leaves it
	For    []string  // of release and edit: the agents that it is offered to
	Closed bool      // of list, for people and programs: those that are done or dropped, newest first
}

// NewTask is a task to be added.
type NewTask struct {
	Title string
	Text  string   // details
	For   []string // names of the agents that it is offered to
	After []string // "1" for the first of the same call, and so on, or ids
}

// TaskState says how a task stands.
type TaskState string

// The states of tasks.
const (
	TaskBlocked TaskState = "blocked" // open, behind something that is not done
	TaskOpen    TaskState = "open"
	TaskTaken   TaskState = "taken"
	TaskStalled TaskState = "stalled" // taken by an agent that is gone, or was not heard for 15 minutes
	TaskDone    TaskState = "done"
	TaskDropped TaskState = "dropped"
)

// Task is a task as an agent sees it.
type Task struct {
	ID     string
	Title  string
	Text   string
	State  TaskState
	Adder  string
	By     string // who has it, or finished it
	For    []string
	After  []string      // ids of what must be done first, and is not
	Age    time.Duration // since it got into State
	Mine   bool          // the caller has it
	Was    string        // of a take: who had it before, if it was stalled
	Result string        // what was done, of one that is done
}

// Tasks is the result of a TaskRequest.
type Tasks struct {
	Task    *Task  // the one that the call changed; nil if it changed none
	Tasks   []Task // the open ones, the caller's first, at most 30; after add, those that were added come first
	HasMore bool
	Situation
}

// TaskBrief names a task of the caller.
type TaskBrief struct{ ID, Title string }

// Unfinished is a task that a message names in finishes, and that stays as it was.
type Unfinished struct {
	ID  string
	Why string // in words of the server
}

// Task does one thing with the room's tasks.
func (s *Service) Task(ctx context.Context, req TaskRequest) (Tasks, error) {
	return Tasks{}, errNotYet
}
