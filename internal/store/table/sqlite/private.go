package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
)

// othersMay are the rights of everybody but the owner.
const othersMay fs.FileMode = 0o077

// errNoModes means that a file system gives all its files the same mode.
var errNoModes = errors.New("the file system keeps no rights of its own for each file")

// OpenToOthers returns the paths of the file and the files beside it that users other than the owner may read, change
// or lock. A copied or restored file loses its mode, and SQLite makes -wal and -shm with the file's mode. On Windows,
// where the folder of a user decides, OpenToOthers returns none.
func (f *File) OpenToOthers() (paths []string, err error) {
	if runtime.GOOS == "windows" {
		return nil, nil
	}
	for _, part := range []string{"", "-wal", "-shm", "-journal", ".lock"} {
		info, err := os.Lstat(f.path + part)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return paths, err
		case info.Mode().IsRegular() && info.Mode()&othersMay != 0:
			paths = append(paths, f.path+part)
		}
	}
	return paths, nil
}

// KeepPrivate closes the file and the files beside it to everybody but the owner, and returns the paths that others
// could open before. KeepPrivate fails if it may not change the mode, as with a file of another user, and if the file
// system has no modes. Call KeepPrivate before the first connection, so that SQLite's files are private as well.
func (f *File) KeepPrivate() (were []string, err error) {
	were, err = f.OpenToOthers()
	if err != nil {
		return nil, err
	}
	for _, path := range were {
		info, err := os.Lstat(path)
		if err == nil {
			err = os.Chmod(path, info.Mode()&^othersMay)
		}
		if err != nil {
			return were, err
		}
	}
	still, err := f.OpenToOthers()
	if err == nil && still != nil {
		err = fmt.Errorf("%s: %w", still[0], errNoModes)
	}
	return were, err
}
