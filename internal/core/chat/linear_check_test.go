package chat_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

var (
	linearRuns = flag.Int("linear-runs", 0,
		"seeded runs whose histories are checked; 0: as many as the test has time for")
	linearSeed = flag.Uint64("linear-seed", 1, "the first seed")
)

// TestLinear makes concurrent calls of several services on one table. The table
// loses replies, refuses calls, writes late, and shows recent writes late or in
// part; the callers give up some calls. The answers must be those of the reference
// model for some order of the calls.
func TestLinear_faultyFile_answersAreThoseOfOneCallAtATime(t *testing.T) {
	linearOnFile(t, 20, 10)
}

func TestLinear_faultyDynamoDB_answersAreThoseOfOneCallAtATime(t *testing.T) {
	linearOnDynamoDB(t, 3, 8)
}

// TestSoak_linear makes many more runs with more calls.
func TestSoak_linear_answersAreThoseOfOneCallAtATime(t *testing.T) {
	if os.Getenv("PARLEY_SOAK") == "" {
		t.Skip("takes minutes: make nightly plays it")
	}
	t.Run("file", func(t *testing.T) { linearOnFile(t, 30_000, 25) })
	t.Run("DynamoDB", func(t *testing.T) { linearOnDynamoDB(t, 300, 20) })
}

// linearOnFile makes runs with a file each. In some of them a day passes halfway.
func linearOnFile(t *testing.T, runs, calls int) {
	linear(t, runs, func(ctx context.Context, seed uint64) error {
		clock := clockwork.NewFakeClockAt(start)
		file, remove := sqlitetest.OpenUntil(t, clock)
		defer remove()
		r := newLinearRun(ctx, seed, fastClock{FakeClock: clock, factor: 1000}, file, seed%3 == 0)
		return r.play(3+int(seed%4), calls)
	})
}

// linearOnDynamoDB makes runs in rooms of one table.
func linearOnDynamoDB(t *testing.T, runs, calls int) {
	db, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clockwork.NewFakeClockAt(start)})
	linear(t, runs, func(ctx context.Context, seed uint64) error {
		clock := fastClock{FakeClock: clockwork.NewFakeClockAt(start), factor: 100}
		return newLinearRun(ctx, seed, clock, db, false).play(3+int(seed%4), calls)
	})
}

// linear makes seeded runs, several at once, until one fails.
func linear(t *testing.T, runs int, play func(ctx context.Context, seed uint64) error) {
	if *linearRuns > 0 {
		runs = *linearRuns
	}
	seeds := make(chan uint64)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for seed := range seeds {
				if err := play(t.Context(), seed); err != nil {
					t.Error(fmt.Errorf("seed %d (repeat with -count=100 -args -linear-seed=%d -linear-runs=1: the "+
						"calls and the faults are those of the seed, their order may differ): %w", seed, seed, err))
				}
			}
		})
	}
	for i := 0; i < runs && !t.Failed(); i++ {
		seeds <- *linearSeed + uint64(i)
	}
	close(seeds)
	all.Wait()
}
