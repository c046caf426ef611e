package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/parley-chat/parley/internal/store/table"
)

func newTable(t testing.TB) *Table {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "table.db"), nil)
}

// item returns an item that never expires.
func item(partition, sort, data string) table.Item {
	return table.Item{Key: table.Key{Partition: partition, Sort: sort}, Data: []byte(data)}
}

// put writes an item that never expires.
func put(t testing.TB, tab *Table, partition, sort, data string) {
	t.Helper()
	if err := tab.Write(t.Context(), table.Put(item(partition, sort, data), table.Always)); err != nil {
		t.Fatal(err)
	}
}

// hold keeps the committer in a transaction until release is called.
func hold(t *testing.T, tab *Table) (release func()) {
	t.Helper()
	inside, leave := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		done <- tab.submit(context.WithoutCancel(t.Context()), 1, func(*Conn, int64) (error, error) {
			close(inside)
			<-leave
			return nil, nil
		})
	}()
	<-inside
	return func() {
		close(leave)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestWrite_manyAtOnce_shareOneTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tab := newTable(t)
		release := hold(t, tab)
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() { put(t, tab, "p", fmt.Sprint(i), "x") })
		}
		synctest.Wait() // until all are queued
		release()
		wg.Wait()
		if got := tab.Commits(); got != 2 {
			t.Errorf("%d transactions; want the one that was held and one for all that were queued", got)
		}
	})
}

func TestWrite_inOneTransaction_isJudgedOnWhatThoseBeforeItLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tab := newTable(t)
		release := hold(t, tab)
		errs := make([]error, 4)
		var wg sync.WaitGroup
		for i, ops := range [][]table.Op{
			{table.Put(item("p", "a", "one"), table.IfAbsent)},
			{table.Put(item("p", "a", "two"), table.IfAbsent), table.Put(item("p", "side", "x"), table.Always)},
			{table.Delete(table.Key{Partition: "p", Sort: "a"}, table.IfPresent)},
			{table.Put(item("p", "a", "four"), table.IfAbsent)},
		} {
			wg.Go(func() { errs[i] = tab.Write(t.Context(), ops...) })
			synctest.Wait() // until the write is queued
		}
		release()
		wg.Wait()
		var conflict *table.ConflictError
		if !errors.As(errs[1], &conflict) || string(conflict.Conflicts[0].Item.Data) != "one" {
			t.Errorf("write 1: %v; want a conflict with the item of write 0", errs[1])
		}
		if err := errors.Join(errs[0], errs[2], errs[3]); err != nil {
			t.Error(err)
		}
		if got, err := tab.Get(t.Context(), table.Key{Partition: "p", Sort: "a"}, table.Strong); err != nil ||
			string(got.Data) != "four" {
			t.Errorf("in the end: %q, %v; want four", got.Data, err)
		}
		if _, err := tab.Get(t.Context(), table.Key{Partition: "p", Sort: "side"},
			table.Strong); !errors.Is(err, table.ErrNotFound) {
			t.Errorf("the refused write left its other op: %v", err)
		}
	})
}

func TestWrite_cancelledBeforeItsTransaction_neverHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tab := newTable(t)
		release := hold(t, tab)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- tab.Write(ctx, table.Put(item("p", "a", "x"), table.Always)) }()
		synctest.Wait() // until the write is queued
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Write: %v; want the context's error, and at once", err)
		}
		release()
		put(t, tab, "p", "b", "x")
		if _, err := tab.Get(t.Context(), table.Key{Partition: "p", Sort: "a"},
			table.Strong); !errors.Is(err, table.ErrNotFound) {
			t.Errorf("Get: %v; want ErrNotFound", err)
		}
	})
}

func TestWrite_cancelledInItsTransaction_returnsAtOnce(t *testing.T) {
	tab := newTable(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- tab.submit(ctx, 1, func(*Conn, int64) (error, error) {
			close(inside)
			<-leave
			return nil, nil
		})
	}()
	<-inside
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Write: %v; want the context's error", err)
	}
	close(leave)
	put(t, tab, "p", "a", "x")
}

// A failed statement ends the transaction of all jobs in the group, and nothing else.
func TestWrite_failureInATransaction_isEveryonesAndLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tab := newTable(t)
		release := hold(t, tab)
		errs := make([]error, 2)
		var wg sync.WaitGroup
		wg.Go(func() { errs[0] = tab.Write(t.Context(), table.Put(item("p", "a", "x"), table.Always)) })
		synctest.Wait()
		wg.Go(func() {
			errs[1] = tab.submit(t.Context(), 1,
				func(c *Conn, _ int64) (error, error) { return nil, c.Run("SELECT nonsense") })
		})
		synctest.Wait()
		release()
		wg.Wait()
		for _, err := range errs {
			if !errors.Is(err, table.ErrUnavailable) {
				t.Errorf("%v; want ErrUnavailable", err)
			}
		}
		if _, err := tab.Get(t.Context(), table.Key{Partition: "p", Sort: "a"},
			table.Strong); !errors.Is(err, table.ErrNotFound) {
			t.Errorf("Get: %v; want ErrNotFound", err)
		}
		put(t, tab, "p", "a", "x")
	})
}

func TestClose_callsInProgressEnd_laterOnesAreUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tab := newTable(t)
		release := hold(t, tab)
		closed := make(chan error)
		go func() { closed <- tab.Close() }()
		synctest.Wait()
		release() // the transaction is committed
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if err := tab.Write(t.Context(), table.Put(item("p", "a", "x"),
			table.Always)); !errors.Is(err, table.ErrUnavailable) {
			t.Errorf("Write: %v", err)
		}
		if _, err := tab.Get(t.Context(), table.Key{Partition: "p", Sort: "a"},
			table.Strong); !errors.Is(err, table.ErrUnavailable) {
			t.Errorf("Get: %v", err)
		}
		for partition, err := range tab.Partitions(t.Context(), "p", "a") {
			if partition != "" || !errors.Is(err, table.ErrUnavailable) {
				t.Errorf("Partitions: %q, %v", partition, err)
			}
		}
		if err := tab.Close(); err != nil {
			t.Errorf("Close again: %v", err)
		}
	})
}

func TestCommits_countsWhatWasWrittenAndNothingElse(t *testing.T) {
	tab := newTable(t)
	for n := range 3 {
		put(t, tab, "p", fmt.Sprint(n), "x")
	}
	var conflict *table.ConflictError
	if err := tab.Write(t.Context(), table.Put(item("p", "0", "y"), table.IfAbsent)); !errors.As(err, &conflict) {
		t.Fatal(err)
	}
	if _, err := tab.Get(t.Context(), table.Key{Partition: "p", Sort: "0"}, table.Strong); err != nil {
		t.Fatal(err)
	}
	if got := tab.Commits(); got != 3 {
		t.Errorf("%d transactions after three writes, a refused one and a read", got)
	}
}

// The log is moved into the file while others commit, and then begins again.
func TestWrite_muchInOneGo_keepsTheLogSmall(t *testing.T) {
	tab := newTable(t)
	text := strings.Repeat("x", 200<<10)
	for n := range 2 * logLimit / len(text) {
		put(t, tab, "p", fmt.Sprint(n), text)
	}
	if got := tab.LogBytes(); got > logLimit {
		t.Errorf("after %d bytes the log has %d", 2*logLimit, got)
	}
}

// Reads go on during an open transaction, with the content from before the transaction.
func TestRead_duringATransaction_doesNotWait(t *testing.T) {
	tab := newTable(t)
	put(t, tab, "p", "a", "before")
	inside, leave := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		done <- tab.submit(t.Context(), 1, func(c *Conn, now int64) (error, error) {
			verdict, failure := c.apply([]table.Op{table.Put(item("p", "a", "after"), table.Always)}, now)
			close(inside)
			<-leave
			return verdict, failure
		})
	}()
	<-inside
	read := func(want string) {
		t.Helper()
		if got, err := tab.Get(t.Context(), table.Key{Partition: "p", Sort: "a"}, table.Strong); err != nil ||
			string(got.Data) != want {
			t.Errorf("Get: %q, %v; want %q", got.Data, err, want)
		}
	}
	read("before")
	close(leave)
	if err := <-done; err != nil {
		t.Error(err)
	}
	read("after")
}
