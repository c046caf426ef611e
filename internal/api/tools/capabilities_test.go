package tools

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// Clients use the capabilities that a server names, so a server may name only capabilities that work.
func TestServer_capabilities_areThoseThatItHas(t *testing.T) {
	noView := New(nil, nil, Options{}).Handler()
	all := []string{"completions", "extensions", "prompts", "resources", "tools"}
	for _, c := range []struct {
		server             http.Handler
		generation, method string
		want               []string
	}{
		{noView, legacy, "initialize", []string{"completions", "prompts", "tools"}},
		{noView, modern, "server/discover", []string{"completions", "prompts", "tools"}},
		{toolsOnly(), legacy, "initialize", all},
		{toolsOnly(), modern, "server/discover", all},
	} {
		params := map[string]any{}
		if c.generation == legacy {
			params = map[string]any{"protocolVersion": legacy, "capabilities": showsViews,
				"clientInfo": map[string]any{"name": "c", "version": "1"}}
		}
		var got struct {
			Capabilities map[string]map[string]any
		}
		if err := json.Unmarshal(ask(t, c.server, c.generation, c.method, params), &got); err != nil {
			t.Fatal(err)
		}
		names := slices.Sorted(maps.Keys(got.Capabilities))
		if !slices.Equal(names, c.want) {
			t.Errorf("%s offers %q, want %q", c.generation, names, c.want)
		}
		for name, more := range got.Capabilities {
			if name != "extensions" && len(more) > 0 { // lists do not change, and nobody can subscribe
				t.Errorf("%s: %s offers %v", c.generation, name, more)
			}
		}
	}
}

func TestServer_resources_areNothingButTheView(t *testing.T) {
	noView := New(nil, nil, Options{}).Handler()
	for method, want := range map[string]string{
		"resources/list":           `"uri":"` + ViewURI + `"`,
		"resources/templates/list": `"resourceTemplates":[]`,
		"resources/read":           `"code":-32002`,
		"resources/subscribe":      `"code":-32601`,
	} {
		for _, c := range []struct {
			server http.Handler
			want   string
		}{{toolsOnly(), want}, {noView, `"code":-32601`}} {
			w := httptest.NewRecorder()
			r := httptest.NewRequest("POST", "/mcp",
				strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"`+method+`","params":{"uri":"parley://rooms/den"}}`))
			r.Header.Set("Content-Type", "application/json")
			c.server.ServeHTTP(w, r)
			if !strings.Contains(w.Body.String(), c.want) || strings.Count(w.Body.String(), `"uri":"`) > 1 {
				t.Errorf("%s is answered with %s, want %s", method, w.Body, c.want)
			}
		}
	}
}
