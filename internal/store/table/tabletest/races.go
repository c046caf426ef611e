package tabletest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/parley-chat/parley/internal/store/table"
)

func testRaces(t *trial) {
	t.says("one of many puts of an absent item wins and the losers see it", testOneWinner)
	t.says("one of many deletes of a present item wins", func(t *trial) {
		t.put(t.item("a", "one"))
		wins := 0
		for i, err := range t.together(16, func(int) error {
			return t.table.Write(t.ctx, table.Delete(t.key("a"), table.IfPresent))
		}) {
			if err == nil {
				wins++
			} else if c := t.wantConflict(err, 0); c[0].Item != nil {
				t.Errorf("writer %d: conflict with %v; want no item", i, c[0].Item)
			}
		}
		if wins != 1 {
			t.Errorf("%d deletes won; want 1", wins)
		}
	})
	t.says("one of many puts over the same item wins", func(t *trial) {
		t.put(t.item("a", "old"))
		winner := ""
		for i, err := range t.together(16, func(i int) error {
			put := table.Put(t.item("a", fmt.Sprint("writer ", i)), table.IfSame)
			put.Was = []byte("old")
			return t.table.Write(t.ctx, put)
		}) {
			if err == nil {
				winner += fmt.Sprint("writer ", i)
			} else {
				t.wantConflict(err, 0)
			}
		}
		t.wantData("a", winner)
	})
	t.says("a log with many writers has no gaps and no duplicates", testLog)
	t.says("a strong read sees every write that returned before", testSeenAtOnce)
}

// together calls f in n goroutines at once and returns their errors.
func (t *trial) together(n int, f func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

func testOneWinner(t *trial) {
	for _, beside := range []bool{false, true} {
		sort := fmt.Sprint("a", beside)
		winner, losers := "", []table.Item{}
		for i, err := range t.together(16, func(i int) error {
			ops := []table.Op{table.Put(t.item(sort, fmt.Sprint("writer ", i)), table.IfAbsent)}
			if beside {
				ops = append(ops, table.Put(t.item(fmt.Sprint("b", i), "x"), table.Always))
			}
			return t.table.Write(t.ctx, ops...)
		}) {
			if err == nil {
				winner += fmt.Sprint("writer ", i)
			} else if c := t.wantConflict(err, 0); c[0].Item == nil {
				t.Errorf("writer %d: a conflict without its item", i)
			} else {
				losers = append(losers, *c[0].Item)
			}
		}
		t.wantData(sort, winner)
		for _, item := range losers {
			t.wantSame(item, t.item(sort, winner))
		}
		if beside {
			t.wantSorts(t.query(table.Range{Prefix: "b", Limit: 100}), "b"+strings.TrimPrefix(winner, "writer "))
		}
	}
}

const (
	logWriters = 6
	logEvents  = 8 // of each writer
)

// testLog appends to a log as a room does: a Write puts event n+1 if absent, and a snapshot.
func testLog(t *trial) {
	for _, err := range t.together(logWriters, func(i int) error {
		next := 1
		for e := range logEvents {
			n, err := t.appendEvent(next, fmt.Sprintf("writer %d event %d", i, e))
			if err != nil {
				return err
			}
			next = n + 1
		}
		return nil
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	page := t.query(table.Range{Prefix: "LOG#", Limit: 100})
	if len(page.Items) != logWriters*logEvents {
		t.Fatalf("%d events; want %d", len(page.Items), logWriters*logEvents)
	}
	seen := make(map[string]int) // events of each writer
	for i, item := range page.Items {
		if item.Key.Sort != logKey(i+1) {
			t.Errorf("event %d is at %s", i+1, item.Key.Sort)
		}
		writer, number, _ := strings.Cut(string(item.Data), " event ")
		if number != strconv.Itoa(seen[writer]) {
			t.Errorf("%s comes after %d events of its writer", item.Data, seen[writer])
		}
		seen[writer]++
	}
	t.wantData("META", strconv.Itoa(logWriters*logEvents))
}

func logKey(n int) string { return fmt.Sprintf("LOG#%05d", n) }

// appendEvent appends at the first free number from n and returns the number.
func (t *trial) appendEvent(n int, text string) (int, error) {
	for ; ; n++ {
		err := t.table.Write(t.ctx,
			table.Put(t.item(logKey(n), text), table.IfAbsent),
			table.Put(t.item("META", strconv.Itoa(n)), table.Always))
		var conflict *table.ConflictError
		if !errors.As(err, &conflict) {
			return n, err
		}
		if c := conflict.Conflicts[0]; len(conflict.Conflicts) != 1 || c.Item == nil || c.Key != t.key(logKey(n)) {
			return n, fmt.Errorf("conflicts %v at %s", conflict.Conflicts, logKey(n))
		}
	}
}

// testSeenAtOnce lets each writer read its own writes while others write.
func testSeenAtOnce(t *trial) {
	for _, err := range t.together(8, func(i int) error {
		for n := range 10 {
			a, b := fmt.Sprintf("%d/a%d", i, n), fmt.Sprintf("%d/b%d", i, n)
			if err := t.table.Write(t.ctx, table.Put(t.item(a, "x"), table.IfAbsent),
				table.Put(t.item(b, "x"), table.IfAbsent)); err != nil {
				return err
			}
			if _, err := t.table.Get(t.ctx, t.key(b), table.Strong); err != nil {
				return fmt.Errorf("Get %s: %w", b, err)
			}
			page, err := t.table.Query(t.ctx, table.Range{Partition: t.partition, Prefix: fmt.Sprint(i, "/"),
				Limit: 100, Consistency: table.Strong})
			if err != nil || len(page.Items) != 2*(n+1) {
				return fmt.Errorf("writer %d sees %q after %d writes, %v", i, sorts(page.Items), n+1, err)
			}
		}
		return nil
	}) {
		if err != nil {
			t.Error(err)
		}
	}
}

// testCancelled cancels contexts of writes in progress.
func testCancelled(t *trial) {
	const writers = 32
	ctxs := make([]context.Context, writers)
	cancels := make([]context.CancelFunc, writers)
	for i := range writers {
		ctxs[i], cancels[i] = context.WithCancel(t.ctx)
	}
	errs := t.together(2*writers, func(i int) error {
		if i >= writers {
			cancels[i-writers]()
			return nil
		}
		return t.table.Write(ctxs[i],
			table.Put(t.item(fmt.Sprintf("a%02d", i), "x"), table.Always),
			table.Put(t.item(fmt.Sprintf("b%02d", i), "x"), table.Always))
	})
	for i, err := range errs[:writers] {
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("writer %d: %v; want success or the context's error", i, err)
		}
		if err == nil {
			t.wantData(fmt.Sprintf("a%02d", i), "x")
			t.wantData(fmt.Sprintf("b%02d", i), "x")
		}
	}
	t.put(t.item("done", "x"))
	t.eventually(func() bool {
		return len(t.query(table.Range{Prefix: "a", Limit: 100}).Items) == len(t.query(table.Range{Prefix: "b",
			Limit: 100}).Items)
	})
}
