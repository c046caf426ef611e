package main

import (
	"context"
	"errors"
	"fmt"
)

// wait measures how many waits begin and end in a second. Each agent's client
// gives up and asks again, as one with a short limit does: a new wait of a seat
// ends the one before it.
func (b *bench) wait(ctx context.Context) (rows []row, err error) {
	empty, parley, stop, err := b.startBoth(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()

	beside, err := emptyTrial(ctx, empty, sendClients)
	if err != nil {
		return nil, err
	}
	seats, err := pairs(ctx, parley, sendClients/2)
	if err != nil {
		return nil, err
	}
	waits := &trial{process: parley}
	for _, s := range seats {
		call, err := waitCall(ctx, parley, s)
		if err != nil {
			return nil, err
		}
		waits.calls = append(waits.calls, call)
	}
	if err := b.takeTurns(ctx, beside, waits); err != nil {
		return nil, err
	}
	if err := b.profile(ctx, waits, "waits"); err != nil {
		return nil, err
	}
	return []row{{
		What:   fmt.Sprintf("waits begun and ended, %d clients, two to a room", sendClients),
		Parley: perSecond(waits.rate()),
		Beside: perSecond(beside.rate()) + ", empty tool",
		Ratio:  ratio(waits.against(beside)),
	}}, nil
}

// waitCall begins a wait on one of two connections and reads the answer of the
// one that ends: most likely the one on the other, unless the server came to the
// older of the two last.
func waitCall(ctx context.Context, p *process, s seat) (func() error, error) {
	type end struct {
		connection *client
		err        error
	}
	ends := make(chan end, 2)
	var connections [2]*client
	for i := range connections {
		c, err := dial(ctx, p.Address, "")
		if err != nil {
			return nil, err
		}
		connections[i] = c
		go func() {
			for err := error(nil); err == nil; { // until the server is gone
				_, err = c.receive()
				ends <- end{c, err}
			}
		}()
	}
	r, err := newRequest(p.Address, waitTool, map[string]any{
		"agent_token": s.Token, "cursor": s.Cursor, "wait_seconds": 290,
	})
	if err != nil {
		return nil, err
	}
	free := connections[1]
	return func() error {
		if err := free.send(r); err != nil {
			return err
		}
		e := <-ends
		free = e.connection
		return e.err
	}, connections[0].send(r)
}
