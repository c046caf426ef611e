package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// historyGoal is how far a figure of a room with a long history may be from that of
// a new room, as a share.
const historyGoal = 0.1

// The two take short turns, and many, since the rate on a shared machine changes by
// more than the goal from one second to the next.
const (
	historyRounds = 12 // for each of the plan's rounds
	historySlices = 4  // in the time of one of the plan's
)

// measureHistory compares sending in a room with a long history with sending in a
// new room, another one in each round. One server has them all, and the same
// clients send.
func measureHistory(ctx context.Context, b *bench) (rows []row, err error) {
	parley, tokens, err := b.startLong(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, parley.stop()) }()
	clients, err := dialAll(ctx, parley, sendClients)
	if err != nil {
		return nil, err
	}
	long, fresh := &trial{process: parley}, &trial{process: parley}
	if long.calls, err = sendCalls(clients, tokens); err != nil {
		return nil, err
	}
	if err := b.warmUp(ctx, long); err != nil {
		return nil, err
	}
	for n := range historyRounds * b.rounds {
		if _, fresh.calls, err = seatAll(clients, fmt.Sprint("new ", n)); err != nil {
			return nil, err
		}
		turns := []*trial{fresh, long}
		if n%2 == 1 {
			slices.Reverse(turns) // whoever is the first may profit from the calls before it
		}
		for _, t := range turns {
			if err := t.slice(ctx, b.slice/historySlices); err != nil {
				return nil, err
			}
		}
	}
	return b.historyRows(long, fresh), nil
}

// seatAll seats the clients in a new room, whose name begins so, and lets each say one
// thing. It returns their tokens and their next messages.
func seatAll(clients []*client, name string) (tokens []string, calls []func() error, err error) {
	if tokens, err = joinAll(clients[0], name, len(clients), 1); err != nil {
		return nil, nil, err
	}
	if calls, err = sendCalls(clients, tokens); err != nil {
		return nil, nil, err
	}
	return tokens, calls, eachOnce(calls)
}

// historyRows omits the CPU time if it is unknown.
func (b *bench) historyRows(long, fresh *trial) []row {
	line := func(what, parley, beside string, r float64) row {
		return row{
			What: fmt.Sprintf("%s, %s in a room of %s messages", what, counted(sendClients, "client"),
				grouped(int64(b.history))),
			Parley: parley, Beside: beside + ", in a new room", Ratio: ratio(r),
			Goal: goal(ratio(1-historyGoal)+" to "+ratio(1+historyGoal), math.Abs(r-1) <= historyGoal),
		}
	}
	rows := []row{line("send", perSecond(long.rate()), perSecond(fresh.rate()), long.against(fresh))}
	if long.busy == 0 || fresh.busy == 0 {
		return rows
	}
	l, f := long.perCall(), fresh.perCall()
	return append(rows, line("CPU of a send", duration(l), duration(f), float64(l)/float64(f)))
}
