package httpapi

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"unicode/utf8"
)

// FuzzBody sends any body in both generations. The answer is never a failure of the
// server, and text that is not UTF-8 is always refused.
func FuzzBody(f *testing.F) {
	for _, e := range eras() {
		body, _ := e.call("1", "echo", "hello", `"t"`)
		f.Add([]byte(body), e.name == "modern")
	}
	for _, body := range []string{
		"", "[]", "{}", initialize, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"\ud83d\ude00"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{},"_meta":{` + modernMeta +
			`}}}`,
		`{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"echo","task":{"ttl":1},"_meta":[]}}`,
	} {
		f.Add([]byte(body), false)
		f.Add([]byte(body), true)
	}
	s := &site{entered: make(chan string, 1), release: make(chan struct{})}
	close(s.release)
	h := New(Options{MCP: s.mcp(slog.New(slog.DiscardHandler)).Serve})
	f.Fuzz(func(t *testing.T, body []byte, modern bool) {
		r := httptest.NewRequest(http.MethodPost, MCPPath, bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		if modern {
			r.Header = http.Header{"Content-Type": {"application/json"}, "Mcp-Protocol-Version": {"2026-07-28"},
				"Mcp-Method": {"tools/call"}, "Mcp-Name": {"echo"}}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 || w.Code < 200 {
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
		if !utf8.Valid(body) && w.Code < 400 {
			t.Errorf("not UTF-8, and yet %d: %s", w.Code, w.Body)
		}
		if out, err := io.ReadAll(w.Body); err != nil || !utf8.Valid(out) {
			t.Errorf("%v, answer %q", err, out)
		}
	})
}
