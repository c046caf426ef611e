package main

import (
	"context"
	"errors"
	"time"
)

// pollEvery is how often a process asks a table that others write to, too,
// whether a lively room has news: a message comes at any moment in between.
const pollEvery = 100 * time.Millisecond

// apart measures the time from the sending of a message at one process to its
// arrival with an agent who waits at another, on one table of DynamoDB Local.
func (b *bench) apart(ctx context.Context) ([]row, error) {
	return b.onEngine(ctx, "send to the waiter's answer, across two processes", b.deliverApart)
}

func (b *bench) deliverApart(ctx context.Context, e engine) (rows []row, err error) {
	from, err := e.startParley(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.stop()) }()
	to, err := e.startParley(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, to.stop()) }()
	c, err := newCourier(ctx, from, to)
	if err != nil {
		return nil, err
	}
	for range max(1, b.deliveries/10) {
		if err := c.deliver(ctx, pollEvery); err != nil {
			return nil, err
		}
	}
	line := func(what string, q float64) row {
		t, a := quantile(c.arrivals, q), quantile(c.acks, q)
		return row{
			What:   "send to the waiter's answer across two processes, " + what,
			Parley: duration(time.Duration(t)),
			Beside: duration(time.Duration(a)) + ", its own answer",
			Ratio:  ratio(t / a),
		}
	}
	return []row{line("median", 0.5), line("99 of 100", 0.99)}, nil
}
