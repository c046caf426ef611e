package chat

import (
	"context"

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
	Talk     int64      // if not 0: fill takes only events of type Said, and the log has at most Talk of them
	Oldest   room.Event // of the messages added
}

// batchFor returns an empty batch for a reader of the room of s.
func batchFor(a room.Caller, s *room.State) batch {
	if a.ReadsIntoContext() {
		return batch{Events: core.BatchEvents, Limit: core.BatchBytes, Room: s}
	}
	return batch{Events: core.PersonEvents, Limit: core.PersonBytes, Room: s}
}

// Redact removes the text of event n, since the text was removed from the room meanwhile: see room.Event.WithoutText.
func (b *batch) Redact(n int64) {
	id := b.Room.MessageID(n)
	for i := range b.Messages {
		if message := &b.Messages[i]; message.ID == id {
			message.Text, message.Redacted, message.More, message.File = room.Removed, true, nil, nil
			if message.Task != nil { // of a check
				message.Text, message.Task.Checks = "", nil
			}
		}
	}
}

// RedactTask removes the words of a task, as Redact does: see room.Event.WithoutTask.
func (b *batch) RedactTask(no int64) {
	id := room.TaskID(no)
	empty := func(t *TaskView) { t.Title, t.Text, t.Result, t.Evidence = room.Removed, "", "", nil }
	for i := range b.Messages {
		message := &b.Messages[i]
		for j := range message.Tasks {
			if message.Tasks[j].ID == id {
				empty(&message.Tasks[j])
			}
		}
		if message.Task != nil && message.Task.ID == id {
			empty(message.Task)
		}
	}
}

// Add adds message, the view of event, or returns false if the batch is full.
func (b *batch) Add(message Message, event room.Event) bool {
	size := message.size()
	if len(b.Messages) > 0 && (len(b.Messages) >= b.Events || b.bytes+size > b.Limit) {
		return false
	}
	b.Messages = append(b.Messages, message)
	b.bytes += size
	if b.Oldest.N == 0 || event.N < b.Oldest.N {
		b.Oldest = event
	}
	return true
}

// FillAfter fills the batch with the events after n. full is true if an event did not fit. Between two pages, calls
// in other rooms may read.
func (b *batch) FillAfter(ctx context.Context, log *roomlog.Log, caller room.Caller, n int64) (full bool, err error) {
	pages := log.PagesToShow(caller, b.firstPage())
	for {
		last, full, more, err := b.fillPage(ctx, log, caller, n, pages.After)
		if err != nil || full || !more {
			return full, err
		}
		n = last
	}
}

// FillBefore is FillAfter for the events before n, the latest first.
func (b *batch) FillBefore(ctx context.Context, log *roomlog.Log, caller room.Caller, n int64) (full bool, err error) {
	pages := log.PagesToShow(caller, b.firstPage())
	if b.Talk > 0 { // no event about a task
		pages = log.Pages(caller, b.firstPage())
	}
	for {
		last, full, more, err := b.fillPage(ctx, log, caller, n, pages.Before)
		if err != nil || full || !more || last <= caller.Since.N || b.Talk > 0 && int64(len(b.Messages)) == b.Talk {
			return full, err
		}
		n = last
	}
}

// fillPage adds the events visible to caller from the page next to n, and returns the number of the page's last event.
func (b *batch) fillPage(ctx context.Context, log *roomlog.Log, caller room.Caller, n int64,
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
	return events[len(events)-1].N, b.fill(caller, events), more, nil
}

// firstPage returns how many events to read first: a few more than fit, since some are not visible.
func (b *batch) firstPage() int { return b.Events + 5 }

// fill adds the events visible to caller. full is true if an event did not fit.
func (b *batch) fill(caller room.Caller, events []room.Event) (full bool) {
	for _, event := range events {
		if !caller.Sees(event) || b.Talk > 0 && event.Type != room.Said {
			continue
		}
		if !b.Add(messageOf(b.Room, caller, event), event) {
			return true
		}
	}
	return false
}
