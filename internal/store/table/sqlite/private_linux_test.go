package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// publicFolder is a folder that every user may enter.
func publicFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := errors.Join(os.Chmod(dir, 0o755), os.Chmod(filepath.Dir(dir), 0o755)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// othersOpen returns the error of another user who opens the file at path. If this user is not root, no other user can
// be tried.
func othersOpen(path string) (err error) {
	asNobody(func() {
		var file *os.File
		file, err = os.Open(path)
		_ = file.Close()
	})
	return err
}

// opened makes a file with all files that SQLite may have beside it, as after a crash and with the given mode.
func opened(t *testing.T, mode fs.FileMode) (f *File, paths []string) {
	t.Helper()
	path := filepath.Join(publicFolder(t), "parley.db")
	f = openFile(t, path)
	for _, part := range []string{"", "-wal", "-shm", ".lock"} {
		file, err := os.OpenFile(path+part, os.O_CREATE|os.O_RDWR, 0o600)
		if err := errors.Join(err, file.Close(), os.Chmod(path+part, mode)); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path+part)
	}
	return f, paths
}

func TestKeepPrivate_filesThatOthersMayOpen_areTheOwnersAlone(t *testing.T) {
	for _, mode := range []fs.FileMode{0o644, 0o640, 0o666, 0o604, 0o620} {
		f, paths := opened(t, mode)
		if err := othersOpen(paths[0]); err != nil && mode&0o044 == 0o044 { // nobody is still of the group
			t.Fatal(err)
		}
		were, err := f.KeepPrivate()
		if err != nil || !slices.Equal(were, paths) {
			t.Errorf("%v: %q, %v; want %q", mode, were, err, paths)
		}
		for _, path := range paths {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s with mode %v has %v, %v", path, mode, info.Mode(), err)
			}
			if err := othersOpen(path); os.Geteuid() == 0 && !errors.Is(err, fs.ErrPermission) {
				t.Errorf("another user opens %s: %v", path, err)
			}
		}
		if were, err := f.KeepPrivate(); were != nil || err != nil {
			t.Errorf("again: %q, %v", were, err)
		}
	}
}

func TestKeepPrivate_theDatabase_makesPrivateLogs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	f := openFile(t, path)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := f.KeepPrivate(); err != nil {
		t.Fatal(err)
	}
	c := writer(t, f)
	if err := c.Run(insert); err != nil {
		t.Error(err)
	}
	for _, part := range []string{"-wal", "-shm"} {
		if info, err := os.Stat(path + part); err != nil || info.Mode()&othersMay != 0 {
			t.Errorf("%s: %v, %v", part, info, err)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestKeepPrivate_fileOfAnotherUser_failsAndNamesIt(t *testing.T) {
	path := "/etc/passwd" // of root, who is another user here
	if os.Geteuid() == 0 {
		path = filepath.Join(publicFolder(t), "parley.db")
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chmod(path, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	var were []string
	var err error
	asNobody(func() { were, err = (&File{path: path}).KeepPrivate() })
	if !errors.Is(err, fs.ErrPermission) || !slices.Equal(were, []string{path}) {
		t.Errorf("%q, %v", were, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestOpenToOthers_linkToAFileElsewhere_isNotTouched(t *testing.T) {
	f, paths := opened(t, 0o600)
	elsewhere := filepath.Join(t.TempDir(), "diary")
	if err := errors.Join(os.WriteFile(elsewhere, nil, 0o600), os.Chmod(elsewhere, 0o644), os.Remove(paths[1]),
		os.Symlink(elsewhere, paths[1])); err != nil {
		t.Fatal(err)
	}
	were, err := f.KeepPrivate()
	if info, failed := os.Stat(elsewhere); were != nil || err != nil || failed != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%q, %v; %v, %v", were, err, info, failed)
	}
}
