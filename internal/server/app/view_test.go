package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/server/app"
)

// A view is a token for show_room alone. No address of a server with keys admits a caller with a view alone.
func TestApp_viewToken_opensNoAddress(t *testing.T) {
	a, tab := onTable(t, app.Config{Settings: app.Settings{Access: "keys", SignIn: "auto",
		PublicURL: publicOrigin}})
	defer a.Close()
	key := addKey(t, tab, "ann")
	ann := callBearing(t, a.Handler, "192.0.2.1", "/mcp", key, "create_room", map[string]any{"agent_name": "Ann"})
	view := callBearing(t, a.Handler, "192.0.2.1", "/mcp", key, "room_info",
		map[string]any{"agent_token": ann.AgentToken}).View
	if shown := callBearing(t, a.Handler, "192.0.2.1", "/mcp", key, "show_room",
		map[string]any{"view": view}); view == "" || shown.Code != "" || shown.Room.Name == "" {
		t.Fatalf("the view %q shows %+v", view, shown)
	}
	const rpc = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_rooms","arguments":{}}}`
	said := `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{"messageId":"1","role":"ROLE_USER",` +
		`"contextId":"` + view + `","parts":[{"text":"hi"}]}}}`
	invite := strings.TrimSuffix(regexp.MustCompile(`/i/\w+/mcp`).FindString(ann.Invite), "/mcp")
	form := func(name string) string { return url.Values{name: {view}, "grant_type": {name}}.Encode() }
	for _, c := range []struct {
		method, path, bearer, body string
	}{
		{"POST", "/mcp", view, rpc},
		{"POST", "/k/" + view + "/mcp", "", rpc},
		{"POST", "/i/" + view + "/mcp", "", rpc},
		{"POST", "/i/" + view + "/mcp", key, rpc},
		{"GET", "/i/" + view, "", ""},
		{"GET", "/mcp", view, ""},
		{"DELETE", "/mcp", view, ""},
		{"GET", "/v1/wait", view, ""},
		{"POST", "/v1/wait", view, ""},
		{"POST", "/a2a", view, said},
		{"POST", "/i/" + view + "/a2a", "", said},
		{"POST", "/i/" + view + "/as/Ann/a2a", "", said},
		{"GET", "/i/" + view + "/.well-known/agent-card.json", "", ""},
		{"GET", "/i/" + view + "/as/Ann/.well-known/agent-card.json", "", ""},
		{"POST", invite + "/a2a", "", said},
		{"GET", "/v1/file/" + view, "", ""},
		{"GET", "/v1/upload/" + view, "", ""},
		{"POST", "/v1/upload/" + view, "", "bytes"},
		{"PUT", "/v1/upload/" + view, "", "bytes"},
		{"POST", "/oauth/token", view, form("code")},
		{"POST", "/oauth/token", "", form("refresh_token")},
	} {
		r := httptest.NewRequest(c.method, "http://parley.example"+c.path, strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/json")
		if strings.HasPrefix(c.path, "/oauth/") {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		r.Header.Set("A2A-Version", "1.0")
		r.Header.Set("X-Forwarded-For", "192.0.2.2")
		if c.bearer != "" {
			r.Header.Set("Authorization", "Bearer "+c.bearer)
		}
		w := httptest.NewRecorder()
		a.Handler.ServeHTTP(w, r)
		turned := w.Code >= http.StatusBadRequest || strings.Contains(w.Body.String(), `"error":{`)
		if !turned || strings.Contains(w.Body.String(), view) {
			t.Errorf("%s %s, bearing %.4s: %d %s", c.method, c.path, c.bearer, w.Code, w.Body)
		}
	}
}
