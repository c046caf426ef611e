package tools

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/tools/spec"
)

// taskList is the result of task.
type taskList struct {
	Untrusted string     `json:"untrusted,omitempty" schema:"-" doc:"says that the following are other agents' words"`
	Task      *taskView  `json:"task,omitempty" doc:"the one that the call was about"`
	Tasks     []taskView `json:"tasks" doc:"what is to be done: yours first, then in the order in which they were added; after add, the new ones first; at most 30; none if id names one"`
	HasMore   bool       `json:"has_more,omitempty" doc:"true if there are more"`
	Results   []taskView `json:"results,omitempty" doc:"what came of the tasks that are in after of task and are over, if you have that or look at it alone: at most eight and 6 KB"`
	Cursor    string     `json:"cursor,omitempty" doc:"how far you have read: this call moves nothing; absent where a person's token was given"`
	Next      string     `json:"next,omitempty" doc:"what to do next; absent where a person's token was given"`
}

// taskView is a task as a result shows it. Agents fill title, text, by, for, was, adder and result.
type taskView struct {
	ID          string   `json:"id" doc:"for the other actions, after, and finishes of send_message"`
	Title       string   `json:"title,omitempty" doc:"what is to be done"`
	Text        string   `json:"text,omitempty" doc:"the details; in tasks only of your own and, in the result of list, of others their first 200 characters; of a message about a release, the reason"`
	State       string   `json:"state,omitempty" doc:"open; blocked: open, but of what is in after some is not done; taken; stalled: taken by an agent that is gone or was not heard for 15 minutes, so anybody may take it; done; dropped"`
	Minutes     int64    `json:"minutes,omitempty" doc:"whole minutes in this state; absent under one, and of blocked"`
	Adder       string   `json:"adder,omitempty" doc:"who added it; in task only"`
	AdderPerson bool     `json:"adder_person,omitempty" schema:"-" doc:"true if the person behind the agent adder added it"`
	By          string   `json:"by,omitempty" doc:"who has it, or has finished it"`
	ByPerson    bool     `json:"by_person,omitempty" schema:"-" doc:"of one that is done or dropped: true if the person behind the agent by did that"`
	Was         string   `json:"was,omitempty" doc:"of one that was taken over: who had it before"`
	For         []string `json:"for,omitempty" doc:"whom it is offered to; ten minutes later anybody may take it"`
	After       []string `json:"after,omitempty" doc:"what comes first, done or not"`
	Result      string   `json:"result,omitempty" doc:"of one that is done: what was done; of one that was dropped: why"`
	Report      string   `json:"report,omitempty" doc:"the message of which result is the beginning, for message_history (id)"`
	Missing     string   `json:"missing,omitempty" doc:"why result is not there: from before you joined; removed; expired"`
}

// taskBrief names a task of the caller.
type taskBrief struct {
	ID    string `json:"id" doc:"for finishes of send_message"`
	Title string `json:"title" doc:"what is to be done"`
}

// unfinished is a task that a message was to close, and did not.
type unfinished struct {
	ID  string `json:"id" doc:"of the task"`
	Why string `json:"why" doc:"why it is as it was"`
	By  string `json:"by,omitempty" doc:"the agent that has it"`
}

func (s *Set) task() tool {
	return definition[chat.TaskRequest, taskList]{
		name:   "task",
		title:  "To-do list",
		search: "todo plan tasks assign delegate claim work board",
		about: "The room's to-do list: plan and share out work here, not in messages. Take a task before you " +
			"begin it: you get it with the results it builds on. If its agent is silent, its " +
			"adder and admins may take it after 5 minutes, all others after 15.",
		hints: hints{idempotent: true},
		shown: []string{"task", "tasks", "next"},
		args:  taskArgs,
		needs: func(_ context.Context, in *chat.TaskRequest) string {
			return taskNeeds(in)
		},
		token: func(in chat.TaskRequest) string { return in.Token },
		run: func(ctx context.Context, in chat.TaskRequest) (taskList, error) {
			got, err := s.rooms.Task(ctx, in)
			return s.clients.advisor(ctx).viewTasks(got, in), err
		},
	}.tool()
}

func taskArgs(in *chat.TaskRequest) []spec.Arg {
	return []spec.Arg{
		tokenArg(&in.Token).Require(),
		spec.Choice("action", &in.Action, "add: all in one call. take: begin one, without id the next free. next: "+
			"yours is done, take another. finish: yours is done, take none. release: free it "+
			"(its holder, adder or admins). drop: cancel it. edit: new text or for.",
			chat.TaskList, chat.TaskAdd, chat.TaskTake, chat.TaskRelease, chat.TaskFinish, chat.TaskNext,
			chat.TaskDrop, chat.TaskEdit).Default(string(chat.TaskList)),
		spec.Text("id", &in.ID, "Of one task; list shows it whole.").Also("task_id"),
		spec.Objects("tasks", &in.Tasks, "For add. for: names to offer it to. after: what comes first, "+
			"by id or place in this call (1, 2).", newTaskFields),
		spec.Text("text", &in.Text, "next, finish: the result, at most 1000 characters; a longer one in "+
			"send_message with finishes. release, drop: why."),
		spec.List("for", &in.For, "release, edit: names to offer it to."),
		spec.Text("title", &in.Title, "").Hide(),
		spec.List("after", &in.After, "").Hide(),
		spec.Boolean("remove_after", func(yes bool) { // an empty list counts as absent
			if yes {
				in.After = []string{}
			}
		}, "").Hide(),
		spec.Boolean("closed", func(yes bool) { in.Closed = yes }, "").Hide(),
	}
}

func newTaskFields(t *chat.NewTask) []spec.Arg {
	return []spec.Arg{
		spec.Text("title", &t.Title, "").Require().Also("name", "subject", "task", "summary"),
		spec.Text("text", &t.Text, "").Also("description", "details"),
		spec.List("for", &t.For, "").Also("assignee", "owner"),
		spec.List("after", &t.After, "").Also("depends_on", "dependencies", "blocked_by"),
	}
}

// taskNeeds says what an action lacks. A title without tasks is the one task to add.
func taskNeeds(in *chat.TaskRequest) string {
	if in.Action == chat.TaskAdd && len(in.Tasks) == 0 && in.Title != "" {
		in.Tasks = []chat.NewTask{{Title: in.Title, Text: in.Text, For: in.For, After: in.After}}
		in.Title, in.Text, in.For, in.After = "", "", nil, nil
	}
	switch in.Action {
	case chat.TaskAdd:
		if len(in.Tasks) == 0 {
			return "tasks is missing (a list of objects with title, text, for, after)"
		}
	case chat.TaskRelease, chat.TaskFinish, chat.TaskNext, chat.TaskDrop, chat.TaskEdit:
		if in.ID == "" {
			return "id is missing (of the task)"
		}
	}
	return ""
}

func (a advisor) viewTasks(got chat.Tasks, asked chat.TaskRequest) taskList {
	v := taskList{Tasks: make([]taskView, len(got.Tasks)), HasMore: got.HasMore, Cursor: got.Cursor}
	whole := asked.Closed || isPersons(asked.Token) // a person's page shows all of them
	for i, t := range got.Tasks {
		if !whole {
			t.Adder, t.AddedByPerson, t.Text = "", false, listedText(t, got.Task, asked.Action)
		}
		v.Tasks[i] = viewTask(t)
	}
	if got.Task != nil {
		one := viewTask(*got.Task)
		v.Task = &one
	}
	for _, t := range got.Results {
		v.Results = append(v.Results, viewTask(t))
	}
	v.Untrusted = noticeIf(got.Task != nil || len(got.Tasks) > 0)
	v.Next = a.tasked(got, asked)
	return v
}

// choiceChars is how much of the details of a task a look at the list shows to an agent that may choose it.
const choiceChars = 200

// listedText is what a list shows an agent of the details of t. one is the task that the call was about, which is
// shown beside the list; nil for none.
func listedText(t chat.Task, one *chat.Task, action chat.TaskAction) string {
	switch {
	case one != nil && one.ID == t.ID:
		return ""
	case t.Mine:
		return t.Text
	case action != chat.TaskList && action != "":
		return ""
	}
	if start := chat.FirstChars(t.Text, choiceChars); start != t.Text {
		return start + "…"
	}
	return t.Text
}

func viewTask(t chat.Task) taskView {
	if t.State == chat.TaskBlocked { // since when it is open says nothing
		t.Age = 0
	}
	return taskView{
		ID: t.ID, Title: words(t.Title), Text: words(t.Text), State: string(t.State), Adder: t.Adder,
		AdderPerson: t.AddedByPerson, By: t.By, ByPerson: t.EndedByPerson,
		Was: t.Was, For: t.For, After: t.After, Result: words(t.Result), Minutes: int64(t.Age / time.Minute),
		Report: t.Report, Missing: t.Missing,
	}
}

func viewTaskList(tasks []chat.Task) []taskView {
	var views []taskView
	for _, t := range tasks {
		t.Adder, t.State = "", "" // the agent of the message; whether it waits for others, the list tells
		views = append(views, viewTask(t))
	}
	return views
}

func viewTaskIf(t *chat.Task) *taskView {
	if t == nil {
		return nil
	}
	v := viewTask(*t)
	return &v
}

func viewBriefs(tasks []chat.TaskBrief) []taskBrief {
	var views []taskBrief
	for _, t := range tasks {
		views = append(views, taskBrief{t.ID, words(t.Title)})
	}
	return views
}

func viewUnfinished(tasks []chat.Unfinished) []unfinished {
	var views []unfinished
	for _, t := range tasks {
		views = append(views, unfinished(t))
	}
	return views
}
