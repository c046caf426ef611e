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

// The names of the server. mcp-go repeats them in every result of protocol version 2026-07-28, so
// they are short.
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

// introduce has the server tell a client that connects what it may show to people: its website, and its
// icon. No other result repeats them. The icon carries its bytes, since a server may have many addresses. Its
// model gets the instructions for that client.
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

// listsFresh is how long a client may use a list, such as that of the tools, before
// it asks again. Lists change only with a release. They are marked as private, since some clients
// see others: see [Variant].
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
		// Without this, adding a tool announces that the list may change, and a
		// client that listens for changes is served for as long as it likes.
		server.WithToolCapabilities(false),
		server.WithCacheHints(listsFresh.Milliseconds(), library.CacheScopePrivate),
		server.WithHooks(hooks),
	)
	for _, t := range o.Tools { // mcp-go decodes each schema that it is given, at every start
		s.AddTool(library.Tool{Name: t.Name, RawInputSchema: anyObject}, refuseCall)
	}
	addPrompts(s, o.Prompts)
	if o.Events != nil {
		server.WithExtensions(map[string]any{eventsExtension: struct{}{}})(s) // see advertisement
	}
	return s
}

// listTools puts what clients see of tools into each list, and takes the hidden ones out. Who shows no views does not
// see the tools of views.
// WithToolFilter would make mcp-go say of a malformed call that there is no such tool.
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
	viewed        bool              // its results are shown in a view
	varies        func(Client) bool // these clients see varied; nil: none does
}

// listingsOf returns the tools that are not hidden, by their names.
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

// listed is the tool as tools/list shows it.
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
			Title:           t.Title, // some clients read it here
			ReadOnlyHint:    &t.ReadOnly,
			DestructiveHint: &t.Destructive,
			IdempotentHint:  &t.Idempotent,
			OpenWorldHint:   &t.OpenWorld,
		},
	}
}

// varied is the tool as its variant shows it.
func (t Tool) varied() Tool {
	if t.Variant.Input != nil {
		t.Input = t.Variant.Input
	}
	more := map[string]any{}
	maps.Copy(more, t.more)
	maps.Copy(more, t.Variant.Meta)
	t.more = more
	return t
}

// meta is what some clients read about the tool, such as those of Anthropic about loading and
// finding it; nil if there is nothing to say.
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

// refuseCall stands in mcp-go for every tool. mcp-go gets only calls that it
// refuses by itself, and never comes to it.
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

// isolate gives every request a session of its own. mcp-go files the requests in
// progress under session and request id. Without sessions all clients would share
// these files, and a client that cancels its request 5 would end everybody's.
func isolate(s *server.MCPServer) server.HTTPContextFunc {
	return func(ctx context.Context, _ *http.Request) context.Context {
		return s.WithContext(ctx, ownSession{server.ClientSessionFromContext(ctx), rand.Text()})
	}
}

// ownSession is a session whose id nobody can guess. It has none of the optional
// abilities of the session inside it, because those keep state under the id.
type ownSession struct {
	server.ClientSession
	id string
}

func (s ownSession) SessionID() string { return s.id }

// libraryAnswer is what mcp-go writes to. It has no Flush, so that mcp-go answers with one
// JSON text; its own stream loses a notification that is sent just before the
// answer.
type libraryAnswer struct{ http.ResponseWriter }

// Write implements [http.ResponseWriter]. It hides an error, which means that the
// client has left: mcp-go would log it as a failure, and the log of requests says it
// already.
func (a libraryAnswer) Write(b []byte) (int, error) {
	_, _ = a.ResponseWriter.Write(b)
	return len(b), nil
}
