package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	library "github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/parley-chat/parley/internal/base/results"
)

// The answers to calls of tools must be those of mcp-go, since clients are tested against mcp-go: these tests send
// each request to both servers.

// compared is a Server, and a server where mcp-go makes the calls of the same tools.
type compared struct {
	ours, theirs http.Handler
	calls        int // of a tool
}

func newCompared() *compared {
	c := &compared{}
	say := func(_ context.Context, arguments json.RawMessage, _ *Record) (any, error) {
		c.calls++
		return map[string]string{"said": "<b> & " + string(arguments)}, nil
	}
	o := Options{Version: "1.2.3", Log: quiet, Tools: []Tool{
		{Name: "say", Call: say},
		{Name: "ärgern", Call: say},
		{Name: "hush", Call: say, Hidden: true},
		{Name: "show", Call: func(context.Context, json.RawMessage, *Record) (any, error) {
			c.calls++
			return illustrated{"<b> & more"}, nil
		}},
		{Name: "refuse", Call: func(context.Context, json.RawMessage, *Record) (any, error) {
			c.calls++
			return nil, &results.Failure{Code: "unavailable", Message: "<Later>.", RetryAfterSeconds: 3}
		}},
	}}
	c.ours = handler(NewServer(o))
	s := newLibrary(o)
	for _, tool := range o.Tools {
		s.AddTool(tool.listed(), inLibrary(tool))
	}
	c.theirs = libraryHandler(s, quiet)
	return c
}

// inLibrary returns the work of a tool as a handler of mcp-go.
func inLibrary(tool Tool) server.ToolHandlerFunc {
	return func(ctx context.Context, r library.CallToolRequest) (*library.CallToolResult, error) {
		return libraryResult(Do(ctx, quiet, tool.Name, func(ctx context.Context, record *Record) (any, error) {
			return tool.Call(ctx, r.Params.RawArguments, record)
		})), nil
	}
}

// libraryResult is an outcome as a result of mcp-go.
func libraryResult(o Outcome) *library.CallToolResult {
	said := string(o.JSON())
	if o.Failure != nil {
		said = o.Failure.Error()
	}
	content, structured := []library.Content{library.NewTextContent(said)}, o.JSON()
	if _, ok := o.Value.(illustrated); ok {
		structured = nil
		size := int64(7)
		content = append(content, library.NewImageContent("AAECAw==", "image/png"), library.ResourceLink{
			Type: "resource_link", URI: "own://a?b=<c>&d", Name: "a \"name\".txt", MIMEType: "text/plain", Size: &size})
	}
	return &library.CallToolResult{
		Content:              content,
		IsError:              o.Failure != nil,
		RawStructuredContent: structured,
	}
}

// illustrated is a result with a picture and a link.
type illustrated struct {
	Said string `json:"said"`
}

func (illustrated) Blocks() []Block {
	return []Block{Image([]byte{0, 1, 2, 3}, "image/png"),
		Link("own://a?b=<c>&d", `a "name".txt`, "text/plain", 7)}
}

// plain undoes the escapes for HTML of mcp-go; the answer to a call has none.
var plain = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&")

// check sends a request to both servers and fails if their answers differ, or if only one of them called a tool. Each
// server refuses an unknown version in its own words, and only ours says that an answer may be compressed.
func (c *compared) check(t *testing.T, name string, header http.Header, body string) {
	t.Helper()
	ours, ourCalls := c.post(c.ours, header, body)
	theirs, theirCalls := c.post(c.theirs, header, body)
	ours.Header().Del("Vary")
	m, _ := Parse([]byte(body))
	if _, unknown := negotiable(header, m); unknown != "" && ours.Code == http.StatusBadRequest &&
		theirs.Code == http.StatusBadRequest && ourCalls+theirCalls == 0 {
		return
	}
	if ours.Code != theirs.Code || !reflect.DeepEqual(ours.Header(), theirs.Header()) ||
		plain.Replace(ours.Body.String()) != plain.Replace(theirs.Body.String()) || ourCalls != theirCalls {
		t.Errorf("%s, %v:\nours   %d %v %q (%d calls)\ntheirs %d %v %q (%d calls)", name, header,
			ours.Code, ours.Header(), ours.Body, ourCalls, theirs.Code, theirs.Header(), theirs.Body, theirCalls)
	}
}

func (c *compared) post(h http.Handler, header http.Header, body string) (*httptest.ResponseRecorder, int) {
	c.calls = 0
	r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(body))
	r.Header = header.Clone()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w, c.calls
}

// legacyRequests are bodies of the older generation. Each body is also sent with headers of the newer generation,
// which the body contradicts.
func legacyRequests() map[string]string {
	call := func(params string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":` + params + `}`
	}
	return map[string]string{
		"a call":                    call(`{"name":"say","arguments":{"a":1}}`),
		"no arguments":              call(`{"name":"say"}`),
		"arguments that are null":   call(`{"name":"say","arguments":null}`),
		"arguments that are a list": call(`{"name":"say","arguments":[1]}`),
		"spaces everywhere": "\n{ \"jsonrpc\" : \"2.0\" , \"id\" : 1 , \"method\" : \"tools/call\" , " +
			"\"params\" : { \"name\" : \"say\" , \"arguments\" : { } } } ",
		"an escaped name":           call(`{"n\u0061me":"s\u0061y"}`),
		"a name beyond ASCII":       call(`{"name":"ärgern"}`),
		"a tool that is not listed": call(`{"name":"hush"}`),
		"the same, malformed":       call(`{"name":"hush","_meta":[]}`),
		"a refusal":                 call(`{"name":"refuse","arguments":{}}`),
		"a picture and a link":      call(`{"name":"show"}`),
		"an id that is a string":    `{"jsonrpc":"2.0","id":"x<y","method":"tools/call","params":{"name":"say"}}`,
		"the largest id":            `{"jsonrpc":"2.0","id":9007199254740992,"method":"tools/call","params":{"name":"say"}}`,
		"a negative id":             `{"jsonrpc":"2.0","id":-7,"method":"tools/call","params":{"name":"say"}}`,
		"a progress token":          call(`{"name":"say","_meta":{"progressToken":7}}`),
		"a token that is a list":    call(`{"name":"say","_meta":{"progressToken":[7]}}`),
		"a meta that is null":       call(`{"name":"say","_meta":null}`),
		"a meta that is a list":     call(`{"name":"say","_meta":[]}`),
		"an older version in meta": call(
			`{"name":"say","_meta":{"io.modelcontextprotocol/protocolVersion":"2025-06-18"}}`),
		"a number as version": call(
			`{"name":"say","_meta":{"io.modelcontextprotocol/protocolVersion":20260728}}`),
		"a task":                     call(`{"name":"say","task":{"ttl":60000}}`),
		"a task that is a list":      call(`{"name":"say","task":[1]}`),
		"a request state":            call(`{"name":"say","requestState":"x","inputResponses":{}}`),
		"a state that is a number":   call(`{"name":"say","requestState":5}`),
		"responses that are a list":  call(`{"name":"say","inputResponses":[]}`),
		"a member that nobody knows": call(`{"name":"say","extra":{"a":[1,2]}}`),
		"no such tool":               call(`{"name":"sing"}`),
		"a name that is a number":    call(`{"name":5}`),
		"a name that is null":        call(`{"name":null}`),
		"no name":                    call(`{}`),
		"params that are a list":     call(`[1]`),
		"params that are null":       call(`null`),
		"params that are a string":   call(`"say"`),
		"no params":                  `{"jsonrpc":"2.0","id":1,"method":"tools/call"}`,
		"a notification":             `{"jsonrpc":"2.0","method":"tools/call","params":{"name":"say"}}`,
		"a result beside it":         `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"say"},"result":{"a":1}}`,
		"a result that is null":      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"say"},"result":null}`,
		"an error beside it":         `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"say"},"error":{"code":1}}`,
		"another method":             `{"jsonrpc":"2.0","id":1,"method":"Tools/call","params":{"name":"say"}}`,
		"only the words":             `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"name":"tools/call"}}`,
		"the list":                   `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`,
	}
}

func TestCall_legacyRequest_isAnsweredAsByMCPGo(t *testing.T) {
	c := newCompared()
	for name, body := range legacyRequests() {
		for _, version := range []string{"", "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28",
			"2027-01-01", "1999-01-01"} {
			header := http.Header{"Content-Type": {"application/json"}}
			if version != "" {
				header.Set("MCP-Protocol-Version", version)
			}
			c.check(t, name, header, body)
		}
	}
}

// An answer holds a text twice: with escapes for HTML, the longest would be three times as long.
func TestCall_answer_hasNoEscapesForHTML(t *testing.T) {
	c := newCompared()
	w, _ := c.post(c.ours, modernHeader(), modernBody(modernMeta))
	if strings.Count(w.Body.String(), "<b> & ") != 2 {
		t.Error(w.Body)
	}
}

// FuzzResponse compares an answer with the same answer by encoding/json.
func FuzzResponse(f *testing.F) {
	for _, text := range []string{"", `say "hi"`, `\`, `\"`, "tab\tline\nbell\a", "\u2028\u2029", "\xff half \xe2\x80",
		"ä 日 🙂", "<b> & \x7f", `{"a":"\u0022"}`} {
		f.Add(text, `7`, false, false)
		f.Add(text, `"x\"\u0041<"`, true, true)
	}
	s := NewServer(Options{Version: "1.2.3", Log: quiet})
	f.Fuzz(func(t *testing.T, text, id string, refused, modern bool) {
		if m, bad := Parse([]byte(`{"jsonrpc":"2.0","method":"tools/call","id":` + id + `}`)); bad != nil || m.ID == nil {
			return
		} else {
			id = string(m.ID)
		}
		o := Outcome{Value: map[string]any{"text": text, text: []string{text}}}
		if refused {
			o = Outcome{Failure: &results.Failure{Code: "unavailable", Message: text,
				Next: "Later."}}
		}
		want := struct {
			JSONRPC string          `json:"jsonrpc"`
			ID      json.RawMessage `json:"id"`
			Result  struct {
				Meta       any               `json:"_meta,omitempty"`
				Content    []json.RawMessage `json:"content"`
				IsError    bool              `json:"isError,omitempty"`
				ResultType string            `json:"resultType,omitempty"`
				Structured json.RawMessage   `json:"structuredContent"`
			} `json:"result"`
		}{JSONRPC: "2.0", ID: json.RawMessage(id)}
		said := struct {
			Type string `json:"type"`
			Text string `json:"text"`
		}{"text", string(o.JSON())}
		if refused {
			said.Text = o.Failure.Error()
		}
		r := &want.Result
		r.Content, r.IsError, r.Structured = []json.RawMessage{results.JSON(said)}, refused, o.JSON()
		if modern {
			r.Meta, r.ResultType = json.RawMessage(
				`{"io.modelcontextprotocol/serverInfo":{"name":"parley","version":"1.2.3","title":"Parley"}}`), "complete"
		}
		got := s.response(&call{id: json.RawMessage(id), modern: modern}, o)
		if string(got) != string(results.JSON(want))+"\n" {
			t.Errorf("answered\n%s, encoding/json makes\n%s", got, results.JSON(want))
		}
	})
}

// modernHeader returns the header of a call of say in the newer generation.
func modernHeader() http.Header {
	return http.Header{"Content-Type": {"application/json"}, "Mcp-Protocol-Version": {modern},
		"Mcp-Method": {"tools/call"}, "Mcp-Name": {"say"}}
}

// modernBody returns the body of such a call, with these members of _meta.
func modernBody(meta string) string {
	return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"say","arguments":{"a":1},"_meta":{` + meta +
		`}}}`
}

const modernMeta = `"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}`

func TestCall_modernRequest_isAnsweredAsByMCPGo(t *testing.T) {
	c := newCompared()
	for name, meta := range map[string]string{
		"complete":                   modernMeta,
		"with a token":               modernMeta + `,"progressToken":"x"`,
		"with a client":              modernMeta + `,"io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"}`,
		"with a client of no form":   modernMeta + `,"io.modelcontextprotocol/clientInfo":[]`,
		"with a level of no form":    modernMeta + `,"io.modelcontextprotocol/logLevel":7`,
		"empty":                      ``,
		"without capabilities":       `"io.modelcontextprotocol/protocolVersion":"2026-07-28"`,
		"capabilities null":          `"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":null`,
		"capabilities a list":        `"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":[]`,
		"capabilities of many kinds": `"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"roots":{"listChanged":true},"sampling":{},"x":1}`,
		"capabilities half wrong":    `"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"roots":7}`,
		"another version":            `"io.modelcontextprotocol/protocolVersion":"2025-11-25","io.modelcontextprotocol/clientCapabilities":{}`,
		"a version to come":          `"io.modelcontextprotocol/protocolVersion":"2027-01-01","io.modelcontextprotocol/clientCapabilities":{}`,
		"a version that is null":     `"io.modelcontextprotocol/protocolVersion":null,"io.modelcontextprotocol/clientCapabilities":{}`,
		"a version in capitals":      `"IO.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}`,
	} {
		for _, version := range []string{"", "2025-11-25", "2026-07-28", "2027-01-01"} {
			header := modernHeader()
			header.Set("MCP-Protocol-Version", version)
			c.check(t, name, header, modernBody(meta))
		}
	}
	header := modernHeader()
	header.Set("Mcp-Name", "show")
	c.check(t, "a picture and a link", header, strings.Replace(modernBody(modernMeta), "say", "show", 1))
}

func TestCall_modernHeaders_areHeldAgainstTheBodyAsByMCPGo(t *testing.T) {
	c := newCompared()
	for header, values := range map[string][]string{
		"Mcp-Method": {"", "tools/call", "Tools/Call", "ping", " tools/call"},
		"Mcp-Name": {"", "say", "Say", "sing", "refuse", "=?base64?c2F5?=", "=?base64?cmVmdXNl?=",
			"=?base64?***?=", "=?base64?c2F5"},
		"Mcp-Protocol-Version": {"", "2026-07-28", "2025-11-25", "2027-01-01", "1999-01-01"},
		"Last-Event-Id":        {"", "7"},
		"Mcp-Session-Id":       {"", "somebody's"},
		"Content-Type":         {"application/json", "application/json; charset=utf-8", "Application/JSON"},
	} {
		for _, value := range values {
			h := modernHeader()
			h.Set(header, value)
			if value == "" {
				h.Del(header)
			}
			c.check(t, header, h, modernBody(modernMeta))
			h.Add(header, "a second value")
			c.check(t, header+" twice", h, modernBody(modernMeta))
		}
	}
	h := modernHeader()
	h.Set("Mcp-Name", "=?base64?w6RyZ2Vybg==?=")
	c.check(t, "a name beyond ASCII", h, strings.Replace(modernBody(modernMeta), "say", "ärgern", 1))
	for name, body := range legacyRequests() {
		if strings.Contains(body, "_meta") {
			continue // the key would occur twice
		}
		c.check(t, name, modernHeader(), strings.Replace(body, `{"name":`,
			fmt.Sprintf(`{"_meta":{%s},"name":`, modernMeta), 1))
	}
}

// FuzzCall sends any message with any headers to both.
func FuzzCall(f *testing.F) {
	for _, body := range legacyRequests() {
		f.Add(body, "", "", "", "")
		f.Add(body, modern, "tools/call", "say", "")
	}
	f.Add(modernBody(modernMeta), modern, "tools/call", "=?base64?c2F5?=", "")
	f.Add(modernBody(modernMeta+`,"progressToken":1e9`), modern, "tools/call", "say", "7")
	c := newCompared()
	f.Fuzz(func(t *testing.T, body, version, method, name, last string) {
		m, refused := Parse([]byte(body))
		var numbers any
		if refused != nil || m.Method != toolsCall || json.Unmarshal([]byte(body), &numbers) != nil {
			return // mcp-go refuses numbers that no float64 holds; the tools read them as text
		}
		header := http.Header{"Content-Type": {"application/json"}}
		for key, value := range map[string]string{"Mcp-Protocol-Version": version, "Mcp-Method": method,
			"Mcp-Name": name, "Last-Event-Id": last} {
			if value != "" {
				header.Set(key, value)
			}
		}
		if _, unknown := negotiable(header, m); unknown != "" {
			return // mcp-go does not say which versions there are
		}
		ours, ourCalls := c.post(c.ours, header, body)
		theirs, theirCalls := c.post(c.theirs, header, body)
		var ourJSON, theirJSON any
		_ = json.Unmarshal(ours.Body.Bytes(), &ourJSON) // not all answers are JSON
		_ = json.Unmarshal(theirs.Body.Bytes(), &theirJSON)
		if ours.Code != theirs.Code || ourCalls != theirCalls || !reflect.DeepEqual(ourJSON, theirJSON) {
			t.Errorf("%s:\nours   %d %q (%d calls)\ntheirs %d %q (%d calls)", body, ours.Code, ours.Body, ourCalls,
				theirs.Code, theirs.Body, theirCalls)
		}
	})
}

func TestCall_whileItWaits_mcpGoHoldsNothing(t *testing.T) {
	for _, version := range []string{legacy, modern} {
		w := newWire(t)
		answer := w.call(version, "5", "I")
		if !strings.Contains(stacks(), "mcp.(*wire).block") {
			t.Fatal("the call is not under way")
		}
		// A goroutine of mcp-go for an earlier request may take a moment to end.
		for deadline := time.Now().Add(patience); strings.Contains(stacks(), "mcp-go/server."); runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatalf("mcp-go has a goroutine or a frame:\n%s", stacks())
			}
		}
		w.free()
		await(t, answer)
	}
}

// stacks returns the stacks of all goroutines.
func stacks() string {
	text := make([]byte, 1<<20)
	return string(text[:runtime.Stack(text, true)])
}

func TestCall_clientLeaves_endsIt(t *testing.T) {
	w := newWire(t)
	ctx, leave := context.WithTimeout(t.Context(), time.Minute)
	go w.try(ctx, modern, "5", "tools/call", "block", `{"name":"block","arguments":{}}`)
	await(t, w.entered)
	leave()
	await(t, w.left)
}
