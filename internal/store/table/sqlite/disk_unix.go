//go:build linux || darwin

package sqlite

import "golang.org/x/sys/unix"

// diskSpace returns how many bytes this user may still write to the disk of the folder at path, and the disk's size in
// bytes.
func diskSpace(path string) (free, size int64, err error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(path, &disk); err != nil {
		return 0, 0, err
	}
	block := int64(disk.Bsize)
	return int64(disk.Bavail) * block, int64(disk.Blocks) * block, nil
}
