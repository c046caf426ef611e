package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/testkit/report"
)

// The most memory of a waiter in bytes.
const (
	oneGoal, oneAim   = 38_000, 32_000 // where one of a room waits, after a garbage collection
	bothGoal, bothAim = 55_000, 45_000 // where both wait, with none forced
)

// measureIdle measures what agents cost that only wait: to begin, in memory, and in CPU time.
func measureIdle(ctx context.Context, b *bench) ([]row, error) {
	if err := b.afford(); err != nil {
		return nil, err
	}
	empty, err := b.idleEmpty(ctx)
	if errors.Is(err, errUnmeasured) {
		return []row{{What: "memory of each waiter", Parley: notMeasured, Beside: err.Error()}}, nil
	}
	if err != nil {
		return nil, err
	}
	one, err := b.idleOne(ctx)
	if err != nil {
		return nil, err
	}
	both, err := b.idleBoth(ctx)
	if err != nil {
		return nil, err
	}
	return idleRows(b.waiters, one, both, empty), nil
}

// afford reduces the waiters of the plan to what the limit on open files allows.
// Each takes one file here and one in the server.
func (b *bench) afford() error {
	const others = 300
	text, err := os.ReadFile("/proc/self/limits")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(string(text), "Max open files")
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return nil
	}
	hard, err := strconv.Atoi(fields[1]) // the Go runtime has raised the soft limit to it
	if err != nil {
		return nil // unlimited
	}
	if most := hard - others; most < b.waiters {
		fmt.Fprintf(b.progress, "(only %d connections: the limit on open files is %d) ", most, hard)
		b.waiters = most
	}
	return nil
}

// load is what a server spends on its waiters. The memory is in bytes per waiter.
type load struct {
	began      time.Duration // from the first call until all waited
	beginning  time.Duration // CPU time of that, per waiter
	commits    int64         // of that
	warnings   int64         // of that
	collected  float64       // resident memory after a garbage collection
	resident   float64       // resident memory before it
	heap       float64       // after it
	stacks     float64       // after it
	goroutines float64       // per waiter
	cpu        float64       // of all waiters, as a share of one core
}

func (b *bench) idleEmpty(ctx context.Context) (l load, err error) {
	p, err := b.startEmpty(ctx)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	seats := make([]seat, b.waiters)
	for i := range seats {
		seats[i] = seat{Token: strings.Repeat("x", 28), Cursor: anyCursor}
	}
	l, a, err := b.rest(ctx, p, seats, "empty")
	return l, errors.Join(err, a.close())
}

// idleOne lets one of the two agents of each room wait, as in most conversations at most
// moments.
func (b *bench) idleOne(ctx context.Context) (l load, err error) {
	p, err := b.startParley(ctx)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	busy, idle, err := pairs(ctx, p, b.waiters)
	if err != nil {
		return l, err
	}
	l, a, err := b.rest(ctx, p, idle, "one")
	defer func() { err = errors.Join(err, a.close()) }()
	if err != nil {
		return l, err
	}
	l.cpu, err = p.busyFor(ctx, b.watched)
	if err != nil {
		return l, err
	}
	return l, a.wakes(ctx, p, busy[0])
}

// idleBoth lets both agents of each room wait. The server gives the turn to one of them, which
// has nothing to say and waits again.
func (b *bench) idleBoth(ctx context.Context) (l load, err error) {
	p, err := b.startParley(ctx)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	first, second, err := pairs(ctx, p, b.waiters/2)
	if err != nil {
		return l, err
	}
	l, a, err := b.rest(ctx, p, append(first, second...), "both")
	return l, errors.Join(err, a.close())
}

// wakes checks that the waits are real ones: a message of an agent ends that of the other.
func (a *audience) wakes(ctx context.Context, p *process, speaker seat) error {
	c, err := dial(ctx, p.Address, "")
	if err != nil {
		return err
	}
	defer c.close()
	s, err := newSpeaker(c, speaker)
	if err != nil {
		return err
	}
	return errors.Join(s.say(), a.hears(ctx, 1))
}

// rest lets every seat wait on a connection of its own, and measures what the server spends on
// that. The caller must close the audience, also after an error.
func (b *bench) rest(ctx context.Context, p *process, seats []seat, profile string) (l load, a *audience, err error) {
	a = &audience{}
	// Goroutines of the connections that made the rooms may still be ending.
	if _, err := p.settle(ctx, b.settled, 0, time.Now()); err != nil {
		return l, a, err
	}
	before, err := p.collected(ctx)
	if err != nil {
		return l, a, err
	}
	residentBefore, err := p.resident()
	if err != nil {
		return l, a, err
	}
	a, err = connect(ctx, p, seats)
	if err != nil {
		return l, a, err
	}
	if err := b.beginning(ctx, p, a, before, &l); err != nil {
		return l, a, err
	}
	resident, err := p.resident()
	if err != nil {
		return l, a, err
	}
	after, err := p.collected(ctx)
	if err != nil {
		return l, a, err
	}
	collected, err := p.resident()
	if err != nil {
		return l, a, err
	}
	each := func(a, b float64) float64 { return (a - b) / float64(len(seats)) }
	l.resident = each(float64(resident), float64(residentBefore))
	l.collected = each(float64(collected), float64(residentBefore))
	l.heap = each(float64(after.Heap), float64(before.Heap))
	l.stacks = each(float64(after.Stacks), float64(before.Stacks))
	l.goroutines = each(float64(after.Goroutines), float64(before.Goroutines))
	return l, a, b.profileRest(ctx, p, profile)
}

// beginning lets the audience begin to wait all at once, and measures what that takes.
func (b *bench) beginning(ctx context.Context, p *process, a *audience, before figures, l *load) error {
	busyBefore, err := p.busy()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := a.begin(); err != nil {
		return err
	}
	// A connection with a call in progress has at least two goroutines.
	l.began, err = p.settle(ctx, b.settled, before.Goroutines+2*len(a.waiters), began)
	if err != nil {
		return err
	}
	busy, err := p.busy()
	if err != nil {
		return err
	}
	now, err := p.figures(ctx)
	l.beginning = (busy - busyBefore) / time.Duration(len(a.waiters))
	l.commits, l.warnings = now.Commits-before.Commits, now.Warnings-before.Warnings
	return err
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

func idleRows(waiters int, one, both, empty load) []row {
	return slices.Concat(memoryRows(waiters, one, both, empty), beginRows(waiters, one, both, empty))
}

func memoryRows(waiters int, one, both, empty load) []row {
	line := func(what, who string, n, e float64) row {
		return row{What: what + " of a waiter, " + who, Parley: kilobytes(n), Beside: kilobytes(e) + ", empty tool",
			Ratio: ratio(n / e)}
	}
	most := func(r row, n, most, aim float64) row {
		r.Goal = goal("at most "+kilobytes(most), n <= most) + goal("; aim "+kilobytes(aim), n <= aim)
		return r
	}
	const memory, uncollected = "memory (RSS)", "memory (RSS), no collection forced,"
	ofOne := fmt.Sprintf("one of a room, %s in all", report.Grouped(int64(waiters)))
	ofBoth := fmt.Sprintf("both of a room, %s in all", report.Grouped(int64(waiters)))
	return []row{
		most(line(memory, ofOne, one.collected, empty.collected), one.collected, oneGoal, oneAim),
		line(uncollected, ofOne, one.resident, empty.resident),
		line("heap", ofOne, one.heap, empty.heap),
		line("stacks", ofOne, one.stacks, empty.stacks),
		{
			What: "goroutines of a waiter, " + ofOne, Parley: fmt.Sprintf("%.1f", one.goroutines),
			Beside: fmt.Sprintf("%.1f, empty tool", empty.goroutines), Ratio: ratio(one.goroutines / empty.goroutines),
		},
		{What: "CPU of all waiters, " + ofOne, Parley: percent(one.cpu) + " of a core",
			Beside: "a sign of life every 15 s", OnPage: true},
		line(memory, ofBoth, both.collected, empty.collected),
		most(line(uncollected, ofBoth, both.resident, empty.resident), both.resident, bothGoal, bothAim),
	}
}

func beginRows(waiters int, one, both, empty load) []row {
	line := func(what string, d, e time.Duration) row {
		return row{What: what, Parley: duration(d), Beside: duration(e) + ", empty tool",
			Ratio: ratio(float64(d) / float64(e))}
	}
	begin := report.Grouped(int64(waiters)) + " begin to wait at once, "
	warnings := one.warnings + both.warnings
	return []row{
		line(begin+"until all do", one.began, empty.began),
		line(begin+"CPU of each", one.beginning, empty.beginning),
		{What: begin + "commits", Parley: report.Grouped(one.commits), Beside: "in all"},
		{What: begin + "warnings", Parley: report.Grouped(warnings), Beside: "with one and with both of a room",
			Goal: goal("none", warnings == 0)},
	}
}
