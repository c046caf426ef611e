package sqlite

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/parley-chat/parley/internal/store/table"
)

// Why a file cannot be opened.
var (
	ErrDamaged = errors.New("the file is damaged")
	ErrForeign = errors.New("the file is not Parley's, and stays as it is")
	ErrNewer   = errors.New("the file is of a newer version of Parley; use that one")
	ErrStray   = errors.New("there is a write-ahead log (-wal) of another file; if you have put this file in the " +
		"place of that one or removed that one, move the files with -wal and -shm away")
	ErrInUse  = errors.New("another process has the file open, most likely another parley")
	ErrLinked = errors.New("the file has another name, too (a hard link), by which a second server could open it, " +
		"and messages would be lost; nothing was changed: remove one of the names or, to use the file elsewhere, " +
		"mount its folder")
	ErrMounted = errors.New("the file alone is mounted here, without the write-ahead log beside it, so that messages " +
		"would be lost; nothing was changed: mount its folder")
)

// FileError is an error of a file, with its path.
type FileError struct {
	Path string
	Err  error
}

// Error implements error with one line.
func (f *FileError) Error() string {
	return f.Path + ": " + strings.Join(strings.FieldsFunc(f.Err.Error(), func(r rune) bool { return r == '\n' }), "; ")
}

// Unwrap returns the reason.
func (f *FileError) Unwrap() error { return f.Err }

// logLimit is the size to which SQLite shortens a write-ahead log that a reader let grow.
const logLimit = 32 << 20

// View is a view of the file's table, for people who look into the file.
type View struct {
	Name, Select string
}

// File is a file that OpenFile or OpenReadOnly has accepted.
type File struct {
	path  string
	lock  *flock.Flock // nil after OpenReadOnly
	data  *os.File     // only to sync; nil after OpenReadOnly, and then Sync does nothing
	views []View
}

// OpenFile locks the file at path for this process and returns the file. OpenFile creates a missing file, with folders
// that only the owner may enter. The lock is on path.lock, which stays after Close. OpenFile does not change a file
// that is damaged, not Parley's, of another version, or reachable by another path: see checkAlone. Another process with
// the file open gets a second to close the file.
func OpenFile(path string, views ...View) (*File, error) {
	path, err := resolve(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, views: views}
	if err := checkAlone(path); err != nil {
		return nil, f.explain(err)
	}
	f.lock, err = acquire(path + ".lock")
	if err != nil {
		return nil, f.explain(err)
	}
	err = prepare(path)
	if err == nil {
		f.data, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	if err != nil {
		return nil, errors.Join(f.explain(err), f.Close())
	}
	return f, nil
}

// OpenReadOnly returns the file at path for reading, even while another process has the file open, unless the process's
// writes would be invisible here: see checkServed. Backups of the file get the views.
func OpenReadOnly(path string, views ...View) (*File, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	path, err = filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, views: views}
	if err := cmp.Or(checkServed(path), inspect(path, os.O_RDONLY)); err != nil {
		return nil, f.explain(err)
	}
	return f, nil
}

// Close releases the file. Close all connections first.
func (f *File) Close() error {
	if f.lock == nil {
		return nil
	}
	var err error
	if f.data != nil {
		err = f.data.Close()
		f.data = nil // Close may be called again
	}
	return errors.Join(err, f.lock.Close())
}

// Path returns the absolute path of the file, without symbolic links.
func (f *File) Path() string { return f.path }

// storeViews replaces the views with a changed text, so that most starts write nothing.
func storeViews(c *sqlite.Conn, views []View) error {
	for _, v := range views {
		want := "CREATE VIEW " + v.Name + " AS " + v.Select
		same := false
		err := sqlitex.ExecuteTransient(c, "SELECT 1 FROM sqlite_schema WHERE name = ? AND sql = ?",
			&sqlitex.ExecOptions{
				Args:       []any{v.Name, want},
				ResultFunc: func(*sqlite.Stmt) error { same = true; return nil },
			})
		if err == nil && !same {
			err = execute(c, "DROP VIEW IF EXISTS "+v.Name+";"+want)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// damaged is ErrDamaged from SQLite, without better words.
type damaged struct{ error }

func (damaged) Error() string        { return ErrDamaged.Error() }
func (damaged) Is(target error) bool { return target == ErrDamaged }
func (d damaged) Unwrap() error      { return d.error }

// full is table.ErrFull from SQLite. SQLite returns this error whenever a file cannot grow for want of space; the file
// then holds no part of the transaction (https://www.sqlite.org/rescode.html#full).
type full struct{ error }

func (full) Error() string        { return "the disk is full" }
func (full) Is(target error) bool { return target == table.ErrFull }
func (f full) Unwrap() error      { return f.error }

// explain adds to err the file, and the kind of the fault.
func (f *File) explain(err error) error {
	code := sqlite.ErrCode(err)
	switch primary := code.ToPrimary(); {
	case primary == sqlite.ResultCorrupt, primary == sqlite.ResultNotADB: // the header is Parley's: see inspect
		err = &damaged{err}
	case primary == sqlite.ResultFull, code == sqlite.ResultIOErrSHMSize: // readers need the latter, too
		err = &full{err}
	case primary == sqlite.ResultReadOnly:
		err = &fs.PathError{Op: "write", Path: f.path, Err: fs.ErrPermission}
	}
	return &FileError{f.path, err}
}
