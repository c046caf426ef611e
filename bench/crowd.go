package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	crowdSize = 10 // agents in one room, each at a process of its own
	crowdEach = 40 // times they all speak at once
)

// measureCrowd lets many agents speak at once in one room, each at a process of its own.
func measureCrowd(ctx context.Context, b *bench) ([]row, error) {
	return b.onEngine(ctx, "many who speak at once", speakAtOnce)
}

func speakAtOnce(ctx context.Context, e engine) ([]row, error) {
	l := &ledger{}
	calls := make([]func() error, crowdSize)
	for i := range calls {
		c, err := e.serve(ctx, l)
		if err != nil {
			return nil, err
		}
		defer c.close()
		got, err := c.ask(joinTool, args{"room": "crowd", "agent_name": fmt.Sprint("agent ", i),
			"capacity": crowdSize})
		if err != nil {
			return nil, err
		}
		if calls[i], err = sendCall(c, got.AgentToken); err != nil {
			return nil, err
		}
	}
	if err := eachOnce(calls); err != nil { // which stores that the agents were here
		return nil, err
	}
	l.take()
	began := time.Now()
	times := make([][]float64, len(calls))
	for range crowdEach {
		var g errgroup.Group
		for i, call := range calls {
			g.Go(func() error {
				began := time.Now()
				err := call()
				times[i] = append(times[i], float64(time.Since(began)))
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
	}
	return crowdRows(l.take(), slices.Concat(times...), time.Since(began)), nil
}

// crowdRows returns the rows of calls that took these times, and took so long together.
func crowdRows(b bill, times []float64, took time.Duration) []row {
	what := fmt.Sprintf("DynamoDB: %d agents at %d processes speak at once in a room, ", crowdSize, crowdSize)
	n := float64(len(times))
	return []row{
		{
			What: what + "a message", Parley: fmt.Sprintf("%.1f writes, %.1f reads", float64(b.writes)/n,
				float64(b.reads)/n),
			Beside: fmt.Sprintf("%.1f read and %.1f write units", b.read/n, b.write/n),
		},
		{
			What: what + "99 of 100", Parley: duration(time.Duration(quantile(times, 0.99))),
			Beside: duration(time.Duration(median(times))) + ", median",
		},
		{What: what + "rate", Parley: perSecond(n / took.Seconds()), Beside: duration(took) + " in all"},
	}
}
