package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// wrong is a clock that shows another time than the passing time.
type wrong struct {
	*clockwork.FakeClock
	ahead atomic.Int64 // a time.Duration
}

func (w *wrong) Now() time.Time          { return w.FakeClock.Now().Add(time.Duration(w.ahead.Load())) }
func (w *wrong) say(ahead time.Duration) { w.ahead.Store(int64(ahead)) }

// minutes lets minutes pass for the sweep.
func (w *wrong) minutes(t *testing.T, n time.Duration) {
	t.Helper()
	for range n / time.Minute {
		step(t, w.FakeClock, time.Minute)
	}
}

// reopen closes a table and opens it again.
func reopen(t *testing.T, tab *Table, clock clockwork.Clock) *Table {
	t.Helper()
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, tab.file.Path(), clock)
}

// lives are possible lifetimes of items written at one moment.
var lives = []time.Duration{15 * time.Minute, time.Hour, 3 * day, 32 * day}

// leave writes an item for each of lives.
func leave(t *testing.T, tab *Table) {
	t.Helper()
	for _, life := range lives {
		fill(t, tab, fmt.Sprint(life), 1, 300, life)
	}
}

// missing returns the lives whose items are no longer in the file, absent or not.
func missing(t *testing.T, tab *Table) (lost []time.Duration) {
	t.Helper()
	for _, life := range lives {
		if number(t, tab, fmt.Sprintf("SELECT count(*) FROM items WHERE sk = '%v000000'", life)) == 0 {
			lost = append(lost, life)
		}
	}
	return lost
}

func TestSweep_clockFarAhead_losesNothingThatLives(t *testing.T) {
	for name, restart := range map[string]bool{"at a start": true, "from one moment to the next": false} {
		for _, ahead := range []time.Duration{23 * time.Hour, 25 * time.Hour, 40 * day, year, 100 * year} {
			t.Run(fmt.Sprint(name, ahead), func(t *testing.T) {
				clock := &wrong{FakeClock: clockwork.NewFakeClock()}
				tab := open(t, filepath.Join(t.TempDir(), "table.db"), clock)
				clock.minutes(t, 5*time.Minute) // the clock was right
				leave(t, tab)
				clock.say(ahead)
				for range 3 { // starts
					if restart {
						tab = reopen(t, tab, clock)
					}
					put(t, tab, "while", "ahead", "x")
					fill(t, tab, "ahead", 1, 300, time.Minute)
					clock.minutes(t, 4*time.Minute)
				}
				if _, err := tab.Get(t.Context(), table.Key{Partition: "p", Sort: "15m0s000000"},
					table.Strong); ahead > time.Hour && !errors.Is(err, table.ErrNotFound) {
					t.Errorf("to a reader by that clock the item is not absent: %v", err)
				}
				clock.say(0)
				clock.minutes(t, 2*time.Minute)
				for _, life := range lives {
					if _, err := tab.Get(t.Context(), table.Key{Partition: "p", Sort: fmt.Sprint(life, "000000")},
						table.Strong); err != nil {
						t.Errorf("the clock was ahead by %v, and what lives for %v is lost: %v", ahead, life, err)
					}
				}
			})
		}
	}
}

// A machine without its own clock begins in 1970, and the network sets the clock.
func TestSweep_clockBehindAndPutRight_sweepsAsBefore(t *testing.T) {
	clock := &wrong{FakeClock: clockwork.NewFakeClock()}
	tab := open(t, filepath.Join(t.TempDir(), "table.db"), clock)
	clock.minutes(t, 2*time.Minute)
	leave(t, tab)
	clock.say(-time.Duration(clock.FakeClock.Now().UnixNano()))
	tab = reopen(t, tab, clock)
	clock.minutes(t, 10*time.Minute)
	clock.say(0)
	if lost := missing(t, tab); lost != nil {
		t.Errorf("lost %v", lost)
	}
	clock.minutes(t, doubt+2*time.Hour)
	if lost := missing(t, tab); !slices.Equal(lost, lives[:2]) {
		t.Errorf("deleted %v; want %v, which expired more than a day ago", lost, lives[:2])
	}
}

func TestSweep_serverWasOff_deletesWhatExpiredMeanwhile(t *testing.T) {
	var log bytes.Buffer
	clock := &wrong{FakeClock: clockwork.NewFakeClock()}
	path := filepath.Join(t.TempDir(), "table.db")
	tab := open(t, path, clock)
	leave(t, tab)
	clock.minutes(t, 2*time.Minute)
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
	const off = 5 * day
	clock.Advance(off)
	tab, err := Open(path, Options{Clock: clock, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	clock.minutes(t, off/3)
	if lost := missing(t, tab); !slices.Equal(lost, lives[:3]) {
		t.Errorf("deleted %v; want %v", lost, lives[:3])
	}
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
	if said := log.String(); strings.Count(said, "level=WARN") != 1 ||
		!strings.Contains(said, "clock has gone far ahead") {
		t.Errorf("said %q", said)
	}
}

// A file with copied rooms has no time of the sweep.
func TestSweep_fileWithoutItsTime_isAsOldAsItsEarliestExpiry(t *testing.T) {
	clock := &wrong{FakeClock: clockwork.NewFakeClock()}
	tab := open(t, filepath.Join(t.TempDir(), "table.db"), clock)
	leave(t, tab)
	clock.say(year)
	tab = reopen(t, tab, clock)
	clock.minutes(t, time.Hour)
	if lost := missing(t, tab); lost != nil {
		t.Errorf("lost %v", lost)
	}
}

func TestSweep_quietFile_storesItsTimeOnceAnHour(t *testing.T) {
	clock := &wrong{FakeClock: clockwork.NewFakeClock()}
	tab := open(t, filepath.Join(t.TempDir(), "table.db"), clock)
	clock.minutes(t, 24*time.Hour)
	if n := tab.Commits(); n < 20 || n > 24 {
		t.Errorf("%d commits in a day in which nobody calls", n)
	}
}
