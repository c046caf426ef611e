package app

import (
	"os"
	"runtime/debug"
)

// smallPercent and smallLimit are for a process that mostly waits: its heap may grow by a
// fifth before garbage is collected.
const (
	smallPercent = 20
	smallLimit   = 12 << 20
)

// SmallProcess makes the garbage collector keep a process small that runs in the
// background of a person's machine. The variables GOGC and GOMEMLIMIT take precedence.
func SmallProcess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(smallPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(smallLimit)
	}
}
