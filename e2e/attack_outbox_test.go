package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Eve gives a server of Parley an address of another, or of itself, so that its call does something
// there. Such a call has a header, which each door looks for before anything else.
func TestAttack_callOfAServerOfParley_doesNothing(t *testing.T) {
	p := exposed(t)
	base := strings.TrimSuffix(p.url, "/mcp")
	const create = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_room",` +
		`"arguments":{"room":"circle","agent_name":"Eve"}}}`
	calls, passed := 0, 0
	for _, door := range []string{"/mcp", "/mcp/", "/", "/healthz", "/v1/wait", "/k/key/mcp", "/i/invite",
		"/i/invite/mcp", "/i/invite/a2a", "/a2a", "/.well-known/agent-card.json", "/nowhere"} {
		for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodPut, http.MethodOptions} {
			r, err := http.NewRequestWithContext(t.Context(), method, base+door, strings.NewReader(create))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = http.Header{"Content-Type": {"application/json"},
				"Accept": {"application/json, text/event-stream"}, "X-Forwarded-For": {"203.0.113.9"},
				"Parley-Outbox": {"1"}}
			resp, err := strangers.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close() // read to its end
			calls++
			if err != nil || resp.StatusCode != http.StatusForbidden {
				passed++
				t.Errorf("%s %s: %d %s %v", method, door, resp.StatusCode, text, err)
			}
		}
	}
	got, err := p.victim().call(t.Context(), "list_rooms", nil)
	if err != nil || strings.Contains(fmt.Sprintf("%+v", got), "circle") {
		t.Errorf("a room was made: %+v %v", got, err)
	}
	attacks(t, "%d calls that a server of Parley was made to send, to all doors: %d passed", calls, passed)
}
