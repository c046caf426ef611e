package bridge_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
)

// A client behind the bridge subscribes as over HTTP: messages that mcp-go does not know pass both ways.
func TestRun_events_passBothWays(t *testing.T) {
	asked := make(chan string, 9)
	s := mcp.NewServer(mcp.Options{Version: "1", Log: slog.New(slog.DiscardHandler), Events: &mcp.Events{
		List: []mcp.Event{{Name: "bell", Description: "It rings."}},
		Subscribe: func(_ context.Context, s mcp.Subscribe) (mcp.Subscription, error) {
			asked <- fmt.Sprintf("%s %s %s %s", s.Name, s.Arguments, s.URL, s.Secret)
			return mcp.Subscription{}, &mcp.EventError{Kind: mcp.CallbackEndpoint, Message: "Nobody <is> there.",
				Data: map[string]any{"reason": "timeout"}}
		},
		Unsubscribe: func(context.Context, mcp.Subscribe) error { return nil },
	}})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the bridge has left
		}
		m, refused := mcp.Parse(body)
		if refused != nil {
			http.Error(w, refused.Message, http.StatusBadRequest)
			return
		}
		s.Serve(w, r, m)
	}))
	t.Cleanup(server.Close)
	c := start(t, server.URL, time.Millisecond)
	const (
		meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
			`"io.modelcontextprotocol/clientCapabilities":{"extensions":{"io.modelcontextprotocol/events":{}}}}`
		self         = `"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"parley","version":"1","title":"Parley"}}`
		subscription = `"name":"bell","arguments":{"n":1},` +
			`"delivery":{"mode":"webhook","url":"https://a.example/<b>","secret":"s"}`
		capability = `"events":{},"extensions":{"io.modelcontextprotocol/events":{}}`
	)
	for _, e := range []struct{ method, params, says string }{
		{"initialize", `"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}`, capability},
		{"server/discover", meta, capability},
		{"events/list", ``, `"result":{"events":[{"name":"bell",`},
		{"events/list", meta, `"result":{` + self + `,"events":[{"name":"bell",`},
		{"events/subscribe", subscription,
			`"error":{"code":-32015,"message":"Nobody <is> there.","data":{"reason":"timeout"}}`},
		{"events/subscribe", subscription + "," + meta,
			`"error":{"code":-32027,"message":"Nobody <is> there.","data":{"reason":"timeout"}}`},
		{"events/subscribe", `"name":"horn",` + meta, `"code":-32602`}, // with HTTP status 400
		{"events/unsubscribe", subscription, `"result":{}`},
		{"events/unsubscribe", subscription + "," + meta, `"result":{` + self + `,"resultType":"complete"}`},
	} {
		c.ask(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s}}`, e.method, e.params))
		if got := c.out.Text(); !strings.Contains(got, e.says) {
			t.Errorf("%s {%s} is answered\n%s, want %s", e.method, e.params, got, e.says)
		}
	}
	for range 2 {
		want := `bell {"n":1} https://a.example/<b> s`
		if got := <-asked; got != want {
			t.Errorf("the server was asked %s, want %s", got, want)
		}
	}
}
