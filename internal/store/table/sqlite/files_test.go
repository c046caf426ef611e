package sqlite

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/files/filestest"
	"github.com/parley-chat/parley/internal/store/table"
)

func TestFiles_fulfillTheContract(t *testing.T) {
	filestest.Run(t, func(t *testing.T) files.Store {
		return openFiles(t, filepath.Join(t.TempDir(), "table.db"), nil)
	})
}

// claimOf returns the key of a claim in these tests.
func claimOf(k files.Key) table.Key {
	return table.Key{Partition: "room " + k.Room, Sort: "claim " + k.ID}
}

// amply says that the disk is large.
func amply(string) (free, size int64, err error) { return math.MaxInt64, math.MaxInt64, nil }

// openFiles opens a table for 100 MiB of files until the test ends.
func openFiles(t testing.TB, path string, clock clockwork.Clock) *Files {
	t.Helper()
	tab, err := Open(path, Options{Clock: clock, Files: FileOptions{Total: 100 << 20, Claim: claimOf, Disk: amply}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tab.Close(); err != nil {
			t.Error(err)
		}
	})
	return tab.Files()
}

// keyOf returns a key in the room r.
func keyOf(id string) files.Key { return files.Key{Room: "r", ID: id} }

// content returns size bytes, with spilled once in each KiB.
func content(size int) []byte {
	data := make([]byte, size)
	rand.Read(data)
	for at := 0; at+1024 <= size; at += 1024 {
		copy(data[at:], spilled)
	}
	return data
}

func (f *Files) put(t testing.TB, id string, data []byte) {
	t.Helper()
	if _, err := f.Put(t.Context(), keyOf(id), bytes.NewReader(data), int64(len(data))); err != nil {
		t.Fatal(err)
	}
}

// holds reports whether all of data is there, and fails the test if other bytes are.
func (f *Files) holds(t testing.TB, id string, data []byte) bool {
	t.Helper()
	r, err := f.Open(t.Context(), keyOf(id), 0, -1)
	if errors.Is(err, files.ErrNotFound) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes of %s, or others: %v", len(got), id, err)
	}
	return true
}

// claim writes the claim of a file, for a while or for ever.
func (f *Files) claim(t testing.TB, id string, d time.Duration) {
	t.Helper()
	item := table.Item{Key: claimOf(keyOf(id)), Data: []byte("x")}
	if d > 0 {
		item.Expires = f.table.clock.Now().Add(d)
	}
	if err := f.table.Write(t.Context(), table.Put(item, table.Always)); err != nil {
		t.Fatal(err)
	}
}

// parts returns how many rows of bytes there are.
func (f *Files) parts(t *testing.T) int { return number(t, f.table, "SELECT count(*) FROM file_parts") }

// round lets the sweep end a round. The round may need all its steps to empty the log.
func round(t *testing.T, clock *clockwork.FakeClock) {
	t.Helper()
	step(t, clock, roundPause)
	for range emptyTries + 20 {
		step(t, clock, stepPause)
	}
}

// A process that dies during a file's deletion leaves the claim, and the rest of the bytes.
func TestFiles_deletedByHalfAndClaimed_areDeletedByTheSweep(t *testing.T) {
	clock := clockwork.NewFakeClock()
	f := openFiles(t, filepath.Join(t.TempDir(), "table.db"), clock)
	f.put(t, "a", content(3<<20))
	f.claim(t, "a", 0)
	err := f.change(func(c *Conn, _ int64) (_, failure error) { return nil, c.Run(markFileSQL, int64(1)) }, 1)
	if err != nil {
		t.Fatal(err)
	}
	round(t, clock)
	if n := f.parts(t); n != 0 {
		t.Errorf("%d parts are left of a file that was deleted by half", n)
	}
}

func TestFiles_thatNobodyClaims_areDeletedAfterExactlyAnHour(t *testing.T) {
	clock := clockwork.NewFakeClock()
	f := openFiles(t, filepath.Join(t.TempDir(), "table.db"), clock)
	f.put(t, "a", content(2000))
	step(t, clock, unclaimed-roundPause)
	if f.parts(t) == 0 {
		t.Error("the file was deleted within the hour")
	}
	round(t, clock)
	if f.parts(t) != 0 {
		t.Error("the file is there after the hour")
	}
}

func TestFiles_thatNobodyClaims_areDeletedAnHourLater(t *testing.T) {
	clock := clockwork.NewFakeClock()
	path := filepath.Join(t.TempDir(), "table.db")
	f := openFiles(t, path, clock)
	whole, _ := f.Free(t.Context())
	data := content(5<<20 + 1)
	for _, id := range []string{"sent", "expiring", "removed", "useless"} {
		f.put(t, id, data)
	}
	for n := range 50 {
		f.put(t, fmt.Sprint("small ", n), content(2000))
	}
	f.claim(t, "sent", 0)
	f.claim(t, "expiring", 2*time.Hour)
	f.claim(t, "removed", 0)
	step(t, clock, unclaimed-2*roundPause)
	round(t, clock)
	if !f.holds(t, "useless", data) {
		t.Error("what nobody claims was deleted within the hour")
	}
	step(t, clock, time.Minute)
	round(t, clock)
	if f.holds(t, "useless", data) || f.holds(t, "small 7", nil) {
		t.Error("what nobody claims is there after the hour")
	}
	for _, id := range []string{"sent", "expiring", "removed"} {
		if !f.holds(t, id, data) {
			t.Errorf("%s was deleted although it is claimed", id)
		}
	}
	if err := f.table.Write(t.Context(), table.Delete(claimOf(keyOf("removed")), table.Always)); err != nil {
		t.Fatal(err)
	}
	round(t, clock)
	if f.holds(t, "removed", data) || !f.holds(t, "expiring", data) {
		t.Error("a file outlives its claim, or the other does not live as long as its own")
	}
	keep(t, clock)
	step(t, clock, 2*time.Hour)
	round(t, clock)
	round(t, clock)
	if f.holds(t, "expiring", data) || !f.holds(t, "sent", data) {
		t.Error("a file outlives a claim that expired, or the last one is gone")
	}
	if free, err := f.Free(t.Context()); err != nil || free != whole-int64(len(data)) {
		t.Errorf("%d bytes are free, %v; want %d", free, err, whole-int64(len(data)))
	}
	if f.parts(t) != (len(data)+partBytes-1)/partBytes {
		t.Errorf("%d parts are left", f.parts(t))
	}
	for !f.table.emptyLog(0) { // as long as somebody moves the log
	}
	if file, _ := copies(t, path); file > len(data)/1024 {
		t.Errorf("the file holds %d KiB, want %d", file, len(data)/1024)
	}
}

// The sweep finds a file that somebody deletes before the sweep does.
func TestFiles_deletedBeforeTheSweepDoes_areCountedOnce(t *testing.T) {
	f := openFiles(t, filepath.Join(t.TempDir(), "table.db"), nil)
	whole, _ := f.Free(t.Context())
	f.put(t, "a", content(3<<20))
	var found []old
	err := f.table.read(t.Context(), func(c *Conn, now int64) (err error) {
		found, err = c.oldFiles(0, now+1)
		return err
	})
	if err != nil || len(found) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	if err := f.Delete(t.Context(), keyOf("a")); err != nil {
		t.Fatal(err)
	}
	if err := f.drop(found, new(trusted)); err != nil {
		t.Fatal(err)
	}
	if free, err := f.Free(t.Context()); err != nil || free != whole {
		t.Errorf("%d bytes are free, %v; want %d", free, err, whole)
	}
}

// A wrong clock hides claims, but only until the clock is right again.
func TestFiles_clockAYearAhead_areKept(t *testing.T) {
	clock := clockwork.NewFakeClock()
	f := openFiles(t, filepath.Join(t.TempDir(), "table.db"), clock)
	data := content(3 << 20)
	f.put(t, "sent", data)
	f.claim(t, "sent", 30*24*time.Hour)
	step(t, clock, 2*time.Hour)
	step(t, clock, roundPause)
	clock.Advance(365 * 24 * time.Hour)
	f.put(t, "new", data)
	for range 60 {
		round(t, clock)
	}
	if !f.holds(t, "sent", data) || !f.holds(t, "new", data) {
		t.Error("a file was deleted for a wrong clock")
	}
}

func TestFiles_deleted_neitherFileNorLogHoldsThem(t *testing.T) {
	clock := clockwork.NewFakeClock()
	path := filepath.Join(t.TempDir(), "table.db")
	f := openFiles(t, path, clock)
	// Too little in sum to move the log: a move runs beside the test.
	sizes := []int{1100, 20_000, partBytes, stepParts * partBytes, stepParts*partBytes + 1}
	for n, size := range sizes {
		f.put(t, fmt.Sprint(n), content(size))
	}
	f.put(t, "kept", make([]byte, 300_000))
	if file, log := copies(t, path); file+log == 0 {
		t.Fatal("neither the file nor its log holds it: the test is void")
	}
	for n := range sizes {
		if err := f.Delete(t.Context(), keyOf(fmt.Sprint(n))); err != nil {
			t.Fatal(err)
		}
	}
	round(t, clock)
	if file, log := copies(t, path); file+log > 0 {
		t.Errorf("the file holds it %d times, and its log %d times", file, log)
	}
	if !f.holds(t, "kept", make([]byte, 300_000)) {
		t.Error("another file is gone")
	}
}

func TestFiles_asManyAsTheyMayBe_takeNoMore(t *testing.T) {
	f := openFiles(t, filepath.Join(t.TempDir(), "table.db"), nil)
	f.Total = 5 << 20
	f.put(t, "a", content(3<<20))
	if _, err := f.Put(t.Context(), keyOf("b"), bytes.NewReader(content(2<<20+1)), 4<<20); !errors.Is(err,
		files.ErrFull) {
		t.Errorf("a byte too much: %v", err)
	}
	f.put(t, "b", content(2<<20))
	if free, err := f.Free(t.Context()); err != nil || free != 0 {
		t.Errorf("%d bytes are free, %v", free, err)
	}
	if err := f.Delete(t.Context(), keyOf("a")); err != nil {
		t.Fatal(err)
	}
	f.put(t, "c", content(3<<20))
}

// The limit holds after a start, too, and the key of a file is used once.
func TestFiles_openedAgain_areCountedAndThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	data := content(3<<20 + 5)
	t.Run("before", func(t *testing.T) { openFiles(t, path, nil).put(t, "a", data) })
	f := openFiles(t, path, nil)
	if free, err := f.Free(t.Context()); err != nil || free != f.Total-int64(len(data)) || !f.holds(t, "a", data) {
		t.Errorf("%d bytes are free, %v", free, err)
	}
	if _, err := f.Put(t.Context(), keyOf("a"), bytes.NewReader(nil), 1); !errors.Is(err, errUsed) {
		t.Errorf("the same key again: %v", err)
	}
	if !f.holds(t, "a", data) {
		t.Error("a key that was used again took the bytes away")
	}
}

func TestFiles_littleOfTheDiskFree_takeNoMore(t *testing.T) {
	disk := int64(leastFree + 10<<20)
	f := openFiles(t, filepath.Join(t.TempDir(), "table.db"), nil)
	f.Disk = func(string) (free, size int64, err error) { return disk, math.MaxInt64, nil }
	if free, err := f.Free(t.Context()); err != nil || free != 10<<20 {
		t.Errorf("%d bytes are free, %v", free, err)
	}
	f.put(t, "a", content(2<<20))
	filling := readerFunc(func(p []byte) (int, error) { // somebody else fills the disk meanwhile
		disk -= int64(len(p))
		return len(p), nil
	})
	if _, err := f.Put(t.Context(), keyOf("b"), filling, 50<<20); !errors.Is(err, files.ErrFull) {
		t.Errorf("a disk that becomes full: %v", err)
	}
	disk = leastFree - 1
	if free, err := f.Free(t.Context()); err != nil || free != 0 {
		t.Errorf("%d bytes are free, %v", free, err)
	}
	if _, err := f.Put(t.Context(), keyOf("c"), bytes.NewReader([]byte("x")), 1); !errors.Is(err, files.ErrFull) {
		t.Errorf("a full disk: %v", err)
	}
	if n := f.parts(t); n != 8 {
		t.Errorf("%d parts are there, want those of the first", n)
	}
	f.Disk = func(string) (free, size int64, err error) { return 0, 0, errors.New("no such disk") }
	if _, err := f.Free(t.Context()); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("a disk that does not answer: %v", err)
	}
}

// readerFunc is a reader.
type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestFiles_slowDownload_keepsTheLogFromNothing(t *testing.T) {
	f := openFiles(t, filepath.Join(t.TempDir(), "table.db"), clockwork.NewFakeClock())
	data := content(2 << 20)
	f.put(t, "a", data)
	r, err := f.Open(t.Context(), keyOf("a"), 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got := make([]byte, partBytes+1)
	if _, err := io.ReadFull(r, got); err != nil {
		t.Fatal(err)
	}
	put(t, f.table, "p", "a", "x")
	if !f.table.emptyLog(0) || f.table.LogBytes() > 0 {
		t.Errorf("the log could not be emptied: it has %d bytes", f.table.LogBytes())
	}
	rest, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(append(got, rest...), data) {
		t.Errorf("%d bytes more came, or others: %v", len(rest), err)
	}
}

func TestFiles_deletedWhileTheyMove_endThere(t *testing.T) {
	f := openFiles(t, filepath.Join(t.TempDir(), "table.db"), nil)
	f.put(t, "a", content(2<<20))
	r, err := f.Open(t.Context(), keyOf("a"), 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadFull(r, make([]byte, partBytes)); err != nil {
		t.Fatal(err)
	}
	if err := f.Delete(t.Context(), keyOf("a")); err != nil {
		t.Fatal(err)
	}
	f.put(t, "b", content(2<<20)) // in the place of the other
	if rest, err := io.ReadAll(r); !errors.Is(err, files.ErrNotFound) || len(rest) > 0 {
		t.Errorf("behind what was deleted came %d bytes, %v", len(rest), err)
	}
	deleting := readerFunc(func(p []byte) (int, error) {
		return len(p), f.Delete(t.Context(), keyOf("c"))
	})
	if _, err := f.Put(t.Context(), keyOf("c"), deleting, 9<<20); !errors.Is(err, files.ErrNotFound) {
		t.Errorf("an upload that was deleted: %v", err)
	}
	if n := f.parts(t); n != 8 {
		t.Errorf("%d parts are there, want those of the one file", n)
	}
}

// An upload without bytes for an hour counts as unclaimed.
func TestFiles_uploadThatStandsStill_isDeleted(t *testing.T) {
	clock := clockwork.NewFakeClock()
	f := openFiles(t, filepath.Join(t.TempDir(), "table.db"), clock)
	r, w := io.Pipe()
	ended := make(chan error)
	go func() {
		_, err := f.Put(t.Context(), keyOf("a"), r, 9<<20)
		ended <- err
	}()
	lot := content(stepParts * partBytes)
	for range 3 {
		if _, err := w.Write(lot); err != nil {
			t.Fatal(err)
		}
	}
	step(t, clock, unclaimed-time.Minute)
	if _, err := w.Write(lot); err != nil { // the upload stands still from now on
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("x")); err != nil { // the lot is written when the next is read
		t.Fatal(err)
	}
	step(t, clock, 10*time.Minute)
	round(t, clock)
	if n := f.parts(t); n != 4*stepParts {
		t.Errorf("%d parts are there, want all that came", n)
	}
	step(t, clock, unclaimed)
	round(t, clock)
	w.Close()
	if err := <-ended; !errors.Is(err, files.ErrNotFound) || f.parts(t) > 0 {
		t.Errorf("%v, and %d parts are left", err, f.parts(t))
	}
}
