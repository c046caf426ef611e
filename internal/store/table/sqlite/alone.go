package sqlite

import (
	"errors"
	"io/fs"
	"os"
)

// checkServed refuses a file that is not alone, unless its log stands at this path: there a server has the file open. A
// second name of a served file must not keep its operator from ending a key. At that name nobody sees what is still in
// the log.
func checkServed(path string) error {
	if _, err := os.Stat(path + "-wal"); err == nil {
		return nil
	}
	return checkAlone(path)
}

// checkAlone refuses a file that another server could open by another path. The write-ahead log and the lock are found
// by the path. Two servers that open one file by two paths would each overwrite what the other has acknowledged, and
// one whose file alone is mounted leaves its log in a place that may go. A file that does not exist is alone.
func checkAlone(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() { // prepare says what is wrong
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
