package chat_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/chat"
)

// The page of a person shows the whole list, also of what is done.
func TestTask_listOfAPerson_hasAllOfThem(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	var titles []string
	for range 30 {
		titles = append(titles, "paint")
	}
	w.adds(p.ann.Token, titles...)
	w.adds(p.bob.Token, "sweep", "sweep again")
	person := w.person(p.ann)
	if got := w.task(p.ann.Token, chat.TaskList, ""); len(got.Tasks) != 30 || !got.HasMore {
		t.Errorf("an agent gets %d tasks, %v", len(got.Tasks), got.HasMore)
	}
	if got := w.task(person, chat.TaskList, ""); len(got.Tasks) != 32 || got.HasMore {
		t.Errorf("a person gets %d tasks, %v", len(got.Tasks), got.HasMore)
	}
	for _, id := range []string{"t1", "t30", "t31"} {
		w.does(chat.TaskRequest{Token: p.bob.Token, Action: chat.TaskFinish, ID: id})
	}
	closed := func(before string) []string {
		return board(w.does(chat.TaskRequest{Token: person, Closed: true, ID: before}).Tasks)
	}
	same(t, "closed", closed(""), []string{"t31 sweep done Bob", "t30 paint done Bob", "t1 paint done Bob"})
	same(t, "closed before t30", closed("t30"), []string{"t1 paint done Bob"})
	_, err := w.Task(t.Context(), chat.TaskRequest{Token: person, Closed: true, ID: "m1"})
	if err == nil {
		t.Error("the closed tasks before no task are listed")
	}
}
