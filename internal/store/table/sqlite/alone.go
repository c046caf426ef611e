package sqlite

import (
	"errors"
	"io/fs"
	"os"
)

// checkServed refuses a file that is not alone, unless the file's log stands at this path: there a server has the file
// open. A second name of a served file must not keep the operator from ending a key. At the second name nobody sees the
// present content of the log.
func checkServed(path string) error {
	if _, err := os.Stat(path + "-wal"); err == nil {
		return nil
	}
	return checkAlone(path)
}

// checkAlone refuses a file that another server could open by another path. SQLite finds the write-ahead log and the
// lock by the path. Without this rule, two servers with one file at two paths each overwrite what the other has
// acknowledged, and a server with only the file mounted leaves the log in a place that may go. A nonexistent file is
// alone.
func checkAlone(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() { // prepare reports the fault
		return nil
	}
	if err != nil {
		return err
	}
	names, err := namesOf(path, info)
	switch {
	case err != nil:
		return err
	case names > 1:
		return ErrLinked
	case isMounted(path):
		return ErrMounted
	}
	return nil
}
