package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/parley-chat/parley/internal/base/sanitize"
)

// StateDir returns the folder of the state files: parley in $XDG_STATE_HOME (XDG Base Directory Specification), by
// default in ~/.local/state; on Windows in %LocalAppData%.
func StateDir() (string, error) {
	base := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(base) { // the specification ignores relative paths
		var err error
		base, err = defaultBase()
		if err != nil {
			return "", fmt.Errorf("%w, or XDG_STATE_HOME to a folder for what this program keeps", err)
		}
	}
	return filepath.Join(base, "parley"), nil
}

func defaultBase() (string, error) {
	if runtime.GOOS == "windows" {
		dir, err := os.UserCacheDir()
		if err != nil {
			err = errors.New("there is no folder for data of programs: set LocalAppData")
		}
		return dir, err
	}
	home, err := Home()
	return filepath.Join(home, ".local", "state"), err
}

// Home returns the home folder of this person.
func Home() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		name := map[bool]string{true: "USERPROFILE", false: "HOME"}[runtime.GOOS == "windows"]
		err = errors.New("there is no home folder: set " + name)
	}
	return home, err
}

// fileError is the error of a file or folder of this person, without Go's steps, and says what helps.
type fileError struct {
	cannot, path string
	cause        error
}

// Cannot returns an error that says what cannot be done with a file; nil if err is nil. An earlier fileError stays
// unchanged.
func Cannot(do, path string, err error) error {
	if err == nil || errors.As(err, new(*fileError)) {
		return err
	}
	return &fileError{do, path, err}
}

func (e *fileError) Error() string {
	why, number := e.cause, syscall.Errno(0)
	if errors.As(why, &number) {
		why = number
	}
	then := "and run this again"
	dir, err := StateDir()
	if in, errIn := filepath.Rel(dir, e.path); err == nil && errIn == nil && filepath.IsLocal(in) {
		then = "or set XDG_STATE_HOME to another folder"
	}
	return fmt.Sprintf("cannot %s %s: %v; %s, %s", e.cannot, e.path, why, Remedy(e.cause), then)
}

// Remedy says what helps if the system refuses a file or a folder with err.
func Remedy(err error) string {
	for refusal, remedy := range map[error]string{
		fs.ErrPermission: "give this user the right to it and to its folder",
		fs.ErrNotExist:   "check the name, or make the folder",
		syscall.EISDIR:   "name a file, or move the folder away",
		syscall.ENOTDIR:  "move the file away that stands in place of a folder",
		syscall.ENOSPC:   "free some space",
	} {
		if errors.Is(err, refusal) {
			return remedy
		}
	}
	return "put that right"
}

// Unwrap returns the cause.
func (e *fileError) Unwrap() error { return e.cause }

// StatePath returns the path of a state file. The folder may not exist: a command that only reads needs no writable
// home.
func StatePath(name string) (string, error) {
	dir, err := StateDir()
	return filepath.Join(dir, name), err
}

// MakeFolder creates the folder of the file at path, for this person alone.
func MakeFolder(path string) error {
	dir := filepath.Dir(path)
	return Cannot("make the folder", dir, os.MkdirAll(dir, 0o700))
}

// ReadFile returns the content of the file at path; nothing if there is no file. The byte order mark with which some
// editors of Windows begin a file is no part of the content.
func ReadFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return bytes.TrimPrefix(data, []byte(sanitize.ByteOrderMark)), Cannot("read", path, err)
}

// WriteFile replaces the file at path in one step, with the mode: after a crash the file is either old or new.
// WriteFile follows a symbolic link.
func WriteFile(path string, data []byte, mode fs.FileMode) error {
	return WriteFileIf(path, data, mode, func() error { return nil })
}

// WriteFileIf is WriteFile for a file that other programs write, too. It calls check just before the one step, and
// returns an error of check without a change.
func WriteFileIf(path string, data []byte, mode fs.FileMode, check func() error) (err error) {
	failed := func(err error) error { return Cannot("write", path, err) }
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // with mode 0600
	if err != nil {
		return failed(err)
	}
	defer func() {
		if err != nil {
			_, _ = temp.Close(), os.Remove(temp.Name()) // the first error tells why
		}
	}()
	if _, err := temp.Write(data); err != nil {
		return failed(err)
	}
	if err := temp.Chmod(mode); err != nil {
		return failed(err)
	}
	if err := temp.Sync(); err != nil {
		return failed(err)
	}
	if err := temp.Close(); err != nil {
		return failed(err)
	}
	if err := check(); err != nil {
		return err
	}
	return failed(os.Rename(temp.Name(), path))
}

// lockTime bounds how long WithLock waits for another process, and lockPoll is how often WithLock tries.
const (
	lockTime = 5 * time.Second
	lockPoll = 20 * time.Millisecond
)

// WithLock calls do while no other process or caller holds the lock of path. The lock is a file beside path; WithLock
// creates the folder.
func WithLock(path string, do func() error) (err error) {
	if err := MakeFolder(path); err != nil {
		return err
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(context.Background(), lockTime)
	defer cancel()
	locked, err := lock.TryLockContext(ctx, lockPoll)
	switch {
	case locked:
	case ctx.Err() != nil:
		return fmt.Errorf("another command has held %s.lock for %v; run this again", path, lockTime)
	default:
		return Cannot("lock", path, err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return do()
}
