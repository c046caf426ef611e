package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// joinGoal is the most CPU time of a join in a large room.
const joinGoal = 800 * time.Microsecond

// joinRooms is how many rooms one agent enters and leaves in a slice.
const joinRooms = 8

// measureJoin compares the join of the last agent of a large room with that of the second one of
// a room of two.
func measureJoin(ctx context.Context, b *bench) (rows []row, err error) {
	p, err := b.startParley(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	large, err := newDoors(ctx, p, b.large)
	if err != nil {
		return nil, err
	}
	small, err := newDoors(ctx, p, 2)
	if err != nil {
		return nil, err
	}
	for range b.rounds {
		for _, d := range []*doors{large, small} {
			if err := d.enter(ctx); err != nil {
				return nil, err
			}
		}
	}
	return []row{joinRow(b.large, large.trial, small.trial)}, nil
}

func joinRow(agents int, large, small *trial) row {
	costs := large.per(joinRooms)
	r := costs.row(fmt.Sprintf("CPU of a join in a room of %d", agents), small.per(joinRooms), "in a room of 2")
	if r.Ratio != "" {
		r.Goal = goal("at most "+duration(joinGoal), median(costs) <= float64(joinGoal))
	}
	return r
}

// doors are rooms in which one seat is free. An agent enters all, which is measured, and leaves
// them, which is not.
type doors struct {
	*trial
	client *client
	joins  []*request
}

func newDoors(ctx context.Context, p *process, capacity int) (*doors, error) {
	d := &doors{trial: &trial{process: p}, joins: make([]*request, joinRooms)}
	err := inParallel(joinRooms, func(_, n int) error {
		c, err := dial(ctx, p.Address, "")
		if err != nil {
			return err
		}
		defer c.close()
		arguments := func(agent string) map[string]any {
			return map[string]any{"room": fmt.Sprintf("room %d of %d", n, capacity), "agent_name": agent,
				"capacity": capacity}
		}
		for i := range capacity - 1 {
			if _, err := c.ask(joinTool, arguments(fmt.Sprint("agent ", i))); err != nil {
				return err
			}
		}
		d.joins[n], err = newRequest(p.Address, joinTool, arguments("the last agent"))
		return err
	})
	if err != nil {
		return nil, err
	}
	d.client, err = dial(ctx, p.Address, "")
	return d, err
}

// enter makes the agent join each room, and leave it again.
func (d *doors) enter(ctx context.Context) error {
	var answers [][]byte
	d.calls = []func() error{func() error {
		for _, join := range d.joins {
			text, err := d.client.call(join)
			if err != nil {
				return err
			}
			answers = append(answers, bytes.Clone(text))
		}
		return nil
	}}
	if err := d.slice(ctx, 1); err != nil { // a nanosecond is enough for one call
		return err
	}
	for _, text := range answers {
		got, err := parseAnswer(text)
		if err != nil {
			return err
		}
		if _, err := d.client.ask(leaveTool, map[string]any{"agent_token": got.AgentToken}); err != nil {
			return err
		}
	}
	return nil
}
