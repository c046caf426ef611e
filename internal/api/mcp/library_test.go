package mcp

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// goneWriter is an answer whose client has left.
type goneWriter struct {
	http.ResponseWriter
	tried int
}

func (w *goneWriter) Write([]byte) (int, error) {
	w.tried++
	return 0, errors.New("connection reset by peer")
}

func TestServer_clientGoneBeforeItsAnswer_isNotLoggedAsAFailure(t *testing.T) {
	var log strings.Builder
	h := handler(NewServer(Options{Tools: []Tool{quick}, Log: slog.New(slog.NewTextHandler(&log, nil))}))
	for method, body := range map[string]string{
		"ping":    `{"jsonrpc":"2.0","id":1,"method":"ping"}`,
		"unknown": `{"jsonrpc":"2.0","id":1,"method":"no/such"}`,
		"call":    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"quick"}}`,
	} {
		r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := &goneWriter{ResponseWriter: httptest.NewRecorder()}
		h.ServeHTTP(w, r)
		if w.tried == 0 {
			t.Errorf("%s: no answer was tried", method)
		}
	}
	if strings.Contains(log.String(), "level=ERROR") {
		t.Error(log.String())
	}
}

func TestPrompt_argumentThatIsTyped_isCompleted(t *testing.T) {
	complete := func(_ context.Context, typed string) ([]string, bool) { return []string{typed + "!"}, true }
	w := &wire{t: t}
	w.serve(handler(NewServer(Options{Log: quiet, Prompts: []Prompt{{
		Name: "greet", Text: func(map[string]string) string { return "" },
		Arguments: []PromptArgument{{Name: "whom", Complete: complete}, {Name: "how"}},
	}}})))
	for reference, want := range map[string]string{
		`"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"whom","value":"Ann"}`: `"values":["Ann!"]`,
		`"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"how","value":"Ann"}`:  `"values":[]`,
		`"ref":{"type":"ref/prompt","name":"other"},"argument":{"name":"whom","value":"Ann"}`: `"values":[]`,
	} {
		if status, r := w.post(legacy, "1", "completion/complete", "", "{"+reference+"}"); status != 200 ||
			!strings.Contains(r.body, want) {
			t.Errorf("%s: %d %s", reference, status, r.body)
		}
	}
}

func TestServer_hiddenTool_isCalledAndNotListed(t *testing.T) {
	secret := quick
	secret.Name, secret.Hidden = "secret", true
	w := &wire{t: t}
	w.serve(handler(NewServer(Options{Log: quiet, Tools: []Tool{secret, quick}})))
	for _, generation := range []string{legacy, modern} {
		if status, r := w.post(generation, "1", "tools/list", "", "{}"); status != 200 ||
			!strings.Contains(r.body, `"quick"`) || strings.Contains(r.body, `"secret"`) {
			t.Errorf("%s: %d %s", generation, status, r.body)
		}
		if status, r := w.post(generation, "2", "tools/call", "secret", `{"name":"secret"}`); status != 200 ||
			len(r.Result.Content) == 0 || r.Result.IsError {
			t.Errorf("%s: %d %s", generation, status, r.body)
		}
	}
}
