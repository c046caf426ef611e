package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// trial is one way to call one server, measured in slices between which others
// have their turn.
type trial struct {
	process *process
	calls   []func() error // one for each client: a call and its answer

	rates   []float64     // answered calls per second, of each slice
	count   int           // calls in all slices
	busy    time.Duration // of the process on the CPUs, meanwhile
	commits int           // transactions that the process brought to disk, meanwhile
}

// slice loads the server for d: each client calls again as soon as it is
// answered.
func (t *trial) slice(ctx context.Context, d time.Duration) error {
	busy, commits, err := t.spent(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	counts := make([]int, len(t.calls))
	var g errgroup.Group
	for i, call := range t.calls {
		g.Go(func() error {
			for time.Since(began) < d && ctx.Err() == nil {
				if err := call(); err != nil {
					return err
				}
				counts[i]++
			}
			return nil
		})
	}
	if err := errors.Join(g.Wait(), ctx.Err()); err != nil {
		return err
	}
	took, count := time.Since(began), 0
	for _, n := range counts {
		count += n
	}
	busyNow, commitsNow, err := t.spent(ctx)
	t.rates = append(t.rates, float64(count)/took.Seconds())
	t.count += count
	t.busy += busyNow - busy
	t.commits += commitsNow - commits
	return err
}

// spent is what the process has used so far.
func (t *trial) spent(ctx context.Context) (busy time.Duration, commits int, err error) {
	f, err := t.process.figures(ctx, false)
	if err != nil {
		return 0, 0, err
	}
	if busy, err = t.process.busy(); errors.Is(err, errUnmeasured) {
		err = nil
	}
	return busy, f.Commits, err
}

// rate is the median of the slices' rates.
func (t *trial) rate() float64 { return median(t.rates) }

// against is the median of this trial's rate over the other's, round by round,
// so that what slows the whole machine for a while falls out.
func (t *trial) against(other *trial) float64 {
	ratios := make([]float64, len(t.rates))
	for i := range ratios {
		ratios[i] = t.rates[i] / other.rates[i]
	}
	return median(ratios)
}

// perCall is the time on the CPUs that the server took for one call.
func (t *trial) perCall() time.Duration { return t.busy / time.Duration(max(1, t.count)) }

// takeTurns gives each trial a slice, in so many rounds, after one to warm up.
func (b *bench) takeTurns(ctx context.Context, trials ...*trial) error {
	for _, t := range trials {
		warm := *t
		if err := warm.slice(ctx, b.slice/2); err != nil {
			return err
		}
	}
	for range b.rounds {
		for _, t := range trials {
			if err := t.slice(ctx, b.slice); err != nil {
				return err
			}
		}
	}
	return nil
}

// profile keeps profiles of what t's calls cost, if asked.
func (b *bench) profile(ctx context.Context, t *trial, name string) error {
	if b.profiles == "" {
		return nil
	}
	for _, kind := range []string{"profile", "allocs"} {
		if err := profileLoad(ctx, t, kind, filepath.Join(b.profiles, name+"."+kind+".pprof")); err != nil {
			return err
		}
	}
	return nil
}

// profileLoad loads the trial's server once more, aside, for a profile of what
// it does in five seconds.
func profileLoad(ctx context.Context, t *trial, kind, file string) error {
	aside := *t
	failed := make(chan error, 1)
	go func() { failed <- aside.slice(ctx, 6*time.Second) }()
	err := t.process.profile(ctx, kind, "seconds=5", file)
	return errors.Join(err, <-failed)
}

// repeat is the call that sends r over and over.
func repeat(c *client, r *request) func() error {
	return func() error {
		_, err := c.call(r)
		return err
	}
}

func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile returns the value below which the share q of the values lies; 0 if
// there are none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
