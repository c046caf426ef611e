package mcptools

import (
	"encoding/json"
	"log/slog"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// What a server says that it can do, clients use: nothing may stand there that
// does not work.
func TestServer_saysWhatItCanDo_andNoMore(t *testing.T) {
	for generation, method := range map[string]string{legacy: "initialize", modern: "server/discover"} {
		params := map[string]any{}
		if generation == legacy {
			params = map[string]any{"protocolVersion": legacy, "capabilities": map[string]any{}, "clientInfo": map[string]any{"name": "c", "version": "1"}}
		}
		var got struct {
			Capabilities map[string]map[string]any
		}
		if err := json.Unmarshal(ask(t, toolsOnly(), generation, method, params), &got); err != nil {
			t.Fatal(err)
		}
		names := slices.Sorted(maps.Keys(got.Capabilities))
		if !slices.Equal(names, []string{"completions", "prompts", "resources", "tools"}) {
			t.Errorf("%s offers %q", generation, names)
		}
		for name, more := range got.Capabilities {
			if len(more) > 0 { // neither that lists change nor that anything can be subscribed to
				t.Errorf("%s: %s offers %v", generation, name, more)
			}
		}
	}
}

func TestServer_subscriptions_areNotTaken(t *testing.T) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"parley://rooms/den"}}`))
	r.Header.Set("Content-Type", "application/json")
	toolsOnly().ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), `"code":-32601`) {
		t.Errorf("resources/subscribe is answered with %s", w.Body)
	}
}

// To listen is acknowledged with what will come, which is nothing, and is over.
func TestServer_listenForResources_isAcknowledgedWithNothing(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	s := NewServer("1", "", quiet)
	AddTools(s, nil, Options{Logger: quiet})
	stream := &recorder{}
	ts := httptest.NewServer(stream.within(s))
	defer ts.Close()
	w := &wire{t: t, url: ts.URL}
	w.post(modern, `1`, "subscriptions/listen", "",
		`{"notifications":{"resourceSubscriptions":["parley://rooms/den"],"resourcesListChanged":true,"promptsListChanged":true,"toolsListChanged":true}}`)
	if len(stream.sent) != 1 || !strings.Contains(stream.sent[0], `"notifications":{}`) {
		t.Errorf("sent %q", stream.sent)
	}
}
