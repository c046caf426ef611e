//go:build !windows

package sqlite

import (
	"io/fs"
	"syscall"
)

// namesOf returns how many names a file has (hard links).
func namesOf(_ string, info fs.FileInfo) (int, error) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 1, nil
	}
	return int(stat.Nlink), nil
}
