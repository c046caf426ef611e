package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	library "github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/base/sanitize"
)

// View is a page that clients show in a conversation as the result of a tool with this view: see [Tool]. The page
// stands in a frame that reaches only the client (MCP Apps, SEP-1865).
type View struct {
	// URI is "ui://" and a text with a hyphen. The part after the last hyphen changes with the document, since
	// clients keep documents by URI. An old conversation names an old URI: a URI with any last part reads today's
	// document.
	URI string

	Name, Title, Description string // of the view, in lists

	// Document returns the whole page in HTML. The server calls Document once, for the first client that reads the
	// page.
	Document func() string
}

// viewExtension names MCP Apps among the capabilities of clients and servers.
const viewExtension = "io.modelcontextprotocol/ui"

// viewMedia is the type of a view's document.
const viewMedia = "text/html;profile=mcp-app"

// viewScheme begins the URIs of views and no other URI (SEP-1865, "Reservations in MCP").
const viewScheme = "ui://"

// viewFresh is how long a client may use the document of the view's own URI. Another document has another URI.
// viewFresh is below the longest timer in JavaScript, 2^31 ms.
const viewFresh = 7 * 24 * time.Hour

// showsViews reports whether a client's capabilities name the extension with the type of views.
func showsViews(c library.ClientCapabilities) bool {
	settings, _ := c.Extensions[viewExtension].(map[string]any)
	media, _ := settings["mimeTypes"].([]any)
	return slices.Contains(media, any(viewMedia))
}

// announceViews tells a client that shows views about the view. It tells no other client about resources, because
// some clients give their model tools for resources as soon as a server has any. The server serves the view to every
// client: some clients show views and name no extension.
func announceViews(hooks *server.Hooks) {
	announce := func(c *library.ServerCapabilities) {
		extensions := map[string]any{viewExtension: struct{}{}}
		maps.Copy(extensions, c.Extensions) // of mcp-go, the same for every answer
		c.Extensions = extensions
		if c.Resources == nil {
			c.Resources = fresh(c.Resources)
		}
	}
	hooks.AddAfterInitialize(func(_ context.Context, _ any, q *library.InitializeRequest, r *library.InitializeResult) {
		if showsViews(q.Params.Capabilities) {
			announce(&r.Capabilities)
		}
	})
	hooks.AddAfterDiscover(func(ctx context.Context, _ any, _ *library.DiscoverRequest, r *library.DiscoverResult) {
		c := capabilitiesOf(ctx)
		if c != nil && showsViews(*c) {
			announce(&r.Capabilities)
		}
	})
}

// fresh returns a new value of the type T, for a type without a name.
func fresh[T any](*T) *T { return new(T) }

// withoutViews reports whether a request names capabilities without views. A request of a version before 2026-07-28
// names no capabilities.
func withoutViews(ctx context.Context) bool {
	c := capabilitiesOf(ctx)
	return c != nil && !showsViews(*c)
}

// capabilitiesOf returns the client's capabilities in the request of ctx; nil for a version before 2026-07-28.
func capabilitiesOf(ctx context.Context) *library.ClientCapabilities {
	about := server.RequestProtocolInfoFromContext(ctx)
	if about == nil {
		return nil
	}
	return about.ClientCapabilities
}

// viewMeta returns the fields in _meta of a tool of a server with a view: the view for the results of the tool, or
// that no view may call the tool.
func (t Tool) viewMeta() map[string]any {
	if t.View != "" {
		return map[string]any{"ui": map[string]any{"resourceUri": t.View}}
	}
	return map[string]any{"ui": map[string]any{"visibility": []string{"model"}}}
}

// viewer answers requests about a view.
type viewer struct {
	uri, family string          // family begins the URIs of all documents of the view
	resources   json.RawMessage // for resources/list
	document    func() []byte   // as a JSON string
}

func newViewer(v View) *viewer {
	return &viewer{
		uri: v.URI, family: v.URI[:strings.LastIndexByte(v.URI, '-')+1],
		resources: results.JSON([]library.Resource{{URI: v.URI, Name: v.Name, Title: v.Title,
			Description: v.Description, MIMEType: viewMedia}}),
		document: sync.OnceValue(func() []byte { return results.JSON(v.Document()) }),
	}
}

// The methods that list resources and templates of their URIs.
const (
	resourcesList = string(library.MethodResourcesList)
	templatesList = string(library.MethodResourcesTemplatesList)
)

// resourceCall is a well-formed request about resources that this package answers without mcp-go.
type resourceCall struct {
	id     json.RawMessage
	method string
	uri    string // of the resource to read
	modern bool   // of protocol version 2026-07-28 or later
}

// resourceCallFrom returns m as a request about resources; nil if m is another method, is about the resources in
// Options.Resources, or is so malformed that mcp-go refuses m.
func (s *Server) resourceCallFrom(r *http.Request, m *Message) *resourceCall {
	if s.view == nil || m.ID == nil || !absent(m.result) {
		return nil
	}
	uri := ""
	reads := s.readers != nil && s.readers.of(Client{Agent: r.UserAgent()})
	switch m.Method {
	case resourcesList: // no list has the resources of readers
		reads = false
	case templatesList:
	case resourcesRead:
		uri = uriOf(m)
		reads = reads && !strings.HasPrefix(uri, viewScheme)
	default:
		return nil
	}
	meta, _ := metaFrom(m.params.meta) // a _meta that is no object says nothing here
	modern, ok := generation(r.Header, meta, m.Method)
	if reads || !ok || modern && m.Method == resourcesRead && !named(r.Header, uri) {
		return nil
	}
	return &resourceCall{m.ID, m.Method, uri, modern}
}

// uriOf returns the URI in m; "" if there is none.
func uriOf(m *Message) string {
	var params struct {
		URI string `json:"uri"`
	}
	_ = json.Unmarshal(m.params.raw, &params)
	return params.URI
}

// serveResource answers c.
func (s *Server) serveResource(w http.ResponseWriter, c *resourceCall) {
	switch {
	case c.method == resourcesList:
		s.answerList(w, c, "resources", s.view.resources)
	case c.method == templatesList: // clients with resources ask for templates, too
		s.answerList(w, c, "resourceTemplates", json.RawMessage(`[]`))
	case strings.HasPrefix(c.uri, s.view.family):
		AllowCompression(w.Header())
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(s.viewResponse(c)) // fails only if the client has left
	case c.modern:
		respond(w, http.StatusBadRequest, c.id, nil, noResource(library.INVALID_PARAMS, c.uri))
	default:
		respond(w, http.StatusOK, c.id, nil, noResource(library.RESOURCE_NOT_FOUND, c.uri))
	}
}

// answerList answers c with a list of one page, without a cursor.
func (s *Server) answerList(w http.ResponseWriter, c *resourceCall, name string, list json.RawMessage) {
	result := map[string]any{name: list}
	if c.modern {
		result["_meta"], result["resultType"] = s.self, library.ResultTypeComplete
		result["ttlMs"], result["cacheScope"] = listsFresh.Milliseconds(), library.CacheScopePrivate
	}
	respond(w, http.StatusOK, c.id, result, nil)
}

// noResource returns the error for an unknown URI.
func noResource(code int, uri string) *library.JSONRPCErrorDetails {
	return &library.JSONRPCErrorDetails{Code: code, Data: map[string]any{"uri": uri},
		Message: "There is no resource " + sanitize.Quote(uri) + " here. Read one that resources/list names."}
}

// viewResponse returns the answer to a read of the document, and copies the document once.
func (s *Server) viewResponse(c *resourceCall) []byte {
	document, uri := s.view.document(), results.JSON(c.uri)
	b := make([]byte, 0, 512+len(document)+len(uri)+len(s.self))
	b = append(append(b, `{"jsonrpc":"2.0","id":`...), c.id...)
	b = append(b, `,"result":{`...)
	if c.modern {
		b = append(append(append(b, `"_meta":`...), s.self...), `,"resultType":"complete",`...)
		b = append(append(b, s.view.freshness(c.uri)...), ',')
	}
	b = append(append(b, `"contents":[{"uri":`...), uri...)
	b = append(append(b, `,"mimeType":"`+viewMedia+`","text":`...), document...)
	return append(b, `,"_meta":{"ui":{"csp":{},"prefersBorder":true}}}]}}`+"\n"...)
}

// freshness returns how long a client may use the document at uri. At a URI other than today's, the document changes
// with the next release.
func (v *viewer) freshness(uri string) string {
	lasts := listsFresh
	if uri == v.uri {
		lasts = viewFresh
	}
	return fmt.Sprintf(`"ttlMs":%d,"cacheScope":"%s"`, lasts.Milliseconds(), library.CacheScopePublic)
}
