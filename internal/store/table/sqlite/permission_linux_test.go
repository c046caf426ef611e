package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func TestOpen_withoutPermissionToWrite_saysSoAndLeavesAllAsItWas(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "parley.db")
	if err := openFile(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(path, 0o444), os.Chmod(folder, 0o555)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(folder, 0o755) })
	for _, path := range []string{path, filepath.Join(folder, "new.db"), filepath.Join(folder, "deeper", "new.db")} {
		var err error
		asNobody(func() { _, err = OpenFile(path) })
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), folder) {
			t.Errorf("Open %s: %v; want a missing permission and the path", path, err)
		}
	}
	wantContent(t, path, content)
}

// asNobody runs f on a thread without special rights to files, since root may write everywhere. The thread ends with
// its goroutine.
func asNobody(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if os.Geteuid() == 0 {
			runtime.LockOSThread()
			const nobody = 65534
			if err := syscall.Setfsuid(nobody); err != nil {
				return
			}
		}
		f()
	}()
	<-done
}
