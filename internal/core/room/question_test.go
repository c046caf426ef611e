package room_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// inPlace has a seat propose something in place of the agreement, or of what was proposed for it: an open proposal.
func (r *replacing) inPlace(seat int, of, e room.Event) room.Event {
	r.Helper()
	e.Kind, e.Text, e.ReplyTo, e.ReSeat, e.ReFor = room.Proposal, "coffee", of.N, of.Seat, of.To
	e, err := r.head.ProposeAnswer(r.agent(seat), e, r.bound, r.now)
	if err != nil {
		r.Fatal(err)
	}
	if e.Replaces != of.N {
		r.Fatalf("%+v replaces nothing", e)
	}
	return r.apply(e)
}

func (r *replacing) add(seat int) {
	r.must(seat, room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "go"}}})
}
func (r *replacing) take(seat int, no int64) {
	r.must(seat, room.TaskOrder{Action: room.TakeTask, No: no})
}
func (r *replacing) edit(seat int, no int64) {
	r.must(seat, room.TaskOrder{Action: room.EditTask, No: no, Title: "go on"})
}

// The cases are those of Question. Ann, Bob and Cid have agreed, Dora has not, and t1 was added by Ann.
func TestQuestion_eachCase(t *testing.T) {
	bobs := func(r *replacing) { r.inPlace(bob, r.old, room.Event{}) }
	for _, c := range []struct {
		what   string
		to     []int // of the agreement
		happen func(*replacing)
		want   int // which of the proposals after the agreement puts t1 in question, from 1; 0: none
	}{
		{"Nobody has touched t1: it is in question.", nil, bobs, 1},
		{"nobody has proposed anything", nil, func(*replacing) {}, 0},
		{"Ann edits t1, if only to what it is: it is not.", nil, func(r *replacing) { bobs(r); r.edit(ann, 1) }, 0},
		{"Ann edits t1 to what it is", nil, func(r *replacing) {
			bobs(r)
			r.must(ann, room.TaskOrder{Action: room.EditTask, No: 1, Title: "go"})
		}, 0},
		{"Cid takes it, and has it", nil, func(r *replacing) { bobs(r); r.take(cid, 1) }, 0},
		{"Cid takes t1: it is not, also once he has given it back.", nil, func(r *replacing) {
			bobs(r)
			r.take(cid, 1)
			r.must(cid, room.TaskOrder{Action: room.ReleaseTask, No: 1})
		}, 0},
		{"it is offered to Cid", nil, func(r *replacing) {
			bobs(r)
			r.must(ann, room.TaskOrder{Action: room.ReleaseTask, No: 1, For: r.parties(cid), Offers: true})
		}, 1},
		{"Cid has had t1 since before: it is in question, and next tells him.",
			nil, func(r *replacing) { r.take(cid, 1); bobs(r) }, 1},
		{"Bob withdraws: it is not.",
			nil, func(r *replacing) { r.withdraw(r.inPlace(bob, r.old, room.Event{})) }, 0},
		{"Ann objects: it is in question, since Bob has taken back the agreement all the same.",
			nil, func(r *replacing) {
				e := r.inPlace(bob, r.old, room.Event{})
				r.send(ann, room.Event{Kind: room.Object, Text: "no", ReplyTo: e.N})
			}, 1},
		{"Bob leaves", nil, func(r *replacing) { bobs(r); r.leave(bob) }, 1},
		{"Ann, who has added it, leaves", nil, func(r *replacing) { bobs(r); r.leave(ann) }, 1},
		{"Ann, who has added it, may only listen", nil, func(r *replacing) {
			bobs(r)
			r.manage(room.Promote, bob)
			r.manage(room.Demote, ann)
			r.manage(room.Mute, ann)
		}, 1},
		{"a day passes",
			nil, func(r *replacing) { bobs(r); r.now = r.now.Add(room.DebtLife); r.say(ann, "so") }, 1},
		{"all agree", nil, func(r *replacing) {
			bobs(r)
			for _, seat := range []int{ann, cid, dora} {
				r.agree(seat)
			}
		}, 1},
		{"Bob proposes for it again", nil, func(r *replacing) { bobs(r); bobs(r) }, 2},
		{"Bob proposes in place of his own", nil, func(r *replacing) {
			r.inPlace(bob, r.inPlace(bob, r.old, room.Event{}), room.Event{})
		}, 2},
		{"Bob proposes in place of his own, and withdraws that: it is not.", nil, func(r *replacing) {
			r.withdraw(r.inPlace(bob, r.inPlace(bob, r.old, room.Event{}), room.Event{}))
		}, 0},
		{"Ann proposes in place of it", nil, func(r *replacing) {
			r.inPlace(ann, r.inPlace(bob, r.old, room.Event{}), room.Event{})
		}, 2},
		{"Ann proposes in place of his, and withdraws that: it is in question by his.", nil, func(r *replacing) {
			r.withdraw(r.inPlace(ann, r.inPlace(bob, r.old, room.Event{}), room.Event{}))
		}, 1},
		{"Dora, whom the agreement does not bind, proposes in his place: it is not.",
			nil, func(r *replacing) { r.inPlace(dora, r.old, room.Event{}) }, 0},
		{"Dora proposes in place of what Bob has", nil, func(r *replacing) {
			r.inPlace(dora, r.inPlace(bob, r.old, room.Event{}), room.Event{})
		}, 1},
		{"Bob proposes in place of what Dora has", nil, func(r *replacing) {
			r.inPlace(bob, r.inPlace(dora, r.old, room.Event{}), room.Event{})
		}, 2},
		{"Bob's proposal stands beside it", nil, func(r *replacing) {
			r.send(bob, room.Event{Kind: room.Proposal, Text: "coffee", Ask: []int{cid}})
		}, 0},
		{"Agreement and proposal are private", []int{bob, cid}, func(r *replacing) {
			r.inPlace(bob, r.old, room.Event{To: []int{ann, cid}})
		}, 1},
		{"The agreement is private: it is in question for those who see that, though all may see the proposal.",
			[]int{bob, cid}, bobs, 1},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		r := &replacing{timeline: l, old: l.send(ann, room.Event{Kind: room.Proposal, Text: "tea",
			Ask: []int{bob, cid}, To: c.to})}
		r.agreed()
		r.add(ann)
		since := r.head.AsOf
		c.happen(r)
		want, n := int64(0), 0
		for _, e := range r.events[since:] {
			if e.Kind != room.Proposal {
				continue
			}
			n++
			if n == c.want {
				want = e.N
			}
		}
		task, _ := r.head.Task(1)
		for _, a := range r.head.Agents {
			sees := want
			if len(c.to) > 0 && a.Seat == dora {
				sees = 0
			}
			if got := r.head.QuestionOf(task, a); got != sees {
				t.Errorf("%s: to %s it is in question by %d, not %d", c.what, a.Name, got, sees)
			}
		}
	}
}

// Under an agreement is what came since it was proposed, of one who proposes, is asked or has left.
func TestQuestion_under_isSinceTheAgreementOfOneWithASay(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	r := &replacing{timeline: l}
	r.add(ann) // t1 is from before
	r.add(ann) // t2, too, but is edited since
	r.add(ann) // t3, too, and only taken since
	r.old = l.send(ann, room.Event{Kind: room.Proposal, Text: "tea", Ask: []int{bob, cid}})
	r.add(bob) // t4 is since the proposal
	r.agreed()
	r.edit(ann, 2)
	r.take(bob, 3)
	r.add(dora) // t5 is of one who is not asked
	r.add(cid)  // t6 is of one who leaves
	r.leave(cid)
	first := r.inPlace(bob, r.old, room.Event{Ask: []int{ann}})
	r.add(ann) // t7 is since then
	questioned := func() (list []string) {
		for _, task := range r.head.Tasks {
			if n := r.head.QuestionOf(task, r.agent(ann).Agent); n != 0 {
				list = append(list, fmt.Sprint(room.TaskID(task.No), " by ", n-first.N))
			}
		}
		return list
	}
	if got, want := fmt.Sprint(questioned()), "[t2 by 0 t4 by 0 t6 by 0]"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
	done := r.agree(ann)
	if !slices.Contains(done.Agreed, first.N) {
		t.Fatalf("%+v", done)
	}
	r.old, r.bound = first, []int{ann, bob}
	second := r.inPlace(ann, first, room.Event{})
	want := fmt.Sprintf("[t2 by 0 t4 by 0 t6 by 0 t7 by %d]", second.N-first.N)
	if got := fmt.Sprint(questioned()); got != want {
		t.Errorf("of two agreements: %s, not %s", got, want)
	}

	// What concerns no open task is forgotten with the next change of the talk.
	for _, no := range []int64{2, 4, 5, 6} {
		r.must(ann, room.TaskOrder{Action: room.DropTask, No: no})
	}
	r.ask(bob, ann)
	if list := r.head.Talk.Questions; len(list) != 1 || list[0].N != second.N {
		t.Errorf("%+v", list)
	}
}

// A full room forgets the oldest question of who has most: guests of one invite do not push out what others ask.
func TestQuestion_roomIsFull_whoHasMostLosesTheOldest(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	gil, hal := l.joinBy(7, "Gil").Seat, l.joinBy(7, "Hal").Seat
	r := &replacing{timeline: l, old: l.propose(ann)}
	for _, seat := range []int{bob, gil, hal} {
		r.agree(seat)
	}
	old := r.old
	r.bound = []int{ann, bob, gil, hal}
	r.add(ann)
	kept := r.inPlace(bob, old, room.Event{})
	for n := range core.MaxQuestions + 2 {
		by, other := gil, hal
		if n%2 == 1 {
			by, other = hal, gil
		}
		plan := l.send(by, room.Event{Kind: room.Proposal, Text: "plan", Ask: []int{other}})
		l.send(other, room.Event{Kind: room.Agree, ReplyTo: plan.N})
		r.bound = []int{gil, hal}
		r.add(ann)
		again := r.inPlace(by, plan, room.Event{Ask: []int{other, ann}})
		l.send(ann, room.Event{Kind: room.Object, Text: "no", ReplyTo: again.N}) // of one agent few are open
	}
	list := l.head.Talk.Questions
	if len(list) != core.MaxQuestions || list[0].N != kept.N {
		t.Errorf("%d, the first %+v", len(list), list[0])
	}
}
