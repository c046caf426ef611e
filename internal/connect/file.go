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

	server "github.com/parley-chat/parley/internal/client"
)

// open reads a file that is to be edited.
func open(path string) (*edit, error) {
	e := &edit{path: path, format: formatOf(path), wrote: written{Path: path}, change: Change{File: path}}
	text, err := server.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(path); err == nil && text == nil {
		return nil, fmt.Errorf("%s is a symbolic link to a file that does not exist", path)
	}
	e.before, e.text = text, bytes.TrimPrefix(text, mark)
	if _, err := e.format.decode(e.text); err != nil {
		return nil, fmt.Errorf("%s cannot be read (%w), and nothing was written; correct it, or move it away, and "+
			"run this again", path, err)
	}
	return e, nil
}

// mark is how some editors of Windows begin a file in UTF-8. It is no part of the text, and stays.
var mark = []byte("\ufeff")

// after returns the file as it will be.
func (e *edit) after() []byte {
	if bytes.HasPrefix(e.before, mark) {
		return slices.Concat(mark, e.text)
	}
	return e.text
}

func formatOf(path string) format {
	if filepath.Ext(path) == ".toml" {
		return tomlFormat{}
	}
	return jsonFormat{}
}

// changed reports whether there is something to write.
func (e *edit) changed() bool { return !bytes.Equal(e.before, e.after()) }

// save writes the edited file in one step. A file that holds nothing but what was taken
// out of it is removed if this program has created it.
func (e *edit) save(old written) error {
	now, err := server.ReadFile(e.path)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, e.before) {
		return fmt.Errorf("%s was changed by another program just now; run this again", e.path)
	}
	if old.Created && e.empty() {
		return os.Remove(e.path)
	}
	if err := os.MkdirAll(filepath.Dir(e.path), 0o700); err != nil {
		return err
	}
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(e.path); err == nil {
		mode = info.Mode().Perm()
	}
	if slices.ContainsFunc(e.wrote.Entries, entry.isSecret) {
		mode &^= 0o077
	}
	return server.WriteFile(e.path, e.after(), mode)
}

// removeFolders removes the folders that were made for files, as far as they are empty.
func removeFolders(files []written) {
	for _, w := range files {
		for _, dir := range w.Folders {
			if os.Remove(dir) != nil {
				break
			}
		}
	}
}

// missing returns the folders around the path that do not exist, the innermost first.
func missing(path string) []string {
	var dirs []string
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return dirs
		}
		dirs = append(dirs, dir)
	}
}

// A client that rewrites its file while it runs makes a folder beside it as a lock, as the
// npm package proper-lockfile does. A lock that nobody has touched for lockStale was left
// behind.
const (
	lockStale = 10 * time.Second
	lockPoll  = 20 * time.Millisecond
	lockTime  = 15 * time.Second
)

// locked calls do while it holds the lock by which the client guards its file. The client
// rewrites that file while it runs, and neither of the two may undo what the other has written.
func locked(path string, do func() error) (err error) {
	lock := path + ".lock"
	for begin := time.Now(); ; time.Sleep(lockPoll) {
		err := os.Mkdir(lock, 0o700)
		if err == nil {
			break
		}
		info, statErr := os.Stat(lock)
		switch {
		case errors.Is(err, fs.ErrNotExist): // no folder, hence no file that could be written
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
