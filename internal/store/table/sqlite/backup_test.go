package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
)

// accept verifies nothing.
func accept(string) error { return nil }

func TestBackup_whileAnotherWrites_isOneMomentForItsOwnerAlone(t *testing.T) {
	folder := t.TempDir()
	f := openFile(t, filepath.Join(folder, "parley.db"))
	c := writer(t, f)
	defer c.Close()
	stop, stopped := make(chan struct{}), make(chan error)
	go func() { // each transaction adds one item to each partition
		for n := int64(0); ; n++ {
			_, err := c.Transact(func() (bool, error) {
				const text = "INSERT INTO items (pk, sk, data) VALUES (?, ?, 'x')"
				return true, errors.Join(c.Run(text, "a", n), c.Run(text, "b", n))
			})
			select {
			case <-stop:
				stopped <- err
				return
			default:
				if err != nil {
					t.Error(err)
				}
			}
		}
	}()
	for n := range 5 {
		path := filepath.Join(folder, fmt.Sprintf("backup %d.db", n))
		if err := f.Backup(t.Context(), path, accept); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v; want mode 600", info.Mode(), err)
		}
		copied, err := OpenReadOnly(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := copied.IntegrityCheck(t.Context()); err != nil {
			t.Error(err)
		}
		if odd := readRows(t, copied,
			"SELECT count(*) FILTER (WHERE pk = 'a') - count(*) FILTER (WHERE pk = 'b') FROM items"); odd != "0" {
			t.Errorf("backup %d has %s items of one half of a transaction", n, odd)
		}
		write(t, openFile(t, path), "INSERT INTO items (pk, sk, data) VALUES ('p', 'a', 'x')") // the copy can be served
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestBackup_fileExists_isLeftAsItIs(t *testing.T) {
	folder := t.TempDir()
	f := openFile(t, filepath.Join(folder, "parley.db"))
	path := filepath.Join(folder, "other")
	if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := f.Backup(t.Context(), path, accept); !errors.Is(err, ErrExists) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v; want ErrExists", err)
	}
	wantContentOf(t, path, "x")
	if err := f.Backup(t.Context(), f.Path(), accept); !errors.Is(err, ErrExists) {
		t.Errorf("over itself: %v; want ErrExists", err)
	}
}

func wantContentOf(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", path, got, err, want)
	}
}

func TestBackup_failed_leavesNothing(t *testing.T) {
	folder := t.TempDir()
	f := openFile(t, filepath.Join(folder, "parley.db"))
	refused, cancelled := errors.New("refused"), func() context.Context {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		return ctx
	}()
	path := filepath.Join(folder, "backup.db")
	if err := f.Backup(t.Context(), path, func(string) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("%v; want the error of verify", err)
	}
	if err := f.Backup(t.Context(), path, os.Remove); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v; want an error that says that the copy is gone", err)
	}
	if err := f.Backup(cancelled, path, accept); err == nil {
		t.Error("a cancelled backup succeeded")
	}
	if err := f.Backup(t.Context(), filepath.Join(folder, "nowhere", "backup.db"),
		accept); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v; want that the folder is missing", err)
	}
	wantBackups(t, folder)
}

// wantBackups fails the test unless exactly these files in folder have names that begin with backup.
func wantBackups(t *testing.T, folder string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "backup") {
			got = append(got, e.Name())
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the folder holds %q; want %q", got, want)
	}
}

// The other backup is made while the first is verified.
func TestBackup_anotherToTheSamePathIsRefused_isPublished(t *testing.T) {
	folder := t.TempDir()
	f := openFile(t, filepath.Join(folder, "parley.db"))
	path, refused := filepath.Join(folder, "backup.db"), errors.New("refused")
	err := f.Backup(t.Context(), path, func(string) error {
		if err := f.Backup(t.Context(), path, func(string) error { return refused }); !errors.Is(err, refused) {
			t.Errorf("the other: %v; want the error of verify", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	wantBackups(t, folder, "backup.db")
}

func TestBackup_anotherToTheSamePathWasFaster_leavesItAlone(t *testing.T) {
	folder := t.TempDir()
	f := openFile(t, filepath.Join(folder, "parley.db"))
	path := filepath.Join(folder, "backup.db")
	var faster []byte
	err := f.Backup(t.Context(), path, func(string) error {
		write(t, f, insert) // the two files now differ
		return f.Backup(t.Context(), path, func(copied string) (err error) {
			faster, err = os.ReadFile(copied)
			return err
		})
	})
	if !errors.Is(err, ErrExists) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v; want ErrExists and the path", err)
	}
	wantContent(t, path, faster)
	wantBackups(t, folder, "backup.db")
}

func TestBackup_besideAFileOfAlmostThatName_leavesItAlone(t *testing.T) {
	folder := t.TempDir()
	f := openFile(t, filepath.Join(folder, "parley.db"))
	path := filepath.Join(folder, "backup.db")
	if err := os.WriteFile(path+".new", []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Backup(t.Context(), path, accept); err != nil {
		t.Fatal(err)
	}
	wantContentOf(t, path+".new", "mine")
	wantBackups(t, folder, "backup.db", "backup.db.new")
}

func TestReserveAndMove_takesAFreeNameAndNoOther(t *testing.T) {
	folder := t.TempDir()
	free, taken := filepath.Join(folder, "backup.db"), filepath.Join(folder, "backup taken.db")
	first, second := filepath.Join(folder, "first"), filepath.Join(folder, "second")
	for path, content := range map[string]string{taken: "mine", first: "first", second: "second"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := reserveAndMove(first, free); err != nil {
		t.Error(err)
	}
	if err := reserveAndMove(second, taken); !errors.Is(err, ErrExists) {
		t.Errorf("%v; want ErrExists", err)
	}
	wantContentOf(t, free, "first")
	wantContentOf(t, taken, "mine")
	if err := reserveAndMove(first, filepath.Join(folder, "backup gone.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v; want that there is nothing to move", err)
	}
	wantBackups(t, folder, "backup taken.db", "backup.db")
}

func TestIntegrityCheck_damagedPage_isNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	f := openFile(t, path)
	write(t, f, insertMany)
	if err := f.IntegrityCheck(t.Context()); err != nil {
		t.Fatal(err)
	}
	root := 0
	c, err := f.connect(sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Each(func(row *sqlite.Stmt) bool { root = row.ColumnInt(0); return true },
		"SELECT rootpage FROM sqlite_schema WHERE name = 'items'")
	if err := errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteAt([]byte(strings.Repeat("damage", 100)), int64(root-1)*4096+8)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	if err := f.IntegrityCheck(t.Context()); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v; want ErrDamaged and the path", err)
	}
}

// SQLite does not notice that a log belongs to another file, and replays the log.
func TestLogOfAnotherFile_isNeverReplayed(t *testing.T) {
	folder := t.TempDir()
	f := openFile(t, filepath.Join(folder, "parley.db"))
	c := writer(t, f)
	defer c.Close()
	if err := c.Run(insert); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(f.Path() + "-wal")
	if err != nil || len(log) == 0 {
		t.Fatal(len(log), err)
	}
	restored, fresh, backup := filepath.Join(folder, "restored.db"), filepath.Join(folder, "new.db"),
		filepath.Join(folder, "backup.db")
	if err := f.Backup(t.Context(), restored, accept); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{restored, fresh, backup} {
		if err := os.WriteFile(path+"-wal", log, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for path, open := range map[string]func() error{
		restored: func() error { _, err := OpenFile(restored); return err },
		fresh:    func() error { _, err := OpenFile(fresh); return err },
		backup:   func() error { return f.Backup(t.Context(), backup, accept) },
	} {
		if err := open(); !errors.Is(err, ErrStray) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v; want ErrStray and the path", filepath.Base(path), err)
		}
		wantContent(t, path+"-wal", log)
	}
}
