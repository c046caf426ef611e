//go:build unix

package sqlite

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
)

// putForEver stores files from several goroutines, deletes every third file, and prints a line for each file that
// stays.
func putForEver(path, round string) error {
	tab, err := Open(path, Options{Files: FileOptions{Total: 10 << 30, Claim: claimOf, Disk: amply}})
	if err != nil {
		return err
	}
	errs := make(chan error)
	for w := range 4 {
		go func() {
			for n := 0; ; n++ {
				if err := putAndSay(tab.Files(), fmt.Sprintf("%s/%d", round, w), n); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	return <-errs
}

func putAndSay(f *Files, log string, n int) error {
	k := keyOf(fmt.Sprintf("%s %d", log, n))
	data := numbered(k.ID)
	if _, err := f.Put(context.Background(), k, bytes.NewReader(data), int64(len(data))); err != nil {
		return err
	}
	if n%3 == 2 {
		return f.Delete(context.Background(), k)
	}
	_, err := os.Stdout.WriteString(k.ID + "\n")
	return err
}

// numbered returns the bytes of the file with an id: up to three lots.
func numbered(id string) []byte {
	size := 0
	for _, b := range []byte(id) {
		size = (size*31 + int(b)) % (3 * stepParts * partBytes)
	}
	return bytes.Repeat([]byte(id+" "), size/(len(id)+1)+1)
}

// Acknowledged files are whole. Other files leave nothing after the sweep: no row of bytes without its file, and
// nothing in the sums. An hour later no unclaimed file is left.
func TestFiles_killedAtRandomMoments_areWholeOrGone(t *testing.T) {
	for round := range 3 {
		killFiles(t, fmt.Sprint(round))
	}
}

func TestSoak_filesKilledAtRandomMoments_areWholeOrGone(t *testing.T) {
	if os.Getenv("PARLEY_SOAK") == "" {
		t.Skip("takes minutes: make nightly plays it")
	}
	for round := range 200 {
		killFiles(t, fmt.Sprint(round))
	}
}

func killFiles(t *testing.T, round string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.db")
	acknowledged := runAndKill(t, "put files", path, round, rand.IntN(30))
	clock := clockwork.NewFakeClockAt(time.Now())
	tab, err := Open(path, Options{Clock: clock, Files: FileOptions{Total: 10 << 30, Claim: claimOf, Disk: amply}})
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	f := tab.Files()
	for log, last := range acknowledged {
		for n := range last + 1 {
			if id := fmt.Sprintf("%s %d", log, n); n%3 != 2 && !f.holds(t, id, numbered(id)) {
				t.Errorf("%s was acknowledged and is not there", id)
			}
		}
	}
	step(t, clock, 0)
	untilSwept(t, clock, f)
	const useless = "SELECT count(*) FROM file_parts WHERE number NOT IN (SELECT number FROM files WHERE complete = 1)"
	whole := number(t, tab, "SELECT coalesce(sum(length(data)), 0) FROM file_parts")
	free, err := f.Free(t.Context())
	if rows := number(t, tab, useless); rows > 0 || err != nil || free != f.Total-int64(whole) {
		t.Errorf("%d rows belong to no file; %d bytes are there and %d counted, %v", rows, whole, f.Total-free, err)
	}
	step(t, clock, unclaimed)
	untilSwept(t, clock, f)
	if left := f.parts(t); left > 0 || f.used.Load() != 0 {
		t.Errorf("%d parts are left, and %d bytes are counted", left, f.used.Load())
	}
}

// untilSwept lets the sweep take steps until a round has deleted nothing.
func untilSwept(t *testing.T, clock *clockwork.FakeClock, f *Files) {
	t.Helper()
	rows := func() int { return f.parts(t) + number(t, f.table, "SELECT count(*) FROM files") }
	for quiet := 0; quiet < emptyTries+3; quiet++ { // so many steps may only try to empty the log
		before := rows()
		step(t, clock, roundPause)
		if rows() < before {
			quiet = 0
		}
	}
}
