package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"

	"github.com/parley-chat/parley/internal/api/httpapi"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// side is one of the servers that are compared.
type side struct {
	server   *http.Server
	commits  func() int64 // transactions written to the disk so far
	warnings func() int64 // logged so far
	close    func() error
}

// choice selects a side. The zero value selects the empty tool.
type choice struct {
	file            string
	local           bool
	table, endpoint string
	page            string
	rows            string
}

func (c choice) open(ctx context.Context) (side, error) {
	switch {
	case c.file != "":
		return fileSide(ctx, c.file, c.local)
	case c.table != "":
		t := dynamotable.New(dynamolocal.Client(c.endpoint), c.table, dynamotable.Options{})
		a, err := newApp(ctx, os.Stderr, app.Config{}, app.Store{Table: t})
		if err != nil {
			return side{}, err
		}
		return newSide(serverOf(a, os.Stderr)), nil
	case c.page != "":
		return pageSide(c.page)
	case c.rows != "":
		return rowsSide(ctx, c.rows)
	}
	return newSide(libraryServer(nothing)), nil
}

// newSide returns a side that writes no file.
func newSide(s *http.Server) side {
	return side{
		server:   s,
		commits:  none,
		warnings: none,
		close:    func() error { return nil },
	}
}

func none() int64 { return 0 }

// fileSide is Parley on a file.
func fileSide(ctx context.Context, file string, local bool) (side, error) {
	tune(ctx)
	store, err := sqlite.Open(file, sqlite.Options{Files: sqlite.FileOptions{Total: 5 << 30,
		Claim: roomlog.ClaimKey}})
	if err != nil {
		return side{}, err
	}
	log := &countedLog{to: os.Stderr}
	a, err := newApp(ctx, log, app.Config{OnLoopback: local}, app.Store{Table: store, Files: store.Files(),
		SingleProcess: true, Close: store.Close})
	if err != nil {
		return side{}, errors.Join(err, store.Close())
	}
	return side{server: serverOf(a, log), commits: store.Commits, warnings: log.lines.Load, close: a.Close}, nil
}

// tune tunes the process as cmd/parley does where it writes a file.
func tune(ctx context.Context) {
	app.TuneCollector(ctx)
	app.AddProcessor()
}

// newApp completes c to the program's server on a table, with the default limits.
func newApp(ctx context.Context, log io.Writer, c app.Config, store app.Store) (*app.App, error) {
	c.Settings = app.Settings{MaxWaits: 20_000, MaxBodies: 64}
	c.Open = func(context.Context, *meter.Meter) (app.Store, error) { return store, nil }
	c.Logger = warnings(log)
	return app.New(ctx, c)
}

func serverOf(a *app.App, log io.Writer) *http.Server {
	return httpapi.NewServer(a.Handler, warnings(log))
}

// warnings returns the program's log at its default level.
func warnings(log io.Writer) *slog.Logger { return app.Settings{LogLevel: "warn"}.Logger(log) }

// countedLog counts lines, and passes the first ones on: under load, thousands may say the same.
type countedLog struct {
	lines atomic.Int64
	to    io.Writer
}

func (l *countedLog) Write(line []byte) (int, error) {
	const shown = 10
	if l.lines.Add(1) > shown {
		return len(line), nil
	}
	return l.to.Write(line)
}
