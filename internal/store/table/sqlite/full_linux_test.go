package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
	"github.com/parley-chat/parley/internal/testkit/engine"
)

// A container often gets one file. The file's log would stay in the container.
func TestOpen_fileThatIsMountedAlone_isRefused(t *testing.T) {
	path, here := filepath.Join(t.TempDir(), "parley.db"), filepath.Join(t.TempDir(), "parley.db")
	tab, err := sqlite.Open(path, sqlite.Options{})
	if err == nil {
		err = errors.Join(tab.Close(), os.WriteFile(here, nil, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	engine.BindMount(t, path, here)
	_, opens := sqlite.OpenFile(here)
	_, beside := sqlite.OpenBeside(here, sqlite.Options{})
	_, looks := sqlite.OpenReadOnly(here)
	for _, err := range []error{opens, beside, looks} {
		if !errors.Is(err, sqlite.ErrMounted) || !strings.Contains(err.Error(), "mount its folder") {
			t.Errorf("%v, want ErrMounted", err)
		}
	}
	folder := t.TempDir()
	engine.BindMount(t, filepath.Dir(path), folder)
	tab, err = sqlite.Open(filepath.Join(folder, "parley.db"), sqlite.Options{})
	if err == nil {
		err = tab.Close()
	}
	if err != nil {
		t.Errorf("in a folder that is mounted: %v", err)
	}
}

// A log that fills the disk has pages that are already in the file. The log is moved there, and then the write
// succeeds.
func TestWrite_inPlaceOnAFullDisk_hasTheSpaceOfTheLog(t *testing.T) {
	disk := engine.SmallDisk(t, "2m")
	tab, err := sqlite.Open(filepath.Join(disk, "table.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	again := func(n int) {
		t.Helper()
		item := table.Item{Key: table.Key{Partition: "p", Sort: "a"}, Data: []byte(fmt.Sprint(n))}
		if err := tab.Write(t.Context(), table.Put(item, table.Always)); err != nil {
			t.Fatalf("write %d: %v", n, err)
		}
	}
	for n := range 50 {
		again(n)
	}
	if err := os.WriteFile(filepath.Join(disk, "other"), make([]byte, 4<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	for n := range 200 {
		again(n)
	}
	if err := tab.Close(); err != nil {
		t.Error(err)
	}
}
