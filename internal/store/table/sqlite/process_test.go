//go:build unix

package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/internal/store/table"
)

// A test that needs another process starts the test binary again. The variable roleVariable says what the process does
// instead of testing.
const roleVariable = "PARLEY_SQLITE_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "write":
		exitWith(writeForEver(os.Args[1], os.Args[2], ""))
	case "write much":
		exitWith(writeForEver(os.Args[1], os.Args[2], strings.Repeat(" ", 30*sharedBytes)))
	case "put files":
		exitWith(putForEver(os.Args[1], os.Args[2]))
	case "write beside":
		exitWith(writeBeside(os.Args[1], os.Args[2]))
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

// child returns a command that runs the test binary in a role.
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

// writeForEver writes from several goroutines, each goroutine to a separate log, and prints a line for each write that
// returned. Each event has the padding.
func writeForEver(path, round, padding string) error {
	tab, err := Open(path, Options{})
	if err != nil {
		return err
	}
	errs := make(chan error)
	for w := range killWriters {
		go func() {
			log := fmt.Sprintf("%s/%d", round, w)
			for n := 0; ; n++ {
				if err := writePadded(tab, log, n, padding); err != nil {
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

// writeEvent writes event n of a log and the snapshot.
func writeEvent(tab *Table, log string, n int) error { return writePadded(tab, log, n, "") }

func writePadded(tab *Table, log string, n int, padding string) error {
	data := strconv.Itoa(n) + padding
	if n%16 == 0 {
		data += strings.Repeat(" ", 20_000)
	}
	return tab.Write(context.Background(),
		table.Put(item(log, fmt.Sprintf("LOG#%09d", n), data), table.IfAbsent),
		table.Put(item(log, "META", strconv.Itoa(n)), table.Always))
}

// The kernel keeps what it holds for a killed process. So this test shows that no acknowledged write waits in the
// memory of the process, and that the file opens after a kill at any moment.
func TestTable_killedAtRandomMoments_keepsWhatItAcknowledged(t *testing.T) {
	killAtRandom(t, 25, "write")
}

// After every sixty of these writes the log is moved into the file.
func TestTable_killedWhileTheLogIsMoved_keepsWhatItAcknowledged(t *testing.T) {
	killAtRandom(t, 10, "write much")
}

func TestSoak_killedAtRandomMoments_keepsWhatItAcknowledged(t *testing.T) {
	if os.Getenv("PARLEY_SOAK") == "" {
		t.Skip("takes minutes: make nightly plays it")
	}
	killAtRandom(t, 1000, "write")
	killAtRandom(t, 200, "write much")
}

// killAtRandom kills a writing process with a role, and opens the process's file, kills times.
func killAtRandom(t *testing.T, kills int, role string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.db")
	for round := range kills {
		acknowledged := runAndKill(t, role, path, fmt.Sprint(round), rand.IntN(300))
		tab := open(t, path, nil)
		for log, last := range acknowledged {
			wantLog(t, tab, log, last, last+1) // a writer may not have acknowledged its last event
		}
		if err := tab.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// runAndKill lets a child write until it has acknowledged some writes, and kills the child. runAndKill returns the
// number of the last acknowledged event in each log.
func runAndKill(t *testing.T, role, path, round string, writes int) map[string]int {
	t.Helper()
	cmd := child(t, role, path, round)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := make(map[string]int)
	for scanner, lines := bufio.NewScanner(out), 0; ; lines++ {
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
		t.Fatalf("the child ended by itself: %v", err)
	}
	return acknowledged
}

const (
	guests      = 10 // processes beside the server
	guestWrites = 20 // of each
)

// writeBeside writes to a file that another process serves, like parley keys.
func writeBeside(path, guest string) error {
	tab, err := OpenBeside(path, Options{})
	if err != nil {
		return err
	}
	for n := range guestWrites {
		if err := tab.Write(context.Background(),
			table.Put(item("guests", fmt.Sprintf("%s %02d", guest, n), "x"), table.IfAbsent)); err != nil {
			return errors.Join(err, tab.Close())
		}
	}
	return tab.Close()
}

// A busy server keeps no other process out, no process keeps the server from writing, and all writes are in the file.
func TestOpenBeside_manyProcessesAndABusyServer_allWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	server := child(t, "write", path, "server")
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan() // the server serves
	wrote := make(chan int)
	go func() {
		n := 0
		for lines.Scan() {
			n++
		}
		wrote <- n
	}()
	var running errgroup.Group
	for guest := range guests {
		running.Go(func() error {
			if out, err := child(t, "write beside", path, fmt.Sprint(guest)).CombinedOutput(); err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			return nil
		})
	}
	if err := running.Wait(); err != nil {
		t.Error(err)
	}
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if n := <-wrote; n == 0 {
		t.Error("the server did not write meanwhile")
	}
	_ = server.Wait() // the server was killed
	tab := open(t, path, nil)
	for w := range killWriters {
		wantLog(t, tab, fmt.Sprintf("server/%d", w), -1, math.MaxInt) // the guests may be faster
	}
	page, err := tab.Query(t.Context(), table.Range{Partition: "guests", Limit: table.MaxLimit})
	if err != nil || len(page.Items) != guests*guestWrites {
		t.Errorf("%d items of others, %v; want %d", len(page.Items), err, guests*guestWrites)
	}
}

func TestOpenBeside_fileThatIsNotThere_createsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	if _, err := OpenBeside(path, Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) > 0 {
		t.Errorf("there are %v, %v", left, err)
	}
}

// wantLog requires a log without gaps that ends at an event from least to most,
// and the snapshot of that event.
func wantLog(t *testing.T, tab *Table, log string, least, most int) {
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
			r.After = fmt.Sprintf("LOG#%09d", there)
			if item.Key.Sort != r.After {
				t.Fatalf("log %s: event %d is %s", log, there, item.Key.Sort)
			}
		}
		more = page.More
	}
	if there < least || there > most {
		t.Errorf("log %s ends at event %d; want %d to %d", log, there, least, most)
	}
	meta, err := tab.Get(t.Context(), table.Key{Partition: log, Sort: "META"}, table.Strong)
	if there >= 0 && (err != nil || string(meta.Data) != strconv.Itoa(there)) {
		t.Errorf("log %s: snapshot of event %s, %v; the last is %d", log, meta.Data, err, there)
	}
}

func TestWrite_diskFull_isRefusedUntilThereIsRoom(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	if out, err := child(t, "fill the disk", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if page, err := open(t, path, nil).Query(t.Context(),
		table.Range{Partition: "p", Limit: table.MaxLimit}); err != nil || len(page.Items) == 0 {
		t.Fatalf("%d items, %v", len(page.Items), err)
	}
}

// fillTheDisk writes until files may not grow any more, which fails like a full disk, and goes on when files may grow
// again.
func fillTheDisk(path string) error {
	tab, err := Open(path, Options{})
	if err != nil {
		return err
	}
	if err := limitFiles(4 << 20); err != nil {
		return err
	}
	ctx, written := context.Background(), 0
	for err == nil && written < 1000 {
		err = writeBig(tab, written)
		if err == nil {
			written++
		}
	}
	if !errors.Is(err, table.ErrUnavailable) {
		return fmt.Errorf("after %d writes into the limit: %v; want ErrUnavailable", written, err)
	}
	if err := wantItems(tab, written); err != nil {
		return err
	}
	if err := tab.Ready(ctx); !errors.Is(err, table.ErrUnavailable) {
		return fmt.Errorf("on a full disk, Ready: %v", err)
	}
	if err := limitFiles(1 << 30); err != nil {
		return err
	}
	if err := tab.Ready(ctx); err != nil {
		return fmt.Errorf("with room again, Ready: %v", err)
	}
	if err := writeBig(tab, written); err != nil {
		return fmt.Errorf("with room again: %w", err)
	}
	return errors.Join(wantItems(tab, written+1), tab.Ready(ctx), tab.Close())
}

// limitFiles sets the largest size of this process's files, in bytes.
func limitFiles(bytes uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = bytes
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

func writeBig(tab *Table, n int) error {
	return tab.Write(context.Background(), table.Put(item("p", fmt.Sprintf("%03d", n), strings.Repeat("x", 100_000)),
		table.IfAbsent))
}

func wantItems(tab *Table, n int) error {
	page, err := tab.Query(context.Background(), table.Range{Partition: "p", Limit: table.MaxLimit})
	if err == nil && len(page.Items) != n {
		err = fmt.Errorf("%d items; want %d", len(page.Items), n)
	}
	return err
}
