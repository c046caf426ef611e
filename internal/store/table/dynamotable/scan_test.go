package dynamotable_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

func TestPartitions_yieldsThoseWithALiveItemAtTheSortKey(t *testing.T) {
	clock := clockwork.NewFakeClockAt(start())
	tab, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock})
	put := func(partition, sort string, expires time.Time) {
		// Large enough that the table takes more than one page of a Scan.
		item := table.Item{Key: table.Key{Partition: partition, Sort: sort}, Data: []byte(strings.Repeat("x", 300_000)),
			Expires: expires}
		if err := tab.Write(t.Context(), table.Put(item, table.Always)); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for n := range 6 {
		want = append(want, fmt.Sprintf("ROOM#%d", n))
		put(want[n], "META", clock.Now().Add(time.Hour))
		put(want[n], "LOG#1", time.Time{})
	}
	put("NAME#x", "META", time.Time{})
	put("ROOM#expired", "META", clock.Now().Add(-time.Minute))
	put("ROOM#without", "LOG#1", time.Time{})
	var got []string
	for partition, err := range tab.Partitions(t.Context(), "ROOM#", "META") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, partition)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %q; want %q", got, want)
	}
}
