package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// open opens the table at path for the length of the test.
func open(t testing.TB, path string, clock clockwork.Clock) *Table {
	t.Helper()
	tab, err := Open(path, Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tab.Close(); err != nil {
			t.Error(err)
		}
	})
	return tab
}

func TestTable_passesTheContract(t *testing.T) {
	tabletest.Run(t, func(t *testing.T, clock clockwork.Clock) table.Table {
		return open(t, filepath.Join(t.TempDir(), "table.db"), clock)
	})
}
