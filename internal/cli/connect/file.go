package connect

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	server "github.com/parley-chat/parley/internal/cli/client"
)

// open reads a file for an edit.
func open(path string) (*edit, error) {
	e := &edit{path: path, format: formatOf(path), wrote: written{Path: path}, change: Change{File: path}}
	text, err := server.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(path); err == nil && text == nil {
		return nil, fmt.Errorf("%s is a symbolic link to a file that does not exist", path)
	}
	e.before, e.text = text, text
	if _, err := e.format.decode(e.text); err != nil {
		return nil, fmt.Errorf("%s cannot be read (%w), and nothing was written; correct it, or move it away, and "+
			"run this again", path, err)
	}
	return e, nil
}

func formatOf(path string) format {
	if filepath.Ext(path) == ".toml" {
		return tomlFormat{}
	}
	return jsonFormat{}
}

// changed reports whether there is something to write.
func (e *edit) changed() bool { return !bytes.Equal(e.before, e.text) }

// checkWritable refuses to change a file that somebody has made read-only: the file may be made by another program, or
// kept as it is on purpose, and save would replace the file all the same.
func checkWritable(edits []*edit) error {
	for _, e := range edits {
		info, err := os.Stat(e.path)
		if err == nil && e.changed() && info.Mode().Perm()&0o200 == 0 {
			return fmt.Errorf("%s is read-only, and nothing was written; if you want it changed, make it writable, "+
				"and run this again", e.path)
		}
	}
	return nil
}

// save writes the edited file in one step. If this program created the file, and the file holds nothing any more, save
// removes the file.
func (e *edit) save(old written) error {
	if old.Created && e.empty() {
		if err := e.unchanged(); err != nil {
			return err
		}
		return os.Remove(e.path)
	}
	if err := server.MakeFolder(e.path); err != nil {
		return err
	}
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(e.path); err == nil {
		mode = info.Mode().Perm()
	}
	if slices.ContainsFunc(e.wrote.Entries, entry.isSecret) {
		mode &^= 0o077
	}
	return server.WriteFileIf(e.path, e.text, mode, e.unchanged)
}

// unchanged returns an error if the file has changed since it was read.
func (e *edit) unchanged() error {
	now, err := server.ReadFile(e.path)
	if err == nil && !bytes.Equal(now, e.before) {
		return &changedError{e.path}
	}
	return err
}

// changedError is the error of a file that another program has written since e was read.
type changedError struct{ file string }

func (c *changedError) Error() string {
	return c.file + " was changed by another program just now; run this again"
}

// removeFolders removes the folders that were made for files, if the folders are empty.
func removeFolders(files []written) {
	for _, w := range files {
		for _, dir := range w.Folders {
			if os.Remove(dir) != nil {
				break
			}
		}
	}
}

// missing returns the nonexistent folders around the path, the innermost first.
func missing(path string) []string {
	var dirs []string
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return dirs
		}
		dirs = append(dirs, dir)
	}
}

// A client that rewrites its file while running makes a folder beside the file as a lock, as the npm package
// proper-lockfile does. A lock is stale if nobody has touched the folder for lockStale.
const (
	lockStale = 10 * time.Second
	lockPoll  = 20 * time.Millisecond
	lockTime  = 15 * time.Second
)

// locked calls do while locked holds the client's lock of its file.
func locked(path string, do func() error) (err error) {
	lock := path + ".lock"
	for begin := time.Now(); ; time.Sleep(lockPoll) {
		err := os.Mkdir(lock, 0o700)
		if err == nil {
			break
		}
		info, statErr := os.Stat(lock)
		switch {
		case errors.Is(err, fs.ErrNotExist): // no folder, hence no file to write
			return do()
		case !errors.Is(err, fs.ErrExist):
			return err
		case statErr == nil && time.Since(info.ModTime()) > lockStale:
			_ = os.Remove(lock) // then the next Mkdir succeeds, or somebody else's did
		case time.Since(begin) > lockTime:
			return fmt.Errorf("another program holds %s; run this again, or remove it if none is running", lock)
		}
	}
	defer func() { err = errors.Join(err, os.Remove(lock)) }()
	return do()
}

// The bounds of settled: the longest time between a client's read and its write, and how often settled writes a file
// before giving up.
const (
	settleTime = time.Second
	passes     = 5
)

// settled repeats a pass over the client's files, each pass under the lock, until a pass finds nothing to write. The
// lock alone is not enough: Claude Code (2.1.329) saves without the lock if it does not get the lock in time; at its
// start the limit is 1.5 seconds after the save was queued. Such a save may have read the file before a pass wrote, and
// then undoes the pass. So settled waits for such a save, and checks the file again. If Claude Code writes between the
// read and the write of a pass, the pass begins again. Only a write in the instant between the last check and the
// replacement of the file is lost.
func (c client) settled(m Machine, pass func() (wrote bool, err error)) (err error) {
	if !c.locks {
		_, err := pass()
		return err
	}
	for range passes {
		var wrote bool
		err = locked(c.file(m), func() (err error) { wrote, err = pass(); return err })
		if changed := new(changedError); errors.As(err, &changed) && changed.file == c.file(m) {
			continue // a pass writes this file first
		}
		if err != nil || !wrote {
			return err
		}
		m.Sleep(settleTime)
		err = fmt.Errorf("%s was written %d times, and another program took it back; end the sessions of %s, and "+
			"run this again", c.file(m), passes, c.name)
	}
	return err
}
