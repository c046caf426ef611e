package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/parley-chat/parley/internal/store/table"
)

func TestPartitions_areThoseThatHoldALiveItemUnderTheKey(t *testing.T) {
	clock := clockwork.NewFakeClockAt(time.Date(2100, 1, 1, 12, 0, 0, 0, time.UTC))
	tab := open(t, filepath.Join(t.TempDir(), "table.db"), clock)
	write := func(partition, sort string, expires time.Time) {
		i := item(partition, sort, "x")
		i.Expires = expires
		if err := tab.Write(t.Context(), table.Put(i, table.Always)); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for n := range 30 {
		partition := fmt.Sprintf("ROOM#%04d", n)
		write(partition, "LOG#1", time.Time{})
		write(partition, "META", clock.Now().Add(time.Minute))
		want = append(want, partition)
	}
	write("NAME#x", "META", time.Time{})
	write("ROOM", "META", time.Time{})
	write("ROOM$", "META", time.Time{})
	write("ROOM#expired", "META", clock.Now())
	write("ROOM#without", "LOG#1", time.Time{})
	var got []string
	for partition, err := range tab.Partitions(t.Context(), "ROOM#", "META") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, partition)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q; want %q", got, want)
	}
}

// In UTF-16, which Parley never uses, the order of two keys by bytes can differ from their order as text. The second
// key here is a malformed spelling of the first key, and the search behind the second key leads to it again.
func TestPartitions_keysOutOfOrder_areDamageAndNoCircle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	err = sqlitex.ExecuteScript(c, `
		PRAGMA encoding = 'UTF-16le';
		CREATE TABLE items (pk TEXT, sk TEXT, expires INTEGER, data TEXT, PRIMARY KEY (pk, sk)) WITHOUT ROWID;
		INSERT INTO items VALUES (CAST(x'00d841dc' AS TEXT), 'META', NULL, '{}'), (CAST(x'00dc4100' AS TEXT), 'META', NULL, '{}');
		PRAGMA application_id = 0x5061726c;
		PRAGMA user_version = 1;`, nil)
	if err := errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
	r := look(t, path)
	n := 0
	for _, err = range r.Partitions(t.Context(), "", "META") {
		n++
		if err != nil || n > 10 {
			break
		}
	}
	if !errors.Is(err, ErrDamaged) || n != 2 {
		t.Errorf("%v after %d partitions; want ErrDamaged after the first one", err, n-1)
	}
}

// look opens a reader of the file at path for the length of the test.
func look(t *testing.T, path string) *Reader {
	t.Helper()
	file, err := OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(file, clockwork.NewRealClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestReader_besideATable_seesWhatItWrites(t *testing.T) {
	tab := newTable(t)
	r := look(t, tab.file.Path())
	for n := range 3 {
		put(t, tab, "p", fmt.Sprint(n), "x")
		if page, err := r.Query(t.Context(), table.Range{Partition: "p", Limit: 10}); err != nil ||
			len(page.Items) != n+1 {
			t.Errorf("%d items, %v; want %d", len(page.Items), err, n+1)
		}
	}
}

func TestRead_failsAsTheContextEnds_returnsTheContextsError(t *testing.T) {
	tab := newTable(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := tab.read(ctx, func(c *Conn, _ int64) error {
		cancel()
		return c.Run("SELECT nonsense")
	})
	if err != context.Canceled {
		t.Errorf("%v; want the context's error alone", err)
	}
}

// SQLite checks only some keys of a page. An item under another key would pass for an item of the range.
func TestQuery_keyThatNoiseHasReplaced_isDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	tab := open(t, path, clockwork.NewRealClock())
	for _, sort := range []string{"LOG#1", "LOG#2", "LOG#3", "LOG#4"} {
		if err := tab.Write(t.Context(), table.Put(item("ROOM#x", sort, "x"), table.Always)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for noise, directions := range map[string][]bool{
		"ACT#3": {false}, // downward, SQLite sees the end of the range here
		"LOG#0": {false, true},
		"LOG#2": {false, true},
	} {
		noisy := bytes.ReplaceAll(content, []byte("LOG#3"), []byte(noise))
		if err := os.WriteFile(path, noisy, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, reverse := range directions {
			q := table.Range{Partition: "ROOM#x", Prefix: "LOG#", Limit: 10, Reverse: reverse}
			if got, err := look(t, path).Query(t.Context(), q); !errors.Is(err, ErrDamaged) {
				t.Errorf("%q, reverse %v: %v, %v; want ErrDamaged", noise, reverse, got, err)
			}
		}
	}
}
