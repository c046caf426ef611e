package mcptools

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
)

// answers posts body on the short way, if it takes that, and on the long way,
// which a media type written otherwise asks for.
func answers(t *testing.T, h http.Handler, version, body string) (short, long *httptest.ResponseRecorder) {
	t.Helper()
	post := func(mediaType string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(body))
		r.Header.Set("Content-Type", mediaType)
		if version != "" {
			r.Header.Set("MCP-Protocol-Version", version)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	return post("application/json"), post("application/json; charset=utf-8")
}

func TestShortWay_answersAsTheLongWay(t *testing.T) {
	s := NewServer("0", "", slog.New(slog.DiscardHandler))
	s.AddTool(mcp.NewTool("say"), func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("<b> & " + r.Params.Name + string(r.Params.RawArguments)), nil
	})
	s.AddTool(mcp.NewTool("refuse"), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return toolError(badArguments("refuse", nil, []string{"nothing is right"}))
	})
	s.AddTool(mcp.NewTool("wait"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return Later(ctx, func(context.Context) (*mcp.CallToolResult, error) { return mcp.NewToolResultText("at last"), nil })
	})
	h := NewHandler(s, slog.New(slog.DiscardHandler))
	for name, body := range map[string]string{
		"a call":                 `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"say","arguments":{"a":1}}}`,
		"an id that is a string": `{"jsonrpc":"2.0","id":"x<y","method":"tools/call","params":{"name":"say"}}`,
		"the largest id":         `{"jsonrpc":"2.0","id":9007199254740992,"method":"tools/call","params":{"name":"say"}}`,
		"a progress token":       `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"say","_meta":{"progressToken":7}}}`,
		"a refusal":              `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"refuse","arguments":{}}}`,
		"a wait":                 `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait","arguments":null}}`,
		"no such tool":           `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"sing"}}`,
		"no tool":                `{"jsonrpc":"2.0","id":1,"method":"tools/call"}`,
		"parameters of no form":  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[1]}`,
		"a notification":         `{"jsonrpc":"2.0","method":"tools/call","params":{"name":"say"}}`,
		"another version":        `{"jsonrpc":"1.0","id":1,"method":"tools/call","params":{"name":"say"}}`,
		"only the words":         `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"name":"tools/call"}}`,
	} {
		for _, version := range []string{"", "2025-06-18", "2025-11-25", "2026-07-28", "1999-01-01"} {
			short, long := answers(t, h, version, body)
			if short.Code != long.Code || short.Body.String() != long.Body.String() || short.Header().Get("Content-Type") != long.Header().Get("Content-Type") {
				t.Errorf("%s, version %q:\n short %d %q\n long  %d %q", name, version, short.Code, short.Body, long.Code, long.Body)
			}
		}
	}
}

func TestShortCall_isTakenByPlainCallsOnly(t *testing.T) {
	s := NewServer("0", "", slog.New(slog.DiscardHandler))
	s.AddTool(mcp.NewTool("say"), nil)
	const plain = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"say"}}`
	modern := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"say","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`
	for _, c := range []struct {
		version, body string
		want          bool
	}{
		{"", plain, true}, {"2025-11-25", plain, true}, {"2026-07-28", plain, false}, {"1999-01-01", plain, false}, {"", modern, false},
	} {
		h := http.Header{"Content-Type": {"application/json"}}
		if c.version != "" {
			h.Set("MCP-Protocol-Version", c.version)
		}
		if got := shortCall(s, h, []byte(c.body)) != nil; got != c.want {
			t.Errorf("version %q, %s: %t", c.version, c.body, got)
		}
	}
}
