package roomlog

import (
	"context"
	"errors"
	"fmt"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// Done is the stored form of a finished or dropped task. Like an agreement, a Done outlives its events.
type Done struct {
	V        int        `json:"v"`
	Task     room.Task  `json:"task"`         // as it was
	By       room.Party `json:"by"`           // who ended the task
	ByPerson bool       `json:"me,omitempty"` // the person behind By did; false in items from before it was known
	Dropped  bool       `json:"drop,omitempty"`
	Result   string     `json:"x,omitempty"`      // what was done, or why it was dropped
	Report   int64      `json:"report,omitempty"` // the message that reported the end, of which Result is the beginning
	File     bool       `json:"file,omitempty"`   // Report shared a file
	Redacted bool       `json:"gone,omitempty"`   // Result was removed
	AtMs     int64      `json:"at"`

	Ran *room.Evidence `json:"ran,omitempty"` // what By says was run
	// With Ran: who took the seat of By, and by which invite, since By may have left when another agent checks Ran.
	Principal string `json:"who,omitempty"`
	Invite    int    `json:"invited,omitempty"`
}

// doneKey returns the key of task no once it is closed.
func doneKey(id string, no int64) table.Key {
	return inRoom(id, fmt.Sprintf("%s%016d", donePrefix, no))
}

// putDone stores that event ends task.
func putDone(head *room.Head, task room.Task, event room.Event) table.Op {
	by, _ := head.Seated(event.Seat)
	done := Done{V: room.Version, Task: task, By: by.Party(), ByPerson: event.Person, AtMs: event.AtMs}
	done.By.Person = event.PersonName
	if event.Task != nil {
		done.Dropped, done.Result, done.Ran = event.Task.Action == room.DropTask, event.Task.Text, event.Task.Ran
		done.Task.Last = event.N
	} else {
		done.Report, done.Result, done.File = event.N, firstBytes(event.Text, core.MaxResult), event.File != nil
	}
	if done.Ran != nil {
		done.Principal, done.Invite = by.Principal, by.Invite
	}
	return table.Put(table.Item{Key: doneKey(head.ID, task.No), Expires: event.At().Add(agreementLife),
		Data: Encode(done)},
		table.Always)
}

// Done returns the closed task no. It fails with table.ErrNotFound if the task is not closed, or was closed a year
// ago.
func (i Items) Done(ctx context.Context, no int64) (done Done, err error) {
	item, err := i.log.store.table.Get(ctx, doneKey(i.log.id, no), table.Strong)
	if err == nil {
		err = Decode(item, &done)
	}
	return done, err
}

// Finished returns what a check of d needs.
func (d Done) Finished() room.Finished {
	return room.Finished{No: d.Task.No, Added: d.Task.N, Title: d.Task.Title, Adder: d.Task.Adder, By: d.By,
		ByPerson: d.ByPerson, Ran: d.Ran, Principal: d.Principal, Invite: d.Invite}
}

// AllDone returns at most limit closed tasks that agent sees, the last added first; if before is not 0, only tasks
// added before task before.
func (i Items) AllDone(ctx context.Context, agent room.Agent, before int64, limit int) (list []Done, more bool,
	err error) {
	where := table.Range{Partition: roomPrefix + i.log.id, Prefix: donePrefix, Reverse: true, Consistency: strongly}
	if before > 0 {
		where.After = doneKey(i.log.id, before).Sort
	}
	for item, err := range table.All(ctx, i.log.store.table, where) {
		var done Done
		if err == nil {
			err = Decode(item, &done)
		}
		switch {
		case err != nil:
			return nil, false, err
		case !agent.SeesTask(done.Task.N):
		case len(list) == limit:
			return list, true, nil
		default:
			list = append(list, done)
		}
	}
	return list, false, nil
}

// RedactTask returns the ops that take the words of task no out of the table: of the events about the task, from
// last back to the event that added it, and of its Done. They go into the Write of the removing event, which writes
// the part of an open task again; there are none if nothing has words. If one Write cannot take all ops, RedactTask
// writes the first ones itself. The ops fail if one of the items expires before the Write.
func (s *Store) RedactTask(ctx context.Context, id string, no, last int64) (ops []table.Op, err error) {
	// Each event of the task leads to the event before. Before an expired event there are no others.
	for n := last; n != 0; {
		item, err := s.table.Get(ctx, EventKey(id, n), strongly)
		if errors.Is(err, table.ErrNotFound) {
			break
		}
		if err != nil {
			return nil, err
		}
		event, err := decodeEvent(item)
		if err != nil {
			return nil, err
		}
		n = 0
		if event.Task != nil {
			n = event.Task.Prev
		}
		if event.HasWordsOf(no) {
			item.Data = Encode(event.WithoutTask(no))
			ops = append(ops, erase(item))
		}
	}

	// After this the remaining ops fit into the Write of the event.
	for len(ops) > redactedAtOnce {
		if err := s.table.Write(ctx, ops[:redactedAtOnce]...); err != nil {
			return nil, err
		}
		ops = ops[redactedAtOnce:]
	}

	// The Done of a task that has ended has its words, too.
	done, err := s.table.Get(ctx, doneKey(id, no), strongly)
	if errors.Is(err, table.ErrNotFound) {
		return ops, nil
	}
	var stored Done
	if err == nil {
		err = Decode(done, &stored)
	}
	if err != nil {
		return nil, err
	}
	if stored.Task.Redacted && stored.Result == "" && stored.Ran == nil {
		return ops, nil
	}
	stored.Task.Title, stored.Task.Text, stored.Task.Redacted, stored.Result, stored.Redacted = room.Removed, "",
		true, "", true
	stored.Ran = nil
	done.Data = Encode(stored)
	return append(ops, erase(done)), nil
}

// redactedAtOnce is how many events a redaction empties in one Write.
const redactedAtOnce = 40

// redactResults returns the ops that take the beginning of report event from the tasks that event has ended.
func (s *Store) redactResults(ctx context.Context, id string, event room.Event) (ops []table.Op, err error) {
	for _, no := range event.Closes {
		item, err := s.table.Get(ctx, doneKey(id, no), strongly)
		if errors.Is(err, table.ErrNotFound) {
			continue
		}
		var done Done
		if err == nil {
			err = Decode(item, &done)
		}
		if err != nil {
			return nil, err
		}
		done.Result, done.Redacted = room.Removed, true
		item.Data = Encode(done)
		ops = append(ops, erase(item))
	}
	return ops, nil
}

// ClaimTaskNotice puts the item that claims the news of a free task for one waiting agent. It returns false if the
// item is there already. what says which task, and since when.
func (i Items) ClaimTaskNotice(ctx context.Context, what string) (first bool, err error) {
	l := i.log
	item := table.Item{Key: inRoom(l.id, "FREE#"+what), Expires: l.store.now().Add(room.Life),
		Data: Encode(turnItem{V: room.Version, ID: ident.NewEventID(), AtMs: l.store.now().UnixMilli()})}
	before, err := l.store.putOnce(ctx, item)
	return before == nil && err == nil, err
}

// firstBytes returns the first n bytes of s, cut between characters.
func firstBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}
