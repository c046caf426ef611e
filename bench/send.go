package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// sendClients is the number of clients of the row that has a goal.
	sendClients = 16
	// sendGoal is the least share of the empty tool's rate.
	sendGoal = 0.5
	// historyGoal is how far the CPU time of a send in a room with a long history
	// may be from that in a new room, as a share.
	historyGoal = 0.1
)

// sending is a number of clients that send messages to a number of rooms.
type sending struct {
	clients int
	rooms   int
	trial   *trial
	empty   *trial // the empty tool with as many clients
}

// measureSend compares sending messages with calls of the empty tool.
func measureSend(ctx context.Context, b *bench) (rows []row, err error) {
	empty, parley, stop, err := b.startBoth(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()

	all, trials, err := sendings(ctx, empty, parley)
	if err != nil {
		return nil, err
	}
	disk, closeDisk, err := diskTrial(empty, b.dir)
	if err != nil {
		return nil, err
	}
	defer closeDisk()
	if err := b.takeTurns(ctx, append(trials, disk)...); err != nil {
		return nil, err
	}
	for _, s := range all {
		rows = append(rows, s.rateRow())
	}
	one, busy := all[0], all[1]
	rows = append(rows, diskRow(one, disk))
	rows = append(rows, busy.timeRows()...)
	rows = append(rows, busy.cpuRows()...)
	rows = append(rows, fsyncRow(busy, one))
	more, err := b.measureHistory(ctx, parley, busy.trial)
	if err != nil {
		return nil, err
	}
	return append(rows, more...), errors.Join(b.profile(ctx, busy.trial, "send"), b.profile(ctx, busy.empty, "empty"))
}

// sendings returns the sendings, and their trials in the order of their turns:
// each trial of the empty tool comes before those that are compared with it.
func sendings(ctx context.Context, empty, parley *process) (all []*sending, trials []*trial, err error) {
	var last *trial
	for _, s := range []*sending{
		{clients: 1, rooms: 1},
		{clients: sendClients, rooms: 1}, {clients: sendClients, rooms: sendClients},
		{clients: 64, rooms: 1}, {clients: 64, rooms: 64},
	} {
		if last == nil || len(last.calls) != s.clients {
			if last, err = emptyTrial(ctx, empty, s.clients); err != nil {
				return nil, nil, err
			}
			trials = append(trials, last)
		}
		s.empty = last
		if s.trial, err = sendTrial(ctx, parley, fmt.Sprintf("%d in %d", s.clients, s.rooms), s.clients, s.rooms); err != nil {
			return nil, nil, err
		}
		all, trials = append(all, s), append(trials, s.trial)
	}
	return all, trials, nil
}

// emptyTrial returns the load of sendTrial for the empty tool.
func emptyTrial(ctx context.Context, p *process, clients int) (*trial, error) {
	t := &trial{process: p}
	for range clients {
		c, err := dial(ctx, p.Address, "")
		if err != nil {
			return nil, err
		}
		call, err := sendCall(c, strings.Repeat("x", 28))
		if err != nil {
			return nil, err
		}
		t.calls = append(t.calls, call)
	}
	return t, nil
}

// sendTrial seats the clients in new rooms, one room after the other, and lets
// them send.
func sendTrial(ctx context.Context, p *process, name string, clients, rooms int) (*trial, error) {
	t := &trial{process: p}
	for i := range clients {
		c, err := dial(ctx, p.Address, "")
		if err != nil {
			return nil, err
		}
		got, err := c.ask("join_room", map[string]any{
			"room": fmt.Sprintf("%s no %d", name, i%rooms), "agent_name": fmt.Sprint("agent ", i), "capacity": max(2, clients),
		})
		if err != nil {
			return nil, err
		}
		call, err := sendCall(c, got.AgentToken)
		if err != nil {
			return nil, err
		}
		t.calls = append(t.calls, call)
	}
	return t, nil
}

// sendCall returns a call that sends a new message each time, in a body of about
// 200 bytes.
func sendCall(c *client, token string) (func() error, error) {
	r, err := newRequest(c.conn.RemoteAddr().String(), sendTool, map[string]any{
		"agent_token": token, "text": "message " + counter + " of somebody who has something to say to all",
	})
	return repeat(c, r), err
}

// diskTrial loads the disk of dir with a single writer, while p is idle.
func diskTrial(p *process, dir string) (t *trial, end func(), err error) {
	write, file, err := pageWriter(filepath.Join(dir, "disk"))
	if err != nil {
		return nil, nil, err
	}
	return &trial{process: p, calls: []func() error{write}}, func() { _ = file.Close() }, nil
}

// measureHistory compares sending in the room of long, once it has a long history,
// with as many clients in a new room, a new one for each round.
func (b *bench) measureHistory(ctx context.Context, parley *process, long *trial) ([]row, error) {
	if long.busy == 0 {
		return nil, nil
	}
	fill := &trial{process: parley, calls: long.calls}
	for len(long.times)+len(fill.times) < b.history {
		if err := fill.slice(ctx, b.slice); err != nil {
			return nil, err
		}
	}
	after, fresh := &trial{process: parley, calls: long.calls}, &trial{process: parley}
	turns := []*trial{fresh, after}
	for n := range 2 * b.rounds {
		t, err := sendTrial(ctx, parley, fmt.Sprint("new ", n), len(long.calls), 1)
		if err != nil {
			return nil, err
		}
		fresh.calls = t.calls
		if err := b.warmUp(ctx, fresh); err != nil {
			return nil, err
		}
		for _, t := range turns {
			if err := t.slice(ctx, b.slice); err != nil {
				return nil, err
			}
		}
		slices.Reverse(turns) // the first may profit from the warm-up
	}
	return []row{b.historyRow(after, fresh)}, nil
}

func (b *bench) historyRow(after, fresh *trial) row {
	r := float64(after.perCall()) / float64(fresh.perCall())
	return row{
		What:   fmt.Sprintf("CPU of a send, in a room of %s messages", grouped(int64(b.history))),
		Parley: duration(after.perCall()),
		Beside: duration(fresh.perCall()) + ", in a new room",
		Ratio:  ratio(r),
		Goal:   goal(fmt.Sprintf("%s to %s", ratio(1-historyGoal), ratio(1+historyGoal)), math.Abs(r-1) <= historyGoal),
	}
}

// String describes the sending in the first column of its rows.
func (s *sending) String() string {
	where := "one room"
	if s.rooms > 1 {
		where = fmt.Sprintf("%d rooms", s.rooms)
	}
	return fmt.Sprintf("%s in %s", counted(s.clients, "client"), where)
}

func (s *sending) rateRow() row {
	r := row{
		What:   "send, " + s.String(),
		Parley: perSecond(s.trial.rate()),
		Beside: perSecond(s.empty.rate()) + ", empty tool",
		Ratio:  ratio(s.trial.against(s.empty)),
	}
	if s.clients == sendClients {
		r.Goal = goal("at least "+ratio(sendGoal), s.trial.against(s.empty) >= sendGoal)
	}
	return r
}

func (s *sending) timeRows() []row {
	line := func(what string, q float64) row {
		t, e := quantile(s.trial.times, q), quantile(s.empty.times, q)
		return row{
			What:   "time of a send, " + s.String() + ", " + what,
			Parley: duration(time.Duration(t)),
			Beside: duration(time.Duration(e)) + ", empty tool",
			Ratio:  ratio(t / e),
		}
	}
	return []row{line("median", 0.5), line("99 of 100", 0.99)}
}

// cpuRows returns no row if the CPU time is unknown.
func (s *sending) cpuRows() []row {
	if s.trial.busy == 0 || s.empty.busy == 0 {
		return nil
	}
	return []row{{
		What:   "CPU of a send, " + s.String(),
		Parley: duration(s.trial.perCall()),
		Beside: duration(s.empty.perCall()) + ", empty tool",
		Ratio:  ratio(float64(s.trial.perCall()) / float64(s.empty.perCall())),
	}}
}

// fsyncRow shows how many messages share an fsync when many clients send.
func fsyncRow(busy, one *sending) row {
	return row{
		What:   "fsyncs of a send, " + busy.String(),
		Parley: fmt.Sprintf("%.2f", busy.fsyncs()),
		Beside: fmt.Sprintf("%.2f, 1 client", one.fsyncs()),
		Ratio:  ratio(busy.fsyncs() / one.fsyncs()),
	}
}

// fsyncs returns the number of fsyncs per message. Each transaction takes two.
func (s *sending) fsyncs() float64 {
	return 2 * float64(s.trial.commits) / float64(max(1, len(s.trial.times)))
}

// diskRow shows how far one client is from what the disk allows.
func diskRow(one *sending, disk *trial) row {
	return row{
		What:   "send, " + one.String() + ", and the disk",
		Parley: perSecond(one.trial.rate()),
		Beside: perSecond(disk.rate()) + ", a page and its fsync",
		Ratio:  ratio(one.trial.against(disk)),
	}
}
