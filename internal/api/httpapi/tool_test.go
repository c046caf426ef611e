package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
)

// newTools returns a site at whose invite an agent may call the tools of [site]. A further tool, refuse, fails with the
// code of its argument, and a second later.
func newTools(t *testing.T) *gated {
	t.Helper()
	return newGated(t, func(_ *site, o *Options) {
		o.Tools = append(o.Tools, mcp.Tool{Name: "refuse", Description: "Refuses.",
			Input: func() json.RawMessage { return json.RawMessage(`{"type":"object"}`) },
			Call: func(_ context.Context, arguments json.RawMessage, _ *mcp.Record) (any, error) {
				return nil, &results.Failure{Code: caller(arguments), Message: "Not now.", RetryAfterSeconds: 3}
			}})
	})
}

// tool returns the request of curl for a tool below the invite of g.
func (g *gated) tool(name, arguments string) *http.Request {
	g.t.Helper()
	r := g.request(arguments, nil)
	r.URL.Path = "/i/" + g.invite + "/tools/" + name
	r.Header.Set("Accept", "*/*")
	r.Header.Set("User-Agent", "curl/8.5.0")
	return r
}

// failed returns the failure in the answer to a call.
func failed(t *testing.T, body string) (f results.Failure) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &f); err != nil {
		t.Errorf("%v in %q", err, body)
	}
	return f
}

func TestTool_postOfArguments_isAnsweredByTheResult(t *testing.T) {
	g := newTools(t)
	for path, code := range map[string]string{"echo": g.invite, "echo/": strings.ToUpper(g.invite)} {
		r := g.tool(path, `{"me":"hello"}`)
		r.URL.Path = strings.Replace(r.URL.Path, g.invite, code, 1)
		resp, body := g.do(r)
		if resp.StatusCode != 200 || body != "\"hello\"\n" || resp.Header.Get("Content-Type") != "application/json" ||
			resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v %s", path, resp.StatusCode, resp.Header, body)
		}
	}
	log := g.log.String()
	if want := `"method":"POST","path":"/i/{code}/tools/{name}","status":200,"ms":0,"tool":"echo","code":"ok"`; !strings.
		Contains(log, want) || strings.Contains(log, g.invite) || strings.Contains(log, "hello") {
		t.Errorf("the log has no %s, or a secret: %s", want, log)
	}
}

// Below the server a tool is for whoever may use MCP there.
func TestTool_belowTheServer_admitsAsMCPDoes(t *testing.T) {
	g := newTools(t)
	call := func(s *site, bearer, origin string) (status int, body string) {
		r := s.request(`{"me":"hello"}`, nil)
		r.URL.Path = "/tools/echo"
		if bearer != "" {
			r.Header.Set("Authorization", "Bearer "+bearer)
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		resp, body := s.do(r)
		if resp.Header.Get("Cache-Control") != "no-store" && resp.StatusCode != 403 {
			t.Errorf("it may be cached: %v", resp.Header)
		}
		return resp.StatusCode, body
	}
	if status, body := call(g.site, g.key.String(), ""); status != 200 || body != "\"hello\"\n" {
		t.Errorf("with a key: %d %s", status, body)
	}
	for name, bearer := range map[string]string{"no key": "", "another key": ident.NewKey().String()} {
		if status, body := call(g.site, bearer, ""); status != 401 || failed(t, body).Code != "key_invalid" {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	open := newSite(t)
	if status, body := call(open, "", ""); status != 200 || body != "\"hello\"\n" {
		t.Errorf("without keys: %d %s", status, body)
	}
	if status, _ := call(open, "", "https://evil.example"); status != 403 {
		t.Errorf("from a page of another site: %d", status)
	}
}

func TestTool_get_showsWhatItTakes(t *testing.T) {
	g := newTools(t)
	r := g.tool("refuse", "")
	r.Method = http.MethodGet
	resp, body := g.do(r)
	const want = `{"name":"refuse","description":"Refuses.","arguments":{"type":"object"}}`
	if resp.StatusCode != http.StatusOK || body != want+"\n" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

// The status is for a shell, and the code and the sentence are for the model.
func TestTool_refusedCall_hasAStatusTheCodeAndTheSentence(t *testing.T) {
	g := newTools(t)
	with := func(r *http.Request, change func(r *http.Request)) *http.Request {
		change(r)
		return r
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	const mine = `{"me":"x"}`
	for name, c := range map[string]struct {
		r    *http.Request
		want int
		code string
		says string
	}{
		"an unknown tool": {g.tool("dance", mine), 404, "invalid_argument", "echo, fail, block, refuse"},
		"no tool": {with(g.tool("", ""), func(r *http.Request) { r.Method = http.MethodGet }), 404, "invalid_argument",
			"echo, fail, block, refuse"},
		"a change": {with(g.tool("echo", ""), func(r *http.Request) { r.Method = http.MethodPut }), 405,
			"invalid_argument", "takes POST"},
		"another invite": {with(g.tool("echo", mine), func(r *http.Request) {
			r.URL.Path = "/i/" + ident.NewInvite("another", "r000000", 1).String() + "/tools/echo"
		}), 404, "key_invalid", "invite"},
		"a form": {with(g.tool("echo", mine), header("Content-Type", "application/x-www-form-urlencoded")), 415,
			"invalid_argument", "application/json"},
		"text": {with(g.tool("echo", mine), header("Content-Type", "text/plain")), 415, "invalid_argument",
			"application/json"},
		"zipped": {with(g.tool("echo", mine), header("Content-Encoding", "gzip")), 415, "invalid_argument",
			"Content-Encoding"},
		"large": {g.tool("echo", strings.Repeat(" ", int(DefaultMaxBody)+1)), 413, "invalid_argument", "bytes"},
		"twice": {g.tool("echo", `{"me":"x","Me":"y"}`), 400, "invalid_argument", "occurs twice"},
		"deep": {g.tool("echo", `{"me":`+strings.Repeat("[", 200)+strings.Repeat("]", 200)+`}`), 400,
			"invalid_argument",
			"nested"},
		"a panic":  {g.tool("fail", mine), 500, "internal", "has been logged"},
		"a token":  {g.tool("refuse", `{"me":"token_invalid"}`), 401, "token_invalid", "Not now."},
		"a seat":   {g.tool("refuse", `{"me":"name_taken"}`), 409, "name_taken", "Not now."},
		"paused":   {g.tool("refuse", `{"me":"paused"}`), 403, "paused", "Not now."},
		"too many": {g.tool("refuse", `{"me":"rate_limited"}`), 429, "rate_limited", "Not now."},
	} {
		resp, body := g.do(c.r)
		f := failed(t, body)
		if resp.StatusCode != c.want || f.Code != c.code || !strings.Contains(f.Message, c.says) ||
			(resp.Header.Get("WWW-Authenticate") != "") != (c.want == 401) ||
			f.RetryAfterSeconds == 3 && resp.Header.Get("Retry-After") != "3" {
			t.Errorf("%s: %d %v %s", name, resp.StatusCode, resp.Header, body)
		}
	}
	for _, body := range []string{"", "x", "[]", `"x"`, "null", mine + mine, mine[:5], "{\"me\":\"\xff\"}"} {
		resp, said := g.do(g.tool("echo", body))
		if resp.StatusCode != 400 || failed(t, said).Code != "invalid_argument" {
			t.Errorf("%q: %d %s", body, resp.StatusCode, said)
		}
	}
	if strings.Contains(g.log.String(), `"tool":"dance"`) {
		t.Error("a stranger chooses the name of a metric")
	}
}

// Each is charged as a request of MCP that calls no tool.
func TestTool_requestThatCallsNone_hasABudget(t *testing.T) {
	charged := 0
	g := newGated(t, func(_ *site, o *Options) {
		o.ChargeBytes = func(_ context.Context, bytes int) error {
			charged += bytes
			return fault.RetryLater(fault.RateLimited, 3*time.Second, "Not now.")
		}
	})
	read, twice := g.tool("echo", ""), g.tool("echo", `{"me":"x","Me":"y"}`)
	read.Method = http.MethodGet
	for i, r := range []*http.Request{g.tool("dance", "{}"), read, twice} {
		resp, body := g.do(r)
		if resp.StatusCode != 429 || failed(t, body).Code != "rate_limited" || resp.Header.Get("Retry-After") != "3" ||
			charged != (i+1)*api.OtherBytes {
			t.Errorf("%s %s: %d %v %s; charged %d", r.Method, r.URL.Path, resp.StatusCode, resp.Header, body, charged)
		}
	}
	if resp, body := g.do(g.tool("echo", `{"me":"x"}`)); resp.StatusCode != 200 || charged != 3*api.OtherBytes {
		t.Errorf("a call: %d %s; charged %d", resp.StatusCode, body, charged)
	}
}

// A page of another site that knows an invite takes no seat by it.
func TestTool_pageOfAnotherSite_isRefused(t *testing.T) {
	g := newTools(t)
	for _, kind := range []string{"application/json", "text/plain"} {
		r := g.tool("echo", `{"me":"x"}`)
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Origin", "https://evil.example")
		if resp, body := g.do(r); resp.StatusCode != 403 || resp.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %d %v %s", kind, resp.StatusCode, resp.Header, body)
		}
	}
}

// A shell waits for minutes, and a proxy between closes silent connections.
func TestTool_callThatWaits_isKeptAlive(t *testing.T) {
	g := newTools(t)
	answer := g.send(g.tool("block", `{"me":"Ann"}`))
	if me := await(t, g.entered); me != "Ann" {
		t.Fatalf("%q waits", me)
	}
	g.beat()
	resp := await(t, answer)
	first := make([]byte, 1)
	if _, err := io.ReadFull(resp.Body, first); err != nil || first[0] != ' ' || resp.StatusCode != 200 {
		t.Fatalf("%d %q %v", resp.StatusCode, first, err)
	}
	g.free()
	rest, err := io.ReadAll(resp.Body)
	if err != nil || string(rest) != "\"Ann\"\n" {
		t.Errorf("%q %v", rest, err)
	}
}

// A client that is gone waits no longer.
func TestTool_clientThatLeaves_endsItsCall(t *testing.T) {
	g := newTools(t)
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		resp, err := http.DefaultClient.Do(g.tool("block", `{"me":"Ann"}`).WithContext(ctx))
		if err == nil {
			resp.Body.Close()
		}
		left <- err
	}()
	await(t, g.entered)
	leave()
	if err := await(t, left); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if me := await(t, g.left); me != "Ann" {
		t.Error(fmt.Sprint(me, " has left"))
	}
}
