package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/httpapi"
	"github.com/parley-chat/parley/internal/mcptools"
	"github.com/parley-chat/parley/internal/table/bolttable"
)

// serveCommand makes this program one of the servers that it measures.
const serveCommand = "serve"

// The tools that are called on both sides, so with the same requests.
const (
	sendTool = "send_message"
	waitTool = "wait_for_message"
)

// announcement is what a server says, as one line of JSON, when it is ready.
type announcement struct {
	Address string // of MCP, as in "127.0.0.1:40123"
	Control string // of the figures and profiles, likewise
	Rooms   []filledRoom
}

// side is what is served, and how far it has got.
type side struct {
	server  *http.Server
	rooms   []filledRoom
	commits func() (int, error) // transactions brought to disk
	close   func() error
}

// serve serves one side on the loopback until stdin ends, which it does when the
// process that holds its other end dies, however it dies.
func serve(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) (err error) {
	flags := flag.NewFlagSet(serveCommand, flag.ContinueOnError)
	data := flags.String("data", "", "Parley on this file; empty: the empty tool")
	fill := flags.String("fill", "", "make rooms of so many events each, divided by commas")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s := emptySide()
	var floor []byte // this and one processor more: as functions/parley has them
	if *data != "" {
		floor = make([]byte, 32<<20)
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
		if s, err = parleySide(ctx, *data, *fill); err != nil {
			return err
		}
	}
	main, err := listen(s.server)
	if err != nil {
		return err
	}
	control, err := listen(&http.Server{Handler: s.control()})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(stdout).Encode(announcement{main, control, s.rooms}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, stdin)
	runtime.KeepAlive(floor)
	return errors.Join(err, s.close())
}

// listen has s serve a free port of the loopback for the rest of the process.
func listen(s *http.Server) (address string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() { _ = s.Serve(l) }() // the end of the process is its only end
	return l.Addr().String(), nil
}

// parleySide is the program as it runs on one machine.
func parleySide(ctx context.Context, data, fill string) (side, error) {
	store, err := bolttable.Open(data, bolttable.Options{})
	if err != nil {
		return side{}, err
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})) // as by default
	rooms := chat.New(store, chat.Options{Alone: true, GroupFrom: 1, Logger: logger})
	s := mcptools.NewServer("bench", mcptools.Instructions, logger)
	mcptools.AddTools(s, rooms, mcptools.Options{Address: httpapi.Address})
	filled, err := fillRooms(ctx, rooms, fill)
	if err != nil {
		return side{}, errors.Join(err, store.Close())
	}
	handler := httpapi.New(httpapi.Options{MCP: mcptools.NewHandler(s, logger), Logger: logger})
	return side{
		server:  httpapi.NewServer(handler, logger),
		rooms:   filled,
		commits: store.Commits,
		close:   store.Close,
	}, nil
}

// emptySide is the MCP library at its plainest: no sessions, nothing in front of
// it, and tools that read nothing and do nothing but wait.
func emptySide() side {
	s := server.NewMCPServer("empty", "1")
	s.AddTool(mcp.NewTool(sendTool), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("done"), nil
	})
	s.AddTool(mcp.NewTool(waitTool), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	return side{
		server:  &http.Server{Handler: server.NewStreamableHTTPServer(s, server.WithStateLess(true))},
		commits: func() (int, error) { return 0, nil },
		close:   func() error { return nil },
	}
}

// figures are what a server tells of itself.
type figures struct {
	Goroutines int
	Heap       uint64 // bytes in use
	Stacks     uint64 // bytes in use
	Commits    int    // transactions brought to disk
}

// control serves the figures, after a collection of garbage where ?collect is
// asked for, and the profiles of net/http/pprof.
func (s side) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/figures", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("collect") {
			debug.FreeOSMemory()
		}
		commits, err := s.commits()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		_ = json.NewEncoder(w).Encode(figures{runtime.NumGoroutine(), m.HeapInuse, m.StackInuse, commits}) // who asked may be gone
	})
	return mux
}
