// Package client is the client side of Parley. A client calls a server: the tools over MCP, the wait without MCP at
// /v1/wait, and the addresses of shared files (files.go). The package also keeps files that only their owner can read:
// the seats of a person and the person's agents, with their tokens (tokens.go), and the keys of servers (key.go).
// state.go reads such files, and replaces them in one step, under a lock.
package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/base/fault"
)

const (
	mcpPath  = "/mcp"
	waitPath = "/v1/wait"
)

// Options of a Client.
type Options struct {
	// Version of this program, for the server's log. The default is "devel".
	Version string
	// HTTP sends the requests. The default is a separate client without a time limit.
	HTTP *http.Client
	// Bearer admits the caller to the server: a key, or the token of a seat; "" if the caller has none.
	Bearer string
	// Invite is the code that admits the caller as a guest; "" if the caller is no guest.
	Invite string
	// Admitted is called once, when the server has admitted the bearer. Admitted may be nil.
	Admitted func()
	// Beat is called at each sign of life of a call that waits. Beat may be nil.
	Beat func()
}

// Client calls one server. A Client connects at the first call, and is safe for use by several goroutines.
type Client struct {
	base  string
	mcpAt string // the address of MCP
	http  *http.Client
	files *http.Client // for files: bounded only by the size of each file
	info  mcp.Implementation
	beat  func()

	mu  sync.Mutex
	mcp *client.Client // nil until the server has answered
	its mcp.Implementation
}

// New returns a client of the server at base, the Base of a Place.
func New(base string, o Options) *Client {
	if o.Version == "" {
		o.Version = "devel"
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	own, files := *o.HTTP, *o.HTTP
	files.CheckRedirect = SameServer
	way := Bounded{cmp.Or[http.RoundTripper](own.Transport, http.DefaultTransport)}
	admitted, beat := func() {}, func() {}
	if o.Beat != nil {
		beat = o.Beat
	}
	if o.Admitted != nil {
		admitted = sync.OnceFunc(o.Admitted)
	}
	own.Transport, own.CheckRedirect = door{way, o.Bearer, admitted}, SameServer
	return &Client{
		base: base, mcpAt: Place{Base: base, Invite: o.Invite}.MCP(), http: &own, files: &files,
		info: mcp.Implementation{Name: "parley", Version: o.Version}, beat: beat,
	}
}

// SameServer is for http.Client.CheckRedirect. Requests carry tokens, in headers and bodies, for the server that the
// person named. So a redirect is followed only to the same host and port, or from http to https at the same host.
// SameServer removes the Referer, an address that may hold an invite.
func SameServer(r *http.Request, via []*http.Request) error {
	const most = 10 // as in net/http
	from := via[0].URL
	safer := from.Scheme == "http" && r.URL.Scheme == "https" && r.URL.Hostname() == from.Hostname()
	switch {
	case len(via) >= most:
		return otherThan("it redirects in a circle")
	case !safer && (r.URL.Host != from.Host || r.URL.Scheme != from.Scheme):
		return otherThan(fmt.Sprintf("it redirects to another server, %s://%s: use that address if it is the right one",
			r.URL.Scheme, r.URL.Host))
	}
	r.Header.Del("Referer")
	return nil
}

// ForAgent tells the server that an agent reads the results, so that a leave is held back as over MCP. It comes before
// the first call.
func (c *Client) ForAgent() { c.info.Name = "parley-agent" }

// Base returns the address of the server.
func (c *Client) Base() string { return c.base }

// userAgent names this program to the server.
func (c *Client) userAgent() string { return c.info.Name + "/" + c.info.Version }

// Unreachable is the error of a call without an answer of a Parley server. The call may have taken effect.
type Unreachable struct {
	Base  string
	cause error
}

// Error says what to check.
func (u *Unreachable) Error() string {
	if is := notParley(""); errors.As(u.cause, &is) {
		return is.of(u.Base)
	}
	help := "see " + DoctorLine(u.Base)
	if OnThisMachine(u.Base) && NobodyListens(u) {
		help = StartIt
	}
	return fmt.Sprintf("the server at %s cannot be reached: %s; %s", u.Base, Reason(u.cause), help)
}

// Reason says why a connection failed, without Go's leading steps and addresses; for an *Unreachable also without the
// server.
func Reason(err error) string {
	name, number, lost, is := new(net.DNSError), syscall.Errno(0), new(Unreachable), notParley("")
	if errors.As(err, &lost) {
		err = lost.cause
	}
	switch {
	case errors.As(err, &is):
		return "the answer is " + cmp.Or(string(is), "not Parley's")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "its answer broke off"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "it speaks http, not https"
	case errors.As(err, &name):
		return name.Err
	case errors.As(err, &number):
		return number.Error()
	}
	return err.Error()
}

// Unwrap returns the cause.
func (u *Unreachable) Unwrap() error { return u.cause }

// Answered reports whether something else than Parley answers at the address. A proxy that does not reach the server
// says so, and does not count: it may reach the server later.
func (u *Unreachable) Answered() bool {
	if is := notParley(""); errors.As(u.cause, &is) {
		return !noUpstream.MatchString(string(is))
	}
	return errors.As(u.cause, new(otherThan)) || errors.Is(u.cause, http.ErrSchemeMismatch)
}

// NobodyListens reports whether a call failed because no program takes connections at the address.
func NobodyListens(err error) bool {
	failed := new(net.OpError)
	return errors.As(err, &failed) && failed.Op == "dial"
}

// noUpstream matches the status of a proxy that does not reach the server.
var noUpstream = regexp.MustCompile(`^50[234]\b`)

// otherThan is an answer other than Parley's, in a sentence.
type otherThan string

func (o otherThan) Error() string { return string(o) }

// notParley is an answer of another program, in a few words, or "".
type notParley string

// Error returns the words as the end of a sentence.
func (n notParley) Error() string {
	if n == "" {
		return ""
	}
	return ", but with " + string(n)
}

// of names the server that answered n.
func (n notParley) of(base string) string {
	return fmt.Sprintf("the server at %s does not answer as Parley does%v; see %s", base, n, DoctorLine(base))
}

// Close ends the connection.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.http.CloseIdleConnections()
	defer c.files.CloseIdleConnections()
	if c.mcp == nil {
		return nil
	}
	return c.mcp.Close()
}

// connected returns the MCP client, after the handshake with the server.
func (c *Client) connected(ctx context.Context) (*client.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mcp != nil {
		return c.mcp, nil
	}
	m, err := client.NewStreamableHttpClient(c.mcpAt,
		transport.WithHTTPBasicClient(c.http),
		transport.WithHTTPLogger(slog.New(slog.DiscardHandler)), // the error says what matters
		transport.WithHTTPHeaders(map[string]string{"User-Agent": c.userAgent()}))
	if err != nil {
		return nil, err
	}
	m.GetTransport().SetNotificationHandler(func(mcp.JSONRPCNotification) { c.beat() })
	hello, err := m.Initialize(ctx, mcp.InitializeRequest{Params: mcp.InitializeParams{ClientInfo: c.info}})
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	c.mcp, c.its = m, hello.ServerInfo
	return m, nil
}

// Protocol returns the version of MCP that this client and the server speak.
func (c *Client) Protocol(ctx context.Context) (string, error) {
	m, err := c.connected(ctx)
	if err != nil {
		return "", c.failure(ctx, err)
	}
	return m.ProtocolVersion(), nil
}

// Server returns the server's name and version, as the server gives them.
func (c *Client) Server(ctx context.Context) (name, version string, err error) {
	if _, err := c.connected(ctx); err != nil {
		return "", "", c.failure(ctx, err)
	}
	return c.its.Name, c.its.Version, nil
}

// progressToken asks the server for signs of life; without signs of life the server ends a long wait early (MCP
// 2026-07-28, basic/utilities/progress). All calls share one number, since nobody reads the signs.
const progressToken = 1

// Call calls a tool and stores the structured result in result, which may be a *json.RawMessage. The error of a refusal
// is a *fault.Error; the error without an answer is an *Unreachable. Without a deadline in ctx a call lasts as long as
// the server holds the call.
func (c *Client) Call(ctx context.Context, tool string, args, result any) error {
	m, err := c.connected(ctx)
	if err != nil {
		return c.failure(ctx, err)
	}
	answer, err := m.CallTool(ctx, mcp.CallToolRequest{Params: mcp.CallToolParams{
		Name: tool, Arguments: args, Meta: &mcp.Meta{ProgressToken: progressToken},
	}})
	if err != nil {
		return c.failure(ctx, err)
	}
	if answer.IsError {
		return refusal(answer.RawStructuredContent)
	}
	if err := json.Unmarshal(resultIn(answer), result); err != nil {
		return &Unreachable{c.base, notParley("another result of " + tool)}
	}
	return nil
}

// resultIn returns the result in an answer. If the answer has a picture, the result is the answer's text.
func resultIn(answer *mcp.CallToolResult) json.RawMessage {
	if answer.RawStructuredContent == nil && len(answer.Content) > 1 {
		if text, ok := answer.Content[0].(mcp.TextContent); ok {
			return json.RawMessage(text.Text)
		}
	}
	return answer.RawStructuredContent
}

// failure returns the error of a call without a result.
func (c *Client) failure(ctx context.Context, err error) error {
	var lost *transport.Error
	var refused *fault.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &lost):
		return &Unreachable{c.base, plainly(lost.Err)}
	case errors.Is(err, mcp.ErrInternalError): // a stream that the server cut off ends so
		_, said, _ := strings.Cut(err.Error(), mcp.ErrInternalError.Error()+": ")
		return &fault.Error{Code: fault.Unavailable, Message: cmp.Or(said, "The server failed.")}
	case errors.As(err, new(*json.UnmarshalTypeError)):
		return &Unreachable{c.base, notParley("")}
	}
	return errors.New(notParley(fmt.Sprintf("%.200q", err.Error())).of(c.base))
}

// plainly returns the part of a transport's error that helps a person. mcp-go has no types for the answers of other
// programs than MCP servers, and repeats such an answer: a whole page, or a structure.
func plainly(err error) error {
	var request *url.Error
	switch said := otherAnswer.FindStringSubmatch(err.Error()); {
	case errors.As(err, &request):
		if noHTTP.MatchString(request.Err.Error()) {
			return otherThan("what listens there does not speak HTTP")
		}
		return request.Err // without the address: Unreachable names the address
	case errors.Is(err, transport.ErrLegacySSEServer), errors.Is(err, transport.ErrSessionTerminated):
		return otherThan("there is no MCP at this address")
	case errors.Is(err, transport.ErrAuthorizationRequired):
		return notParley("401 Unauthorized")
	case errors.As(err, new(net.Error)), errors.As(err, new(*http.MaxBytesError)), errors.As(err, new(notParley)):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "unexpected nil response"):
		return io.ErrUnexpectedEOF
	case said == nil:
		return notParley("")
	case said[1] != "":
		code, _ := strconv.Atoi(said[1])
		return notParley(strings.TrimSpace(said[1] + " " + http.StatusText(code)))
	default:
		return notParley(said[2])
	}
}

// noHTTP matches the errors of net/http, which have no types, about words that are no answer and about words that come
// before the request.
var noHTTP = regexp.MustCompile(`malformed HTTP|^(net/http: .*: )?readLoopPeekFailLocked: %!w\(<nil>\)$`)

// otherAnswer is an error of mcp-go about an answer with another status or type.
var otherAnswer = regexp.MustCompile(`request failed with status (\d+)|unexpected content type: ([\w/+.-]+)`)

// refusal is the error in the structured content of a result.
func refusal(content json.RawMessage) error {
	var f struct {
		Code       fault.Code `json:"code"`
		Message    string     `json:"message"`
		RetryAfter int64      `json:"retry_after_seconds"`
		By         string     `json:"by"`
		Reason     string     `json:"reason"`
		Next       string     `json:"next"`
	}
	if err := json.Unmarshal(content, &f); err != nil || f.Code == "" {
		return fmt.Errorf("the server refused the call without a reason")
	}
	return &fault.Error{
		Code: f.Code, Message: f.Message, RetryAfter: time.Duration(f.RetryAfter) * time.Second,
		By: f.By, Reason: f.Reason, Next: f.Next,
	}
}
