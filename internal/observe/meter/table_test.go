package meter

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

func TestTable_readsAndWrites_areCounted(t *testing.T) {
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "parley.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	m := New(Options{})
	tab := m.Table(store)
	key := table.Key{Partition: "a", Sort: "b"}
	put := table.Put(table.Item{Key: key, Data: []byte("{}")}, table.IfAbsent)
	for range 2 {
		if err := tab.Write(t.Context(), put); err != nil && !errors.As(err, new(*table.ConflictError)) {
			t.Fatal(err)
		}
	}
	if item, err := tab.Get(t.Context(), key, table.Strong); err != nil || string(item.Data) != "{}" {
		t.Errorf("%+v, %v", item, err)
	}
	if page, err := tab.Query(t.Context(), table.Range{Partition: "a", Limit: 1}); err != nil || len(page.Items) != 1 {
		t.Errorf("%+v, %v", page, err)
	}
	if _, err := tab.Get(t.Context(), table.Key{Partition: "a", Sort: "c"},
		table.Strong); !errors.Is(err, table.ErrNotFound) {
		t.Error(err)
	}
	if got := m.Totals(); got.Reads != 3 || got.Writes != 2 || got.Failures != 0 {
		t.Errorf("%+v", got)
	}
}

func TestTable_failedCall_isCounted(t *testing.T) {
	for err, want := range map[error]int64{
		table.ErrUnavailable: 3, table.ErrNotFound: 0, context.Canceled: 0, context.DeadlineExceeded: 3,
	} {
		m := New(Options{})
		failing := &tabletest.Hooks{Before: func(context.Context, tabletest.Call) error {
			return fmt.Errorf("wrapped: %w", err)
		}}
		tab := m.Table(failing)
		_, one := tab.Get(t.Context(), table.Key{}, table.Strong)
		_, two := tab.Query(t.Context(), table.Range{})
		three := tab.Write(t.Context())
		if got := m.Totals().Failures; got != want || !errors.Is(errors.Join(one, two, three), err) {
			t.Errorf("%v: %d failures, want %d", err, got, want)
		}
	}
}
