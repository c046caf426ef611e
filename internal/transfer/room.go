package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// room is what one table says about a room, without most of its events.
type room struct {
	id     string
	key    string      // of its name, from the snapshot
	head   *table.Item // the last event
	meta   *table.Item // the snapshot; without it there is no room
	name   *table.Item // nil if the name does not lead to this room (any more)
	listed *table.Item // nil if the room is not listed
}

// headSort is the sort key of the last event, or empty, which precedes all others.
func (r *room) headSort() string {
	if r.head == nil {
		return ""
	}
	return r.head.Key.Sort
}

func (r *room) equal(other *room) bool {
	return equal(r.head, other.head) && equal(r.meta, other.meta) &&
		equal(r.name, other.name) && equal(r.listed, other.listed)
}

// load reads a room. Fields stay nil where the table has no such item.
func load(ctx context.Context, t table.Table, id string) (*room, error) {
	r := &room{id: id}
	layout := roomlog.LayoutOf(id, "")
	page, err := t.Query(ctx, table.Range{
		Partition: layout.Partition, Prefix: layout.Events, Reverse: true, Limit: 1, Consistency: table.Strong,
	})
	if err != nil {
		return nil, err
	}
	if len(page.Items) > 0 {
		r.head = &page.Items[0]
	}
	if r.meta, err = get(ctx, t, layout.Meta); err != nil || r.meta == nil {
		return r, err
	}
	if r.key, err = roomlog.NameIn(*r.meta); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if r.key == "" {
		return nil, fmt.Errorf("%w: the snapshot has no name", ErrMalformed)
	}
	layout = roomlog.LayoutOf(id, r.key)
	if r.name, err = getIfOf(ctx, t, layout.Name, id); err != nil {
		return nil, err
	}
	r.listed, err = getIfOf(ctx, t, layout.Listed, id)
	return r, err
}

// getIfOf returns the item at k, or nil if it is about another room than id.
func getIfOf(ctx context.Context, t table.Table, k table.Key, id string) (*table.Item, error) {
	item, err := get(ctx, t, k)
	if err != nil || item == nil {
		return nil, err
	}
	owner, err := roomlog.LeadsTo(*item)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if owner != id {
		return nil, nil
	}
	return item, nil
}

// get returns the item at k, or nil if there is none.
func get(ctx context.Context, t table.Table, k table.Key) (*table.Item, error) {
	item, err := t.Get(ctx, k, table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &item, nil
}

// itemsOf yields the items of a partition whose sort keys begin with prefix, in the order
// of these.
func itemsOf(ctx context.Context, t table.Table, partition, prefix string) iter.Seq2[table.Item, error] {
	return func(yield func(table.Item, error) bool) {
		r := table.Range{Partition: partition, Prefix: prefix, Limit: table.MaxLimit, Consistency: table.Strong}
		for {
			page, err := t.Query(ctx, r)
			if err != nil {
				yield(table.Item{}, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
				r.After = item.Key.Sort
			}
			if !page.More {
				return
			}
		}
	}
}

func equal(a, b *table.Item) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Key == b.Key && a.Expires.Equal(b.Expires) && bytes.Equal(a.Data, b.Data)
}
