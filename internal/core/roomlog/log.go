package roomlog

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// A head older than staleAfter, or more than followPages behind, is loaded, not followed. That bounds the
// cost of one read.
const (
	staleAfter  = time.Hour
	followPages = 5
)

// Log is one room's log as the process knows it: the head, the last events, and the appends under way. Its methods
// may be called concurrently.
type Log struct {
	id       string
	store    *Store
	observer Observer
	read     reader
	appender appender

	reading sync.Mutex                // held by the one call that reads the head; see doc.go
	head    atomic.Pointer[room.Head] // changed only while mu is held; nil: not loaded

	mu        sync.Mutex
	currentAt time.Time     // when head was known to be the newest head of the log; zero: not known
	tail      tail          // the last events up to head
	changed   chan struct{} // closed and replaced when the head advances

	bytes atomic.Int64  // memory of the log; changed only by calls that use it
	users int           // calls that use the log; guarded by store.mu
	idle  *list.Element // its place in store.idle; guarded by store.mu
}

func newLog(s *Store, id string) *Log {
	l := &Log{id: id, store: s, read: reader{s, id}, changed: make(chan struct{})}
	l.appender.log = l
	l.bytes.Store(logBytes)
	if s.opts.Observe != nil {
		l.observer = s.opts.Observe(l)
	}
	return l
}

// ID returns the room's id.
func (l *Log) ID() string { return l.id }

// Observer returns what Options.Observe returned for the log.
func (l *Log) Observer() Observer { return l.observer }

// Release ends the use that Acquire began.
func (l *Log) Release() { l.store.release(l) }

// Peek returns the head as the process last saw it, without a read; nil: never loaded.
func (l *Log) Peek() *room.Head { return l.head.Load() }

// Changed returns a channel. The next advance of the head closes the channel.
func (l *Log) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

// Cached returns a head to append to, which may lie behind the log. An unknown or old head is loaded.
func (l *Log) Cached(ctx context.Context) (*room.Head, error) {
	head, currentAt := l.headAndTime()
	if head != nil && (l.store.opts.SingleProcess || l.store.now().Sub(currentAt) < staleAfter) {
		return head, nil
	}
	return l.Refresh(ctx, l.store.now())
}

// Refresh returns the head of the log as of since or a later time. It reads the table unless such a head is known.
func (l *Log) Refresh(ctx context.Context, since time.Time) (*room.Head, error) {
	if head := l.KnownSince(since); head != nil {
		return head, nil
	}
	l.reading.Lock()
	defer l.reading.Unlock()
	if head := l.KnownSince(since); head != nil { // another call has just read it
		return head, nil
	}
	began := l.store.now()
	head, currentAt := l.headAndTime()
	if head == nil || began.Sub(currentAt) >= staleAfter {
		return l.load(ctx, began)
	}
	return l.follow(ctx, head, began)
}

// load reads the head of the log as of began or a later time, and publishes it. l.reading is held.
func (l *Log) load(ctx context.Context, began time.Time) (*room.Head, error) {
	head, tail, err := l.read.load(ctx)
	if err != nil {
		return nil, err
	}
	return l.replace(head, tail, began), nil
}

func (l *Log) headAndTime() (*room.Head, time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.head.Load(), l.currentAt
}

// KnownSince returns the head if it is known to be the head of the log as of since or a later time.
func (l *Log) KnownSince(since time.Time) *room.Head {
	head, currentAt := l.headAndTime()
	if head == nil || currentAt.IsZero() || !l.store.opts.SingleProcess && !currentAt.After(since) {
		return nil
	}
	return head
}

// Invalidate makes the next Refresh read the log, after a write with an unknown outcome.
func (l *Log) Invalidate() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.currentAt = time.Time{}
}

// follow reads the events after head, and publishes the head of the log as of began or a later time. l.reading is
// held.
func (l *Log) follow(ctx context.Context, head *room.Head, began time.Time) (*room.Head, error) {
	for range followPages {
		events, more, err := l.read.after(ctx, head.AsOf, pageEvents, strongly)
		if err != nil {
			return nil, err
		}
		if !more {
			return l.advance(events, began)
		}
		head, err = l.advance(events, time.Time{})
		if err != nil {
			return nil, err
		}
	}
	return l.load(ctx, began)
}

// advance applies events and publishes the head. The events must be in order and without a gap. Events that are
// known, or do not connect to the head, are skipped. currentAt, unless zero, is a time at which the last event, or
// the head, was the end of the log.
func (l *Log) advance(events []room.Event, currentAt time.Time) (*room.Head, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	head := l.head.Load()
	from := -1
	to := 0
	for i, event := range events {
		if event.N != head.AsOf+1 {
			continue
		}
		next, err := head.Apply(event)
		if err != nil {
			return nil, err
		}
		head = next
		if from < 0 {
			from = i
		}
		to = i + 1
	}
	if from < 0 {
		from = to
	}
	l.publish(head, events[from:to], currentAt)
	return head, nil
}

// commit publishes w after the write. w.head becomes the head unless the log has advanced meanwhile.
func (l *Log) commit(w *write, currentAt time.Time) error {
	l.mu.Lock()
	if l.head.Load() != w.base {
		l.mu.Unlock()
		_, err := l.advance(w.events, currentAt)
		return err
	}
	defer l.mu.Unlock()
	l.publish(w.head, w.events, currentAt)
	return nil
}

// publish stores head, to which events led, as the log's head, and tells the waiters and the observer. l.mu is held.
func (l *Log) publish(head *room.Head, events []room.Event, currentAt time.Time) {
	if currentAt.After(l.currentAt) {
		l.currentAt = currentAt
	}
	if head == l.head.Load() {
		return
	}
	for _, event := range events {
		l.tail.add(event)
	}
	l.head.Store(head)
	l.store.weigh(l)
	close(l.changed)
	l.changed = make(chan struct{})
	if l.observer != nil {
		l.observer.OnAdvance(head, events)
	}
}

// replace publishes a loaded head, unless a newer head is known. events are the last events up to head.
func (l *Log) replace(head *room.Head, events []room.Event, currentAt time.Time) *room.Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	if known := l.head.Load(); known != nil && known.AsOf > head.AsOf {
		return known
	}
	l.tail = tail{}
	for _, event := range events {
		l.tail.add(event)
	}
	l.publish(head, nil, currentAt)
	return head
}
