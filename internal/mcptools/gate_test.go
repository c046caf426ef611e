package mcptools

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// goneWriter is an answer whose client has gone.
type goneWriter struct {
	http.ResponseWriter
	tried int
}

func (w *goneWriter) Write([]byte) (int, error) {
	w.tried++
	return 0, errors.New("connection reset by peer")
}

func TestHandler_clientGoneBeforeItsAnswer_isNotLoggedAsAFailure(t *testing.T) {
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	h := NewHandler(NewServer("1", "", logger), logger)
	for method, body := range map[string]string{
		"ping":    `{"jsonrpc":"2.0","id":1,"method":"ping"}`,
		"unknown": `{"jsonrpc":"2.0","id":1,"method":"no/such"}`,
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
