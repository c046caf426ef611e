package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/parley-chat/parley/internal/app"
	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/httpapi"
	"github.com/parley-chat/parley/internal/meter"
	"github.com/parley-chat/parley/internal/table/dynamotable"
	"github.com/parley-chat/parley/internal/table/sqlite"
)

// side is one of the servers that are compared.
type side struct {
	server  *http.Server
	commits func() int64 // transactions written to the disk so far
	close   func() error
}

// choice selects a side. The zero value selects the empty tool.
type choice struct {
	file            string
	table, endpoint string
	page            string
}

func (c choice) open(ctx context.Context) (side, error) {
	switch {
	case c.file != "":
		return fileSide(ctx, c.file)
	case c.table != "":
		a, err := newApp(ctx, app.Store{Table: dynamotable.New(dynamolocal.Client(c.endpoint), c.table,
			dynamotable.Options{})})
		if err != nil {
			return side{}, err
		}
		return newSide(serverOf(a)), nil
	case c.page != "":
		return pageSide(c.page)
	}
	return newSide(emptyServer(func() error { return nil })), nil
}

// newSide returns a side that writes no file.
func newSide(s *http.Server) side {
	return side{
		server:  s,
		commits: func() int64 { return 0 },
		close:   func() error { return nil },
	}
}

// fileSide is Parley on a file. It tunes the process as cmd/parley does.
func fileSide(ctx context.Context, file string) (side, error) {
	app.TuneCollector(ctx)
	app.AddProcessor()
	store, err := sqlite.Open(file, sqlite.Options{})
	if err != nil {
		return side{}, err
	}
	a, err := newApp(ctx, app.Store{Table: store, SingleProcess: true, Close: store.Close})
	if err != nil {
		return side{}, errors.Join(err, store.Close())
	}
	return side{server: serverOf(a), commits: store.Commits, close: a.Close}, nil
}

// newApp assembles the program's server on a table, with the default limits.
func newApp(ctx context.Context, store app.Store) (*app.App, error) {
	return app.New(ctx, app.Config{
		Settings: app.Settings{MaxWaits: 20_000, MaxBodies: 64},
		Open:     func(context.Context, *meter.Meter) (app.Store, error) { return store, nil },
		Logger:   warnings(),
	})
}

func serverOf(a *app.App) *http.Server { return httpapi.NewServer(a.Handler, warnings()) }

// warnings returns the program's log at its default level.
func warnings() *slog.Logger { return app.Settings{LogLevel: "warn"}.Logger(os.Stderr) }

// emptyServer is mcp-go at its plainest: no sessions, no middleware, and tools
// that read no argument. The send tool does work before it answers; the wait tool
// blocks until the client leaves.
func emptyServer(work func() error) *http.Server {
	s := server.NewMCPServer("empty", "1")
	s.AddTool(mcp.NewTool(sendTool), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("done"), work()
	})
	s.AddTool(mcp.NewTool(waitTool), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	return &http.Server{Handler: server.NewStreamableHTTPServer(s, server.WithStateLess(true))}
}

// pageSide is the empty tool with a write of one page and an fsync, the least
// that any tool does whose answer promises that something is stored.
func pageSide(path string) (side, error) {
	write, file, err := pageWriter(path)
	if err != nil {
		return side{}, err
	}
	s := newSide(emptyServer(write))
	s.close = file.Close
	return s, nil
}

// pageWriter returns a function that writes one page, always the same, to the
// file at path and waits until the disk has it.
func pageWriter(path string) (write func() error, file *os.File, err error) {
	if file, err = os.Create(path); err != nil {
		return nil, nil, err
	}
	page := make([]byte, 4<<10)
	return func() error {
		page[0]++
		_, err := file.WriteAt(page, 0)
		return errors.Join(err, file.Sync())
	}, file, nil
}
