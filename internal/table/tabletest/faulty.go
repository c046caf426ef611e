package tabletest

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/table"
)

// Faulty is a table over another that keeps the contract of table.Table at its
// worst: replies are lost, writes come late, eventual reads are stale and strong
// reads see half of a Write that has not returned. What it never does is judge a
// condition on anything but the true state.
//
// The faults of a call follow from the seed and the call's number alone: the
// same calls in the same order meet the same faults.
type Faulty struct {
	inner table.Table
	clock clockwork.Clock
	seed  uint64

	mu     sync.Mutex
	faults Faults
	calls  uint64 // begun so far, the time in which faults are measured
	late   []lateWrite
	past   history
	counts Counts
}

var _ table.Table = (*Faulty)(nil)

// lateWrite is tried when the call with the number due begins.
type lateWrite struct {
	due uint64
	ops []table.Op
}

// NewFaulty wraps inner, to which nobody else may write meanwhile. The clock is
// the one that inner takes the time from. It may be used from many goroutines at
// once; one call at a time reaches inner.
func NewFaulty(inner table.Table, clock clockwork.Clock, seed uint64, faults Faults) *Faulty {
	return &Faulty{inner: inner, clock: clock, seed: seed, faults: faults, past: make(history)}
}

// Counts says how often each fault befell so far.
func (f *Faulty) Counts() Counts {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts
}

// Settle ends the bad day: writes that were late are tried, everything written
// is seen by every read, and from here on no fault befalls a call.
func (f *Faulty) Settle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = Faults{}
	f.calls += lateCalls + tornCalls
	f.tryLate(context.Background())
}

// Get reads the item at k, or an earlier state of it.
func (f *Faulty) Get(ctx context.Context, k table.Key, c table.Consistency) (item table.Item, err error) {
	if err := table.CheckKey(k); err != nil {
		return table.Item{}, err
	}
	err = f.read(ctx, c, func(p *plan) error {
		was, earlier := f.past.at(k, f.calls, p)
		if !earlier {
			item, err = f.inner.Get(ctx, k, c)
			return err
		}
		f.counts.read(p)
		if was == nil || !was.Live(f.clock.Now()) {
			return table.ErrNotFound
		}
		item = clone(*was)
		return nil
	})
	return item, err
}

// Query reads a range in which each item may be in an earlier state.
func (f *Faulty) Query(ctx context.Context, r table.Range) (page table.Page, err error) {
	if err := table.CheckRange(r); err != nil {
		return table.Page{}, err
	}
	err = f.read(ctx, r.Consistency, func(p *plan) error {
		earlier := f.past.within(r, f.calls, p)
		if len(earlier) == 0 {
			page, err = f.inner.Query(ctx, r)
			return err
		}
		f.counts.read(p)
		page, err = f.patched(ctx, r, earlier)
		return err
	})
	return page, err
}

// read runs one read with its faults; look is called with the lock held.
func (f *Faulty) read(ctx context.Context, c table.Consistency, look func(*plan) error) error {
	p := f.begin(readFates())
	p.stale = p.stale && c == table.Eventual
	if err := p.pause(ctx); err != nil {
		return err
	}
	switch p.fate {
	case refused:
		return p.lose()
	case hung:
		return p.hang(ctx)
	}
	f.mu.Lock()
	f.tryLate(ctx)
	err := look(p)
	f.mu.Unlock()
	if cut := p.pause(ctx); cut != nil {
		return cut
	}
	return err
}

// Write applies ops to inner now, later or not at all, and tells the caller the
// verdict or nothing.
func (f *Faulty) Write(ctx context.Context, ops ...table.Op) error {
	if err := table.Check(ops); err != nil {
		return err
	}
	p := f.begin(writeFates())
	if err := p.pause(ctx); err != nil {
		return err
	}
	switch p.fate {
	case refused:
		return p.lose()
	case late:
		f.postpone(ops, p)
		return p.lose()
	case hung:
		if p.rng.IntN(2) == 0 {
			f.apply(ctx, ops, p)
		}
		return p.hang(ctx)
	}
	written, err := f.apply(ctx, ops, p)
	if p.fate == repeated && err == nil {
		_, err = f.apply(ctx, ops, p)
	}
	if p.fate == lost {
		return p.lose()
	}
	if cut := p.pause(ctx); cut != nil {
		return cut
	}
	f.reveal(written, p)
	return err
}

// apply writes to inner and returns the states that readers may not see yet. It
// does not hand on the end of ctx: whether a write happened must be known here,
// so that a caller can be told otherwise.
func (f *Faulty) apply(ctx context.Context, ops []table.Op, p *plan) ([]*state, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	f.tryLate(ctx)
	return f.record(ctx, ops, p)
}

// record makes a write and keeps what its items were before.
func (f *Faulty) record(ctx context.Context, ops []table.Op, p *plan) ([]*state, error) {
	before := make([]*table.Item, len(ops))
	for i, op := range ops {
		item, err := f.inner.Get(ctx, op.Item.Key, table.Strong)
		if err == nil {
			before[i] = &item
		} else if !errors.Is(err, table.ErrNotFound) {
			return nil, err
		}
	}
	if err := f.inner.Write(ctx, ops...); err != nil {
		return nil, err
	}
	f.past.forget(f.calls)
	var written []*state
	for i, op := range ops {
		now := &state{shown: f.calls}
		if p.torn && len(ops) > 1 {
			now.shown += p.rng.Uint64N(tornCalls + 1)
		}
		if !op.Delete {
			item := clone(op.Item)
			now.item = &item
		}
		f.past.add(op.Item.Key, before[i], now)
		written = append(written, now)
	}
	return written, nil
}

// reveal lets every read see what was written, for its Write is about to return.
// Before that others get turns to see a part of it.
func (f *Faulty) reveal(written []*state, p *plan) {
	for turn := 0; turn < tornTurns && p.torn && !f.revealed(written); turn++ {
		runtime.Gosched()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range written {
		s.shown = min(s.shown, f.calls)
	}
}

func (f *Faulty) revealed(written []*state) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range written {
		if s.shown > f.calls {
			return false
		}
	}
	return true
}

// postpone queues a write that some later call will find to be due.
func (f *Faulty) postpone(ops []table.Op, p *plan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	copies := make([]table.Op, len(ops))
	for i, op := range ops {
		copies[i] = op
		copies[i].Item = clone(op.Item)
	}
	f.late = append(f.late, lateWrite{due: f.calls + 1 + p.rng.Uint64N(lateCalls), ops: copies})
}

// tryLate makes the late writes that are due. One whose condition fails by now
// never happened, and nobody is told.
func (f *Faulty) tryLate(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	var waiting []lateWrite
	for _, w := range f.late {
		if w.due > f.calls {
			waiting = append(waiting, w)
			continue
		}
		if _, err := f.record(ctx, w.ops, &plan{}); err == nil {
			f.counts.LateApplied++
		}
	}
	f.late = waiting
}
