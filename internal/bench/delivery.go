package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// deliveryGoal is how many times as long as a call of the empty tool a message
// may take to the agent who waits for it: it is a send and a wake.
const deliveryGoal = 2

// delivery measures the time from the sending of a message to its arrival with
// an agent who waits, while nothing else goes on: beside a call of the empty
// tool, and beside one that writes a page to the disk, as every message must be.
func (b *bench) delivery(ctx context.Context) (rows []row, err error) {
	empty, parley, stop, err := b.startBoth(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	keeping, err := b.startKeeping(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, keeping.stop()) }()

	calls, err := newStopwatch(ctx, empty)
	if err != nil {
		return nil, err
	}
	kept, err := newStopwatch(ctx, keeping)
	if err != nil {
		return nil, err
	}
	c, err := newCourier(ctx, parley, parley)
	if err != nil {
		return nil, err
	}
	for range b.deliveries {
		if err := errors.Join(calls.call(), kept.call(), c.deliver(ctx, 0)); err != nil {
			return nil, err
		}
	}
	return deliveryRows(c, calls.times, kept.times), nil
}

func deliveryRows(c *courier, calls, kept []float64) []row {
	const arrival = "send to the waiter's answer"
	line := func(what string, q float64, times, beside []float64, tool string) row {
		t, e := quantile(times, q), quantile(beside, q)
		return row{What: what, Parley: duration(time.Duration(t)), Beside: duration(time.Duration(e)) + ", a call of " + tool, Ratio: ratio(t / e)}
	}
	const empty, keeping = "the empty tool", "an empty tool that writes a page"
	first := line(arrival+", median", 0.5, c.arrivals, calls, empty)
	first.Goal = goal("at most "+ratio(deliveryGoal), quantile(c.arrivals, 0.5) <= deliveryGoal*quantile(calls, 0.5))
	return []row{
		first,
		line(arrival+", median, and the disk", 0.5, c.arrivals, kept, keeping),
		line(arrival+", 99 of 100", 0.99, c.arrivals, calls, empty),
		line("send to its own answer, median", 0.5, c.acks, calls, empty),
	}
}

// stopwatch takes the time of calls of an empty tool.
type stopwatch struct {
	one   func() error
	times []float64
}

func newStopwatch(ctx context.Context, p *process) (*stopwatch, error) {
	t, err := emptyTrial(ctx, p, 1)
	if err != nil {
		return nil, err
	}
	return &stopwatch{one: t.calls[0]}, nil
}

func (s *stopwatch) call() error {
	began := time.Now()
	err := s.one()
	s.times = append(s.times, float64(time.Since(began)))
	return err
}

// courier has one agent speak and another wait for it, and takes the times.
type courier struct {
	speaker, waiter, watcher *client
	speakers, waiters        seat
	speech, look             *request

	acks, arrivals []float64 // from the sender's first byte
}

// newCourier seats the two agents in a new room, one at each server, which may
// be the same.
func newCourier(ctx context.Context, from, to *process) (*courier, error) {
	c := &courier{}
	var err error
	for _, d := range []struct {
		client **client
		p      *process
	}{{&c.speaker, from}, {&c.waiter, to}, {&c.watcher, to}} {
		if *d.client, err = dial(ctx, d.p.Address, ""); err != nil {
			return nil, err
		}
	}
	seats := make([]seat, 2)
	if err := pair(c.speaker, "courier", seats); err != nil {
		return nil, err
	}
	c.speakers, c.waiters = seats[0], seats[1]
	if c.look, err = newRequest(to.Address, "message_history", map[string]any{"agent_token": c.speakers.Token, "limit": 1}); err != nil {
		return nil, err
	}
	c.speech, err = newRequest(from.Address, sendTool, map[string]any{"agent_token": c.speakers.Token, "text": "message " + counter})
	return c, err
}

// deliver sends one message and takes the time until the sender has its answer,
// and until the waiter has the message. The waiter has waited for any time up to
// lag by then.
func (c *courier) deliver(ctx context.Context, lag time.Duration) error {
	wait, err := newRequest(c.waiter.conn.RemoteAddr().String(), waitTool, map[string]any{
		"agent_token": c.waiters.Token, "cursor": c.waiters.Cursor, "wait_seconds": 50,
	})
	if err != nil {
		return err
	}
	if err := c.waiter.send(wait); err != nil {
		return err
	}
	// By the time that another call is answered, the wait has most likely begun.
	if _, err := c.watcher.call(c.look); err != nil {
		return err
	}
	if err := pause(ctx, lag); err != nil {
		return err
	}
	var arrived time.Duration
	began := time.Now()
	done := make(chan error, 1)
	go func() {
		err := c.arrive()
		arrived = time.Since(began)
		done <- err
	}()
	_, err = c.speaker.call(c.speech)
	c.acks = append(c.acks, float64(time.Since(began)))
	err = errors.Join(err, <-done)
	c.arrivals = append(c.arrivals, float64(arrived))
	return err
}

// pause waits for any time up to most.
func pause(ctx context.Context, most time.Duration) error {
	if most <= 0 {
		return nil
	}
	t := time.NewTimer(rand.N(most))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// arrive reads the waiter's answer, and from where it goes on to wait.
func (c *courier) arrive() error {
	text, err := c.waiter.receive()
	if err != nil {
		return err
	}
	if !strings.Contains(string(text), string(c.speech.number)) {
		return fmt.Errorf("the waiter was answered %s", text)
	}
	got, err := readAnswer(text)
	c.waiters.Cursor = got.Cursor
	return err
}
