package httpapi

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api/mcp"
)

// FuzzHeaders sends a valid call with any headers. The answer is never a failure of the server, and no call reaches
// the server that a foreign web page could have made a browser send: over the loopback, or as behind Lambda.
func FuzzHeaders(f *testing.F) {
	f.Add("POST", "127.0.0.1:8080", "", "application/json", "application/json, text/event-stream", "2025-11-25", "", "",
		true)
	f.Add("POST", "parley.example", "https://evil.example", "application/json", "application/json", "2026-07-28",
		"tools/call", "echo", false)
	f.Add("POST", "parley.example", "https://parley.example", "application/json", "application/json", "2026-07-28",
		"tools/call", "echo", false)
	f.Add("OPTIONS", "localhost", "http://localhost:3000", "", "", "", "", "", true)
	f.Add("GET", "[::1]:8080", "null", "text/plain", "text/event-stream;q=0", "", "", "", true)
	s := &site{entered: make(chan string, 1), release: make(chan struct{})}
	server := s.mcp(slog.New(slog.DiscardHandler))
	reached := false
	h := New(Options{MCP: func(w http.ResponseWriter, r *http.Request, m *mcp.Message) {
		reached = true
		server.Serve(w, r, m)
	}})
	body, _ := legacyCall("1", "echo", "hello", `"t"`)
	f.Fuzz(func(t *testing.T, method, host, origin, kind, accept, version, mcpMethod, mcpName string, local bool) {
		r := httptest.NewRequest(http.MethodPost, MCPPath, strings.NewReader(body))
		r.Method, r.Host = method, host
		for name, value := range map[string]string{
			"Origin": origin, "Content-Type": kind, "Accept": accept,
			"Mcp-Protocol-Version": version, "Mcp-Method": mcpMethod, "Mcp-Name": mcpName,
		} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		if local {
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey,
				&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}))
		}
		reached = false
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 || w.Code < 200 {
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
		if reached && method != http.MethodPost {
			t.Errorf("a %s got through", method)
		}
		if reached && local && !thisMachine(host) {
			t.Errorf("got through to a server on the loopback by the name %q", host)
		}
		if reached && origin != "" && !(local && originIsThisMachine(origin)) &&
			!(!local && originIsHost(origin, host)) {
			t.Errorf("a page of %q got through", origin)
		}
		if reached && !strings.HasPrefix(strings.ToLower(strings.TrimSpace(kind)), "application/json") {
			t.Errorf("a body of the type %q got through", kind)
		}
	})
}

// thisMachine reports whether a host, as a browser understands it, is this machine.
func thisMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host, _, _ = strings.Cut(strings.Trim(host, "[]"), "%") // a zone
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

func originIsThisMachine(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && thisMachine(u.Host)
}

// originIsHost reports whether a page calls its own host.
func originIsHost(origin, host string) bool {
	scheme, from, _ := strings.Cut(strings.ToLower(origin), "://")
	port := map[string]string{"http": ":80", "https": ":443"}[scheme]
	return port != "" && strings.TrimSuffix(from, port) == strings.TrimSuffix(strings.ToLower(host), port)
}
