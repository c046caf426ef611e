package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// openFile opens the file at path for the length of the test.
func openFile(t testing.TB, path string, views ...View) *File {
	t.Helper()
	f, err := OpenFile(path, views...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// writer returns a connection that writes the file. The caller closes it.
func writer(t testing.TB, f *File) *Conn {
	t.Helper()
	c, err := f.Writer()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// write runs statements on a file, with a separate connection.
func write(t testing.TB, f *File, statements ...string) {
	t.Helper()
	c := writer(t, f)
	for _, text := range statements {
		if err := c.Run(text); err != nil {
			t.Error(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

const (
	insert     = "INSERT INTO items (pk, sk, data) VALUES ('p', 'a', 'x')"
	insertMany = `WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 200)
		INSERT INTO items (pk, sk, data) SELECT 'p', printf('%04d', n), hex(zeroblob(500)) FROM number`
)

// readRows returns the first column of the only row of a query.
func readRows(t testing.TB, f *File, query string) (text string) {
	t.Helper()
	c, err := f.connect(sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Each(func(row *sqlite.Stmt) bool { text = row.ColumnText(0); return true }, query)
	if err := errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
	return text
}

func wantContent(t *testing.T, path string, want []byte) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s has changed: %d bytes, %v; it had %d", path, len(got), err, len(want))
	}
}

func TestOpen_newFile_isTheOwnersAlone(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "some", "where")
	path := filepath.Join(folder, "parley.db")
	f := openFile(t, path)
	c := writer(t, f)
	defer c.Close()
	if err := c.Run(insert); err != nil {
		t.Fatal(err)
	}
	want := map[string]os.FileMode{
		filepath.Dir(folder): 0o700, folder: 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600,
		path + ".lock": 0o600,
	}
	for name, mode := range want {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v; want mode %o", name, info.Mode(), err, mode)
		}
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 4 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

func TestOpen_emptyFile_isANewOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, openFile(t, path), insert)
}

func TestOpen_afterAKilledCreation_startsOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	for _, left := range []string{".new", ".new-journal"} {
		if err := os.WriteFile(path+left, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(t, openFile(t, path), insert)
	if _, err := os.Stat(path + ".new"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the remains are still there: %v", err)
	}
}

func TestOpen_fileInUse_saysSoAndLeavesTheOtherAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	first := openFile(t, path)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: a link to the file: %v", err)
	}
	for _, name := range []string{path, link} {
		if _, err := OpenFile(name); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), path) {
			t.Errorf("Open %s: %v; want ErrInUse", name, err)
		}
	}
	write(t, first, insert)
}

// Two servers on one file, by two names, lose what both have acknowledged. Readers go on, such as the check of a
// backup.
func TestOpen_fileWithAnotherName_isRefusedByBoth(t *testing.T) {
	path, name := filepath.Join(t.TempDir(), "parley.db"), filepath.Join(t.TempDir(), "name.db")
	file := openFile(t, path)
	write(t, file, insert)
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(path, name); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: a hard link to the file: %v", err)
	}
	for _, p := range []string{path, name} {
		_, opens := OpenFile(p)
		_, beside := OpenBeside(p, Options{})
		_, looks := OpenReadOnly(p)
		for _, err := range []error{opens, beside, looks} {
			if !errors.Is(err, ErrLinked) || !strings.Contains(err.Error(), p) ||
				!strings.Contains(err.Error(), "mount its folder") {
				t.Errorf("%s: %v; want ErrLinked and its path", p, err)
			}
		}
	}
	if _, err := os.Stat(name + ".lock"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the refusal has left a lock: %v", err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := openFile(t, path).Close(); err != nil {
		t.Error(err)
	}
}

func TestLook_relativePath_isMadeAbsolute(t *testing.T) {
	folder := t.TempDir()
	want := openFile(t, filepath.Join(folder, "parley.db")).Path()
	t.Chdir(folder)
	f, err := OpenReadOnly("parley.db")
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Path(); got != want {
		t.Errorf("the path is %s; want %s", got, want)
	}
}

func TestOpen_noPlaceForAFile_saysWhere(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		folder:                                 "is not a file",
		filepath.Join(file, "parley.db"):       "not a directory",
		filepath.Join(file, "deeper", "db.db"): "not a directory",
	} {
		if _, err := OpenFile(path); err == nil || !strings.Contains(err.Error(), folder) ||
			!strings.Contains(err.Error(), says) {
			t.Errorf("Open %s: %v; want %q", path, err, says)
		}
	}
}

// header returns a file of SQLite with an application id and a version.
func header(t *testing.T, application, version uint32) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "theirs.db")
	c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("CREATE TABLE theirs (a); PRAGMA application_id = %d; PRAGMA user_version = %d;", application,
		version)
	if err := errors.Join(sqlitex.ExecuteScript(c, script, nil), c.Close()); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestOpen_otherFile_isRefusedAndUnchanged(t *testing.T) {
	noise := make([]byte, 64<<10)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	for name, c := range map[string]struct {
		content []byte
		want    error
	}{
		"one byte":             {[]byte("x"), ErrForeign},
		"text":                 {bytes.Repeat([]byte("not a table\n"), 2000), ErrForeign},
		"zeros":                {make([]byte, 64<<10), ErrForeign},
		"noise":                {noise, ErrForeign},
		"another program's":    {header(t, 0x4d504254, 3), ErrForeign},
		"SQLite without an id": {header(t, 0, 0), ErrForeign},
		"no version":           {header(t, applicationID, 0), ErrForeign},
		"of a newer version":   {header(t, applicationID, schemaVersion+1), ErrNewer},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "parley.db")
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			for action, open := range map[string]func() (*File, error){
				"Open": func() (*File, error) { return OpenFile(path) },
				"Look": func() (*File, error) { return OpenReadOnly(path) },
			} {
				if _, err := open(); !errors.Is(err, c.want) || !strings.Contains(err.Error(), path) {
					t.Errorf("%s: %v; want the path and %v", action, err, c.want)
				}
			}
			wantContent(t, path, c.content)
			if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 2 {
				t.Errorf("beside the file and its lock there are %v, %v", entries, err)
			}
		})
	}
}

func TestOpen_fileCutOff_isRefusedAndUnchanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	f := openFile(t, path)
	write(t, f, insertMany)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		cut := whole[:headerBytes+rand.IntN(len(whole)-headerBytes-1)]
		path := filepath.Join(t.TempDir(), "parley.db")
		if err := os.WriteFile(path, cut, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFile(path); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
			t.Errorf("the first %d of %d bytes: %v", len(cut), len(whole), err)
		}
		wantContent(t, path, cut)
	}
}

func TestViews_areStoredAndReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	version := func(views ...View) string {
		t.Helper()
		f := openFile(t, path, views...)
		write(t, f)
		defer f.Close()
		if len(views) > 0 {
			if got, want := readRows(t, f, "SELECT * FROM shown"), views[0].Select; "SELECT '"+got+"'" != want {
				t.Errorf("the view shows %q; want %q", got, want)
			}
		}
		return readRows(t, f, "PRAGMA schema_version")
	}
	one, two := View{"shown", "SELECT 'one'"}, View{"shown", "SELECT 'two'"}
	first := version(one)
	if again := version(one); again != first {
		t.Errorf("the same view was stored again: schema version %s, then %s", first, again)
	}
	if other := version(two); other == first {
		t.Error("another view was not stored")
	}
	if none := version(); readRows(t, openFile(t, path), "SELECT * FROM shown") != "two" {
		t.Errorf("without views, the view is gone: schema version %s", none)
	}
}

// The operator ends keys while the server runs, even if somebody has made a second name.
func TestOpenBeside_servedFileWithAnotherName_goesOnAtItsOwn(t *testing.T) {
	path, name := filepath.Join(t.TempDir(), "parley.db"), filepath.Join(t.TempDir(), "name.db")
	served, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	if err := os.Link(path, name); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: a hard link to the file: %v", err)
	}
	beside, err := OpenBeside(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := beside.Close(); err != nil {
		t.Error(err)
	}
	if f, err := OpenReadOnly(path); err != nil || f.Close() != nil {
		t.Errorf("reading it: %v", err)
	}
	_, besides := OpenBeside(name, Options{})
	_, looks := OpenReadOnly(name)
	for _, err := range []error{besides, looks} {
		if !errors.Is(err, ErrLinked) {
			t.Errorf("at the other name: %v", err)
		}
	}
}
