package room

import (
	"slices"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
)

// Difference is a check that differs, and needs the persons behind the agents that added and finished the task. It ends
// for a person who puts it away. It ends for all when the checker reports the same or cannot run the command, when the
// checker is kicked or banned, when the check is removed, and when nobody whom it needs has a seat. It changes nothing
// of the task, which shows the check.
type Difference struct {
	N          int64  `json:"n"` // the event of the check
	AtMs       int64  `json:"at"`
	Task       int64  `json:"t"`
	Seat       int    `json:"s"`             // of the checker
	Name       string `json:"f"`             // of the checker then
	Person     bool   `json:"me,omitempty"`  // the person behind Seat did
	PersonName string `json:"men,omitempty"` // see Event.PersonName
	Group      string `json:"b"`             // of the checker: see State.groupOf
	For        []int  `json:"for"`           // the seats whose persons it needs
}

// DifferencesOf returns what needs the person of a seat, oldest first: that of one group is together, so a checker is
// one row, however much differs.
func (t Talk) DifferencesOf(seat int) (rows [][]Difference) {
	for _, d := range t.Differences {
		i := slices.IndexFunc(rows, func(row []Difference) bool { return row[0].Group == d.Group })
		switch {
		case !slices.Contains(d.For, seat):
		case i < 0:
			rows = append(rows, []Difference{d})
		default:
			rows[i] = append(rows[i], d)
		}
	}
	return rows
}

// Checkers returns who found what differs, each once: the seats of one group may have several names.
func Checkers(row []Difference) (who []string) {
	for _, d := range row {
		if name := ident.Actor(d.Name, d.Person, d.PersonName); !slices.Contains(who, name) {
			who = append(who, name)
		}
	}
	return who
}

// hasDifference reports whether the check of event n needs the person of a seat.
func (t Talk) hasDifference(n int64, seat int) bool {
	return slices.ContainsFunc(t.Differences, func(d Difference) bool {
		return d.N == n && slices.Contains(d.For, seat)
	})
}

// PutAway returns the event by which the person behind agent puts away check n, and what differed before by the same
// group; nil if n does not need the person. What came after n, the person may not have seen.
func (s *State) PutAway(agent Agent, n int64) *Event {
	if !s.Talk.hasDifference(n, agent.Seat) {
		return nil
	}
	event := agent.Supervise(agent.Person, "")
	event.PutsAway = n
	return &event
}

// applyDifferences ends and begins differences by event.
func (l *ledger) applyDifferences(event Event) {
	group := "" // of what the person of event puts away
	for _, d := range l.Differences {
		if event.PutsAway != 0 && d.N == event.PutsAway {
			group = d.Group
		}
	}
	var list []Difference
	for _, d := range l.Differences {
		if d.Group == group && d.N <= event.PutsAway {
			d.For = withoutSeat(d.For, event.Seat)
			l.changed = true
		}
		if d.isOverBy(event) || len(l.state.here(d.For)) == 0 {
			l.changed = true
			continue
		}
		list = append(list, d)
	}
	l.Differences = list
	if event.ChecksTask() && event.Task.Check.Verdict == Differs {
		l.addDifference(event)
	}
}

// isOverBy reports whether event ends d for all.
func (d Difference) isOverBy(event Event) bool {
	switch {
	case event.Type == Left && event.Seat == d.Seat && event.takesSeat(), event.bans(d.Name):
		return true
	case event.ChecksTask():
		return event.Task.No == d.Task && event.Seat == d.Seat && event.Task.Check.Verdict != Differs
	}
	return event.RemovesCheck() && event.Task.No == d.Task && event.Seat == d.Seat
}

// addDifference adds the check of event, unless the task has one by the seat, nobody is left whom it needs, or the list
// is full for the checker or for all: then the check only stands at the task. So a checker displaces nothing.
func (l *ledger) addDifference(event Event) {
	group, of := l.state.groupOf(event.Seat), 0
	for _, d := range l.Differences {
		if d.Task == event.Task.No && d.Seat == event.Seat {
			return
		}
		if d.Group == group {
			of++
		}
	}
	if len(event.Wakes) == 0 || len(l.Differences) >= core.MaxDifferences || of >= core.MaxDifferencesOf {
		return
	}
	l.changed = true
	l.Differences = append(l.Differences, Difference{N: event.N, AtMs: event.AtMs, Task: event.Task.No,
		Seat: event.Seat, Name: event.Name, Person: event.Person, PersonName: event.PersonName, Group: group,
		For: event.Wakes})
}
