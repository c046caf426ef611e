// Package tools is Parley as a model sees it: the tools with their descriptions and schemas, the results and errors,
// and the sentences in next. The package turns calls from mcp into requests to chat. chat decides what a room allows.
//
// A tool is declared once, as a [definition], in the file of its noun: room.go, show.go, seat.go, send.go,
// history.go, file.go, task.go, wait.go, admin.go, queue.go, supervise.go. The schema, the reader of the arguments
// and the part of docs/tools.md are made from the definition.
package tools

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/outbound/fetch"
	"github.com/parley-chat/parley/internal/outbound/outbox"
)

// Options of the tools.
type Options struct {
	// Address returns the URL under which another person's agent reaches this server, as far as the request of
	// ctx shows the URL; "" if it is not known. Invites show the URL. Address must not be nil, and many
	// goroutines call it at once.
	Address func(ctx context.Context) string
	// Keys says that callers need keys, so that invites are links.
	Keys bool
	// LongestWait is the longest wait of a call, and must be the longest wait of the rooms; 0 means core.MaxWait.
	// No schema and no sentence offers more.
	LongestWait time.Duration
	// LongestInQueue is the longest wait of a call for a partner, and must be the longest wait of the queues; 0
	// means core.MaxQueueWait.
	LongestInQueue time.Duration
	// StandbyLooks says that a program on standby for an agent may not wait, since each call that waits occupies
	// an instance: the program looks in, and is told when to look in again.
	StandbyLooks bool
	// ViewURI is the address of the resource with which a client shows a room; "": no such resource, and no tool
	// that shows a room.
	ViewURI string
	// Outbox calls agents, webhooks and endpoints. Nil: nobody is called.
	Outbox *outbox.Dispatcher
	// Fetcher fetches the files that ChatGPT hands over; nil: a fetcher for OpenAI's domain.
	Fetcher *fetch.Fetcher
	// Log gets the failures of calls without MCP; nil means slog.Default().
	Log *slog.Logger
}

// Set is the tools of a server. Many goroutines may use it at once.
type Set struct {
	rooms   *chat.Service
	queues  *pairing.Service
	address func(context.Context) string
	keys    bool
	clients clients
	inQueue time.Duration // the longest wait for a partner
	looksIn bool          // see Options.StandbyLooks
	fetcher *fetch.Fetcher
	outbox  *outbox.Dispatcher // nil: nobody is called
	viewURI string             // "": no tool shows a room
	log     *slog.Logger
}

// New returns the tools that act on rooms and queues.
func New(rooms *chat.Service, queues *pairing.Service, o Options) *Set {
	if o.LongestWait == 0 {
		o.LongestWait = core.MaxWait
	}
	if o.LongestInQueue == 0 {
		o.LongestInQueue = core.MaxQueueWait
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Fetcher == nil {
		o.Fetcher = fetch.New(fetch.Options{Domain: attachments})
	}
	return &Set{rooms: rooms, queues: queues, address: o.Address, keys: o.Keys,
		clients: clients{o.LongestWait, o.Outbox.CallsOthers()}, inQueue: min(o.LongestInQueue, o.LongestWait),
		looksIn: o.StandbyLooks, fetcher: o.Fetcher, outbox: o.Outbox, viewURI: o.ViewURI, log: o.Log}
}

// Tools returns the tools for a server of MCP.
func (s *Set) Tools() []mcp.Tool {
	var list []mcp.Tool
	for _, t := range s.all() {
		t.Call = s.admitted(t.Tool)
		list = append(list, t.Tool)
	}
	return list
}

// all returns the tools in the order of docs/tools.md.
func (s *Set) all() []tool {
	all := []tool{
		s.joinRoom(),
		s.createRoom(),
		s.sendMessage(),
		s.waitForMessage(),
		s.messageHistory(),
		s.shareFile(),
		s.getFile(),
		s.task(),
		s.listTasks(),
		s.roomInfo(),
		s.showRoom(),
		s.listRooms(),
		s.updateRoom(),
		s.manageAgent(),
		s.enterQueue(),
		s.leaveRoom(),
		s.supervise(),
	}
	return slices.DeleteFunc(all, func(t tool) bool { return t.Name == showRoom && s.viewURI == "" })
}
