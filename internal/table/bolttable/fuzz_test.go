package bolttable

import (
	"bytes"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

// FuzzValue reads any value of a row, and writes what it read as it was.
func FuzzValue(f *testing.F) {
	f.Add(rowValue(table.Item{Data: []byte("x")}), int64(0))
	f.Add(rowValue(table.Item{Data: []byte("x"), Expires: time.Unix(1767225600, 0)}), int64(1767225599))
	f.Add([]byte{valueVersion + 1, 0, 0, 0, 0, 0, 0, 0, 0, 'x'}, int64(0))
	f.Add([]byte{valueVersion}, int64(-1))
	f.Fuzz(func(t *testing.T, v []byte, now int64) {
		k := table.Key{Partition: "p", Sort: "s"}
		item, err := liveItem(k, v, now)
		if err != nil || item == nil {
			return
		}
		if !item.Live(time.Unix(now, 0)) || item.Key != k {
			t.Errorf("at %d an item was read that is not there: %+v", now, item)
		}
		if again := rowValue(*item); !bytes.Equal(again, v) {
			t.Errorf("read %x, wrote %x", v, again)
		}
	})
}
