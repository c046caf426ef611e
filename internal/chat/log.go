package chat

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

// errNoRoom says that there is no log under an id, or that what is left of it
// no longer tells what the room was: it has expired.
var errNoRoom = errors.New("chat: no such room")

const (
	headEvents = 25  // read when a room is loaded
	pageEvents = 100 // read at once when following or paging
	// A reader beside a write of several ops may see a part of it. It reads
	// again this often, this far apart, before it gives up.
	tornTries = 100
	tornPause = 20 * time.Millisecond
	// A snapshot behind the log is read again this often before the log is folded.
	metaTries = 3
)

// pause waits for d, jittered by half, or until ctx ends.
func (s *Service) pause(ctx context.Context, d time.Duration) error {
	t := s.clock.NewTimer(d/2 + rand.N(d/2+1))
	defer t.Stop()
	select {
	case <-t.Chan():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// load reads the room from the table. r.reading is held.
func (r *liveRoom) load(ctx context.Context, began time.Time) (*fold, error) {
	for try := 1; ; try++ {
		head, meta, err := r.headAndMeta(ctx)
		if err != nil {
			return nil, err
		}
		f, err := r.base(ctx, head, meta)
		if err == nil {
			tail := head
			for len(tail) > 0 && tail[len(tail)-1].n > f.asOf {
				tail = tail[:len(tail)-1]
			}
			if len(tail) > 0 && tail[len(tail)-1].n < f.asOf {
				tail = nil // the fold is ahead of what was read
			}
			return r.replace(f, tail, began), nil
		}
		if !errors.Is(err, errTorn) {
			return nil, err
		}
		if try == tornTries {
			return nil, errNoRoom
		}
		if try > metaTries && meta == nil {
			return nil, errNoRoom // no write is torn for so long: the snapshot has expired
		}
		if err := r.svc.pause(ctx, tornPause); err != nil {
			return nil, err
		}
	}
}

// errTorn says that a part of a write was seen: read again.
var errTorn = errors.New("chat: a part of a write")

// headAndMeta reads the last events, in ascending order and without a gap, and
// the snapshot; nil where there is none.
func (r *liveRoom) headAndMeta(ctx context.Context) ([]event, *snapshot, error) {
	type answer struct {
		meta *snapshot
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		meta, err := r.meta(ctx)
		got <- answer{meta, err}
	}()
	head, err := r.headRun(ctx)
	a := <-got
	return head, a.meta, errors.Join(err, a.err)
}

func (r *liveRoom) headRun(ctx context.Context) ([]event, error) {
	page, err := r.svc.table.Query(ctx, table.Range{
		Partition: roomPartition(r.id), Prefix: logPrefix, Reverse: true, Limit: headEvents, Consistency: table.Strong,
	})
	if err != nil {
		return nil, err
	}
	events, err := decodeEvents(page.Items)
	if err != nil {
		return nil, err
	}
	for i := 1; i < len(events); i++ {
		if events[i].n != events[i-1].n-1 {
			events = events[:i]
			break
		}
	}
	slices.Reverse(events)
	return events, nil
}

func (r *liveRoom) meta(ctx context.Context) (*snapshot, error) {
	item, err := r.svc.table.Get(ctx, metaKey(r.id), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m := new(snapshot)
	return m, decode(item, m)
}

// base makes a fold of the last events and the snapshot, which may have been
// read apart: either may be the newer. errTorn asks to read both again.
func (r *liveRoom) base(ctx context.Context, head []event, meta *snapshot) (*fold, error) {
	if len(head) == 0 {
		if meta == nil {
			return nil, errNoRoom
		}
		return nil, errTorn // the log outlives the snapshot
	}
	last := head[len(head)-1]
	for try := 0; meta != nil && meta.AsOf < last.State && try < metaTries; try++ {
		if err := r.svc.pause(ctx, tornPause); err != nil {
			return nil, err
		}
		var err error
		if meta, err = r.meta(ctx); err != nil {
			return nil, err
		}
	}
	if meta == nil {
		return nil, errTorn
	}
	f := foldOf(r.id, *meta)
	switch {
	case meta.AsOf < last.State:
		return r.foldOn(ctx, f, last.n)
	case meta.AsOf < last.n:
		f.asOf, f.headMs = last.n, last.AtMs // no event since has changed the state
	}
	f.spokenFrom = f.asOf + 1
	for _, e := range slices.Backward(head) {
		if e.n == f.spokenFrom-1 {
			f = f.recall(e)
		}
	}
	return f, nil
}

// foldOn folds the log from a snapshot that fell behind, up to event n.
func (r *liveRoom) foldOn(ctx context.Context, f *fold, n int64) (*fold, error) {
	for f.asOf < n {
		events, err := r.after(ctx, f.asOf, table.Strong)
		if err != nil {
			return nil, err
		}
		if len(events) == 0 {
			return nil, errTorn
		}
		for _, e := range events {
			if f, err = f.apply(e); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

// follow reads what came after f, folds it in and wakes the waiters. r.reading
// is held. The answer is the head of the log at the time began or later.
func (r *liveRoom) follow(ctx context.Context, f *fold, began time.Time) (*fold, error) {
	for {
		events, more, err := r.pageAfter(ctx, f.asOf, pageEvents, table.Strong)
		if err != nil {
			return nil, err
		}
		if !more {
			return r.advance(events, began)
		}
		if f, err = r.advance(events, time.Time{}); err != nil {
			return nil, err
		}
	}
}

// after returns events from n+1 on without a gap, as many as one page holds.
func (r *liveRoom) after(ctx context.Context, n int64, c table.Consistency) ([]event, error) {
	events, _, err := r.pageAfter(ctx, n, pageEvents, c)
	return events, err
}

// pageAfter returns the run of events from n+1 on, without a gap, and whether
// more may follow.
func (r *liveRoom) pageAfter(ctx context.Context, n int64, limit int, c table.Consistency) (events []event, more bool, err error) {
	return r.run(ctx, n, 1, limit, c)
}

// pageBefore returns the run of events from n-1 down, without a gap, and whether
// more may precede them.
func (r *liveRoom) pageBefore(ctx context.Context, n int64, limit int) (events []event, more bool, err error) {
	return r.run(ctx, n, -1, limit, table.Strong)
}

// run reads a page of the events behind n, upwards (step 1) or downwards (-1),
// up to the first gap. A gap at its beginning is a part of a write seen early,
// and read again strongly until it closes; only events old enough to have
// expired are passed over, and only upwards: an event expires after all that
// were said before it, so that none can be missing above one that is there.
func (r *liveRoom) run(ctx context.Context, n, step int64, limit int, c table.Consistency) (events []event, more bool, err error) {
	for try := 1; ; try++ {
		page, err := r.svc.table.Query(ctx, table.Range{
			Partition: roomPartition(r.id), Prefix: logPrefix, After: logSort(n), Reverse: step < 0, Limit: limit, Consistency: c,
		})
		if err != nil {
			return nil, false, err
		}
		if events, err = decodeEvents(page.Items); err != nil {
			return nil, false, err
		}
		run := withoutGap(n, step, events)
		if step > 0 && len(run) == 0 && len(events) > 0 && r.svc.now().Sub(events[0].at()) > gapTrust {
			run = withoutGap(events[0].n-step, step, events) // what lies between has expired
		}
		if len(run) == len(events) {
			return run, page.More, nil
		}
		if len(run) > 0 {
			return run, true, nil
		}
		if try == tornTries {
			return nil, false, fmt.Errorf("%w: event %d of a room is missing beside event %d", table.ErrUnavailable, n+step, events[0].n)
		}
		c = table.Strong
		if err := r.svc.pause(ctx, tornPause); err != nil {
			return nil, false, err
		}
	}
}

// withoutGap returns the events that follow n step by step.
func withoutGap(n, step int64, events []event) []event {
	for i, e := range events {
		if n += step; e.n != n {
			return events[:i]
		}
	}
	return events
}

// recall reads back in the log until who spoke last is known for the time since
// until, or for 1,000 events.
func (r *liveRoom) recall(ctx context.Context, until time.Time) error {
	const most = 1000
	for read, torn := 0, 0; read < most; {
		f := r.known()
		if f.spokenFrom <= 1 || time.UnixMilli(f.spokenMs).Before(until) {
			return nil
		}
		page, err := r.svc.table.Query(ctx, table.Range{
			Partition: roomPartition(r.id), Prefix: logPrefix, After: logSort(f.spokenFrom), Reverse: true,
			Limit: pageEvents, Consistency: table.Strong,
		})
		if err != nil {
			return err
		}
		events, err := decodeEvents(page.Items)
		if err != nil {
			return err
		}
		switch n := r.remember(events); {
		case n > 0:
			read += n
		case r.svc.now().Sub(time.UnixMilli(f.spokenMs)) > gapTrust:
			r.rememberAll() // what came before has expired
		case torn == tornTries:
			return fmt.Errorf("%w: event %d of a room cannot be read", table.ErrUnavailable, f.spokenFrom-1)
		default:
			torn++
			if err := r.svc.pause(ctx, tornPause); err != nil {
				return err
			}
		}
	}
	r.rememberAll()
	return nil
}

// remember adds to the fold what earlier events tell, given in descending order,
// up to a gap. It returns how many there were.
func (r *liveRoom) remember(events []event) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, e := range events {
		if e.n == r.fold.spokenFrom-1 {
			r.fold = r.fold.recall(e)
			n++
		}
	}
	return n
}

// rememberAll notes that nothing older counts.
func (r *liveRoom) rememberAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := *r.fold
	next.spokenFrom = 0
	r.fold = &next
}

// firstAfter is the first event after the time t.
func (r *liveRoom) firstAfter(ctx context.Context, t time.Time) (int64, error) {
	for n := r.known().asOf + 1; ; {
		events, more, err := r.pageBefore(ctx, n, pageEvents)
		if err != nil {
			return 0, err
		}
		for _, e := range events {
			if !e.at().After(t) {
				return n, nil
			}
			n = e.n
		}
		if !more || len(events) == 0 {
			return n, nil
		}
	}
}
