package tabletest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// start is the first time of fake clocks.
func start() time.Time { return time.Date(2100, 1, 1, 12, 0, 0, 500_000_000, time.UTC) }

// openFile opens a table without faults.
func openFile(t *testing.T, clock clockwork.Clock) table.Table {
	t.Helper()
	tab := sqlitetest.Open(t, clock)
	return tab
}

// newFaulty returns a faulty table and the correct table below.
func newFaulty(t *testing.T, seed uint64, faults tabletest.Faults) (*tabletest.Faulty, table.Table) {
	clock := clockwork.NewFakeClockAt(start())
	inner := openFile(t, clock)
	return tabletest.NewFaulty(inner, clock, seed, faults), inner
}

func item(sort, data string) table.Item {
	return table.Item{Key: table.Key{Partition: "p", Sort: sort}, Data: []byte(data)}
}

// data returns the data that a read sees at sort, or "" without an item.
func data(t *testing.T, tab table.Table, sort string, c table.Consistency) string {
	t.Helper()
	got, err := tab.Get(t.Context(), item(sort, "").Key, c)
	if err != nil && !errors.Is(err, table.ErrNotFound) {
		t.Fatal(err)
	}
	seen := string(got.Data)
	copy(got.Data, "####") // the caller owns the data
	return seen
}

// list returns the items of a query, as key=data separated by spaces.
func list(t *testing.T, tab table.Table, c table.Consistency) string {
	t.Helper()
	page, err := tab.Query(t.Context(), table.Range{Partition: "p", Limit: 100, Consistency: c})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, i := range page.Items {
		all = append(all, i.Key.Sort+"="+string(i.Data))
	}
	return strings.Join(all, " ")
}

func write(t *testing.T, tab table.Table, ops ...table.Op) {
	t.Helper()
	if err := tab.Write(t.Context(), ops...); err != nil {
		t.Fatal(err)
	}
}

func TestFaulty_withoutFaults_passesTheContract(t *testing.T) {
	tabletest.Run(t, func(t *testing.T, clock clockwork.Clock) table.Table {
		return tabletest.NewFaulty(openFile(t, clock), clock, 1, tabletest.Faults{})
	})
}

func TestFaulty_staleAndSlow_passesTheContract(t *testing.T) {
	tabletest.Run(t, func(t *testing.T, clock clockwork.Clock) table.Table {
		return tabletest.NewFaulty(openFile(t, clock), clock, 1, tabletest.Correct())
	})
}

func TestFaulty_refusedCall_hasNoEffect(t *testing.T) {
	tab, inner := newFaulty(t, 1, tabletest.Faults{Refused: 1})
	if err := tab.Write(t.Context(), table.Put(item("a", "x"), table.IfAbsent)); !errors.Is(err, table.ErrUnavailable) {
		t.Errorf("Write: %v; want ErrUnavailable", err)
	}
	if _, err := tab.Get(t.Context(), item("a", "").Key, table.Strong); !errors.Is(err, table.ErrUnavailable) {
		t.Errorf("Get: %v; want ErrUnavailable", err)
	}
	if _, err := tab.Query(t.Context(), table.Range{Partition: "p", Limit: 1}); !errors.Is(err, table.ErrUnavailable) {
		t.Errorf("Query: %v; want ErrUnavailable", err)
	}
	if got := list(t, inner, table.Strong); got != "" || tab.Counts().Refused != 3 {
		t.Errorf("the table holds %q after %d refusals; want nothing after 3", got, tab.Counts().Refused)
	}
}

func TestFaulty_lostReply_writeIsApplied(t *testing.T) {
	tab, inner := newFaulty(t, 1, tabletest.Faults{Lost: 1})
	for range 2 { // the second Write is a conflict, whose reply is lost too
		if err := tab.Write(t.Context(), table.Put(item("a", "x"),
			table.IfAbsent)); !errors.Is(err, table.ErrUnavailable) {
			t.Errorf("Write: %v; want ErrUnavailable", err)
		}
	}
	if got := list(t, inner, table.Strong); got != "a=x" || tab.Counts().Lost != 2 {
		t.Errorf("the table holds %q after %d losses", got, tab.Counts().Lost)
	}
}

func TestFaulty_repeatedWrite_conflictsWithItself(t *testing.T) {
	tab, inner := newFaulty(t, 1, tabletest.Faults{Repeated: 1, Partial: 1})
	err := tab.Write(t.Context(), table.Put(item("a", "mine"), table.IfAbsent),
		table.Put(item("b", "mine"), table.Always))
	var conflict *table.ConflictError
	if !errors.As(err, &conflict) || len(conflict.Conflicts) != 1 || string(conflict.Conflicts[0].Item.Data) != "mine" {
		t.Errorf("Write: %v; want a conflict with its own item", err)
	}
	if got := list(t, inner, table.Strong); got != "a=mine b=mine" || tab.Counts().Repeated != 1 {
		t.Errorf("the table holds %q", got)
	}
	for n := range 10 {
		want := fmt.Sprint(n)
		write(t, tab, table.Put(item("a", want), table.Always), table.Put(item("b", want), table.Always))
		if a, b := data(t, tab, "a", table.Strong), data(t, tab, "b", table.Strong); a != want || b != want {
			t.Errorf("after write %d strong reads see %q and %q", n, a, b)
		}
	}
}

func TestFaulty_lateWrite_isAppliedLaterIfItsConditionHolds(t *testing.T) {
	tab, inner := newFaulty(t, 1, tabletest.Faults{Late: 1})
	for _, sort := range []string{"a", "b"} {
		i := item(sort, "late")
		if err := tab.Write(t.Context(), table.Put(i, table.IfAbsent)); !errors.Is(err, table.ErrUnavailable) {
			t.Errorf("Write: %v; want ErrUnavailable", err)
		}
		copy(i.Data, "gone") // the table must have copied the data
	}
	if got := list(t, inner, table.Strong); got != "" {
		t.Fatalf("the table holds %q at once", got)
	}
	write(t, inner, table.Put(item("b", "in the way"), table.IfAbsent))
	for range 10 {
		data(t, tab, "a", table.Strong)
	}
	if got := list(t, inner, table.Strong); got != "a=late b=in the way" || tab.Counts().LateApplied != 1 {
		t.Errorf("the table holds %q after %d late writes", got, tab.Counts().LateApplied)
	}
}

func TestFaulty_hungCall_returnsWhenItsContextEnds(t *testing.T) {
	happened := 0
	const runs = 16
	for seed := range uint64(runs) {
		tab, inner := newFaulty(t, seed, tabletest.Faults{Hung: 1})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- tab.Write(ctx, table.Put(item("a", "x"), table.IfAbsent)) }()
		for turn := 0; tab.Counts().Hung == 0 && turn < 1_000_000; turn++ {
			runtime.Gosched()
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Write: %v; want the context's error", err)
		}
		if list(t, inner, table.Strong) != "" {
			happened++
		}
	}
	if happened == 0 || happened == runs {
		t.Errorf("%d of %d hung writes were applied; want some", happened, runs)
	}
	tab, _ := newFaulty(t, 1, tabletest.Faults{Hung: 1})
	if _, err := tab.Get(context.Background(), item("a", "").Key, table.Strong); !errors.Is(err, table.ErrUnavailable) {
		t.Errorf("Get whose context cannot end: %v; want ErrUnavailable", err)
	}
}

func TestFaulty_staleRead_seesAnEarlierState(t *testing.T) {
	tab, _ := newFaulty(t, 1, tabletest.Faults{Stale: 1})
	seen := make(map[string]bool)
	for n := range 100 {
		now := item("a", fmt.Sprint(n))
		write(t, tab, table.Put(now, table.Always))
		copy(now.Data, "##")
		got := data(t, tab, "a", table.Eventual)
		seen[got] = true
		if strong := data(t, tab, "a", table.Strong); strong != fmt.Sprint(n) {
			t.Fatalf("a strong read sees %q; want %d", strong, n)
		}
		var back int
		if got == "" {
			back = n + 1
		} else if _, err := fmt.Sscan(got, &back); err != nil {
			t.Fatal(err)
		} else {
			back = n - back
		}
		if back < 0 || back > 8 { // three calls for each state, at most sixteen calls
			t.Fatalf("an eventual read after %d saw %q", n, got)
		}
	}
	if tab.Counts().Stale < 30 || len(seen) < 10 {
		t.Errorf("%d stale reads, %d states seen", tab.Counts().Stale, len(seen))
	}
	for range 20 {
		data(t, tab, "b", table.Strong)
	}
	if got := data(t, tab, "a", table.Eventual); got != "99" {
		t.Errorf("after twenty calls without a write an eventual read sees %q", got)
	}
}

func TestFaulty_staleQuery_showsGapsAndDeletedItems(t *testing.T) {
	tab, _ := newFaulty(t, 1, tabletest.Faults{Stale: 1})
	gap, ghost := false, false
	for n := range 60 {
		write(t, tab, table.Put(item(fmt.Sprintf("LOG#%03d", n), "x"), table.IfAbsent),
			table.Put(item("gone", "x"), table.IfAbsent))
		write(t, tab, table.Delete(item("gone", "").Key, table.IfPresent))
		r := table.Range{Partition: "p", Prefix: "LOG#", Limit: 100}
		page, err := tab.Query(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		for i, event := range page.Items {
			gap = gap || event.Key.Sort != fmt.Sprintf("LOG#%03d", i)
		}
		ghost = ghost || strings.Contains(list(t, tab, table.Eventual), "gone")
		if got := list(t, tab, table.Strong); strings.Count(got, "LOG#") != n+1 || strings.Contains(got, "gone") {
			t.Fatalf("a strong query sees %q", got)
		}
	}
	if !gap || !ghost {
		t.Errorf("saw a gap: %v, a deleted item: %v; want both", gap, ghost)
	}
}

func TestFaulty_slowCall_letsOthersRun(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	tab, _ := newFaulty(t, 1, tabletest.Faults{Slow: 1})
	var turns atomic.Int64
	go func() {
		for t.Context().Err() == nil {
			turns.Add(1)
			runtime.Gosched()
		}
	}()
	// The scheduler may interrupt a call that is not slow, too, but hardly each of 50.
	for n := range 50 {
		before := turns.Load()
		data(t, tab, "a", table.Strong)
		if turns.Load() == before {
			t.Fatalf("nothing else ran during slow call %d", n+1)
		}
	}
}

func TestFaulty_settled_matchesTheTableBelow(t *testing.T) {
	tab, inner := newFaulty(t, 3, tabletest.Faults{Late: 0.5, Lost: 0.5, Partial: 1, Stale: 1})
	for n := range 20 {
		tab.Write(t.Context(), table.Put(item(fmt.Sprint(n, "a"), "x"), table.IfAbsent),
			table.Put(item(fmt.Sprint(n, "b"), "x"), table.IfAbsent))
	}
	tab.Settle()
	for range 20 {
		want := list(t, inner, table.Strong)
		if got := list(t, tab, table.Eventual); got != want || strings.Count(got, "x") != 40 {
			t.Fatalf("it holds %q; want %q, as in the table below", got, want)
		}
	}
	write(t, tab, table.Put(item("z", "x"), table.IfAbsent), table.Put(item("zz", "x"), table.IfAbsent))
	if got := data(t, tab, "z", table.Eventual); got != "x" {
		t.Errorf("an eventual read sees %q", got)
	}
}

// trace returns everything that a series of calls returns.
func trace(t *testing.T, seed uint64) (lines []string) {
	faults := tabletest.Rough()
	faults.Late = 0.2
	tab, _ := newFaulty(t, seed, faults)
	for n := range 150 {
		err := tab.Write(t.Context(), table.Put(item(fmt.Sprint(n%7), fmt.Sprint(n)), table.Condition(n%3)),
			table.Put(item("META", fmt.Sprint(n)), table.Always))
		lines = append(lines, fmt.Sprint(err))
		for _, c := range []table.Consistency{table.Eventual, table.Strong} {
			page, err := tab.Query(t.Context(),
				table.Range{Partition: "p", Limit: 5, Reverse: n%2 == 0, Consistency: c})
			lines = append(lines, fmt.Sprint(page, err))
		}
	}
	return append(lines, fmt.Sprint(tab.Counts()))
}

func TestFaulty_sameSeedAndCalls_haveTheSameFaults(t *testing.T) {
	one := trace(t, 1)
	if !slices.Equal(one, trace(t, 1)) {
		t.Error("two runs with the same seed differ")
	}
	if slices.Equal(one, trace(t, 2)) {
		t.Error("two runs with different seeds are equal")
	}
}
