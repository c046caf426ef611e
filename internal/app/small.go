package app

import "runtime/debug"

// smallPercent and smallLimit keep a process small that mostly waits: it collects garbage
// when its heap has grown by a fifth. The runtime starts at 4 MiB of heap without that.
const (
	smallPercent = 20
	smallLimit   = 12 << 20
)

// SmallProcess makes the garbage collector keep a process small that runs in the
// background of a person's machine. The variables GOGC and GOMEMLIMIT take precedence.
func SmallProcess() {
	debug.SetGCPercent(smallPercent)
	debug.SetMemoryLimit(smallLimit)
}
