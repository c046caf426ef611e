package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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
