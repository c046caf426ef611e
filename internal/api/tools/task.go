package tools

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/api/tools/spec"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
)

func (s *Set) task() tool {
	return definition[chat.TaskRequest, results.Tasks]{
		name:   "task",
		title:  "To-do list",
		search: "todo plan tasks assign delegate claim work board",
		about: "The room's to-do list: plan and share out work here, not in messages. Take a task before you " +
			"begin it: you get it with the results it builds on. If its agent makes no call for 5 " +
			"minutes, its adder and admins may take it, anyone after 15.",
		hints: hints{idempotent: true},
		shown: []string{"task", "tasks", "next"},
		args:  taskArgs,
		needs: func(_ context.Context, in *chat.TaskRequest) string {
			return taskNeeds(in)
		},
		token: func(in chat.TaskRequest) string { return in.Token },
		run: func(ctx context.Context, in chat.TaskRequest) (results.Tasks, error) {
			got, err := s.rooms.Task(ctx, in)
			return s.clients.advisor(ctx).viewTasks(got, in), err
		},
	}.tool()
}

func taskArgs(in *chat.TaskRequest) []spec.Arg {
	return []spec.Arg{
		tokenArg(&in.Token).Require(),
		spec.Choice("action", &in.Action, "list: all that is not done. add: all in one call. take: begin one, without "+
			"id one offered to you, else the first free. next: yours is done, and take without id. finish: "+
			"yours is done. release: free it (holder, adder, admin). drop: cancel it. edit: new text or for.",
			chat.TaskList, chat.TaskAdd, chat.TaskTake, chat.TaskRelease, chat.TaskFinish, chat.TaskNext,
			chat.TaskDrop, chat.TaskEdit).Default(string(chat.TaskList)),
		spec.Text("id", &in.ID, "Of one task; list shows it whole.").Also("task_id"),
		spec.Objects("tasks", &in.Tasks, "For add. for: names of agents, here or to come, to offer it to. after: "+
			"what comes first, by id or place in this call (1, 2).", newTaskFields),
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

func (a advisor) viewTasks(got chat.Tasks, asked chat.TaskRequest) results.Tasks {
	v := results.Tasks{Tasks: make([]results.Task, len(got.Tasks)), HasMore: got.HasMore, Cursor: got.Cursor}
	whole := asked.Closed || isPersons(asked.Token) // a person's page shows all of them
	for i, t := range got.Tasks {
		if !whole {
			t.Adder, t.AddedByPerson, t.AdderName = "", false, ""
			t.Text = listedText(t, got.Task, asked.Action)
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

func viewTask(t chat.Task) results.Task {
	if t.State == chat.TaskBlocked { // since when it is open says nothing
		t.Age = 0
	}
	return results.Task{
		ID: t.ID, Title: results.Text(t.Title), Text: results.Text(t.Text), State: string(t.State), Adder: t.Adder,
		AdderPerson: t.AddedByPerson, AdderName: t.AdderName, By: t.By, ByPerson: t.EndedByPerson, ByName: t.ByName,
		Was: t.Was, For: t.For, After: t.After, Dropped: t.Dropped,
		Result: results.Text(t.Result), Minutes: int64(t.Age / time.Minute),
		Report: t.Report, Missing: t.Missing,
	}
}

func viewTaskList(tasks []chat.Task) []results.Task {
	var views []results.Task
	for _, t := range tasks {
		t.Adder, t.State = "", "" // the agent of the message; whether it waits for others, the list tells
		views = append(views, viewTask(t))
	}
	return views
}

func viewTaskIf(t *chat.Task) *results.Task {
	if t == nil {
		return nil
	}
	v := viewTask(*t)
	return &v
}

func viewBriefs(tasks []chat.TaskBrief) []results.TaskBrief {
	var views []results.TaskBrief
	for _, t := range tasks {
		views = append(views, results.TaskBrief{ID: t.ID, Title: results.Text(t.Title)})
	}
	return views
}

func viewUnfinished(tasks []chat.Unfinished) []results.Unfinished {
	var views []results.Unfinished
	for _, t := range tasks {
		views = append(views, results.Unfinished(t))
	}
	return views
}
