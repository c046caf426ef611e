package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api/mcp"
)

func (s *site) get(path string) *http.Request {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func TestMCP_otherMethodsThanPost_areRefusedWithAllow(t *testing.T) {
	s := newSite(t)
	for _, method := range []string{"GET", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "ODD"} {
		for _, version := range []string{"", "2025-11-25", "2026-07-28"} {
			r := s.get(MCPPath)
			r.Method = method
			r.Header.Set("Accept", "text/event-stream")
			r.Header.Set("Mcp-Protocol-Version", version)
			resp, body := s.do(r)
			if resp.StatusCode != 405 || resp.Header.Get("Allow") != "POST" {
				t.Errorf("%s %s: %d %v %s", method, version, resp.StatusCode, resp.Header, body)
			}
		}
	}
}

func TestMCP_addressWithASlashAtItsEnd_isTheSame(t *testing.T) {
	s := newSite(t)
	r := s.request(initialize, nil)
	r.URL.Path += "/"
	if resp, body := s.do(r); resp.StatusCode != 200 {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestRoutes_unknownPath_saysWhereMCPIs(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/sse", "/mcp/x", "/.well-known/oauth-protected-resource", "/healthz/", "//mcp"} {
		resp, body := s.do(s.get(path))
		if resp.StatusCode != 404 || !strings.Contains(body, MCPPath) {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
}

func TestFront_saysHowToAddTheAddress(t *testing.T) {
	s := newSite(t)
	resp, body := s.do(s.get("/"))
	if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	for _, line := range []string{
		"claude mcp add --scope user --transport http parley " + s.url + "/mcp\n",
		"codex mcp add parley --url " + s.url + "/mcp\n",
		`code --add-mcp '{"name":"parley","type":"http","url":"` + s.url + `/mcp"}'` + "\n",
		`{"mcpServers":{"parley":{"url":"` + s.url + `/mcp"}}}` + "\n",
		s.url + "/mcp (transport: Streamable HTTP)\n",
		"TOKEN=$(cat FILE)",
	} {
		if !strings.Contains(body, line) {
			t.Errorf("no line %s", line)
		}
	}
	r := s.get("/")
	r.Header.Set("X-Forwarded-Proto", "https")
	if _, body := s.do(r); !strings.Contains(body, "https://") || strings.Contains(body, "http://") {
		t.Errorf("behind TLS it says %s", body)
	}
	r.Method = http.MethodPut
	if resp, _ := s.do(r); resp.StatusCode != 405 || resp.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("PUT: %d %v", resp.StatusCode, resp.Header)
	}
	r.Method = http.MethodPost // of a client whose address lacks the path
	if resp, body := s.do(r); resp.StatusCode != 404 || !strings.Contains(body, "MCP is served at /mcp") {
		t.Errorf("POST: %d %s", resp.StatusCode, body)
	}
}

func TestAddress_isWhereTheClientSentItsRequest(t *testing.T) {
	s := newSite(t, func(s *site, o *Options) {
		o.MCP = func(_ http.ResponseWriter, r *http.Request, _ *mcp.Message) { s.entered <- Address(r.Context()) }
	})
	for _, accept := range []string{"application/json", "application/json, text/event-stream"} {
		r := s.request(initialize, http.Header{"Accept": {accept}})
		s.do(r)
		if got := await(t, s.entered); got != s.url+MCPPath {
			t.Errorf("%s: %s", accept, got)
		}
		r = s.request(initialize, http.Header{"Accept": {accept}, "X-Forwarded-Proto": {"https"}})
		r.Host = "localhost"
		s.do(r)
		if got := await(t, s.entered); got != "https://localhost/mcp" {
			t.Errorf("%s behind TLS: %s", accept, got)
		}
	}
	if got := Address(t.Context()); got != "" {
		t.Errorf("outside of a request: %s", got)
	}
}

func TestHealth_readyOnlyIfTheServiceSaysSo(t *testing.T) {
	var failure error
	s := newSite(t, func(_ *site, o *Options) { o.Ready = func(context.Context) error { return failure } })
	resp, body := s.do(s.get(healthPath))
	if resp.StatusCode != 200 || strings.TrimSpace(body) != `{"status":"ready"}` {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	failure = errors.New("no route to 10.0.0.7")
	resp, body = s.do(s.get(healthPath))
	var answer struct{ Status, Message string }
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 503 || answer.Status != "unavailable" || answer.Message == "" ||
		strings.Contains(body, "10.0.0.7") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if !strings.Contains(s.log.String(), "10.0.0.7") {
		t.Error("the log does not say why")
	}
}

func TestHealth_serviceThatHangs_isNotReady(t *testing.T) {
	s := newSite(t, func(s *site, o *Options) {
		o.Ready = func(ctx context.Context) error {
			s.entered <- ""
			<-ctx.Done()
			return ctx.Err()
		}
	})
	answer := s.send(s.get(healthPath))
	await(t, s.entered)
	s.clock.Advance(healthTimeout)
	resp := await(t, answer)
	defer resp.Body.Close()
	if resp.StatusCode != 503 {
		t.Error(resp.StatusCode)
	}
}
