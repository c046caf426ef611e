// Package httpapi is the HTTP side of the server: the routes, the checks that a request
// passes before anything acts on it, and the stream that keeps a long answer alive. It
// knows HTTP and nothing about rooms.
//
// A POST to /mcp passes, in this order: log and recover, the guard (circles, host, origin), the
// admission of its caller, the checks of the request (content type, accept, size), the
// parse of its message, the keep-alive stream, the MCP server.
package httpapi

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"

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
	// MCP answers a POST to MCPPath whose message m has passed every check. It must
	// answer with one JSON text.
	MCP func(w http.ResponseWriter, r *http.Request, m *mcp.Message)
	// Standby answers a wait at StandbyPath. Nil means that there is no such address.
	Standby func(context.Context, chat.WaitRequest) tools.Standby
	// Upload takes the bytes that are put at an address that share_file gave. Nil means that there
	// is no such address, and none for downloads.
	Upload func(ctx context.Context, code string, body io.Reader) tools.Uploaded
	// LookAtUpload says what such an address takes, for a person who opens it.
	LookAtUpload func(ctx context.Context, code string) (chat.UploadView, error)
	// Download returns the file at an address that get_file gave.
	Download func(ctx context.Context, ticket string) (chat.Download, error)
	// A2A answers a call of A2A that came in at p and has passed every check. If it answers with a
	// stream, it says so at once. Nil means that there are no such addresses.
	A2A func(w http.ResponseWriter, r *http.Request, m *mcp.Message, p a2a.Place)
	// Card returns the card of the agent at p, whose calls go to the URL rpc.
	Card func(ctx context.Context, p a2a.Place, rpc string) ([]byte, error)
	// Gate says who is admitted by a key, an invite or the token of a seat. Nil: nobody
	// is, and everybody may use MCPPath and StandbyPath.
	Gate *access.Gate
	// SignIn is where programs sign in that cannot send a key. Nil means that none does.
	SignIn *oauth.Server
	// OpenAIChallenge is the text by which OpenAI sees whose domain it is; "": there is none.
	OpenAIChallenge string
	// Keys says that MCPPath and StandbyPath are only for those that the gate admits.
	Keys bool
	// Fetch counts so many bytes of the page that the caller gets without a call, or refuses
	// them. Nil: they are not counted.
	Fetch func(ctx context.Context, bytes int) error
	// Ready returns nil if the service can do its work now. It must return when
	// its context ends, after two seconds. Nil means always ready.
	Ready func(context.Context) error
	// Logger gets a line for each request. It never gets a body, a query, a header
	// or a path that is not a route. Nil means no log.
	Logger *slog.Logger
	// Meter accounts for the requests and refuses bodies beyond its limit. Nil means
	// one without limits.
	Meter *meter.Meter
	// Page is what browsers get; nil for nothing.
	Page *web.Site
	// Clock is nil for the system's clock.
	Clock clockwork.Clock
	// KeepAlive is the longest silence in the stream of an answer.
	KeepAlive time.Duration
	// MaxBody is the largest body of a request, in bytes.
	MaxBody int64
	// Hosts are host names, without port, that requests over a loopback connection may
	// be addressed to, beside those of the loopback itself: the names of a proxy on this
	// machine that passes the client's Host header on.
	Hosts []string
	// Origins are the web origins ("https://example.org") whose pages may call,
	// or "*" for all. The page of this server may, too, and over a loopback connection
	// pages of this machine. Clients other than browsers send no origin.
	Origins []string
	// Private says that only this machine can reach the server: it listens on loopback
	// addresses only, and has no public address. Its callers then are ident.Local,
	// unless TrustProxy or Hosts says that there is a proxy.
	Private bool
	// Address is the public address of MCP; "" means that of the request.
	Address string
	// Reachable is the host and port under which other machines reach a server that also
	// listens on loopback addresses. Its address is that one for callers on this machine.
	// "" means that they get the one that they use.
	Reachable string
	// TrustProxy says that every request comes through a proxy that appends the
	// client's address to the header X-Forwarded-For. Without such a proxy any client
	// could choose its address.
	TrustProxy bool
}

// api is the handler that New returns.
type api struct {
	Options
	bodyTimeout  time.Duration // for a body to arrive
	writeTimeout time.Duration // for the client to read a part of an answer, or all of an asset
	bodies       arrivingBodies
	uploads      *meter.Places
	downloads    *meter.Places
	origins      origins
	routes       []route
}

// New returns the handler of all routes. It serves any number of requests at once, over
// net/http or over any other server with the same contract. That a client does not take what
// is written to it ends the context of its request.
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
	a := &api{Options: o, bodyTimeout: 30 * time.Second, writeTimeout: 10 * time.Second, origins: newOrigins(o),
		uploads:   meter.NewPlaces(mostUploads, mostUploads/ofOneCaller),
		downloads: meter.NewPlaces(mostDownloads, mostDownloads/ofOneCaller)}
	a.routes = a.newRoutes()
	return a
}

func lowered(names []string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = strings.ToLower(name)
	}
	return list
}

// NewServer returns an HTTP/1.1 server for h with limits against clients that are slow
// or silent. Answers have no time limit, because a wait may last minutes; the handler of
// New itself limits each read of a body and each write to a stream. On shutdown, bodies
// that have not arrived yet have a second left.
func NewServer(h http.Handler, logger *slog.Logger) *http.Server {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	if a, ok := h.(*api); ok {
		server.RegisterOnShutdown(a.bodies.expireSoon)
	}
	return server
}

// ServeHTTP leads a request to its route. Each passes, in this order, account and recovery from
// panics (endExchange), the guard of circles, Host and Origin (admit), admission of the caller, headers
// and body (receive), the stream, and MCP. newRoutes has the routes. There are no sessions, and MCP answers no GET.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	protect(w.Header())
	x := a.beginExchange(w)
	defer a.endExchange(x, r)
	x.readBy(time.Now().Add(a.bodyTimeout))
	if !a.admit(x, r) {
		return
	}
	if route := a.SignIn.RouteOf(r.URL.Path); route != oauth.None {
		a.serveSignIn(x, r, route)
		return
	}
	a.lead(x, r)
}

func (x *exchange) nothingHere() {
	x.text(http.StatusNotFound, "There is nothing at this address. MCP is served at "+MCPPath+
		"; the page at / says how to add it to a client.\n")
}

// only reports whether the method is one of allowed, and refuses the request otherwise.
func (x *exchange) only(r *http.Request, allowed ...string) bool {
	for _, m := range allowed {
		if r.Method == m {
			return true
		}
	}
	list := strings.Join(allowed, ", ")
	x.Header().Set("Allow", list)
	x.refuse(http.StatusMethodNotAllowed, codeRefused, "This address takes "+list+" only.")
	return false
}

// overLoopback reports whether the request came over a connection within this machine.
func overLoopback(r *http.Request) bool {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if tcp, is := addr.(*net.TCPAddr); is { // of nearly every request
		return tcp.IP.IsLoopback()
	}
	return ok && isLoopback(addr.String())
}
