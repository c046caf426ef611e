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

// schema mirrors a table of DynamoDB. data is text, for human readers. expires is in seconds, with a fraction: see
// secondsOf. The bytes of files are in separate tables.
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

// resolve returns the absolute path of a file without symbolic links, since SQLite keeps its other files next to the
// file itself. resolve creates missing folders.
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

// makeFolder creates the folder at path and the missing folders above it. The folders are on disk when makeFolder
// returns: a loss of power must not remove a folder of a file that is on disk.
func makeFolder(path string) error {
	parent := filepath.Dir(path)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) || parent == path {
		return os.MkdirAll(path, 0o700) // MkdirAll reports any fault
	}
	if err := makeFolder(parent); err != nil {
		return err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return syncFolder(parent)
}

// acquire locks a file that exists only for the lock, since closing a descriptor of the data would release SQLite's
// locks. Removing the lock file would let two processes hold two locks.
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

// prepare creates the file at path if the file is missing or empty. Otherwise prepare inspects the file.
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

// inspect checks that the header is the header of a table of this version, and that the file has the length in the
// header. inspect changes nothing, not even what SQLite has to recover after a crash.
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

// create creates an empty table at path. Only the owner may read the table. The table appears at path complete or not
// at all. The caller has the lock, so a file at path.new was left by a killed process.
func create(path string) (err error) {
	if logBytes(path) > 0 { // SQLite would use it as the new file's log
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

// fillFile makes the empty file at path a table, without waiting for a disk: publish waits once.
func fillFile(path string) (err error) {
	c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	// auto_vacuum must precede the first table
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

// execute executes the statements of a script in one transaction. sqlitex.ExecuteScript would panic on a full disk,
// where SQLite itself has rolled back.
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

// Remove removes the file at path and the files that belong to it. No process may have the file open.
func Remove(path string) error {
	err := os.Remove(path + ".lock")
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(discard(path), err)
}

// discard removes the file at path, if the file exists, and SQLite's files next to it.
func discard(path string) error {
	for _, part := range []string{"", "-journal", "-wal", "-shm"} {
		if err := os.Remove(path + part); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// publish gives a complete file its name. The file and the name are on disk when publish returns.
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
	if runtime.GOOS == "windows" { // Windows cannot sync a folder, and need not
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
