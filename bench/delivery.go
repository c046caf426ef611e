package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// The longest time from a message to its waiter. The message is one call, and waking
// the waiter costs another.
const (
	deliveryGoal                      = 3.0       // calls of the empty tool, which promises nothing
	deliveryDiskGoal, deliveryDiskAim = 1.5, 1.35 // calls of an empty tool that writes a page and waits for it
)

// pollEvery is how often a process polls a table that others write to for news of a room in the
// second after a message. The next one arrives at any moment in between.
const pollEvery = 100 * time.Millisecond

// measureDelivery measures the time from sending a message to its arrival at an
// agent who waits: in one process on a file, and across two processes on
// DynamoDB Local.
func measureDelivery(ctx context.Context, b *bench) ([]row, error) {
	rows, err := deliverOnFile(ctx, b)
	if err != nil {
		return nil, err
	}
	more, err := b.onEngine(ctx, arrival+" across two processes", b.deliverAcross)
	return append(rows, more...), err
}

// deliverOnFile compares one process with the empty tool, and with the empty tool
// that writes a page, as every message must. Nothing else happens meanwhile.
func deliverOnFile(ctx context.Context, b *bench) (rows []row, err error) {
	empty, parley, stop, err := b.startBoth(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	writing, err := b.startPage(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, writing.stop()) }()

	calls, err := newStopwatch(ctx, empty)
	if err != nil {
		return nil, err
	}
	pages, err := newStopwatch(ctx, writing)
	if err != nil {
		return nil, err
	}
	c, err := newCourier(ctx, parley, parley)
	if err != nil {
		return nil, err
	}
	for range b.deliveries {
		if err := errors.Join(calls.call(), pages.call(), c.deliver(ctx, 0)); err != nil {
			return nil, err
		}
	}
	return deliveryRows(c, calls.times, pages.times), nil
}

// deliverAcross has the sender call one process and the waiter another.
func (b *bench) deliverAcross(ctx context.Context, e engine) (rows []row, err error) {
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
		if err := c.deliver(ctx, rand.N(pollEvery)); err != nil {
			return nil, err
		}
	}
	return []row{
		timeRow(arrival+" across two processes, median", 0.5, c.arrivals, c.acks, "its own answer"),
		timeRow(arrival+" across two processes, 99 of 100", 0.99, c.arrivals, c.acks, "its own answer"),
	}, nil
}

const arrival = "send to the waiter's answer"

// What times stand beside, in the third column.
const (
	emptyCall = "a call of the empty tool"
	pageCall  = "a call of an empty tool that writes a page"
)

func deliveryRows(c *courier, calls, pages []float64) []row {
	first := timeRow(arrival+", median", 0.5, c.arrivals, calls, emptyCall)
	first.Goal = atMost(deliveryGoal, median(c.arrivals)/median(calls))
	second := timeRow(arrival+", median, and the disk", 0.5, c.arrivals, pages, pageCall)
	second.Goal = mostOf(median(c.arrivals)/median(pages), deliveryDiskGoal, deliveryDiskAim)
	return []row{
		first,
		second,
		timeRow(arrival+", 99 of 100", 0.99, c.arrivals, calls, emptyCall),
		timeRow("send to its own answer, median", 0.5, c.acks, calls, emptyCall),
	}
}

// timeRow compares a quantile of some times, in nanoseconds, with that of others.
func timeRow(what string, q float64, times, others []float64, other string) row {
	t, o := quantile(times, q), quantile(others, q)
	return row{
		What:   what,
		Parley: duration(time.Duration(t)),
		Beside: duration(time.Duration(o)) + ", " + other,
		Ratio:  ratio(t / o),
		OnPage: true,
	}
}

// stopwatch times calls of an empty tool.
type stopwatch struct {
	one   func() error
	times []float64
}

func newStopwatch(ctx context.Context, p *process) (*stopwatch, error) {
	t, err := libraryTrial(ctx, p, 1)
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

// courier lets one agent send messages to another who waits, and times them.
type courier struct {
	sender, waiter, reader *client // of these connections, reader and waiter lead to the same server
	waiting                seat
	message, history       *request

	acks, arrivals []float64 // from the first byte of the message, in nanoseconds
}

// newCourier seats the two agents in a new room. The sender calls from, the waiter
// calls to, which may be the same server.
func newCourier(ctx context.Context, from, to *process) (c *courier, err error) {
	c = &courier{}
	c.sender, err = dial(ctx, from.Address, "")
	if err != nil {
		return nil, err
	}
	c.waiter, err = dial(ctx, to.Address, "")
	if err != nil {
		return nil, err
	}
	c.reader, err = dial(ctx, to.Address, "")
	if err != nil {
		return nil, err
	}
	seats, err := seated(c.sender, "courier", 2)
	if err != nil {
		return nil, err
	}
	sending := seats[0]
	c.waiting = seats[1]
	c.history, err = newRequest(to.Address, "message_history", map[string]any{"agent_token": sending.Token, "limit": 1})
	if err != nil {
		return nil, err
	}
	c.message, err = newRequest(from.Address, sendTool,
		map[string]any{"agent_token": sending.Token, "text": "message " + counter})
	return c, err
}

// deliver sends one message, at least lag after the other agent began to wait. It
// measures the time until the sender has its answer, and until the waiter has the
// message.
func (c *courier) deliver(ctx context.Context, lag time.Duration) error {
	wait, err := newRequest(c.waiter.conn.RemoteAddr().String(), waitTool, map[string]any{
		"agent_token": c.waiting.Token, "cursor": c.waiting.Cursor, "wait_seconds": 50,
	})
	if err != nil {
		return err
	}
	if err := c.waiter.send(wait); err != nil {
		return err
	}
	// When a later call has its answer, the wait has almost certainly begun.
	if _, err := c.reader.call(c.history); err != nil {
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
	_, err = c.sender.call(c.message)
	c.acks = append(c.acks, float64(time.Since(began)))
	err = errors.Join(err, <-done)
	c.arrivals = append(c.arrivals, float64(arrived))
	return err
}

// arrive reads the waiter's answer, which must contain the message.
func (c *courier) arrive() error {
	text, err := c.waiter.receive()
	if err != nil {
		return err
	}
	if !strings.Contains(string(text), string(c.message.number)) {
		return fmt.Errorf("the answer of a wait lacks the message: %s", text)
	}
	got, err := parseAnswer(text)
	c.waiting = c.waiting.after(got)
	return err
}
