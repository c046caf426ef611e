package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// trial is a load on one server, measured in slices. Other trials have their
// turns between them.
type trial struct {
	process *process
	calls   []func() error // one per client: a call and its answer

	rates   []float64 // answered calls per second, of each slice
	costs   []float64 // CPU time of the process per call, of each slice, in nanoseconds; 0 if unknown
	times   []float64 // of the calls of all slices, in nanoseconds
	commits int64     // transactions that the process wrote to the disk in all slices
}

// slice loads the server for d. Each client calls again as soon as it has its
// answer.
func (t *trial) slice(ctx context.Context, d time.Duration) error {
	before, err := t.process.figures(ctx)
	if err != nil {
		return err
	}
	busy, err := t.spent()
	if err != nil {
		return err
	}
	began := time.Now()
	times := make([][]float64, len(t.calls))
	var g errgroup.Group
	for i, call := range t.calls {
		g.Go(func() (err error) {
			times[i], err = callFor(ctx, call, d)
			return err
		})
	}
	if err := errors.Join(g.Wait(), ctx.Err()); err != nil {
		return err
	}
	took, all := time.Since(began), slices.Concat(times...)
	busyNow, err := t.spent()
	if err != nil {
		return err
	}
	after, err := t.process.figures(ctx)
	t.rates = append(t.rates, float64(len(all))/took.Seconds())
	t.times = append(t.times, all...)
	t.costs = append(t.costs, float64(busyNow-busy)/float64(max(1, len(all))))
	t.commits += after.Commits - before.Commits
	return err
}

// callFor calls for d, one call after the other, and returns the time of each.
func callFor(ctx context.Context, call func() error, d time.Duration) (times []float64, err error) {
	began := time.Now()
	for last := began; last.Sub(began) < d && ctx.Err() == nil; {
		if err := call(); err != nil {
			return nil, err
		}
		now := time.Now()
		times, last = append(times, float64(now.Sub(last))), now
	}
	return times, nil
}

// spent returns the CPU time that the process has used so far; 0 if it is unknown.
func (t *trial) spent() (time.Duration, error) {
	busy, err := t.process.busy()
	if errors.Is(err, errUnmeasured) {
		err = nil
	}
	return busy, err
}

// rate returns the median of the slices' rates.
func (t *trial) rate() float64 { return median(t.rates) }

// commitsPerCall returns the transactions that the server wrote for a call.
func (t *trial) commitsPerCall() float64 { return float64(t.commits) / float64(max(1, len(t.times))) }

// costs are the CPU times that a trial's server spent on something, one of each slice,
// in nanoseconds.
type costs []float64

// per returns what each of so many units of a call costs the server.
func (t *trial) per(units float64) costs {
	all := make(costs, len(t.costs))
	for i, c := range t.costs {
		all[i] = c / units
	}
	return all
}

// row compares the costs with those of something else.
func (c costs) row(what string, others costs, name string) row {
	if median(c) == 0 || median(others) == 0 {
		return row{What: what, Parley: notMeasured, Beside: errUnmeasured.Error()}
	}
	return row{
		What:   what,
		Parley: duration(time.Duration(median(c))),
		Beside: duration(time.Duration(median(others))) + ", " + name,
		Ratio:  ratio(against(c, others)),
	}
}

// against returns the median of these figures divided by the others, slice by slice.
// What slows the whole machine for a while cancels out.
func against(figures, others []float64) float64 {
	ratios := make([]float64, len(figures))
	for i := range ratios {
		ratios[i] = figures[i] / others[i]
	}
	return median(ratios)
}

// warmUp loads the server without measuring.
func (b *bench) warmUp(ctx context.Context, t *trial) error {
	aside := *t
	return aside.slice(ctx, b.slice/2)
}

// takeTurns warms each trial up, and then gives it a slice in each round.
func (b *bench) takeTurns(ctx context.Context, trials ...*trial) error {
	for _, t := range trials {
		if err := b.warmUp(ctx, t); err != nil {
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

// profile writes profiles of the trial's server under load, if wanted.
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

// profileLoad loads the trial's server again, without measuring, and writes a
// profile of five seconds.
func profileLoad(ctx context.Context, t *trial, kind, file string) error {
	aside := *t
	failed := make(chan error, 1)
	go func() { failed <- aside.slice(ctx, 6*time.Second) }()
	err := t.process.profile(ctx, kind, "seconds=5", file)
	return errors.Join(err, <-failed)
}

// repeat returns a call that sends r again and again.
func repeat(c *client, r *request) func() error {
	return func() error {
		_, err := c.call(r)
		return err
	}
}

func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile returns the smallest value that is greater than the share q of the
// values; 0 if there are none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
