// Package mcp serves the Model Context Protocol over HTTP in both of its generations, 2025 and 2026-07-28, without
// sessions: the server keeps nothing from one request to the next. A request reaches another request only to end a wait
// of the same caller.
//
// The one idea is a short path for calls of tools, which are nearly all requests. [Parse] reads the envelope of a
// message once. A well-formed tools/call goes from Parse to the tool by [Do], and the package writes the answer, so a
// call that waits for minutes holds nothing but its own stack. The package also answers the methods of MCP Events,
// since mcp-go has none (see [Events]), and reads of the document of a [View], since mcp-go would copy the document
// several times. Everything else, such as initialize, tools/list and every malformed request, goes to mcp-go. A test
// compares the answers to calls with the answers of mcp-go.
//
// The package knows neither rooms nor the single tools.
package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"

	library "github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
)

// Tool is a tool: what clients see, and the work of a call.
type Tool struct {
	Name, Title, Description string

	// Input and Output return JSON schemas. The server calls them when a client lists the tools: making the schemas
	// takes a twentieth of a start on Lambda. Without Input the tool takes any object.
	Input, Output func() json.RawMessage

	ReadOnly    bool // changes nothing that others see, apart from presence
	Destructive bool // may take something from somebody, also from its caller, for good
	Idempotent  bool // repeating the call adds nothing
	OpenWorld   bool // brings words of its caller to others, or calls an address

	// Some clients show a model only the tools that the model searches for. Eager asks such clients to show the tool
	// from the start, and SearchHint holds words that should find the tool.
	Eager      bool
	SearchHint string

	// Compress says that no field of a result holds a secret: see [AllowCompression].
	Compress bool

	// Hidden leaves the tool out of the list, for a tool that programs call and models do not.
	Hidden bool

	// View is the URI of the view in which clients show the results, as in Options.View; "": in no view. The list
	// leaves the tool out for a client that shows no views.
	View string

	// Variant is how the list shows the tool to some clients; nil: to all as above.
	Variant *Variant

	// Call is the [Work] of one call, with the arguments of the call, which may be any JSON or nil. Many goroutines
	// call it at once.
	Call func(ctx context.Context, arguments json.RawMessage, r *Record) (any, error)

	more map[string]any // in _meta, beside the fields for all servers and clients
}

// Variant is a tool as some clients see it. These clients know neither Eager nor SearchHint.
type Variant struct {
	For   func(Client) bool      // the clients. Progress is not known of a client that only lists
	Input func() json.RawMessage // the schema in the variant; nil: the schema for all
	Meta  map[string]any         // fields of _meta in the variant, beside the fields for all
}

// Options of a server.
type Options struct {
	Version      string
	Instructions func(Client) string // for the model, when a client connects; nil: none
	Tools        []Tool
	Prompts      []Prompt
	Resources    *Resources   // nil: there are none
	View         *View        // nil: there is none
	Events       *Events      // nil: there are none
	Log          *slog.Logger // nil: slog.Default()

	// Charge counts a request that is no call of a tool for the limits of its caller, or refuses the request with a
	// [fault.Error]. A tool counts its own calls. Nil: such requests have no limit.
	Charge func(context.Context) error
}

// Server serves MCP. Many goroutines may call it at once.
type Server struct {
	tools map[string]*Tool
	self  json.RawMessage // resultMeta
	rest  http.Handler    // mcp-go
	log   *slog.Logger

	charge func(context.Context) error // nil: there are no limits

	waits   openWaits
	readers *readers             // nil: nobody reads resources, apart from views
	view    *viewer              // nil: there is none
	events  map[string]eventWork // by method; nil: there are no events
}

// NewServer returns a server with the tools, prompts, resources, events and view of o. The server has nothing to
// listen to, so no client can hold a request open; it has no tasks and no log levels.
func NewServer(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &Server{
		tools: make(map[string]*Tool, len(o.Tools)),
		self: results.JSON(resultMeta{library.Implementation{
			Name: serverName, Title: serverTitle, Version: o.Version}}),
		rest: libraryHandler(newLibrary(o), o.Log),
		log:  o.Log, charge: o.Charge,
	}
	for _, t := range o.Tools {
		s.tools[t.Name] = &t
	}
	if o.Resources != nil {
		s.readers = newReaders(o)
	}
	if o.View != nil {
		s.view = newViewer(*o.View)
	}
	if o.Events != nil {
		s.events = o.Events.methods()
	}
	return s
}

// Serve answers the POST r, with m as the body, with one JSON text. The caller may turn the text into a stream (see
// [Stream]). Serve writes nothing if the client has left. The caller must check Host and Origin, and limit bodies:
// Serve does not.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request, m *Message) {
	if c := s.callFrom(r.Header, m); c != nil {
		s.serveCall(w, r, c)
		return
	}
	if refused := s.chargeOther(r.Context(), m); refused != nil {
		refuseForNow(w, m, refused)
		return
	}
	if c := s.eventCallFrom(r.Header, m); c != nil {
		s.serveEvent(w, r, c)
		return
	}
	if c := s.resourceCallFrom(r, m); c != nil {
		s.serveResource(w, c)
		return
	}
	if m.ID == nil && m.Method == cancelled {
		s.cancel(r.Context(), m) // mcp-go answers m
	}
	if slices.Contains(constantMethods, m.Method) {
		AllowCompression(w.Header())
	}
	header, unknown := negotiable(r.Header, m)
	if unknown != "" {
		refuseVersion(w, m, unknown)
		return
	}
	if s.events != nil {
		w = advertisement{w}
	}
	r = r.WithContext(context.WithValue(withClient(r, nil), listenID{}, m.ID))
	r.Header = header
	r.Body = io.NopCloser(bytes.NewReader(m.body))
	if m.ID != nil && absent(m.result) { // a response is no request of a client
		w, r.Body = m.WithStandIn(w, m.Method, m.params.raw)
	}
	if s.readers != nil && s.readers.of(ClientFrom(r.Context())) {
		s.readers.serve(libraryAnswer{w}, r, m.Method)
		return
	}
	s.rest.ServeHTTP(libraryAnswer{w}, r)
}

// chargeOther charges a request that is no well-formed call of a tool. A client that connects or asks whether the
// server is there must hear even if its caller has spent its budget, and a notification has no answer that says when.
func (s *Server) chargeOther(ctx context.Context, m *Message) (refused *fault.Error) {
	if s.charge == nil || m.ID == nil || m.Method == string(library.MethodInitialize) ||
		m.Method == string(library.MethodPing) {
		return nil
	}
	errors.As(s.charge(ctx), &refused)
	return refused
}

// refuseForNow refuses a request that is beyond a limit.
func refuseForNow(w http.ResponseWriter, m *Message, refused *fault.Error) {
	seconds := fault.Seconds(refused.RetryAfter)
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	respond(w, http.StatusOK, m.ID, nil, &library.JSONRPCErrorDetails{Code: CodeRefused, Message: refused.Message,
		Data: map[string]any{"code": refused.Code, "retry_after_seconds": seconds}})
}
