package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// sendGoal is the share of the empty tool's rate that sending is to reach, with
// sendClients at once and every message on disk.
const (
	sendGoal    = 0.5
	sendClients = 16
)

// sending is one row of this part.
type sending struct {
	clients int
	rooms   int
	trial   *trial
	beside  *trial // the empty tool with as many clients
}

// send measures messages said against calls of the empty tool.
func (b *bench) send(ctx context.Context) (rows []row, err error) {
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
	if err := b.profileSending(ctx, all); err != nil {
		return nil, err
	}
	for _, s := range all {
		rows = append(rows, s.row())
	}
	return append(rows, costOfSending(all, disk)...), nil
}

// diskTrial loads the disk under dir as nothing but one writer who waits for it
// can, while p has nothing to do.
func diskTrial(p *process, dir string) (t *trial, end func(), err error) {
	write, file, err := pageWriter(filepath.Join(dir, "disk"))
	if err != nil {
		return nil, nil, err
	}
	return &trial{process: p, calls: []func() error{write}}, func() { _ = file.Close() }, nil
}

// sendings makes the rows ready, and puts their trials in the order in which
// they take turns: the empty tool before those that are compared with it.
func sendings(ctx context.Context, empty, parley *process) (all []*sending, trials []*trial, err error) {
	var beside *trial
	for _, s := range []*sending{
		{clients: 1, rooms: 1},
		{clients: sendClients, rooms: 1}, {clients: sendClients, rooms: sendClients},
		{clients: 64, rooms: 1}, {clients: 64, rooms: 64},
	} {
		if beside == nil || len(beside.calls) != s.clients {
			if beside, err = emptyTrial(ctx, empty, s.clients); err != nil {
				return nil, nil, err
			}
			trials = append(trials, beside)
		}
		s.beside = beside
		if s.trial, err = sendTrial(ctx, parley, s.clients, s.rooms); err != nil {
			return nil, nil, err
		}
		all, trials = append(all, s), append(trials, s.trial)
	}
	return all, trials, nil
}

// emptyTrial calls the empty tool as sendTrial does the full one.
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

// sendTrial seats the clients in so many new rooms, in turn, and has them speak.
func sendTrial(ctx context.Context, p *process, clients, rooms int) (*trial, error) {
	t := &trial{process: p}
	for i := range clients {
		c, err := dial(ctx, p.Address, "")
		if err != nil {
			return nil, err
		}
		got, err := c.ask("join_room", map[string]any{
			"room": fmt.Sprintf("%d in %d no %d", clients, rooms, i%rooms), "agent_name": fmt.Sprint("agent ", i), "capacity": max(2, clients),
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

// sendCall says something new at each call, in a body of 230 bytes.
func sendCall(c *client, token string) (func() error, error) {
	r, err := newRequest(c.conn.RemoteAddr().String(), sendTool, map[string]any{
		"agent_token": token, "text": "message " + counter + " of somebody who has something to say to all",
	})
	return repeat(c, r), err
}

func (s *sending) row() row {
	where := "one room"
	if s.rooms > 1 {
		where = fmt.Sprintf("%d rooms", s.rooms)
	}
	r := row{
		What:   fmt.Sprintf("send, %s in %s", counted(s.clients, "client"), where),
		Parley: perSecond(s.trial.rate()),
		Beside: perSecond(s.beside.rate()) + ", empty tool",
		Ratio:  ratio(s.trial.against(s.beside)),
	}
	if s.clients == sendClients {
		r.Goal = goal("at least "+ratio(sendGoal), s.trial.against(s.beside) >= sendGoal)
	}
	return r
}

// costOfSending shows what a message costs the machine beside time, and what the
// disk alone allows.
func costOfSending(all []*sending, disk *trial) []row {
	var rows []row
	one := all[0]
	for _, s := range all {
		if s.clients == sendClients && s.rooms == 1 {
			rows = append(rows, s.cpuRow()...)
			rows = append(rows, row{
				What:   fmt.Sprintf("fsyncs of a send, %d clients in one room", s.clients),
				Parley: fmt.Sprintf("%.2f", s.fsyncs()),
				Beside: fmt.Sprintf("%.2f, 1 client", one.fsyncs()),
				Ratio:  ratio(s.fsyncs() / one.fsyncs()),
			})
		}
	}
	return append(rows, row{
		What:   "send, 1 client in one room, and the disk",
		Parley: perSecond(one.trial.rate()),
		Beside: perSecond(disk.rate()) + ", a page and its fsync",
		Ratio:  ratio(one.trial.against(disk)),
	})
}

// cpuRow is empty where the system does not tell.
func (s *sending) cpuRow() []row {
	if s.trial.busy == 0 || s.beside.busy == 0 {
		return nil
	}
	return []row{{
		What:   fmt.Sprintf("CPU of a send, %d clients in one room", s.clients),
		Parley: duration(s.trial.perCall()),
		Beside: duration(s.beside.perCall()) + ", empty tool",
		Ratio:  ratio(float64(s.trial.perCall()) / float64(s.beside.perCall())),
	}}
}

// fsyncs is how many a message took: two for each transaction, which many
// messages may share.
func (s *sending) fsyncs() float64 {
	return 2 * float64(s.trial.commits) / float64(max(1, s.trial.count))
}

// profileSending keeps profiles of what the row with the goal costs, if asked.
func (b *bench) profileSending(ctx context.Context, all []*sending) error {
	for _, s := range all {
		if s.clients != sendClients || s.rooms != 1 {
			continue
		}
		if err := errors.Join(b.profile(ctx, s.trial, "send"), b.profile(ctx, s.beside, "empty")); err != nil {
			return err
		}
	}
	return nil
}
