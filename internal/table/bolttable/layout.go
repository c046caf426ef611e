package bolttable

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

// All items lie in one bucket, in the order of partition, NUL, sort key. A
// bucket for each partition would cost a page for each room; NUL is in no key,
// so partitions cannot mix and each is one run of the bucket.
const separator = 0

// A value is a version byte, the second at which the item ceases to exist
// (eight bytes, big-endian; never for no expiry) and the data.
const (
	valueVersion = 1
	headerBytes  = 9
	never        = math.MaxInt64
)

// rowKey is the key of k in the bucket.
func rowKey(k table.Key) []byte {
	return append(rowPrefix(k.Partition), k.Sort...)
}

// rowPrefix is what the keys of a partition begin with.
func rowPrefix(partition string) []byte {
	return append(append(make([]byte, 0, len(partition)+1+32), partition...), separator)
}

// rowValue is a new slice that holds item.
func rowValue(item table.Item) []byte {
	expires := int64(never)
	if !item.Expires.IsZero() {
		expires = item.Expires.Unix()
	}
	v := make([]byte, 0, headerBytes+len(item.Data))
	v = append(v, valueVersion)
	v = binary.BigEndian.AppendUint64(v, uint64(expires))
	return append(v, item.Data...)
}

// expiry reads the second at which the value v ceases to exist.
func expiry(v []byte) (int64, error) {
	if len(v) < headerBytes {
		return 0, fmt.Errorf("a value of %d bytes is too short", len(v))
	}
	if v[0] != valueVersion {
		return 0, fmt.Errorf("a value has version %d, and this program knows %d: use a newer parley", v[0], valueVersion)
	}
	return int64(binary.BigEndian.Uint64(v[1:headerBytes])), nil
}

// liveItem copies the item at k out of its value v. It is nil if v is nil or if
// the item has expired at the second now.
func liveItem(k table.Key, v []byte, now int64) (*table.Item, error) {
	if v == nil {
		return nil, nil
	}
	expires, err := expiry(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k, err)
	}
	if expires <= now {
		return nil, nil
	}
	item := table.Item{Key: k, Data: append([]byte(nil), v[headerBytes:]...)}
	if expires != never {
		item.Expires = time.Unix(expires, 0).UTC()
	}
	return &item, nil
}
