// Package mcptools is Parley as a model sees it: the tools, their descriptions
// and schemas, the reading of arguments, the form of results and errors, and the
// sentences that say what to do next. What a room allows is decided in chat; how
// a request gets here is the affair of transport.go and of whoever stands in
// front of it.
//
// A tool is declared once, as a [spec], in the file of its noun: room.go,
// seat.go, message.go, wait.go, admin.go, queue.go. Its schema, the reader of its arguments and its
// page in docs/tools.md are all made from that.
package mcptools

import (
	"context"
	"log/slog"

	"github.com/mark3labs/mcp-go/server"

	"github.com/parley-chat/parley/internal/chat"
)

// Options of the tools.
type Options struct {
	// Address returns the URL under which the agent of another person reaches
	// this server, as far as the request of ctx tells; "" if that is not known.
	// It stands in invites. It must not be nil, and is called by many goroutines
	// at once.
	Address func(ctx context.Context) string
	// Logger is told why a resource could not be read; nil means slog.Default().
	Logger *slog.Logger
}

// AddTools gives s the tools, the prompts and the resources, as a front of rooms.
// Call it once, before s is served.
func AddTools(s *server.MCPServer, rooms *chat.Service, o Options) {
	for _, t := range allTools(rooms, o) {
		s.AddTool(t.definition, t.handle)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	addPrompts(s)
	addResources(s, library{rooms, o.Logger})
	addCompletions(s, completer{rooms})
}

// allTools are the tools in the order in which an agent needs them.
func allTools(rooms *chat.Service, o Options) []tool {
	return []tool{
		joinRoom(rooms, o),
		createRoom(rooms, o),
		sendMessage(rooms),
		waitForMessage(rooms, o),
		messageHistory(rooms),
		roomInfo(rooms),
		listRooms(rooms),
		updateRoom(rooms, o),
		manageAgent(rooms),
		enterQueue(rooms, o),
		leaveRoom(rooms),
	}
}
