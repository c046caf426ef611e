package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"zombiezen.com/go/sqlite"

	"github.com/parley-chat/parley/internal/store/table"
)

// logPages returns how many pages the write-ahead log has.
func logPages(t *testing.T, tab *Table) (pages int) {
	t.Helper()
	c, err := tab.file.connect(sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Each(func(row *sqlite.Stmt) bool {
		pages = row.ColumnInt(1)
		return true
	}, "PRAGMA wal_checkpoint(PASSIVE)")
	if err := errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
	return pages
}

// Each room is on pages of its own, but the expiries of their messages are on one.
func TestWrite_messagesOfManyRooms_shareAPageOfTheIndex(t *testing.T) {
	const commits, rooms = 200, 20
	var pages [2]int
	for i, life := range []time.Duration{0, 32 * day} {
		at := clockwork.NewFakeClock().Now().Truncate(time.Second)
		tab := newTable(t)
		for n := range commits {
			ops := make([]table.Op, rooms)
			for r := range ops {
				message := event(fmt.Sprintf("room %d", r*7919%1000), n)
				at = at.Add(100 * time.Microsecond)
				if life > 0 {
					message.Expires = at.Add(life)
				}
				ops[r] = table.Put(message, table.IfAbsent)
			}
			// as a Write does, but it counts no pages, so the log is not moved into the file
			if err := tab.submit(t.Context(), 0, func(c *Conn, now int64) (verdict, failure error) {
				return c.apply(ops, now)
			}); err != nil {
				t.Fatal(err)
			}
		}
		pages[i] = logPages(t, tab)
	}
	if index := pages[1] - pages[0]; index > 9*commits {
		t.Errorf("%d commits wrote %d pages for messages that never expire, and %d more for their expiries", commits,
			pages[0], index)
	}
}

// A file of an earlier build has whole seconds in it.
func TestExpiry_ofAnEarlierBuild_countsAsBefore(t *testing.T) {
	clock := clockwork.NewFakeClockAt(time.Unix(1_800_000_000, 500_000_000))
	path := filepath.Join(t.TempDir(), "table.db")
	tab := open(t, path, clock)
	lives := map[string]time.Duration{"past": -time.Second, "now": 0, "soon": time.Second}
	for name, life := range lives {
		err := tab.submit(t.Context(), 1, func(c *Conn, now int64) (_, failure error) {
			return nil, c.Run(putSQL, "p", name, now+int64(life/time.Second), "old")
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, life := range lives {
		k := table.Key{Partition: "p", Sort: name}
		got, err := tab.Get(t.Context(), k, table.Strong)
		if live := life > 0; live != (err == nil) {
			t.Errorf("%s: %v", name, err)
		} else if want := clock.Now().Add(life).Truncate(time.Second); live && !got.Expires.Equal(want) {
			t.Errorf("%s: expires %v; want %v", name, got.Expires, want)
		}
		var conflict *table.ConflictError
		fresh := item("p", name, "new")
		fresh.Expires = clock.Now().Add(time.Hour)
		if err := tab.Write(t.Context(), table.Put(fresh, table.IfAbsent)); errors.As(err, &conflict) != (life > 0) {
			t.Errorf("%s: a put if absent: %v", name, err)
		}
	}
	clock.Advance(500 * time.Millisecond)
	if _, err := tab.Get(t.Context(), table.Key{Partition: "p", Sort: "soon"}, table.Strong); !errors.Is(err,
		table.ErrNotFound) {
		t.Errorf("in the second of its expiry: %v", err)
	}
	if page, err := tab.Query(t.Context(), table.Range{Partition: "p", Limit: 9}); err != nil || len(page.Items) != 2 {
		t.Errorf("%d items, %v; want the two that were put", len(page.Items), err)
	}
}

// An earlier build, which knows whole seconds only, sees an item that this one has written
// for less than a second too long.
func TestExpiry_readByAnEarlierBuild_isLaterByLessThanASecond(t *testing.T) {
	tab := newTable(t)
	brief := item("p", "a", "x")
	brief.Expires = time.UnixMilli(1_800_000_000_700)
	if err := tab.Write(t.Context(), table.Put(brief, table.Always)); err != nil {
		t.Fatal(err)
	}
	for now, live := range map[int]int{1_799_999_999: 1, 1_800_000_000: 1, 1_800_000_001: 0} {
		if got := number(t, tab, fmt.Sprint("SELECT count(*) FROM items WHERE expires > ", now)); got != live {
			t.Errorf("at %d there are %d items; want %d", now, got, live)
		}
	}
}
