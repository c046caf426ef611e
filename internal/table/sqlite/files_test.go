package sqlite

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/files"
	"github.com/parley-chat/parley/internal/files/filestest"
	"github.com/parley-chat/parley/internal/table"
)

func TestFiles_fulfillTheContract(t *testing.T) {
	filestest.Run(t, func(t *testing.T) files.Store {
		return openFiles(t, filepath.Join(t.TempDir(), "table.db"), nil)
	})
}

// claimOf is where the claims of these tests are.
func claimOf(k files.Key) table.Key {
	return table.Key{Partition: "room " + k.Room, Sort: "claim " + k.ID}
}

// amply says that the disk is large.
func amply(string) (int64, error) { return math.MaxInt64, nil }

// openFiles opens a table for 100 MiB of files until the test ends.
func openFiles(t testing.TB, path string, clock clockwork.Clock) *Files {
	t.Helper()
	tab, err := Open(path, Options{Clock: clock, Files: FileOptions{Total: 100 << 20, Claim: claimOf, DiskFree: amply}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tab.Close(); err != nil {
			t.Error(err)
		}
	})
	return tab.Files()
}
