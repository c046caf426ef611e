package main

import (
	"testing"
	"time"
)

func TestDoors_enter_leavesTheSeatFreeForTheNextTime(t *testing.T) {
	p := startParley(t)
	d, err := newDoors(t.Context(), p, 3)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := d.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.costs) != 3 || d.commits < 3*joinRooms {
		t.Errorf("%d slices, %d transactions of %d joins", len(d.costs), d.commits, 3*joinRooms)
	}
}

func TestJoinRow_slowerThanTheGoal_missesIt(t *testing.T) {
	for cost, want := range map[time.Duration]string{
		800 * time.Microsecond: "at most 800 µs: met", 801 * time.Microsecond: "at most 800 µs: missed",
	} {
		r := joinRow(100, once(1, joinRooms*cost), once(1, joinRooms*400*time.Microsecond))
		if r.Goal != want || r.Ratio != "2.00" || r.What != "CPU of a join in a room of 100" {
			t.Errorf("%v: %+v", cost, r)
		}
	}
}
