package bolttable

import (
	"bytes"
	"context"
	"iter"
	"strings"

	bolt "go.etcd.io/bbolt"

	"github.com/parley-chat/parley/internal/table"
)

// Partitions yields, in order, each partition whose name begins with prefix and
// that holds a live item under the sort key. It may miss what is written
// meanwhile. If it fails, the last pair has an error, either table.ErrUnavailable
// or the context's, and no partition.
func (t *Table) Partitions(ctx context.Context, prefix, sort string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for from := []byte(prefix); from != nil; {
			found, next, err := t.partitionsFrom(ctx, from, prefix, sort)
			if err != nil {
				yield("", err)
				return
			}
			for _, partition := range found {
				if !yield(partition, nil) {
					return
				}
			}
			from = next
		}
	}
}

// partitionsFrom examines up to checkEvery partitions, starting at the first row
// at or after from. It returns the row to continue from, or nil at the end. The
// transaction is short because the file cannot grow while it is open.
func (t *Table) partitionsFrom(ctx context.Context, from []byte, prefix, sort string) (found []string, next []byte, err error) {
	err = t.view(ctx, func(b *bolt.Bucket, now int64) error {
		c := b.Cursor()
		k, _ := c.Seek(from)
		for n := 0; k != nil && bytes.HasPrefix(k, []byte(prefix)); n++ {
			if next = bytes.Clone(k); n == checkEvery {
				return nil
			}
			partition, _, _ := strings.Cut(string(k), string(rune(separator)))
			key := table.Key{Partition: partition, Sort: sort}
			item, err := liveItem(key, b.Get(rowKey(key)), now)
			if err != nil {
				return err
			}
			if item != nil {
				found = append(found, partition)
			}
			k, _ = c.Seek(append([]byte(partition), separator+1)) // behind all of its rows
		}
		next = nil
		return nil
	})
	return found, next, err
}
