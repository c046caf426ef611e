package roomlog

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// Answered is what a rule does to a room, on one head, and what it answers.
type Answered[T any] struct {
	// Events are appended in order. The append fills in their numbers, ids and times. Without events, the answer
	// needs no write.
	Events []room.Event
	// Ops are written along with Events, all or nothing.
	Ops []table.Op
	// Answer is what else the caller of Append learns.
	Answer T
}

// Change is what a rule does to a room, if the events are all that its caller learns.
type Change = Answered[struct{}]

// Place is where the events of a rule would stand: directly after Head.
type Place struct {
	Head *room.Head
	Now  time.Time
	// Batched holds the events up to Head that the same Write appends first. No read returns these events yet.
	Batched []room.Event
	// Blocked tells which ops of the rule's earlier changes, of this append, were refused, and by what.
	Blocked []table.Conflict
}

// proposal is a rule that waits for its turn.
type proposal struct {
	ctx     context.Context // of the call of Append
	began   time.Time       // see Append
	propose func(Place) (Change, error)
	blocked []table.Conflict

	done   chan struct{} // closed once the rule is not called again, and the following are set
	events []room.Event
	err    error
}

// end lets the caller of Append continue.
func (p *proposal) end(events []room.Event, err error) {
	p.events, p.err = events, err
	close(p.done)
}

// errPanic is the error of the other proposals of a batch after one panicked in the goroutine of a caller of Append,
// which may recover. A panic in the queue's own goroutine ends the process.
var errPanic = errors.New("roomlog: an append that shared a write with this one panicked")

// The bounds of a Write, and of the pauses after conflicts.
const (
	maxBatch      = 64      // proposals in one Write
	maxBatchBytes = 1 << 20 // of their texts
	firstBackoff  = 15 * time.Millisecond
	lastBackoff   = 500 * time.Millisecond
)

// Backoff returns the pause before a repetition, from 15 to 500 milliseconds, longer after each try. The first try
// is number 0.
func Backoff(try int) time.Duration { return min(firstBackoff<<min(try, 10), lastBackoff) }

// Append waits for rule's turn, and returns what rule returned last, with the events as written. rule checks what is
// allowed at a place, and is called again, on a newer head, if another writer was first. It must not block, and changes
// nothing. An answer without events is true at began, or later.
//
// The rule runs on the head that its first event follows: if a join were checked on head 41, which has one free seat,
// and written behind event 42, which took that seat, the room would have more agents than seats. A refusal is valid
// only on a head read after the call began: see endUnwritten.
//
// If ctx ends first, rule may still be called, and its events be written; the caller gets nothing of that. With one
// process, the caller may itself be the writer, and then returns after the write.
func Append[T any](ctx context.Context, l *Log, began time.Time, rule func(Place) (Answered[T], error)) (Answered[T],
	error) {
	var last Answered[T] // of the writer until the end of the proposal, then of the caller
	events, err := l.append(ctx, began, func(at Place) (_ Change, err error) {
		last, err = rule(at)
		return Change{Events: last.Events, Ops: last.Ops}, err
	})
	if err != nil {
		return Answered[T]{}, err
	}
	last.Events = events
	return last, nil
}

// append is Append without an answer.
func (l *Log) append(ctx context.Context, began time.Time, propose func(Place) (Change, error)) ([]room.Event, error) {
	p := &proposal{ctx: ctx, began: began, propose: propose, done: make(chan struct{})}
	l.appender.add(p)
	select {
	case <-p.done:
		return p.events, p.err // also if ctx has ended during the caller's own write
	default:
	}
	select {
	case <-p.done:
		return p.events, p.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// appender is the queue of one log's appends. One goroutine at a time works the queue off, so the senders of one
// process do not compete.
type appender struct {
	log *Log

	mu      sync.Mutex
	queue   []*proposal
	running bool // a goroutine works the queue off
}

// add queues p, and has the queue worked off. With one process, the first sender runs the queue itself: to
// start a goroutine and to wait for it takes almost as long as a write. If a write may take long, the caller must be
// free to leave.
func (a *appender) add(p *proposal) {
	a.mu.Lock()
	a.queue = append(a.queue, p)
	start := !a.running
	a.running = true
	a.mu.Unlock()
	if !start {
		return
	}
	a.log.store.acquireAgain(a.log)
	if a.log.store.opts.SingleProcess {
		a.work()
	} else {
		go a.work()
	}
}

// work brings a batch to its end, and leaves the rest of the queue to another goroutine.
func (a *appender) work() {
	defer a.leave()
	a.collect()
	batch := a.nextBatch()
	a.appendBatch(batch[0].ctx, batch)
}

// leave hands the queue on, or releases the log if the queue is empty.
func (a *appender) leave() {
	a.mu.Lock()
	more := len(a.queue) > 0
	a.running = more
	a.mu.Unlock()
	if more {
		go a.work()
	} else {
		a.log.Release()
	}
}

// collect lets other senders join the queue: an agent just answered often has the next thing to say, and
// one Write costs as much for all as for one.
func (a *appender) collect() {
	for last := 0; ; {
		a.mu.Lock()
		n := len(a.queue)
		a.mu.Unlock()
		if n == last || n >= maxBatch {
			return
		}
		last = n
		runtime.Gosched()
	}
}

// nextBatch returns the proposals to write together: all that wait if that pays, else the first. On DynamoDB a
// transaction costs twice as much as a put, so a transaction pays only for several.
func (a *appender) nextBatch() []*proposal {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := min(len(a.queue), maxBatch)
	if n < a.log.store.opts.MinBatch {
		n = 1
	}
	batch := a.queue[:n:n]
	a.queue = a.queue[n:]
	if len(a.queue) == 0 {
		a.queue = nil // so that an idle log keeps no batch
	}
	return batch
}

// appendBatch brings every proposal of the batch to its end: written, refused or failed. The call of the first
// proposal pays for all, which is fair on average.
func (a *appender) appendBatch(ctx context.Context, batch []*proposal) {
	ctx, cancel := Detached(ctx)
	defer cancel()
	err := errPanic
	defer func() {
		if len(batch) > 0 {
			a.log.Invalidate()
		}
		for _, p := range batch {
			p.end(nil, err)
		}
	}()
	for conflicts := 0; len(batch) > 0; {
		tried, n, failed := a.try(ctx, batch, conflicts)
		if failed != nil {
			err = failed
			return
		}
		switch tried {
		case ended:
			batch, conflicts = batch[n:], 0
		case conflicted:
			conflicts++
		case again:
		}
	}
}

// attempt is what came of an attempt to append a batch.
type attempt int

const (
	again      attempt = iota // the head was not current: nothing was written
	conflicted                // another write was in the way
	ended                     // the proposals have their events, or their refusals
)

// try puts as many proposals of the batch as fit into one Write, and writes them. n is how many proposals fitted.
func (a *appender) try(ctx context.Context, batch []*proposal, conflicts int) (tried attempt, n int, err error) {
	head, err := a.base(ctx, conflicts)
	if err != nil {
		return again, 0, err
	}
	w := newWrite(head)
	w.addProposals(batch, a.log.store.now())
	if len(w.events) == 0 {
		tried, err = a.endUnwritten(ctx, w)
	} else {
		tried, err = a.writeAndPublish(ctx, w)
	}
	return tried, len(w.entries), err
}

// base returns the head to propose on. After a conflict it reads the tail first, because the event in the way is
// seldom the last. After a further conflict base first waits for a random part of a growing time, so that many
// writers do not try at the same moments.
func (a *appender) base(ctx context.Context, conflicts int) (*room.Head, error) {
	if conflicts == 0 {
		return a.log.Cached(ctx)
	}
	if conflicts > 1 {
		if err := a.log.store.Sleep(ctx, rand.N(Backoff(conflicts-1))); err != nil {
			return nil, err
		}
	}
	return a.log.Refresh(ctx, a.log.store.now())
}

// writeAndPublish writes w, and publishes its head.
func (a *appender) writeAndPublish(ctx context.Context, w *write) (attempt, error) {
	began := a.log.store.now()
	err := a.log.store.table.Write(ctx, w.ops...)
	var conflict *table.ConflictError
	switch {
	case err == nil:
	case errors.As(err, &conflict):
		own, err := a.readConflict(w, conflict)
		if err != nil || !own {
			return conflicted, err
		}
	default:
		a.log.tellCalls(w.events) // the events may have been written
		return again, err
	}
	if err := a.log.commit(w, began); err != nil {
		return again, err
	}
	w.deliver()
	a.log.tellCalls(w.events)
	return ended, nil
}

// endUnwritten ends a write of refusals and of answers that need no write. No put proves that the head is current,
// so the answers are valid only on a head no older than the calls.
func (a *appender) endUnwritten(ctx context.Context, w *write) (attempt, error) {
	latest := w.entries[0].p.began
	for _, entry := range w.entries {
		latest = room.Latest(latest, entry.p.began)
	}
	head, err := a.log.Refresh(ctx, latest)
	if err != nil || head.AsOf != w.base.AsOf {
		return again, err
	}
	w.deliver()
	return ended, nil
}

// readConflict finds out what was in the way of w. own is true if w itself was in the way: the Write succeeded, and
// its reply was lost. The id of the event tells: if only the number counted, Ann's stored event 42 would be appended
// again as 43, and everyone would read her message twice.
func (a *appender) readConflict(w *write, conflict *table.ConflictError) (own bool, err error) {
	var won []room.Event
	for _, blocked := range conflict.Conflicts {
		if blocked.Op >= len(w.events) {
			w.blocked(blocked)
			continue
		}
		if blocked.Item == nil {
			continue
		}
		event, err := decodeEvent(*blocked.Item)
		if err != nil {
			return false, err
		}
		if event.ID == w.events[blocked.Op].ID {
			return true, nil
		}
		won = append(won, event)
	}
	_, err = a.log.advance(won, time.Time{})
	return false, err
}
