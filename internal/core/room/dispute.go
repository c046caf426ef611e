package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core"
)

// DisputeKind says what is held against an act of a seat.
type DisputeKind string

// The kinds.
const (
	DisputeCheck  DisputeKind = "check"  // a check differs, of a task that the seat added or finished
	DisputeObject DisputeKind = "object" // an objection to a proposal of the seat
	DisputeTaken  DisputeKind = "taken"  // a task that another agent has taken or released while the seat had it
)

// disputeHour is how long further tasks join a Dispute.
const disputeHour = time.Hour

// Dispute is what the agent of Seat holds against an act of the agent of For. It needs the person of For until it is
// over. Bob has finished t1 and t2, which Ann has added, and Gus has checked them:
//
//  1. The check of t1 differs: it needs Ann and Bob.
//  2. The check of t2 differs, too, within the hour: it stays one Dispute.
//  3. Gus checks t1 again, and has the same result, or cannot run it: t1 is over.
//  4. Ann or an admin sets the check of t1 aside: t1 is over.
//  5. The person of Bob puts it away: it needs Ann alone, until a further task joins it.
//  6. Gus leaves: it is over a day later. Gus is kicked or banned, also after he has left: it is over.
//
// An objection is over when For replies to the objection or the proposal, or proposes again, for Seat to read. A task
// that was taken from For is over when it ends, or For has it again. A program of before this rule drops all disputes
// from the room when it next changes the Talk, and records none of its own checks; the checks stay.
type Dispute struct {
	N          int64       `json:"n"`  // its first event
	AtMs       int64       `json:"at"` // the time of N
	Kind       DisputeKind `json:"k"`
	Seat       int         `json:"s"`             // who disputes
	Name       string      `json:"f"`             // the name of Seat then
	Person     bool        `json:"me,omitempty"`  // the person behind Seat did N
	PersonName string      `json:"men,omitempty"` // see Event.PersonName
	By         int         `json:"b"`             // see State.askerOf
	For        int         `json:"for,omitempty"` // 0: nobody is left whose task was checked
	Tasks      []int64     `json:"t,omitempty"`   // at most core.MaxDisputed
	Of         int64       `json:"of,omitempty"`  // of DisputeObject: the proposal
	Away       bool        `json:"away,omitempty"`
	LeftMs     int64       `json:"left,omitempty"` // when Seat was left; 0: it is not
}

// isOver reports whether d has ended by itself.
func (d *Dispute) isOver(now time.Time) bool {
	return d.LeftMs != 0 && now.Sub(time.UnixMilli(d.LeftMs)) >= DebtLife
}

// isFresh reports whether further tasks join d.
func (d *Dispute) isFresh(now time.Time) bool { return now.Sub(time.UnixMilli(d.AtMs)) < disputeHour }

// isOf reports whether d is about task no.
func (d *Dispute) isOf(kind DisputeKind, no int64) bool {
	return d.Kind == kind && slices.Contains(d.Tasks, no)
}

// DisputesOf returns the disputes that need the person of a seat, oldest first.
func (t Talk) DisputesOf(seat int, now time.Time) []Dispute {
	return slices.DeleteFunc(slices.Clone(t.Disputes), func(d Dispute) bool {
		return d.For != seat || d.Away || d.isOver(now) || len(d.Tasks) == 0 && d.Kind != DisputeObject
	})
}

// RingsBy returns the event by which d is told to a person who is away: its own, or that of an earlier one of the same
// hour, so that the guests of one invite, who may leave and come back, ring once an hour.
func (t Talk) RingsBy(d Dispute) int64 {
	n := d.N
	for _, x := range t.Disputes {
		if x.By == d.By && x.Kind == d.Kind && x.For == d.For && x.isFresh(time.UnixMilli(d.AtMs)) &&
			d.Kind != DisputeObject {
			n = min(n, x.N)
		}
	}
	return n
}

// disputes reports whether event, the last of s, has begun a dispute of an act of a seat.
func (s *State) disputes(event Event, seat int) bool {
	return slices.ContainsFunc(s.Talk.Disputes, func(d Dispute) bool { return d.N == event.N && d.For == seat })
}

// CheckIsGone reports whether a check by a party that differs from what was reported counts no more, since its agent is
// gone: it was kicked or banned, or left a day ago. A Dispute of the agent tells when that was.
func (s *State) CheckIsGone(by Party, now time.Time) bool {
	return !by.IsHere(s) && !slices.ContainsFunc(s.Talk.Disputes, func(d Dispute) bool {
		return d.Seat == by.Seat && !d.isOver(now)
	})
}

// PutAway returns the event by which the person behind agent puts away dispute n; nil if n does not need the person.
func (s *State) PutAway(agent Agent, n int64, now time.Time) *Event {
	if !slices.ContainsFunc(s.Talk.DisputesOf(agent.Seat, now), func(d Dispute) bool { return d.N == n }) {
		return nil
	}
	event := agent.Supervise(agent.Person, "")
	event.PutsAway = n
	return &event
}

// applyDisputes begins and ends disputes by event, which follows before: see Dispute. An objection begins in applyVote.
func (l *ledger) applyDisputes(before *State, event Event) {
	for _, no := range event.TasksClosed() {
		l.endTasks(no, func(d *Dispute) bool { return d.Kind == DisputeTaken })
	}
	by := func(d *Dispute) bool { return d.Seat == event.Seat }
	switch event.Type {
	case Said:
		l.removeDisputes(func(d *Dispute) bool {
			return d.Kind == DisputeObject && d.For == event.Seat &&
				(len(event.To) == 0 || slices.Contains(event.To, d.Seat)) &&
				(event.Kind == Proposal || event.ReplyTo == d.N || event.ReplyTo == d.Of)
		})
	case TaskChanged:
		l.applyTaskDispute(before, event)
	case SupervisionSet:
		l.changeDisputes(func(d *Dispute) bool { return d.N == event.PutsAway && d.For == event.Seat },
			func(d *Dispute) { d.Away = true })
	case Left:
		l.removeDisputes(func(d *Dispute) bool {
			return by(d) && event.takesSeat() || d.For == event.Seat && d.Kind != DisputeCheck
		})
		l.changeDisputes(by, func(d *Dispute) { d.LeftMs = event.AtMs })
	case Managed: // a ban of one who has left
		l.removeDisputes(func(d *Dispute) bool {
			if event.Action != BanName || d.LeftMs == 0 {
				return false
			}
			_, banned := FindBan([]Ban{*event.Ban}, d.Name)
			return banned
		})
	default:
	}
	if l.changed {
		l.removeDisputes(func(d *Dispute) bool { return d.isForgotten(event.At()) })
	}
}

// isForgotten reports whether d is over, for everybody, and can no longer keep another one from ringing.
func (d *Dispute) isForgotten(now time.Time) bool {
	isEmpty := len(d.Tasks) == 0 && d.Kind != DisputeObject
	return d.isOver(now) || !d.isFresh(now) && (isEmpty || d.Away && d.Kind != DisputeCheck)
}

// applyTaskDispute is applyDisputes of a change of tasks.
func (l *ledger) applyTaskDispute(before *State, event Event) {
	change := event.Task
	switch {
	case event.ChecksTask() && change.Check.Verdict != Differs:
		l.endTasks(change.No, func(d *Dispute) bool { return d.Kind == DisputeCheck && d.Seat == event.Seat })
	case event.ChecksTask() && len(event.Wakes) == 0:
		l.disputeTask(event, DisputeCheck, 0)
	case event.ChecksTask():
		for _, seat := range event.Wakes { // who finished and who added the task
			l.disputeTask(event, DisputeCheck, seat)
		}
	case change.Action == AsideTask:
		l.endTasks(change.No, func(d *Dispute) bool {
			isOf := func(p Party) bool { return p.Seat == d.Seat }
			return d.Kind == DisputeCheck && slices.ContainsFunc(change.For, isOf)
		})
	case change.Action == TakeTask || change.Action == ReleaseTask:
		l.endTasks(change.No, func(d *Dispute) bool { return d.Kind == DisputeTaken && d.For == event.Seat })
		task, _ := before.Task(change.No)
		if task.Holder.Seat != event.Seat && task.Holder.IsHere(before) {
			l.disputeTask(event, DisputeTaken, task.Holder.Seat)
		}
	}
}

// disputeTask records that event disputes what the agent of a seat did with a task. A dispute of this hour gets the
// task.
func (l *ledger) disputeTask(event Event, kind DisputeKind, seat int) {
	no, joins := event.Task.No, false
	is := func(d *Dispute) bool { return d.Kind == kind && d.Seat == event.Seat && d.For == seat }
	for i := range l.Disputes {
		d := &l.Disputes[i]
		if is(d) && d.isOf(kind, no) {
			return
		}
		joins = joins || is(d) && d.isFresh(event.At())
	}
	if !joins {
		l.dispute(event, Dispute{Kind: kind, For: seat, Tasks: []int64{no}})
		return
	}
	l.changeDisputes(func(d *Dispute) bool {
		return is(d) && d.isFresh(event.At()) && len(d.Tasks) < core.MaxDisputed
	}, func(d *Dispute) { d.Tasks, d.Away = append(slices.Clip(d.Tasks), no), false })
}

// dispute records d, which event begins. A full list loses the oldest of the one that fills it.
func (l *ledger) dispute(event Event, d Dispute) {
	d.N, d.AtMs, d.Seat, d.Name, d.Person, d.PersonName = event.N, event.AtMs, event.Seat, event.Name, event.Person,
		event.PersonName
	d.By = l.state.askerOf(event.Seat)
	l.Disputes, l.changed = append(slices.Clip(l.Disputes), d), true
	if len(l.Disputes) > core.MaxDisputes {
		l.Disputes = withoutOldestOfMost(l.Disputes, func(d *Dispute) int { return d.By })
	}
}

// endTasks takes task no out of the disputes for which of is true. An empty dispute stays for the rest of its hour: a
// further task does not ring then.
func (l *ledger) endTasks(no int64, of func(*Dispute) bool) {
	l.changeDisputes(func(d *Dispute) bool { return slices.Contains(d.Tasks, no) && of(d) }, func(d *Dispute) {
		d.Tasks = slices.DeleteFunc(slices.Clone(d.Tasks), func(other int64) bool { return other == no })
	})
}

// changeDisputes replaces the disputes for which is is true by changed copies.
func (l *ledger) changeDisputes(is func(*Dispute) bool, how func(*Dispute)) {
	list := slices.Clone(l.Disputes)
	for i := range list {
		if is(&list[i]) {
			how(&list[i])
			l.Disputes, l.changed = list, true
		}
	}
}

// removeDisputes removes the disputes for which over is true.
func (l *ledger) removeDisputes(over func(*Dispute) bool) {
	n := len(l.Disputes)
	l.Disputes = slices.DeleteFunc(slices.Clone(l.Disputes), func(d Dispute) bool { return over(&d) })
	l.changed = l.changed || len(l.Disputes) < n
}
