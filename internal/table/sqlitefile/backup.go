package sqlitefile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"zombiezen.com/go/sqlite"
)

// ErrExists means that a backup would replace a file.
var ErrExists = errors.New("the file exists; name a new one")

// Backup writes a compact copy of the file, as it is at one moment, to a new file
// at path that only the owner may read. Other processes may write meanwhile. The
// copy appears at path only after verify has accepted it.
func (f *File) Backup(ctx context.Context, path string, verify func(copied string) error) (err error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = ErrExists
		}
		return fmt.Errorf("%s: %w", path, err)
	}
	err = build(path, func(fresh string) error {
		c, err := f.connect(sqlite.OpenReadOnly)
		if err != nil {
			return err
		}
		c.db.SetInterrupt(ctx.Done())
		if err := errors.Join(c.Run("VACUUM INTO ?", fresh), c.Close()); err != nil {
			return f.explain(err)
		}
		return verify(fresh)
	})
	if errors.Is(err, ErrStray) {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return err
}

// IntegrityCheck returns an error that wraps ErrDamaged and names the first faults
// if the pages of the file contradict each other.
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
