package httpapi

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/a2a"
	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
	"github.com/parley-chat/parley/internal/web"
)

// patience is how long a test waits for what must happen.
const patience = time.Minute

// site is a real server on the loopback with three tools: echo answers with its argument, fail panics, and block
// waits for a release or the end of the call. The addresses of A2A have the same tools.
type site struct {
	t       *testing.T
	url     string
	server  *http.Server
	clock   *clockwork.FakeClock
	log     *secretscan.Buffer
	entered chan string   // an element for each call of block: its argument "me"
	left    chan string   // the same, when its context has ended
	release chan struct{} // an element ends one call of block
}

func newSite(t *testing.T, change ...func(*site, *Options)) *site {
	t.Helper()
	s := &site{
		t: t, clock: clockwork.NewFakeClock(), log: secretscan.NewBuffer(t),
		entered: make(chan string, 64), left: make(chan string, 64), release: make(chan struct{}),
	}
	logger := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o := Options{MCP: s.mcp(logger).Serve, Tools: s.tools(), Logger: logger, Clock: s.clock, Page: pages(t)}
	o.A2A = func(w http.ResponseWriter, r *http.Request, m *mcp.Message, _ a2a.Place) { o.MCP(w, r, m) }
	o.Card = func(_ context.Context, _ a2a.Place, rpc string) ([]byte, error) { return []byte(rpc), nil }
	for _, f := range change {
		f(s, &o)
	}
	ts := httptest.NewUnstartedServer(nil)
	ts.Config = NewServer(New(o), logger)
	ts.Start()
	t.Cleanup(func() {
		ts.CloseClientConnections()
		ts.Close()
	})
	s.server, s.url = ts.Config, ts.URL
	return s
}

// pages returns what browsers get.
func pages(t *testing.T) *web.Site {
	t.Helper()
	all, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// mcp is a server of MCP with the tools of the site.
func (s *site) mcp(logger *slog.Logger) *mcp.Server {
	instructions := func(mcp.Client) string { return "for tests" }
	return mcp.NewServer(mcp.Options{Version: "0.0.0", Instructions: instructions, Log: logger, Tools: s.tools()})
}

func (s *site) tools() []mcp.Tool {
	return []mcp.Tool{
		{Name: "echo", Call: func(_ context.Context, arguments json.RawMessage, _ *mcp.Record) (any, error) {
			return caller(arguments), nil
		}},
		{Name: "fail", Call: func(context.Context, json.RawMessage, *mcp.Record) (any, error) { panic("a secret") }},
		{Name: "block", Call: s.block},
	}
}

func (s *site) block(ctx context.Context, arguments json.RawMessage, _ *mcp.Record) (any, error) {
	me := caller(arguments)
	s.entered <- me
	select {
	case <-s.release:
		return me, nil
	case <-ctx.Done():
		s.left <- me
		return nil, ctx.Err()
	}
}

// era is one of the generations of the protocol.
type era struct {
	name string
	call func(id, tool, me, token string) (body string, header http.Header)
}

func eras() []era {
	return []era{{"legacy", legacyCall}, {"modern", modernCall}}
}

func legacyCall(id, tool, me, token string) (string, http.Header) {
	meta := ""
	if token != "" {
		meta = fmt.Sprintf(`,"_meta":{"progressToken":%s}`, token)
	}
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":%q,"arguments":{"me":%q}%s}}`,
			id, tool, me, meta),
		http.Header{"Mcp-Protocol-Version": {"2025-11-25"}}
}

const modernMeta = `"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}`

func modernCall(id, tool, me, token string) (string, http.Header) {
	meta := modernMeta
	if token != "" {
		meta += `,"progressToken":` + token
	}
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":%q,"arguments":{"me":%q},"_meta":{%s}}}`, id, tool, me, meta),
		http.Header{"Mcp-Protocol-Version": {"2026-07-28"}, "Mcp-Method": {"tools/call"}, "Mcp-Name": {tool}}
}

// request returns a POST to the site as MCP clients make it.
func (s *site) request(body string, header http.Header) *http.Request {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+MCPPath, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for name, values := range header {
		r.Header[name] = values
	}
	return r
}

// do returns the answer with its body read.
func (s *site) do(r *http.Request) (*http.Response, string) {
	s.t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, string(body)
}

// send begins a request in the background; the channel gets the answer as soon
// as its header is there, or nothing if there is none.
func (s *site) send(r *http.Request) <-chan *http.Response {
	answer := make(chan *http.Response, 1)
	go func() {
		resp, err := http.DefaultClient.Do(r)
		if err == nil {
			answer <- resp
		}
	}()
	return answer
}

// free lets one call of block end.
func (s *site) free() {
	s.t.Helper()
	select {
	case s.release <- struct{}{}:
	case <-time.After(patience):
		s.t.Fatal("no call is under way")
	}
}

// await returns the next element of c, and fails if no element comes soon.
func await[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("waited in vain")
		panic("unreachable")
	}
}

// beat makes the open stream beat.
func (s *site) beat() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	if err := s.clock.BlockUntilContext(ctx, 1); err != nil {
		s.t.Fatal("no stream waits for its beat")
	}
	s.clock.Advance(DefaultKeepAlive)
}

// next returns the next event of a stream, without its empty line.
func next(t *testing.T, stream *bufio.Reader) string {
	t.Helper()
	event := ""
	for {
		line, err := stream.ReadString('\n')
		if err != nil {
			t.Fatalf("the stream ended (%v) after %q", err, event)
		}
		if line == "\n" {
			return strings.TrimSuffix(event, "\n")
		}
		event += line
	}
}

// rpc is the part of a JSON-RPC response that tests read.
type rpc struct {
	ID     json.RawMessage
	Method string
	Params struct {
		ProgressToken any
		Progress      int
	}
	Result struct {
		IsError bool
		Content []struct{ Text string }
	}
	Error struct {
		Code    int
		Message string
	}
}

// text returns the result of the tool, or the text of a failure.
func (r rpc) text() string {
	if len(r.Result.Content) == 0 {
		return ""
	}
	text := r.Result.Content[0].Text
	if !r.Result.IsError {
		_ = json.Unmarshal([]byte(text), &text) // the tools of the site return strings
	}
	return text
}

// decode reads a JSON-RPC message, bare or as an event.
func decode(t *testing.T, text string) rpc {
	t.Helper()
	var r rpc
	if err := json.Unmarshal([]byte(strings.TrimPrefix(text, "event: message\ndata: ")), &r); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return r
}

// caller is the argument "me" of a call.
func caller(arguments json.RawMessage) string {
	var in struct{ Me string }
	_ = json.Unmarshal(arguments, &in) // without the argument, "" stays
	return in.Me
}
