package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/table/dynamotable"
)

// engine is Amazon's own engine on this machine, with an empty table. Its speed
// says nothing of the service's.
type engine struct {
	endpoint string
	table    string
}

// onEngine measures on a new table of the engine. Where there is none, the one
// row says what is not measured, or, if CI=true, it is an error.
func (b *bench) onEngine(ctx context.Context, what string, measure func(context.Context, engine) ([]row, error)) (rows []row, err error) {
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
	if err := dynamotable.CreateTable(ctx, dynamolocal.Client(endpoint), e.table); err != nil {
		return nil, err
	}
	return measure(ctx, e)
}

// open returns the table, whose calls observe is told of.
func (e engine) open(observe func(context.Context, dynamotable.Call)) *dynamotable.Table {
	return dynamotable.New(dynamolocal.Client(e.endpoint), e.table, dynamotable.Options{Observe: observe})
}

// startParley starts the program on the table, in a process of its own.
func (e engine) startParley(ctx context.Context) (*process, error) {
	return startServer(ctx, "-table", e.table, "-endpoint", e.endpoint)
}

// startEngine returns the address of an engine, and where its end will be told
// after ctx has ended.
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
