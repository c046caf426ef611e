package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
)

// smallRoom is how many events the room has that the large one is compared with.
const smallRoom = 10

// sizeGoal is how far the costs in the two may be apart.
const sizeGoal = 0.1

// size measures that a call costs the same however much was said in a room
// before. Each large room, and all small ones, are in a file of their own.
func (b *bench) size(ctx context.Context) (rows []row, err error) {
	for _, events := range b.events {
		more, err := b.sizeOf(ctx, events)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

func (b *bench) sizeOf(ctx context.Context, events int) (rows []row, err error) {
	large, err := b.startParley(ctx, fmt.Sprint(events))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, large.stop()) }()
	// A room grows as it is sent to, so each slice has one of its own.
	small, err := b.startParley(ctx, strings.Repeat(fmt.Sprint(smallRoom, ","), b.rounds))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, small.stop()) }()

	where := fmt.Sprintf(", in a room of %s events", grouped(int64(events)))
	// First the call that leaves the rooms as they are.
	waits, err := b.compareSizes(ctx, "wait, looking in"+where, large, small, lookCall)
	if err != nil {
		return nil, err
	}
	sends, err := b.compareSizes(ctx, "send"+where, large, small, func(c *client, s seat) (func() error, error) {
		return sendCall(c, s.Token)
	})
	return []row{sends, waits}, err
}

// seatCall makes the call that the agent of a seat repeats.
type seatCall func(*client, seat) (func() error, error)

// compareSizes has the agents of the large room and those of a small one call in
// turn.
func (b *bench) compareSizes(ctx context.Context, what string, large, small *process, call seatCall) (row, error) {
	much, little := &trial{process: large}, &trial{process: small}
	var err error
	if much.calls, err = seatCalls(ctx, large, large.Rooms[0], call); err != nil {
		return row{}, err
	}
	for _, room := range small.Rooms {
		if little.calls, err = seatCalls(ctx, small, room, call); err != nil {
			return row{}, err
		}
		for _, t := range []*trial{little, much} {
			if err := t.slice(ctx, b.slice); err != nil {
				return row{}, err
			}
		}
	}
	r := dearer(much, little)
	return row{
		What:   what,
		Parley: much.cost(),
		Beside: fmt.Sprintf("%s, in a room of %d", little.cost(), smallRoom),
		Ratio:  ratio(r),
		Goal:   goal(fmt.Sprintf("%s to %s", ratio(1-sizeGoal), ratio(1+sizeGoal)), math.Abs(r-1) <= sizeGoal),
	}, nil
}

// dearer is how many times the cost of other's calls those of t have: in time on
// the CPUs, which others on the machine change least, or, where the system does
// not tell it, in time.
func dearer(t, other *trial) float64 {
	if t.busy == 0 || other.busy == 0 {
		return other.against(t)
	}
	return float64(t.perCall()) / float64(other.perCall())
}

// cost says what a call of the trial costs.
func (t *trial) cost() string {
	if t.busy == 0 {
		return perSecond(t.rate())
	}
	return fmt.Sprintf("%s of CPU, %s", duration(t.perCall()), perSecond(t.rate()))
}

func seatCalls(ctx context.Context, p *process, room filledRoom, call seatCall) ([]func() error, error) {
	var calls []func() error
	for _, s := range room.Seats {
		c, err := dial(ctx, p.Address, "")
		if err != nil {
			return nil, err
		}
		one, err := call(c, s)
		if err != nil {
			return nil, err
		}
		calls = append(calls, one)
	}
	return calls, nil
}

// lookCall asks what is new where nothing is.
func lookCall(c *client, s seat) (func() error, error) {
	r, err := newRequest(c.conn.RemoteAddr().String(), waitTool, map[string]any{
		"agent_token": s.Token, "cursor": s.Cursor, "wait_seconds": 0,
	})
	return repeat(c, r), err
}
