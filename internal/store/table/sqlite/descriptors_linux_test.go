package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/internal/store/table"
)

// A process with too few descriptors for all connections of a table gets an error, whichever connection fails first,
// and keeps no descriptor of the unopened table.
func TestOpen_ofTooFewDescriptors_isRefusedAndLeavesNone(t *testing.T) {
	const within = "PARLEY_FEW_DESCRIPTORS" // a separate process, in which the limit of descriptors may sink
	if path := os.Getenv(within); path != "" {
		if err := openWithFewDescriptors(path); err != nil {
			t.Error(err)
		}
		return
	}
	cmd := child(t, "", "-test.run=^"+t.Name()+"$")
	cmd.Env = append(cmd.Env, within+"="+filepath.Join(t.TempDir(), "table.db"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// openWithFewDescriptors opens a table with one descriptor, with two, and so on, until the descriptors are enough.
func openWithFewDescriptors(path string) error {
	tab, err := Open(path, Options{}) // so that the runtime has its descriptors, and the file exists
	if err != nil {
		return err
	}
	if err := tab.Close(); err != nil {
		return err
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	before := descriptors()
	refused := 0
	for n := before; ; n++ {
		limit.Cur = uint64(n)
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			return err
		}
		tab, openErr := Open(path, Options{})
		limit.Cur = limit.Max
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			return err
		}
		if openErr != nil {
			refused++
			if now := descriptors(); now != before {
				return fmt.Errorf("with %d descriptors: %d are open after %w; want %d", n, now, openErr, before)
			}
			continue
		}
		_, err := tab.Get(context.Background(), table.Key{Partition: "p", Sort: "s"}, table.Strong)
		if errors.Is(err, table.ErrNotFound) {
			err = nil
		}
		err = errors.Join(err, tab.Close())
		if err == nil && refused < 5 {
			err = fmt.Errorf("only %d tries were refused: the test is void", refused)
		}
		return err
	}
}

// descriptors returns how many descriptors this process has open.
func descriptors() int {
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		panic(err)
	}
	return len(all)
}
