package room_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/core/room"
)

// said is what the events of a timeline say of proposals.
type said struct {
	*timeline
	bound    map[int64][]int // of each that was agreed on: whom it binds
	old      map[int64]int64 // of each: the agreement in whose place it comes
	replaced map[int64]bool  // the agreements in whose place another one was agreed on
}

func (l *timeline) said() said {
	s := said{l, map[int64][]int{}, map[int64]int64{}, map[int64]bool{}}
	votes := map[int64][]int{} // of those that are here
	for _, e := range l.events {
		switch {
		case e.Kind == room.Agree:
			votes[e.ReplyTo] = append(votes[e.ReplyTo], e.Seat)
		case e.Type == room.Left:
			for n, list := range votes {
				votes[n] = slices.DeleteFunc(slices.Clone(list), func(seat int) bool { return seat == e.Seat })
			}
		case e.Replaces != 0 && s.bound[e.Replaces] != nil:
			s.old[e.N] = e.Replaces
		case e.Replaces != 0:
			s.old[e.N] = s.old[e.Replaces]
		}
		for _, n := range e.Agreed {
			s.bound[n] = append([]int{l.events[n-1].Seat}, votes[n]...)
			s.replaced[s.old[n]] = true
		}
	}
	return s
}

// questionOf returns the newest proposal that puts task no in question, by the rule and the events alone; 0: none.
func (s said) questionOf(no int64) (n int64) {
	for _, p := range s.events {
		old, bound := s.old[p.N], s.bound[s.old[p.N]]
		if p.Kind != room.Proposal || old == 0 || len(s.events[old-1].To) > 0 || !slices.Contains(bound, p.Seat) {
			continue
		}
		if _, open := s.head.Talk.Find(p.N, s.now); !open && s.bound[p.N] == nil {
			continue
		}
		var added, edited room.Event
		ended := false
		for _, e := range s.events {
			switch {
			case e.Task == nil:
			case slices.ContainsFunc(e.Task.Add, func(task room.Task) bool { return task.No == no }):
				added = e
			case e.Task.No != no:
			case e.Task.Action == room.EditTask:
				edited, ended = e, ended || e.N > p.N
			case e.Task.Action == room.TakeTask:
				ended = ended || e.N > p.N
			}
		}
		isUnder := func(act room.Event) bool {
			return old < act.N && act.N < p.N && slices.Contains(bound, act.Seat)
		}
		if !ended && (isUnder(added) || isUnder(edited)) {
			n = p.N
		}
	}
	return n
}

// drawAgreement has somebody propose something, alone or in the place of something else, vote, or take a proposal back,
// unless the rules refuse it.
func (l *timeline) drawAgreement(t *rapid.T) {
	s, here := l.said(), seats(&l.head.State)
	from := rapid.SampledFrom(here).Draw(t, "from")
	var proposals []room.Event
	for _, e := range l.events {
		if e.Kind == room.Proposal {
			proposals = append(proposals, e)
		}
	}
	open := l.head.Talk.OpenTo(from, l.now)
	switch what := rapid.SampledFrom([]string{"new", "another", "another", "vote", "vote", "vote", "vote", "object",
		"withdraw"}).Draw(t, "what"); {
	case what == "new":
		e := room.Event{Kind: room.Proposal, Text: "tea", Ask: drawSeats(t, here, from)}
		if rapid.IntRange(0, 3).Draw(t, "private") == 0 {
			e.To = e.Ask
		}
		l.try(from, e)
	case what == "another" && len(proposals) > 0:
		p := rapid.SampledFrom(proposals).Draw(t, "proposal")
		e := room.Event{Kind: room.Proposal, Text: "coffee", ReplyTo: p.N, ReSeat: p.Seat, ReFor: p.To}
		bound := s.bound[p.N]
		if s.replaced[p.N] {
			bound = nil
		}
		if e, err := l.head.ProposeAnswer(l.agent(from), e, bound, l.now); err == nil {
			l.apply(e)
		}
	case len(open) > 0:
		p := rapid.SampledFrom(open).Draw(t, "open")
		switch {
		case what == "withdraw":
			l.try(from, room.Event{Withdraws: p.N})
		case what == "object":
			l.try(from, room.Event{Kind: room.Object, Text: "no", ReplyTo: p.N, ReSeat: p.Seat, ReFor: p.To})
		default:
			for _, seat := range p.Owed {
				l.try(seat, room.Event{Kind: room.Agree, ReplyTo: p.N, ReSeat: p.Seat, ReFor: p.To})
			}
		}
	}
}

// A task is in question by what the rule says, in each state that a random past leads to.
//
// talk: in question.
func TestQuestionOf_anyPast_isAsTheRuleSays(t *testing.T) {
	open, agreed, ended := 0, 0, 0 // how often a task is in question, and is not any more
	rapid.Check(t, func(t *rapid.T) {
		l := newTimeline(t)
		for _, name := range []string{"Ann", "Bob", "Cid", "Dora"} {
			l.join(name)
		}
		was := map[int64]int64{}
		for range rapid.IntRange(40, 140).Draw(t, "events") {
			here := seats(&l.head.State)
			switch rapid.IntRange(0, 12).Draw(t, "event") {
			case 0:
				l.now = l.now.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "hours")) * time.Hour)
			case 1:
				if len(here) > 2 {
					l.leave(rapid.SampledFrom(here).Draw(t, "who leaves"))
				}
			case 2:
				if len(here) < 5 {
					l.join("Eve")
				}
			case 3, 4, 5, 6:
				l.drawTask(t, rapid.SampledFrom(here).Draw(t, "seat"))
			case 7: // what it holds
				for _, task := range l.head.Tasks[:min(2, len(l.head.Tasks))] {
					as := rapid.SampledFrom([]room.TaskAction{room.EditTask, room.TakeTask}).Draw(t, "as it is")
					_, _ = l.order(rapid.SampledFrom(here).Draw(t, "seat"), room.TaskOrder{Action: as, No: task.No,
						Title: task.Title, Seen: map[int]room.Presence{}})
				}
			default:
				l.drawAgreement(t)
			}
			s := l.said()
			for _, task := range l.head.Tasks {
				got, want := l.head.QuestionOf(task, l.now), s.questionOf(task.No)
				if got != want {
					t.Fatalf("after %+v\n%s is in question by %d, not %d", l.events[len(l.events)-1],
						room.TaskID(task.No), got, want)
				}
				switch {
				case want != 0 && s.bound[want] != nil:
					agreed++
				case want != 0:
					open++
				case was[task.No] != 0:
					ended++
				}
				was[task.No] = want
			}
		}
	})
	if min(open, agreed, ended) == 0 {
		t.Errorf("in question by what is open: %d, by what was agreed on: %d, ended: %d", open, agreed, ended)
	}
}

// What an older program stored of questions is read as nothing, and an edit of which it did not say who made it counts
// for nobody.
func TestQuestionOf_storedByAnOlderProgram_isNothing(t *testing.T) {
	var s room.State
	stored := `{"q":[{"n":9,"o":2,"s":1,"ask":[2]}],"o":[{"n":9,"s":1,"p":true,"ow":[2],"re":{"n":2,"s":1}}]}`
	if err := json.Unmarshal([]byte(stored), &s.Talk); err != nil {
		t.Fatal(err)
	}
	for _, task := range []room.Task{{No: 1, N: 3, Adder: room.Party{Seat: 1}}, {No: 1, N: 1, Edited: 3}} {
		if n := s.QuestionOf(task, start()); n != 0 {
			t.Errorf("%+v is in question by %d", task, n)
		}
	}
}
