package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// sendClients is the number of clients of the rows that say more than the rate.
const sendClients = 16

// The least shares of the empty tool's rate, and the share to aim for. The more
// clients there are, the more of them share an fsync.
const (
	sendGoal     = 0.55 // with 16 clients
	sendAim      = 0.65 // with 16 clients
	sendManyGoal = 0.7  // with 64 clients
)

// diskGoal is the least share of the rate of a writer who has the disk to itself.
const diskGoal = 0.5

// sending is a number of clients that send messages to a number of rooms.
type sending struct {
	clients int
	rooms   int
	goal    float64 // 0 means none
	aim     float64 // 0 means none
	trial   *trial
	empty   *trial // the empty tool with as many clients
}

// measureSend compares sending messages with calls of the empty tool, and sending
// them to a room that has many with sending them to a new one.
func measureSend(ctx context.Context, b *bench) ([]row, error) {
	rows, err := measureRates(ctx, b)
	if err != nil {
		return nil, err
	}
	more, err := measureHistory(ctx, b)
	return append(rows, more...), err
}

// measureRates compares sending messages with calls of the empty tool.
func measureRates(ctx context.Context, b *bench) (rows []row, err error) {
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
	return rows, errors.Join(b.profile(ctx, busy.trial, "send"), b.profile(ctx, busy.empty, "empty"))
}

// sendings returns the sendings, and their trials in the order of their turns:
// each trial of the empty tool comes before those that are compared with it.
func sendings(ctx context.Context, empty, parley *process) (all []*sending, trials []*trial, err error) {
	var last *trial
	for _, s := range []*sending{
		{clients: 1, rooms: 1},
		{clients: sendClients, rooms: 1, goal: sendGoal, aim: sendAim},
		{clients: sendClients, rooms: sendClients, goal: sendGoal, aim: sendAim},
		{clients: 64, rooms: 1, goal: sendManyGoal},
		{clients: 64, rooms: 64, goal: sendManyGoal},
	} {
		if last == nil || len(last.calls) != s.clients {
			if last, err = emptyTrial(ctx, empty, s.clients); err != nil {
				return nil, nil, err
			}
			trials = append(trials, last)
		}
		s.empty = last
		if s.trial, err = sendTrial(ctx, parley, fmt.Sprintf("%d in %d", s.clients, s.rooms), s.clients,
			s.rooms); err != nil {
			return nil, nil, err
		}
		all, trials = append(all, s), append(trials, s.trial)
	}
	return all, trials, nil
}

// emptyTrial returns the load of sendTrial for the empty tool.
func emptyTrial(ctx context.Context, p *process, clients int) (*trial, error) {
	all, err := dialAll(ctx, p, clients)
	if err != nil {
		return nil, err
	}
	calls, err := sendCalls(all, slices.Repeat([]string{strings.Repeat("x", 28)}, clients))
	return &trial{process: p, calls: calls}, err
}

// sendTrial seats the clients in new rooms, one room after the other, and lets
// them send.
func sendTrial(ctx context.Context, p *process, name string, clients, rooms int) (*trial, error) {
	all, err := dialAll(ctx, p, clients)
	if err != nil {
		return nil, err
	}
	tokens, err := joinAll(all[0], name, clients, rooms)
	if err != nil {
		return nil, err
	}
	calls, err := sendCalls(all, tokens)
	return &trial{process: p, calls: calls}, err
}

func dialAll(ctx context.Context, p *process, clients int) ([]*client, error) {
	all := make([]*client, clients)
	for i := range all {
		c, err := dial(ctx, p.Address, "")
		if err != nil {
			return nil, err
		}
		all[i] = c
	}
	return all, nil
}

// joinAll seats agents in new rooms, one room after the other, and returns their
// tokens.
func joinAll(c *client, name string, agents, rooms int) ([]string, error) {
	tokens := make([]string, agents)
	for i := range tokens {
		got, err := c.ask("join_room", map[string]any{
			"room": roomName(name, i%rooms), "agent_name": fmt.Sprint("agent ", i), "capacity": max(2, agents),
		})
		if err != nil {
			return nil, err
		}
		tokens[i] = got.AgentToken
	}
	return tokens, nil
}

func roomName(name string, n int) string { return fmt.Sprintf("%s no %d", name, n) }

// sendCalls returns one sendCall for each client, with the token at the same place.
func sendCalls(clients []*client, tokens []string) ([]func() error, error) {
	calls := make([]func() error, len(clients))
	for i, c := range clients {
		var err error
		if calls[i], err = sendCall(c, tokens[i]); err != nil {
			return nil, err
		}
	}
	return calls, nil
}

// sendCall returns a call that sends a new message each time, in a body of about
// 200 bytes.
func sendCall(c *client, token string) (func() error, error) {
	r, err := newRequest(c.conn.RemoteAddr().String(), sendTool, map[string]any{
		"agent_token": token, "text": messageText(counter),
	})
	return repeat(c, r), err
}

func messageText(number string) string {
	return "message " + number + " of somebody who has something to say to all"
}

// diskTrial loads the disk of dir with a single writer, while p is idle.
func diskTrial(p *process, dir string) (t *trial, end func(), err error) {
	write, file, err := pageWriter(filepath.Join(dir, "disk"))
	if err != nil {
		return nil, nil, err
	}
	return &trial{process: p, calls: []func() error{write}}, func() { _ = file.Close() }, nil
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
	share := s.trial.against(s.empty)
	r := row{
		What:   "send, " + s.String(),
		Parley: perSecond(s.trial.rate()),
		Beside: perSecond(s.empty.rate()) + ", empty tool",
		Ratio:  ratio(share),
	}
	if s.goal > 0 {
		r.Goal = atLeast(s.goal, share)
	}
	if s.aim > 0 {
		r.Goal += goal("; aim "+ratio(s.aim), share >= s.aim)
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

// fsyncs returns the number of fsyncs per message. Each transaction takes one.
func (s *sending) fsyncs() float64 {
	return float64(s.trial.commits) / float64(max(1, len(s.trial.times)))
}

// diskRow shows how far one client is from what the disk allows.
func diskRow(one *sending, disk *trial) row {
	share := one.trial.against(disk)
	return row{
		What:   "send, " + one.String() + ", and the disk",
		Parley: perSecond(one.trial.rate()),
		Beside: perSecond(disk.rate()) + ", a page and its fsync",
		Ratio:  ratio(share),
		Goal:   atLeast(diskGoal, share),
	}
}
