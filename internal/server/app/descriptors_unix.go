//go:build unix

package app

import (
	"math"
	"syscall"
)

// descriptors returns how many files and connections the process may have open,
// or 0 if the limit is unknown or too large to matter.
func descriptors() int64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > math.MaxInt32 {
		return 0
	}
	return int64(limit.Cur)
}
