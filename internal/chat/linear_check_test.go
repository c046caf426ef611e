package chat_test

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/dynamotable"
)

var (
	linearRuns = flag.Int("linear-runs", 0, "seeded runs whose histories are checked; 0: as many as the test has time for")
	linearSeed = flag.Uint64("linear-seed", 1, "the first seed")
)

// TestLinear_faultyFile has agents join, talk, listen, return and leave by several
// services on one table that loses replies, refuses, writes late, and shows what
// was written late and in parts; some calls are given up. Their answers are those
// of a room that serves one call at a time.
func TestLinear_faultyFile_answersAreThoseOfOneCallAtATime(t *testing.T) {
	runs := 700
	if testing.Short() {
		runs = 70
	}
	linearOnFile(t, runs, 10)
}

func TestLinear_faultyDynamoDB_answersAreThoseOfOneCallAtATime(t *testing.T) {
	linearOnDynamoDB(t, 8, 8)
}

// TestSoak_linear is the same for long, with longer talks.
func TestSoak_linear_answersAreThoseOfOneCallAtATime(t *testing.T) {
	if os.Getenv("PARLEY_SOAK") == "" {
		t.Skip("takes many minutes: set PARLEY_SOAK=1, or run make soak")
	}
	t.Run("file", func(t *testing.T) { linearOnFile(t, 30_000, 25) })
	t.Run("DynamoDB", func(t *testing.T) { linearOnDynamoDB(t, 300, 20) })
}

func linearOnFile(t *testing.T, runs, acts int) {
	still := clockwork.NewFakeClockAt(time.Now().Truncate(time.Second))
	linear(t, openBolt(t, still), 1000, runs, acts)
}

func linearOnDynamoDB(t *testing.T, runs, acts int) {
	// The engine sweeps by the system's time what has expired.
	still := clockwork.NewFakeClockAt(time.Now().Truncate(time.Second))
	db, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: still})
	linear(t, db, 100, runs, acts)
}

// linear makes seeded runs, some at once, each in a room of its own.
func linear(t *testing.T, tbl table.Table, factor time.Duration, runs, acts int) {
	if *linearRuns > 0 {
		runs = *linearRuns
	}
	seeds := make(chan uint64)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for seed := range seeds {
				clock := clockwork.NewFakeClockAt(time.Now().Truncate(time.Second))
				s := newStage(t.Context(), seed, fmt.Sprintf("room %d", seed), clock, factor, tbl)
				if err := s.play(3+int(seed%4), acts); err != nil {
					t.Errorf("seed %d (the same dice with -args -linear-seed=%d -linear-runs=1; who comes first may differ, so -count=100): %v", seed, seed, err)
				}
			}
		})
	}
	for i := 0; i < runs && !t.Failed(); i++ { // one wrong history is enough to read
		seeds <- *linearSeed + uint64(i)
	}
	close(seeds)
	all.Wait()
}
