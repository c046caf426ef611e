package room

import (
	"slices"

	"github.com/parley-chat/parley/internal/core"
)

// Question is a proposal in place of an agreement, by an agent whom the agreement binds: it puts in question the tasks
// that were added or last edited under the agreement. Nothing tells what a task is for. So under the agreement is each
// task since the agreement was proposed, if its adder proposes or is asked now, or has left.
//
// Ann, Bob and Cid have agreed, Ann has added t1, and Bob proposes something else in place of the agreement:
//
//  1. Nobody has touched t1: it is in question.
//  2. Ann edits t1, if only to what it is: it is not.
//  3. Cid takes t1: it is not, also once he has given it back.
//  5. Cid has had t1 since before: it is in question, and next tells him.
//  6. Bob withdraws: it is not.
//  7. Ann objects: it is in question, since Bob has taken back the agreement all the same.
//  8. Bob proposes in place of his own, and withdraws that: it is not.
//  9. Ann proposes in place of his, and withdraws that: it is in question by his.
//  10. Dora, whom the agreement does not bind, proposes in his place: it is not.
//  11. The agreement is private: it is in question for those who see that, though all may see the proposal.
//
// A question forbids nothing, or one agent could block a room: next offers no such task, and the first take of one is
// held back once. A program from before questions drops them from the room when it next changes the Talk.
type Question struct {
	N      int64 `json:"n"`             // the event of the proposal
	Old    int64 `json:"o"`             // the event of the agreement's proposal
	Seat   int   `json:"s"`             // who proposes
	Invite int   `json:"inv,omitempty"` // of a guest in Seat
	Ask    []int `json:"ask"`           // who is asked
	To     []int `json:"to,omitempty"`  // the seats that see the agreement, and so the proposal, too; empty: all
}

// covers reports whether task was added or last edited under the agreement, and nobody has taken it since.
func (q *Question) covers(task *Task) bool {
	last := max(task.N, task.Edited)
	return q.Old < last && last < q.N && task.Taken < q.N
}

// Concerns reports whether task was added or last edited under the agreement by one who has a say, and nobody has taken
// it since: see Question.
func (q *Question) Concerns(s *State, task Task) bool {
	adder := task.Adder
	return q.covers(&task) && (adder.Seat == q.Seat || slices.Contains(q.Ask, adder.Seat) || !adder.IsHere(s))
}

// QuestionOf returns the event of the newest proposal that puts task in question, if agent sees the agreement; 0: none.
func (s *State) QuestionOf(task Task, agent Agent) (n int64) {
	for i := range s.Talk.Questions {
		q := &s.Talk.Questions[i]
		if agent.SeesMessage(q.N, q.Seat, q.To) && q.Concerns(s, task) {
			n = max(n, q.N)
		}
	}
	return n
}

// applyQuestion records that event, a proposal, puts tasks in question if it is to replace an agreement that binds its
// sender. It comes in the place of what its sender proposed for the same agreement. It is for those who see the
// agreement: else two guests who agree in private could question what others add. A room has at most MaxQuestions.
func (l *ledger) applyQuestion(event Event, replaces Replaced) {
	if !slices.Contains(replaces.Bound, event.Seat) {
		return
	}
	by, _ := l.state.Seated(event.Seat)
	q := Question{N: event.N, Old: replaces.N, Seat: event.Seat, Invite: by.Invite, Ask: event.Ask}
	if len(replaces.For) > 0 {
		q.To = append([]int{replaces.Seat}, replaces.For...)
	}
	l.removeQuestions(func(old *Question) bool { return old.Seat == q.Seat && old.Old == q.Old })
	l.Questions, l.changed = append(slices.Clip(l.Questions), q), true
	if len(l.Questions) > core.MaxQuestions {
		l.Questions = withoutOldestOfMost(l.Questions, (*Question).asker)
	}
}

// asker returns who proposes, for comparison: the guests of one invite are one, as for State.askerOf.
func (q *Question) asker() int {
	if q.Invite != 0 {
		return -q.Invite
	}
	return q.Seat
}

// removeQuestions removes the questions for which over is true.
func (l *ledger) removeQuestions(over func(*Question) bool) {
	n := len(l.Questions)
	l.Questions = slices.DeleteFunc(slices.Clone(l.Questions), func(q Question) bool { return over(&q) })
	l.changed = l.changed || len(l.Questions) < n
}

// forgetQuestions removes the questions that cover no open task any more, along with another change of the Talk.
func (l *ledger) forgetQuestions() {
	if l.changed && len(l.Questions) > 0 {
		l.removeQuestions(func(q *Question) bool {
			return !slices.ContainsFunc(l.state.Tasks, func(task Task) bool { return q.covers(&task) })
		})
	}
}
