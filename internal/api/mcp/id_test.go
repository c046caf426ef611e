package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A client looks for the id that it has sent, and some compare its letters.
func TestID_ofAnyRequest_comesBackAsItWasSent(t *testing.T) {
	said := make(chan []byte, 1)
	s := NewServer(Options{Log: quiet, Tools: []Tool{{Name: "say",
		Call: func(_ context.Context, a json.RawMessage, _ *Record) (any, error) { return string(a), nil }}},
		Events: &Events{List: []Event{{Name: "e"}}},
		View:   &View{URI: "ui://room-1", Name: "room", Document: func() string { return `{"jsonrpc":"2.0","id":0,` }}})
	for _, id := range []string{`0`, `-1`, `-0`, `1.0`, `1.5`, `1e3`, `1E400`, `9007199254740993`, `18446744073709551615`,
		`-9223372036854775809`, `123456789012345678901234567890`, `""`, `"0"`, `"9007199254740993"`, `"1\u0030"`,
		`"<&>"`, `"\u2028"`} {
		for method, params := range map[string]string{
			"initialize": `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}`,
			"ping":       `{}`, "tools/list": `{}`, "tools/call": `{"name":"say","arguments":{"text":"\"id\":0,"}}`,
			"prompts/get": `{"name":"\"jsonrpc\":\"2.0\",\"id\":0,"}`, "resources/list": `{}`, "no/such": `{"a":[1]}`,
			"resources/read": `{"uri":"ui://room-1"}`, "events/list": `{}`, "events/subscribe": `{}`,
			"tools/call ": `{}`, "subscriptions/listen": `{}`,
		} {
			r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(""))
			if method == "subscriptions/listen" {
				params = `{"notifications":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
					`"io.modelcontextprotocol/clientCapabilities":{}}}`
				r.Header.Set("Mcp-Protocol-Version", modern)
				r.Header.Set("Mcp-Method", method)
				r = r.WithContext(WithStream(r.Context(), sent(said)))
			}
			r.Header.Set("Content-Type", "application/json")
			m, refused := Parse(fmt.Appendf(nil, `{"id":%s,"params":%s,"method":%q,"jsonrpc":"2.0"}`, id, params,
				strings.TrimSpace(method)))
			if refused != nil {
				t.Fatalf("%s: %+v", id, refused)
			}
			w := httptest.NewRecorder()
			s.Serve(w, r, m)
			var got struct{ ID json.RawMessage }
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || string(got.ID) != id {
				t.Errorf("%s with the id %s: %d %.200s, %v", method, id, w.Code, w.Body, err)
			}
			if method == "subscriptions/listen" {
				if ack := string(<-said); !strings.Contains(ack, `subscriptionId":`+id) {
					t.Errorf("the id %s is acknowledged as %s", id, ack)
				}
			}
		}
	}
}

// sent is a stream that keeps what is sent.
type sent chan []byte

func (s sent) Send(message []byte)  { s <- message }
func (s sent) OnBeat(func() []byte) {}
