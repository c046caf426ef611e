package app

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// leastGarbage is how much a server allocates between two collections even
	// if it keeps almost nothing: 32 MiB.
	leastGarbage = 32 << 20
	// usualPercent is Go's default: collect when the heap has doubled.
	usualPercent = 100
	// mostPercent has the first collection at leastGarbage, since the runtime
	// starts from 4 MiB.
	mostPercent = 800
)

// TuneCollector makes the garbage collector of this process wait for 32 MiB of garbage, until ctx
// ends. With Go's default, a server that keeps little in memory collects a hundred times a second
// under load. The percentage follows the heap: a fixed high one would multiply a large heap, and
// a block that is allocated only to enlarge the heap counts as memory in use wherever somebody
// looks. The variable GOGC takes precedence.
func TuneCollector(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(mostPercent)
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for percent := mostPercent; ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if next := percentFor(liveHeap()); next != percent {
				debug.SetGCPercent(next)
				percent = next
			}
		}
	}()
}

// percentFor returns the percentage at which the collector runs after
// leastGarbage, or after the heap has doubled if that is more. It moves in steps
// of 50, because each change stops the world for a moment.
func percentFor(live uint64) int {
	percent := leastGarbage * 100 / max(live, 1) / 50 * 50
	return int(min(max(percent, usualPercent), mostPercent))
}

// liveHeap returns the bytes that the last collection found in use.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return leastGarbage // this version of Go does not measure it: assume the usual percentage
	}
	return sample[0].Value.Uint64()
}

// AddProcessor lets the runtime use one processor more than it found. A process
// that writes to a file is in fsync nearly all the time under load, and the
// runtime is slow to notice that the processor could do something else. On two
// cores, sixteen senders get a third more done.
func AddProcessor() { runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1) }
