package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table"
)

// The file may have no more pages, so SQLite fails as on a full disk. A short item still fits in the place of another.
func TestWrite_fullDisk_isErrFullAndNotReadyUntilALongItemFits(t *testing.T) {
	var log bytes.Buffer
	tab, err := Open(filepath.Join(t.TempDir(), "table.db"), Options{
		Clock: clockwork.NewFakeClock(), Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	put(t, tab, "p", "a", "before")
	mayHave(t, tab, 1) // SQLite sets the limit to the present number of pages
	for range 3 {
		long := table.Item{Key: table.Key{Partition: "p", Sort: "long"}, Data: bytes.Repeat([]byte("x"), 20_000)}
		err := tab.Write(t.Context(), table.Put(long, table.Always))
		if !errors.Is(err, table.ErrFull) || !errors.Is(err, table.ErrUnavailable) {
			t.Errorf("a long item: %v, want ErrFull with ErrUnavailable", err)
		}
		put(t, tab, "p", "a", "during")
		if err := tab.Ready(t.Context()); !errors.Is(err, table.ErrFull) {
			t.Errorf("after a short item fitted, Ready: %v, want ErrFull", err)
		}
	}
	if _, err := tab.Get(t.Context(), table.Key{Partition: "p", Sort: "long"}, table.Strong); !errors.Is(err,
		table.ErrNotFound) {
		t.Errorf("reading what was refused: %v, want ErrNotFound", err)
	}
	mayHave(t, tab, 1<<20)
	if err := tab.Ready(t.Context()); err != nil {
		t.Errorf("with room again, Ready: %v", err)
	}
	if err := tab.Close(); err != nil {
		t.Error(err)
	}
	if n := strings.Count(log.String(), "level="); n != 1 || !strings.Contains(log.String(), "the disk is full") {
		t.Errorf("%d lines, want one that says that the disk is full:\n%s", n, &log)
	}
}

// mayHave limits the file to so many pages.
func mayHave(t *testing.T, tab *Table, pages int) {
	t.Helper()
	err := tab.submit(t.Context(), 0, func(c *Conn, _ int64) (verdict, failure error) {
		return errNothing, c.Run(fmt.Sprint("PRAGMA max_page_count = ", pages))
	})
	if !errors.Is(err, errNothing) {
		t.Fatal(err)
	}
}
