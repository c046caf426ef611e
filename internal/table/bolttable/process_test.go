//go:build unix

package bolttable

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/internal/table"
)

// Tests that need another process start the test binary again with this set to
// what it shall do instead of testing.
const roleVariable = "PARLEY_BOLTTABLE_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "write":
		exitWith(writeForEver(os.Args[1], os.Args[2]))
	case "begin on a full disk":
		exitWith(beginOnAFullDisk(os.Args[1:]))
	case "fill the disk":
		exitWith(fillTheDisk(os.Args[1]))
	}
}

func exitWith(err error) {
	fmt.Fprintln(os.Stderr, err)
	if err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// child is a command that runs the test binary in a role.
func child(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	return cmd
}

const killWriters = 8

// writeForEver writes from several goroutines, each the next item of its log
// with a snapshot beside it, and prints a line for each write that returned.
func writeForEver(path, round string) error {
	tab, err := Open(path, Options{})
	if err != nil {
		return err
	}
	errs := make(chan error)
	for w := range killWriters {
		go func() {
			log := fmt.Sprintf("%s/%d", round, w)
			for n := 0; ; n++ {
				if err := writeEvent(tab, log, n); err != nil {
					errs <- err
					return
				}
				if _, err := os.Stdout.WriteString(fmt.Sprintf("%s %d\n", log, n)); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	return <-errs
}

func writeEvent(tab *Table, log string, n int) error {
	data := []byte(strconv.Itoa(n))
	if n%16 == 0 {
		data = append(data, strings.Repeat(" ", 20_000)...)
	}
	return tab.Write(context.Background(),
		table.Put(table.Item{Key: table.Key{Partition: log, Sort: fmt.Sprintf("LOG#%09d", n)}, Data: data}, table.IfAbsent),
		table.Put(table.Item{Key: table.Key{Partition: log, Sort: "META"}, Data: []byte(strconv.Itoa(n))}, table.Always))
}

// Killing a process does not take what the kernel holds for it, so this shows
// that nothing acknowledged waits in the process's own memory and that no state
// between two commits hinders opening; that a commit syncs is bbolt's.
func TestTable_killedWhileWriting_keepsWhatItAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	for round := range 20 {
		acknowledged := runAndKill(t, path, fmt.Sprint(round), rand.IntN(300))
		tab := open(t, path, nil)
		if tab.db.NoSync {
			t.Fatal("commits do not sync")
		}
		for log, last := range acknowledged {
			wantLog(t, tab, log, last)
		}
		if err := tab.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// runAndKill lets a child write until it has acknowledged some writes, kills it
// and returns the number of the last one it acknowledged in each log.
func runAndKill(t *testing.T, path, round string, writes int) map[string]int {
	t.Helper()
	cmd := child(t, "write", path, round)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := make(map[string]int)
	lines := 0
	for scanner := bufio.NewScanner(out); ; lines++ {
		if lines == writes {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		if !scanner.Scan() {
			break
		}
		var log string
		var n int
		if _, err := fmt.Sscanf(scanner.Text(), "%s %d", &log, &n); err != nil {
			t.Fatalf("%q: %v", scanner.Text(), err)
		}
		acknowledged[log] = n
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended by itself after %d writes: %v", lines, err)
	}
	return acknowledged
}

// wantLog demands the events 0 to last of a log, at most one more, for a writer
// may not have come to acknowledge it, and the snapshot of the last that is there.
func wantLog(t *testing.T, tab *Table, log string, last int) {
	t.Helper()
	there := -1
	r := table.Range{Partition: log, Prefix: "LOG#", Limit: 100}
	for more := true; more; {
		page, err := tab.Query(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			there++
			if r.After = fmt.Sprintf("LOG#%09d", there); item.Key.Sort != r.After {
				t.Fatalf("log %s: event %d is %s", log, there, item.Key.Sort)
			}
		}
		more = page.More
	}
	if there != last && there != last+1 {
		t.Errorf("log %s ends at event %d; %d was acknowledged", log, there, last)
	}
	meta, err := tab.Get(t.Context(), table.Key{Partition: log, Sort: "META"}, table.Strong)
	if err != nil || string(meta.Data) != strconv.Itoa(there) {
		t.Errorf("log %s: snapshot of event %s, %v; the last is %d", log, meta.Data, err, there)
	}
}

func TestWrite_diskFull_isUnavailableAndLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	if out, err := child(t, "fill the disk", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	page, err := open(t, path, nil).Query(t.Context(), table.Range{Partition: "p", Limit: table.MaxLimit})
	if err != nil || len(page.Items) == 0 {
		t.Fatalf("%d items, %v", len(page.Items), err)
	}
}

func TestOpen_newFileOnAFullDisk_fitsWhenThereIsRoom(t *testing.T) {
	var paths []string
	for n := range 40 {
		paths = append(paths, filepath.Join(t.TempDir(), fmt.Sprint(n), "table.db"))
	}
	if out, err := child(t, "begin on a full disk", paths...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, path := range paths {
		put(t, open(t, path, nil), "p", "a", "x")
	}
}

// beginOnAFullDisk makes tables where there is room for more and more of a file.
func beginOnAFullDisk(paths []string) error {
	for n, path := range paths {
		if err := limitFiles(uint64(n * 1000)); err != nil {
			return err
		}
		tab, err := Open(path, Options{})
		if err == nil && n*1000 < newPages*os.Getpagesize() {
			return fmt.Errorf("a table fits into %d bytes", n*1000)
		}
		if err == nil {
			err = tab.Close()
		} else if strings.Contains(err.Error(), path) && strings.Contains(err.Error(), syscall.EFBIG.Error()) {
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fillTheDisk writes until the file may not grow any more, which fails as a full
// disk does, and goes on when it may.
func fillTheDisk(path string) error {
	tab, err := Open(path, Options{})
	if err != nil {
		return err
	}
	if err := limitFiles(1 << 20); err != nil {
		return err
	}
	written := 0
	for err == nil && written < 100 {
		if err = writeBig(tab, written); err == nil {
			written++
		}
	}
	if !errors.Is(err, table.ErrUnavailable) || errors.Is(err, errDamaged) {
		return fmt.Errorf("after %d writes into the limit: %v; want ErrUnavailable", written, err)
	}
	if err := wantItems(tab, written); err != nil {
		return err
	}
	if err := limitFiles(1 << 30); err != nil {
		return err
	}
	if err := writeBig(tab, written); err != nil {
		return fmt.Errorf("with room again: %w", err)
	}
	if err := wantItems(tab, written+1); err != nil {
		return err
	}
	return tab.Close()
}

// limitFiles lets no file of this process grow beyond so many bytes.
func limitFiles(bytes uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = bytes
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

func writeBig(tab *Table, n int) error {
	item := table.Item{Key: table.Key{Partition: "p", Sort: fmt.Sprintf("%03d", n)}, Data: []byte(strings.Repeat("x", 100_000))}
	return tab.Write(context.Background(), table.Put(item, table.IfAbsent))
}

func wantItems(tab *Table, n int) error {
	page, err := tab.Query(context.Background(), table.Range{Partition: "p", Limit: table.MaxLimit})
	if err == nil && len(page.Items) != n {
		err = fmt.Errorf("%d items; want %d", len(page.Items), n)
	}
	return err
}
