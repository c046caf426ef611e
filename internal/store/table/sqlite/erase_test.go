package sqlite

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"zombiezen.com/go/sqlite"

	"github.com/parley-chat/parley/internal/store/table"
)

// spilled is the content of the erased items.
const spilled = "the key is 4711"

// copies returns how often the file and its log hold the text.
func copies(t *testing.T, path string) (file, log int) {
	t.Helper()
	return bytes.Count(readFile(t, path), []byte(spilled)), bytes.Count(readFile(t, path+"-wal"), []byte(spilled))
}

// spill puts items amid others, and returns the ops that erase the items. Some items share pages, and some have
// separate pages.
func spill(t *testing.T, tab *Table, prefix string) (erase []table.Op) {
	t.Helper()
	for i, size := range []int{10, 200, 900, 3000, 5000, 60_000} {
		fill(t, tab, fmt.Sprint(prefix, "before", i), 30, 300, 0)
		key := fmt.Sprint(prefix, "before", i, "secret")
		put(t, tab, "p", key, strings.Repeat("x", size)+spilled)
		fill(t, tab, fmt.Sprint(prefix, "after", i), 30, 300, 0)
		erase = append(erase, table.Op{Item: item("p", key, "removed"), If: table.IfPresent, Erase: true})
	}
	return erase
}

func TestErase_twoMinutesLater_neitherFileNorLogHoldsIt(t *testing.T) {
	clock := clockwork.NewFakeClock()
	path := filepath.Join(t.TempDir(), "table.db")
	tab := open(t, path, clock)
	erase := spill(t, tab, "a")
	if file, log := copies(t, path); file+log < len(erase) {
		t.Fatalf("the file holds it %d times, and its log %d times: the test is void", file, log)
	}
	reader, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	long := reader.Prep("SELECT data FROM items, (VALUES (1), (2))")
	if _, err := long.Step(); err != nil { // the reader keeps its moment, and so the log
		t.Fatal(err)
	}
	for _, op := range erase {
		if err := tab.Write(t.Context(), op); err != nil {
			t.Fatal(err)
		}
	}
	step(t, clock, roundPause)
	for range 3 {
		step(t, clock, stepPause)
	}
	if tab.LogBytes() == 0 {
		t.Fatal("the log is empty although a reader holds it: the test is void")
	}
	put(t, tab, "p", "meanwhile", "x")
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	step(t, clock, stepPause)
	if file, log := copies(t, path); file+log > 0 || tab.LogBytes() > 0 {
		t.Errorf("the file holds it %d times, and its log of %d bytes %d times", file, tab.LogBytes(), log)
	}

	// The next log is not emptied in the same minute.
	again := spill(t, tab, "b")
	if err := tab.Write(t.Context(), again...); err != nil {
		t.Fatal(err)
	}
	step(t, clock, roundPause-time.Second)
	if tab.LogBytes() == 0 {
		t.Error("the log was emptied twice in a minute")
	}
	step(t, clock, time.Second)
	if file, log := copies(t, path); file+log > 0 {
		t.Errorf("the file holds the next %d times, and its log %d times", file, log)
	}
}

// A log without erased content stays: a new log would have to grow.
func TestErase_nothing_keepsTheLog(t *testing.T) {
	clock := clockwork.NewFakeClock()
	tab := open(t, filepath.Join(t.TempDir(), "table.db"), clock)
	spill(t, tab, "a")
	for range 3 {
		step(t, clock, roundPause)
	}
	if tab.LogBytes() == 0 {
		t.Error("the log was emptied")
	}
}

// A killed process leaves its log, and the erased content in the log.
func TestErase_thenKilled_isGoneTwoMinutesAfterTheNextStart(t *testing.T) {
	clock := clockwork.NewFakeClock()
	old := filepath.Join(t.TempDir(), "table.db")
	killed := open(t, old, clock)
	if err := killed.Write(t.Context(), spill(t, killed, "a")...); err != nil {
		t.Fatal(err)
	}
	path := place(t, readFile(t, old), readFile(t, old+"-wal"))
	if _, log := copies(t, path); log == 0 {
		t.Fatal("the log does not hold it: the test is void")
	}
	later := clockwork.NewFakeClock()
	open(t, path, later)
	step(t, later, 0) // until the sweep waits
	step(t, later, roundPause)
	if file, log := copies(t, path); file+log > 0 {
		t.Errorf("the file holds it %d times, and its log %d times", file, log)
	}
}
