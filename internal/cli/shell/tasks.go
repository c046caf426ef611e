package shell

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/base/results"
)

// Tasks shows the room's to-do list or, with closed, the done and canceled tasks.
func (s *Shell) Tasks(ctx context.Context, which Which, closed bool) error {
	return s.with(which, func(s *session) error {
		got, r, err := s.tasks(ctx, closed)
		if err != nil {
			return err
		}
		return s.out.show(r, func() { s.toDo(got, closed) })
	})
}

// tasks returns all open tasks or all done and canceled tasks; one call gives only a part of them.
func (s *session) tasks(ctx context.Context, closed bool) (got results.Tasks, r result, err error) {
	a := args{"closed": closed}
	fields := []json.RawMessage{}
	for more := true; more; {
		var page results.Tasks
		r, err = s.call(ctx, "list_tasks", a, &page)
		if err != nil {
			return got, r, err
		}
		var part []json.RawMessage
		err = json.Unmarshal(r["tasks"], &part)
		if err != nil {
			return got, r, err
		}
		fields, got.Tasks, got.HasMore = append(fields, part...), append(got.Tasks, page.Tasks...), page.HasMore
		more = closed && page.HasMore && len(page.Tasks) > 0
		if more {
			a["id"] = page.Tasks[len(page.Tasks)-1].ID
		}
	}
	r["tasks"], err = json.Marshal(fields)
	return got, r, err
}

// toDo shows a list of tasks.
func (s *session) toDo(got results.Tasks, closed bool) {
	switch {
	case len(got.Tasks) == 0 && closed:
		s.out.hint("No tasks are done or canceled.")
	case len(got.Tasks) == 0:
		s.out.hint("There are no open tasks. To add one, or to see what is done:\n  %s\n  %s",
			s.command("task add TITLE"), s.command("tasks --closed"))
	}
	s.list(got.Tasks, "")
	if got.HasMore {
		s.out.hint("There are more.")
	}
	if len(got.Tasks) > 0 && !closed {
		s.out.hint("What is done: %s", s.command("tasks --closed"))
	}
}

// list shows tasks as a table, with the results below.
func (s *session) list(tasks []results.Task, indent string) {
	var rows [][]string
	for _, task := range tasks {
		rows = append(rows, []string{indent + task.ID, s.stateOf(task, tasks), titleAndResult(task)})
		if task.Report != "" {
			rows = append(rows, []string{"", "", "the whole, or its file: " + task.Report})
		}
		if task.Evidence != nil {
			rows = append(rows, []string{"", "", task.Evidence.Reported()})
		}
		if task.DoneUnder != "" {
			rows = append(rows, []string{"", "", "done under " + task.DoneUnder + ", replaced since"})
		}
		if task.Question != "" {
			rows = append(rows, []string{"", "", questioned(task)})
		}
		for _, check := range task.Checks {
			rows = append(rows, []string{"", "", check.Checked()})
		}
	}
	s.out.table(rows)
}

// questioned says which proposal puts task in question.
func questioned(task results.Task) string {
	return "in question: " + task.Question + " was proposed in place of the agreement it was added under"
}

func titleAndResult(t results.Task) string {
	if t.Result == "" {
		return string(t.Title)
	}
	return string(t.Title) + " (" + strings.Join(strings.Fields(resultOf(t)), " ") + ")"
}

// resultOf returns the result of a task. What a command printed is its last line and the size of the whole: --json has
// as much of the end as the server keeps.
func resultOf(t results.Task) string {
	text := strings.TrimSpace(string(t.Result))
	if text == "" || t.Evidence == nil || t.Evidence.Output == "" {
		return string(t.Result)
	}
	return text[strings.LastIndexAny(text, "\r\n")+1:] + "; " + size(t.Evidence.OutputBytes) + " of output"
}

// stages are the states of a task in the words of the page; the server's words are for agents.
var stages = map[string]string{"open": "to do", "taken": "in progress", "stalled": "stalled", "blocked": "blocked",
	"done": "done", "dropped": "canceled"}

// stateOf says how a task of list stands, and with whom.
func (s *session) stateOf(task results.Task, list []results.Task) string {
	is := stages[task.State]
	by := named([]string{taker(task)}, "")
	if task.By == s.seat.Name {
		by = "you"
	}
	switch task.State {
	case "taken", "done", "dropped":
		is += " by " + by
	case "stalled":
		is += " with " + by
	case "blocked":
		is += " by " + strings.Join(firstOf(task, list), ", ")
	}
	if len(task.For) > 0 && task.State != "taken" {
		is += ", assigned to " + named(task.For, ", ")
	}
	switch ago := span(task.Minutes); {
	case ago == "":
		return is
	case task.State == "done" || task.State == "dropped":
		return is + ", " + ago + " ago"
	default:
		return is + " for " + ago
	}
}

// firstOf returns the ids of the tasks that task waits for; all that come before it, if list shows none of these.
func firstOf(task results.Task, list []results.Task) (ids []string) {
	for _, id := range task.After {
		if slices.ContainsFunc(list, func(open results.Task) bool { return open.ID == id }) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return task.After
	}
	return ids
}

// span writes a time in minutes as people say it; "" for less than a minute.
func span(minutes int64) string {
	switch {
	case minutes >= 48*60:
		return fmt.Sprintf("%d days", minutes/60/24)
	case minutes >= 24*60:
		return "1 day"
	case minutes >= 60:
		return fmt.Sprintf("%d h", minutes/60)
	case minutes > 0:
		return fmt.Sprintf("%d min", minutes)
	}
	return ""
}

// TaskRequest changes the room's to-do list.
type TaskRequest struct {
	Action string   // add, take, release, finish, drop, edit or check
	ID     string   // of the task; with take, "" means the next free task
	Title  string   // of add and edit
	Text   string   // of add and edit: the details; of release: why; of finish: the result
	For    []string // of add, release and edit: the assigned agents
	After  []string // of add and edit: the ids of the tasks that must be done first
	Free   bool     // of edit: nothing must be done first

	Verdict string // of check: same, differs or cannot
	Exit    *int   // of check: the exit code here
}

// Task changes the list, and shows the task.
func (s *Shell) Task(ctx context.Context, which Which, req TaskRequest) error {
	return s.inPerson(which, func(s *session) error {
		a := args{"action": req.Action}
		a.set("id", req.ID)
		a.set("title", req.Title)
		a.set("text", req.Text)
		a.list("for", req.For)
		a.list("after", req.After)
		if req.Free {
			a["after"] = []string{}
		}
		a.set("verdict", req.Verdict)
		copyArg(a, "exit", req.Exit)
		var got results.Tasks
		r, err := s.act(ctx, "task", a, &got)
		if err != nil {
			return err
		}
		if got.Task != nil && got.Task.Result == "" && (req.Action == "finish" || req.Action == "drop") {
			got.Task.Result = results.Text(req.Text) // the server does not repeat the result
		}
		return s.showChanged(ctx, req.Action, got, r)
	})
}

// changedTask shows the task that a call changed: after an add, the first of the list.
func (s *session) changedTask(action string, got results.Tasks) {
	task := got.Task
	if task == nil && len(got.Tasks) > 0 { // an add has no other answer
		task = &got.Tasks[0]
	}
	if task == nil {
		return
	}
	s.list([]results.Task{*task}, "")
	if task.Was != "" && action == "take" {
		s.out.hint("It had stalled with %s.", named([]string{task.Was}, ""))
	}
	if task.Text != "" && action == "take" {
		s.out.row("%s", lines(indented(Harmless(string(task.Text)))))
	}
}

// indented returns a text of which no line begins in the first column.
func indented(text string) string {
	return indent + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+indent)
}
