package roomlog

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
)

const (
	headEvents = 25  // read when a log is loaded
	pageEvents = 100 // read at once when following or paging
	// metaTries is how often a snapshot behind the log is read again before the
	// events after it are applied.
	metaTries = 3
)

// A read beside a Write of several ops may see a part of it. It is repeated this
// often, this far apart, before it fails.
const (
	PartialTries = 100
	PartialPause = 20 * time.Millisecond
)

const strongly = table.Strong

// errPartial reports that a part of a Write was seen: read again.
var errPartial = errors.New("roomlog: a part of a write")

// load reads a room from the table: its head, and the last events up to it.
func (r reader) load(ctx context.Context) (h *room.Head, tail []room.Event, err error) {
	for try := 1; ; try++ {
		last, meta, err := r.lastAndMeta(ctx)
		if err != nil {
			return nil, nil, err
		}
		h, err = r.headOf(ctx, last, meta)
		switch {
		case err == nil:
			return h, upTo(last, h.AsOf), nil
		case !errors.Is(err, errPartial):
			return nil, nil, err
		case try == PartialTries:
			return nil, nil, ErrNotFound
		case try > metaTries && meta == nil:
			return nil, nil, ErrNotFound // no write is partial for so long: the snapshot has expired
		}
		if err := r.store.Pause(ctx, PartialPause); err != nil {
			return nil, nil, err
		}
	}
}

// upTo returns the events up to n; none if they end before n.
func upTo(events []room.Event, n int64) []room.Event {
	for len(events) > 0 && events[len(events)-1].N > n {
		events = events[:len(events)-1]
	}
	if len(events) > 0 && events[len(events)-1].N < n {
		return nil
	}
	return events
}

// lastAndMeta reads the last events, in ascending order and without a gap, and
// the snapshot, which is nil if there is none. It reads both at once.
func (r reader) lastAndMeta(ctx context.Context) ([]room.Event, *room.Snapshot, error) {
	type answer struct {
		meta *room.Snapshot
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		meta, err := r.meta(ctx)
		got <- answer{meta, err}
	}()
	last, err := r.last(ctx)
	a := <-got
	return last, a.meta, errors.Join(err, a.err)
}

func (r reader) last(ctx context.Context) ([]room.Event, error) {
	events, _, err := r.query(ctx, table.Range{Reverse: true, Limit: headEvents, Consistency: strongly})
	if err != nil {
		return nil, err
	}
	if len(events) > 0 {
		events = withoutGap(events[0].N+1, -1, events)
	}
	slices.Reverse(events)
	return events, nil
}

func (r reader) meta(ctx context.Context) (*room.Snapshot, error) {
	item, err := r.store.table.Get(ctx, MetaKey(r.id), strongly)
	if errors.Is(err, table.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	x := new(room.Snapshot)
	return x, Decode(item, x)
}

// headOf returns the head that the last events and the snapshot tell. They were
// read separately, so either may be the newer. It fails with errPartial if both
// must be read again.
func (r reader) headOf(ctx context.Context, last []room.Event, meta *room.Snapshot) (*room.Head, error) {
	if len(last) == 0 {
		if meta == nil {
			return nil, ErrNotFound
		}
		return nil, errPartial // events outlive the snapshot
	}
	newest := last[len(last)-1]
	for try := 0; meta != nil && meta.AsOf < newest.LastChange && try < metaTries; try++ {
		if err := r.store.Pause(ctx, PartialPause); err != nil {
			return nil, err
		}
		var err error
		if meta, err = r.meta(ctx); err != nil {
			return nil, err
		}
	}
	if meta == nil {
		return nil, errPartial
	}
	s := meta.State(r.id)
	switch {
	case meta.AsOf < newest.LastChange:
		return r.replay(ctx, room.NewHead(s), newest.N)
	case meta.AsOf < newest.N:
		s.AsOf, s.HeadMs = newest.N, newest.AtMs // no event since has changed the state
	}
	h := room.NewHead(s)
	for _, e := range slices.Backward(last) {
		if e.N == h.Recent.From-1 {
			h = h.Recall(e)
		}
	}
	return h, nil
}

// replay applies the events up to n to a head whose snapshot fell behind.
func (r reader) replay(ctx context.Context, h *room.Head, n int64) (*room.Head, error) {
	for h.AsOf < n {
		events, _, err := r.after(ctx, h.AsOf, pageEvents, strongly)
		if err != nil {
			return nil, err
		}
		if len(events) == 0 {
			return nil, errPartial
		}
		for _, e := range events {
			if h, err = h.Apply(e); err != nil {
				return nil, err
			}
		}
	}
	return h, nil
}
