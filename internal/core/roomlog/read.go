package roomlog

import (
	"context"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// reader reads one log from the table. It caches nothing.
type reader struct {
	store *Store
	id    string
}

// query reads one page of events between the bounds of where. If whole returns false for an event, the event comes as
// an outline. A nil whole makes no outlines.
func (r reader) query(ctx context.Context, where table.Range, whole func(room.Event) bool) (events []room.Event,
	more bool, err error) {
	where.Partition, where.Prefix, where.Bytes = roomPrefix+r.id, logPrefix, pageBytes
	page, err := r.store.table.Query(ctx, where)
	if err != nil {
		return nil, false, err
	}
	events, err = decodeEvents(page.Items, whole)
	return events, page.More, err
}

// after returns the events from n+1 on without a gap, at most limit, and whether more may follow.
func (r reader) after(ctx context.Context, n int64, limit int, c table.Consistency) (events []room.Event, more bool,
	err error) {
	return r.run(ctx, n, 1, limit, c, nil)
}

// before returns the events from n-1 down without a gap, at most limit, and whether more may precede them.
func (r reader) before(ctx context.Context, n int64, limit int) (events []room.Event, more bool, err error) {
	return r.run(ctx, n, -1, limit, strongly, nil)
}

// run reads a page of the events next to n, upwards (step 1) or downwards (-1), up to the first gap.
//
// A gap next to n is a partly visible Write. Without the stop, Bob's cursor would go from 41 to 43 while 42
// is not yet visible, and Bob would never see 42. So run reads again, strongly, until the gap closes. It passes over
// a gap only if the missing events can have expired, and the reader hears of the gap. It does so only upwards: an
// event outlives all events before it, so none is missing above a visible event.
func (r reader) run(ctx context.Context, n, step int64, limit int, c table.Consistency,
	whole func(room.Event) bool) ([]room.Event, bool, error) {
	for try := 1; ; try++ {
		events, more, err := r.query(ctx, table.Range{After: eventSort(n), Reverse: step < 0, Limit: limit,
			Consistency: c}, whole)
		if err != nil {
			return nil, false, err
		}
		run := withoutGap(n, step, events)
		if step > 0 && len(run) == 0 && len(events) > 0 && r.store.now().Sub(events[0].At()) > gapTrust {
			run = withoutGap(events[0].N-step, step, events)
		}
		if len(run) == len(events) {
			return run, more, nil
		}
		if len(run) > 0 {
			return run, true, nil
		}
		if try == PartialTries {
			return nil, false, fmt.Errorf("%w: event %d of a room is missing beside event %d", table.ErrUnavailable,
				n+step, events[0].N)
		}
		c = strongly
		if err := r.store.Pause(ctx, PartialPause); err != nil {
			return nil, false, err
		}
	}
}

// withoutGap returns the events that follow n, step by step.
func withoutGap(n, step int64, events []room.Event) []room.Event {
	for i, event := range events {
		n += step
		if event.N != n {
			return events[:i]
		}
	}
	return events
}

// Event returns event n. It fails with table.ErrNotFound if there is none.
func (l *Log) Event(ctx context.Context, n int64) (room.Event, error) {
	l.mu.Lock()
	event, ok := l.tail.event(n)
	l.mu.Unlock()
	if ok {
		return event, nil
	}
	return l.read.event(ctx, n)
}

// event reads event n. It fails with table.ErrNotFound if there is none.
func (r reader) event(ctx context.Context, n int64) (room.Event, error) {
	item, err := r.store.table.Get(ctx, EventKey(r.id, n), strongly)
	if err != nil {
		return room.Event{}, err
	}
	return decodeEvent(item)
}

// Oldest returns the place of the first event from since on that has not expired; since if there is none.
func (l *Log) Oldest(ctx context.Context, since room.Mark) (room.Mark, error) {
	events, _, err := l.read.query(ctx, table.Range{After: eventSort(since.N - 1), Limit: 1,
		Consistency: table.Eventual}, nil)
	if err != nil || len(events) == 0 || events[0].N <= since.N {
		return since, err
	}
	return events[0].Before(), nil
}

// Poll reads what other processes have appended, eventually consistently, and publishes it.
func (l *Log) Poll(ctx context.Context) error {
	events, _, err := l.read.after(ctx, l.Peek().AsOf, pageEvents, table.Eventual)
	if err != nil {
		return err
	}
	_, err = l.advance(events, time.Time{})
	return err
}

// maxReadBack is how many events ReadBack reads at most.
const maxReadBack = 1000

// ReadBack extends the index of latest events back to the time until, or by maxReadBack events.
func (l *Log) ReadBack(ctx context.Context, until time.Time) error {
	for read, partial := 0, 0; read < maxReadBack; {
		head := l.Peek()
		if head.Recent.Reaches(until) {
			return nil
		}
		events, _, err := l.read.before(ctx, head.Recent.From, pageEvents)
		if err != nil {
			return err
		}
		added := 0
		l.reindex(func(indexed *room.Head) *room.Head {
			for _, event := range events {
				if event.N == indexed.Recent.From-1 {
					indexed = indexed.WithEarlier(event)
					added++
				}
			}
			return indexed
		})
		switch {
		case added > 0:
			read += added
		case l.store.now().Sub(time.UnixMilli(head.Recent.FromMs)) > gapTrust:
			l.reindex(func(h *room.Head) *room.Head { return h.WithFullIndex() }) // the older events have expired
		case partial == PartialTries:
			return fmt.Errorf("%w: event %d of a room cannot be read", table.ErrUnavailable, head.Recent.From-1)
		default:
			partial++
			if err := l.store.Pause(ctx, PartialPause); err != nil {
				return err
			}
		}
	}
	l.reindex(func(head *room.Head) *room.Head { return head.WithFullIndex() })
	return nil
}

// reindex replaces the index of latest events, and nothing else of the head.
func (l *Log) reindex(how func(*room.Head) *room.Head) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.head.Store(how(l.head.Load()))
	l.store.weigh(l)
}
