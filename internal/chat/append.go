package chat

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

// change is what a proposal wants to do to a room, given its fold.
type change struct {
	// events to append, in order; their numbers, ids and times are filled in.
	// None: the answer needs no write.
	events []event
	// ops are written along, all or nothing.
	ops []table.Op
}

// proposal is an append that waits for its turn. propose checks the rules
// against a fold and says what to append; it is asked again, on a newer fold,
// when somebody else was first. It must not block.
type proposal struct {
	propose func(f *fold, now time.Time) (change, error)
	// blocked, if set, is told which of the change's ops was refused, and by
	// what, before propose is asked again.
	blocked func(table.Conflict)

	began  time.Time // an answer must be true at this time or later
	events []event   // as written
	err    error
	done   chan struct{}
}

// end lets the caller of append go on.
func (p *proposal) end(events []event, err error) {
	p.events, p.err = events, err
	close(p.done)
}

// How an append goes on after conflicts.
const (
	maxBatch      = 64      // proposals in one Write
	maxBatchBytes = 1 << 20 // of their data
	queryAfter    = 3       // conflicts in a row, after which the tail is read
	winnerTrusted = 2 * time.Second
	firstBackoff  = 15 * time.Millisecond
	lastBackoff   = 500 * time.Millisecond
)

// append waits for p's turn, and for its end. On nil p.events were written, or
// p needed no write. A context that ends first leaves open whether they will be.
func (r *liveRoom) append(ctx context.Context, p *proposal) error {
	p.done = make(chan struct{})
	if p.began.IsZero() {
		p.began = r.svc.now()
	}
	r.mu.Lock()
	r.queue = append(r.queue, p)
	start := !r.writing
	r.writing = true
	r.mu.Unlock()
	if start {
		r.hold()
		go r.work(context.WithoutCancel(ctx))
	}
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// work takes proposals off the queue until none is left.
func (r *liveRoom) work(ctx context.Context) {
	defer r.done()
	for {
		r.gather()
		batch := r.take()
		if batch == nil {
			return
		}
		r.commit(ctx, batch)
	}
}

// gather lets those who are about to append come: whoever was just answered often
// has the next thing to say, and one Write for all costs as one.
func (r *liveRoom) gather() {
	for last := 0; ; {
		r.mu.Lock()
		n := len(r.queue)
		r.mu.Unlock()
		if n == last || n >= maxBatch {
			return
		}
		last = n
		runtime.Gosched()
	}
}

// take returns what is to be written together: all that wait if that pays, else
// the first. nil ends the work.
func (r *liveRoom) take() []*proposal {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(r.queue), maxBatch)
	if n == 0 {
		r.writing, r.queue = false, nil
		return nil
	}
	if n < r.svc.opts.GroupFrom {
		n = 1
	}
	batch := r.queue[:n:n]
	r.queue = r.queue[n:]
	return batch
}

// commit brings every proposal of the batch to its end: written, refused, or
// failed.
func (r *liveRoom) commit(ctx context.Context, batch []*proposal) {
	ctx, cancel := detached(ctx)
	defer cancel()
	fail := func(err error) {
		r.doubt()
		for _, p := range batch {
			p.end(nil, err)
		}
	}
	for tries := 0; len(batch) > 0; {
		f, err := r.baseFor(ctx, tries)
		if err != nil {
			fail(err)
			return
		}
		d := newDraft(f)
		d.take(batch, r.svc.now())
		settled, err := r.settle(ctx, d)
		if err != nil {
			fail(err)
			return
		}
		if !settled {
			tries++
			continue
		}
		tries = 0
		batch = batch[len(d.entries):]
	}
}

// baseFor returns the fold to draft on. After several conflicts the tail is read
// first, with growing jitter, so that many writers do not run in step.
func (r *liveRoom) baseFor(ctx context.Context, tries int) (*fold, error) {
	if tries < queryAfter {
		return r.warm(ctx)
	}
	backoff := min(firstBackoff<<min(tries-queryAfter, 10), lastBackoff)
	if err := r.svc.pause(ctx, backoff); err != nil {
		return nil, err
	}
	return r.current(ctx, r.svc.now())
}

// settle writes the draft. false: draft again, on what is known now.
func (r *liveRoom) settle(ctx context.Context, d *draft) (bool, error) {
	if len(d.events) == 0 {
		return r.settleUnwritten(ctx, d)
	}
	began := r.svc.now()
	err := r.svc.table.Write(ctx, d.ops...)
	var conflict *table.ConflictError
	switch {
	case err == nil:
	case errors.As(err, &conflict):
		own, err := r.conflicted(ctx, d, conflict)
		if err != nil || !own {
			return false, err
		}
	default:
		return false, err
	}
	if err := r.land(d, began); err != nil {
		return false, err
	}
	d.deliver()
	return true, nil
}

// settleUnwritten ends a draft of refusals and answers that need no write. They
// stand only on a fold that is not older than the calls.
func (r *liveRoom) settleUnwritten(ctx context.Context, d *draft) (bool, error) {
	latest := d.entries[0].p.began
	for _, e := range d.entries {
		if e.p.began.After(latest) {
			latest = e.p.began
		}
	}
	if r.currentIfKnown(latest) != nil && r.known().asOf == d.base.asOf {
		d.deliver()
		return true, nil
	}
	f, err := r.current(ctx, latest)
	if err != nil {
		return false, err
	}
	if f.asOf == d.base.asOf {
		d.deliver()
		return true, nil
	}
	return false, nil
}

// conflicted takes in what was in the way of a draft. own is true if that is
// the draft itself: it was written, and the reply was lost.
func (r *liveRoom) conflicted(ctx context.Context, d *draft, c *table.ConflictError) (own bool, err error) {
	var won []event
	for _, x := range c.Conflicts {
		if x.Op >= len(d.events) {
			d.blocked(x)
			continue
		}
		if x.Item == nil {
			continue
		}
		e, err := decodeEvent(*x.Item)
		if err != nil {
			return false, err
		}
		if e.ID == d.events[x.Op].ID {
			return true, nil
		}
		won = append(won, e)
	}
	if _, err := r.advance(won, time.Time{}); err != nil {
		return false, err
	}
	if len(won) > 0 && r.svc.now().Sub(won[0].at()) > winnerTrusted {
		_, err := r.current(ctx, r.svc.now()) // far behind: one read brings all of it
		return false, err
	}
	return false, nil
}
