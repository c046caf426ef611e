package chat

import (
	"context"
	"slices"

	"github.com/parley-chat/parley/internal/core"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// batch collects messages up to the bounds of a result. The first always fits.
type batch struct {
	Messages []Message
	bytes    int
	Events   int // the most messages
	Limit    int // the most bytes
	Room     *room.State
	Talk     int64      // unless 0, fill takes only events of type Said, and the log has at most so many
	Oldest   room.Event // of the messages added
}

// batchFor returns an empty batch for a reader of the room of s.
func batchFor(a room.Caller, s *room.State) batch {
	if a.IsPerson() {
		return batch{Events: core.PersonEvents, Limit: core.PersonBytes, Room: s}
	}
	return batch{Events: core.BatchEvents, Limit: core.BatchBytes, Room: s}
}

// Redact removes the text of event n, since the text was removed from the room meanwhile.
func (b *batch) Redact(n int64) {
	id := b.Room.MessageID(n)
	for i := range b.Messages {
		if m := &b.Messages[i]; m.ID == id {
			m.Text, m.Redacted, m.More, m.File = room.Removed, true, nil, nil
		}
	}
}

// RedactTask removes the words of a task, as Redact does.
func (b *batch) RedactTask(no int64) {
	id := room.TaskID(no)
	empty := func(t *TaskView) { t.Title, t.Text, t.Result = room.Removed, "", "" }
	for i := range b.Messages {
		m := &b.Messages[i]
		for j := range m.Tasks {
			if m.Tasks[j].ID == id {
				empty(&m.Tasks[j])
			}
		}
		if m.Task != nil && m.Task.ID == id {
			empty(m.Task)
		}
	}
}

// Add adds m, the view of e, or returns false if the batch is full.
func (b *batch) Add(m Message, e room.Event) bool {
	size := m.size()
	if len(b.Messages) > 0 && (len(b.Messages) >= b.Events || b.bytes+size > b.Limit) {
		return false
	}
	b.Messages = append(b.Messages, m)
	b.bytes += size
	if b.Oldest.N == 0 || e.N < b.Oldest.N {
		b.Oldest = e
	}
	return true
}

// moveToFront moves the messages from index n on, which were added latest first, to the front in order of time, and
// returns their count.
func (b *batch) moveToFront(n int) int {
	older := slices.Clone(b.Messages[n:])
	slices.Reverse(older)
	b.Messages = append(older, b.Messages[:n]...)
	return len(older)
}

// FillAfter fills the batch with the events after n. full is true if an event did not fit. After each page, calls in
// other rooms may read.
func (b *batch) FillAfter(ctx context.Context, log *roomlog.Log, a room.Caller, n int64) (full bool, err error) {
	pages := log.Pages(a, b.firstPage())
	for {
		last, full, more, err := b.fillPage(ctx, log, a, n, pages.After)
		if err != nil || full || !more {
			return full, err
		}
		n = last
	}
}

// FillBefore fills the batch with the events before n, the latest first. full is true if an event did not fit. After
// each page, calls in other rooms may read.
func (b *batch) FillBefore(ctx context.Context, log *roomlog.Log, a room.Caller, n int64) (full bool, err error) {
	pages := log.Pages(a, b.firstPage())
	for {
		last, full, more, err := b.fillPage(ctx, log, a, n, pages.Before)
		if err != nil || full || !more || last <= a.Since.N || b.Talk > 0 && int64(len(b.Messages)) == b.Talk {
			return full, err
		}
		n = last
	}
}

// fillPage adds, from the page of events next to n, the events visible to a, and returns the number of the last event
// of the page.
func (b *batch) fillPage(ctx context.Context, log *roomlog.Log, a room.Caller, n int64,
	read func(context.Context, int64) ([]room.Event, bool, error)) (last int64, full, more bool, err error) {
	done, err := log.BeginRead(ctx)
	if err != nil {
		return 0, false, false, err
	}
	defer done()
	events, more, err := read(ctx, n)
	if err != nil || len(events) == 0 {
		return 0, false, false, err
	}
	return events[len(events)-1].N, b.fill(a, events), more, nil
}

// firstPage returns how many events to read first: a few more than fit, since some are not visible.
func (b *batch) firstPage() int { return b.Events + 5 }

// fill adds the events visible to a. full is true if an event did not fit.
func (b *batch) fill(a room.Caller, events []room.Event) (full bool) {
	for _, e := range events {
		if !a.Sees(e) || b.Talk > 0 && e.Type != room.Said {
			continue
		}
		if !b.Add(messageOf(b.Room, a, e), e) {
			return true
		}
	}
	return false
}
