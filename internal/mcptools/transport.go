package mcptools

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/parley-chat/parley/internal/meter"
)

// listsFresh is how long a client may keep a list, such as that of the tools,
// before it asks again. They are the same for everybody, and change only with a
// release.
const listsFresh = 5 * time.Minute

// NewServer returns an MCP server that has no tools yet, and the properties that
// every tool here counts on:
//
//   - a handler that panics or returns a Go error ends in a tool error with an id;
//     what happened is logged with that id and told to nobody;
//   - a call that came with a progress token reports progress as long as it runs;
//   - nothing can be subscribed to, so that no client can hold a request open by
//     listening; tasks and log levels do not exist.
func NewServer(version, instructions string, logger *slog.Logger) *server.MCPServer {
	hooks := &server.Hooks{}
	hooks.AddBeforeSubscriptionsListen(acknowledge)
	// The server's description of itself is repeated in every modern result, so
	// it is kept to a name, a title and a version.
	return server.NewMCPServer("parley", version,
		server.WithTitle("Parley"),
		server.WithInstructions(instructions),
		// Adding a tool would otherwise announce that the list may change, and
		// whoever listens for that is served for as long as it likes.
		server.WithToolCapabilities(false),
		server.WithCacheHints(listsFresh.Milliseconds(), mcp.CacheScopePublic),
		server.WithHooks(hooks),
		server.WithToolHandlerMiddleware(around(logger)),
	)
}

// NewHandler serves s by the Streamable HTTP transport, in both generations of
// the protocol, without sessions: nothing is kept from one request to the next,
// and no request can reach another one. It answers a POST with one JSON text,
// which whoever stands in front may turn into a stream (see [Stream]).
//
// Of a tool's arguments only the raw ones are promised to its handler.
//
// It must stand behind a check of Host and Origin and behind a limit on bodies:
// it has none of its own.
func NewHandler(s *server.MCPServer, logger *slog.Logger) http.Handler {
	h := server.NewStreamableHTTPServer(s,
		server.WithStateLess(true),
		server.WithDisableStreaming(true),
		server.WithDisableLocalhostProtection(true),
		server.WithHTTPContextFunc(isolate(s)),
		server.WithStreamableHTTPLogger(logger),
	)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "The body broke off before its end.", http.StatusBadRequest)
			return
		}
		if c := shortCall(s, r.Header, body); c != nil {
			serveShort(w, r, c, logger)
			return
		}
		p := &parking{}
		r = r.WithContext(context.WithValue(r.Context(), parkingKey{}, p))
		serve := func() {
			r.Body = io.NopCloser(bytes.NewReader(body))
			h.ServeHTTP(gate{w, p}, r)
		}
		serve()
		if p.rest != nil {
			p.result, p.err = p.rest(r.Context())
			p.done = true
			serve()
		}
	})
}

// work is what a tool does to come to its result.
type work func(context.Context) (*mcp.CallToolResult, error)

// Later lets a tool wait cheaply: the handler returns what Later returns, and
// rest then runs without mcp-go, which keeps a session, a goroutine and a deep
// stack for every request that it has not answered. When rest has its result,
// the request is put through mcp-go again, and the handler is not called.
//
// It pays for calls that may take seconds; it costs a fraction of a millisecond.
// rest must use the context that it is given: that of the handler has ended.
// Where nothing can be put off, rest runs at once. Where as many calls wait as may
// (see [meter.Options]), rest does not run, and the call is refused.
func Later(ctx context.Context, rest func(context.Context) (*mcp.CallToolResult, error)) (*mcp.CallToolResult, error) {
	p, ok := ctx.Value(parkingKey{}).(*parking)
	if !ok {
		return counted(rest)(ctx)
	}
	p.rest = counted(rest)
	return &mcp.CallToolResult{}, nil
}

// parking is where a request waits for the rest of its tool's work.
type parking struct {
	rest   work // nil: there is none
	done   bool
	result *mcp.CallToolResult
	err    error
}

type parkingKey struct{}

// gate lets an answer through unless it is to come later. It has no Flush, so
// that mcp-go gives one JSON text; its own streaming loses a notification that is
// sent just before the answer.
type gate struct {
	http.ResponseWriter
	p *parking
}

func (g gate) shut() bool { return g.p.rest != nil && !g.p.done }

func (g gate) WriteHeader(status int) {
	if !g.shut() {
		g.ResponseWriter.WriteHeader(status)
	}
}

func (g gate) Write(b []byte) (int, error) {
	if !g.shut() {
		// mcp-go would log as an error that a client has gone. Nobody is left to
		// tell, and the line of the request says it.
		_, _ = g.ResponseWriter.Write(b)
	}
	return len(b), nil
}

// isolate gives every request a session of its own. mcp-go files requests in
// progress under session and request id; without sessions all clients would
// share that file, and one client's "cancelled" for its request 5 would end
// everybody's.
func isolate(s *server.MCPServer) server.HTTPContextFunc {
	return func(ctx context.Context, _ *http.Request) context.Context {
		return s.WithContext(ctx, ownSession{server.ClientSessionFromContext(ctx), rand.Text()})
	}
}

// ownSession is a session that nobody can name. It has none of the optional
// abilities of the one inside it, since those keep state by a session's name.
type ownSession struct {
	server.ClientSession
	id string
}

func (s ownSession) SessionID() string { return s.id }

// Stream is the answer under way, where the client takes a stream of events.
// Its methods may be called at any time and from any goroutine; once the answer
// has begun they do nothing.
type Stream interface {
	// Send writes a JSON-RPC message ahead of the answer.
	Send(message []byte)
	// OnBeat makes next the source of the JSON-RPC messages that keep the
	// connection alive. Until it is called a beat is a comment, which no program
	// sees. next is not called twice at once.
	OnBeat(next func() []byte)
}

type streamKey struct{}

// WithStream returns a context in which the tools' calls reach s.
func WithStream(ctx context.Context, s Stream) context.Context {
	return context.WithValue(ctx, streamKey{}, s)
}

func streamFrom(ctx context.Context) (Stream, bool) {
	s, ok := ctx.Value(streamKey{}).(Stream)
	return s, ok
}

// notification is a JSON-RPC notification from us.
type notification struct {
	JSONRPC string `json:"jsonrpc"`
	Method  string `json:"method"`
	Params  any    `json:"params"`
}

// encode returns the notification's JSON, or nil if params has none.
func encode(method string, params any) []byte {
	text, err := json.Marshal(notification{mcp.JSONRPC_VERSION, method, params})
	if err != nil {
		return nil
	}
	return text
}

type progressParams struct {
	Token    any    `json:"progressToken"`
	Progress int    `json:"progress"`
	Message  string `json:"message"`
}

// reportProgress makes the beats of a call's stream progress notifications, if
// the call asks for them: some clients end a call that has shown no progress for
// a minute. They carry nothing, so that none is missed when a call ends first.
func reportProgress(next server.ToolHandlerFunc) server.ToolHandlerFunc {
	return func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		stream, ok := streamFrom(ctx)
		if ok && r.Params.Meta != nil {
			switch token := r.Params.Meta.ProgressToken.(type) {
			case string, float64:
				beats := 0
				stream.OnBeat(func() []byte {
					beats++
					return encode("notifications/progress", progressParams{token, beats, "waiting"})
				})
			}
		}
		return next(ctx, r)
	}
}

// acknowledge answers a request to listen as the specification asks, first of
// all and with the list of what will be sent: nothing. (mcp-go's own
// acknowledgement is lost, for want of a stream.)
func acknowledge(ctx context.Context, id any, _ *mcp.SubscriptionsListenRequest) {
	if stream, ok := streamFrom(ctx); ok {
		stream.Send(encode(mcp.MethodNotificationSubscriptionsAcknowledged, map[string]any{
			"_meta":         map[string]any{mcp.MetaKeySubscriptionID: id},
			"notifications": struct{}{},
		}))
	}
}

// around is what stands around every tool's handler, on every way to it.
func around(logger *slog.Logger) server.ToolHandlerMiddleware {
	return func(next server.ToolHandlerFunc) server.ToolHandlerFunc {
		return contain(logger)(reportProgress(next))
	}
}

// contain makes every tool's handler, and what it leaves for later, safe.
func contain(logger *slog.Logger) server.ToolHandlerMiddleware {
	return func(next server.ToolHandlerFunc) server.ToolHandlerFunc {
		return func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			p, ok := ctx.Value(parkingKey{}).(*parking)
			if ok && p.done {
				return p.result, p.err
			}
			meter.From(ctx).Begin(r.Params.Name)
			handle := func(ctx context.Context) (*mcp.CallToolResult, error) { return next(ctx, r) }
			result, err := safely(handle, logger, r.Params.Name)(ctx)
			if ok && p.rest != nil {
				p.rest = settled(safely(p.rest, logger, r.Params.Name), r.Params.RawArguments)
				return result, err
			}
			settle(ctx, r.Params.RawArguments, result)
			return result, err
		}
	}
}

// safely turns what a tool should never do, a panic or a Go error, into a tool
// error with an id to quote. Both would otherwise show their insides. A wait
// spends its time inside of this: what is rare is kept out of its stack frame.
func safely(do work, logger *slog.Logger, tool string) work {
	return func(ctx context.Context) (result *mcp.CallToolResult, err error) {
		defer func() {
			if v := recover(); v != nil {
				id := newID()
				LogPanic(ctx, logger, id, v)
				result, err = internalError(id), nil
			}
		}()
		if result, err = do(ctx); err != nil {
			return failed(ctx, logger, tool, err), nil
		}
		return result, nil
	}
}

func failed(ctx context.Context, logger *slog.Logger, tool string, err error) *mcp.CallToolResult {
	id := newID()
	if ctx.Err() == nil { // otherwise the client has gone, and that is all
		logger.ErrorContext(ctx, "a tool failed", "id", id, "tool", tool, "error", err)
	}
	return internalError(id)
}

// newID names an incident, in 60 random bits.
func newID() string { return rand.Text()[:12] }

func internalError(id string) *mcp.CallToolResult {
	message := fmt.Sprintf("Something went wrong inside the server and has been logged. Repeat the call once; if it fails again, tell the person you work for to quote the id %s to whoever runs this server.", id)
	return &mcp.CallToolResult{
		IsError: true,
		Content: []mcp.Content{mcp.NewTextContent("internal: " + message)},
		StructuredContent: struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			ID      string `json:"id"`
		}{"internal", message, id},
	}
}

// LogPanic logs the recovered value v with the stack, under the id that the
// client is told. Call it in the deferred function that recovered. Of a value
// that is not the runtime's own only the type is logged: it might hold what
// somebody wrote.
func LogPanic(ctx context.Context, logger *slog.Logger, id string, v any) {
	what := fmt.Sprintf("%T", v)
	if fault, ok := v.(runtime.Error); ok {
		what = fault.Error()
	}
	logger.ErrorContext(ctx, "panic", "id", id, "panic", what, "stack", string(debug.Stack()))
}
