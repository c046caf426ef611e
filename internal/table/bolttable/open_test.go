package bolttable

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/parley-chat/parley/internal/table"
)

// put writes an item that never expires.
func put(t testing.TB, tab *Table, partition, sort, data string) {
	t.Helper()
	item := table.Item{Key: table.Key{Partition: partition, Sort: sort}, Data: []byte(data)}
	if err := tab.Write(t.Context(), table.Put(item, table.Always)); err != nil {
		t.Fatal(err)
	}
}

// wantOpenError opens path, which must fail with want and name the path.
func wantOpenError(t *testing.T, path string, want error) {
	t.Helper()
	tab, err := Open(path, Options{})
	if err == nil {
		tab.Close()
		t.Fatalf("Open succeeded; want %v", want)
	}
	if !errors.Is(err, want) || !strings.Contains(err.Error(), path) {
		t.Errorf("Open: %v; want the path and %v", err, want)
	}
}

func TestOpen_newFile_isTheOwnersAlone(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "some", "where")
	path := filepath.Join(folder, "table.db")
	open(t, path, nil)
	for name, want := range map[string]os.FileMode{filepath.Dir(folder): 0o700, folder: 0o700, path: 0o600} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o; want %o", name, got, want)
		}
	}
}

func TestOpen_again_findsWhatWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	for i := range 3 {
		tab := open(t, path, nil)
		for j := range i {
			k := table.Key{Partition: "p", Sort: fmt.Sprint(j)}
			if got, err := tab.Get(t.Context(), k, table.Strong); err != nil || string(got.Data) != "x" {
				t.Errorf("opened %d times: Get %s: %q, %v", i, k, got.Data, err)
			}
		}
		put(t, tab, "p", fmt.Sprint(i), "x")
		if err := tab.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOpen_andClose_writeNothing(t *testing.T) {
	content := filledFile(t)
	path := filepath.Join(t.TempDir(), "table.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	tab := open(t, path, nil)
	if _, err := tab.Query(t.Context(), table.Range{Partition: "room 1", Limit: 10}); err != nil {
		t.Fatal(err)
	}
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
	wantContent(t, path, content)
}

func TestOpen_emptyFile_isANewTable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, open(t, path, nil), "p", "a", "x")
}

func TestOpen_fileInUse_saysSoAndLeavesTheOtherAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	first := open(t, path, nil)
	wantOpenError(t, path, errInUse)
	put(t, first, "p", "a", "x")
}

func TestOpen_noPlaceForAFile_saysWhere(t *testing.T) {
	folder := t.TempDir()
	wantPath := func(path, says string) {
		t.Helper()
		tab, err := Open(path, Options{})
		if err == nil {
			tab.Close()
			t.Fatal("Open succeeded")
		}
		if !strings.Contains(err.Error(), folder) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want the path in it and %q", err, says)
		}
	}
	wantPath(folder, "is not a file")
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantPath(filepath.Join(file, "table.db"), "not a directory")
	wantPath(filepath.Join(file, "deeper", "table.db"), "not a directory")
}

func TestOpen_foreignFile_isRefusedAndUnchanged(t *testing.T) {
	for name, content := range map[string][]byte{
		"one byte":         []byte("x"),
		"text":             bytes.Repeat([]byte("not a table\n"), 2000),
		"zeros":            make([]byte, 64<<10),
		"noise":            noise(64 << 10),
		"SQLite":           append([]byte("SQLite format 3\x00\x10\x00"), make([]byte, 16<<10)...),
		"another's bolt":   boltFile(t, "their bucket", false),
		"another's, light": boltFile(t, "their bucket", true),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "table.db")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			wantOpenError(t, path, errForeign)
			wantContent(t, path, content)
		})
	}
}

func TestOpen_fileOfANewerVersion_isRefusedAndUnchanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	content := boltFile(t, bucketPrefix+"2", false)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	wantOpenError(t, path, errNewer)
	wantContent(t, path, content)
}

func TestOpen_truncatedFile_isRefusedAndUnchanged(t *testing.T) {
	whole := filledFile(t)
	used := usedBytes(t, whole)
	sizes := []int{1, 100, 4095, 4096, 5000, 8192, 12288, used / 2, used - 4096, used - 1}
	for range 200 {
		sizes = append(sizes, 1+rand.IntN(used-1))
	}
	path := filepath.Join(t.TempDir(), "table.db")
	for _, size := range sizes {
		if err := os.WriteFile(path, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		tab, err := Open(path, Options{})
		if err == nil {
			tab.Close()
			t.Fatalf("Open of the first %d of %d bytes succeeded", size, used)
		}
		if !errors.Is(err, errDamaged) && !errors.Is(err, errForeign) {
			t.Errorf("the first %d bytes: %v; want what is wrong and what to do", size, err)
		}
		wantContent(t, path, whole[:size])
	}
}

// A page of nonsense may be where no call looks, so that Open cannot know. What
// is asked for: an error wherever it shows, and no panic, fault or deadlock.
func TestOpen_damagedPage_isAnErrorAndNoPanic(t *testing.T) {
	whole := filledFile(t)
	size := os.Getpagesize()
	pages := usedBytes(t, whole) / size
	refused := 0
	for page := range pages {
		for _, damage := range damages() {
			content := bytes.Clone(whole)
			damage(content[page*size : (page+1)*size])
			path := filepath.Join(t.TempDir(), "table.db")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			tab, err := Open(path, Options{})
			if err != nil {
				refused++
				continue
			}
			if err := useAll(t, tab); err != nil {
				refused++
				if !errors.Is(err, table.ErrUnavailable) && !errors.Is(err, table.ErrNotFound) {
					t.Errorf("page %d: %v", page, err)
				}
			}
			tab.Close()
		}
	}
	if refused < pages {
		t.Errorf("damage to %d pages was noticed %d times", pages, refused)
	}
}

// damages are ways to spoil a page. The last leaves its header, so that the
// page is believed and points far outside the file.
func damages() []func(page []byte) {
	rng := rand.New(rand.NewPCG(1, 1))
	fill := func(b func() byte) func([]byte) {
		return func(page []byte) {
			for i := range page {
				page[i] = b()
			}
		}
	}
	return []func([]byte){
		fill(func() byte { return 0 }),
		fill(func() byte { return 0xff }),
		fill(func() byte { return byte(rng.Uint32()) }),
		func(page []byte) {
			for word := range slices.Chunk(page[16:], 8) {
				binary.LittleEndian.PutUint64(word, 1<<33)
			}
		},
	}
}

// useAll reads and writes all over the items of filledFile and returns the first error.
func useAll(t *testing.T, tab *Table) (first error) {
	note := func(err error) {
		if first == nil {
			first = err
		}
	}
	for i := range filledRooms {
		room := fmt.Sprintf("room %d", i)
		_, err := tab.Query(t.Context(), table.Range{Partition: room, Limit: 1000})
		note(err)
		k := table.Key{Partition: room, Sort: "00"}
		_, err = tab.Get(t.Context(), k, table.Strong)
		note(err)
		note(tab.Write(t.Context(), table.Put(table.Item{Key: k, Data: []byte("new")}, table.Always)))
	}
	return first
}

const filledRooms = 8

// filledFile is the content of a table with several levels of pages, pages in a
// row for great items, and free pages.
func filledFile(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.db")
	tab := open(t, path, nil)
	for i := range filledRooms {
		var ops []table.Op
		for j := range 40 {
			item := table.Item{Key: table.Key{Partition: fmt.Sprintf("room %d", i), Sort: fmt.Sprintf("%02d", j)}, Data: bytes.Repeat([]byte("x"), 100)}
			if j == 20 {
				item.Data = bytes.Repeat([]byte("y"), 9000)
			}
			ops = append(ops, table.Put(item, table.Always))
		}
		if err := tab.Write(t.Context(), ops...); err != nil {
			t.Fatal(err)
		}
	}
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// usedBytes is how much of a table's content its pages take; the file may be longer.
func usedBytes(t *testing.T, content []byte) (used int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.View(func(tx *bolt.Tx) error { used = int(tx.Size()); return nil }); err != nil {
		t.Fatal(err)
	}
	return used
}

// noise is so many random bytes.
func noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}

// boltFile is the content of a bolt file with one bucket.
func boltFile(t *testing.T, bucket string, noFreelist bool) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "theirs.db")
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoFreelistSync: noFreelist})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte(bucket))
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func wantContent(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("the file was changed")
	}
}
