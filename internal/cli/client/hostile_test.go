package client_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

func TestClient_answerThatIsNotParleys_isAnError(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"huge": func(w http.ResponseWriter, _ *http.Request) {
			block := []byte(strings.Repeat(" ", 1<<20))
			for range 20 {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
			_, _ = w.Write([]byte(`{"status":"messages"}`))
		},
		"a proxy that asks for a login": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<h1>Log in</h1>", http.StatusUnauthorized)
		},
		"a proxy that gives up": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<h1>Timeout</h1>", http.StatusRequestTimeout)
		},
		"gone": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<h1>Gone</h1>", http.StatusGone) },
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(answer)
			defer server.Close()
			c := client.New(server.URL, client.Options{})
			if got, err := c.Standby(t.Context(), client.StandbyRequest{Token: "t"}); err == nil {
				t.Errorf("%d, no error", got.Code)
			}
			if err := c.Call(t.Context(), "list_rooms", map[string]any{}, &results.Rooms{}); err == nil {
				t.Error("a call has no error")
			}
		})
	}
}

func TestClient_serverIsNoParley_isOneLineWithoutItsPage(t *testing.T) {
	page := "<html>\n<h1>Nope</h1>\n" + strings.Repeat("<p>words</p>\n", 30)
	const html, is, stream = "text/html", "application/json", "text/event-stream"
	const other, broken = " does not answer as Parley does", " cannot be reached: its answer broke off"
	for _, c := range []struct {
		status       int
		typed, body  string
		wantAfterURL string
	}{
		{200, html, page, other + ", but with text/html"},
		{301, html, page, other + ", but with 301 Moved Permanently"},
		{401, html, page, other + ", but with 401 Unauthorized"},
		{404, html, page, " cannot be reached: there is no MCP at this address"},
		{502, html, page, other + ", but with 502 Bad Gateway"},
		{200, is, "", other},
		{200, is, `{"hello":"world"}`, other},
		{200, is, "[1, 2]", other},
		{200, is, `{"jsonrpc": "2.0", "id": 1, "result": "fine"}`, other},
		{200, is, `{"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "` + strings.Repeat("x", 5000) + `"}}`,
			other + `, but with "` + strings.Repeat("x", 200) + `"`},
		{200, is, `{"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "No\nsuch"}}`, other +
			`, but with "method not found: No\nsuch"`},
		{200, is, `{"jsonrpc": "2.0", "id": 1,`, broken},
		{200, stream, "data: hi\n\n", broken},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.typed)
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		err := client.New(server.URL, client.Options{}).Call(t.Context(), "list_rooms", map[string]any{},
			&results.Rooms{})
		server.Close()
		want := "the server at " + server.URL + c.wantAfterURL + "; see parley doctor --url " + server.URL
		refuses := strings.Contains(c.body, "error") // a further attempt does not change a refusal
		if err == nil || err.Error() != want || errors.As(err, new(*client.Unreachable)) == refuses {
			t.Errorf("%d %s: %v; want %s", c.status, c.body, err, want)
		}
	}
}
