package mcp

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	library "github.com/mark3labs/mcp-go/mcp"
)

// send posts a body to s, with the version in the header; "": none.
func send(s *Server, version, body string) (int, reply) {
	r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if version != "" {
		r.Header.Set("Mcp-Protocol-Version", version)
	}
	w := httptest.NewRecorder()
	handler(s).ServeHTTP(w, r)
	out := reply{header: w.Header(), body: w.Body.String()}
	_ = json.Unmarshal(w.Body.Bytes(), &out) // a text leaves out empty
	return w.Code, out
}

func TestVersion_inTheHeaderOfInitialize_isNegotiatedAsInTheBody(t *testing.T) {
	s := NewServer(Options{Version: "1.2.3", Log: quiet, Tools: []Tool{quick}})
	for asked, want := range map[string]string{"2025-06-18": "2025-06-18", "2026-07-28": "2025-11-25",
		"2027-01-01": "2025-11-25", "2099-01-01": "2025-11-25", "1999-01-01": "2025-11-25", "x": "2025-11-25"} {
		for _, meta := range []string{"", `,"_meta":{"progressToken":1}`} {
			body := `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"` + asked +
				`","capabilities":{},"clientInfo":{"name":"c","version":"1"}` + meta + `}}`
			for _, header := range []string{"", asked} {
				if status, r := send(s, header, body); status != 200 || r.Result.ProtocolVersion != want {
					t.Errorf("%s in the body, %q in the header: %d %s", asked, header, status, r.body)
				}
			}
		}
	}
}

// A client of either generation reads which versions to use instead.
func TestVersion_thatIsUnknown_isRefusedWithTheKnownOnes(t *testing.T) {
	s := NewServer(Options{Version: "1.2.3", Log: quiet, Tools: []Tool{quick}})
	later := `"_meta":{"io.modelcontextprotocol/protocolVersion":"2027-01-01",` +
		`"io.modelcontextprotocol/clientCapabilities":{}}`
	for version, bodies := range map[string][]string{
		"1999-01-01": {
			`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"quick"}}`,
			`{"jsonrpc":"2.0","id":7,"method":"tools/list"}`,
			`{"jsonrpc":"2.0","id":7,"method":"no/such"}`,
		},
		"2027-01-01": {
			`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"quick"}}`,
			`{"jsonrpc":"2.0","id":7,"method":"tools/list"}`,
			`{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{` + later + `}}`,
			`{"jsonrpc":"2.0","id":7,"method":"initialize","params":{` + later + `}}`,
		},
	} {
		for _, body := range bodies {
			status, r := send(s, version, body)
			var refused struct {
				Error struct {
					Code    int
					Message string
					Data    library.UnsupportedProtocolVersionData
				}
			}
			err := json.Unmarshal([]byte(r.body), &refused)
			if e := refused.Error; status != 400 || err != nil || string(r.ID) != "7" ||
				e.Code != library.UNSUPPORTED_PROTOCOL_VERSION || e.Data.Requested != version ||
				!slices.Equal(e.Data.Supported, library.ValidProtocolVersions) ||
				!strings.Contains(e.Message, legacy) || !strings.Contains(e.Message, version) {
				t.Errorf("%s, %s: %d %s", version, body, status, r.body)
			}
		}
	}
	if status, r := send(s, "1999-01-01", `{"jsonrpc":"2.0","method":"notifications/initialized"}`); status != 400 ||
		!strings.Contains(r.body, `"id":null`) {
		t.Errorf("a notification: %d %s", status, r.body)
	}
}

func TestVersion_thatIsOffered_isServedAsTheRefusalSays(t *testing.T) {
	s := NewServer(Options{Version: "1.2.3", Log: quiet, Tools: []Tool{quick}})
	_, r := send(s, "1999-01-01", `{"jsonrpc":"2.0","id":7,"method":"tools/list"}`)
	_, offer, _ := strings.Cut(r.body, "Nothing was done")
	alone, more, _ := strings.Cut(offer, "Or send")
	date := regexp.MustCompile(`\d{4}-\d{2}-\d{2}`)
	more, _, _ = strings.Cut(more, `"data"`)
	headers, further := date.FindAllString(alone, -1), date.FindAllString(more, -1)
	if all := slices.Concat(further, headers); !slices.Equal(all, library.ValidProtocolVersions) {
		t.Fatalf("%v are offered: %s", all, r.body)
	}
	for _, version := range headers {
		for _, call := range []string{`"tools/list"`, `"tools/call","params":{"name":"quick","arguments":{}}`} {
			status, r := send(s, version, `{"jsonrpc":"2.0","id":1,"method":`+call+`}`)
			if status != 200 || r.Error.Code != 0 || r.Result.IsError {
				t.Errorf("%s, %s: %d %s", version, call, status, r.body)
			}
		}
	}
	for _, version := range further {
		r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(
			`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"quick","arguments":{},"_meta":{`+modernMeta+`}}}`))
		r.Header = modernHeader()
		r.Header.Set(library.HeaderProtocolVersion, version)
		r.Header.Set("Mcp-Name", "quick")
		w := httptest.NewRecorder()
		handler(s).ServeHTTP(w, r)
		if w.Code != 200 || strings.Contains(w.Body.String(), `"error"`) {
			t.Errorf("%s: %d %s", version, w.Code, w.Body)
		}
	}
}
