package bolttable

import (
	"bytes"
	"context"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/parley-chat/parley/internal/table"
)

// checkEvery is how many items a query passes between two looks at its context.
const checkEvery = 256

// Get returns the item at k, or table.ErrNotFound. Every read is strong.
func (t *Table) Get(ctx context.Context, k table.Key, _ table.Consistency) (table.Item, error) {
	if err := table.CheckKey(k); err != nil {
		return table.Item{}, err
	}
	var found *table.Item
	err := t.view(ctx, func(b *bolt.Bucket, now int64) (err error) {
		found, err = liveItem(k, b.Get(rowKey(k)), now)
		return err
	})
	if err != nil {
		return table.Item{}, err
	}
	if found == nil {
		return table.Item{}, table.ErrNotFound
	}
	return *found, nil
}

// Query returns one page of a partition, all of it from one moment. Its More is
// exact.
func (t *Table) Query(ctx context.Context, r table.Range) (table.Page, error) {
	if err := table.CheckRange(r); err != nil {
		return table.Page{}, err
	}
	var page table.Page
	err := t.view(ctx, func(b *bolt.Bucket, now int64) error {
		walk := newWalk(b, r)
		for n, v := 1, walk.first(); v != nil; n, v = n+1, walk.next() {
			if n%checkEvery == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			item, err := liveItem(walk.at(), v, now)
			if err != nil {
				return err
			}
			if item == nil {
				continue
			}
			if len(page.Items) == r.Limit {
				page.More = true
				return nil
			}
			page.Items = append(page.Items, *item)
		}
		return nil
	})
	if err != nil {
		return table.Page{}, err
	}
	return page, nil
}

// view runs read on one moment's state of the items.
func (t *Table) view(ctx context.Context, read func(b *bolt.Bucket, now int64) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := guard(func() error {
		return t.db.View(func(tx *bolt.Tx) error {
			return read(tx.Bucket([]byte(bucketName)), t.clock.Now().Unix())
		})
	})
	if err != nil && ctx.Err() == nil {
		return t.unavailable("reading", err)
	}
	return err
}

// walk goes over the rows of a range, in its direction.
type walk struct {
	cursor    *bolt.Cursor
	r         table.Range
	partition int    // length of the partition's part of a row's key
	prefix    []byte // what the key of every row of the range begins with
	key       []byte // of the row it is at
}

func newWalk(b *bolt.Bucket, r table.Range) *walk {
	partition := rowPrefix(r.Partition)
	return &walk{cursor: b.Cursor(), r: r, partition: len(partition), prefix: append(partition, r.Prefix...)}
}

// at is the key of the item that the walk is at.
func (w *walk) at() table.Key {
	return table.Key{Partition: w.r.Partition, Sort: string(w.key[w.partition:])}
}

// first goes to the first row and returns its value, or nil.
func (w *walk) first() []byte {
	start := w.prefix
	switch {
	case w.r.After != "":
		start = rowKey(table.Key{Partition: w.r.Partition, Sort: w.r.After})
	case w.r.Reverse:
		// The least key above all that have the prefix: its last byte plus
		// one, for no byte of a key is 0xff in UTF-8.
		start = bytes.Clone(w.prefix)
		start[len(start)-1]++
	}
	k, v := w.cursor.Seek(start)
	if w.r.Reverse {
		if k == nil {
			return w.land(w.cursor.Last())
		}
		return w.land(w.cursor.Prev())
	}
	if w.r.After != "" && bytes.Equal(k, start) {
		return w.next()
	}
	return w.land(k, v)
}

// next goes to the next row and returns its value, or nil.
func (w *walk) next() []byte {
	if w.r.Reverse {
		return w.land(w.cursor.Prev())
	}
	return w.land(w.cursor.Next())
}

func (w *walk) land(k, v []byte) []byte {
	w.key = k
	if !bytes.HasPrefix(k, w.prefix) {
		return nil
	}
	return v
}

// unavailable is the error of a call that the file did not let through.
func (t *Table) unavailable(doing string, cause error) error {
	return fmt.Errorf("%w: %s %s: %w", table.ErrUnavailable, doing, t.path, cause)
}
