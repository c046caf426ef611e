package roomlog

import (
	"errors"
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// task has a seat do something with tasks.
func (l *Log) task(t *testing.T, seat int, o room.TaskOrder) {
	t.Helper()
	p := func(at Place) (ch Change, err error) {
		h, now := at.Head, at.Now
		a, _ := h.Seated(seat)
		e, _, err := o.Decide(h, room.Caller{Agent: a}, now)
		if e != nil {
			ch.Events = []room.Event{*e}
		}
		return ch, err
	}
	if err := l.does(t, p); err != nil {
		t.Fatal(err)
	}
}

// What was done, and what was removed, is checked against the events that say so.
func TestVerify_tasksAreNotAsTheEventsSay_isDamaged(t *testing.T) {
	s, l := newCompany(t)
	l.task(t, 1, room.TaskOrder{Action: room.AddTasks,
		Add: []room.Task{{Title: "sand"}, {Title: "paint"}, {Title: "mop"}}})
	l.task(t, 2, room.TaskOrder{Action: room.TakeTask, No: 1})
	l.task(t, 2, room.TaskOrder{Action: room.FinishTask, No: 1, Text: "smooth"})
	report := l.do(t, room.Event{Type: room.Said, Seat: 3, Text: "painted", Finishes: []int64{2}, Closes: []int64{2}})
	before := map[string]table.Item{}
	for item, err := range table.All(t.Context(), s.table, table.Range{Partition: roomPrefix + l.ID(),
		Consistency: strongly}) {
		if err != nil {
			t.Fatal(err)
		}
		before[item.Key.Sort] = item
	}
	task, err := l.Items().Done(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	ops, err := s.RedactTask(t.Context(), l.ID(), 1, task.Task.Last)
	if err != nil {
		t.Fatal(err)
	}
	more, err := s.Redact(t.Context(), l.ID(), report.N, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	redacted := append(ops, more...)
	p := func(Place) (Change, error) {
		return Change{Events: []room.Event{task.Task.Redaction(), report.Redaction()}, Ops: redacted}, nil
	}
	if err := l.does(t, p); err != nil {
		t.Fatal(err)
	}
	check := func(what string, damaged bool) {
		t.Helper()
		_, err := Verify(t.Context(), s.table, l.ID())
		if errors.Is(err, ErrDamaged) != damaged || !damaged && err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	check("as it was written", false)
	if len(redacted) != 6 { // three events and an item of the task, the report and its item
		t.Errorf("%d items had words", len(redacted))
	}
	for _, op := range redacted {
		now, err := s.table.Get(t.Context(), op.Item.Key, strongly)
		if err != nil {
			t.Fatal(err)
		}
		for what, damage := range map[string]table.Op{"missing": table.Delete(now.Key, table.Always),
			"with its words": table.Put(before[now.Key.Sort], table.Always)} {
			if err := s.table.Write(t.Context(), damage); err != nil {
				t.Fatal(err)
			}
			check(now.Key.Sort+" "+what, true)
			if err := s.table.Write(t.Context(), table.Put(now, table.Always)); err != nil {
				t.Fatal(err)
			}
		}
	}
	check("as it was", false)

	// The snapshot is whole, and says something else of the third task than the events do.
	l.task(t, 1, room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "hang"}}})
	l.task(t, 1, room.TaskOrder{Action: room.TakeTask, No: 3})
	h := l.Peek()
	store := func(s, instead *room.State) {
		for _, op := range append(putParts(instead, s), putMeta(s)) {
			if err := l.store.table.Write(t.Context(), op); err != nil {
				t.Fatal(err)
			}
		}
	}
	for what, change := range map[string]func(s *room.State, x *room.Task){
		"as it is":        nil,
		"has no holder":   func(_ *room.State, x *room.Task) { x.Holder = room.Party{} },
		"another has it":  func(_ *room.State, x *room.Task) { x.Holder.Seat = 2 },
		"has other words": func(_ *room.State, x *room.Task) { x.Title = "mop twice" },
		"comes after":     func(_ *room.State, x *room.Task) { x.After = []int64{1} },
		"is not there":    func(s *room.State, _ *room.Task) { s.Tasks = s.Tasks[1:] },
		"is open again":   func(s *room.State, x *room.Task) { y := *x; y.No = 2; s.Tasks = append(s.Tasks, y) },
	} {
		s := h.State
		s.Tasks = slices.Clone(s.Tasks)
		if change != nil {
			change(&s, &s.Tasks[0])
			s.Tasks[0].Written++ // else it is no other part
		}
		store(&s, &h.State)
		check("the third task "+what, change != nil)
		store(&h.State, &s)
	}
}
