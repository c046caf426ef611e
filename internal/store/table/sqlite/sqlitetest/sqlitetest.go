// Package sqlitetest opens tables for tests, in memory if the system offers memory files. Package sqlite tests the
// crash safety; users of sqlitetest do not.
package sqlitetest

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

// Open opens a table in a new file, which keeps any number of shared files. The file is removed when the test ends. A
// nil clock is the system's clock.
func Open(t testing.TB, clock clockwork.Clock) *sqlite.Table {
	t.Helper()
	tab, _ := OpenFile(t, clock)
	return tab
}

// OpenFile is Open for a caller that looks into the file.
func OpenFile(t testing.TB, clock clockwork.Clock) (tab *sqlite.Table, path string) {
	t.Helper()
	tab, path, remove := open(t, clock)
	t.Cleanup(func() { _ = remove() })
	return tab, path
}

// OpenUntil is Open for a caller that closes the table and removes the file, such as a test that opens too many tables
// to keep them until its end.
func OpenUntil(t testing.TB, clock clockwork.Clock) (tab *sqlite.Table, remove func() error) {
	t.Helper()
	tab, _, remove = open(t, clock)
	return tab, remove
}

func open(t testing.TB, clock clockwork.Clock) (tab *sqlite.Table, path string, remove func() error) {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "parley-")
	if err != nil {
		dir = t.TempDir()
	}
	all := sqlite.FileOptions{Total: math.MaxInt64,
		Disk: func(string) (free, size int64, err error) { return math.MaxInt64, math.MaxInt64, nil }}
	path = filepath.Join(dir, "parley.db")
	tab, err = sqlite.Open(path, sqlite.Options{Clock: clock, Files: all})
	if err != nil {
		t.Fatal(err)
	}
	return tab, path, func() error { return errors.Join(tab.Close(), os.RemoveAll(dir)) }
}
