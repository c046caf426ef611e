package app

import (
	"math"
	"os"
	"runtime/debug"
)

const (
	// notGo is how much memory of a function is not the Go runtime's: 11 MiB of the
	// program itself, and what the system around it takes.
	notGo = 48 << 20
	// mostCached is how much memory the cached rooms take at most: thousands of small
	// rooms, or hundreds that are as large as a room can be.
	mostCached = 128 << 20
)

// LimitMemory keeps this process within a function of so many bytes: near the limit,
// the garbage collector runs more often. The variable GOMEMLIMIT takes precedence. 0
// means an unknown size.
func LimitMemory(size int64) {
	if size > notGo && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(size - notGo)
	}
}

// cacheBytes returns how much memory the cached rooms may take: two fifths of what the
// Go runtime may. The rest is for the calls under way and for garbage.
func cacheBytes() int64 {
	limit := debug.SetMemoryLimit(-1)
	if limit == math.MaxInt64 {
		return mostCached
	}
	return min(limit/5*2, mostCached)
}
