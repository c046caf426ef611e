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
	// mostPercent puts the first collection at leastGarbage, since the runtime starts from 4 MiB.
	mostPercent = 800
	// calmBytes is the most that a calm server allocates in a second. Signs of life to 10,000 waiting agents take
	// less.
	calmBytes = 1 << 20
)

// TuneCollector makes the garbage collector of this process wait for 32 MiB of garbage, until ctx ends. With Go's
// default, a server that keeps little in memory collects a hundred times a second under load. The percentage follows
// the heap: a fixed high percentage would multiply a large heap, and a block that is allocated only to enlarge the
// heap counts everywhere as memory in use. The variable GOGC takes precedence.
//
// When the process is calm again, TuneCollector also gives back the memory of a burst: the runtime would keep the
// memory for two minutes, and most of it for longer.
func TuneCollector(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(mostPercent)
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		var burst burst
		for percent := mostPercent; ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			live, allocated := heap()
			if next := percentFor(live); next != percent {
				debug.SetGCPercent(next)
				percent = next
			}
			if burst.observe(allocated) {
				debug.FreeOSMemory()
			}
		}
	}()
}

// percentFor returns the percentage at which the collector runs after leastGarbage, or after the heap has doubled if
// that is more. The percentage moves in steps of 50, because each change stops the world for a moment.
func percentFor(live uint64) int {
	percent := leastGarbage * 100 / max(live, 1) / 50 * 50
	return int(min(max(percent, usualPercent), mostPercent))
}

// burst has the allocated bytes at two times: when memory was last given back, and a second ago.
type burst struct{ freed, last uint64 }

// observe records, once a second, how many bytes the process has allocated since its start, and reports whether a burst
// that left garbage is over. over is true at most every 32 seconds, since a calm process needs 32 seconds for
// leastGarbage.
func (b *burst) observe(allocated uint64) (over bool) {
	calm := allocated-b.last < calmBytes
	b.last = allocated
	if !calm || allocated-b.freed < leastGarbage {
		return false
	}
	b.freed = allocated
	return true
}

// heap returns the bytes that the last collection found in use, and the bytes allocated since the process started.
func heap() (live, allocated uint64) {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(samples)
	for _, s := range samples {
		if s.Value.Kind() != metrics.KindUint64 {
			return leastGarbage, 0 // this version of Go has no such metric: assume the usual percentage
		}
	}
	return samples[0].Value.Uint64(), samples[1].Value.Uint64()
}

// AddProcessor lets the runtime use one processor more than there are. A process that writes to a file is in fsync
// nearly all the time under load, and the runtime is slow to notice that the processor could do something else. On
// two cores, sixteen senders get a third more done.
func AddProcessor() { runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1) }
