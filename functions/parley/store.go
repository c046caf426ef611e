package main

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/meter"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/bolttable"
	"github.com/parley-chat/parley/internal/table/dynamotable"
)

// store is the table that the settings chose, and what goes with it.
type store struct {
	table   table.Table
	options chat.Options
	where   string // for a person
	ready   func(context.Context) error
	commits func() (int, error) // of a file: the number of its last transaction; else nil
	close   func()
}

// checkTime bounds how long the first answer of a table may take.
const checkTime = 15 * time.Second

// check says why nobody could be served, before somebody asks.
func (st *store) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	return st.ready(ctx)
}

// openStore opens the table that s chooses, and has m count what is done with it.
func openStore(ctx context.Context, s settings, m *meter.Meter, log *slog.Logger) (*store, error) {
	open := func() (*store, error) { return openDynamo(ctx, s, m, log) }
	if s.Table == "" {
		open = func() (*store, error) { return openFile(s.Data, log) }
	}
	st, err := open()
	if err != nil {
		return nil, err
	}
	st.table = m.Table(st.table)
	return st, nil
}

// openFile opens the table in one file, which is this process's alone.
func openFile(path string, log *slog.Logger) (*store, error) {
	t, err := bolttable.Open(path, bolttable.Options{})
	if err != nil {
		return nil, err
	}
	// Under load one goroutine is in fsync nearly all the time, and the runtime is
	// slow to see that its processor could do something else: one more makes up
	// for it. On two cores sixteen senders get a third more done.
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	return &store{
		table:   t,
		options: chat.Options{Alone: true, GroupFrom: 1, Logger: log},
		where:   path,
		ready: func(ctx context.Context) error {
			_, err := t.Get(ctx, table.Key{Partition: "READY", Sort: "-"}, table.Eventual)
			if errors.Is(err, table.ErrNotFound) {
				return nil
			}
			return err
		},
		commits: t.Commits,
		close: func() {
			if err := t.Close(); err != nil {
				log.Error("the file was not closed well", "error", err)
			}
		},
	}, nil
}

// openDynamo uses a table of DynamoDB, which others may write to, too.
func openDynamo(ctx context.Context, s settings, m *meter.Meter, log *slog.Logger) (*store, error) {
	t, err := dynamoTable(ctx, s, dynamotable.Options{Observe: func(ctx context.Context, call dynamotable.Call) {
		m.Spend(ctx, call.Attempts, call.ReadUnits, call.WriteUnits)
	}})
	if err != nil {
		return nil, err
	}
	return &store{
		table:   t,
		options: chat.Options{Logger: log},
		where:   place(s),
		ready:   t.Ready,
		close:   func() {},
	}, nil
}

// dynamoTable is the table of DynamoDB that s chooses, made first if s says so.
func dynamoTable(ctx context.Context, s settings, o dynamotable.Options) (*dynamotable.Table, error) {
	client, err := dynamotable.NewClient(ctx)
	if err != nil {
		return nil, err
	}
	if s.CreateTable {
		if err := dynamotable.CreateTable(ctx, client, s.Table); err != nil {
			return nil, err
		}
	}
	return dynamotable.New(client, s.Table, o), nil
}

// place names where s keeps the rooms, for a person.
func place(s settings) string {
	if s.Table == "" {
		return s.Data
	}
	return "the DynamoDB table " + s.Table
}
