package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// manyClients is the number of clients of the rows that say more than the rate.
const manyClients = 16

// sending is a number of clients that send messages, each in a room of its own, and
// what the same clients do with the floors.
type sending struct {
	clients             int
	parley, empty, rows *trial
	emptyGoal, emptyAim float64 // shares of the empty tool's rate; 0 means none
	rowsGoal, rowsAim   float64 // shares of the rate of the library with our table
}

// The goals of the rates, as shares. With more clients, more of them share an fsync.
func sendings() []*sending {
	return []*sending{
		{clients: 1},
		{clients: manyClients, emptyGoal: 0.55, emptyAim: 0.6, rowsGoal: 0.85, rowsAim: 0.9},
		{clients: 64, emptyGoal: 0.62, emptyAim: 0.7},
	}
}

// measureSend compares sending messages with calls of the empty tool, and of a tool of
// the same library that only stores the text.
func measureSend(ctx context.Context, b *bench) (rows []row, err error) {
	servers, stop, err := b.startFloors(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	all := sendings()
	var trials []*trial
	for _, s := range all {
		if err := s.begin(ctx, servers); err != nil {
			return nil, err
		}
		trials = append(trials, s.empty, s.rows, s.parley)
	}
	if err := b.takeTurns(ctx, trials...); err != nil {
		return nil, err
	}
	for _, s := range all {
		rows = append(rows, s.rateRows()...)
	}
	one, many := all[0], all[1]
	rows = append(rows, many.timeRows()...)
	rows = append(rows, many.costRows()...)
	rows = append(rows, many.fsyncRow(one))
	return rows, errors.Join(b.profile(ctx, many.parley, "send"), b.profile(ctx, many.empty, "empty"))
}

// floors are Parley and the servers that it is compared with.
type floors struct{ parley, empty, rows *process }

func (b *bench) startFloors(ctx context.Context) (f floors, stop func() error, err error) {
	var started []*process
	stop = func() (err error) {
		for _, p := range started {
			err = errors.Join(err, p.stop())
		}
		return err
	}
	for _, side := range []struct {
		at    **process
		start func(context.Context) (*process, error)
	}{
		{&f.empty, b.startEmpty},
		{&f.rows, func(ctx context.Context) (*process, error) { return b.startOn(ctx, "-rows") }},
		{&f.parley, b.startParley},
	} {
		p, err := side.start(ctx)
		if err != nil {
			return f, nil, errors.Join(err, stop())
		}
		*side.at, started = p, append(started, p)
	}
	return f, stop, nil
}

// begin connects the clients to each server, and seats those of Parley.
func (s *sending) begin(ctx context.Context, f floors) (err error) {
	for _, floor := range []struct {
		at     **trial
		server *process
	}{{&s.empty, f.empty}, {&s.rows, f.rows}} {
		*floor.at, err = libraryTrial(ctx, floor.server, s.clients)
		if err != nil {
			return err
		}
	}
	s.parley, err = sendTrial(ctx, f.parley, s.clients)
	return err
}

// libraryTrial returns the load of sendTrial for a tool of the library.
func libraryTrial(ctx context.Context, p *process, clients int) (*trial, error) {
	all, err := dialAll(ctx, p, clients)
	if err != nil {
		return nil, err
	}
	tokens := make([]string, clients)
	for i := range tokens {
		tokens[i] = fmt.Sprintf("%s%03d", strings.Repeat("x", 25), i)
	}
	calls, err := sendCalls(all, tokens)
	return &trial{process: p, calls: calls}, err
}

// sendTrial seats each client in a new room, and lets it send there.
func sendTrial(ctx context.Context, p *process, clients int) (*trial, error) {
	all, err := dialAll(ctx, p, clients)
	if err != nil {
		return nil, err
	}
	tokens := make([]string, clients)
	for i, c := range all {
		got, err := c.ask(joinTool, map[string]any{
			"room": fmt.Sprintf("%d clients no %d", clients, i), "agent_name": fmt.Sprint("agent ", i),
		})
		if err != nil {
			return nil, err
		}
		tokens[i] = got.AgentToken
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

// sendCalls returns one sendCall for each client, with the token at the same place.
func sendCalls(clients []*client, tokens []string) ([]func() error, error) {
	calls := make([]func() error, len(clients))
	for i, c := range clients {
		var err error
		calls[i], err = sendCall(c, tokens[i])
		if err != nil {
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

// String describes the sending in the first column of its rows.
func (s *sending) String() string {
	if s.clients == 1 {
		return "1 client"
	}
	return fmt.Sprintf("%d clients in %d rooms", s.clients, s.clients)
}

// The floors in the third column.
const (
	emptyName = "empty tool"
	rowsName  = "library with our table"
)

func (s *sending) rateRows() []row {
	line := func(other *trial, name string, least, aim float64) row {
		share := against(s.parley.rates, other.rates)
		r := row{
			What:   "send, " + s.String(),
			Parley: perSecond(s.parley.rate()),
			Beside: perSecond(other.rate()) + ", " + name,
			Ratio:  ratio(share),
			OnPage: true,
		}
		if least > 0 {
			r.Goal = leastOf(share, least, aim)
		}
		return r
	}
	return []row{
		line(s.empty, emptyName, s.emptyGoal, s.emptyAim),
		line(s.rows, rowsName, s.rowsGoal, s.rowsAim),
	}
}

func (s *sending) timeRows() []row {
	what := "time of a send, " + s.String()
	return []row{
		timeRow(what+", median", 0.5, s.parley.times, s.empty.times, emptyName),
		timeRow(what+", 99 of 100", 0.99, s.parley.times, s.empty.times, emptyName),
	}
}

func (s *sending) costRows() []row {
	what := "CPU of a send, " + s.String()
	costs := s.parley.per(1)
	return []row{costs.row(what, s.empty.per(1), emptyName), costs.row(what, s.rows.per(1), rowsName)}
}

// fsyncRow shows how many messages share an fsync when many clients send.
func (s *sending) fsyncRow(one *sending) row {
	return row{
		What:   "fsyncs of a send, " + s.String(),
		Parley: fmt.Sprintf("%.2f", s.parley.commitsPerCall()),
		Beside: fmt.Sprintf("%.2f, 1 client", one.parley.commitsPerCall()),
		Ratio:  ratio(s.parley.commitsPerCall() / one.parley.commitsPerCall()),
	}
}
