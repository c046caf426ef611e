package room_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// task renders how a task stands: "gone", "open", "open for 2", "after t1" or "taken 2".
func (l *timeline) task(no int64) string {
	t, open := l.head.Task(no)
	var s []string
	switch after := l.head.WaitsFor(t); {
	case !open:
		return "gone"
	case t.Holder.Seat != 0:
		s = append(s, fmt.Sprint("taken ", t.Holder.Seat))
	case len(after) > 0:
		s = append(s, "after")
		for _, no := range after {
			s = append(s, room.TaskID(no))
		}
	default:
		s = append(s, "open")
	}
	for _, m := range t.For {
		s = append(s, fmt.Sprint("for ", m.Seat))
	}
	return strings.Join(s, " ")
}

// A server without limits lets agents add more than a snapshot can hold.
func TestAddedBefore_ofManyCalls_knowsTheLastOfEachAgent(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	add := func(seat int, call string) room.Event {
		e := l.must(seat, room.TaskOrder{Action: room.AddTasks, Call: call, Add: []room.Task{{Title: call}}})
		l.must(seat, room.TaskOrder{Action: room.FinishTask, No: l.head.LastTask})
		return e
	}
	kept := []int64{add(bob, "of Bob").N, 0}
	var last room.Event
	for n := range core.MaxAdded + 1 {
		last = add(ann, fmt.Sprint(n))
		if n > 0 {
			kept = append(kept, last.N)
		}
	}
	now := last.At()
	got := []int64{l.head.AddedBefore(l.agent(bob).Agent, "of Bob", now)}
	for n := range core.MaxAdded + 1 {
		got = append(got, l.head.AddedBefore(l.agent(ann).Agent, fmt.Sprint(n), now))
	}
	if fmt.Sprint(got) != fmt.Sprint(kept) {
		t.Errorf("the calls are events %v, want %v", got, kept)
	}
}

func TestAddedBefore_sameTasksOfTheSameAgent_isARepetitionForTenMinutes(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	const two = "the call"
	e := l.must(ann, room.TaskOrder{Action: room.AddTasks, Call: two,
		Add: []room.Task{{Title: "sand"}, {Title: "paint"}}})
	l.must(ann, room.TaskOrder{Action: room.FinishTask, No: 1}) // recognized even if a task of the call is done
	was := func(seat int, tasks string, later time.Duration) int64 {
		return l.head.AddedBefore(l.agent(seat).Agent, tasks, e.At().Add(later))
	}
	if got := []int64{was(1, two, 9*time.Minute), was(1, two, 10*time.Minute), was(2, two, time.Minute),
		was(1, "another", time.Minute)}; fmt.Sprint(got) != fmt.Sprint([]int64{e.N, 0, 0, 0}) {
		t.Errorf("got %v", got)
	}
	l.apply(l.head.Tasks[0].Redaction())
	if n, call := was(1, two, time.Minute), e.WithoutTask(2).Task.Call; n != 0 || call != "" {
		t.Errorf("once words are removed, event %d and the digest %q stay", n, call)
	}
}
