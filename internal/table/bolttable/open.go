package bolttable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	bucketPrefix = "parley items "
	bucketName   = bucketPrefix + "1" // its number grows when an older program could not read it
	lockWait     = time.Second        // for another process to give the file free
	newPages     = 4                  // that bbolt writes of a new file
)

// What is wrong with a file that cannot be opened.
var (
	errDamaged = errors.New("the file is damaged; restore it from a copy or choose another file with --data")
	errForeign = errors.New("the file is not Parley's and was left as it is; choose another file with --data")
	errNewer   = errors.New("the file was written by a newer parley; use that one")
	errInUse   = errors.New("another process has the file open, most likely another parley; stop it or choose another file with --data")
)

// openFile opens path for writing, in two steps: what is there is first looked
// at without the means to change it.
func openFile(path string) (*bolt.DB, error) {
	isNew, err := prepare(path)
	if err != nil {
		return nil, fmt.Errorf("bolttable: %w", err)
	}
	if !isNew {
		if err := inspect(path); err != nil {
			return nil, fmt.Errorf("bolttable: %s: %w", path, err)
		}
	}
	db, err := openBolt(path, false)
	if err != nil {
		if isNew && !errors.Is(err, errInUse) {
			err = errors.Join(err, clearStump(path))
		}
		return nil, fmt.Errorf("bolttable: %s: %w", path, err)
	}
	if err = makeBucket(db); err == nil && isNew {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bolttable: %s: %w", path, err), db.Close())
	}
	return db, nil
}

// makeBucket makes the bucket of the items where it is not there. Else it writes
// nothing, so that a table opens on a full disk, too.
func makeBucket(db *bolt.DB) error {
	return guard(func() error {
		there := false
		err := db.View(func(tx *bolt.Tx) error {
			there = tx.Bucket([]byte(bucketName)) != nil
			return nil
		})
		if err != nil || there {
			return err
		}
		return db.Update(func(tx *bolt.Tx) error {
			_, err := tx.CreateBucket([]byte(bucketName))
			return err
		})
	})
}

// clearStump empties the file at path if it is shorter than any table: a full disk
// cut off the making of it, and nobody would know it for Parley's again.
func clearStump(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() >= int64(newPages*os.Getpagesize()) {
		return nil // there is nothing to clear
	}
	return os.Truncate(path, 0)
}

// prepare makes the folders above path and reports whether there is nothing in
// the file yet.
func prepare(path string) (isNew bool, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, fmt.Errorf("%s is not a file; name the file to keep the data in", path)
	}
	return info.Size() == 0, nil
}

// inspect returns an error unless the file at path is whole as far as its first
// pages tell and holds nothing but Parley's items.
func inspect(path string) (err error) {
	db, err := openBolt(path, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return guard(func() error {
		return db.View(func(tx *bolt.Tx) error {
			if tx.Size() > info.Size() {
				return fmt.Errorf("%w: it has %d of %d bytes", errDamaged, info.Size(), tx.Size())
			}
			return tx.ForEach(func(name []byte, _ *bolt.Bucket) error {
				switch {
				case string(name) == bucketName:
					return nil
				case strings.HasPrefix(string(name), bucketPrefix):
					return errNewer
				}
				return errForeign
			})
		})
	})
}

// openBolt opens path and says in words what hinders it.
//
// The list of free pages is kept in the file. That costs each commit eight bytes
// a free page, 0.3 ms for 60,000 of them; without it each start and each failed
// commit would read the whole file to find them, in a goroutine of bbolt's where
// a damaged page cannot be caught.
func openBolt(path string, readOnly bool) (db *bolt.DB, err error) {
	var file *os.File
	err = guard(func() (err error) {
		db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout:      lockWait,
			ReadOnly:     readOnly,
			FreelistType: bolt.FreelistMapType,
			NoStatistics: true,
			OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
				file, err = os.OpenFile(name, flag, mode)
				return file, err
			},
		})
		return err
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, errInUse
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, errForeign
	case errors.Is(err, bolterrors.ErrChecksum):
		return nil, errDamaged
	case err != nil && strings.HasPrefix(err.Error(), "file size too small"): // it has no other name
		return nil, errDamaged
	case errors.Is(err, errDamaged) && file != nil:
		// bbolt did not come to close what it panicked over, nor its lock.
		return nil, errors.Join(err, file.Close())
	}
	return db, err
}

// guard runs f, which calls bbolt, and makes errDamaged of a panic, for that is
// how bbolt answers a page that makes no sense. One that points outside the file
// is a memory fault, which would otherwise end the process.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	return f()
}

// syncFolder makes the name of a new file as lasting as its content. Windows has
// no such call and needs none.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
