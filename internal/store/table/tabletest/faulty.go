package tabletest

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table"
)

// Faulty wraps a table and behaves as badly as table.Table's contract allows: replies are lost, writes come late,
// eventual reads are stale, and strong reads see parts of a Write that has not returned. Conditions are always checked
// against the true state.
//
// The faults of a call depend only on the seed and the number of the call: the
// same calls in the same order have the same faults.
type Faulty struct {
	inner table.Table
	clock clockwork.Clock
	seed  uint64

	mu     sync.Mutex
	faults Faults
	calls  uint64 // begun so far; the unit of time for faults
	late   []lateWrite
	past   history
	counts Counts
}

var _ table.Table = (*Faulty)(nil)

// lateWrite is a Write that is made at the beginning of call number due.
type lateWrite struct {
	due uint64
	ops []table.Op
}

// NewFaulty wraps inner. Nothing else may write to inner meanwhile. The clock must be inner's clock. The table is safe
// for concurrent use; inner gets one call at a time.
func NewFaulty(inner table.Table, clock clockwork.Clock, seed uint64, faults Faults) *Faulty {
	return &Faulty{inner: inner, clock: clock, seed: seed, faults: faults, past: make(history)}
}

// Counts returns the number of faults so far.
func (f *Faulty) Counts() Counts {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts
}

// Settle ends all faults: it makes the late Writes, and from then on every read sees all writes.
func (f *Faulty) Settle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = Faults{}
	f.calls += lateCalls + partialCalls
	f.makeLate(context.Background())
}

// Get implements table.Table. Get may return an earlier state of the item.
func (f *Faulty) Get(ctx context.Context, k table.Key, c table.Consistency) (item table.Item, err error) {
	if err := k.Check(); err != nil {
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

// Query implements table.Table. Each item may be in an earlier state.
func (f *Faulty) Query(ctx context.Context, r table.Range) (page table.Page, err error) {
	if err := r.Check(); err != nil {
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

// read makes one read with its faults. read calls look with the lock held.
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
	f.makeLate(ctx)
	err := look(p)
	f.mu.Unlock()
	if cut := p.pause(ctx); cut != nil {
		return cut
	}
	return err
}

// Write implements table.Table. Write applies ops to inner now, later or never, and may lose the reply.
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

// apply writes to inner and returns states that readers may not see yet. apply ignores the end of ctx, because apply
// must know the true result.
func (f *Faulty) apply(ctx context.Context, ops []table.Op, p *plan) ([]*state, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	f.makeLate(ctx)
	return f.record(ctx, ops, p)
}

// record makes a Write and stores the previous states of the items.
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
		if p.partial && len(ops) > 1 {
			now.shown += p.rng.Uint64N(partialCalls + 1)
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

// reveal makes a Write visible to every read before reveal returns. Until then other goroutines run and may see a part
// of the Write.
func (f *Faulty) reveal(written []*state, p *plan) {
	for turn := 0; turn < partialTurns && p.partial && !f.revealed(written); turn++ {
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

// postpone queues a late Write.
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

// makeLate makes the due late Writes, and ignores failed Writes.
func (f *Faulty) makeLate(ctx context.Context) {
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
