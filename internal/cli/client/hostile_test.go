package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
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

func TestStandby_retryAfterThatIsAbsurd_isBounded(t *testing.T) {
	for _, given := range []string{"9223372036854775807", "-5", "999999999"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", given)
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		got, err := client.New(server.URL, client.Options{}).Standby(t.Context(), client.StandbyRequest{Token: "t"})
		server.Close()
		if err != nil || got.RetryAfter < 0 || got.RetryAfter > 10*time.Minute {
			t.Errorf("%s: %v, %v", given, got.RetryAfter, err)
		}
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

// TestClient_serverRefusesTheRequestItself_isItsSentence plays a Parley server's answers before it reads a call.
func TestClient_serverRefusesTheRequestItself_isItsSentence(t *testing.T) {
	const plain, stream = "application/json", "text/event-stream"
	for _, c := range []struct {
		status, rpc int
		data        string
		typed       string
		want        fault.Code
	}{
		{http.StatusForbidden, -32000, ``, plain, fault.NotAllowed},
		{http.StatusRequestEntityTooLarge, -32000, ``, plain, fault.NotAllowed},
		{http.StatusServiceUnavailable, -32000, ``, plain, fault.Unavailable},
		{http.StatusServiceUnavailable, -32603, ``, plain, fault.Unavailable},
		{http.StatusOK, -32603, ``, stream, fault.Unavailable}, // once the answer has begun
		{http.StatusOK, -32000, `,"data":{"code":"unavailable"}`, plain, fault.Unavailable},
		{http.StatusBadRequest, -32000, ``, plain, fault.Internal}, // so servers of MCP ask for a session
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.typed)
			w.WriteHeader(c.status)
			if c.typed == stream {
				_, _ = fmt.Fprint(w, "data: ")
			}
			_, _ = fmt.Fprintf(w, `{"jsonrpc":"2.0","id":1,"error":{"code":%d,"message":"Use another name."%s}}`+"\n\n",
				c.rpc, c.data)
		}))
		err := client.New(server.URL, client.Options{}).Call(t.Context(), "list_rooms", map[string]any{},
			&results.Rooms{})
		server.Close()
		var refused *fault.Error
		if fault.CodeOf(err) != c.want || errors.As(err, &refused) && refused.Message != "Use another name." {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
