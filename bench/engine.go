package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"

	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// engine is DynamoDB Local with an empty table. Its speed says nothing about the
// service's.
type engine struct {
	endpoint string
	table    string
}

// onEngine measures on a new table of DynamoDB Local. If that cannot run here, a
// single row says so, or, with CI=true, it is an error.
func (b *bench) onEngine(ctx context.Context, what string,
	measure func(context.Context, engine) ([]row, error)) (rows []row, err error) {
	ctx, cancel := context.WithCancel(ctx)
	endpoint, ended, err := startEngine(ctx)
	if err != nil {
		cancel()
		if !errors.Is(err, dynamolocal.ErrMissing) || os.Getenv("CI") == "true" {
			return nil, err
		}
		fmt.Fprintf(b.progress, "NOT MEASURED: %v ", err)
		return []row{{What: what, Parley: notMeasured, Beside: "DynamoDB Local could not be started here"}}, nil
	}
	defer func() {
		cancel()
		err = errors.Join(err, <-ended)
	}()
	e := engine{endpoint: endpoint, table: "bench-" + rand.Text()}
	t := dynamotable.New(dynamolocal.Client(endpoint), e.table, dynamotable.Options{})
	if err := t.Create(ctx, slog.Default()); err != nil {
		return nil, err
	}
	return measure(ctx, e)
}

// startParley starts Parley on the table, in a process of its own.
func (e engine) startParley(ctx context.Context) (*process, error) {
	return startServer(ctx, "-table", e.table, "-endpoint", e.endpoint)
}

// startEngine returns the address of an engine, and a channel that receives its
// error, or nil, once it has exited because ctx ended.
func startEngine(ctx context.Context) (endpoint string, ended <-chan error, err error) {
	end := make(chan error, 1)
	if endpoint := os.Getenv(dynamolocal.EndpointEnv); endpoint != "" {
		end <- nil
		return endpoint, end, nil
	}
	dir, err := dynamolocal.Fetch(ctx)
	if err != nil {
		return "", nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	if err := l.Close(); err != nil {
		return "", nil, err
	}
	server, err := dynamolocal.Serve(ctx, dir, l.Addr().String())
	if err != nil {
		return "", nil, err
	}
	go func() { end <- server.Wait(ctx) }()
	return server.Endpoint, end, nil
}
