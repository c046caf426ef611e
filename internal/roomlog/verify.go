package roomlog

import (
	"context"
	"errors"
	"fmt"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
)

// ErrDamaged means that the items of a room contradict each other.
var ErrDamaged = errors.New("the log is damaged")

// Verify reads the whole log of a room and returns the number of its messages. It
// fails with table.ErrNotFound if there is no room, with ErrDamaged if an event is missing or if the log does not match the
// snapshot, and with the error of Readable if an item cannot be read. The room may
// be in use meanwhile, in a table whose Writes become visible at once.
func Verify(ctx context.Context, t table.Reader, id string) (messages int, err error) {
	before, err := snapshotOf(ctx, t, id)
	if err != nil {
		return 0, err
	}
	last := room.Event{}
	r := table.Range{Partition: roomPrefix + id, Prefix: logPrefix, Limit: table.MaxLimit, Consistency: table.Strong}
	for more := true; more; r.After = eventSort(last.N) {
		page, err := t.Query(ctx, r)
		if err != nil {
			return messages, err
		}
		events, err := decodeEvents(page.Items)
		if err != nil {
			return messages, err
		}
		for _, e := range events {
			if last.N != 0 && e.N != last.N+1 { // times never go back, so an event outlives all before it
				return messages, fmt.Errorf("%w: event %d follows event %d", ErrDamaged, e.N, last.N)
			}
			if last = e; e.Type == room.Said {
				messages++
			}
		}
		more = page.More
	}
	after, err := snapshotOf(ctx, t, id)
	if err != nil {
		return messages, err
	}
	if before.AsOf > last.N {
		return messages, fmt.Errorf("%w: it ends at event %d, and its snapshot is of event %d", ErrDamaged, last.N, before.AsOf)
	}
	if after.AsOf < last.LastChange {
		return messages, fmt.Errorf("%w: its snapshot is of event %d, and event %d changed the room", ErrDamaged, after.AsOf, last.LastChange)
	}
	return messages, nil
}

func snapshotOf(ctx context.Context, t table.Reader, id string) (x room.Snapshot, err error) {
	item, err := t.Get(ctx, MetaKey(id), table.Strong)
	if err == nil {
		err = Decode(item, &x)
	}
	return x, err
}
