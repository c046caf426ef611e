package sqlite

import "golang.org/x/sys/unix"

// isMounted reports whether a file is itself a mount point, like a file that a container got alone. Linux reports this
// since 5.8 (statx(2)).
func isMounted(path string) bool {
	var is unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, 0, 0, &is)
	return err == nil && is.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0 &&
		is.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
}
