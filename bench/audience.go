package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// audience are agents that wait, each on a connection of its own, and wait again whenever
// they have an answer.
type audience struct {
	waiters []*waiter
	heard   atomic.Int64 // messages
	reading errgroup.Group
}

// connect opens the connections of an audience that owns the seats.
func connect(ctx context.Context, p *process, seats []seat) (*audience, error) {
	a := &audience{waiters: make([]*waiter, len(seats))}
	return a, inParallel(len(seats), func(share, n int) error {
		c, err := dial(ctx, p.Address, loopback(share))
		if err != nil {
			return err
		}
		a.waiters[n], err = newWaiter(c, seats[n])
		return err
	})
}

// loopback returns one of several addresses of the loopback: one has too few ports for many
// thousands of connections.
func loopback(share int) string { return fmt.Sprintf("127.0.0.%d", 2+share) }

// begin begins all waits at once.
func (a *audience) begin() error {
	for _, w := range a.waiters {
		a.reading.Go(func() error { return a.listen(w) })
	}
	return inParallel(len(a.waiters), func(_, n int) error { return a.waiters[n].begin() })
}

// listen reads the answers of a waiter until its connection is closed.
func (a *audience) listen(w *waiter) error {
	for {
		n, err := w.next()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		a.heard.Add(int64(n))
	}
}

// hears returns once the audience has heard so many messages.
func (a *audience) hears(ctx context.Context, messages int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for a.heard.Load() < int64(messages) {
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return fmt.Errorf("%d of %d messages were heard: %w", a.heard.Load(), messages, err)
		}
	}
	if n := a.heard.Load(); n > int64(messages) {
		return fmt.Errorf("%d messages were heard, of %d", n, messages)
	}
	return nil
}

// close closes the connections. Its error is that of the first waiter whose call failed.
func (a *audience) close() error {
	for _, w := range a.waiters {
		if w != nil {
			w.client.close()
		}
	}
	return a.reading.Wait()
}

// inParallel calls do for each number below n, in several shares of them at once.
func inParallel(n int, do func(share, n int) error) error {
	const shares = 32
	var g errgroup.Group
	for share := range shares {
		g.Go(func() error {
			for i := share; i < n; i += shares {
				if err := do(share, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}
