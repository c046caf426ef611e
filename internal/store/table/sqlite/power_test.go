//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/internal/store/table"
)

// events is how many are written.
const events = 7

// After a power failure the disk holds everything up to the last fsync, and any part of later writes, or garbage. Each
// case leaves the log whole up to an acknowledged commit and spoils the log anywhere behind.
func TestOpen_logSpoiledBehindAnAcknowledgedCommit_holdsAllUpToIt(t *testing.T) {
	file, log, ends := written(t)
	spoils := map[string]func(behind []byte) []byte{
		"cut off": func(behind []byte) []byte { return behind[:0] },
		"zeros":   func(behind []byte) []byte { clear(behind); return behind },
		"garbage": func(behind []byte) []byte { garble(behind); return behind },
		"torn":    func(behind []byte) []byte { return behind[:rand.IntN(len(behind)+1)] },
		"a hole": func(behind []byte) []byte {
			from := rand.IntN(len(behind) + 1)
			garble(behind[from:min(from+4096, len(behind))])
			return behind
		},
	}
	for name, spoil := range spoils {
		t.Run(name, func(t *testing.T) {
			for last := range events {
				end := ends[last]
				spoiled := append(log[:end:end], spoil(append([]byte(nil), log[end:]...))...)
				path := place(t, file, spoiled)
				tab := open(t, path, nil)
				wantLog(t, tab, "p", last, events-1)
				if err := writeEvent(tab, "q", 0); err != nil {
					t.Error(err)
				}
				if err := tab.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// After a cut anywhere in the log the file has the state after some commit, never half a commit.
func TestOpen_tornLog_holdsWholeCommits(t *testing.T) {
	file, log, ends := written(t)
	for range 200 {
		size := rand.IntN(len(log) + 1)
		least := -1
		for n, end := range ends {
			if end <= size {
				least = n
			}
		}
		tab := open(t, place(t, file, log[:size]), nil)
		wantLog(t, tab, "p", least, least)
		if err := tab.Close(); err != nil {
			t.Error(err)
		}
	}
}

// written returns a file and its log after some events of the log "p", without the zeros behind the last frame, and the
// length of the log at the acknowledgement of each event.
func written(t *testing.T) (file, log []byte, ends []int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.db")
	tab := open(t, path, nil)
	for n := range events {
		if err := writeEvent(tab, "p", n); err != nil {
			t.Fatal(err)
		}
		// Nothing has been moved to the file yet, so the log only grows.
		ends = append(ends, int(tab.LogBytes()))
		if n > 0 && ends[n] == ends[n-1] {
			t.Fatalf("event %d left the log at %d bytes", n, ends[n])
		}
	}
	return readFile(t, path), readFile(t, path+"-wal")[:ends[events-1]], ends
}

// readFile returns the content of a file without a writer.
func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// place stores a file and its log in a new folder.
func place(t *testing.T, file, log []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "table.db")
	if err := errors.Join(os.WriteFile(path, file, 0o600), os.WriteFile(path+"-wal", log, 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

func garble(b []byte) {
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
}

// A page of garbage may be where no call reads. A call that reads the page must return an error and not panic.
func TestOpen_damagedPage_isAnErrorAndNoPanic(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	tab := open(t, path, nil)
	for n := range 100 {
		if err := writeEvent(tab, fmt.Sprint("room ", n%8), n/8); err != nil {
			t.Fatal(err)
		}
	}
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
	whole, noticed := readFile(t, path), 0
	pages := len(whole) / pageBytes
	for page := range pages {
		content := append([]byte(nil), whole...)
		from := page * pageBytes
		if page == 0 {
			from = 100 // the header, which Open checks
		}
		garble(content[from : (page+1)*pageBytes])
		if err := useAll(t, place(t, content, nil)); err != nil {
			noticed++
		}
	}
	if noticed < pages/2 {
		t.Errorf("damage to %d pages was noticed %d times", pages, noticed)
	}
}

// useAll opens a file, reads and writes all over it, and returns the errors.
func useAll(t *testing.T, path string) (errs error) {
	tab, err := Open(path, Options{})
	if err != nil {
		return err
	}
	for n := range 8 {
		room := fmt.Sprint("room ", n)
		_, err := tab.Query(t.Context(), table.Range{Partition: room, Limit: 1000})
		errs = errors.Join(errs, err, writeEvent(tab, room, 1000+n))
	}
	if errs != nil && !errors.Is(errs, table.ErrUnavailable) {
		t.Error(errs)
	}
	return errors.Join(errs, tab.Close())
}
