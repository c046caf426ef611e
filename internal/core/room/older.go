package room

// This file says what the events and tables of older programs mean. A field that this program does not know is dropped:
// q, g and p of a Talk, stops of a Task, drop of a TaskEnd, and k of a Party. So an offer to an agent that was still to
// come binds nobody.

// IsStop reports whether c is an edit by which an older program put a task behind a new one. Anyone could make it. It
// changes After alone, and its words are not those of the agent that made it.
func (c *TaskChange) IsStop() bool { return c.Stop }

// reasonListFull is of Said: the room itself has withdrawn the request of Withdraws, since too much was open.
const reasonListFull Reason = "list_full"

// IsByRoom reports whether the room itself says by e that the request that e withdraws has ended.
func (e Event) IsByRoom() bool { return e.Type == Said && e.Reason == reasonListFull }

// setAside is the action of an event by which an older program had checks of a task count no more.
const setAside TaskAction = "aside"

// FromOlder returns what e, which an older program may have stored, means to this one. A check that was set aside reads
// as removed.
func (e Event) FromOlder() Event {
	if e.Type != TaskChanged || e.Task == nil || e.Task.Action != setAside || len(e.Task.For) == 0 {
		return e
	}
	checker := e.Task.For[0]
	e.Type, e.Wakes, e.By, e.ByName, e.Seat, e.Name = Changed, nil, e.Seat, e.Name, checker.Seat, checker.Name
	e.Task = &TaskChange{Action: CheckTask, No: e.Task.No, Added: e.Task.Added}
	return e
}
