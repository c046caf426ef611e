package bolttable

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	bolt "go.etcd.io/bbolt"

	"github.com/parley-chat/parley/internal/table"
)

// rows is how many items are in the file, expired ones too.
func rows(t *testing.T, tab *Table) (n int) {
	t.Helper()
	err := tab.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(bucketName)).ForEach(func(_, _ []byte) error { n++; return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// fill writes items, of which the first never expire and the others do before the
// first round of the sweep.
func fill(t *testing.T, tab *Table, lasting, brief int) {
	t.Helper()
	var ops []table.Op
	for i := range lasting + brief {
		item := table.Item{Key: table.Key{Partition: "p", Sort: fmt.Sprintf("%06d", i)}, Data: []byte("x")}
		if i >= lasting {
			item.Expires = tab.clock.Now().Add(roundPause / 2)
		}
		ops = append(ops, table.Put(item, table.Always))
		if len(ops) == table.MaxOps || i == lasting+brief-1 {
			if err := tab.Write(t.Context(), ops...); err != nil {
				t.Fatal(err)
			}
			ops = nil
		}
	}
}

func TestSweep_removesWhatExpiredStepByStep(t *testing.T) {
	clock := clockwork.NewFakeClock()
	tab := open(t, filepath.Join(t.TempDir(), "table.db"), clock)
	const lasting, brief = 3*sweepItems/2 + 10, 2 * sweepItems
	fill(t, tab, lasting, brief)
	clock.Advance(roundPause)
	left := lasting + brief
	for range 4 {
		if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		now := rows(t, tab)
		if left-now > sweepItems {
			t.Errorf("one step removed %d items; want at most %d", left-now, sweepItems)
		}
		left = now
		clock.Advance(stepPause)
	}
	if left != lasting {
		t.Errorf("%d items are left after a round; want %d", left, lasting)
	}
}

func TestSweep_itemWrittenAnewSinceItLooked_stays(t *testing.T) {
	clock := clockwork.NewFakeClock()
	tab := open(t, filepath.Join(t.TempDir(), "table.db"), clock)
	fill(t, tab, 1, 1)
	looked := [][]byte{rowKey(table.Key{Partition: "p", Sort: "000001"})}
	clock.Advance(stepPause)
	for _, want := range []int{2, 1} { // rows left, first while the item lives
		err := tab.submit(t.Context(), newJob(0, func(b *bolt.Bucket, now int64) (error, error) {
			_, failure := deleteExpired(b, looked, now)
			return nil, failure
		}))
		if err != nil {
			t.Fatal(err)
		}
		if got := rows(t, tab); got != want {
			t.Errorf("%d rows; want %d", got, want)
		}
		clock.Advance(roundPause / 2)
	}
}

func TestSweep_itemsThatComeAndGo_doNotGrowTheFile(t *testing.T) {
	clock := clockwork.NewFakeClock()
	path := filepath.Join(t.TempDir(), "table.db")
	tab := open(t, path, clock)
	var early int64
	for cycle := range 12 {
		for i := range 20 {
			item := table.Item{Key: table.Key{Partition: fmt.Sprint(cycle), Sort: fmt.Sprint(i)}, Data: make([]byte, 50_000), Expires: clock.Now().Add(10 * time.Second)}
			if err := tab.Write(t.Context(), table.Put(item, table.IfAbsent)); err != nil {
				t.Fatal(err)
			}
		}
		if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		clock.Advance(roundPause)
		await(t, "the round has swept them", func() bool { return rows(t, tab) == 0 })
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if cycle == 3 {
			early = info.Size()
		} else if cycle > 3 && info.Size() > early {
			t.Errorf("cycle %d: the file has %d bytes; it had %d", cycle, info.Size(), early)
		}
	}
}
