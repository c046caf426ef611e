// Package httpapi is the HTTP side of the server: the routes, the checks of requests, and the stream that keeps a long
// answer alive. It knows HTTP and decides nothing about rooms: it has types of package chat for what its options
// return, and which address of a room a request came to.
//
// A POST to /mcp passes, in this order:
//
//   - the account and the recovery from panics: beginExchange, endExchange;
//   - the guard against circles, foreign hosts and foreign origins: answeredByGuard;
//   - its route: lead, newRoutes;
//   - the admission of its caller: admit;
//   - the checks of its headers (content type, accept, size), its body and the parse of its message: receive;
//   - the stream that keeps the answer alive: serveStream;
//   - Options.MCP.
package httpapi

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/api/a2a"
	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/auth/oauth"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/web"
)

// DefaultKeepAlive and DefaultMaxBody apply if the options are not set.
const (
	DefaultKeepAlive       = 15 * time.Second
	DefaultMaxBody   int64 = 256 << 10 // bytes
)

// MCPPath is where MCP is served.
const MCPPath = "/mcp"

// Options of a handler.
type Options struct {
	// MCP answers a POST to MCPPath whose message m has passed every check. The answer must be one JSON text.
	MCP func(w http.ResponseWriter, r *http.Request, m *mcp.Message)
	// Tools are those that an agent may call without MCP.
	Tools []mcp.Tool
	// Standby answers a wait at StandbyPath. Nil means that there is no such address.
	Standby func(context.Context, chat.WaitRequest) tools.Standby
	// News answers a call at NewsPath. Nil means that there is no such address.
	News func(context.Context, tools.NewsAsked, tools.Admission) mcp.Outcome
	// Upload receives the bytes of a file at an address that share_file gave. Nil means that there are no addresses of
	// files, for downloads neither.
	Upload func(ctx context.Context, code string, body io.Reader) tools.Uploaded
	// LookAtUpload returns what the address of an upload takes, for a person who opens the address.
	LookAtUpload func(ctx context.Context, code string) (chat.UploadView, error)
	// Download returns the file at an address that get_file gave.
	Download func(ctx context.Context, ticket string) (chat.Download, error)
	// A2A answers a call of A2A at p that has passed every check. If the answer is a stream, A2A must send the header
	// at once. Nil means that there are no addresses of A2A.
	A2A func(w http.ResponseWriter, r *http.Request, m *mcp.Message, p a2a.Place)
	// Card returns the card of the agent at p, whose calls go to the URL rpc.
	Card func(ctx context.Context, p a2a.Place, rpc string) ([]byte, error)
	// Gate admits callers by a key, an invite or the token of a seat. Nil: there are no such routes, and everybody may
	// use MCPPath, the tools beside it and StandbyPath.
	Gate *access.Gate
	// SignIn lets programs sign in that cannot send a key. Nil: no program can.
	SignIn *oauth.Server
	// Version is that of the server, for its card.
	Version string
	// OpenAIChallenge is the text that proves to OpenAI who owns the domain; "": there is none.
	OpenAIChallenge string
	// Keys says that the gate must admit each caller at MCPPath, the tools beside it and StandbyPath.
	Keys bool
	// ChargeBytes counts bytes of the page, or of a text or a card in its place, for the limits of the caller, or
	// refuses them. Nil: such bytes have no limit.
	ChargeBytes func(ctx context.Context, bytes int) error
	// Ready returns nil if the service can do its work now. It must return when its context ends, after two seconds. A
	// nil Ready means always ready.
	Ready func(context.Context) error
	// Logger gets a line for each request, without bodies, queries, headers and paths that are no route. Nil means no
	// log.
	Logger *slog.Logger
	// Meter accounts for the requests, and refuses bodies beyond its limit. Nil means a Meter without limits.
	Meter *meter.Meter
	// Page is what browsers get; nil for nothing.
	Page *web.Site
	// Clock is nil for the system's clock.
	Clock clockwork.Clock
	// KeepAlive is the longest silence in the stream of an answer.
	KeepAlive time.Duration
	// MaxBody is the largest body of a request, in bytes.
	MaxBody int64
	// Hosts are host names, without port, to which requests over a loopback connection may be addressed, beside the
	// names of the loopback: names of a proxy on this machine that passes the client's Host header on.
	Hosts []string
	// Origins are the web origins ("https://example.org") whose pages may call, or "*" for all. The page of this server
	// may always call, and pages of this machine over a loopback connection. Only browsers send an origin.
	Origins []string
	// Private says that only this machine can reach the server: the server listens on loopback addresses only, and has
	// no public address. Then callers are ident.Local, unless TrustProxy or Hosts says that there is a proxy.
	Private bool
	// Address is the public address of MCP; "": the address of the request.
	Address string
	// Deployed returns the address at which a request arrived, by its context, as the cloud of the operator says it and
	// not the caller; "" if the cloud says none. The card has it where there is no Address. Nil: there is no cloud.
	Deployed func(context.Context) string
	// Reachable is the host and port by which other machines reach a server that also listens on loopback addresses.
	// Callers on this machine get the address with Reachable; "": with the host that they use.
	Reachable string
	// TrustProxy says that every request comes through a proxy that appends the client's address to the header
	// X-Forwarded-For. Without such a proxy, any client could choose the address by which limits count.
	TrustProxy bool
}

// server is the handler that New returns.
type server struct {
	Options
	bodyTimeout  time.Duration // for a body to arrive
	writeTimeout time.Duration // for the client to read a part of an answer, or all of an asset
	bodies       arrivingBodies
	uploads      *meter.Places
	downloads    *meter.Places
	zippers      zippers
	origins      origins
	routes       []route
}

// New returns the handler of all routes. The handler serves any number of requests at once, over net/http or another
// server with the same contract: if a client does not read its answer, the context of the request ends.
func New(o Options) http.Handler {
	if o.Ready == nil {
		o.Ready = func(context.Context) error { return nil }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Meter == nil {
		o.Meter = meter.New(meter.Options{})
	}
	if o.Clock == nil {
		o.Clock = clockwork.NewRealClock()
	}
	if o.KeepAlive <= 0 {
		o.KeepAlive = DefaultKeepAlive
	}
	if o.MaxBody <= 0 {
		o.MaxBody = DefaultMaxBody
	}
	o.Hosts, o.Origins = lowered(o.Hosts), lowered(o.Origins)
	o.Private = o.Private && !o.TrustProxy && len(o.Hosts) == 0
	s := &server{Options: o, bodyTimeout: 30 * time.Second, writeTimeout: 10 * time.Second, zippers: newZippers(),
		origins:   newOrigins(o),
		uploads:   meter.NewPlaces(api.MaxUploads, api.MaxUploads/api.PartOfCaller),
		downloads: meter.NewPlaces(api.MaxDownloads, api.MaxDownloads/api.PartOfCaller)}
	s.routes = s.newRoutes()
	return s
}

func lowered(names []string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = strings.ToLower(name)
	}
	return list
}

// NewServer returns an HTTP/1.1 server for h with limits against slow and silent clients. Answers have no time limit,
// because a wait may last minutes; the handler of New limits each read of a body and each write to a stream. On
// shutdown, bodies have a second left to arrive.
func NewServer(h http.Handler, logger *slog.Logger) *http.Server {
	httpServer := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	if s, ok := h.(*server); ok {
		httpServer.RegisterOnShutdown(s.bodies.expireSoon)
	}
	return httpServer
}

// ServeHTTP leads a request to its route, in the order of the package's comment. There are no sessions, and MCP answers
// no GET.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	protect(w.Header())
	ex := s.beginExchange(w)
	defer s.endExchange(ex, r)
	ex.setReadDeadline(time.Now().Add(s.bodyTimeout))
	if s.answeredByGuard(ex, r) {
		return
	}
	if route := s.SignIn.RouteOf(r.URL.Path); route != oauth.None {
		s.serveSignIn(ex, r, route)
		return
	}
	s.lead(ex, r)
}

func (ex *exchange) nothingHere() {
	ex.text(http.StatusNotFound, "There is nothing at this address. MCP is served at "+MCPPath+
		"; the page at / says how to add it to a client.\n")
}

// answeredWrongMethod refuses a request whose method is not one of allowed. It returns true if it has answered.
func (ex *exchange) answeredWrongMethod(r *http.Request, allowed ...string) bool {
	if slices.Contains(allowed, r.Method) {
		return false
	}
	list := strings.Join(allowed, ", ")
	ex.Header().Set("Allow", list)
	ex.refuse(http.StatusMethodNotAllowed, codeRefused, "This address takes "+list+" only.")
	return true
}

// overLoopback reports whether the request came over a connection within this machine.
func overLoopback(r *http.Request) bool {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if tcp, is := addr.(*net.TCPAddr); is { // of nearly every request
		return tcp.IP.IsLoopback()
	}
	return ok && isLoopback(addr.String())
}
