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
// when it next changes the Talk, and begins none; the checks stay.
type Dispute struct {
	N          int64       `json:"n"`  // its first event
	AtMs       int64       `json:"at"` // the time of N
	Kind       DisputeKind `json:"k"`
	Seat       int         `json:"s"`              // who disputes
	Name       string      `json:"f"`              // the name of Seat then
	Person     bool        `json:"me,omitempty"`   // the person behind Seat did N
	PersonName string      `json:"men,omitempty"`  // see Event.PersonName
	By         int         `json:"b"`              // see State.askerOf
	For        int         `json:"for,omitempty"`  // 0: nobody is left whose task was checked
	Tasks      []int64     `json:"t,omitempty"`    // at most core.MaxDisputed
	Of         int64       `json:"of,omitempty"`   // of DisputeObject: the proposal
	PutAway    bool        `json:"away,omitempty"` // by the person of For
	LeftMs     int64       `json:"left,omitempty"` // when Seat was left; 0: it is not
}

// isOver reports whether d has ended by itself.
func (d *Dispute) isOver(now time.Time) bool {
	return d.LeftMs != 0 && now.Sub(time.UnixMilli(d.LeftMs)) >= DebtLife
}

// isFresh reports whether further tasks join d.
func (d *Dispute) isFresh(now time.Time) bool { return now.Sub(time.UnixMilli(d.AtMs)) < time.Hour }

// isEmpty reports whether d is over for each of its tasks.
func (d *Dispute) isEmpty() bool { return len(d.Tasks) == 0 && d.Kind != DisputeObject }

// isForgotten reports whether the room forgets d: d is over, or empty or put away and too old to keep another one from
// ringing. A check that was put away is not forgotten: see CheckIsGone.
func (d *Dispute) isForgotten(now time.Time) bool {
	return d.isOver(now) || !d.isFresh(now) && (d.isEmpty() || d.PutAway && d.Kind != DisputeCheck)
}

// DisputesOf returns the disputes that need the person of a seat, oldest first.
func (t Talk) DisputesOf(seat int, now time.Time) []Dispute {
	return slices.DeleteFunc(slices.Clone(t.Disputes), func(d Dispute) bool {
		return d.For != seat || d.PutAway || d.isOver(now) || d.isEmpty()
	})
}

// hasDispute reports whether event n has begun a dispute of an act of a seat.
func (t Talk) hasDispute(n int64, seat int) bool {
	return slices.ContainsFunc(t.Disputes, func(d Dispute) bool { return d.N == n && d.For == seat })
}

// RingsBy returns the event by which a person who is away is called for d: the first of d, or that of an earlier
// dispute of the same hour. So the guests of one invite, who may leave and come back, ring once an hour.
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

// CheckIsGone reports whether a check that differs counts no more, since its agent, by, is gone: it was kicked or
// banned, or left a day ago. The disputes of the agent tell when it left.
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

// applyDisputes ends and begins disputes by event, which follows before. An objection begins in applyVote.
func (l *ledger) applyDisputes(before *State, event Event) {
	var list []Dispute
	for i := range l.Disputes {
		d := &l.Disputes[i]
		next := d.apply(event)
		l.changed = l.changed || next != d
		if next != nil {
			list = append(list, *next)
		}
	}
	l.Disputes = list

	l.beginTaskDisputes(before, event)
	if l.changed {
		l.Disputes = slices.DeleteFunc(l.Disputes, func(d Dispute) bool { return d.isForgotten(event.At()) })
	}
}

// apply returns what follows d by event: d itself if nothing changes, a changed copy, or nil if d is over.
func (d *Dispute) apply(event Event) *Dispute {
	next, isBy, isFor := *d, event.Seat == d.Seat, event.Seat == d.For
	isOverOf := func(no int64) bool { return d.isOverOf(no, event) }
	switch {
	case isFor && d.isAnsweredBy(event),
		event.Type == Left && isBy && event.takesSeat(),
		event.Type == Left && isFor && d.Kind != DisputeCheck,
		d.LeftMs != 0 && event.bans(d.Name):
		return nil
	case event.Type == Left && isBy:
		next.LeftMs = event.AtMs
	case event.Type == SupervisionSet && isFor && event.PutsAway == d.N:
		next.PutAway = true
	case slices.ContainsFunc(d.Tasks, isOverOf):
		next.Tasks = slices.DeleteFunc(slices.Clone(d.Tasks), isOverOf)
	default:
		return d
	}
	return &next
}

// isAnsweredBy reports whether event, by For, ends an objection: Seat can read it, and it is a new proposal, or a reply
// to the objection or to what was proposed.
func (d *Dispute) isAnsweredBy(event Event) bool {
	return d.Kind == DisputeObject && event.Type == Said &&
		(len(event.To) == 0 || slices.Contains(event.To, d.Seat)) &&
		(event.Kind == Proposal || event.ReplyTo == d.N || event.ReplyTo == d.Of)
}

// isOverOf reports whether event ends what d holds about task no.
func (d *Dispute) isOverOf(no int64, event Event) bool {
	isTaken, change := d.Kind == DisputeTaken, event.Task
	switch {
	case slices.Contains(event.TasksClosed(), no):
		return isTaken
	case event.Type != TaskChanged || change.No != no:
		return false
	}
	switch change.Action {
	case CheckTask:
		return !isTaken && event.Seat == d.Seat && change.Check.Verdict != Differs
	case AsideTask:
		return !isTaken && slices.ContainsFunc(change.For, func(p Party) bool { return p.Seat == d.Seat })
	case TakeTask, ReleaseTask:
		return isTaken && event.Seat == d.For
	default:
		return false
	}
}

// beginTaskDisputes begins the disputes of what event, which follows before, does with a task.
func (l *ledger) beginTaskDisputes(before *State, event Event) {
	change := event.Task
	switch {
	case event.Type != TaskChanged:
	case change.Action == CheckTask && change.Check.Verdict == Differs:
		for _, seat := range event.Wakes { // who finished and who added the task
			l.disputeTask(event, DisputeCheck, seat)
		}
		if len(event.Wakes) == 0 {
			l.disputeTask(event, DisputeCheck, 0)
		}
	case change.Action == TakeTask || change.Action == ReleaseTask:
		task, _ := before.Task(change.No)
		if holder := task.Holder; holder.Seat != event.Seat && holder.IsHere(before) {
			l.disputeTask(event, DisputeTaken, holder.Seat)
		}
	}
}

// disputeTask adds the task of event to the dispute of this hour with the agent of a seat, or to a new one, unless one
// has the task.
func (l *ledger) disputeTask(event Event, kind DisputeKind, seat int) {
	var fresh *Dispute
	for i := range l.Disputes {
		d := &l.Disputes[i]
		switch {
		case d.Kind != kind || d.Seat != event.Seat || d.For != seat:
		case slices.Contains(d.Tasks, event.Task.No):
			return
		case d.isFresh(event.At()):
			fresh = d
		}
	}
	switch {
	case fresh == nil:
		l.addDispute(event, Dispute{Kind: kind, For: seat, Tasks: []int64{event.Task.No}})
	case len(fresh.Tasks) < core.MaxDisputed:
		fresh.Tasks, fresh.PutAway = append(slices.Clip(fresh.Tasks), event.Task.No), false
		l.changed = true
	}
}

// addDispute adds d, which event begins. A full list loses the oldest of the one that fills it.
func (l *ledger) addDispute(event Event, d Dispute) {
	d.N, d.AtMs, d.By = event.N, event.AtMs, l.state.askerOf(event.Seat)
	d.Seat, d.Name, d.Person, d.PersonName = event.Seat, event.Name, event.Person, event.PersonName
	l.Disputes, l.changed = append(slices.Clip(l.Disputes), d), true
	if len(l.Disputes) > core.MaxDisputes {
		l.Disputes = withoutOldestOfMost(l.Disputes, func(d *Dispute) int { return d.By })
	}
}
