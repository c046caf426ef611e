package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// The longest time of 99 of 100 sends to one of many rooms.
const (
	minuteGoal = 30 * time.Millisecond
	minuteAim  = 10 * time.Millisecond
)

// measureMinute measures many rooms of two agents: one waits, and the other says something once
// a minute. Meanwhile a tool that writes a page is called now and then, to tell what the machine
// allows.
func measureMinute(ctx context.Context, b *bench) (rows []row, err error) {
	if err := b.afford(); err != nil {
		return nil, err
	}
	writing, err := b.startPage(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, writing.stop()) }()
	pages, err := libraryTrial(ctx, writing, 1)
	if err != nil {
		return nil, err
	}
	p, err := b.startParley(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	if _, err := p.resident(); errors.Is(err, errUnmeasured) {
		return []row{{What: "many rooms", Parley: notMeasured, Beside: err.Error()}}, nil
	}
	speaking, waiting, err := pairs(ctx, p, b.rooms)
	if err != nil {
		return nil, err
	}
	a, err := connect(ctx, p, waiting)
	defer func() { err = errors.Join(err, a.close()) }()
	if err != nil {
		return nil, err
	}
	if err := a.begin(); err != nil {
		return nil, err
	}
	if _, err := p.settle(ctx, b.settled, 2*b.rooms, time.Now()); err != nil {
		return nil, err
	}
	return b.talk(ctx, p, a, speaking, pages.calls[0])
}

// talk lets the owners of the seats speak, one after the other, and calls page meanwhile.
func (b *bench) talk(ctx context.Context, p *process, a *audience, speaking []seat, page func() error) ([]row, error) {
	gap := time.Minute / time.Duration(b.rooms)
	say, err := saying(ctx, p, speaking)
	if err != nil {
		return nil, err
	}
	busy, err := p.busy()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	var times, pages []float64
	var g errgroup.Group
	g.Go(func() (err error) {
		times, err = onTime(ctx, b.talked, gap, len(say), func(n int) error { return say[n%len(say)](n) })
		return err
	})
	g.Go(func() (err error) {
		pages, err = onTime(ctx, b.talked, b.talked/500, 1, func(int) error { return page() })
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	took := time.Since(began)
	l := traffic{rooms: b.rooms, times: times, pages: pages}
	after, err := p.busy()
	if err != nil {
		return nil, err
	}
	l.cpu = (after - busy).Seconds() / took.Seconds()
	if l.resident, err = p.resident(); err != nil {
		return nil, err
	}
	return l.rows(), a.hears(ctx, len(times))
}

// saying returns the calls of some connections: call k of connection n lets the owner of seat k speak.
func saying(ctx context.Context, p *process, speaking []seat) ([]func(k int) error, error) {
	const connections = 64
	clients, err := dialAll(ctx, p, min(connections, len(speaking)))
	if err != nil {
		return nil, err
	}
	calls := make([]func(int) error, len(clients))
	for i, c := range clients {
		calls[i] = func(k int) error {
			s, err := newSpeaker(c, speaking[k%len(speaking)])
			if err != nil {
				return err
			}
			s.request.next = k // in the next minute it says something else
			return s.say()
		}
	}
	return calls, nil
}

// onTime makes a call at each multiple of gap below d, on so many lanes: call n is made in lane
// n modulo lanes, when the one before it there has its answer. It returns the times from when
// the calls were due to their answers, in nanoseconds.
func onTime(ctx context.Context, d, gap time.Duration, lanes int, call func(n int) error) ([]float64, error) {
	times := make([][]float64, lanes)
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for lane := range lanes {
		g.Go(func() error {
			for n := lane; time.Duration(n)*gap < d; n += lanes {
				due := began.Add(time.Duration(n) * gap)
				if err := errors.Join(pause(ctx, time.Until(due)), call(n)); err != nil {
					return err
				}
				times[lane] = append(times[lane], float64(time.Since(due)))
			}
			return nil
		})
	}
	err := g.Wait()
	return slices.Concat(times...), err
}

// traffic is what many rooms took.
type traffic struct {
	rooms        int
	times, pages []float64 // of sends, and of calls that write a page, in nanoseconds
	cpu          float64   // as a share of one core
	resident     int64     // bytes
}

func (l traffic) rows() []row {
	rooms := fmt.Sprintf("%s of two with a message a minute, ", counted(l.rooms, "room"))
	last := timeRow(rooms+"a send, 99 of 100", 0.99, l.times, l.pages, pageCall)
	p99 := time.Duration(quantile(l.times, 0.99))
	last.Goal = goal("at most "+duration(minuteGoal), p99 <= minuteGoal) +
		goal("; aim "+duration(minuteAim), p99 <= minuteAim)
	return []row{
		timeRow(rooms+"a send, median", 0.5, l.times, l.pages, pageCall),
		last,
		{What: rooms + "memory (RSS)", Parley: megabytes(l.resident),
			Beside: kilobytes(float64(l.resident)/float64(l.rooms)) + " a room"},
		{What: rooms + "CPU", Parley: percent(l.cpu) + " of a core",
			Beside: perSecond(float64(l.rooms)/60) + ", messages"},
	}
}
