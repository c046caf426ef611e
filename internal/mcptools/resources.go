package mcptools

import (
	"context"
	"log/slog"
	"net/url"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/parley-chat/parley/internal/chat"
)

// Rooms are resources, too, for clients that put such beside a conversation: a
// public room under its name, and the room of a seat under the seat's agent token.
// An address with a token is as secret as the token. It is never listed, completed,
// logged or given back: what is read by it bears the address of the room.
//
// Nothing can be subscribed to. Only a request that is held open can be told of
// news here, which the newer generation of the protocol has for this, and the older
// has not; but the promise of it would be one to both. And who holds a request open
// had better hold wait_for_message, which brings the news itself, none twice.
const (
	roomAddress = "parley://rooms/"
	seatAddress = "parley://seats/"
	jsonMIME    = "application/json"
)

// shelf is a room as a resource: what room_info gives, and the last of the talk.
type shelf struct {
	info
	Messages []message `json:"messages,omitempty"`
}

// library reads resources.
type library struct {
	rooms *chat.Service
	log   *slog.Logger
}

// addResources gives s the resources.
func addResources(s *server.MCPServer, l library) {
	server.WithResourceCapabilities(false, false)(s)
	server.WithMethodCacheHints(mcp.MethodResourcesRead, 0, mcp.CacheScopePrivate)(s)
	s.AddResourceTemplate(mcp.NewResourceTemplate(roomAddress+"{name}", "public_room",
		mcp.WithTemplateTitle("A public room"), mcp.WithTemplateMIMEType(jsonMIME),
		mcp.WithTemplateDescription("Who is in a public room without a password, what it is for, and the last of the talk, without joining it.")), l.read)
	s.AddResourceTemplate(mcp.NewResourceTemplate(seatAddress+"{agent_token}", "own_room",
		mcp.WithTemplateTitle("The room of a seat"), mcp.WithTemplateMIMEType(jsonMIME),
		mcp.WithTemplateDescription("The same of the room in which an agent sits. The address holds its agent_token: keep it as secret.")), l.read)
	hooks := &server.Hooks{}
	hooks.AddBeforeSubscriptionsListen(acknowledge) // as NewServer has it
	hooks.AddBeforeReadResource(l.direct)
	server.WithHooks(hooks)(s)
}

// direct sends the reading of what is not there to where no handler is: mcp-go has
// one code for all that a handler refuses, and MCP another for this.
func (l library) direct(ctx context.Context, _ any, r *mcp.ReadResourceRequest) {
	_, err := l.open(ctx, r.Params.URI)
	switch chat.CodeOf(err) {
	default:
		r.Params.URI = spelled(r.Params.URI)
	case chat.RoomNotFound, chat.InvalidArgument:
		r.Params.URI = "(no public room of this name without a password)"
	case chat.TokenInvalid, chat.Removed, chat.RoomClosed:
		r.Params.URI = "(no seat of this agent_token)"
	}
}

// spelled is an address with its last part as addresses are written, which the
// templates ask for: what fits none is given back in an error, token and all.
func spelled(uri string) string {
	for _, kind := range []string{roomAddress, seatAddress} {
		if part, ok := partOf(uri, kind); ok {
			return kind + url.PathEscape(part)
		}
	}
	return uri
}

// partOf returns what follows kind in an address of that kind: the name of a room,
// or an agent token.
func partOf(uri, kind string) (string, bool) {
	rest, ok := strings.CutPrefix(uri, kind)
	if !ok {
		return "", false
	}
	part, err := url.PathUnescape(rest)
	return part, err == nil
}

func (l library) read(ctx context.Context, r mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	v, err := l.open(ctx, r.Params.URI)
	if err != nil {
		return nil, err
	}
	return []mcp.ResourceContents{mcp.TextResourceContents{
		URI: roomAddress + url.PathEscape(v.Room.Name), MIMEType: jsonMIME, Text: string(compact(v)),
	}}, nil
}

// open is look, safe: an error that is no refusal, and a panic, are logged with an
// id, and the caller is given the id.
func (l library) open(ctx context.Context, uri string) (v shelf, err error) {
	result, err := safely(func(ctx context.Context) (*mcp.CallToolResult, error) {
		var refused error
		v, refused = l.look(ctx, uri)
		if refused == nil {
			return nil, nil
		}
		return toolError(refused)
	}, l.log, "resources/read")(ctx)
	if err != nil || result == nil {
		return v, err
	}
	text, _ := result.Content[0].(mcp.TextContent)
	code, message, _ := strings.Cut(text.Text, ": ")
	return shelf{}, &chat.Error{Code: chat.Code(code), Message: message}
}

// look reads what stands at an address.
func (l library) look(ctx context.Context, uri string) (shelf, error) {
	if token, ok := partOf(uri, seatAddress); ok {
		i, err := l.rooms.RoomInfo(ctx, chat.InfoRequest{Token: token})
		if err != nil {
			return shelf{}, err
		}
		p, err := l.rooms.History(ctx, chat.HistoryRequest{Token: token})
		return shelf{viewInfo(i), viewMessages(p.Messages)}, err
	}
	name, ok := partOf(uri, roomAddress)
	if !ok {
		return shelf{}, &chat.Error{Code: chat.InvalidArgument, Message: "There is nothing at this address."}
	}
	g, err := l.rooms.Glimpse(ctx, name)
	return shelf{viewInfo(g.Info), viewMessages(g.Messages)}, err
}

// completer offers the names of public rooms where one is to be filled in.
type completer struct{ rooms *chat.Service }

// addCompletions gives s the completions.
func addCompletions(s *server.MCPServer, c completer) {
	server.WithCompletions()(s)
	server.WithPromptCompletionProvider(c)(s)
	server.WithResourceCompletionProvider(c)(s)
}

// CompletePromptArgument implements [server.PromptCompletionProvider].
func (c completer) CompletePromptArgument(ctx context.Context, prompt string, a mcp.CompleteArgument, _ mcp.CompleteContext) (*mcp.Completion, error) {
	if prompt != "join_conversation" || a.Name != "room" {
		return &mcp.Completion{}, nil
	}
	return c.names(ctx, a.Value), nil
}

// CompleteResourceArgument implements [server.ResourceCompletionProvider].
func (c completer) CompleteResourceArgument(ctx context.Context, uri string, a mcp.CompleteArgument, _ mcp.CompleteContext) (*mcp.Completion, error) {
	if uri != roomAddress+"{name}" || a.Name != "name" {
		return &mcp.Completion{}, nil
	}
	return c.names(ctx, a.Value), nil
}

// names are those of the public rooms that hold what was typed. A list that cannot
// be read offers nothing: a completion is a convenience.
func (c completer) names(ctx context.Context, typed string) *mcp.Completion {
	list, err := c.rooms.ListRooms(ctx, chat.ListRequest{Search: typed})
	got := &mcp.Completion{HasMore: err == nil && list.NextPage != ""}
	for _, r := range list.Rooms {
		if strings.Contains(strings.ToLower(r.Name), strings.ToLower(strings.TrimSpace(typed))) {
			got.Values = append(got.Values, r.Name)
		}
	}
	return got
}
