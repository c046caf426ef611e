package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"runtime"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/httpapi"
	parley "github.com/parley-chat/parley/internal/mcp"
	"github.com/parley-chat/parley/internal/meter"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/bolttable"
	"github.com/parley-chat/parley/internal/table/dynamotable"
	"github.com/parley-chat/parley/internal/tools"
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
		store := dynamotable.New(dynamolocal.Client(w.endpoint), w.table, dynamotable.Options{})
		s, _ := parleyServer(store, chat.Options{})
		return newSide(s), nil
	case w.page != "":
		return keepingSide(w.page)
	}
	return newSide(emptyServer(func() error { return nil })), nil
}

// newSide is a side that keeps nothing in a file.
func newSide(s *http.Server) side {
	return side{
		server:  s,
		commits: func() (int, error) { return 0, nil },
		close:   func() error { return nil },
	}
}

// fileSide is Parley on a file, with the heap's floor and the one processor more
// that functions/parley gives it.
func fileSide(ctx context.Context, data, fill string) (side, error) {
	floor := make([]byte, 32<<20)
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	store, err := bolttable.Open(data, bolttable.Options{})
	if err != nil {
		return side{}, err
	}
	options := chat.Options{Alone: true, GroupFrom: 1}
	// A service of its own, so that no room is warm when the clients come.
	filled, err := fillRooms(ctx, chat.New(store, options), fill)
	if err != nil {
		return side{}, errors.Join(err, store.Close())
	}
	s, _ := parleyServer(store, options)
	return side{
		server:  s,
		rooms:   filled,
		commits: store.Commits,
		close: func() error {
			runtime.KeepAlive(floor)
			return store.Close()
		},
	}, nil
}

// parleyServer is the program's server, with its settings for one machine, and the tools
// that it serves.
func parleyServer(store table.Table, o chat.Options) (*http.Server, []parley.Tool) {
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	m := meter.New(meter.Options{MaxWaits: 20_000, MaxBodies: 64 << 20})
	o.Logger = logger
	rooms := chat.New(m.Table(store), o)
	set := tools.New(rooms, tools.Options{Address: httpapi.Address, LongestWait: o.LongestWait, Log: logger})
	served := parley.NewServer(parley.Options{
		Version: "bench", Instructions: set.Instructions(), Tools: set.Tools(), Prompts: set.Prompts(), Log: logger,
	})
	handler := httpapi.New(httpapi.Options{MCP: served.Serve, Standby: set.Standby, Logger: logger, Meter: m})
	return httpapi.NewServer(handler, logger), set.Tools()
}

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
