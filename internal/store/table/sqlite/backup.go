package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"
)

// ErrExists means that a backup would replace a file.
var ErrExists = errors.New("the file exists; name a new one")

// Backup writes a compact copy of the file, as of one moment, to a new file at path that only the owner may read. Other
// processes may write meanwhile. The copy appears at path only after verify has accepted the copy. Of several backups
// to one path at once, the first accepted copy gets the path, and the other backups fail with ErrExists.
//
// Before, the copy has a separate name next to path, which ends in .new. A killed process leaves that file.
func (f *File) Backup(ctx context.Context, path string, verify func(copied string) error) (err error) {
	if err := vacant(path); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	fresh, err := temporary(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, discard(fresh)) }()
	if err := f.copyTo(ctx, fresh, path); err != nil {
		return err
	}
	if err := verify(fresh); err != nil {
		return err
	}
	if err := syncPath(fresh, os.O_RDWR); err != nil {
		return err
	}
	if err := linkOnce(fresh, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// vacant returns an error if a file at path, or a log next to it, is in the way of
// a backup.
func vacant(path string) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return ErrExists
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case logBytes(path) > 0: // SQLite would use it as the backup's log
		return ErrStray
	}
	return nil
}

// temporary creates an empty file next to path under an unused name.
func temporary(path string) (fresh string, err error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.new") // with mode 600
	refused := new(fs.PathError)
	if errors.As(err, &refused) { // refused names a file that nobody knows
		return "", fmt.Errorf("cannot create a file in the folder %s: %w", filepath.Dir(path), refused.Err)
	}
	if err != nil {
		return "", err
	}
	return file.Name(), file.Close()
}

// copyTo writes a compact copy to the empty file at fresh. path is the copy's later path.
func (f *File) copyTo(ctx context.Context, fresh, path string) error {
	c, err := f.connect(sqlite.OpenReadOnly)
	if err != nil {
		return err
	}
	c.db.SetInterrupt(ctx.Done())
	copied := &File{path: path}
	err = errors.Join(c.Run("VACUUM INTO ?", fresh), c.Close())
	switch {
	case sqlite.ErrCode(err).ToPrimary() == sqlite.ResultFull: // f is only read: the copy's disk is full
		return copied.explain(err)
	case err != nil:
		return f.explain(err)
	}
	db, err := sqlite.OpenConn(fresh, sqlite.OpenReadWrite)
	if err == nil {
		err = errors.Join(storeViews(db, f.views), db.Close())
	}
	if err != nil {
		return copied.explain(err)
	}
	return nil
}

// linkOnce gives the file fresh the name path, or fails with ErrExists if a file has that name. The file may keep its
// old name, too: the caller removes the old name.
func linkOnce(fresh, path string) error {
	err := os.Link(fresh, path)
	if err == nil {
		return nil
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", path, ErrExists)
	}
	// A file system without hard links, such as FAT, returns an error that depends on the system. After any other error
	// reserveAndMove fails, too.
	return reserveAndMove(fresh, path)
}

// reserveAndMove is linkOnce without hard links: an empty file takes the name if no file has the name, and then fresh
// replaces the empty file. So no other file is replaced, but a process that is killed between the two steps leaves the
// empty file.
func reserveAndMove(fresh, path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", path, ErrExists)
	}
	if err != nil {
		return err
	}
	err = file.Close()
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// IntegrityCheck checks whether the pages of the file contradict each other. If they do, the error wraps ErrDamaged and
// names the first faults.
func (f *File) IntegrityCheck(ctx context.Context) (err error) {
	c, err := f.connect(sqlite.OpenReadOnly)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	c.db.SetInterrupt(ctx.Done())
	var faults []error
	err = c.Each(func(row *sqlite.Stmt) bool {
		if text := row.ColumnText(0); text != "ok" {
			faults = append(faults, errors.New(text))
		}
		return true
	}, "PRAGMA integrity_check(10)")
	if err == nil && faults != nil {
		err = fmt.Errorf("%w: %w", ErrDamaged, errors.Join(faults...))
	}
	if err != nil {
		return f.explain(err)
	}
	return nil
}
