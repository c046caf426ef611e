package main

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// pollRounds is how often all answer what one asks.
const pollRounds = 5

// poll is a room in which one agent asks and all others, who have read that, answer at once, each with the
// cursor with which it has read.
type poll struct {
	clients []*client
	seats   []seat
	calls   int // with which the others answered
	said    int // their answers
}

// newPoll seats the agents in a new room.
func newPoll(ctx context.Context, p *process, room string, agents int) (*poll, error) {
	clients, seats, err := company(ctx, p, room, agents)
	return &poll{clients: clients, seats: seats}, err
}

// round says one question of a kind, and has all others answer with another kind.
func (p *poll) round(question, reply string) error {
	asked, _, err := p.say(0, args{"text": "What do you say?", "kind": question})
	if err != nil {
		return err
	}
	for i := range p.seats[1:] {
		if _, err := p.ask(i+1, waitTool, args{"wait_seconds": 0}); err != nil {
			return err
		}
	}
	calls := make([]int, len(p.seats))
	var g errgroup.Group
	for i := 1; i < len(p.seats); i++ {
		g.Go(func() (err error) {
			_, calls[i], err = p.say(i, args{"text": "This.", "kind": reply, "reply_to": asked})
			return err
		})
	}
	err = g.Wait()
	for _, n := range calls[1:] {
		p.calls, p.said = p.calls+n, p.said+1
	}
	return err
}

// say says a message for the owner of a seat. It returns its id, and with how many calls it was said.
func (p *poll) say(i int, all args) (id string, calls int, err error) {
	for calls = 1; calls <= mostHolds; calls++ {
		got, err := p.ask(i, sendTool, all)
		if err != nil || got.Sent {
			return got.ID, calls, err
		}
	}
	return "", calls, fmt.Errorf("a message was held back %d times", mostHolds)
}

// ask makes a call for the owner of a seat, and keeps the cursor.
func (p *poll) ask(i int, tool string, all args) (answer, error) {
	all["agent_token"], all["cursor"] = p.seats[i].Token, p.seats[i].Cursor
	got, err := p.clients[i].ask(tool, all)
	p.seats[i] = p.seats[i].after(got)
	return got, err
}
