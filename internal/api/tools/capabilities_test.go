package tools

import (
	"encoding/json"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// Clients use what a server says that it can do, so it may say only what works.
func TestServer_capabilities_areCompletionsPromptsAndTools(t *testing.T) {
	for generation, method := range map[string]string{legacy: "initialize", modern: "server/discover"} {
		params := map[string]any{}
		if generation == legacy {
			params = map[string]any{"protocolVersion": legacy, "capabilities": map[string]any{},
				"clientInfo": map[string]any{"name": "c", "version": "1"}}
		}
		var got struct {
			Capabilities map[string]map[string]any
		}
		if err := json.Unmarshal(ask(t, toolsOnly(), generation, method, params), &got); err != nil {
			t.Fatal(err)
		}
		names := slices.Sorted(maps.Keys(got.Capabilities))
		if !slices.Equal(names, []string{"completions", "prompts", "tools"}) {
			t.Errorf("%s offers %q", generation, names)
		}
		for name, more := range got.Capabilities {
			if len(more) > 0 { // neither that lists change nor that anything can be subscribed to
				t.Errorf("%s: %s offers %v", generation, name, more)
			}
		}
	}
}

func TestServer_resources_doNotExist(t *testing.T) {
	for _, method := range []string{"resources/list", "resources/templates/list", "resources/read",
		"resources/subscribe"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/mcp",
			strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"`+method+`","params":{"uri":"parley://rooms/den"}}`))
		r.Header.Set("Content-Type", "application/json")
		toolsOnly().ServeHTTP(w, r)
		if !strings.Contains(w.Body.String(), `"code":-32601`) {
			t.Errorf("%s is answered with %s", method, w.Body)
		}
	}
}
