//go:build unix

package sqlite

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/jonboulle/clockwork"
)

const ample = 10 << 30

// onDisk opens the table on a disk with free bytes.
func onDisk(t *testing.T, path string, free int64) *Table {
	t.Helper()
	tab, err := Open(path, Options{Clock: clockwork.NewFakeClock(), Files: FileOptions{
		Disk: func(string) (int64, int64, error) { return free, 100 << 30, nil },
	}})
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

// filled writes events of the log "p" from number n on until the log is full of frames and zeros, and returns the
// number of the next event.
func filled(t *testing.T, tab *Table, path string, n int) int {
	t.Helper()
	for first := n; fileSize(t, path+"-wal") < fullLog; n++ {
		if n > first+1000 {
			t.Fatalf("after 1000 writes the log has %d bytes", fileSize(t, path+"-wal"))
		}
		if err := writeEvent(tab, "p", n); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestFillLog_ofALogThatGrows_lengthensTheLogByZerosThatNobodyCountsOrReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	tab := onDisk(t, path, ample)
	n := filled(t, tab, path, 0)
	used, log := tab.LogBytes(), readFile(t, path+"-wal")
	if len(log) != fullLog || used <= logHeader || used >= fullLog {
		t.Errorf("the log has %d bytes, want %d, and uses %d", len(log), int64(fullLog), used)
	}
	for _, b := range log[used:] {
		if b != 0 {
			t.Fatal("behind the last frame there are not only zeros")
		}
	}
	if left, _, err := tab.Space(func(int64) int64 { return 0 }); err != nil || left != ample-used {
		t.Errorf("%d bytes are left beside the log, want %d: %v", left, ample-used, err)
	}

	// A kill at any moment leaves any part of the zeros.
	file := readFile(t, path)
	for range 20 {
		killed := open(t, place(t, file, log[:used+rand.Int64N(int64(len(log))-used+1)]), nil)
		wantLog(t, killed, "p", n-1, n-1)
		if err := killed.Close(); err != nil {
			t.Error(err)
		}
	}

	// The log that was emptied is filled again.
	if !tab.emptyLog(fullPatience) || fileSize(t, path+"-wal") > 0 || tab.LogBytes() > 0 {
		t.Fatalf("the emptied log has %d bytes, and uses %d", fileSize(t, path+"-wal"), tab.LogBytes())
	}
	filled(t, tab, path, n)
}

func TestFillLog_onASmallDisk_leavesTheLogAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	tab := onDisk(t, path, 200<<20)
	for n := range 100 {
		if err := writeEvent(tab, "p", n); err != nil {
			t.Fatal(err)
		}
	}
	if got, used := fileSize(t, path+"-wal"), tab.LogBytes(); got != used {
		t.Errorf("the log has %d bytes, and uses %d", got, used)
	}
}
