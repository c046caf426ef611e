package chat

import (
	"context"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
)

// batch collects messages up to the bounds of a result. The first always fits.
type batch struct {
	messages []Message
	bytes    int
	events   int  // bound
	limit    int  // bound on bytes
	talk     bool // page takes only messages of type Said
}

// add takes m, or returns false if the batch is full.
func (b *batch) add(m Message) bool {
	size := m.size()
	if len(b.messages) > 0 && (len(b.messages) >= b.events || b.bytes+size > b.limit) {
		return false
	}
	b.messages = append(b.messages, m)
	b.bytes += size
	return true
}

// fillAfter fills the batch with the events after n. full is true if one did not
// fit.
func (b *batch) fillAfter(ctx context.Context, store *roomlog.Store, log *roomlog.Log, a room.Agent, n int64) (full bool, err error) {
	done, err := store.BeginRead(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	for limit := b.firstPage(); ; limit = roomlog.PageEvents {
		events, more, err := log.PageAfter(ctx, n, limit)
		if err != nil {
			return false, err
		}
		if full := b.fill(a, events); full || !more || len(events) == 0 {
			return full, nil
		}
		n = events[len(events)-1].N
	}
}

// fillBefore fills the batch with the events before n, the latest first. full is
// true if one did not fit.
func (b *batch) fillBefore(ctx context.Context, store *roomlog.Store, log *roomlog.Log, a room.Agent, n int64) (full bool, err error) {
	done, err := store.BeginRead(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	for limit := b.firstPage(); ; limit = roomlog.PageEvents {
		events, more, err := log.PageBefore(ctx, n, limit)
		if err != nil {
			return false, err
		}
		if full := b.fill(a, events); full || !more || len(events) == 0 {
			return full, nil
		}
		if n = events[len(events)-1].N; n <= a.Since {
			return false, nil
		}
	}
}

// firstPage returns how many events to read first: a few more than may be shown,
// since some are not.
func (b *batch) firstPage() int { return min(b.events+5, roomlog.PageEvents) }

// fill adds what a sees of events. full is true if one did not fit.
func (b *batch) fill(a room.Agent, events []room.Event) (full bool) {
	for _, e := range events {
		if !a.Sees(e) || b.talk && e.Type != room.Said {
			continue
		}
		if !b.add(messageFor(a, e)) {
			return true
		}
	}
	return false
}
