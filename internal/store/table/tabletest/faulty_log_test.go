package tabletest_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// Rooms depend on this rule: a log is correct under faults if its writers recognize their own events.
func TestFaulty_logUnderRoughFaults_hasNoGapsAndNoDuplicates(t *testing.T) {
	const writers, events = 4, 6
	var total tabletest.Counts
	for seed := range uint64(25) {
		tab, _ := newFaulty(t, seed, tabletest.Rough())
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for n, e := 1, 0; e < events; e++ {
					n = 1 + appendToLog(t, tab, n, fmt.Sprintf("%d/%d", w, e))
				}
			})
		}
		wg.Wait()
		c := tab.Counts()
		total.Lost, total.Repeated, total.Refused, total.Late = total.Lost+c.Lost, total.Repeated+c.Repeated,
			total.Refused+c.Refused, total.Late+c.Late
		tab.Settle()
		wantWhole(t, tab, seed, writers, events)
	}
	if total.Lost == 0 || total.Repeated == 0 || total.Refused == 0 || total.Late == 0 {
		t.Errorf("some fault never occurred: %+v", total)
	}
}

// appendToLog retries until the event is in the log, at number n or later, and returns the event's number.
func appendToLog(t *testing.T, tab table.Table, n int, event string) int {
	for {
		err := tab.Write(t.Context(),
			table.Put(item(fmt.Sprintf("LOG#%03d", n), event), table.IfAbsent),
			table.Put(item("META", fmt.Sprint(n)), table.Always))
		var conflict *table.ConflictError
		switch {
		case err == nil:
			return n
		case errors.As(err, &conflict) && string(conflict.Conflicts[0].Item.Data) == event:
			return n
		case errors.As(err, &conflict):
			n++
		case !errors.Is(err, table.ErrUnavailable):
			t.Errorf("Write: %v", err)
			return n
		}
	}
}

func wantWhole(t *testing.T, tab table.Table, seed uint64, writers, events int) {
	t.Helper()
	page, err := tab.Query(t.Context(), table.Range{Partition: "p", Prefix: "LOG#", Limit: 100,
		Consistency: table.Strong})
	if err != nil || len(page.Items) != writers*events {
		t.Fatalf("seed %d: %d events, %v; want %d", seed, len(page.Items), err, writers*events)
	}
	next := make(map[string]int)
	for i, event := range page.Items {
		writer, number, _ := strings.Cut(string(event.Data), "/")
		if event.Key.Sort != fmt.Sprintf("LOG#%03d", i+1) || number != fmt.Sprint(next[writer]) {
			t.Errorf("seed %d: %s holds %s", seed, event.Key.Sort, event.Data)
		}
		next[writer]++
	}
	if got := data(t, tab, "META", table.Strong); got != fmt.Sprint(writers*events) {
		t.Errorf("seed %d: the snapshot is of event %s", seed, got)
	}
}
