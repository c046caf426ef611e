package app

import (
	"math"
	"runtime/debug"
	"testing"
)

func TestLimitMemory_boundsTheHeapAndTheCache(t *testing.T) {
	t.Cleanup(func() { debug.SetMemoryLimit(math.MaxInt64) })
	const none = int64(math.MaxInt64)
	for name, c := range map[string]struct {
		variable     string // GOMEMLIMIT
		size         int64  // of the function, in MiB
		limit, cache int64  // of the heap, of the cache, in MiB
	}{
		"a machine":                     {"", 0, none >> 20, 128},
		"the smallest function":         {"", 128, 68, 27},
		"a function":                    {"", 256, 196, 78},
		"a large function":              {"", 3008, 2948, 128},
		"a function with a lower limit": {"50MiB", 128, none >> 20, 128}, // the runtime read it at its start
	} {
		t.Run(name, func(t *testing.T) {
			debug.SetMemoryLimit(none)
			t.Setenv("GOMEMLIMIT", c.variable)
			LimitMemory(c.size << 20)
			if got, cache := debug.SetMemoryLimit(-1)>>20, cacheBytes()>>20; got != c.limit || cache != c.cache {
				t.Errorf("the heap may take %d MiB and the cache %d, want %d and %d", got, cache, c.limit, c.cache)
			}
		})
	}
}
