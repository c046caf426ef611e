package randomtest_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
)

// The seeds of a run by day, and those of the long one, which are others.
const (
	quickSeeds = 20
	soakSeeds  = 20_000
)

func TestExplore_oneService_noScheduleStalls(t *testing.T) {
	exploreAll(t, 1, quickSeeds, func(t *testing.T, seed uint64) { explore(t, seed, 1) })
}

func TestExplore_twoServices_noScheduleStalls(t *testing.T) {
	exploreAll(t, 1, quickSeeds/2, func(t *testing.T, seed uint64) { explore(t, seed, 2) })
}

// TestSoak_explore runs many more schedules.
func TestSoak_explore_noScheduleStalls(t *testing.T) {
	if os.Getenv("PARLEY_SOAK") == "" {
		t.Skip("takes minutes: make nightly plays it")
	}
	for services := 1; services <= 2; services++ {
		t.Run(fmt.Sprintf("%d services", services), func(t *testing.T) {
			exploreAll(t, quickSeeds+1, soakSeeds, func(t *testing.T, seed uint64) { explore(t, seed, services) })
		})
	}
}

// exploreAll runs the schedules of seeds, two at a time, each in a bubble of its own,
// or only that of PARLEY_SEED.
func exploreAll(t *testing.T, first, last uint64, schedule func(*testing.T, uint64)) {
	if s := os.Getenv("PARLEY_SEED"); s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		first, last = seed, seed
	}
	for part := range uint64(2) {
		t.Run(fmt.Sprintf("part %d", part+1), func(t *testing.T) {
			t.Parallel()
			for seed := first + part; seed <= last && !t.Failed(); seed += 2 {
				synctest.Test(t, func(t *testing.T) { schedule(t, seed) })
			}
		})
	}
}
