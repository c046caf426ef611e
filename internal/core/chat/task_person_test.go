package chat_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table"
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
	if got := w.lists(chat.TaskListRequest{Token: p.ann.Token}); len(got.Tasks) != 30 || !got.HasMore {
		t.Errorf("an agent gets %d tasks, %v", len(got.Tasks), got.HasMore)
	}
	if got := w.lists(chat.TaskListRequest{Token: person}); len(got.Tasks) != 32 || got.HasMore {
		t.Errorf("a person gets %d tasks, %v", len(got.Tasks), got.HasMore)
	}
	for _, id := range []string{"t1", "t30", "t31"} {
		w.does(chat.TaskRequest{Token: p.bob.Token, Action: chat.TaskFinish, ID: id})
	}
	closed := func(before string) []string {
		return board(w.lists(chat.TaskListRequest{Token: person, Closed: true, ID: before}).Tasks)
	}
	same(t, "closed", closed(""), []string{"t31 sweep done Bob", "t30 paint done Bob", "t1 paint done Bob"})
	same(t, "closed before t30", closed("t30"), []string{"t1 paint done Bob"})
	_, err := w.ListTasks(t.Context(), chat.TaskListRequest{Token: person, Closed: true, ID: "m1"})
	if err == nil {
		t.Error("the closed tasks before no task are listed")
	}
}

// Who joined after a seat was freed does not see the earlier tasks: so nobody can offer it one, which others could
// not take then, and an answer to an event about one is no answer.
func TestTask_whoDoesNotSeeIt_isNotOfferedIt(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "sand")
	w.leave(p.bob.Token)
	w.task(p.cid.Token, chat.TaskTake, "t1")
	events := w.all(p.cid.Token)
	dan := w.join("plans", "Dan")
	w.sends(chat.SendRequest{Token: p.cid.Token, Text: "with a mask", ReplyTo: events[len(events)-1].ID})
	for who, c := range map[string]struct {
		token   string
		answers bool
	}{"Ann": {p.ann.Token, true}, "Dan": {dan.Token, false}} {
		seen := w.all(c.token)
		if m := seen[len(seen)-1]; m.Text != "with a mask" || (m.ReplyTo != "") != c.answers {
			t.Errorf("%s sees %+v", who, m)
		}
	}
	offer := chat.TaskRequest{Token: p.cid.Token, Action: chat.TaskRelease, ID: "t1", For: []string{"Dan"}}
	wants(t, w.changesNothing(p.ann.Token, func() error { _, err := w.Task(t.Context(), offer); return err }),
		fault.InvalidArgument)
	w.task(p.cid.Token, chat.TaskRelease, "t1")
	offer.Token, offer.Action = p.ann.Token, chat.TaskEdit
	_, err := w.Task(t.Context(), offer)
	wants(t, err, fault.InvalidArgument)
	same(t, "the list", w.tasks(p.ann.Token), []string{"t1 sand open"})
}

// A task tells who added and who ended it: a person, or its agent. One that an older program has stored does not, and
// is whole all the same.
func TestTask_ofAPerson_isShownAsThePersons(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.ann)
	w.adds(p.ann.Token, "sand", "sweep")
	w.adds(person, "paint", "hang it")
	w.task(person, chat.TaskFinish, "t1")
	w.task(p.ann.Token, chat.TaskFinish, "t3")
	shown := func(w *world, closed bool) (list []string) {
		for _, x := range w.lists(chat.TaskListRequest{Token: p.bob.Token, Closed: closed}).Tasks {
			list = append(list, fmt.Sprintf("%s added by a person: %t, ended: %t", x.ID, x.AddedByPerson,
				x.EndedByPerson))
		}
		return list
	}
	same(t, "open", shown(w, false),
		[]string{"t2 added by a person: false, ended: false", "t4 added by a person: true, ended: false"})
	same(t, "closed", shown(w, true),
		[]string{"t3 added by a person: true, ended: false", "t1 added by a person: false, ended: true"})
	w.verify(p.ann.Token)

	of := table.Range{Partition: "ROOM#" + p.ann.Token[:7], Prefix: "META#TASK#", Consistency: table.Strong}
	for item, err := range table.All(t.Context(), w.table, of) {
		if err != nil {
			t.Fatal(err)
		}
		item.Data = bytes.Replace(item.Data, []byte(`"me":true,`), nil, 1)
		if err := w.table.Write(t.Context(), table.Put(item, table.Always)); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "open, of an older program", shown(w.elsewhere(), false),
		[]string{"t2 added by a person: false, ended: false", "t4 added by a person: false, ended: false"})
	w.verify(p.ann.Token)
}
