package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
)

// results renders what came of tasks as "t1 Bob: smooth", or as "t1 (removed)".
func results(got chat.Tasks) (out []string) {
	for _, t := range got.Results {
		s := t.ID
		if t.By != "" {
			s += " " + t.By + ": " + t.Result
		}
		if t.Missing != "" {
			s += " (" + t.Missing + ")"
		}
		out = append(out, s)
	}
	return out
}

// finish ends a task with what was done.
func (w *world) finish(token, id, text string) chat.Tasks {
	w.t.Helper()
	return w.does(chat.TaskRequest{Token: token, Action: chat.TaskFinish, ID: id, Text: text})
}

// Who takes a task has what it needs, also of those that were done before it was added. Each call that gives the task
// again brings that again.
func TestTask_taken_bringsWhatCameOfThoseBefore(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "sand", "paint < 1", "hang < 1 2", "sweep")
	w.finish(p.bob.Token, "t1", "smooth")
	w.task(p.bob.Token, chat.TaskTake, "t2")
	next := chat.TaskRequest{Token: p.bob.Token, Action: chat.TaskNext, ID: "t2", Text: "white"}
	want := []string{"t1 Bob: smooth", "t2 Bob: white"}
	for range 2 { // the second time as if the answer had been lost
		same(t, "with next", results(w.does(next)), want)
	}
	same(t, "taken again", results(w.elsewhere().task(p.bob.Token, chat.TaskTake, "t3")), want)
	got := w.lists(chat.TaskListRequest{Token: p.cid.Token, ID: "t3"})
	same(t, "looked at", results(got), want)
	if got.Task.ID != "t3" || len(got.Tasks) != 0 {
		t.Errorf("looked at %+v", got)
	}
	if got := w.finish(p.bob.Token, "t3", "it hangs"); len(got.Results) > 0 {
		t.Errorf("finished with %q", results(got))
	}

	w.adds(p.ann.Token, "mop < t4 t1", "wax < t1 1")
	if got := w.lists(chat.TaskListRequest{Token: p.ann.Token, ID: "t5"}); fmt.Sprint(got.Task.After) != "[t4 t1]" ||
		got.Task.State != chat.TaskBlocked {
		t.Errorf("after one that is done and one that is not: %+v", got.Task)
	}
	w.does(chat.TaskRequest{Token: p.ann.Token, Action: chat.TaskEdit, ID: "t5", After: []string{"t1", "t2"}})
	same(t, "after an edit", results(w.task(p.cid.Token, chat.TaskTake, "t5")), want)

	w.redact(p.ann.Token, "t1")
	w.update(chat.UpdateRequest{Token: p.ann.Token, Capacity: 5})
	dan := w.join("plans", "Dan")
	w.adds(p.ann.Token, "polish < t1 t2")
	same(t, "one was removed", results(w.task(p.cid.Token, chat.TaskTake, "t7")), []string{"t1 Bob:  (removed)",
		"t2 Bob: white"})
	w.task(p.cid.Token, chat.TaskRelease, "t7")
	same(t, "from before its time", results(w.task(dan.Token, chat.TaskTake, "t7")),
		[]string{"t1 (from before you joined)", "t2 (from before you joined)"})
	for _, id := range []string{"t2", "t99"} {
		_, err := w.ListTasks(t.Context(), chat.TaskListRequest{Token: dan.Token, ID: id})
		wants(t, err, fault.InvalidArgument)
	}
	w.verify(p.ann.Token)
}

// A result of many tasks, or of long words, says which of them it leaves out, and each is shown alone.
func TestTask_takenAfterMany_namesTheFirstThatIsLeftOut(t *testing.T) {
	for name, c := range map[string]struct {
		words string
		shown int
	}{"nine short ones": {"done", 8}, "nine long ones": {strings.Repeat("ä", 450), 6}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.company()
			w.adds(p.ann.Token, "1", "2", "3", "4", "5", "6", "7", "8", "9", "all < 1 2 3 4 5 6 7 8 9")
			for no := range 9 {
				w.finish(p.bob.Token, fmt.Sprintf("t%d", no+1), c.words)
			}
			got := w.task(p.bob.Token, chat.TaskTake, "")
			if rest := fmt.Sprintf("t%d", c.shown+1); len(got.Results) != c.shown || got.Rest != rest {
				t.Errorf("%d results, and the rest from %s", len(got.Results), got.Rest)
			}
			one := w.lists(chat.TaskListRequest{Token: p.bob.Token, ID: got.Rest})
			if one.Task.Result != c.words || one.Task.By != "Bob" {
				t.Errorf("alone: %+v", one.Task)
			}
		})
	}
}

// Of a report only the beginning is stored with the task.
func TestTask_resultOfALongReport_namesTheMessage(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "sand", "paint", "hang < 1 2")
	short := chat.SendRequest{Token: p.bob.Token, Text: "smooth", Finishes: []string{"t1"}}
	w.sends(short)
	long := w.sends(chat.SendRequest{Token: p.bob.Token, Text: strings.Repeat("white ", 200), Finishes: []string{"t2"}})
	got := w.task(p.cid.Token, chat.TaskTake, "t3").Results
	if got[0].Report != "" || got[1].Report != long.ID {
		t.Errorf("the reports are %q and %q, want only %q", got[0].Report, got[1].Report, long.ID)
	}
}

// A task is no news: what came meanwhile is read with its cursor.
func TestTask_cursor_isThatOfTheLastResult(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.say(p.ann.Token, "read before")
	p.bob.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor
	w.adds(p.ann.Token, "sand")
	w.say(p.ann.Token, "unread")
	for name, got := range map[string]chat.Tasks{"take": w.task(p.bob.Token, chat.TaskTake, ""),
		"list":        w.lists(chat.TaskListRequest{Token: p.bob.Token}),
		"look at one": w.lists(chat.TaskListRequest{Token: p.bob.Token, ID: "t1"})} {
		if place(t, p.bob.Token, got.Cursor) != place(t, p.bob.Token, p.bob.Cursor) {
			t.Errorf("%s: another cursor", name)
		}
		same(t, name, texts(w.look(p.bob.Token, got.Cursor).Messages), []string{"unread"})
	}
	if got := w.lists(chat.TaskListRequest{Token: w.person(p.ann)}); got.Cursor != "" {
		t.Errorf("a person got %q", got.Cursor)
	}
}
