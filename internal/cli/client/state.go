package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
)

// StateDir returns the folder of these files: parley in $XDG_STATE_HOME (XDG Base Directory
// Specification), by default in ~/.local/state; on Windows in %LocalAppData%.
func StateDir() (string, error) {
	base := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(base) { // the specification ignores relative paths
		var err error
		base, err = defaultBase()
		if err != nil {
			return "", fmt.Errorf("find a folder for this program's state: %w; set XDG_STATE_HOME", err)
		}
	}
	return filepath.Join(base, "parley"), nil
}

func defaultBase() (string, error) {
	if runtime.GOOS == "windows" {
		return os.UserCacheDir()
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "state"), err
}

// StatePath returns the path of a file in the folder, which may not exist: who only reads there
// needs no home that can be written.
func StatePath(name string) (string, error) {
	dir, err := StateDir()
	return filepath.Join(dir, name), err
}

// MakeFolder creates the folder of the file at path, for this person alone.
func MakeFolder(path string) error { return os.MkdirAll(filepath.Dir(path), 0o700) }

// ReadFile returns what is in the file at path; nothing if there is none.
func ReadFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// WriteFile replaces the file at path in one step, with the mode: after a crash it is either
// the old file or the new one. It follows a symbolic link.
func WriteFile(path string, data []byte, mode fs.FileMode) error {
	return WriteFileIf(path, data, mode, func() error { return nil })
}

// WriteFileIf is WriteFile for a file that other programs write, too. It calls check when nothing
// but the one step is left, and gives up with its error.
func WriteFileIf(path string, data []byte, mode fs.FileMode, check func() error) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, temp.Close(), os.Remove(temp.Name()))
		}
	}()
	if _, err := temp.Write(data); err != nil {
		return err
	}
	if err := temp.Chmod(mode); err != nil {
		return err
	}
	if err := temp.Sync(); err != nil {
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	if err := check(); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// lockTime bounds how long Locked waits for another process, and lockPoll is how often it
// looks.
const (
	lockTime = 5 * time.Second
	lockPoll = 20 * time.Millisecond
)

// WithLock calls do while no other process or caller holds the lock of path, which is a file
// beside it, in a folder that is created.
func WithLock(path string, do func() error) (err error) {
	if err := MakeFolder(path); err != nil {
		return err
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(context.Background(), lockTime)
	defer cancel()
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return do()
}
