package engine

import (
	"syscall"
	"testing"
)

// SmallDisk returns a folder on a disk of its own, with so many bytes as the option size of tmpfs says. Only root can
// make one, and not in every container, so that the test is skipped in CI too.
func SmallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("parley-test", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: a real disk that is full: mount: %v", err)
	}
	unmount(t, dir)
	return dir
}

// BindMount mounts a file or a folder at another path, which exists. Like SmallDisk, it may be skipped.
func BindMount(t *testing.T, from, to string) {
	t.Helper()
	if err := syscall.Mount(from, to, "", syscall.MS_BIND, ""); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: a bind mount: mount: %v", err)
	}
	unmount(t, to)
}

// unmount unmounts what is mounted at a path when the test ends.
func unmount(t *testing.T, path string) {
	t.Cleanup(func() {
		if err := syscall.Unmount(path, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}
