package main

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/bolttable"
)

func TestTill_chargesWritesWhetherTheirConditionsHoldOrNot(t *testing.T) {
	store, err := bolttable.Open(filepath.Join(t.TempDir(), "table.db"), bolttable.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	put := func(sort string) table.Op {
		return table.Put(table.Item{Key: table.Key{Partition: "p", Sort: sort}, Data: []byte("{}")}, table.IfAbsent)
	}
	till := &till{Table: store}
	for _, c := range []struct {
		ops     []table.Op
		refused bool
		units   int64 // so far
	}{
		{[]table.Op{put("a")}, false, 1},
		{[]table.Op{put("a")}, true, 2},
		{[]table.Op{put("b"), put("c")}, false, 6},
		{[]table.Op{put("c"), put("d")}, true, 10},
	} {
		err := till.Write(t.Context(), c.ops...)
		if conflict := new(table.ConflictError); errors.As(err, &conflict) != c.refused {
			t.Fatal(err)
		}
		if got := till.units.Load(); got != c.units {
			t.Errorf("%d units, want %d", got, c.units)
		}
	}
}
