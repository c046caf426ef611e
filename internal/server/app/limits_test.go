package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/server/app"
)

// The usual settings admit 60 rooms an hour to a public server.
func TestApp_usualLimits_areThoseOfAPublicServer(t *testing.T) {
	usual := app.Settings{MessagesPerMinute: app.Usual, BytesPerMinute: app.Usual, UnitsPerMinute: app.Usual,
		RoomsPerHour: app.Usual, WaitsPerAddress: app.Usual}
	without := usual
	without.RoomsPerHour = 0
	proxied, named, hosted := usual, usual, usual
	proxied.TrustProxy, named.PublicURL, hosted.AllowHost = true, "https://chat.example", []string{"chat.example"}
	for name, c := range map[string]struct {
		config  app.Config
		limited bool
		says    string
	}{
		"local": {app.Config{OnLoopback: true, Settings: usual}, false,
			"This server is local: only this machine can reach it."},
		"on another address": {app.Config{Settings: usual}, true, "This server is public: others can reach it. " +
			"Anyone who knows its address can use it, without a key."},
		"behind a proxy":    {app.Config{OnLoopback: true, Settings: proxied}, true, "public"},
		"with a public URL": {app.Config{OnLoopback: true, Settings: named}, true, "public"},
		"for another host":  {app.Config{OnLoopback: true, Settings: hosted}, true, "public"},
		"without a limit":   {app.Config{Settings: without}, false, "public"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.config.Exposure(); !strings.Contains(got, c.says) {
				t.Errorf("it says %q, want %q", got, c.says)
			}
			a := onFile(t, c.config)
			defer a.Close()
			for n := range 60 {
				if got := call(t, a.Handler, "create_room",
					fmt.Sprintf(`{"room":"room %d","agent_name":"Ann"}`, n)); !strings.Contains(got, "agent_token") {
					t.Fatalf("room %d: %s", n, got)
				}
			}
			if got := call(t, a.Handler, "create_room", `{"room":"one more","agent_name":"Ann"}`); strings.Contains(got,
				"rate_limited") != c.limited {
				t.Errorf("one more room: %s", got)
			}
		})
	}
}

// A read of the view or of the list of tools costs as much as 20 KB of the page, of which 30 units pay seven.
func TestApp_requestThatIsNoCall_costsAsTwentyKBOfThePage(t *testing.T) {
	for message, free := range map[string]bool{
		`"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x",` +
			`"version":"1"}}`: true,
		`"method":"ping"`:       true,
		`"method":"tools/list"`: false,
		`"method":"tools/call","params":{"name":"no_such"}`:     false,
		`"method":"prompts/list"`:                               false,
		`"method":"resources/list"`:                             false,
		`"method":"resources/templates/list"`:                   false,
		`"method":"resources/read","params":{"uri":"ui://x-1"}`: false,
		`"method":"completion/complete"`:                        false,
		`"method":"logging/setLevel"`:                           false,
		`"method":"events/list"`:                                false,
		`"method":"events/subscribe","params":{}`:               false,
		`"method":"server/discover"`:                            false,
		`"method":"no/such"`:                                    false,
	} {
		a := onFile(t, app.Config{Settings: app.Settings{UnitsPerMinute: 30}})
		served := 0
		for range 40 {
			r := httptest.NewRequest(http.MethodPost, "http://a.example/mcp",
				strings.NewReader(`{"jsonrpc":"2.0","id":1,`+message+`}`))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			a.Handler.ServeHTTP(w, r)
			if !strings.Contains(w.Body.String(), `"rate_limited"`) {
				served++
			} else if w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), `"id":1,`) {
				t.Errorf("%s: %s", message, w.Body)
			}
		}
		if free != (served == 40) || !free && (served < 5 || served > 8) {
			t.Errorf("%s: %d of 40 were served", message, served)
		}
		_ = a.Close()
	}
}

// Whatever a request is, a caller cannot have it without end, but for signs of life and for sign-in, which has limits
// of its own. Each row comes from an address of its own.
func TestApp_requestsOfEachKind_haveABudget(t *testing.T) {
	const units = 100
	a, tab := onTable(t, app.Config{Settings: app.Settings{UnitsPerMinute: units, SignIn: "auto", Access: "keys",
		PublicURL: "https://parley.example"}})
	defer a.Close()
	ann, bob := addKey(t, tab, "ann"), addKey(t, tab, "bob")
	made := callBearing(t, a.Handler, "", "/mcp", ann, "create_room", map[string]any{"agent_name": "Ann"})
	code, _ := ident.InviteIn(made.Invite)
	invite := "/i/" + code.String()
	const cards = "/.well-known/agent-card.json"
	const a2a = `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{` +
		`"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"hi"}]},` +
		`"configuration":{"returnImmediately":true}}}`
	refused := func(tool string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `","arguments":{"x":1}}}`
	}
	a2aOf := func(method, params string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":` + params + `}`
	}
	for n, c := range []struct {
		path, body, bearer string
		page, free         bool
	}{
		{path: "/mcp/server-card"}, {path: "/.well-known/ai-catalog.json"}, {path: "/robots.txt"},
		{path: "/llms.txt"}, {path: "/favicon.ico"},
		{path: "/", page: true}, {path: "/"}, {path: "/r/abcdefg"}, {path: invite, page: true}, {path: invite},
		{path: cards}, {path: invite + cards}, {path: invite + "/as/Bob" + cards}, {path: invite + "/a2a", body: a2a},
		{path: "/a2a", body: a2a}, {path: invite + "/a2a", body: a2aOf("message/send", "{}")},
		{path: invite + "/a2a", body: a2aOf("SendMessage", `{"message":{}}`)},
		{path: invite + "/a2a", body: a2aOf("SendStreamingMessage", "[]")},
		{path: invite + "/a2a", body: a2aOf("GetTask", `{"id":"1"}`)},
		{path: invite + "/a2a", body: a2aOf("SubscribeToTask", `{"id":"1"}`)},
		{path: invite + "/a2a", body: a2aOf("CancelTask", "{}")},
		{path: invite + "/a2a", body: a2aOf("ListTasks", "{}")}, {path: invite + "/a2a", body: a2aOf("X", "{}")},
		{path: invite + "/a2a", body: a2aOf("GetExtendedAgentCard", "{}")},
		{path: "/mcp", body: "{", bearer: bob}, {path: invite + "/mcp", body: `[{"jsonrpc":"2.0"}]`},
		{path: invite + "/a2a", body: `{"id":1}`}, {path: invite + "/tools/room_info", body: "room"},
		{path: "/v1/wait?wait_seconds=0", bearer: made.AgentToken}, {path: invite + "/tools/room_info", body: `{"x":1}`},
		{path: "/mcp", body: refused("room_info"), bearer: bob}, {path: invite, body: refused("room_info")},
		{path: invite + "/mcp", body: refused("none")}, {path: "/oauth/authorize", page: true},
		{path: "/healthz", free: true}, {path: "/.well-known/oauth-protected-resource/mcp", free: true},
		{path: "/.well-known/oauth-authorization-server/oauth", free: true},
		{path: "/oauth/register", body: `{"redirect_uris":["https://a.example/cb"]}`, free: true},
	} {
		served := 0
		for range units + 1 {
			method, body := http.MethodGet, io.Reader(http.NoBody)
			if c.body != "" {
				method, body = http.MethodPost, strings.NewReader(c.body)
			}
			r := httptest.NewRequest(method, "http://parley.example"+c.path, body)
			r.RemoteAddr = fmt.Sprintf("198.51.100.%d:1", n+1)
			r.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"},
				"Authorization": {"Bearer " + c.bearer}}
			if c.page {
				r.Header.Set("Accept", "text/html")
			}
			w := httptest.NewRecorder()
			a.Handler.ServeHTTP(w, r)
			switch text := w.Body.String(); {
			case w.Code >= http.StatusInternalServerError, w.Code == http.StatusNotFound,
				w.Code == http.StatusUnauthorized:
				t.Fatalf("%s: %d %.200s", c.path, w.Code, text)
			case w.Code != http.StatusTooManyRequests && !strings.Contains(text, "rate_limited"):
				served++
			}
		}
		if c.free != (served > units) || served == 0 {
			t.Errorf("%s %s is served %d times", c.path, c.body, served)
		}
	}
}
