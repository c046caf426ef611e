package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// speaker is an agent that speaks with the cursor of its last result, as agents should:
// what it has not read may hold its message back.
type speaker struct {
	client  *client
	request *request
	calls   int // that it made
	said    int // messages that it said with them
}

// newSpeaker lets the owner of a seat speak.
func newSpeaker(c *client, s seat) (*speaker, error) {
	r, err := newRequest(c.conn.RemoteAddr().String(), sendTool, map[string]any{
		"agent_token": s.Token, "cursor": anyCursor, "text": messageText(counter),
	})
	if err != nil {
		return nil, err
	}
	copy(r.cursor, s.Cursor)
	return &speaker{client: c, request: r}, nil
}

// mostHolds is how often a message may be held back. The server holds it back a few times at most.
const mostHolds = 10

// say says a new message. Where news holds it back, it reads that and calls again.
func (s *speaker) say() error {
	s.request.count()
	for range mostHolds {
		if err := s.client.resend(s.request); err != nil {
			return err
		}
		text, err := s.client.receive()
		if err != nil {
			return err
		}
		s.calls++
		if err := s.request.follow(text); err != nil {
			return err
		}
		if bytes.Contains(text, []byte(`"sent":true`)) {
			s.said++
			return nil
		}
	}
	return fmt.Errorf("a message was held back %d times", mostHolds)
}

// waiter is an agent that waits, and waits again as soon as it has an answer.
type waiter struct {
	client  *client
	request *request
}

// newWaiter lets the owner of a seat wait.
func newWaiter(c *client, s seat) (*waiter, error) {
	r, err := newRequest(c.conn.RemoteAddr().String(), waitTool, map[string]any{
		"agent_token": s.Token, "cursor": anyCursor, "wait_seconds": 290,
	})
	if err != nil {
		return nil, err
	}
	copy(r.cursor, s.Cursor)
	return &waiter{client: c, request: r}, nil
}

// begin sends the first call.
func (w *waiter) begin() error { return w.client.send(w.request) }

// next returns how many messages the next answer has, once another call has begun to wait.
func (w *waiter) next() (messages int, err error) {
	text, err := w.client.receive()
	if err != nil {
		return 0, err
	}
	messages = said(text)
	if err := w.request.follow(text); err != nil {
		return 0, err
	}
	return messages, w.client.send(w.request)
}

// company seats agents in a new room, each with a connection of its own.
func company(ctx context.Context, p *process, room string, agents int) ([]*client, []seat, error) {
	clients, err := dialAll(ctx, p, agents)
	if err != nil {
		return nil, nil, err
	}
	seats, err := seated(clients[0], room, agents)
	return clients, seats, err
}

// speakersIn returns agents in a new room that have just said something, so that what
// each does once is done.
func speakersIn(ctx context.Context, p *process, room string, agents int) ([]*speaker, error) {
	clients, seats, err := company(ctx, p, room, agents)
	if err != nil {
		return nil, err
	}
	all := make([]*speaker, agents)
	for i, s := range seats {
		all[i], err = newSpeaker(clients[i], s)
		if err != nil {
			return nil, err
		}
		if err := all[i].say(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// circle is a room in which one agent speaks and the others wait.
type circle struct {
	speaker *speaker
	waiters []*waiter
	heard   chan error // receives nil whenever a waiter has a message
}

// newCircle seats the agents in a new room. All but one of them wait.
func newCircle(ctx context.Context, p *process, room string, agents int) (*circle, error) {
	clients, seats, err := company(ctx, p, room, agents)
	if err != nil {
		return nil, err
	}
	c := &circle{heard: make(chan error, agents)}
	c.speaker, err = newSpeaker(clients[0], seats[0])
	if err != nil {
		return nil, err
	}
	for i := 1; i < agents; i++ {
		w, err := newWaiter(clients[i], seats[i])
		if err != nil {
			return nil, err
		}
		if err := w.begin(); err != nil {
			return nil, err
		}
		c.waiters = append(c.waiters, w)
		go c.hear(w)
	}
	return c, nil
}

// hear reads the answers of a waiter until its connection ends. An answer without a message
// says that somebody joined, or that it has the turn.
func (c *circle) hear(w *waiter) {
	for {
		n, err := w.next()
		if n > 1 {
			err = errors.Join(err, fmt.Errorf("a waiter has %d messages, want one after the other", n))
		}
		if n > 0 || err != nil {
			c.heard <- err
		}
		if err != nil {
			return
		}
	}
}

// round says one message, and returns when all have it.
func (c *circle) round() error {
	err := c.speaker.say()
	for range c.waiters {
		if err == nil {
			err = <-c.heard
		}
	}
	return err
}
