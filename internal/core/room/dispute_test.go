package room_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
func (w workshop) checks(seat int, no int64, exit int) {
	w.Helper()
	w.checksAs(seat, no, room.Check{Exit: exit})
}

func (w workshop) checksAs(seat int, no int64, check room.Check) {
	w.Helper()
	event, err := w.tasks[no].DecideCheck(w.head, w.agent(seat), check, room.Check{})
	if err != nil {
		w.Fatal(err)
	}
	w.apply(*event)
}

func (w workshop) asides(seat int, no int64, whose room.Party) {
	w.Helper()
	event, err := w.tasks[no].DecideAside(w.head, w.agent(seat), []room.Party{whose})
	if err != nil {
		w.Fatal(err)
	}
	w.apply(*event)
}

// frees has a seat lose its seat by an admin.
func (w workshop) frees(seat int, why room.Reason) {
	w.Helper()
	w.apply(*w.head.FreeSeat(w.agent(seat).Agent, why))
}

func (w workshop) putsAway(seat int) {
	w.Helper()
	for _, d := range w.head.Talk.DisputesOf(seat, w.now) {
		w.apply(*w.head.PutAway(w.agent(seat).Agent, d.N, w.now))
	}
}

// needs returns what needs the persons of Ann and Bob, as "Ann: check [1 2]; Bob: check [1]".
func (l *timeline) needs() string {
	var all []string
	for seat, name := range []string{ann: "Ann", bob: "Bob"} {
		for _, d := range l.head.Talk.DisputesOf(seat, l.now) {
			all = append(all, fmt.Sprint(name, ": ", d.Kind, " ", d.Tasks))
		}
	}
	return strings.Join(all, "; ")
}

// The first cases are those of Dispute.
func TestDispute_ofAChecker_eachCase(t *testing.T) {
	one := func(w workshop) { w.checks(gus, 1, 2) }
	both := func(w workshop) { one(w); w.checks(gus, 2, 2) }
	for _, c := range []struct {
		what   string
		happen func(w workshop)
		want   string
	}{
		{"The check of t1 differs: it needs Ann and Bob.", one, "Ann: check [1]; Bob: check [1]"},
		{"The check of t2 differs, too, within the hour: it stays one Dispute.", both,
			"Ann: check [1 2]; Bob: check [1 2]"},
		{"Gus checks t1 again, and has the same result, or cannot run it: t1 is over.", func(w workshop) {
			both(w)
			w.checks(gus, 1, 0)
			w.checksAs(gus, 2, room.Check{Verdict: room.Cannot})
		}, ""},
		{"Ann or an admin sets the check of t1 aside: t1 is over.", func(w workshop) {
			both(w)
			w.asides(ann, 1, w.agent(gus).Party())
		}, "Ann: check [2]; Bob: check [2]"},
		{"The person of Bob puts it away: it needs Ann alone, until a further task joins it.",
			func(w workshop) { one(w); w.putsAway(bob) }, "Ann: check [1]"},
		{"a further task joins what Bob has put away",
			func(w workshop) { one(w); w.putsAway(bob); w.checks(gus, 2, 2) }, "Ann: check [1 2]; Bob: check [1 2]"},
		{"the same task, with another exit code, joins nothing",
			func(w workshop) { one(w); w.putsAway(bob); w.checks(gus, 1, 3) }, "Ann: check [1]"},
		{"Gus leaves: it is over a day later. Gus is kicked or banned, also after he has left: it is over.",
			func(w workshop) { one(w); w.leave(gus); w.now = w.now.Add(room.DebtLife) }, ""},
		{"Gus left less than a day ago",
			func(w workshop) { one(w); w.leave(gus); w.now = w.now.Add(room.DebtLife - time.Second) },
			"Ann: check [1]; Bob: check [1]"},
		{"Gus is seated for days", func(w workshop) { one(w); w.now = w.now.Add(9 * room.DebtLife) },
			"Ann: check [1]; Bob: check [1]"},
		{"Gus is kicked", func(w workshop) { one(w); w.frees(gus, room.ReasonKicked) }, ""},
		{"Gus is banned", func(w workshop) { one(w); w.frees(gus, room.ReasonBanned) }, ""},
		{"Gus and Cid are banned after they have left", func(w workshop) {
			one(w)
			w.checks(cid, 1, 2)
			for seat, name := range map[int]string{gus: "GUS", cid: "Cid"} {
				w.leave(seat)
				w.ban(room.Event{Type: room.Managed, Action: room.BanName, Name: name}, name)
			}
		}, ""},
		{"Gus loses his seat to another", func(w workshop) { one(w); w.frees(gus, room.ReasonTimeout) },
			"Ann: check [1]; Bob: check [1]"},
		{"Gus is muted", func(w workshop) { one(w); w.manage(room.Mute, gus) }, "Ann: check [1]; Bob: check [1]"},
		{"the next hour has a Dispute of its own", func(w workshop) {
			one(w)
			w.now = w.now.Add(hour)
			w.checks(gus, 2, 2)
		}, "Ann: check [1]; Ann: check [2]; Bob: check [1]; Bob: check [2]"},
		{"Ann, who has added it, checks it herself", func(w workshop) { w.checks(ann, 1, 2) }, "Bob: check [1]"},
		{"another agrees with Bob", func(w workshop) { one(w); w.checks(cid, 1, 0) },
			"Ann: check [1]; Bob: check [1]"},
		{"Cid differs, too", func(w workshop) { one(w); w.checks(cid, 1, 2) },
			"Ann: check [1]; Ann: check [1]; Bob: check [1]; Bob: check [1]"},
		{"Bob has left, and what he did is Ann's", func(w workshop) { w.leave(bob); one(w) }, "Ann: check [1]"},
		{"the room is a channel", func(w workshop) {
			w.set(func(s *room.Settings) { s.Type = room.Channel })
			one(w)
		}, "Ann: check [1]; Bob: check [1]"},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := newWorkshop(t, 2)
			c.happen(w)
			if got := w.needs(); got != c.want {
				t.Errorf("%s\ninstead of %s", got, c.want)
			}
		})
	}
}

// One name rings once an hour, and so do the guests of one invite, whatever they check, take back, and leave.
func TestDispute_ofAHostileGuest_isOneRowAndOneRingAnHour(t *testing.T) {
	w := newWorkshop(t, 100)
	for no := range int64(100) {
		w.checks(gus, no+1, 2)
		w.checks(gus, no+1, 0)
		w.checks(gus, no+1, 3)
		w.now = w.now.Add(15 * time.Second)
	}
	first := w.head.Talk.DisputesOf(bob, w.now)
	if len(first) != 1 || len(first[0].Tasks) != core.MaxDisputed || w.now.Sub(time.UnixMilli(first[0].AtMs)) >= hour {
		t.Fatalf("%+v", first)
	}
	w.leave(gus)
	again := w.joinBy(1, "Gil").Seat
	w.checks(again, 1, 2)
	rows := w.head.Talk.DisputesOf(bob, w.now)
	if len(rows) != 2 || w.head.Talk.RingsBy(rows[1]) != first[0].N || w.head.Talk.RingsBy(rows[0]) != first[0].N {
		t.Errorf("under another name: %+v", rows)
	}
	w.now = w.now.Add(hour)
	w.checks(again, 2, 2)
	rows = w.head.Talk.DisputesOf(bob, w.now)
	if w.head.Talk.RingsBy(rows[len(rows)-1]) != rows[len(rows)-1].N {
		t.Errorf("an hour later: %+v", rows)
	}
	for n := range 2 * core.MaxDisputes {
		w.leave(again)
		again = w.joinBy(1, fmt.Sprint("Gil", n)).Seat
		w.checks(again, 3, 2)
	}
	if n := len(w.head.Talk.Disputes); n != core.MaxDisputes {
		t.Errorf("the room keeps %d", n)
	}
	w.checks(cid, 4, 2)
	for n := range core.MaxDisputes {
		w.leave(again)
		again = w.joinBy(1, fmt.Sprint("Gus", n)).Seat
		w.checks(again, 3, 2)
	}
	if !slices.ContainsFunc(w.head.Talk.DisputesOf(bob, w.now), func(d room.Dispute) bool { return d.Seat == cid }) {
		t.Error("who fills the list displaces Cid")
	}
}

// A check that differs counts for as long as its agent is seated, and a day longer, but not once it was removed.
func TestCheckIsGone_byHowItsAgentLeft(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(w workshop)
		want   bool
	}{
		"seated":              {func(w workshop) { w.now = w.now.Add(99 * room.DebtLife) }, false},
		"kicked":              {func(w workshop) { w.frees(gus, room.ReasonKicked) }, true},
		"left":                {func(w workshop) { w.leave(gus) }, false},
		"left a day ago":      {func(w workshop) { w.leave(gus); w.now = w.now.Add(room.DebtLife) }, true},
		"put away, then left": {func(w workshop) { w.putsAway(ann); w.putsAway(bob); w.leave(gus) }, false},
		"all have left":       {func(w workshop) { w.leave(bob); w.leave(gus) }, false},
		"left, and came back": {func(w workshop) { w.leave(gus); w.joinBy(1, "Gus") }, false},
		"left, and was banned": {func(w workshop) {
			w.leave(gus)
			w.ban(room.Event{Type: room.Managed, Action: room.BanName, Name: "Gus"}, "Gus")
		}, true},
	} {
		w := newWorkshop(t, 1)
		by := w.agent(gus).Party()
		w.checks(gus, 1, 2)
		c.happen(w)
		if got := w.head.CheckIsGone(by, w.now); got != c.want {
			t.Errorf("%s: %t", what, got)
		}
	}

	many := newWorkshop(t, core.MaxDisputed+1) // one more than a Dispute has
	checker := many.agent(gus).Party()
	for no := range int64(core.MaxDisputed + 1) {
		many.checks(gus, no+1, 2)
		many.now = many.now.Add(time.Minute)
	}
	many.asides(ann, 1, checker)
	many.leave(gus)
	if many.head.CheckIsGone(checker, many.now) {
		t.Error("the check of the last task is gone at once")
	}

	w := newWorkshop(t, 1) // nobody is left whom it concerns
	w.leave(bob)
	by := w.agent(gus).Party()
	w.manage(room.Promote, cid)
	w.leave(ann)
	w.checks(gus, 1, 2)
	w.leave(gus)
	if w.head.CheckIsGone(by, w.now) {
		t.Error("whose task it was has left, and the check is gone at once")
	}
}

func TestDispute_ofAProposalAndATask_eachCase(t *testing.T) {
	objects := func(l *timeline) (proposed, objected room.Event) {
		proposed = l.propose(ann)
		return proposed, l.send(cid, room.Event{Kind: room.Object, Text: "no", ReplyTo: proposed.N})
	}
	taken := func(l *timeline) {
		l.must(ann, room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "sand"}}})
		l.must(bob, room.TaskOrder{Action: room.TakeTask, No: 1})
		l.now = l.now.Add(room.StallsAfter)
		l.must(cid, room.TaskOrder{Action: room.TakeTask, No: 1, Seen: map[int]room.Presence{}})
	}
	for _, c := range []struct {
		what   string
		happen func(l *timeline)
		want   string
	}{
		{"Cid objects", func(l *timeline) { objects(l) }, "Ann: object []"},
		{"Cid objects in private", func(l *timeline) {
			e := l.propose(ann, cid)
			l.send(cid, room.Event{Kind: room.Object, Text: "no", ReplyTo: e.N, ReFor: e.To})
		}, "Ann: object []"},
		{"Ann replies to the objection", func(l *timeline) { _, e := objects(l); l.reply(ann, e) }, ""},
		{"Ann replies to her proposal", func(l *timeline) { e, _ := objects(l); l.reply(ann, e) }, ""},
		{"Ann replies to her own agent", func(l *timeline) {
			_, e := objects(l)
			l.send(ann, room.Event{Text: "look", ReplyTo: e.N, To: []int{ann}, Person: true})
		}, "Ann: object []"},
		{"Ann replies to Bob alone", func(l *timeline) {
			_, e := objects(l)
			l.send(ann, room.Event{Text: "hm", ReplyTo: e.N, To: []int{bob}})
		}, "Ann: object []"},
		{"Ann replies to Cid alone", func(l *timeline) {
			_, e := objects(l)
			l.send(ann, room.Event{Text: "well", ReplyTo: e.N, To: []int{cid}})
		}, ""},
		{"Ann leaves", func(l *timeline) { objects(l); l.manage(room.Promote, bob); l.leave(ann) }, ""},
		{"Bob replies to the objection", func(l *timeline) { _, e := objects(l); l.reply(bob, e) }, "Ann: object []"},
		{"Ann says something else", func(l *timeline) { objects(l); l.say(ann, "well") }, "Ann: object []"},
		{"Ann proposes again", func(l *timeline) { objects(l); l.propose(ann) }, ""},
		{"Bob proposes", func(l *timeline) { objects(l); l.propose(bob) }, "Ann: object []"},
		{"Cid objects to two", func(l *timeline) {
			one, two := l.propose(ann), l.propose(ann)
			for _, e := range []room.Event{one, two} {
				l.send(cid, room.Event{Kind: room.Object, Text: "no", ReplyTo: e.N})
			}
		}, "Ann: object []; Ann: object []"},
		{"Cid is kicked", func(l *timeline) {
			objects(l)
			l.apply(*l.head.FreeSeat(l.agent(cid).Agent, room.ReasonKicked))
		}, ""},
		{"Cid takes what Bob had", taken, "Bob: taken [1]"},
		{"Cid gives it back", func(l *timeline) {
			taken(l)
			l.must(cid, room.TaskOrder{Action: room.ReleaseTask, No: 1})
		}, "Bob: taken [1]"},
		{"Bob has it again", func(l *timeline) {
			taken(l)
			l.must(cid, room.TaskOrder{Action: room.ReleaseTask, No: 1})
			l.must(bob, room.TaskOrder{Action: room.TakeTask, No: 1})
		}, ""},
		{"it is done", func(l *timeline) {
			taken(l)
			l.must(cid, room.TaskOrder{Action: room.FinishTask, No: 1})
		}, ""},
		{"it is reported as done", func(l *timeline) {
			taken(l)
			l.send(cid, room.Event{Text: "done", Finishes: []int64{1}})
		}, ""},
		{"it is dropped", func(l *timeline) {
			taken(l)
			l.must(ann, room.TaskOrder{Action: room.DropTask, No: 1})
		}, ""},
		{"Ann releases what Bob has", func(l *timeline) {
			l.must(ann, room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "sand"}}})
			l.must(bob, room.TaskOrder{Action: room.TakeTask, No: 1})
			l.must(ann, room.TaskOrder{Action: room.ReleaseTask, No: 1})
		}, "Bob: taken [1]"},
		{"Bob releases what he has", func(l *timeline) {
			l.must(ann, room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "sand"}}})
			l.must(bob, room.TaskOrder{Action: room.TakeTask, No: 1})
			l.must(bob, room.TaskOrder{Action: room.ReleaseTask, No: 1})
		}, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			l := newRoom(t, "Ann", "Bob", "Cid")
			c.happen(l)
			if got := l.needs(); got != c.want {
				t.Errorf("%s\ninstead of %s", got, c.want)
			}
		})
	}
}
