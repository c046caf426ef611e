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

// idleAim is the memory per waiter to aim for, in bytes. The goal is at most as
// much as the empty tool takes.
const idleAim = 40_000

// measureIdle measures the memory and the CPU time that clients cost which only
// wait.
func measureIdle(ctx context.Context, b *bench) ([]row, error) {
	waiters, err := b.affordable()
	if err != nil {
		return nil, err
	}
	empty, err := b.idleEmpty(ctx, waiters)
	if errors.Is(err, errUnmeasured) {
		return []row{{What: "memory of each waiter", Parley: notMeasured, Beside: err.Error()}}, nil
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

// affordable returns how many of the plan's waiters the limit on open files
// allows. Each takes one file here and one in the server.
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

// load is what a server spends on its waiters. Everything but cpu is per waiter,
// and in bytes except goroutines.
type load struct {
	collected  float64 // resident memory after a garbage collection
	resident   float64 // resident memory before it
	heap       float64 // after it
	stacks     float64 // after it
	goroutines float64
	cpu        float64 // of all waiters, as a share of one core
}

func (b *bench) idleEmpty(ctx context.Context, waiters int) (l load, err error) {
	p, err := b.startEmpty(ctx)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	seats := make([]seat, waiters)
	for i := range seats {
		seats[i] = seat{Token: strings.Repeat("x", 28), Cursor: "c" + strings.Repeat("x", 13)}
	}
	l, clients, err := b.rest(ctx, p, seats, "empty")
	closeAll(clients)
	return l, err
}

// idleParley lets one of the two agents of each room wait, as in most
// conversations at most moments. If both waited, one of them would get the turn.
func (b *bench) idleParley(ctx context.Context, waiters int) (l load, err error) {
	p, err := b.startParley(ctx)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	seats, err := pairs(ctx, p, waiters)
	if err != nil {
		return l, err
	}
	waiting := make([]seat, waiters)
	for i := range waiting {
		waiting[i] = seats[2*i]
	}
	l, clients, err := b.rest(ctx, p, waiting, "wait")
	defer closeAll(clients)
	if err != nil {
		return l, err
	}
	return l, wakes(ctx, p, seats[1], clients[0])
}

// wakes checks that a wait is a real one: a message of the other agent ends it.
func wakes(ctx context.Context, p *process, speaker seat, waiter *client) error {
	c, err := dial(ctx, p.Address, "")
	if err != nil {
		return err
	}
	defer c.close()
	const text = "the first message"
	if _, err := c.ask(sendTool, map[string]any{"agent_token": speaker.Token, "text": text}); err != nil {
		return err
	}
	got, err := waiter.receive()
	if err == nil && !strings.Contains(string(got), text) {
		err = fmt.Errorf("the answer of an idle waiter lacks the message: %s", got)
	}
	return err
}

// rest lets every seat wait on a connection of its own, and measures what the
// server spends on them.
func (b *bench) rest(ctx context.Context, p *process, seats []seat, profile string) (l load, clients []*client,
	err error) {
	before, err := p.collected(ctx)
	if err != nil {
		return l, nil, err
	}
	residentBefore, err := p.resident()
	if err != nil {
		return l, nil, err
	}
	if clients, err = waitAll(ctx, p, seats); err != nil {
		return l, clients, err
	}
	// A connection with a call in progress has at least two goroutines.
	if err := p.settle(ctx, b.settled, before.Goroutines+2*len(seats)); err != nil {
		return l, clients, err
	}
	resident, err := p.resident()
	if err != nil {
		return l, clients, err
	}
	after, err := p.collected(ctx)
	if err != nil {
		return l, clients, err
	}
	collected, err := p.resident()
	if err != nil {
		return l, clients, err
	}
	each := func(a, b float64) float64 { return (a - b) / float64(len(seats)) }
	l = load{
		resident:   each(float64(resident), float64(residentBefore)),
		collected:  each(float64(collected), float64(residentBefore)),
		heap:       each(float64(after.Heap), float64(before.Heap)),
		stacks:     each(float64(after.Stacks), float64(before.Stacks)),
		goroutines: each(float64(after.Goroutines), float64(before.Goroutines)),
	}
	if err := b.profileRest(ctx, p, profile); err != nil {
		return l, clients, err
	}
	l.cpu, err = p.busyFor(ctx, b.watched)
	return l, clients, err
}

func (b *bench) profileRest(ctx context.Context, p *process, name string) error {
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

// waitAll begins the waits. It connects from several addresses of the loopback if
// it can, since one address has too few ports for many thousands of connections.
func waitAll(ctx context.Context, p *process, seats []seat) ([]*client, error) {
	clients := make([]*client, len(seats))
	var g errgroup.Group
	for first := range joiners {
		g.Go(func() (err error) {
			from := fmt.Sprintf("127.0.0.%d", 2+first)
			if c, err := dial(ctx, p.Address, from); err != nil {
				from = ""
			} else {
				c.close()
			}
			for n := first; n < len(seats); n += joiners {
				if clients[n], err = beginWait(ctx, p, seats[n], from); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return clients, g.Wait()
}

// beginWait opens a connection from the given address and sends a wait on it.
func beginWait(ctx context.Context, p *process, s seat, from string) (*client, error) {
	c, err := dial(ctx, p.Address, from)
	if err != nil {
		return nil, err
	}
	r, err := newRequest(p.Address, waitTool, map[string]any{
		"agent_token": s.Token, "cursor": s.Cursor, "wait_seconds": 290,
	})
	if err != nil {
		return c, err
	}
	return c, c.send(r)
}

func closeAll(clients []*client) {
	for _, c := range clients {
		if c != nil {
			c.close()
		}
	}
}

func idleRows(waiters int, parley, empty load) []row {
	bytes := func(what string, p, e float64, goal string) row {
		return row{
			What: what, Parley: kilobytes(p), Beside: kilobytes(e) + ", empty tool",
			Ratio: ratio(p / e), Goal: goal,
		}
	}
	memory := goal("at most 1.00", parley.collected <= empty.collected) + goal("; aim "+kilobytes(idleAim),
		parley.collected <= idleAim)
	return []row{
		bytes(fmt.Sprintf("memory (RSS) of each of %s", counted(waiters, "waiter")), parley.collected, empty.collected,
			memory),
		bytes("heap of each waiter", parley.heap, empty.heap, ""),
		bytes("stacks of each waiter", parley.stacks, empty.stacks, ""),
		bytes("memory (RSS) of each waiter before garbage is collected", parley.resident, empty.resident, ""),
		{
			What: "goroutines of each waiter", Parley: fmt.Sprintf("%.1f", parley.goroutines),
			Beside: fmt.Sprintf("%.1f, empty tool", empty.goroutines),
			Ratio:  ratio(parley.goroutines / empty.goroutines),
		},
		{
			What: fmt.Sprintf("CPU of %s", counted(waiters, "waiter")), Parley: percent(parley.cpu) + " of a core",
			Beside: percent(empty.cpu) + ", empty tool",
		},
	}
}
