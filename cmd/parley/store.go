package main

import (
	"context"

	"github.com/parley-chat/parley/internal/app"
	"github.com/parley-chat/parley/internal/meter"
	"github.com/parley-chat/parley/internal/meter/scrape"
	"github.com/parley-chat/parley/internal/table/bolttable"
	"github.com/parley-chat/parley/internal/table/dynamotable"
	"github.com/parley-chat/parley/internal/table/dynamotable/sdkconfig"
)

// opener returns the function that opens the table of the settings. figures
// counts the transactions of a file.
func (s settings) opener(figures *scrape.Metrics) func(context.Context, *meter.Meter) (app.Store, error) {
	if s.Table == "" {
		return func(context.Context, *meter.Meter) (app.Store, error) {
			app.AddProcessor()
			return openFile(s.Data, figures)
		}
	}
	return func(ctx context.Context, m *meter.Meter) (app.Store, error) {
		t, err := dynamoTable(ctx, s, app.Charge(m))
		return app.Store{Table: t}, err
	}
}

// openFile opens the table in a file, which no other process can open meanwhile.
func openFile(path string, figures *scrape.Metrics) (app.Store, error) {
	t, err := bolttable.Open(path, bolttable.Options{})
	if err != nil {
		return app.Store{}, err
	}
	figures.Commits(t.Commits)
	return app.Store{Table: t, SingleProcess: true, Close: t.Close}, nil
}

// dynamoTable returns the DynamoDB table of the settings, and creates it first if
// they say so.
func dynamoTable(ctx context.Context, s settings, o dynamotable.Options) (*dynamotable.Table, error) {
	client, err := sdkconfig.NewClient(ctx)
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

// place returns where the rooms are stored, for people to read.
func place(s settings) string {
	if s.Table == "" {
		return s.Data
	}
	return "the DynamoDB table " + s.Table
}
