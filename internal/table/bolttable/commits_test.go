package bolttable

import (
	"errors"
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/table"
)

func commits(t testing.TB, tab *Table) int {
	t.Helper()
	n, err := tab.Commits()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCommits_countsWhatWasWrittenAndNothingElse(t *testing.T) {
	tab := newTable(t)
	began := commits(t, tab)
	for n := range 3 {
		if err := tab.Write(t.Context(), table.Put(event("room", n), table.IfAbsent)); err != nil {
			t.Fatal(err)
		}
	}
	if got := commits(t, tab) - began; got != 3 {
		t.Errorf("%d transactions for three writes one after another", got)
	}
	var conflict *table.ConflictError
	if err := tab.Write(t.Context(), table.Put(event("room", 0), table.IfAbsent)); !errors.As(err, &conflict) {
		t.Fatal(err)
	}
	if _, err := tab.Get(t.Context(), event("room", 0).Key, table.Strong); err != nil {
		t.Fatal(err)
	}
	if got := commits(t, tab) - began; got != 3 {
		t.Errorf("%d transactions, after a refused write and a read", got)
	}
}

func TestCommits_groupOfWrites_isOne(t *testing.T) {
	tab := newTable(t)
	began := commits(t, tab)
	release := hold(t, tab)
	failed := make(chan error)
	for n := range 10 {
		go func() { failed <- tab.Write(t.Context(), table.Put(event(fmt.Sprint("room ", n), n), table.IfAbsent)) }()
	}
	await(t, "ten writes are queued", func() bool { return len(tab.queue) == 10 })
	release()
	for range 10 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if got := commits(t, tab) - began; got != 2 { // the one that was held, and theirs
		t.Errorf("%d transactions for ten writes at once", got-1)
	}
}

func TestCommits_closedTable_isUnavailable(t *testing.T) {
	tab := newTable(t)
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := tab.Commits(); !errors.Is(err, table.ErrUnavailable) {
		t.Errorf("got %d, error %v", n, err)
	}
}
