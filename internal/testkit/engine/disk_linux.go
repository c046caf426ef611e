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
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}
