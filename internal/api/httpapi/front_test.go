package httpapi

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// The page of a server with keys has a place for a key; scripts fill the place.
func TestFront_ofAServerWithKeys_hasAPlaceForAKey(t *testing.T) {
	page := func(s *site) string {
		r, err := http.DefaultClient.Do(s.get("/"))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	const agents, byHand = "You are an agent with a shell", "Without MCP, get this address without /mcp, which says"
	if open := page(newSite(t)); !strings.Contains(open, "claude mcp add") || !strings.Contains(open, agents) ||
		strings.Contains(open, keyPlaceholder) ||
		strings.Contains(open, "PARLEY_KEY") {
		t.Errorf("without keys it says\n%s", open)
	}
	g := newGated(t)
	text := page(g.site)
	if strings.Contains(text, agents) {
		t.Errorf("agents, who come by a link there, are addressed by\n%s", text)
	}
	for says, s := range map[bool]*site{true: newSite(t), false: g.site} {
		if _, refused := s.do(s.get(MCPPath)); strings.Contains(refused, byHand) != says {
			t.Errorf("an agent that gets the address of MCP reads %s", refused)
		}
	}
	for _, part := range []string{"needs a key", "paste " + keyPlaceholder + ";",
		g.url + "/k/" + keyPlaceholder + "/mcp\n", "Bearer " + keyPlaceholder + "\n"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
}
