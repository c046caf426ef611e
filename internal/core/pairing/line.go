package pairing

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

const (
	// lineSeen is how many tickets a process reads, the longest waiting first, so that a long queue costs no more.
	lineSeen = 200
	// lineLife is how long calls share a read of the queue.
	lineLife = time.Second
)

// lines are the queues in which calls of one process wait. The zero value is ready.
type lines struct {
	mu      sync.Mutex
	byQueue map[string]*line
}

// line is the part of a queue that the calls of one process share. One call at a time reads the queue, and decodes and
// pairs the tickets for all: when each of 2,000 calls paired the queue for itself, nothing else was served.
type line struct {
	queue string
	table table.Table
	calls int // under the lock of lines

	turn  chan struct{} // holds a value while a call reads
	begun atomic.Int64  // how many reads have begun
	last  atomic.Pointer[lineup]
}

// lineup is a queue at the time of a read. A lineup never changes after the read.
type lineup struct {
	number  int64          // of the read
	at      time.Time      // when the read was asked for
	err     error          // why the read failed; else:
	tickets []waiter       // the longest waiting first, at most lineSeen
	place   map[string]int // the index of each ticket, by its sort key
	more    bool           // more tickets are behind
	partner []int          // see partners
}

// waiter is a ticket of a lineup, and the data of its item.
type waiter struct {
	ticketItem
	profile profile
	data    []byte
}

// enter returns the line of a queue. The caller calls over when it no longer uses the line.
func (ls *lines) enter(queue string, t table.Table) (l *line, over func()) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.byQueue == nil {
		ls.byQueue = map[string]*line{}
	}
	l = ls.byQueue[queue]
	if l == nil {
		l = &line{queue: queue, table: t, turn: make(chan struct{}, 1)}
		ls.byQueue[queue] = l
	}
	l.calls++
	return l, func() { ls.leave(l) }
}

func (ls *lines) leave(l *line) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l.calls--
	if l.calls == 0 {
		delete(ls.byQueue, l.queue)
	}
}

// readLine is line.recent or line.current.
type readLine = func(ctx context.Context, now time.Time) (*lineup, error)

// recent returns the queue as it was at most lineLife before now.
func (l *line) recent(ctx context.Context, now time.Time) (*lineup, error) {
	return l.read(ctx, now, func(q *lineup) bool { return q.err == nil && now.Sub(q.at) < lineLife })
}

// current returns the queue with every ticket whose Write has returned. now is the current time.
func (l *line) current(ctx context.Context, now time.Time) (*lineup, error) {
	begun := l.begun.Load()
	return l.read(ctx, now, func(q *lineup) bool { return q.number > begun })
}

// read returns the last lineup if willDo accepts it, and else reads the queue. Calls take turns, the longest waiting
// first, so most calls find an acceptable lineup of another call after their wait.
func (l *line) read(ctx context.Context, now time.Time, willDo func(*lineup) bool) (*lineup, error) {
	if q := l.last.Load(); q != nil && willDo(q) {
		return q, q.err
	}
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	last := l.last.Load()
	if last != nil && willDo(last) {
		return last, last.err
	}
	q := &lineup{number: l.begun.Add(1), at: now}
	q.err = q.query(ctx, l, last)
	if ctx.Err() == nil { // else the read failed for this call alone
		l.last.Store(q)
	}
	return q, q.err
}

// readTime limits a read for which other calls wait.
const readTime = 10 * time.Second

// query reads the queue. Tickets that have not changed since last, which may be nil, are not decoded again, and an
// unchanged queue is not paired again.
func (q *lineup) query(ctx context.Context, l *line, last *lineup) error {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	page, err := l.table.Query(ctx, table.Range{
		Partition: queuePartition(l.queue), Prefix: ticketPrefix, Limit: lineSeen, Consistency: table.Strong,
	})
	if err != nil {
		return err
	}
	if last == nil {
		last = &lineup{}
	}
	q.more, q.place = page.More, make(map[string]int, len(page.Items))
	for _, item := range page.Items {
		if w, ok := last.decode(item); ok { // else a newer program stored and pairs the ticket
			q.place[item.Key.Sort] = len(q.tickets)
			q.tickets = append(q.tickets, w)
		}
	}
	q.partner = last.partner
	if !slices.EqualFunc(q.tickets, last.tickets, waiter.pairsAs) {
		profiles := make([]profile, len(q.tickets))
		for i, w := range q.tickets {
			profiles[i] = w.profile
		}
		q.partner = partners(profiles)
	}
	return nil
}

// decode decodes a ticket, or returns the unchanged ticket of q.
func (q *lineup) decode(item table.Item) (waiter, bool) {
	if i, known := q.place[item.Key.Sort]; known && bytes.Equal(q.tickets[i].data, item.Data) {
		return q.tickets[i], true
	}
	w := waiter{data: item.Data}
	if roomlog.Decode(item, &w.ticketItem) != nil {
		return w, false
	}
	w.profile = w.ticketItem.profile()
	return w, true
}

// pairsAs reports whether w and other are one ticket, or pair alike.
func (w waiter) pairsAs(other waiter) bool {
	return w.Name == other.Name && slices.Equal(w.Interests, other.Interests)
}

// partnerBehind returns the partner of a ticket behind all of q; -1 for none. The partner is the ticket without a
// partner that has the most in common with t, or of several such tickets the longest waiting.
func (q *lineup) partnerBehind(t ticketItem) int {
	best, most, me := -1, -1, t.profile()
	for i, other := range q.tickets {
		if n := me.inCommon(other.profile); n > most && q.partner[i] < 0 {
			best, most = i, n
		}
	}
	return best
}
