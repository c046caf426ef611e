package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/client/transport"
	library "github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/cli/client"
)

// upstream is the server, over HTTP.
type upstream struct {
	http     *transport.StreamableHTTP
	address  string // for errors
	self     string // this program's name for the server
	key      string // admits the client; "" without a key
	admitted func() // is called once, when the key has admitted the client

	mu      sync.Mutex
	client  string // the client's name, as the client would send it over HTTP
	version string // the protocol version from initialize; "" before
}

func newUpstream(o Options, notified func(library.JSONRPCNotification)) (*upstream, error) {
	u := &upstream{address: o.Server.Base, self: "parley-bridge/" + o.Version, admitted: func() {}}
	if o.Server.Invite == "" {
		u.key = o.Server.Key
	}
	if u.key != "" && o.Admitted != nil {
		u.admitted = sync.OnceFunc(o.Admitted)
	}
	var err error
	u.http, err = transport.NewStreamableHTTP(o.Server.MCP(),
		transport.WithHTTPBasicClient(&http.Client{Transport: watched{client.Bounded{RoundTripper: lasting()}},
			CheckRedirect: client.SameServer}),
		transport.WithHTTPHeaderFunc(func(ctx context.Context) map[string]string {
			headers, _ := ctx.Value(headersKey{}).(map[string]string)
			return headers
		}),
		transport.WithHTTPLogger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		return nil, err
	}
	u.http.SetNotificationHandler(notified)
	return u, nil
}

// lasting returns a transport that notices a dead connection within half a minute, for example after a change of the
// network. Otherwise a call would hang for many minutes.
func lasting() *http.Transport {
	const probe = 15 * time.Second
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: probe, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: probe, Interval: probe / 3, Count: 3,
	}}).DialContext
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: probe, PingTimeout: probe}
	return t
}

// request sends a request. Exactly one of the results is set, unless ctx has ended.
func (u *upstream) request(ctx context.Context, m message) (answer, *absence) {
	u.learnClient(m)
	var seen exchange
	ctx = context.WithValue(context.WithValue(ctx, exchangeKey{}, &seen), headersKey{}, u.headers(m))
	got, err := u.http.SendRequest(ctx, transport.JSONRPCRequest{
		JSONRPC: m.JSONRPC, ID: library.NewRequestId(m.ID), Method: m.Method, Params: paramsOf(m),
	})
	if a, ok := answerOf(got); err == nil && ok {
		if seen.status == http.StatusOK && a.Error == nil {
			u.admitted()
		}
		u.learnVersion(m, a)
		return a, nil
	}
	// mcp-go drops parts of the server's refusal.
	var body transport.JSONRPCResponse
	if json.Unmarshal(seen.body, &body) == nil && body.Error != nil {
		return answer{Error: body.Error}, nil
	}
	return answer{}, absent(u.address, seen.status, err)
}

// paramsOf returns the params as the client wrote them, or nil.
func paramsOf(m message) any {
	if m.Params == nil {
		return nil
	}
	return m.Params
}

// notify sends a notification.
func (u *upstream) notify(ctx context.Context, m message) *absence {
	n := library.JSONRPCNotification{JSONRPC: m.JSONRPC}
	n.Method = m.Method
	if m.Params != nil && json.Unmarshal(m.Params, &n.Params) != nil {
		return nil // a notification has no answer, not even an error
	}
	var seen exchange
	ctx = context.WithValue(context.WithValue(ctx, exchangeKey{}, &seen), headersKey{}, u.headers(m))
	if err := u.http.SendNotification(ctx, n); err != nil && seen.status == 0 {
		return absent(u.address, 0, err)
	}
	return nil
}

type headersKey struct{}

// headers returns the headers that repeat parts of a message (Streamable HTTP, "Request Headers"), and the User-Agent.
func (u *upstream) headers(m message) map[string]string {
	u.mu.Lock()
	defer u.mu.Unlock()
	h := map[string]string{"User-Agent": strings.TrimSpace(u.client + " " + u.self)}
	if u.key != "" {
		h["Authorization"] = "Bearer " + u.key
	}
	if !m.modern() {
		if u.version != "" && m.Method != string(library.MethodInitialize) {
			h[library.HeaderProtocolVersion] = u.version
		}
		return h
	}
	h[library.HeaderProtocolVersion], h[library.HeaderMethod] = m.meta.Version, m.Method
	if name, ok := library.ExtractHeaderName(library.MCPMethod(m.Method), m.Params); ok {
		if value, ok := library.EncodeHeaderValue(name); ok {
			h[library.HeaderName] = value
		}
	}
	return h
}

// learnVersion records the protocol version from initialize.
func (u *upstream) learnVersion(m message, a answer) {
	if m.Method != string(library.MethodInitialize) {
		return
	}
	var result struct {
		Version string `json:"protocolVersion"`
	}
	if json.Unmarshal(a.Result, &result) == nil {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.version = result.Version
	}
}

// learnClient records the client that a request names: initialize names the client and, in protocol version 2026-07-28,
// every request.
func (u *upstream) learnClient(m message) {
	info := m.meta.Client
	if m.Method == string(library.MethodInitialize) {
		var params struct {
			Client *library.Implementation `json:"clientInfo"`
		}
		_ = json.Unmarshal(m.Params, &params) // the server reports wrong params
		info = params.Client
	}
	if info == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.client = userAgent(*info, os.Getenv(entrypointEnv))
}

// entrypointEnv tells programs that Claude Code starts how Claude Code was started: cli means by a person at a
// terminal. Over HTTP the User-Agent of Claude Code says the same, and only there a long call goes on in the
// background.
const entrypointEnv = "CLAUDE_CODE_ENTRYPOINT"

// userAgent returns the client's name as the client would send it over HTTP. By the name the server knows the client,
// and advises waits of a length that the client allows.
func userAgent(c library.Implementation, entrypoint string) string {
	product := token(c.Name)
	if product == "" {
		return ""
	}
	if v := token(c.Version); v != "" {
		product += "/" + v
	}
	if c.Name == "claude-code" && token(entrypoint) != "" {
		product += " (" + token(entrypoint) + ")"
	}
	return product
}

// token returns s as a token of a header (RFC 9110, section 5.6.2): other characters
// become hyphens.
func token(s string) string {
	const most = 64
	s = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9',
			strings.ContainsRune("!#$%&'*+-.^_`|~", r):
			return r
		}
		return '-'
	}, s)
	return strings.Trim(s[:min(len(s), most)], "-")
}

type exchangeKey struct{}

// exchange is the HTTP answer to a request.
type exchange struct {
	status int    // 0: no answer
	body   []byte // of an error, if it may be JSON
}

// watched records the exchanges.
type watched struct{ http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (w watched) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.RoundTripper.RoundTrip(r)
	seen, ok := r.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return resp, err
	}
	seen.status = 0 // of an earlier hop
	if err != nil {
		return resp, err
	}
	seen.status = resp.StatusCode
	if resp.StatusCode >= http.StatusBadRequest {
		const most = 64 << 10
		seen.body, _ = io.ReadAll(io.LimitReader(resp.Body, most)) // a cut body is no JSON
		_ = resp.Body.Close()
		resp.Body = io.NopCloser(bytes.NewReader(seen.body))
	}
	return resp, nil
}
