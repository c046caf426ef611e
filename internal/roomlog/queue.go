package roomlog

import (
	"context"
	"slices"
	"sync"

	"github.com/parley-chat/parley/internal/ident"
)

const (
	// readsAtOnce bounds how many calls read history at once. A page has up to a
	// megabyte, which the call keeps until it has looked at it.
	readsAtOnce = 16
	// readsOfRoom bounds how many of them read one room, so that the first reader of
	// another room need not wait.
	readsOfRoom = readsAtOnce / 4
)

// readQueue lets the calls that read history take turns. Private messages fill no page of agents
// that do not see them, so a read can be long, and must not delay other rooms. Readers queue
// fairly: the least busy room first, and within it the least busy caller.
type readQueue struct {
	mu     sync.Mutex
	inside int                  // calls that read
	rooms  map[string]*roomRead // those in which a call reads or waits
	line   []*roomRead          // those in which one waits, the longest unserved first
}

// roomRead is what calls read of one room.
type roomRead struct {
	id      string
	inside  int
	callers map[string]int // of those inside, how many each caller has; see ident.ClientKey
	waiting []turn         // the oldest first
}

// turn is a call that waits until it may read.
type turn struct {
	caller string
	begun  chan struct{} // closed when it may
}

// BeginRead waits until the caller may read a page of history. The caller calls done when it has
// dropped what it read, and calls BeginRead again for the next page, at most hiddenEvents or a
// megabyte.
func (l *Log) BeginRead(ctx context.Context) (done func(), err error) {
	q := &l.store.reads
	t := q.enter(l.id, ident.ClientKey(ctx))
	select {
	case <-t.begun:
		return func() { q.leave(l.id, t) }, nil
	case <-ctx.Done():
		q.giveUp(l.id, t)
		return nil, ctx.Err()
	}
}

// enter puts a call of a caller into the queue.
func (q *readQueue) enter(id, caller string) turn {
	q.mu.Lock()
	defer q.mu.Unlock()
	r := q.rooms[id]
	if r == nil {
		r = &roomRead{id: id, callers: map[string]int{}}
		q.rooms[id] = r
	}
	t := turn{caller, make(chan struct{})}
	if r.waiting = append(r.waiting, t); len(r.waiting) == 1 {
		q.line = append(q.line, r)
	}
	q.serve()
	return t
}

// leave ends the reading of a call.
func (q *readQueue) leave(id string, t turn) {
	q.mu.Lock()
	defer q.mu.Unlock()
	r := q.rooms[id]
	q.inside--
	r.inside--
	if r.callers[t.caller]--; r.callers[t.caller] == 0 {
		delete(r.callers, t.caller)
	}
	q.serve()
	q.forget(r)
}

// giveUp takes a call out of the queue that waits no longer.
func (q *readQueue) giveUp(id string, t turn) {
	q.mu.Lock()
	r := q.rooms[id]
	i := slices.Index(r.waiting, t)
	if i < 0 { // it was just let in
		q.mu.Unlock()
		q.leave(id, t)
		return
	}
	defer q.mu.Unlock()
	if r.waiting = slices.Delete(r.waiting, i, i+1); len(r.waiting) == 0 {
		q.unline(r)
	}
	q.forget(r)
}

// unline takes a room out of the line. q.mu is held.
func (q *readQueue) unline(r *roomRead) {
	q.line = slices.DeleteFunc(q.line, func(x *roomRead) bool { return x == r })
}

// serve lets in as many calls as may read. A room that was served goes to the end of the
// line. q.mu is held.
func (q *readQueue) serve() {
	for q.inside < readsAtOnce && len(q.line) > 0 {
		r := slices.MinFunc(q.line, func(a, b *roomRead) int { return a.inside - b.inside })
		if r.inside == readsOfRoom {
			return
		}
		t := slices.MinFunc(r.waiting, func(a, b turn) int { return r.callers[a.caller] - r.callers[b.caller] })
		close(t.begun)
		r.waiting = slices.DeleteFunc(r.waiting, func(x turn) bool { return x == t })
		r.callers[t.caller]++
		r.inside++
		q.inside++
		if q.unline(r); len(r.waiting) > 0 {
			q.line = append(q.line, r)
		}
	}
}

// forget drops a room in which no call reads or waits. q.mu is held.
func (q *readQueue) forget(r *roomRead) {
	if r.inside == 0 && len(r.waiting) == 0 {
		delete(q.rooms, r.id)
	}
}
