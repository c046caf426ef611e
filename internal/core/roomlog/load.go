package roomlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

const (
	headEvents = 25      // read when a log is loaded
	pageEvents = 100     // read at once when following or paging
	pageBytes  = 900_000 // after which a page ends: just less than an answer of DynamoDB holds
	// metaTries is how often a snapshot behind the log is read again before load replays the log, and how often a
	// missing snapshot is.
	metaTries = 3
)

// A read during a Write of several ops may see a part of the Write. The read is repeated PartialTries times,
// PartialPause apart, before it fails.
const (
	PartialTries = 100
	PartialPause = 20 * time.Millisecond
)

const strongly = table.Strong

// errPartial reports that a part of a Write was seen: read again.
var errPartial = errors.New("roomlog: a part of a write")

// load reads a room from the table: its head, and the last events up to its head. load reads META with its parts, and
// the last events:
//
//	seen                           means                            load
//	no META, no event              there is no such room            fails with ErrNotFound
//	META, no event                 a Write, seen in part            reads all again
//	events, no META                a Write, or META has expired     reads all again; after metaTries: ErrNotFound
//	a part of another time         a Write, seen in part            reads all again
//	META behind the last change    a Write, or META fell behind     reads META again; after metaTries: replays the log
//	META behind other events       nothing else changed             takes the counts of the last event
//	META ahead of the events       a Write, seen in part            takes META, if the event of its talk is there
//
// All is read again PartialTries times. Then load fails with table.ErrUnavailable.
func (r reader) load(ctx context.Context) (head *room.Head, tail []room.Event, err error) {
	for try := 1; ; try++ {
		last, meta, err := r.lastAndMeta(ctx)
		if err != nil {
			return nil, nil, err
		}
		head, err = r.headOf(ctx, last, meta)
		switch {
		case err == nil:
			return head, upTo(last, head.AsOf), nil
		case !errors.Is(err, errPartial):
			return nil, nil, err
		case try == PartialTries:
			return nil, nil, fmt.Errorf("%w: the log of a room does not reach its snapshot, or that is incomplete",
				table.ErrUnavailable)
		case try > metaTries && meta == nil:
			return nil, nil, ErrNotFound // no write is partial for so long, so the snapshot has expired
		}
		if err := r.store.Pause(ctx, PartialPause); err != nil {
			return nil, nil, err
		}
	}
}

// upTo returns the events up to n; none if the events end before n.
func upTo(events []room.Event, n int64) []room.Event {
	for len(events) > 0 && events[len(events)-1].N > n {
		events = events[:len(events)-1]
	}
	if len(events) > 0 && events[len(events)-1].N < n {
		return nil
	}
	return events
}

// lastAndMeta reads the last events, in ascending order and without a gap, and the snapshot, both at once. The
// snapshot is nil if there is none.
func (r reader) lastAndMeta(ctx context.Context) ([]room.Event, *snapshot, error) {
	type answer struct {
		meta *snapshot
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		meta, err := readSnapshot(ctx, r.store.table, r.id)
		got <- answer{meta, err}
	}()
	last, err := r.last(ctx)
	snapshotRead := <-got
	return last, snapshotRead.meta, errors.Join(err, snapshotRead.err)
}

func (r reader) last(ctx context.Context) ([]room.Event, error) {
	events, _, err := r.query(ctx, table.Range{Reverse: true, Limit: headEvents, Consistency: strongly}, nil)
	if err != nil {
		return nil, err
	}
	if len(events) > 0 {
		events = withoutGap(events[0].N+1, -1, events)
	}
	slices.Reverse(events)
	return events, nil
}

// headOf returns the head that the last events and the snapshot show. It reads a snapshot behind the events again, as
// load says, and fails with errPartial if all must be read again.
//
// The last events are headEvents, and not one, so in a calm room a process that has just loaded the room knows the
// calls that may be repeated without a third read.
func (r reader) headOf(ctx context.Context, last []room.Event, meta *snapshot) (*room.Head, error) {
	if len(last) == 0 {
		if meta == nil {
			return nil, ErrNotFound
		}
		return nil, errPartial // events outlive the snapshot
	}
	newest := last[len(last)-1]
	for try := 0; meta != nil && meta.AsOf < newest.LastChange && try < metaTries; try++ {
		err := r.store.Pause(ctx, PartialPause)
		if err != nil {
			return nil, err
		}
		meta, err = readSnapshot(ctx, r.store.table, r.id)
		if err != nil {
			return nil, err
		}
	}
	if meta == nil {
		return nil, errPartial
	}
	state, err := meta.state(r.id)
	if errors.Is(err, room.ErrTorn) {
		return nil, errPartial
	}
	if err != nil {
		return nil, err
	}
	switch {
	case meta.AsOf < newest.LastChange:
		head, err := r.replay(ctx, room.NewHead(state), newest.N)
		if err != nil {
			return nil, err
		}
		return r.withTalk(ctx, head, last)
	case meta.AsOf < newest.N: // no event since has changed the state
		state.AsOf, state.HeadMs, state.LastTalk, state.Messages, state.Run = newest.N, newest.AtMs, newest.LastTalk,
			newest.Messages,
			newest.Run
	}
	head := room.NewHead(state)
	for _, event := range slices.Backward(last) {
		if event.N == head.Recent.From-1 {
			head = head.WithEarlier(event)
		}
	}
	return r.withTalk(ctx, head, last)
}

// withTalk returns head with its talk state, from the event that last changed it, and with the open proposals. It reads
// those events that last lacks.
func (r reader) withTalk(ctx context.Context, head *room.Head, last []room.Event) (*room.Head, error) {
	if head.LastTalk == 0 {
		return head, nil
	}
	talk, err := r.find(ctx, last, head.LastTalk)
	if errors.Is(err, table.ErrNotFound) || err == nil && talk.Talk == nil {
		return head, nil // the event has expired, and so has everything asked
	}
	if err != nil {
		return nil, err
	}
	var proposals []room.Event
	for _, request := range talk.Talk.Open {
		if !request.Proposal {
			continue
		}
		event, err := r.find(ctx, last, request.N)
		if err != nil && !errors.Is(err, table.ErrNotFound) {
			return nil, err
		}
		if err == nil {
			proposals = append(proposals, event)
		}
	}
	return head.WithTalk(*talk.Talk, room.WithoutTexts(proposals, last...)), nil // a redaction may be partly visible
}

// find returns event n, from last if it is there. It fails with table.ErrNotFound if the event has expired, and with
// errPartial if the snapshot is ahead of the log.
func (r reader) find(ctx context.Context, last []room.Event, n int64) (room.Event, error) {
	if i := slices.IndexFunc(last, func(event room.Event) bool { return event.N == n }); i >= 0 {
		return last[i], nil
	}
	event, err := r.event(ctx, n)
	if errors.Is(err, table.ErrNotFound) && n > last[len(last)-1].N {
		err = errPartial
	}
	return event, err
}

// replay applies the events up to n to a head whose snapshot fell behind.
func (r reader) replay(ctx context.Context, head *room.Head, n int64) (*room.Head, error) {
	for head.AsOf < n {
		events, _, err := r.after(ctx, head.AsOf, pageEvents, strongly)
		if err != nil {
			return nil, err
		}
		if len(events) == 0 {
			return nil, errPartial
		}
		for _, event := range events {
			head, err = head.Apply(event)
			if err != nil {
				return nil, err
			}
		}
	}
	return head, nil
}
