package sqlite

import (
	"errors"
	"fmt"
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

// Each room has separate pages, but the expiries of the rooms' messages share a page.
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
			// like Write, but with 0 pages, so the log is not moved into the file
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
