package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// initialize is a request that any server answers.
const initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`

func TestGuard_loopback_answersToItsOwnNamesOnly(t *testing.T) {
	s := newSite(t, func(_ *site, o *Options) { o.Hosts = []string{"Parley.Example"} })
	for host, want := range map[string]int{
		"localhost":              200,
		"LOCALHOST:8080":         200,
		"127.0.0.1:1":            200,
		"127.0.0.1":              200,
		"[::1]:8080":             200,
		"[::1]":                  200,
		"parley.example":         200,
		"PARLEY.example:443":     200,
		"evil.example":           403,
		"evil.example:8080":      403,
		"localhost.evil.example": 403,
		"127.0.0.1.evil.example": 403,
		"parley.example.evil":    403,
		"192.168.1.1:8080":       403,
		"0.0.0.0:8080":           403,
		strings.Repeat("a", 500): 403,
	} {
		r := s.request(initialize, nil)
		r.Host = host
		resp, body := s.do(r)
		if resp.StatusCode != want {
			t.Errorf("Host %s: %d %s, want %d", host, resp.StatusCode, body, want)
		}
		if want == 403 && (decode(t, body).Error.Code != codeRefused || len(body) > 500) {
			t.Errorf("Host %s: %s", host, body)
		}
	}
}

func TestGuard_hostIsCheckedOnEveryRoute(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/", healthPath, MCPPath, a2aPath, cardPath, serverCardPath, catalogPath, llmsPath,
		"/nowhere"} {
		r := s.get(path)
		r.Host = "evil.example"
		if resp, body := s.do(r); resp.StatusCode != 403 {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
}

// Every address refuses a server that is led to itself or to another server. The status is not 5xx: strangers can
// send the header, too, and 5xx alarms operators.
func TestGuard_callOfAServerOfParley_isRefusedOnEveryRoute(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/", healthPath, MCPPath, StandbyPath, NewsPath, "/nowhere",
		"/k/" + strings.Repeat("a", 30) + MCPPath, a2aPath, cardPath, "/i/x" + a2aPath, serverCardPath, robotsPath} {
		for _, value := range []string{"1", ""} {
			r := s.request(initialize, http.Header{outcall.Mark: {value}})
			r.URL.Path = path
			resp, body := s.do(r)
			if resp.StatusCode != 403 || decode(t, body).Error.Code != codeRefused {
				t.Errorf("%s: %d %s", path, resp.StatusCode, body)
			}
		}
	}
}

func TestGuard_origins(t *testing.T) {
	s := newSite(t, func(_ *site, o *Options) { o.Origins = []string{"https://Page.example"} })
	for origin, want := range map[string]int{
		"http://localhost:6274":            200,
		"https://127.0.0.1":                200,
		"http://[::1]:3000":                200,
		"https://page.example":             200,
		"HTTPS://page.example":             200,
		"http://page.example":              403,
		"https://page.example:8443":        403,
		"https://evil.example":             403,
		"http://localhost.evil.example":    403,
		"http://evil.example@localhost.eu": 403,
		"file://localhost":                 403,
		"null":                             403,
		"%":                                403,
	} {
		resp, body := s.do(s.request(initialize, http.Header{"Origin": {origin}}))
		if resp.StatusCode != want {
			t.Errorf("Origin %s: %d %s, want %d", origin, resp.StatusCode, body, want)
		}
		allowed := resp.Header.Get("Access-Control-Allow-Origin")
		if want == 200 && allowed != origin || want == 403 && allowed != "" {
			t.Errorf("Origin %s: it may read if it is %q", origin, allowed)
		}
	}
}

func TestGuard_twoOrigins_areRefused(t *testing.T) {
	s := newSite(t)
	resp, _ := s.do(s.request(initialize, http.Header{"Origin": {"http://localhost", "https://evil.example"}}))
	if resp.StatusCode != 403 {
		t.Error(resp.StatusCode)
	}
}

func TestGuard_elsewhereThanOnLoopback_onlyListedOriginsMayCall(t *testing.T) {
	s := newSite(t, func(_ *site, o *Options) { o.Origins = []string{"https://page.example"} })
	for origin, want := range map[string]string{
		"https://page.example":  "hello",
		"http://localhost:6274": "may not call",
		"":                      "hello",
	} {
		w := newWire()
		w.origin = origin
		w.call(t, s.server.Handler, "echo") // a writer without a connection; the host is parley.example
		if text := w.text.String(); !strings.Contains(text, want) {
			t.Errorf("Origin %q: %s", origin, text)
		}
	}
}

func TestGuard_everyOriginAllowed_staysNamed(t *testing.T) {
	s := newSite(t, func(_ *site, o *Options) { o.Origins = []string{"*"} })
	resp, _ := s.do(s.request(initialize, http.Header{"Origin": {"https://any.example"}}))
	if resp.StatusCode != 200 || resp.Header.Get("Access-Control-Allow-Origin") != "https://any.example" ||
		resp.Header.Get("Vary") != "Origin" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

func TestGuard_preflight_namesWhatClientsSend(t *testing.T) {
	s := newSite(t)
	r := s.request("", http.Header{"Origin": {"http://localhost:6274"}, "Access-Control-Request-Method": {"POST"}})
	r.Method = http.MethodOptions
	resp, body := s.do(r)
	if resp.StatusCode != 204 || body != "" ||
		!strings.Contains(resp.Header.Get("Access-Control-Allow-Methods"), "POST") {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	for _, name := range []string{"MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Authorization", "Content-Type",
		"Mcp-Session-Id", "Last-Event-ID", "A2A-Version", "A2A-Extensions"} {
		if !strings.Contains(resp.Header.Get("Access-Control-Allow-Headers"), name) {
			t.Errorf("%s may not be sent", name)
		}
	}
	r.Header.Set("Origin", "https://evil.example")
	if resp, _ := s.do(r); resp.StatusCode != 403 || resp.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a foreign page gets %d %v", resp.StatusCode, resp.Header)
	}
}
