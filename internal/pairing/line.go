package pairing

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

const (
	// lineSeen is how many of the tickets that have waited longest a process looks at, so that a
	// long queue costs no more.
	lineSeen = 200
	// lineLife is how long calls that look again share what one of them has read.
	lineLife = time.Second
)

// lines are the queues in which calls of one process wait. The zero value is ready.
type lines struct {
	mu      sync.Mutex
	byQueue map[string]*line
}

// line is what the calls of one process in one queue share. However many they are, one of them at
// a time reads the queue, and what it finds is decoded and paired for all: when each of 2,000
// calls paired the queue for itself, nothing else was served.
type line struct {
	queue string
	table table.Table
	calls int // under the lock of lines

	mu      sync.Mutex
	last    *lineup  // as last read
	next    *reading // has not begun; nil if nobody wants it
	reading bool
}

// reading is one read of a queue, and who it is for waits until done is closed.
type reading struct {
	ctx  context.Context // of the first that wants it, but does not end with that
	at   time.Time
	done chan struct{}
	got  *lineup
	err  error
}

// lineup is a queue as one read found it. Nobody changes it.
type lineup struct {
	at      time.Time      // when the read was asked for
	tickets []ticketItem   // the longest waiting first, at most lineSeen
	data    [][]byte       // of which each was decoded
	place   map[string]int // the index of each, by its sort key
	more    bool           // others wait behind them
	looks   []ident.Look   // of the names
	partner []int          // see partners
}

// enter returns the line of a queue. over ends its use.
func (ls *lines) enter(queue string, t table.Table) (l *line, over func()) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.byQueue == nil {
		ls.byQueue = map[string]*line{}
	}
	l = ls.byQueue[queue]
	if l == nil {
		l = &line{queue: queue, table: t}
		ls.byQueue[queue] = l
	}
	l.calls++
	return l, func() { ls.leave(l) }
}

func (ls *lines) leave(l *line) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if l.calls--; l.calls == 0 {
		delete(ls.byQueue, l.queue)
	}
}

// recent returns the queue as it was at most lineLife before now.
func (l *line) recent(ctx context.Context, now time.Time) (*lineup, error) {
	l.mu.Lock()
	last := l.last
	l.mu.Unlock()
	if last != nil && now.Sub(last.at) < lineLife {
		return last, nil
	}
	return l.current(ctx, now)
}

// current returns the queue with every ticket whose Write has returned. now is the time.
func (l *line) current(ctx context.Context, now time.Time) (*lineup, error) {
	r := l.want(ctx, now)
	select {
	case <-r.done:
		return r.got, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// want returns the next read of the queue that has not begun.
func (l *line) want(ctx context.Context, now time.Time) *reading {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next == nil {
		l.next = &reading{ctx: context.WithoutCancel(ctx), at: now, done: make(chan struct{})}
	}
	r := l.next
	if !l.reading {
		l.reading = true
		go l.read()
	}
	return r
}

// read reads the queue until nobody wants another read.
func (l *line) read() {
	for {
		l.mu.Lock()
		r, last := l.next, l.last
		l.next, l.reading = nil, r != nil
		l.mu.Unlock()
		if r == nil {
			return
		}
		if r.got, r.err = l.query(r, last); r.err == nil {
			l.mu.Lock()
			l.last = r.got
			l.mu.Unlock()
		}
		close(r.done)
	}
}

// query reads the queue. Tickets that have not changed since last are not decoded again, and an
// unchanged queue is not paired again.
func (l *line) query(r *reading, last *lineup) (*lineup, error) {
	ctx, cancel := roomlog.Detached(r.ctx)
	defer cancel()
	page, err := l.table.Query(ctx, table.Range{
		Partition: queuePartition(l.queue), Prefix: ticketPrefix, Limit: lineSeen, Consistency: table.Strong,
	})
	if err != nil {
		return nil, err
	}
	if last == nil {
		last = &lineup{}
	}
	q := &lineup{at: r.at, more: page.More, place: make(map[string]int, len(page.Items))}
	for _, item := range page.Items {
		if t, ok := last.decode(item); ok { // else a newer program stored it, and pairs it
			q.place[item.Key.Sort] = len(q.tickets)
			q.tickets, q.data = append(q.tickets, t), append(q.data, item.Data)
		}
	}
	q.looks, q.partner = last.looks, last.partner
	if !slices.EqualFunc(q.tickets, last.tickets, ticketItem.pairsAs) {
		q.looks = looksOf(q.tickets)
		q.partner = partners(q.tickets, q.looks)
	}
	return q, nil
}

// decode reads a ticket, or knows it from q.
func (q *lineup) decode(item table.Item) (ticketItem, bool) {
	if i, known := q.place[item.Key.Sort]; known && bytes.Equal(q.data[i], item.Data) {
		return q.tickets[i], true
	}
	var t ticketItem
	return t, roomlog.Decode(item, &t) == nil
}

// behind returns the partner of a ticket behind all of q. Among the tickets that are left over,
// that is the one with the most in common with it, or that has waited longest; -1 if there is
// none.
func (q *lineup) behind(t ticketItem) int {
	best, most := -1, -1
	likes, look := lowered(t.Interests), ident.LookOf(t.Name)
	for i, other := range q.tickets {
		if q.partner[i] >= 0 || other.Key == t.Key || q.looks[i].Like(look) {
			continue
		}
		n := 0
		for _, word := range lowered(other.Interests) {
			if slices.Contains(likes, word) {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	return best
}
