package sqlitetable

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/sqlitefile"
)

func TestPartitions_areThoseThatHoldALiveItemUnderTheKey(t *testing.T) {
	clock := clockwork.NewFakeClockAt(time.Date(2100, 1, 1, 12, 0, 0, 0, time.UTC))
	tab := open(t, filepath.Join(t.TempDir(), "table.db"), clock)
	write := func(partition, sort string, expires time.Time) {
		i := item(partition, sort, "x")
		i.Expires = expires
		if err := tab.Write(t.Context(), table.Put(i, table.Always)); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for n := range 30 {
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
	var got []string
	for partition, err := range tab.Partitions(t.Context(), "ROOM#", "META") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, partition)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q; want %q", got, want)
	}
}

func TestReader_besideATable_seesWhatItWrites(t *testing.T) {
	tab := newTable(t)
	file, err := sqlitefile.Look(tab.file.Path())
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(file, clockwork.NewRealClock())
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		put(t, tab, "p", fmt.Sprint(n), "x")
		if page, err := r.Query(t.Context(), table.Range{Partition: "p", Limit: 10}); err != nil || len(page.Items) != n+1 {
			t.Errorf("%d items, %v; want %d", len(page.Items), err, n+1)
		}
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
