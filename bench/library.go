package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

// work is what a tool of the library does before it answers.
type work func(context.Context, mcp.CallToolRequest) error

// nothing is the work of the empty tool.
func nothing(context.Context, mcp.CallToolRequest) error { return nil }

// libraryServer is mcp-go at its plainest: no sessions and no middleware. The send
// tool works and answers a word; the wait tool blocks until the client leaves.
func libraryServer(do work) *http.Server {
	s := server.NewMCPServer("library", "1")
	s.AddTool(mcp.NewTool(sendTool), func(ctx context.Context, q mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("done"), do(ctx, q)
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
	s := newSide(libraryServer(func(context.Context, mcp.CallToolRequest) error { return write() }))
	s.close = file.Close
	return s, nil
}

// pageWriter returns a function that writes one page, always the same, to the
// file at path and waits until the disk has it.
func pageWriter(path string) (write func() error, file *os.File, err error) {
	file, err = os.Create(path)
	if err != nil {
		return nil, nil, err
	}
	page := make([]byte, 4<<10)
	return func() error {
		page[0]++
		_, err := file.WriteAt(page, 0)
		return errors.Join(err, file.Sync())
	}, file, nil
}

// rowsSide is the library with Parley's own store: each text is an event in the log of
// its room, put as Parley puts it, and nothing is checked. What Parley takes beyond that
// is the chat.
func rowsSide(ctx context.Context, path string) (side, error) {
	tune(ctx)
	t, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		return side{}, err
	}
	var last atomic.Int64
	s := newSide(libraryServer(func(ctx context.Context, q mcp.CallToolRequest) error {
		return putEvent(ctx, t, q.GetString("agent_token", ""), q.GetString("text", ""), last.Add(1))
	}))
	s.commits, s.close = t.Commits, t.Close
	return s, nil
}

func putEvent(ctx context.Context, t table.Table, name, text string, n int64) error {
	now := time.Now()
	e := room.Message(text, "", nil)
	e.V, e.N, e.ID, e.AtMs, e.Messages = room.Version, n, ident.NewEventID(), now.UnixMilli(), n
	e.Seat, e.Name = 1, "agent 1"
	return t.Write(ctx, table.Put(table.Item{Key: roomlog.EventKey(name, n), Expires: now.Add(32 * 24 * time.Hour),
		Data: roomlog.Encode(e)}, table.IfAbsent))
}
