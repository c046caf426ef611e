package main

import (
	"context"
	"errors"
	"fmt"
)

// join measures how many agents take a seat in a second: in turn the first of a
// new room, which makes it, and the second.
func (b *bench) join(ctx context.Context) (rows []row, err error) {
	empty, parley, stop, err := b.startBoth(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()

	beside, err := emptyTrial(ctx, empty, sendClients)
	if err != nil {
		return nil, err
	}
	joins := &trial{process: parley}
	for i := range sendClients {
		call, err := joinCall(ctx, parley, i)
		if err != nil {
			return nil, err
		}
		joins.calls = append(joins.calls, call)
	}
	if err := b.takeTurns(ctx, beside, joins); err != nil {
		return nil, err
	}
	return []row{{
		What:   fmt.Sprintf("join, %d clients, two to a room", sendClients),
		Parley: perSecond(joins.rate()),
		Beside: perSecond(beside.rate()) + ", empty tool",
		Ratio:  ratio(joins.against(beside)),
	}}, nil
}

// joinCall takes the first seat of a new room, then the second, and so on.
func joinCall(ctx context.Context, p *process, number int) (func() error, error) {
	c, err := dial(ctx, p.Address, "")
	if err != nil {
		return nil, err
	}
	var turns [2]*request
	for i, name := range []string{"first", "second"} {
		turns[i], err = newRequest(p.Address, "join_room", map[string]any{
			"room": fmt.Sprintf("room %s of %d", counter, number), "agent_name": name,
		})
		if err != nil {
			return nil, err
		}
	}
	n := 0
	return func() error {
		_, err := c.call(turns[n%2])
		n++
		return err
	}, nil
}
