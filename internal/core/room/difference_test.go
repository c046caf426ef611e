package room_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// workshop is a room in which Ann, the admin, has added tasks, Bob has finished them, and Gus checks them.
type workshop struct {
	*timeline
	tasks map[int64]room.Finished
}

func newWorkshop(t *testing.T, tasks int) workshop {
	t.Helper()
	w := workshop{newRoom(t, "Ann", "Bob", "Cid"), map[int64]room.Finished{}}
	w.joinBy(1, "Gus")
	for no := range int64(tasks) {
		added := w.must(ann, room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "sand"}}})
		w.must(bob, room.TaskOrder{Action: room.FinishTask, No: no + 1, Ran: &room.Evidence{Ran: "make"}})
		w.tasks[no+1] = room.Finished{No: no + 1, Added: added.N, Adder: w.agent(ann).Party(),
			By: w.agent(bob).Party(), Ran: &room.Evidence{Ran: "make"}}
	}
	return w
}

const gus = 4

// checks has a seat check a task; exit 0 is the same.
func (w workshop) checks(seat int, no int64, exit int) room.Event {
	w.Helper()
	return w.checksAs(seat, no, room.Check{Exit: exit})
}

func (w workshop) checksAs(seat int, no int64, check room.Check) room.Event {
	w.Helper()
	event, err := w.tasks[no].DecideCheck(w.head, w.agent(seat), check, room.Check{})
	if err != nil {
		w.Fatal(err)
	}
	return w.apply(*event)
}

// frees has a seat lose its seat by an admin.
func (w workshop) frees(seat int, why room.Reason) {
	w.Helper()
	w.apply(*w.agent(seat).Free(why))
}

// putsAway has the person of a seat put away all that it has seen of what differs in check n.
func (w workshop) putsAway(seat int, n int64) {
	w.Helper()
	if event := w.head.PutAway(w.agent(seat).Agent, n); event != nil {
		w.apply(*event)
	}
}

// needs returns what needs the persons of Ann and Bob, a row a group, as "Ann: [1 2]; Bob: [1]".
func (w workshop) needs() string {
	var all []string
	for seat, name := range []string{ann: "Ann", bob: "Bob"} {
		for _, row := range w.head.Talk.DifferencesOf(seat) {
			var tasks []int64
			for _, d := range row {
				tasks = append(tasks, d.Task)
			}
			all = append(all, fmt.Sprint(name, ": ", tasks))
		}
	}
	return strings.Join(all, "; ")
}

// talk: checks.
func TestDifference_needsThePersons_untilItIsOver(t *testing.T) {
	const one = "Ann: [1]; Bob: [1]"
	for _, c := range []struct {
		what   string
		happen func(w workshop, first room.Event) // after Gus's check of t1, first, differed
		want   string
	}{
		{"nothing", func(workshop, room.Event) {}, one},
		{"a further task of the checker", func(w workshop, _ room.Event) { w.checks(gus, 2, 2) },
			"Ann: [1 2]; Bob: [1 2]"},
		{"another exit code", func(w workshop, _ room.Event) { w.checks(gus, 1, 3) }, one},
		{"the checker has the same", func(w workshop, _ room.Event) { w.checks(gus, 1, 0) }, ""},
		{"the checker cannot",
			func(w workshop, _ room.Event) { w.checksAs(gus, 1, room.Check{Verdict: room.Cannot}) }, ""},
		{"another has the same", func(w workshop, _ room.Event) { w.checks(cid, 1, 0) }, one},
		{"another differs", func(w workshop, _ room.Event) { w.checks(cid, 1, 2) },
			"Ann: [1]; Ann: [1]; Bob: [1]; Bob: [1]"},
		{"the adder differs", func(w workshop, _ room.Event) { w.checks(ann, 1, 2) }, "Ann: [1]; Bob: [1]; Bob: [1]"},
		{"Bob's person puts it away", func(w workshop, first room.Event) { w.putsAway(bob, first.N) }, "Ann: [1]"},
		{"and the checker says it again", func(w workshop, first room.Event) {
			w.putsAway(bob, first.N)
			w.checks(gus, 1, 3)
		}, "Ann: [1]"},
		{"and a further task differs", func(w workshop, first room.Event) {
			w.putsAway(bob, first.N)
			w.checks(gus, 2, 2)
		}, "Ann: [1 2]; Bob: [2]"},
		{"what Bob's person had not seen stays", func(w workshop, first room.Event) {
			w.checks(gus, 2, 2)
			w.putsAway(bob, first.N)
		}, "Ann: [1 2]; Bob: [2]"},
		{"all of the checker at once", func(w workshop, _ room.Event) { w.putsAway(bob, w.checks(gus, 2, 2).N) },
			"Ann: [1 2]"},
		{"another group stays", func(w workshop, first room.Event) {
			w.checks(cid, 2, 2)
			w.putsAway(bob, first.N)
		}, "Ann: [1]; Ann: [2]; Bob: [2]"},
		{"whom it does not need puts it away", func(w workshop, first room.Event) { w.putsAway(cid, first.N) }, one},
		{"the check is removed", func(w workshop, first room.Event) { w.apply(first.Redaction()) }, ""},
		{"and made again", func(w workshop, first room.Event) {
			w.apply(first.Redaction())
			w.checks(gus, 1, 2)
		}, one},
		{"the checker leaves", func(w workshop, _ room.Event) { w.leave(gus) }, one},
		{"the checker loses its seat", func(w workshop, _ room.Event) { w.frees(gus, room.ReasonTimeout) }, one},
		{"the checker is kicked", func(w workshop, _ room.Event) { w.frees(gus, room.ReasonKicked) }, ""},
		{"the checker is banned", func(w workshop, _ room.Event) { w.frees(gus, room.ReasonBanned) }, ""},
		{"the name of the checker is banned after it has left", func(w workshop, _ room.Event) {
			w.leave(gus)
			w.ban(room.Event{Type: room.Managed, Action: room.BanName, Name: "GUS"}, "GUS")
		}, ""},
		{"Bob leaves", func(w workshop, _ room.Event) { w.leave(bob) }, one},
		{"Bob and Ann leave", func(w workshop, _ room.Event) { w.leave(bob); w.leave(ann) }, ""},
		{"Bob had left", func(w workshop, _ room.Event) { w.leave(bob); w.checks(gus, 2, 2) }, "Ann: [1 2]; Bob: [1]"},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := newWorkshop(t, 2)
			c.happen(w, w.checks(gus, 1, 2))
			if got := w.needs(); got != c.want {
				t.Errorf("%s\ninstead of %s", got, c.want)
			}
		})
	}
}

// Guests of one invite, who leave and come back, and the seats of one key are one row of few tasks. They displace
// nothing, and what they free is free.
func TestDifference_ofManySeats_countsAsOneGroup(t *testing.T) {
	for what, enters := range map[string]func(w workshop, no int, name string) int{
		"guests of one invite": func(w workshop, _ int, name string) int { return w.joinBy(2, name).Seat },
		"seats of one key": func(w workshop, no int, name string) int { // also by invites
			return w.joinAs(ident.KeyPrincipal("k"), no%3, name).Seat
		},
	} {
		w := newWorkshop(t, 40)
		for no := range int64(40) {
			seat := enters(w, int(no), fmt.Sprint("Gil", no))
			w.checks(seat, no+1, 2)
			w.leave(seat)
		}
		if got, want := w.needs(), "Ann: [1 2 3 4 5 6 7 8]; Bob: [1 2 3 4 5 6 7 8]"; got != want {
			t.Errorf("%s: %s", what, got)
		}
		w.checks(cid, 9, 2)
		if !strings.Contains(w.needs(), "Bob: [9]") {
			t.Errorf("%s keep out another: %s", what, w.needs())
		}
	}

	w := newWorkshop(t, 40)
	var first room.Event
	for no := range int64(core.MaxDifferences) {
		seat := w.joinAs("", 0, fmt.Sprint("Cy", no)).Seat
		first = w.checks(seat, no+1, 2)
		w.leave(seat)
	}
	w.checks(gus, 40, 2)
	has := func() bool {
		return slices.ContainsFunc(w.head.Talk.Differences, func(d room.Difference) bool { return d.Task == 40 })
	}
	if n := len(w.head.Talk.Differences); n != core.MaxDifferences || has() {
		t.Errorf("the room keeps %d", n)
	}
	w.putsAway(ann, first.N)
	w.putsAway(bob, first.N)
	w.checks(gus, 40, 3)
	if !has() {
		t.Error("what needs nobody keeps its place")
	}
}

// What an older program had set aside reads as a check that was removed.
func TestFromOlder_ofACheckThatWasSetAside_isRemoved(t *testing.T) {
	w := newWorkshop(t, 1)
	check := w.checks(gus, 1, 2)
	aside := room.Event{Type: room.TaskChanged, Seat: ann, Name: "Ann", Wakes: []int{gus, bob}, Task: &room.TaskChange{
		Action: "aside", No: 1, Added: check.Task.Added, For: []room.Party{w.agent(gus).Party()}}}.FromOlder()
	if !aside.RemovesCheck() || aside.Actor() != ann || aside.Name != "Gus" {
		t.Errorf("%+v", aside)
	}
	w.apply(aside)
	if got := w.needs(); got != "" {
		t.Error(got)
	}
}
