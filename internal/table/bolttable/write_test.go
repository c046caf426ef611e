package bolttable

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/parley-chat/parley/internal/table"
)

// await spins until the condition holds, for ten seconds at most.
func await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("waited in vain until ", what)
		}
	}
}

// hold keeps the committing goroutine inside one transaction until release is
// called, so that a test can say what is queued behind it.
func hold(t *testing.T, tab *Table) (release func()) {
	t.Helper()
	inside, leave := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		done <- tab.submit(context.WithoutCancel(t.Context()), newJob(0, func(*bolt.Bucket, int64) (error, error) {
			close(inside)
			<-leave
			return nil, nil
		}))
	}()
	<-inside
	return func() {
		close(leave)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func newTable(t testing.TB) *Table {
	return open(t, filepath.Join(t.TempDir(), "table.db"), nil)
}

func TestWrite_manyQueued_shareOneTransaction(t *testing.T) {
	tab := newTable(t)
	before := commits(t, tab)
	release := hold(t, tab)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() { put(t, tab, "p", fmt.Sprint(i), "x") })
	}
	await(t, "all are queued", func() bool { return len(tab.queue) == 64 })
	release()
	wg.Wait()
	if got := commits(t, tab) - before; got != 2 {
		t.Errorf("%d transactions; want 2: the one that was held, and one for the 64 writes queued behind it", got)
	}
}

func TestWrite_inOneGroup_isJudgedOnWhatThoseBeforeItLeft(t *testing.T) {
	tab := newTable(t)
	release := hold(t, tab)
	key := table.Key{Partition: "p", Sort: "a"}
	side := table.Item{Key: table.Key{Partition: "p", Sort: "side"}, Data: []byte("x")}
	writes := [][]table.Op{
		{table.Put(table.Item{Key: key, Data: []byte("one")}, table.IfAbsent)},
		{table.Put(table.Item{Key: key, Data: []byte("two")}, table.IfAbsent), table.Put(side, table.Always)},
		{table.Delete(key, table.IfPresent)},
		{table.Put(table.Item{Key: key, Data: []byte("four")}, table.IfAbsent)},
	}
	errs := make([]error, len(writes))
	var wg sync.WaitGroup
	for i, ops := range writes {
		wg.Go(func() { errs[i] = tab.Write(t.Context(), ops...) })
		await(t, "it is queued", func() bool { return len(tab.queue) == i+1 })
	}
	release()
	wg.Wait()
	for _, i := range []int{0, 2, 3} {
		if errs[i] != nil {
			t.Errorf("write %d: %v", i, errs[i])
		}
	}
	var conflict *table.ConflictError
	if !errors.As(errs[1], &conflict) || string(conflict.Conflicts[0].Item.Data) != "one" {
		t.Errorf("write 1: %v; want a conflict with the item of write 0", errs[1])
	}
	if got, err := tab.Get(t.Context(), key, table.Strong); err != nil || string(got.Data) != "four" {
		t.Errorf("in the end: %q, %v; want four", got.Data, err)
	}
	if _, err := tab.Get(t.Context(), side.Key, table.Strong); !errors.Is(err, table.ErrNotFound) {
		t.Errorf("the conflicted write left its other op: %v", err)
	}
}

func TestWrite_cancelledWhileQueued_neverHappens(t *testing.T) {
	tab := newTable(t)
	release := hold(t, tab)
	ctx, cancel := context.WithCancel(t.Context())
	item := table.Item{Key: table.Key{Partition: "p", Sort: "a"}, Data: []byte("x")}
	done := make(chan error)
	go func() { done <- tab.Write(ctx, table.Put(item, table.Always)) }()
	await(t, "it is queued", func() bool { return len(tab.queue) == 1 })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Write: %v; want the context's error, and at once", err)
	}
	release()
	put(t, tab, "p", "b", "x")
	if _, err := tab.Get(t.Context(), item.Key, table.Strong); !errors.Is(err, table.ErrNotFound) {
		t.Errorf("Get: %v; want ErrNotFound", err)
	}
}

func TestWrite_cancelledWhileItCommits_returnsAtOnce(t *testing.T) {
	tab := newTable(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- tab.submit(ctx, newJob(0, func(*bolt.Bucket, int64) (error, error) {
			close(inside)
			<-leave
			return nil, nil
		}))
	}()
	<-inside
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Write: %v; want the context's error", err)
	}
	close(leave)
	put(t, tab, "p", "a", "x")
}

func TestWrite_afterAPanicOfTheStore_isRefusedAndReadsGoOn(t *testing.T) {
	tab := newTable(t)
	put(t, tab, "p", "a", "x")
	err := tab.submit(t.Context(), newJob(0, func(*bolt.Bucket, int64) (error, error) {
		var none *bolt.Bucket
		return none.Put([]byte("k"), []byte("v")), nil
	}))
	if !errors.Is(err, table.ErrUnavailable) || !errors.Is(err, errDamaged) {
		t.Fatalf("the write that panicked: %v", err)
	}
	item := table.Item{Key: table.Key{Partition: "p", Sort: "b"}, Data: []byte("x")}
	if err := tab.Write(t.Context(), table.Put(item, table.Always)); !errors.Is(err, table.ErrUnavailable) {
		t.Errorf("Write: %v; want ErrUnavailable", err)
	}
	if _, err := tab.Get(t.Context(), table.Key{Partition: "p", Sort: "a"}, table.Strong); err != nil {
		t.Errorf("Get: %v", err)
	}
}

func TestWrite_overAValueOfANewerVersion_isRefusedAlone(t *testing.T) {
	tab := newTable(t)
	k := table.Key{Partition: "p", Sort: "a"}
	err := tab.submit(t.Context(), newJob(0, func(b *bolt.Bucket, _ int64) (error, error) {
		v := rowValue(table.Item{Key: k, Data: []byte("x")})
		v[0]++
		return nil, b.Put(rowKey(k), v)
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := tab.Write(t.Context(), table.Put(table.Item{Key: k, Data: []byte("y")}, table.Always)); !errors.Is(err, table.ErrUnavailable) {
		t.Errorf("Write: %v; want ErrUnavailable", err)
	}
	if _, err := tab.Get(t.Context(), k, table.Strong); !errors.Is(err, table.ErrUnavailable) {
		t.Errorf("Get: %v; want ErrUnavailable", err)
	}
	put(t, tab, "p", "b", "x")
}

// They are so great that they need several transactions.
func TestClose_withWritesQueued_commitsThem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	tab := open(t, path, nil)
	release := hold(t, tab)
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() { put(t, tab, "p", fmt.Sprint(i), strings.Repeat("x", 380_000)) })
	}
	await(t, "all are queued", func() bool { return len(tab.queue) == 60 })
	wg.Go(func() {
		if err := tab.Close(); err != nil {
			t.Error(err)
		}
	})
	<-tab.closing
	release()
	wg.Wait()
	page, err := open(t, path, nil).Query(t.Context(), table.Range{Partition: "p", Limit: 100})
	if err != nil || len(page.Items) != 60 {
		t.Errorf("%d items, %v; want 60", len(page.Items), err)
	}
}

func TestClose_amongWriters_losesNothingAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	tab := open(t, path, nil)
	var wg sync.WaitGroup
	last := make([]int, 16) // the number of writes that each writer knows of
	for w := range last {
		wg.Go(func() {
			for {
				item := table.Item{Key: table.Key{Partition: fmt.Sprint(w), Sort: fmt.Sprintf("%09d", last[w])}, Data: []byte("x")}
				err := tab.Write(t.Context(), table.Put(item, table.IfAbsent))
				if err != nil {
					if !errors.Is(err, table.ErrUnavailable) {
						t.Errorf("Write: %v; want ErrUnavailable", err)
					}
					return
				}
				last[w]++
			}
		})
	}
	await(t, "some are written", func() bool { return commits(t, tab) > 20 })
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	tab = open(t, path, nil)
	for w, n := range last {
		page, err := tab.Query(t.Context(), table.Range{Partition: fmt.Sprint(w), Limit: 1000})
		if err != nil || len(page.Items) != n {
			t.Errorf("writer %d: %d items, %v; want %d", w, len(page.Items), err, n)
		}
	}
}

func TestTable_afterClose_isUnavailable(t *testing.T) {
	tab := newTable(t)
	k := table.Key{Partition: "p", Sort: "a"}
	for range 2 {
		if err := tab.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := tab.Write(t.Context(), table.Delete(k, table.Always)); !errors.Is(err, table.ErrUnavailable) {
		t.Errorf("Write: %v; want ErrUnavailable", err)
	}
	if _, err := tab.Get(t.Context(), k, table.Strong); !errors.Is(err, table.ErrUnavailable) {
		t.Errorf("Get: %v; want ErrUnavailable", err)
	}
	if _, err := tab.Query(t.Context(), table.Range{Partition: "p", Limit: 1}); !errors.Is(err, table.ErrUnavailable) {
		t.Errorf("Query: %v; want ErrUnavailable", err)
	}
}
