package mcp

import (
	"context"
	"crypto/rand"
	_ "embed" // icon.png
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"time"

	library "github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// The names of the server are short, since mcp-go repeats them in every result of protocol version 2026-07-28.
const (
	serverName  = "parley"
	serverTitle = "Parley"
)

// website is where people read about the server.
const website = "https://github.com/parley-chat/parley"

// iconPNG is the icon of the page (icon.svg), since not every client shows an SVG.
//
//go:embed icon.png
var iconPNG []byte

// Icon returns the icon as a PNG, which nobody may change.
func Icon() []byte { return iconPNG }

// introduce adds the website and the icon, for people, and the instructions for the model of the client to the answer
// to a client that connects. No other result repeats them. The icon carries its bytes, since a server may have many
// addresses.
func introduce(hooks *server.Hooks, o Options) {
	whole := library.Implementation{Name: serverName, Title: serverTitle, Version: o.Version, WebsiteURL: website,
		Icons: []library.Icon{{Src: "data:image/png;base64," + base64.StdEncoding.EncodeToString(iconPNG),
			MIMEType: "image/png", Sizes: []string{"64x64"}}}}
	instructions := func(ctx context.Context) string {
		if o.Instructions == nil {
			return ""
		}
		return o.Instructions(ClientFrom(ctx))
	}
	hooks.AddAfterInitialize(func(ctx context.Context, _ any, _ *library.InitializeRequest,
		r *library.InitializeResult) {
		r.ServerInfo, r.Instructions = whole, instructions(ctx)
	})
	hooks.AddAfterDiscover(func(ctx context.Context, _ any, _ *library.DiscoverRequest, r *library.DiscoverResult) {
		r.EnsureResultMeta().SetServerInfo(whole)
		r.Instructions = instructions(ctx)
	})
}

// listsFresh is how long a client may use a list, such as the list of tools, before it asks again. Lists change only
// with a release. The hint marks lists as private, since clients see different lists: see [Variant].
const listsFresh = 5 * time.Minute

// newLibrary returns the server of mcp-go with the tools and prompts of o.
func newLibrary(o Options) *server.MCPServer {
	hooks := &server.Hooks{}
	hooks.AddBeforeSubscriptionsListen(acknowledge)
	hooks.AddAfterListTools(listTools(o))
	introduce(hooks, o)
	if o.View != nil {
		announceViews(hooks)
	}
	s := server.NewMCPServer(serverName, o.Version,
		server.WithTitle(serverTitle),
		// Without this option, adding a tool announces changes of the list, and a client that listens for changes
		// keeps a request open without end.
		server.WithToolCapabilities(false),
		server.WithCacheHints(listsFresh.Milliseconds(), library.CacheScopePrivate),
		server.WithHooks(hooks),
	)
	for _, t := range o.Tools { // mcp-go would decode every schema at every start
		s.AddTool(library.Tool{Name: t.Name, RawInputSchema: anyObject}, refuseCall)
	}
	addPrompts(s, o.Prompts)
	if o.Events != nil {
		server.WithExtensions(map[string]any{eventsExtension: struct{}{}})(s) // see advertisement
	}
	return s
}

// listTools puts the listings into each list of tools, without hidden tools, and without tools of views for a client
// that shows no views. WithToolFilter would make mcp-go say of a malformed call that there is no such tool.
func listTools(o Options) server.OnAfterListToolsFunc {
	all := sync.OnceValue(func() map[string]listing { return listingsOf(o) })
	return func(ctx context.Context, _ any, _ *library.ListToolsRequest, result *library.ListToolsResult) {
		client, blind := ClientFrom(ctx), withoutViews(ctx)
		var list []library.Tool
		for _, t := range result.Tools {
			s, there := all()[t.Name]
			switch {
			case !there || s.viewed && blind:
			case s.varies != nil && s.varies(client):
				list = append(list, s.varied)
			default:
				list = append(list, s.usual)
			}
		}
		result.Tools = list
	}
}

// listing is a tool as lists show it.
type listing struct {
	usual, varied library.Tool
	viewed        bool              // clients show the results in a view
	varies        func(Client) bool // these clients see varied; nil: no client does
}

// listingsOf returns the tools by their names, without hidden tools.
func listingsOf(o Options) map[string]listing {
	all := map[string]listing{}
	for _, t := range o.Tools {
		if t.Hidden {
			continue
		}
		if o.View != nil {
			t.more = t.viewMeta()
		}
		s := listing{usual: t.listed(), viewed: t.View != ""}
		if t.Variant != nil {
			s.varies, s.varied = t.Variant.For, t.varied().listed()
		}
		all[t.Name] = s
	}
	return all
}

// anyObject is the schema of any object.
var anyObject = json.RawMessage(`{"type":"object"}`)

// listed returns the tool for tools/list.
func (t Tool) listed() library.Tool {
	input, output := anyObject, json.RawMessage(nil)
	if t.Input != nil {
		input = t.Input()
	}
	if t.Output != nil {
		output = t.Output()
	}
	return library.Tool{
		Meta: t.meta(),
		Name: t.Name, Title: t.Title, Description: t.Description,
		RawInputSchema: input, RawOutputSchema: output,
		Annotations: library.ToolAnnotation{
			Title:           t.Title, // some clients read the title here
			ReadOnlyHint:    &t.ReadOnly,
			DestructiveHint: &t.Destructive,
			IdempotentHint:  &t.Idempotent,
			OpenWorldHint:   &t.OpenWorld,
		},
	}
}

// varied returns the tool with its variant.
func (t Tool) varied() Tool {
	t.Eager, t.SearchHint = false, ""
	if t.Variant.Input != nil {
		t.Input = t.Variant.Input
	}
	more := map[string]any{}
	maps.Copy(more, t.more)
	maps.Copy(more, t.Variant.Meta)
	t.more = more
	return t
}

// meta returns the fields in _meta, such as those for Anthropic's clients about loading and finding the tool; nil:
// none.
func (t Tool) meta() *library.Meta {
	fields := map[string]any{}
	maps.Copy(fields, t.more)
	if t.Eager {
		fields["anthropic/alwaysLoad"] = true
	}
	if t.SearchHint != "" {
		fields["anthropic/searchHint"] = t.SearchHint
	}
	if len(fields) == 0 {
		return nil
	}
	return library.NewMetaFromMap(fields)
}

// refuseCall stands in mcp-go for every tool. mcp-go gets only malformed calls, and refuses them before refuseCall.
func refuseCall(context.Context, library.CallToolRequest) (*library.CallToolResult, error) {
	return nil, errors.New("the call is malformed")
}

// libraryHandler serves s by the Streamable HTTP transport of mcp-go, without
// sessions and streams.
func libraryHandler(s *server.MCPServer, log *slog.Logger) http.Handler {
	return server.NewStreamableHTTPServer(s,
		server.WithStateLess(true),
		server.WithDisableStreaming(true),
		server.WithDisableLocalhostProtection(true), // see Server.Serve
		server.WithHTTPContextFunc(isolate(s)),
		server.WithStreamableHTTPLogger(log),
	)
}

// isolate gives every request its own session. mcp-go keeps the requests in progress by session and request id. With
// one session for all clients, a client that cancels its request 5 would end the request 5 of every client.
func isolate(s *server.MCPServer) server.HTTPContextFunc {
	return func(ctx context.Context, _ *http.Request) context.Context {
		return s.WithContext(ctx, ownSession{server.ClientSessionFromContext(ctx), rand.Text()})
	}
}

// ownSession is a session whose id nobody can guess. It has no optional abilities of the session inside it, because
// such abilities keep state under the id.
type ownSession struct {
	server.ClientSession
	id string
}

func (s ownSession) SessionID() string { return s.id }

// libraryAnswer is the ResponseWriter of mcp-go. Without Flush, mcp-go answers with one JSON text; a stream of mcp-go
// loses a notification just before the answer.
type libraryAnswer struct{ http.ResponseWriter }

// Write implements [http.ResponseWriter]. An error means that the client has left. Write hides the error: mcp-go
// would log a failure, and the log of requests has the error already.
func (a libraryAnswer) Write(b []byte) (int, error) {
	_, _ = a.ResponseWriter.Write(b)
	return len(b), nil
}
