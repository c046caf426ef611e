package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/table"
)

// crowd are agents who all speak at once in one room, on one table of DynamoDB.
type crowd struct {
	senders   int
	processes int // among which they are divided: each knows only what the table tells it
}

// busy counts what a message costs in a room where many speak at once. Only one
// writer wins each number of the log, so writes are paid for that fail.
func (b *bench) busy(ctx context.Context) ([]row, error) {
	return b.onEngine(ctx, "busy room on DynamoDB", func(ctx context.Context, e engine) (rows []row, err error) {
		lone, err := e.speak(ctx, crowd{1, 1}, b.said)
		if err != nil {
			return nil, err
		}
		for _, c := range []crowd{{16, 1}, {10, 10}, {b.crowd, b.crowd}} {
			paid, err := e.speak(ctx, c, max(1, b.said/c.senders))
			if err != nil {
				return nil, err
			}
			rows = append(rows, row{
				What:   "DynamoDB: busy room, " + c.String(),
				Parley: fmt.Sprintf("%.1f write units a message", paid),
				Beside: fmt.Sprintf("%.1f, one sender", lone),
				Ratio:  ratio(paid / lone),
			})
		}
		return rows, nil
	})
}

func (c crowd) String() string {
	if c.processes == 1 {
		return counted(c.senders, "sender") + " in one process"
	}
	return counted(c.senders, "sender") + ", each in a service of its own"
}

// speak has each sender of a new room say so many messages, one after the other,
// and returns the write units paid for each that was said.
func (e engine) speak(ctx context.Context, c crowd, each int) (float64, error) {
	till := &till{Table: e.open(nil)}
	services := make([]*chat.Service, c.processes)
	for i := range services {
		services[i] = chat.New(till, chat.Options{Logger: slog.New(slog.DiscardHandler)})
	}
	room := fmt.Sprintf("%d in %d", c.senders, c.processes)
	tokens := make([]string, c.senders)
	for i := range tokens {
		service := services[i%c.processes]
		got, err := service.JoinRoom(ctx, chat.JoinRequest{Room: room, AgentName: fmt.Sprint("agent ", i), Capacity: max(2, c.senders)})
		if err != nil {
			return 0, err
		}
		tokens[i] = got.Token
		// An agent's presence is written with its first word, and not with the next.
		if _, err := service.Send(ctx, chat.SendRequest{Token: got.Token, Text: "I am here"}); err != nil {
			return 0, err
		}
	}
	before := till.units.Load()
	var g errgroup.Group
	for i, token := range tokens {
		g.Go(func() error { return talk(ctx, services[i%c.processes], token, each) })
	}
	err := g.Wait()
	return float64(till.units.Load()-before) / float64(each*c.senders), err
}

// talk says so many messages, each again as long as the room is too busy to take
// it.
func talk(ctx context.Context, s *chat.Service, token string, messages int) error {
	for n := range messages {
		text := fmt.Sprint("message ", n, strings.Repeat(" of somebody who has something to say", 2))
		for {
			_, err := s.Send(ctx, chat.SendRequest{Token: token, Text: text})
			if err == nil {
				break
			}
			if fault.CodeOf(err) != fault.Unavailable {
				return err
			}
		}
	}
	return nil
}

// till adds up what writes cost as the service bills them, whether their
// conditions hold or not: a unit for each KiB begun of an item, and twice that in
// a transaction. All of its items here are smaller.
type till struct {
	table.Table
	units atomic.Int64
}

// Write is table.Table's.
func (t *till) Write(ctx context.Context, ops ...table.Op) error {
	units := len(ops)
	if units > 1 {
		units *= 2
	}
	t.units.Add(int64(units))
	return t.Table.Write(ctx, ops...)
}
