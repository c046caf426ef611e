package room_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// Ann is admin. Bob has added t1, t2 after t1, t3 for Cid, and t4 for Dora after t3.
//
// talk: tasks
func TestTaskOrder_byHolderAdderAdminOrOther_isCarriedOutOrRefused(t *testing.T) {
	take := func(no int64) room.TaskOrder { return room.TaskOrder{Action: room.TakeTask, No: no} }
	finish := func(no int64) room.TaskOrder { return room.TaskOrder{Action: room.FinishTask, No: no} }
	drop := func(no int64) room.TaskOrder { return room.TaskOrder{Action: room.DropTask, No: no} }
	release := func(no int64) room.TaskOrder { return room.TaskOrder{Action: room.ReleaseTask, No: no} }
	retitle := func(no int64) room.TaskOrder {
		return room.TaskOrder{Action: room.EditTask, No: no, Title: "another"}
	}
	follows := func(no int64, after ...int64) room.TaskOrder {
		return room.TaskOrder{Action: room.EditTask, No: no, After: after}
	}
	add := room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "rest"}}}
	const gil = 5
	guest := func(l *timeline) { l.joinBy(1, "Gil") }
	adds := func(seat int) func(*timeline) { return func(l *timeline) { l.must(seat, add) } }
	channel := func(l *timeline) { l.set(func(s *room.Settings) { s.Type = room.Channel }) }
	takes := func(seat int, no int64) func(*timeline) {
		return func(l *timeline) { l.must(seat, take(no)) }
	}
	passes := func(d time.Duration) func(*timeline) { return func(l *timeline) { l.now = l.now.Add(d) } }
	for name, c := range map[string]struct {
		before []func(*timeline)
		by     int
		do     room.TaskOrder
		of     int64      // the task that want is about, if not do.No
		want   string     // afterwards
		wakes  []int      // the seats that the event wakes
		code   fault.Code // of the refusal
		holds  string     // the name in the refusal
	}{
		"take a free one":                   {by: cid, do: take(1), want: "taken 3"},
		"take what is blocked":              {by: cid, do: take(2), code: fault.InvalidArgument, want: "after t1"},
		"take what is offered to the taker": {by: cid, do: take(3), want: "taken 3"},
		"take what is offered to others":    {by: bob, do: take(3), code: fault.InvalidArgument, want: "open for 3"},
		"take after the offer has ended": {before: []func(*timeline){passes(10 * time.Minute)}, by: bob, do: take(3),
			want: "taken 2"},
		"take after the offered have left": {before: []func(*timeline){func(l *timeline) { l.leave(cid) }}, by: bob,
			do: take(3), want: "taken 2"},
		"take without an id, offered": {by: cid, do: take(0), of: 3, want: "taken 3"},
		"take without an id, free":    {by: dora, do: take(0), of: 1, want: "taken 4"},
		"take without an id, as a holder": {before: []func(*timeline){takes(cid, 3)}, by: cid, do: take(0), of: 1,
			want: "open"},
		"take without an id, none free": {before: []func(*timeline){takes(cid, 1)}, by: bob, do: take(0),
			code: fault.InvalidArgument},
		"take as the holder": {before: []func(*timeline){takes(cid, 1)}, by: cid, do: take(1), want: "taken 3"},
		"take from a holder": {before: []func(*timeline){takes(cid, 1)}, by: dora, do: take(1),
			code: fault.InvalidArgument, holds: "Cid", want: "taken 3"},
		"take what has stalled": {before: []func(*timeline){takes(cid, 1), passes(15 * time.Minute)}, by: dora,
			do:   take(1),
			want: "taken 4", wakes: []int{cid}},
		"take from a holder who spoke": {before: []func(*timeline){takes(cid, 1), passes(14 * time.Minute),
			func(l *timeline) { l.say(cid, "still at it") }, passes(10 * time.Minute)}, by: dora, do: take(1),
			code: fault.InvalidArgument, holds: "Cid", want: "taken 3"},
		"take from a holder who left": {before: []func(*timeline){takes(cid, 1), func(l *timeline) { l.leave(cid) }},
			by: dora, do: take(1), want: "taken 4"},
		"take from a former holder whose name another has": {before: []func(*timeline){takes(cid, 1),
			func(l *timeline) { l.leave(cid); l.join("Cid") }}, by: dora, do: take(1), want: "taken 4"},
		"take over too soon": {before: []func(*timeline){takes(cid, 1), passes(room.StallsAfter - time.Second)},
			by: ann, do: take(1), code: fault.InvalidArgument, holds: "Cid", want: "taken 3"},
		"take what is gone": {by: cid, do: take(9), code: fault.InvalidArgument, want: "gone"},

		"release by the holder": {before: []func(*timeline){takes(cid, 1)}, by: cid, do: release(1), want: "open",
			wakes: []int{bob}},
		"release by the adder": {before: []func(*timeline){takes(cid, 1)}, by: bob, do: release(1), want: "open"},
		"release by an admin": {before: []func(*timeline){takes(cid, 1)}, by: ann, do: release(1), want: "open",
			wakes: []int{bob}},
		"release by another": {before: []func(*timeline){takes(cid, 1)}, by: dora, do: release(1),
			code: fault.NotAllowed,
			want: "taken 3"},
		"release what is open":               {by: bob, do: release(1), want: "open"},
		"release what others have not taken": {by: bob, do: release(3), want: "open"},
		"release an offer by its agent":      {by: cid, do: release(3), code: fault.NotAllowed, want: "open for 3"},
		"release with an offer to others": {by: ann, do: room.TaskOrder{Action: room.ReleaseTask, No: 3,
			For: []room.Party{{Seat: dora, Joined: dora, Name: "Dora"}}}, want: "open for 4", wakes: []int{dora}},

		"finish by the holder": {before: []func(*timeline){takes(cid, 1)}, by: cid, do: finish(1), want: "gone",
			wakes: []int{bob}},
		"finish by another": {before: []func(*timeline){takes(cid, 1)}, by: bob, do: finish(1),
			code:  fault.InvalidArgument,
			holds: "Cid", want: "taken 3"},
		"finish what is open": {by: dora, do: finish(1), of: 2, want: "open", wakes: []int{bob}},
		"finish frees what waits": {before: []func(*timeline){takes(cid, 3)}, by: cid, do: finish(3), of: 4,
			want: "open for 4", wakes: []int{bob, dora}},

		"drop by the adder": {before: []func(*timeline){takes(cid, 1)}, by: bob, do: drop(1), want: "gone",
			wakes: []int{cid}},
		"drop by an admin": {by: ann, do: drop(1), want: "gone", wakes: []int{bob}}, // who has added t2, too
		"drop by another":  {by: cid, do: drop(1), code: fault.NotAllowed, want: "open"},
		"drop, and the one that has what comes after it may go on": {before: []func(*timeline){takes(ann, 1),
			func(l *timeline) { l.must(bob, follows(1, 3)) }}, by: bob, do: drop(3), want: "gone",
			wakes: []int{ann, dora}},
		"drop frees what waits": {by: ann, do: drop(3), of: 4, want: "open for 4",
			wakes: []int{bob, dora}},
		"edit unblocks": {by: bob, do: room.TaskOrder{Action: room.EditTask, No: 2, After: []int64{}}, want: "open"},
		"edit by the adder": {before: []func(*timeline){takes(cid, 1)}, by: bob, do: retitle(1), want: "taken 3",
			wakes: []int{cid}},
		"edit by another":                 {by: cid, do: retitle(1), code: fault.NotAllowed, want: "open"},
		"edit to come after a later task": {by: bob, do: follows(2, 4), want: "after t4"},
		"done, the later task frees it": {before: []func(*timeline){func(l *timeline) { l.must(bob, follows(1, 3)) },
			takes(cid, 3)}, by: cid, do: finish(3), of: 1, want: "open", wakes: []int{bob, dora}},
		"done, and the one that has what comes after it may go on": {before: []func(*timeline){takes(ann, 1),
			func(l *timeline) { l.must(bob, follows(1, 3)) }, takes(cid, 3)}, by: cid, do: finish(3), of: 1,
			want: "taken 1", wakes: []int{bob, ann, dora}},
		"edit to come after itself": {by: bob, do: follows(1, 1), code: fault.InvalidArgument, want: "open"},
		"edit to come after what waits for it": {by: bob, do: follows(1, 3, 2), code: fault.InvalidArgument,
			want: "open"},
		"add in a circle": {by: bob, do: room.TaskOrder{Action: room.AddTasks, Add: []room.Task{
			{Title: "wax", After: []int64{-2}}, {Title: "mop", After: []int64{1, -1}}}}, code: fault.InvalidArgument,
			of: 1, want: "open"},
		"edit to come after an unknown task": {by: bob,
			do:   room.TaskOrder{Action: room.EditTask, No: 2, After: []int64{9}},
			code: fault.InvalidArgument, want: "after t1"},

		"finish what is open by a guest": {before: []func(*timeline){guest}, by: gil, do: finish(1),
			code: fault.NotAllowed, want: "open"},
		"finish by a guest as the holder": {before: []func(*timeline){guest, takes(gil, 1)}, by: gil, do: finish(1),
			want: "gone", wakes: []int{bob}},
		"finish by a guest as the adder": {before: []func(*timeline){guest, adds(gil)}, by: gil, do: finish(5),
			want: "gone"},
		"report what is open by a guest": {before: []func(*timeline){guest, func(l *timeline) {
			if why := l.head.WhyUnfinished(l.agent(gil).Agent, 1); why == "" {
				l.Error("it is closed")
			}
		}}, by: gil, do: take(1), want: "taken 5"},

		"add in a channel": {before: []func(*timeline){channel}, by: cid, do: add, of: 5, code: fault.NotAllowed,
			want: "gone"},
		"add in a channel by an admin": {before: []func(*timeline){channel}, by: ann, do: add, of: 5, want: "open"},

		"a muted agent says what it did": {before: []func(*timeline){takes(cid, 1),
			func(l *timeline) { l.manage(room.Mute, cid) }}, by: cid,
			do: room.TaskOrder{Action: room.FinishTask, No: 1, Text: "sanded"}, code: fault.NotAllowed,
			want: "taken 3"},
		"a muted agent offers": {before: []func(*timeline){takes(cid, 1),
			func(l *timeline) { l.manage(room.Mute, cid) }}, by: cid,
			do:   room.TaskOrder{Action: room.ReleaseTask, No: 1, For: []room.Party{{Seat: dora, Joined: 4}}},
			code: fault.NotAllowed, want: "taken 3"},
		"a muted agent says nothing": {before: []func(*timeline){takes(cid, 1),
			func(l *timeline) { l.manage(room.Mute, cid) }}, by: cid, do: finish(1), want: "gone", wakes: []int{bob}},
		"a paused agent": {before: []func(*timeline){func(l *timeline) { l.pause(cid) }}, by: cid, do: take(1),
			code: fault.Paused, want: "open"},
		"agents have said enough": {before: []func(*timeline){func(l *timeline) {
			l.set(func(s *room.Settings) { s.AgentMessages = 1 })
		}}, by: bob, do: retitle(1), code: fault.Paused, want: "open"},
		"agents have said enough, and one takes": {before: []func(*timeline){func(l *timeline) {
			l.set(func(s *room.Settings) { s.AgentMessages = 1 })
		}}, by: bob, do: take(1), want: "taken 2"},
		"one who does not see the add": {before: []func(*timeline){func(l *timeline) {
			l.set(func(s *room.Settings) { s.OpenFrom = room.Mark{N: l.head.AsOf + 1} })
			l.join("Eve")
		}}, by: 5, do: take(1), code: fault.InvalidArgument, want: "open"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
			l.must(bob, room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "sand"},
				{Title: "paint", After: []int64{-1}}, {Title: "sweep", For: l.parties(cid)},
				{Title: "mop", For: l.parties(dora), After: []int64{-3}}}})
			for _, happen := range c.before {
				happen(l)
			}
			at := l.head.AsOf
			e, err := l.order(c.by, c.do)
			var refused *fault.Error
			if fault.CodeOf(err) != c.code || errors.As(err, &refused) && refused.By != c.holds {
				t.Fatalf("got %v", err)
			}
			if c.of == 0 {
				c.of = c.do.No
			}
			if got := l.task(c.of); c.want != "" && got != c.want {
				t.Errorf("t%d is %s, want %s", c.of, got, c.want)
			}
			if fmt.Sprint(e.Wakes) != fmt.Sprint(c.wakes) || err != nil && l.head.AsOf != at {
				t.Errorf("wakes %v, want %v", e.Wakes, c.wakes)
			}
		})
	}
}

// pause has the person of a seat pause the agent.
func (l *timeline) pause(seat int) {
	a := l.agent(seat)
	p := a.Person
	p.Devices, p.Paused = []string{"device"}, true
	l.apply(a.Supervise(p, room.ReasonPaused))
}

func TestTaskOrder_beyondALimit_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	some := func(n int) room.TaskOrder {
		return room.TaskOrder{Action: room.AddTasks, Add: make([]room.Task, n)}
	}
	for _, c := range []struct {
		seat, n int
		code    fault.Code
	}{{1, 31, fault.InvalidArgument}, {1, 29, ""}, {1, 2, fault.InvalidArgument}, {1, 1, ""}, {2, 30, ""}, {3, 30, ""},
		{4, 11, fault.InvalidArgument}, {4, 10, ""}, {4, 1, fault.InvalidArgument}} {
		if _, err := l.order(c.seat, some(c.n)); fault.CodeOf(err) != c.code {
			t.Errorf("seat %d adds %d: %v", c.seat, c.n, err)
		}
	}
	for no := range int64(5) {
		l.must(ann, room.TaskOrder{Action: room.TakeTask, No: no + 1})
	}
	if _, err := l.order(ann, room.TaskOrder{Action: room.TakeTask,
		No: 6}); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("the sixth: %v", err)
	}
}

// A guest has no principal, so nobody recognizes a guest that left.
func TestTaskOrder_guestThatLeavesAndJoinsAgain_hasNoNewLimit(t *testing.T) {
	l := newRoom(t, "Ann")
	gil := l.joinBy(1, "Gil").Seat
	adds := func(n int) room.TaskOrder {
		return room.TaskOrder{Action: room.AddTasks, Add: make([]room.Task, n)}
	}
	l.must(gil, adds(core.MaxAdded))
	l.leave(gil)
	gil = l.joinBy(1, "Gil 2").Seat
	one := room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "another"}}}
	if _, err := l.order(gil, one); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("got %v", err)
	}
	l.must(l.joinBy(2, "Hal").Seat, one)
	l.must(ann, room.TaskOrder{Action: room.DropTask, No: 1})
	l.must(gil, one)
}
