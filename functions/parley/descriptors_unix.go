//go:build unix

package main

import (
	"math"
	"syscall"
)

// descriptors returns how many files and connections the process may have open; 0
// if that is not known, or as many as it likes.
func descriptors() int64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > math.MaxInt32 {
		return 0
	}
	return int64(limit.Cur)
}
