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
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/httpapi"
	"github.com/parley-chat/parley/internal/meter"
	"github.com/parley-chat/parley/internal/table/bolttable"
	"github.com/parley-chat/parley/internal/table/dynamotable"
)

// side is what is served, and how far it has got.
type side struct {
	server  *http.Server
	rooms   []filledRoom
	commits func() (int, error) // transactions brought to disk
	close   func() error
}

// wanted says which side to serve; the zero value is the empty tool.
type wanted struct {
	data, fill      string
	table, endpoint string
	page            string
}

func (w wanted) side(ctx context.Context) (side, error) {
	switch {
	case w.data != "":
		return fileSide(ctx, w.data, w.fill)
	case w.table != "":
		a, err := parley(ctx, app.Store{Table: dynamotable.New(dynamolocal.Client(w.endpoint), w.table, dynamotable.Options{})})
		if err != nil {
			return side{}, err
		}
		return newSide(serverOf(a)), nil
	case w.page != "":
		return keepingSide(w.page)
	}
	return newSide(emptyServer(func() error { return nil })), nil
}

// newSide is a side that stores nothing in a file.
func newSide(s *http.Server) side {
	return side{
		server:  s,
		commits: func() (int, error) { return 0, nil },
		close:   func() error { return nil },
	}
}

// fileSide is Parley on a file, in a process tuned as the program tunes its own.
func fileSide(ctx context.Context, data, fill string) (side, error) {
	app.TuneCollector(ctx)
	app.AddProcessor()
	store, err := bolttable.Open(data, bolttable.Options{})
	if err != nil {
		return side{}, err
	}
	// A service of its own, so that no room is in memory when the clients come.
	filled, err := fillRooms(ctx, chat.New(store, chat.Options{SingleProcess: true, MinBatch: 1}), fill)
	if err != nil {
		return side{}, errors.Join(err, store.Close())
	}
	a, err := parley(ctx, app.Store{Table: store, SingleProcess: true, Close: store.Close})
	if err != nil {
		return side{}, errors.Join(err, store.Close())
	}
	return side{server: serverOf(a), rooms: filled, commits: store.Commits, close: a.Close}, nil
}

// parley assembles the program's server on a table, with the default limits.
func parley(ctx context.Context, store app.Store) (*app.App, error) {
	return app.New(ctx, app.Config{
		Settings: app.Settings{MaxWaits: 20_000, MaxBodies: 64},
		Open:     func(context.Context, *meter.Meter) (app.Store, error) { return store, nil },
		Logger:   warnings(),
	})
}

func serverOf(a *app.App) *http.Server { return httpapi.NewServer(a.Handler, warnings()) }

// warnings is the log of a side.
func warnings() *slog.Logger { return app.Settings{LogLevel: "warn"}.Logger(os.Stderr) }

// emptyServer is the MCP library at its plainest: no sessions, nothing in front
// of it, and tools that read nothing. The one that stands for sending does work.
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

// keepingSide is an empty tool that has one page written and waits for the disk:
// no tool whose answer says that something is kept can do less.
func keepingSide(path string) (side, error) {
	keep, file, err := pageWriter(path)
	if err != nil {
		return side{}, err
	}
	s := newSide(emptyServer(keep))
	s.close = file.Close
	return s, nil
}

// pageWriter returns what writes a page to the file at path, the same one each
// time, and waits until it is on the disk.
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
