package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"
)

// idleAim is what a waiter is to take if it can be had; the goal is no more than
// the empty tool takes.
const idleAim = 40_000 // bytes

// atOnce is how many connections make the waiters ready.
const atOnce = 16

// idle measures what a server holds for each client that waits.
func (b *bench) idle(ctx context.Context) ([]row, error) {
	waiters, err := b.affordable()
	if err != nil {
		return nil, err
	}
	empty, err := b.idleEmpty(ctx, waiters)
	if errors.Is(err, errUnmeasured) {
		return []row{{What: "memory for each waiter", Parley: notMeasured, Beside: err.Error()}}, nil
	}
	if err != nil {
		return nil, err
	}
	parley, err := b.idleParley(ctx, waiters)
	if err != nil {
		return nil, err
	}
	return idleRows(waiters, parley, empty), nil
}

// affordable is how many of the plan's waiters the limit on open files allows:
// each is one here, and one in the server.
func (b *bench) affordable() (int, error) {
	const others = 200
	text, err := os.ReadFile("/proc/self/limits")
	if errors.Is(err, os.ErrNotExist) {
		return b.waiters, nil
	}
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "Max open files")
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return b.waiters, nil
	}
	hard, err := strconv.Atoi(fields[1]) // the Go runtime has raised the soft limit to it
	if err != nil {
		return b.waiters, nil // unlimited
	}
	if hard-others < b.waiters {
		fmt.Fprintf(b.progress, "(only %d waiters: the limit on open files is %d) ", hard-others, hard)
	}
	return min(b.waiters, hard-others), nil
}

// held is what a server holds for each waiter, in bytes where not said otherwise.
type held struct {
	collected  float64 // memory of the process, after a collection of garbage
	resident   float64 // before it
	heap       float64 // after it
	stacks     float64
	goroutines float64 // a number
}

func (b *bench) idleEmpty(ctx context.Context, waiters int) (h held, err error) {
	p, err := b.startEmpty(ctx)
	if err != nil {
		return h, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	seats := make([]seat, waiters)
	for i := range seats {
		seats[i] = seat{Token: strings.Repeat("x", 28), Cursor: "2-xx"}
	}
	h, clients, err := b.hold(ctx, p, seats, "empty")
	closeAll(clients)
	return h, err
}

// idleParley has one of the two agents of each room wait, as in most conversations
// at most moments: the other is at work. Where both wait, one is soon given the
// turn.
func (b *bench) idleParley(ctx context.Context, waiters int) (h held, err error) {
	p, err := b.startParley(ctx, "")
	if err != nil {
		return h, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	seats, err := pairs(ctx, p, waiters)
	if err != nil {
		return h, err
	}
	waiting := make([]seat, waiters)
	for i := range waiting {
		waiting[i] = seats[2*i]
	}
	h, clients, err := b.hold(ctx, p, waiting, "wait")
	defer closeAll(clients)
	if err != nil {
		return h, err
	}
	return h, wakes(ctx, p, seats[1], clients[0])
}

// wakes proves that the waits were real ones: the agent who waits is told what
// the other agent of its room says.
func wakes(ctx context.Context, p *process, speaker seat, waiter *client) error {
	c, err := dial(ctx, p.Address, "")
	if err != nil {
		return err
	}
	defer c.close()
	const text = "somebody speaks at last"
	if _, err := c.ask(sendTool, map[string]any{"agent_token": speaker.Token, "text": text}); err != nil {
		return err
	}
	got, err := waiter.receive()
	if err == nil && !strings.Contains(string(got), text) {
		err = fmt.Errorf("an idle waiter was answered %s", got)
	}
	return err
}

// pairs makes so many rooms, each with two agents who have read all there is.
func pairs(ctx context.Context, p *process, rooms int) ([]seat, error) {
	seats := make([]seat, 2*rooms)
	var g errgroup.Group
	for first := range atOnce {
		g.Go(func() error {
			c, err := dial(ctx, p.Address, "")
			if err != nil {
				return err
			}
			defer c.close()
			for n := first; n < rooms; n += atOnce {
				if err := pair(c, fmt.Sprint("pair ", n), seats[2*n:2*n+2]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return seats, g.Wait()
}

func pair(c *client, room string, seats []seat) error {
	for i := range seats {
		got, err := c.ask("join_room", map[string]any{"room": room, "agent_name": fmt.Sprint("agent ", i)})
		if err != nil {
			return err
		}
		seats[i] = seat{got.AgentToken, got.Cursor}
	}
	// The first has not heard yet that the second came.
	got, err := c.ask(waitTool, map[string]any{"agent_token": seats[0].Token, "wait_seconds": 0})
	seats[0].Cursor = got.Cursor
	return err
}

// hold has every seat wait on a connection of its own, and measures what the
// server holds for them.
func (b *bench) hold(ctx context.Context, p *process, seats []seat, profile string) (h held, clients []*client, err error) {
	before, err := p.figures(ctx, true)
	if err != nil {
		return h, nil, err
	}
	residentBefore, err := p.resident()
	if err != nil {
		return h, nil, err
	}
	if clients, err = waitAll(ctx, p, seats); err != nil {
		return h, clients, err
	}
	// A connection with a call at work has at least two goroutines.
	if _, err := p.settle(ctx, b.settled, before.Goroutines+2*len(seats)); err != nil {
		return h, clients, err
	}
	resident, err := p.resident()
	if err != nil {
		return h, clients, err
	}
	after, err := p.figures(ctx, true)
	if err != nil {
		return h, clients, err
	}
	collected, err := p.resident()
	if err != nil {
		return h, clients, err
	}
	each := func(a, b float64) float64 { return (a - b) / float64(len(seats)) }
	h = held{
		resident:   each(float64(resident), float64(residentBefore)),
		collected:  each(float64(collected), float64(residentBefore)),
		heap:       each(float64(after.Heap), float64(before.Heap)),
		stacks:     each(float64(after.Stacks), float64(before.Stacks)),
		goroutines: each(float64(after.Goroutines), float64(before.Goroutines)),
	}
	return h, clients, b.profileHeld(ctx, p, profile)
}

func (b *bench) profileHeld(ctx context.Context, p *process, name string) error {
	if b.profiles == "" {
		return nil
	}
	for _, kind := range []string{"heap", "goroutine"} {
		if err := p.profile(ctx, kind, "", filepath.Join(b.profiles, name+"."+kind+".pprof")); err != nil {
			return err
		}
	}
	return nil
}

// waitAll opens the connections, from several addresses of the loopback where
// the system has them, since one has too few ports for many thousands.
func waitAll(ctx context.Context, p *process, seats []seat) ([]*client, error) {
	clients := make([]*client, len(seats))
	var g errgroup.Group
	for first := range atOnce {
		g.Go(func() error {
			from := fmt.Sprintf("127.0.0.%d", 2+first)
			if c, err := dial(ctx, p.Address, from); err != nil {
				from = ""
			} else {
				c.close()
			}
			for n := first; n < len(seats); n += atOnce {
				c, err := dial(ctx, p.Address, from)
				if err != nil {
					return err
				}
				clients[n] = c
				r, err := newRequest(p.Address, waitTool, map[string]any{
					"agent_token": seats[n].Token, "cursor": seats[n].Cursor, "wait_seconds": 290,
				})
				if err != nil {
					return err
				}
				if err := c.send(r); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return clients, g.Wait()
}

func closeAll(clients []*client) {
	for _, c := range clients {
		if c != nil {
			c.close()
		}
	}
}

func idleRows(waiters int, parley, empty held) []row {
	line := func(what string, p, e float64, goal string) row {
		return row{
			What: what, Parley: kilobytes(p), Beside: kilobytes(e) + ", empty tool",
			Ratio: ratio(p / e), Goal: goal,
		}
	}
	return []row{
		line(fmt.Sprintf("memory (RSS) for each of %s", counted(waiters, "waiter")), parley.collected, empty.collected,
			goal("at most 1.00", parley.collected <= empty.collected)+goal("; aim "+kilobytes(idleAim), parley.collected <= idleAim)),
		line("of it heap", parley.heap, empty.heap, ""),
		line("of it stacks", parley.stacks, empty.stacks, ""),
		line("memory (RSS) before garbage is collected", parley.resident, empty.resident, ""),
		{
			What: "goroutines for each waiter", Parley: fmt.Sprintf("%.1f", parley.goroutines),
			Beside: fmt.Sprintf("%.1f, empty tool", empty.goroutines), Ratio: ratio(parley.goroutines / empty.goroutines),
		},
	}
}
