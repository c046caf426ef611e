package sqlite

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// The header of a SQLite file (https://www.sqlite.org/fileformat.html, 1.3).
const (
	headerBytes   = 100
	magic         = "SQLite format 3\x00"
	pageBytesAt   = 16
	walAt         = 18 // 2 if the file has, or had, a write-ahead log; 1 in a backup
	pagesAt       = 28
	versionAt     = 60
	applicationAt = 68

	applicationID = 0x5061726c // "Parl"
	schemaVersion = 1          // grows when an older program could not use the file
)

// schema mirrors a table of DynamoDB. data is text, so that people can read it. expires is in
// seconds, with a fraction: see secondsOf. The bytes of files are in tables of their own.
const schema = `
CREATE TABLE items (
	pk      TEXT NOT NULL,
	sk      TEXT NOT NULL,
	expires INTEGER,
	data    TEXT NOT NULL,
	PRIMARY KEY (pk, sk)
) WITHOUT ROWID;
CREATE INDEX items_by_expiry ON items (expires) WHERE expires IS NOT NULL;` + filesSchema + `
PRAGMA application_id = %d;
PRAGMA user_version = %d;`

// lockWait is how long Open waits for another process to release the file.
const lockWait = time.Second

// resolve returns the absolute path of a file without symbolic links, since SQLite
// keeps its other files next to the file itself. It creates missing folders.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real, nil
	}
	if _, err := os.Readlink(path); err == nil {
		return "", fmt.Errorf("%s is a link to a file that does not exist", path)
	}
	return path, makeFolder(filepath.Dir(path))
}

// makeFolder creates the folder at path, and those above it, where they are missing.
// They are on disk when it returns: a loss of power must not take a folder away
// from a file that is on disk.
func makeFolder(path string) error {
	parent := filepath.Dir(path)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) || parent == path {
		return os.MkdirAll(path, 0o700) // which says what is wrong with it, if anything is
	}
	if err := makeFolder(parent); err != nil {
		return err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return syncFolder(parent)
}

// acquire locks a file that exists only for that, since closing a descriptor of
// the data would release SQLite's locks. Removing it would let two processes hold
// two locks.
func acquire(path string) (*flock.Flock, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lockWait)
	defer cancel()
	lock := flock.New(path, flock.SetPermissions(0o600))
	_, err := lock.TryLockContext(ctx, lockWait/20)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, ErrInUse
	}
	return lock, err
}

// prepare creates the file at path if there is nothing in it, and inspects it
// otherwise.
func prepare(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode().IsRegular() && info.Size() == 0:
		return create(path)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("it is not a file; name the file to store the data in")
	}
	return inspect(path, os.O_RDWR)
}

// inspect returns an error unless the header is that of a table of this version and
// the file is as long as it says. It changes nothing, not even what a crash left
// for SQLite to recover.
func inspect(path string, flag int) error {
	file, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	header := make([]byte, headerBytes)
	_, err = io.ReadFull(file, header)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return ErrForeign
	}
	if err != nil {
		return err
	}
	version := binary.BigEndian.Uint32(header[versionAt:])
	switch {
	case !bytes.HasPrefix(header, []byte(magic)), binary.BigEndian.Uint32(header[applicationAt:]) != applicationID,
		version < schemaVersion:
		return ErrForeign
	case version > schemaVersion:
		return ErrNewer
	}
	if header[walAt] == 1 && logBytes(path) > 0 {
		return ErrStray
	}
	size := sizeIn(header)
	info, err := file.Stat()
	if err == nil && info.Size() < size && logBytes(path) == 0 { // a crash leaves the rest in the log
		err = fmt.Errorf("%w (it has %d of %d bytes)", ErrDamaged, info.Size(), size)
	}
	return err
}

// sizeIn returns how long a file with a header should be.
func sizeIn(header []byte) int64 {
	return int64(binary.BigEndian.Uint32(header[pagesAt:])) * int64(binary.BigEndian.Uint16(header[pageBytesAt:]))
}

// create creates an empty table at path, which only the owner may read. It appears
// there complete or not at all. The caller has the lock, so a file under the name
// of the unfinished one is what a process that was killed left.
func create(path string) (err error) {
	if logBytes(path) > 0 { // SQLite would take it for the new file's
		return ErrStray
	}
	fresh := path + ".new"
	if err := discard(fresh); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, discard(fresh))
		}
	}()
	file, err := os.OpenFile(fresh, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := fillFile(fresh); err != nil {
		return err
	}
	return publish(fresh, path)
}

// fillFile makes the empty file at path a table. It waits for no disk, which publish
// does once.
func fillFile(path string) (err error) {
	c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	// which must precede the first table
	for _, pragma := range []string{"synchronous = OFF", "auto_vacuum = INCREMENTAL"} {
		if err := sqlitex.ExecuteTransient(c, "PRAGMA "+pragma, nil); err != nil {
			return err
		}
	}
	if err := execute(c, fmt.Sprintf(schema, applicationID, schemaVersion)); err != nil {
		return err
	}
	return sqlitex.ExecuteTransient(c, "PRAGMA journal_mode = WAL", nil)
}

// execute executes the statements of a script in one transaction. sqlitex.ExecuteScript panics on a full disk, where
// SQLite has rolled back itself.
func execute(c *sqlite.Conn, script string) (err error) {
	for rest := "BEGIN;" + script + ";COMMIT"; rest != "" && err == nil; {
		var stmt *sqlite.Stmt
		var left int
		stmt, left, err = c.PrepareTransient(rest)
		if err == nil {
			_, err = stmt.Step()
			err = errors.Join(err, stmt.Finalize())
			rest = rest[len(rest)-left:]
		}
	}
	if !c.AutocommitEnabled() {
		_ = sqlitex.ExecuteTransient(c, "ROLLBACK", nil)
	}
	return err
}

// Remove removes the file at path, which nobody may have open, and those that belong to it.
func Remove(path string) error {
	err := os.Remove(path + ".lock")
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(discard(path), err)
}

// discard removes the file at path, if it is there, and those that SQLite keeps
// next to it.
func discard(path string) error {
	for _, part := range []string{"", "-journal", "-wal", "-shm"} {
		if err := os.Remove(path + part); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// publish gives a complete file its name. Both are on disk when publish returns.
func publish(fresh, path string) error {
	if err := syncPath(fresh, os.O_RDWR); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder puts the names in a folder on disk.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" { // it cannot sync a folder, and need not
		return nil
	}
	return syncPath(path, os.O_RDONLY)
}

func syncPath(path string, flag int) error {
	file, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
