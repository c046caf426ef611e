package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// delivery measures the time from the sending of a message to its arrival with
// an agent who waits, while nothing else goes on.
func (b *bench) delivery(ctx context.Context) (rows []row, err error) {
	empty, err := b.startEmpty(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, empty.stop()) }()
	parley, err := b.startParley(ctx, fmt.Sprint(smallRoom))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, parley.stop()) }()

	beside, err := emptyTrial(ctx, empty, 1)
	if err != nil {
		return nil, err
	}
	c, err := newCourier(ctx, parley)
	if err != nil {
		return nil, err
	}
	var calls, acks, arrivals []float64
	for range b.deliveries {
		began := time.Now()
		if err := beside.calls[0](); err != nil {
			return nil, err
		}
		calls = append(calls, float64(time.Since(began)))
		acked, arrived, err := c.deliver()
		if err != nil {
			return nil, err
		}
		acks, arrivals = append(acks, float64(acked)), append(arrivals, float64(arrived))
	}
	line := func(what string, times []float64, q float64) row {
		t, e := quantile(times, q), quantile(calls, q)
		return row{What: what, Parley: duration(time.Duration(t)), Beside: duration(time.Duration(e)) + ", a call of the empty tool", Ratio: ratio(t / e)}
	}
	return []row{
		line("send to the waiter's answer, median", arrivals, 0.5),
		line("send to the waiter's answer, 99 of 100", arrivals, 0.99),
		line("send to its own answer, median", acks, 0.5),
	}, nil
}

// courier has one agent speak and another wait for it.
type courier struct {
	speaker, waiter *client
	speakers        seat
	waiters         seat
	speech          *request
	look            *request
}

func newCourier(ctx context.Context, p *process) (*courier, error) {
	c := &courier{speakers: p.Rooms[0].Seats[0], waiters: p.Rooms[0].Seats[1]}
	var err error
	if c.speaker, err = dial(ctx, p.Address, ""); err != nil {
		return nil, err
	}
	if c.waiter, err = dial(ctx, p.Address, ""); err != nil {
		return nil, err
	}
	if c.look, err = newRequest(p.Address, "message_history", map[string]any{"agent_token": c.speakers.Token, "limit": 1}); err != nil {
		return nil, err
	}
	c.speech, err = newRequest(p.Address, sendTool, map[string]any{"agent_token": c.speakers.Token, "text": "message " + counter})
	return c, err
}

// deliver sends one message and takes the time until the sender has its answer,
// and until the waiter has the message.
func (c *courier) deliver() (acked, arrived time.Duration, err error) {
	wait, err := newRequest(c.waiter.conn.RemoteAddr().String(), waitTool, map[string]any{
		"agent_token": c.waiters.Token, "cursor": c.waiters.Cursor, "wait_seconds": 50,
	})
	if err != nil {
		return 0, 0, err
	}
	if err := c.waiter.send(wait); err != nil {
		return 0, 0, err
	}
	// By the time that another call is answered, the wait has most likely begun.
	if _, err := c.speaker.call(c.look); err != nil {
		return 0, 0, err
	}
	began := time.Now()
	done := make(chan error, 1)
	go func() {
		err := c.arrive()
		arrived = time.Since(began)
		done <- err
	}()
	_, err = c.speaker.call(c.speech)
	acked = time.Since(began)
	return acked, arrived, errors.Join(err, <-done)
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
