package room

import (
	"slices"

	"github.com/parley-chat/parley/internal/base/fault"
)

// Removed stands in the place of a removed text.
const Removed = "removed"

// CheckRedact returns the reason why c must not remove event, a message or a check that c sees, or nil. The author may,
// and so may an admin, so that a secret is gone before others join. To have added or finished a task gives no right to
// remove a check of the task: a true failure would be gone. No agent removes the words of its own person. An agent that
// does not see a message cannot remove the text.
//
// talk: removing
func (c Caller) CheckRedact(event Event) error {
	switch {
	case event.Type != Said && !event.ChecksTask():
		return RefuseRedact()
	case event.Person && c.did(event) && !c.IsPerson():
		return fault.Refuse(fault.NotAllowed,
			"Your user said that, and only your user may remove it. Nothing was changed.")
	case c.Role != Admin && !c.did(event):
		return fault.Refuse(fault.NotAllowed, "Only its author or an admin may remove a message or a check. Nothing "+
			"was changed: room_info tells who is admin; ask one of them with send_message.")
	}
	return nil
}

// RefuseRedact refuses to remove what is neither a message nor the last check of a task by an agent.
func RefuseRedact() error {
	return fault.Refuse(fault.InvalidArgument, "redact: that is no message, and no check that a task shows. Nothing "+
		"was changed: give the id of one of type message, or of a check of a task.")
}

// Redaction returns the event about the removal of e: of the text of a message, for the readers of e, or of a check,
// for those who see the task. The event has no text; the requests and votes of the message stay.
func (e Event) Redaction() Event {
	removal := Event{Type: Changed, Redacts: e.N, Erases: e.Decides, Seat: e.Seat, Name: e.Name, To: e.To}
	if e.ChecksTask() {
		removal.Task = &TaskChange{Action: CheckTask, No: e.Task.No, Added: e.Task.Added}
	}
	return removal
}

// CheckRedactTask returns the reason why a must not remove the words of task, visible to a, or nil. by is the
// agent that has task, or has ended task. The adder, by and admins may.
//
// talk: removing
func (a Agent) CheckRedactTask(task Task, by Party) error {
	if a.Role == Admin || task.Adder.Is(a) || by.Is(a) {
		return nil
	}
	return fault.Refuse(fault.NotAllowed, "Only the agent that added a task, the one that has it or has ended it, "+
		"or an admin may remove its words. Nothing was changed: room_info tells who is admin; ask one of them with "+
		"send_message.")
}

// Redaction returns the event about the removal of the words of t, for the agents that see t.
func (t Task) Redaction() Event {
	return Event{Type: Changed, Task: &TaskChange{Action: RedactTask, No: t.No, Added: t.N, Prev: t.Last}}
}

// Emptied returns the events whose texts e has removed.
func (e Event) Emptied() (list []int64) {
	for _, n := range []int64{e.Redacts, e.Erases} {
		if n != 0 {
			list = append(list, n)
		}
	}
	return list
}

// Lost returns a message in the place of an event that a damaged file has lost: see Event.IsLost.
func Lost() Event { return Event{V: Version, Type: Said, Redacted: true, Text: Removed} }

// IsLost reports whether e stands in the place of an event lost in a damaged file.
func (e Event) IsLost() bool { return e.Type == Said && e.Redacted && e.Seat == 0 }

// WithoutText returns e, a message or the draft of a message, without text and file, or a check without what came of
// it. These must leave the table and every cache, so no rule may depend on them. The digest of the call goes, too: the
// same call is then a new one.
func (e Event) WithoutText() Event {
	e.Redacted, e.Call = true, withoutDigest(e.Call)
	if e.Draft != nil {
		draft := e.Draft.WithoutText()
		e.Draft = &draft
		return e
	}
	if e.ChecksTask() {
		change := *e.Task
		change.Check = &Check{} // an older program reads it
		e.Task = &change
		return e
	}
	e.Text, e.File = Removed, nil
	return e
}

// WithoutTexts returns messages without the texts that events have removed. messages is unchanged.
func WithoutTexts(messages []Event, events ...Event) []Event {
	for _, event := range events {
		for i, e := range messages {
			if event.Redacts != 0 && e.N == event.Redacts && !e.Redacted {
				messages = slices.Clone(messages)
				messages[i] = e.WithoutText()
			}
		}
	}
	return messages
}
