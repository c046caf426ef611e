package bolttable

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/table"
)

func TestPartitions_areThoseThatHoldALiveItemUnderTheKey(t *testing.T) {
	clock := clockwork.NewFakeClockAt(time.Date(2100, 1, 1, 12, 0, 0, 0, time.UTC))
	tab := open(t, filepath.Join(t.TempDir(), "table.db"), clock)
	write := func(partition, sort string, expires time.Time) {
		item := table.Item{Key: table.Key{Partition: partition, Sort: sort}, Data: []byte("x"), Expires: expires}
		if err := tab.Write(t.Context(), table.Put(item, table.Always)); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for n := range 2*checkEvery + 10 { // more than one look takes in
		partition := fmt.Sprintf("ROOM#%04d", n)
		write(partition, "LOG#1", time.Time{})
		write(partition, "META", clock.Now().Add(time.Minute))
		want = append(want, partition)
	}
	write("NAME#x", "META", time.Time{})
	write("ROOM", "META", time.Time{})
	write("ROOM$", "META", time.Time{})
	write("ROOM#expired", "META", clock.Now())
	write("ROOM#without", "LOG#1", time.Time{})
	if got := partitions(t, tab); !slices.Equal(got, want) {
		t.Errorf("got %d partitions, %q; want %d", len(got), got, len(want))
	}
}

func partitions(t *testing.T, tab *Table) (all []string) {
	t.Helper()
	for partition, err := range tab.Partitions(t.Context(), "ROOM#", "META") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, partition)
	}
	return all
}

func TestPartitions_closedTable_isUnavailable(t *testing.T) {
	tab := newTable(t)
	put(t, tab, "ROOM#a", "META", "x")
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
	for partition, err := range tab.Partitions(t.Context(), "ROOM#", "META") {
		if partition != "" || !errors.Is(err, table.ErrUnavailable) {
			t.Errorf("got %q, %v", partition, err)
		}
	}
}
