package app

import (
	"os"
	"runtime/debug"

	"github.com/parley-chat/parley/internal/core/chat"
)

// notGo is the memory of a function that the Go runtime is not to use: 15 MiB of the program itself, the system, and
// what the heap may take beyond its limit for a moment, as for the hash of a password (19 MiB).
const notGo = 60 << 20

// LimitMemory keeps this process within a function of size bytes: near the limit, the garbage collector runs more
// often. Go does not know how much memory there is, and lets the heap double. The variable GOMEMLIMIT takes
// precedence. 0 means an unknown size.
func LimitMemory(size int64) {
	if size > notGo && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(size - notGo)
	}
}

// cacheBytes returns how much memory the cached rooms may take: two fifths of the limit of the Go runtime. The rest
// is for calls and for garbage.
func cacheBytes() int64 {
	limit := debug.SetMemoryLimit(-1)
	return min(limit/5*2, chat.UsualCache) // without a limit, limit is math.MaxInt64
}
