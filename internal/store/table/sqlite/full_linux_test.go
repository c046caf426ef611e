package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
	"github.com/parley-chat/parley/internal/testkit/engine"
)

// A log that fills the disk has pages that the file holds already. It is moved there, and the write then succeeds.
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
