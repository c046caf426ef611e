package roomlog

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// PageEvents is the most events of a page in which the reader sees something.
const PageEvents = pageEvents

// hiddenEvents is how many events are read at once after a page in which the reader saw nothing. After a page in
// which the reader saw something, a smaller page may be enough. A page must not end early when much is hidden: its
// end would tell how much.
const hiddenEvents = 500

// Pages reads a log page by page for one reader. An event that the reader does not see comes as an outline: the
// fields by which room.Caller.Sees refuses it.
type Pages struct {
	log    *Log
	reader room.Caller
	limit  int // of the next page
	tail   []room.Event
	toShow bool // see PagesToShow
}

// tailPage is how many events of the cached tail Read returns at once. They are copied, since a redaction changes
// the tail.
const tailPage = 16

// Pages returns the pages of the log for caller. The first page has at most first events.
func (l *Log) Pages(caller room.Caller, first int) *Pages {
	return &Pages{log: l, reader: caller, limit: min(first, pageEvents)}
}

// PagesToShow is Pages for what the caller is shown: see AddFinished.
func (l *Log) PagesToShow(caller room.Caller, first int) *Pages {
	p := l.Pages(caller, first)
	p.toShow = true
	return p
}

// AddFinished adds to each check and removal of one, if caller sees it, the finished task as it is now: its title, who
// finished it and what was run. Such an event has no words of its own, so the removal of a task's words, also by a
// program of before, has nothing to remove from it. events is changed.
func (l *Log) AddFinished(ctx context.Context, caller room.Caller, events ...room.Event) ([]room.Event, error) {
	finished := map[int64]*room.Finished{}
	for i, event := range events {
		if !event.ChecksTask() && !event.RemovesCheck() || !caller.Sees(event) {
			continue
		}
		change := *event.Task
		if _, known := finished[change.No]; !known {
			done, err := l.Items().Done(ctx, change.No)
			switch {
			case err == nil:
				finished[change.No] = new(done.Finished())
			case !errors.Is(err, table.ErrNotFound):
				return events, err
			}
		}
		change.Finished = finished[change.No]
		events[i].Task = &change
	}
	return events, nil
}

// shown is the end of a read: see PagesToShow.
func (p *Pages) shown(ctx context.Context, events []room.Event, err error) ([]room.Event, error) {
	if err != nil || !p.toShow {
		return events, err
	}
	return p.log.AddFinished(ctx, p.reader, events...)
}

// After returns events from n+1 on without a gap, and whether more may follow.
func (p *Pages) After(ctx context.Context, n int64) (events []room.Event, more bool, err error) {
	events, more, err = p.page(ctx, n, 1, p.sees)
	events, err = p.shown(ctx, events, err)
	return events, more, err
}

// Before returns events from n-1 down without a gap, and whether more may precede them. If the cached tail has the
// events, Before reads no table: the tail is as current as the head.
func (p *Pages) Before(ctx context.Context, n int64) (events []room.Event, more bool, err error) {
	l := p.log
	l.mu.Lock()
	events = l.tail.before(n, p.limit)
	l.mu.Unlock()
	if len(events) > 0 {
		p.limit, more = pageEvents, events[len(events)-1].N > 1
	} else {
		events, more, err = p.page(ctx, n, -1, p.sees)
	}
	events, err = p.shown(ctx, events, err)
	return events, more, err
}

// Read returns events from n+1 on without a gap, from the cached tail if the tail has them. It returns none if event
// n+1 cannot be read yet. The events are valid until the next call.
func (p *Pages) Read(ctx context.Context, n int64) ([]room.Event, error) {
	events, err := p.read(ctx, n)
	return p.shown(ctx, events, err)
}

// read is Read without what PagesToShow adds.
func (p *Pages) read(ctx context.Context, n int64) ([]room.Event, error) {
	l := p.log
	l.mu.Lock()
	events, ok := l.tail.after(n, tailPage, p.tail[:0])
	l.mu.Unlock()
	if ok {
		p.tail = events
		return events, nil
	}
	done, err := l.BeginRead(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	known := l.Peek().AsOf
	events, _, err = p.page(ctx, n, 1, func(event room.Event) bool { return event.N > known || p.sees(event) })
	if err != nil {
		return nil, err
	}
	_, err = l.advance(events, time.Time{}) // so that KnownSince covers what the caller has seen
	return events, err
}

const (
	// readsAtOnce bounds how many calls read history at once. A call keeps its page, up to a megabyte, while it
	// looks at the page.
	readsAtOnce = 16
	// readsOfRoom bounds how many calls read one room, so that the first reader of another room need not wait.
	readsOfRoom = readsAtOnce / 4
)

// BeginRead waits until the caller may read a page of history. A page has only what its reader sees. Among many
// private messages of others a read is long, and must not delay other rooms: reads are queued fairly by room, and by
// caller within a room. The caller calls done when it has dropped its page, and BeginRead again for the next page of
// at most hiddenEvents or a megabyte.
func (l *Log) BeginRead(ctx context.Context) (done func(), err error) {
	return l.store.reads.Enter(ctx, l.id, ident.ClientKey(ctx))
}

// Since returns the events from n+1 on, until event end is among them: the last page may go beyond end. It ends
// before an event that cannot be read yet, and with an error.
func (p *Pages) Since(ctx context.Context, n, end int64) iter.Seq2[room.Event, error] {
	return func(yield func(room.Event, error) bool) {
		for n < end {
			events, err := p.Read(ctx, n)
			if err != nil {
				yield(room.Event{}, err)
				return
			}
			if len(events) == 0 {
				return
			}
			for _, event := range events {
				if !yield(event, nil) {
					return
				}
				n = event.N
			}
		}
	}
}

// Back returns the events from n-1 down. After each page it lets calls in other rooms read.
func (p *Pages) Back(ctx context.Context, n int64) iter.Seq2[room.Event, error] {
	return func(yield func(room.Event, error) bool) {
		for more := true; more; {
			done, err := p.log.BeginRead(ctx)
			var events []room.Event
			if err == nil {
				events, more, err = p.Before(ctx, n)
				done()
			}
			if err != nil {
				yield(room.Event{}, err)
				return
			}
			for _, event := range events {
				if !yield(event, nil) {
					return
				}
				n = event.N
			}
		}
	}
}

// page reads a page, and chooses the size of the next one.
func (p *Pages) page(ctx context.Context, n, step int64, whole func(room.Event) bool) (events []room.Event, more bool,
	err error) {
	seen := false
	events, more, err = p.log.read.run(ctx, n, step, p.limit, table.Strong, func(event room.Event) bool {
		seen = seen || p.sees(event)
		return whole(event)
	})
	p.limit = pageEvents
	if !seen {
		p.limit = hiddenEvents
	}
	return events, more, err
}

func (p *Pages) sees(event room.Event) bool { return p.reader.IsFor(event) }
