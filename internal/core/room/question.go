package room

import (
	"slices"
	"time"
)

// Doubt is an open task that is in question by a proposal that was agreed on: see State.QuestionOf.
type Doubt struct {
	Task int64 `json:"t"`
	N    int64 `json:"n"` // the event of the proposal
}

// Covers reports whether task was added or last edited under the agreement r, by one whom it binds, before event n, a
// proposal in its place, and was neither taken nor edited since.
func (r Replaced) Covers(task *Task, n int64) bool {
	isUnder := func(act int64, seat int) bool { return r.N < act && act < n && slices.Contains(r.Bound, seat) }
	return max(task.Taken, task.Edited) < n && (isUnder(task.N, task.Adder.Seat) || isUnder(task.Edited, task.Editor))
}

// questions reports whether r, a proposal, puts task in question. One whom the agreement does not bind questions
// nothing: otherwise two guests could question the tasks of all others. A private agreement puts nothing in question,
// since others see the tasks.
func (r *OpenRequest) questions(task *Task) bool {
	return len(r.Replaces.For) == 0 && slices.Contains(r.Replaces.Bound, r.Seat) && r.Replaces.Covers(task, r.N)
}

// QuestionOf returns the event of the newest proposal that puts task in question; 0: none. The proposal is open, or was
// agreed on. A take, an edit, if only to what the task is, and the end of a proposal that failed end the question. Who
// sees the task sees the proposal, which came later.
//
// A question forbids nothing, or one agent could block a room: next offers no such task, and the first take of one is
// held back once.
//
// talk: in question.
func (s *State) QuestionOf(task Task, now time.Time) (n int64) {
	for i := range s.Talk.Open {
		if r := &s.Talk.Open[i]; r.questions(&task) && !r.hasExpired(now) {
			n = max(n, r.N)
		}
	}
	return max(n, s.Talk.doubtOf(task))
}

// doubtOf returns the proposal that was agreed on and puts task in question; 0: none.
func (t *Talk) doubtOf(task Task) int64 {
	i := slices.IndexFunc(t.Doubts, func(d Doubt) bool { return d.Task == task.No })
	if i < 0 || t.Doubts[i].N <= max(task.Taken, task.Edited) {
		return 0
	}
	return t.Doubts[i].N
}

// applyDoubts records, with a change of the Talk, which open tasks are in question by proposals that were agreed on.
// The Talk has them, and not the tasks: one vote may put 100 tasks in question, and a Write has 100 ops.
func (l *ledger) applyDoubts() {
	if !l.changed {
		return
	}
	var doubts []Doubt
	for _, task := range l.state.Tasks {
		n := l.doubtOf(task)
		for i := range l.agreed {
			if r := &l.agreed[i]; r.questions(&task) {
				n = max(n, r.N)
			}
		}
		if n != 0 {
			doubts = append(doubts, Doubt{task.No, n})
		}
	}
	l.Doubts = doubts
}
