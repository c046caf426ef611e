package tools

import (
	"context"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/api/tools/spec"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func (s *Set) task() tool {
	return definition[chat.TaskRequest, results.Tasks]{
		name:   "task",
		title:  "Change the to-do list",
		search: "todo plan tasks assign delegate claim work board",
		about: "Share out work here, not in messages. Take a task before you begin: you get the results it builds " +
			"on.",
		hints:    hints{destructive: true, openWorld: true},
		compress: true,
		shown:    []string{"task", "tasks", "next"},
		args:     taskArgs,
		needs: func(_ context.Context, in *chat.TaskRequest) string {
			return taskNeeds(in)
		},
		token: func(in chat.TaskRequest) string { return in.Token },
		again: func(in chat.TaskRequest) string {
			if in.Action == chat.CommandAdd {
				return repeatOnce
			}
			return repeatSafely
		},
		run: func(ctx context.Context, in chat.TaskRequest) (results.Tasks, error) {
			got, err := s.rooms.Task(ctx, in)
			return s.clients.advisor(ctx).viewChanged(got, in), err
		},
	}.tool()
}

func taskArgs(in *chat.TaskRequest) []spec.Arg {
	return []spec.Arg{
		tokenArg(&in.Token).Require(),
		spec.Choice("action", &in.Action, "add: all in one call. take: begin it; without id one offered, else "+
			"the first free. finish: also without take. next: finish, take another. release: give it back. "+
			"drop: failed or unwanted; frees what follows. edit: text, for or after. check: what your user had "+
			"with ran.",
			chat.CommandAdd, chat.CommandTake, chat.CommandFinish, chat.CommandNext, chat.CommandRelease,
			chat.CommandDrop, chat.CommandEdit, chat.CommandCheck).
			Require().OrCall("to see the tasks, call list_tasks"),
		spec.Text("id", &in.ID, "Of a task."),
		spec.Objects("tasks", &in.Tasks, "For add. for: exact names of agents here, to offer it; "+
			"if unsure, none. after: what comes first, by id (t7) or number here (from 1).",
			newTaskFields),
		spec.List("for", &in.For, "release, edit: as in tasks.").OrEmpty(),
		spec.Text("text", &in.Text, "The result (over 1000 characters: send_message, finishes), or why. edit: "+
			"new text."),
		spec.Text("ran", &in.Evidence.Ran, "finish: the command to test it."),
		spec.Integer("exit", &in.Evidence.Exit, -spec.NoLimit, spec.NoLimit, "Of ran.").
			Then(func() { in.Exited = true }),
		spec.Choice("verdict", &in.Verdict, "Of check.", room.Same, room.Differs, room.Cannot),
		spec.Code("cursor", &in.Cursor, "As in send_message."),
		spec.Text("title", &in.Title, "").Hide(),
		spec.List("after", &in.After, "").OrEmpty().Hide(),
		spec.Text("commit", &in.Evidence.Commit, "").Hide(),
		spec.Text("tree", &in.Evidence.Tree, "").Hide(),
		spec.Boolean("dirty", func(yes bool) { in.Evidence.Dirty = yes }, "").Hide(),
		spec.Boolean("moved", func(yes bool) { in.Evidence.Moved = yes }, "").Hide(),
		spec.Text("dir", &in.Evidence.Dir, "").Hide(),
		spec.Text("output", &in.Evidence.Output, "").Hide(),
		spec.Integer("output_bytes", &in.Evidence.OutputBytes, 0, spec.NoLimit, "").Hide(),
		spec.Integer("ms", &in.Evidence.Ms, 0, spec.NoLimit, "").Hide(),
		spec.Text("system", &in.Evidence.System, "").Hide(),
	}
}

func (s *Set) listTasks() tool {
	return definition[chat.TaskListRequest, results.Tasks]{
		name:     "list_tasks",
		title:    "Read the to-do list",
		search:   "todo plan tasks open work board",
		about:    "All open tasks, or one whole, with the results it builds on.",
		hints:    hints{readOnly: true, idempotent: true},
		compress: true,
		shown:    []string{"tasks", "task", "results"},
		args: func(in *chat.TaskListRequest) []spec.Arg {
			return []spec.Arg{
				tokenArg(&in.Token).Require(),
				spec.Text("id", &in.ID, "Of the one to show whole, open or not."),
				spec.Boolean("closed", func(yes bool) { in.Closed = yes }, "").Hide(),
			}
		},
		token: func(in chat.TaskListRequest) string { return in.Token },
		run: func(ctx context.Context, in chat.TaskListRequest) (results.Tasks, error) {
			got, err := s.rooms.ListTasks(ctx, in)
			return s.clients.advisor(ctx).viewListed(got, in), err
		},
	}.tool()
}

func newTaskFields(t *chat.NewTask) []spec.Arg {
	return []spec.Arg{
		spec.Text("title", &t.Title, "").Require(),
		spec.List("for", &t.For, "").Also("assignee", "owner"),
		spec.List("after", &t.After, ""),
		spec.Text("text", &t.Text, "").Also("description"),
	}
}

// taskNeeds returns what an action lacks. A title without tasks is the only task to add.
func taskNeeds(in *chat.TaskRequest) string {
	if in.Action == chat.CommandAdd && len(in.Tasks) == 0 && in.Title != "" {
		in.Tasks = []chat.NewTask{{Title: in.Title, Text: in.Text, For: in.For, After: in.After}}
		in.Title, in.Text, in.For, in.After = "", "", nil, nil
	}
	switch in.Action {
	case chat.CommandAdd:
		if len(in.Tasks) == 0 {
			return "tasks is missing (a list of objects with title, text, for, after)"
		}
	case chat.CommandRelease, chat.CommandFinish, chat.CommandNext, chat.CommandDrop, chat.CommandEdit,
		chat.CommandCheck:
		if in.ID == "" {
			return "id is missing (of the task)"
		}
	}
	return ""
}

// viewChanged shows the list after a change. The list shows an agent the details of its own tasks only, without the
// texts of the call; a person's page shows all details.
func (a advisor) viewChanged(got chat.Tasks, asked chat.TaskRequest) results.Tasks {
	if held := got.Held; held != nil {
		view := results.Tasks{Untrusted: notice(held.Messages, false), Tasks: []results.Task{}, Held: true,
			Messages: viewMessages(held.Messages), MoreMessages: held.HasMore, Cursor: held.Cursor,
			Next: a.heldAct(got, asked)}
		if got.Task != nil {
			task := viewTask(*got.Task)
			view.Task = &task
		}
		return view
	}
	if !isPersons(asked.Token) {
		for i, t := range got.Tasks {
			text := ""
			if t.Mine && (got.Task == nil || got.Task.ID != t.ID) { // got.Task is shown beside the list
				text = unlessGiven(t.Text, asked)
			}
			got.Tasks[i] = inList(t, text)
		}
		if got.Task != nil && asked.Action != chat.CommandEdit { // an edit shows what came of it
			got.Task.Text, got.Task.Result = unlessGiven(got.Task.Text, asked), unlessGiven(got.Task.Result, asked)
		}
	}
	v := viewTasks(got)
	v.Next = a.tasked(got, asked)
	return v
}

// unlessGiven returns text; "" if the text came with the call.
func unlessGiven(text string, asked chat.TaskRequest) string {
	if text == asked.Text || slices.ContainsFunc(asked.Tasks, func(t chat.NewTask) bool { return t.Text == text }) {
		return ""
	}
	return text
}

// choiceChars is how many characters of a task's details the list shows to an agent that may take the task.
const choiceChars = 200

// viewListed shows the list, or a task.
func (a advisor) viewListed(got chat.Tasks, asked chat.TaskListRequest) results.Tasks {
	if !asked.Closed && !isPersons(asked.Token) {
		for i, t := range got.Tasks {
			text := t.Text
			if !t.Mine {
				text = beginning(text, choiceChars)
			}
			got.Tasks[i] = inList(t, text)
		}
	}
	v := viewTasks(got)
	v.Next = a.listed(got, asked)
	return v
}

// inList returns t as the list shows t to an agent, with text as the details.
func inList(t chat.TaskView, text string) chat.TaskView {
	t.Adder, t.AddedByPerson, t.AdderName, t.Text = "", false, "", text
	return t
}

func viewTasks(got chat.Tasks) results.Tasks {
	v := results.Tasks{Task: viewTaskIf(got.Task), Tasks: make([]results.Task, len(got.Tasks)), HasMore: got.HasMore,
		Cursor: got.Cursor}
	for i, t := range got.Tasks {
		v.Tasks[i] = viewTask(t)
	}
	for _, t := range got.Results {
		v.Results = append(v.Results, viewTask(t))
	}
	v.Untrusted = noticeIf(got.Task != nil || len(got.Tasks) > 0)
	return v
}

func viewTask(t chat.TaskView) results.Task {
	if t.State == chat.TaskBlocked { // the age of a blocked task says nothing
		t.Age = 0
	}
	return results.Task{
		ID: t.ID, Title: results.Text(t.Title), Text: results.Text(t.Text), State: string(t.State), Adder: t.Adder,
		AdderPerson: t.AddedByPerson, AdderName: t.AdderName, By: t.By, ByPerson: t.EndedByPerson, ByName: t.ByName,
		Was: t.Was, For: t.For, After: t.After,
		Question: t.Question, DoneUnder: t.DoneUnder,
		Result: results.Text(t.Result), Minutes: int64(t.Age / time.Minute),
		Report: t.Report, Missing: t.Missing, Evidence: viewEvidence(t.Evidence), Own: t.Own,
		Checks: viewChecks(t.Checks),
	}
}

func viewChecks(checks []chat.CheckView) []results.Check {
	var views []results.Check
	for _, c := range checks {
		v := results.Check{ID: c.ID, By: c.By, ByPerson: c.ByPerson, ByName: c.ByName, At: viewTimeIf(c.At),
			Verdict: string(c.Verdict), Tree: c.Tree, Own: c.Mine}
		if c.Verdict != room.Cannot {
			v.Exit = &c.Exit
		}
		views = append(views, v)
	}
	return views
}

func viewEvidence(e *room.Evidence) *results.Evidence {
	if e == nil {
		return nil
	}
	return &results.Evidence{Ran: results.Text(e.Ran), Exit: e.Exit, Commit: e.Commit, Tree: e.Tree, Dirty: e.Dirty,
		Moved: e.Moved, Dir: results.Text(e.Dir), Output: e.Output, OutputBytes: e.OutputBytes, Ms: e.Ms,
		System: results.Text(e.System)}
}

func viewTaskList(tasks []chat.TaskView) []results.Task {
	var views []results.Task
	for _, t := range tasks {
		t.Adder, t.State = "", "" // the message names the adder, and the list shows the state
		views = append(views, viewTask(t))
	}
	return views
}

func viewTaskIf(t *chat.TaskView) *results.Task {
	if t == nil {
		return nil
	}
	task := viewTask(*t)
	return &task
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
