package sqlite

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"zombiezen.com/go/sqlite"

	"github.com/parley-chat/parley/internal/store/table"
)

// number returns the number that answers a query.
func number(t *testing.T, tab *Table, query string) (n int) {
	t.Helper()
	err := tab.pool.Read(t.Context(), func(c *Conn) error {
		return c.Each(func(row *sqlite.Stmt) bool { n = row.ColumnInt(0); return true }, query)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// rows returns how many items the file holds, expired ones included.
func rows(t *testing.T, tab *Table) int { return number(t, tab, "SELECT count(*) FROM items") }

// fill writes items of the given size that expire after d, or never.
func fill(t *testing.T, tab *Table, prefix string, count, size int, d time.Duration) {
	t.Helper()
	var ops []table.Op
	for n := range count {
		i := item("p", fmt.Sprintf("%s%06d", prefix, n), strings.Repeat("x", size))
		if d > 0 {
			i.Expires = tab.clock.Now().Add(d)
		}
		ops = append(ops, table.Put(i, table.Always))
		if len(ops) == table.MaxOps || n == count-1 {
			if err := tab.Write(t.Context(), ops...); err != nil {
				t.Fatal(err)
			}
			ops = ops[:0]
		}
	}
}

// step lets the sweep take its next step and waits for the step's end.
func step(t *testing.T, clock *clockwork.FakeClock, d time.Duration) {
	t.Helper()
	clock.Advance(d)
	if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
}

// keep lets the time pass for which the sweep keeps expired items.
func keep(t *testing.T, clock *clockwork.FakeClock) {
	t.Helper()
	for range doubt / time.Hour {
		step(t, clock, time.Hour)
	}
}

func TestSweep_deletesWhatExpiredInSmallSteps(t *testing.T) {
	clock := clockwork.NewFakeClock()
	tab := open(t, filepath.Join(t.TempDir(), "table.db"), clock)
	const lasting, brief = 150, 5*sweepItems + 10
	fill(t, tab, "lasting", lasting, 1, 0)
	fill(t, tab, "brief", brief, 1, time.Second)
	fill(t, tab, "later", 1, 1, doubt)
	keep(t, clock)
	left := rows(t, tab)
	step(t, clock, roundPause)
	for range brief / sweepItems {
		now := rows(t, tab)
		if left-now != sweepItems {
			t.Errorf("a step deleted %d items; want %d", left-now, sweepItems)
		}
		left = now
		step(t, clock, stepPause)
	}
	if got := rows(t, tab); got != lasting+2 {
		t.Errorf("%d items are left after a round; want %d and the time of the sweep", got, lasting+2)
	}
}

// The first round begins a minute after the table was opened. The round deletes items that expired exactly a day
// before.
func TestSweep_ofATableJustOpened_beginsAfterAMinute(t *testing.T) {
	clock := clockwork.NewFakeClockAt(time.Unix(1_800_000_000, 0))
	tab := open(t, filepath.Join(t.TempDir(), "table.db"), clock)
	fill(t, tab, "brief", 1, 1, time.Second)
	fill(t, tab, "later", 1, 1, 2*time.Second)
	clock.Advance(time.Second + doubt - roundPause)
	tab = reopen(t, tab, clock)
	step(t, clock, 0) // the sweep waits
	step(t, clock, roundPause-time.Second)
	if n := rows(t, tab); n != 2 {
		t.Errorf("%d items before the first round; want 2, as no time of the sweep is stored", n)
	}
	step(t, clock, time.Second)
	brief := number(t, tab, "SELECT count(*) FROM items WHERE sk LIKE 'brief%'")
	if n := rows(t, tab); n != 2 || brief != 0 {
		t.Errorf("%d items after it, %d of them expired a day ago; want the sweep's time and the later one", n, brief)
	}
}

// The items have the sizes of messages, so that they share the file's pages, and of long messages, which have separate
// pages.
func TestSweep_shrinksAFileOfWhichMuchIsFree(t *testing.T) {
	for name, c := range map[string]struct{ count, size int }{"short items": {20_000, 300},
		"long items": {600, 20_000}} {
		t.Run(name, func(t *testing.T) {
			clock := clockwork.NewFakeClock()
			path := filepath.Join(t.TempDir(), "table.db")
			tab := open(t, path, clock)
			fill(t, tab, "lasting", 100, 300, 0)
			fill(t, tab, "brief", c.count, c.size, time.Second)
			large := number(t, tab, "PRAGMA page_count")
			keep(t, clock)
			step(t, clock, roundPause)
			for range 1000 {
				if rows(t, tab) == 101 && number(t, tab, "PRAGMA freelist_count") < sweepPages {
					break
				}
				step(t, clock, stepPause)
			}
			if small := number(t, tab, "PRAGMA page_count"); small > large/10 || rows(t, tab) != 101 {
				t.Errorf("the file has %d pages and %d items; it had %d pages", small, rows(t, tab), large)
			}
			if err := tab.Close(); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(path); err != nil || info.Size() > int64(large/10*pageBytes) {
				t.Errorf("the file has %d bytes, %v", info.Size(), err)
			}
		})
	}
}

func TestSweep_itemsThatComeAndGo_doNotGrowTheFile(t *testing.T) {
	clock := clockwork.NewFakeClock()
	tab := open(t, filepath.Join(t.TempDir(), "table.db"), clock)
	early := 0
	for cycle := range 12 {
		fill(t, tab, fmt.Sprint(cycle), 20, 50_000, time.Second)
		keep(t, clock)
		step(t, clock, roundPause)
		for range 5 {
			step(t, clock, stepPause)
		}
		pages := number(t, tab, "PRAGMA page_count")
		if cycle == 1 {
			early = pages
		} else if cycle > 1 && pages > early {
			t.Errorf("cycle %d: the file has %d pages; it had %d", cycle, pages, early)
		}
		step(t, clock, roundPause)
	}
}

// A reader that keeps its moment keeps the log full.
func TestSweep_largeLog_isMeasuredAndWarnedOfOnce(t *testing.T) {
	clock := clockwork.NewFakeClock()
	var log bytes.Buffer
	path := filepath.Join(t.TempDir(), "table.db")
	tab, err := Open(path, Options{Clock: clock, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	put(t, tab, "p", "a", "x")
	reader, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	long := reader.Prep("SELECT data FROM items, (VALUES (1), (2))")
	if _, err := long.Step(); err != nil {
		t.Fatal(err)
	}
	for n := 0; tab.LogBytes() < largeLog; n++ {
		fill(t, tab, fmt.Sprint(n), 10, 300_000, 0)
		if n > 100 {
			t.Fatal("the log does not grow")
		}
	}
	for range 3 {
		step(t, clock, roundPause)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	// The log is moved beside commits, and begins again with a later commit.
	for n, began := 0, time.Now(); tab.LogBytes() > largeLog/2 && time.Since(began) < 5*time.Minute; n++ {
		fill(t, tab, fmt.Sprint("more", n%10), 10, 300_000, 0)
	}
	if got := tab.LogBytes(); got > largeLog/2 {
		t.Errorf("without the reader the log still has %d bytes", got)
	}
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(log.String(), "the write-ahead log is large"); n != 1 {
		t.Errorf("%d warnings:\n%s", n, &log)
	}
}
