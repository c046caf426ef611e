//go:build linux || darwin

package sqlite

import "golang.org/x/sys/unix"

// diskFree returns how many bytes this user may still write to the disk with the folder at path.
func diskFree(path string) (int64, error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(path, &disk); err != nil {
		return 0, err
	}
	return int64(disk.Bavail) * int64(disk.Bsize), nil
}
