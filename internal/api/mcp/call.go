package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	library "github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/base/results"
)

// toolsCall is the method that calls a tool.
const toolsCall = string(library.MethodToolsCall)

// call is a well-formed tools/call of a tool that exists.
type call struct {
	tool      *Tool
	id        json.RawMessage
	arguments json.RawMessage
	progress  json.RawMessage // the progress token, a string or a number; nil: none
	modern    bool            // of protocol version 2026-07-28 or later
}

// callFrom returns the call that m makes, or nil if m is another method, or so malformed that mcp-go refuses m.
// mcp-go would give the same answer to the call, but would read the envelope again, and the call would wait in three
// goroutines instead of two.
func (s *Server) callFrom(header http.Header, m *Message) *call {
	if m.Method != toolsCall || m.ID == nil || !absent(m.result) {
		return nil
	}
	tool := s.tools[text(m.params.name)]
	meta, ok := metaFrom(m.params.meta)
	if tool == nil || !ok || !m.params.understood() {
		return nil
	}
	modern, ok := generation(header, meta, toolsCall)
	if !ok || modern && !named(header, tool.Name) {
		return nil
	}
	return &call{tool: tool, id: m.ID, arguments: m.params.arguments, progress: meta.progress, modern: modern}
}

// absent reports whether a member is missing or null.
func absent(raw json.RawMessage) bool { return raw == nil || raw[0] == 'n' }

// understood reports whether mcp-go could decode the params, even members that this package ignores, such as task.
func (p *params) understood() bool {
	return !p.others || json.Unmarshal(p.raw, new(library.CallToolParams)) == nil
}

// meta is what a request says in _meta.
type meta struct {
	progress     json.RawMessage
	version      string
	capabilities json.RawMessage
}

// metaFrom reads a _meta. ok is false if raw is no object. A progress token that is too long asks for nothing: each
// report would repeat the token.
func metaFrom(raw json.RawMessage) (m meta, ok bool) {
	if absent(raw) {
		return meta{}, true
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return meta{}, false
	}
	if token := members["progressToken"]; token != nil && len(token) <= api.MaxID &&
		bytes.IndexByte([]byte(`"-0123456789`), token[0]) >= 0 {
		m.progress = token
	}
	m.version, m.capabilities = text(members[library.MetaKeyProtocolVersion]),
		members[library.MetaKeyClientCapabilities]
	return m, true
}

// generation reports whether a request has protocol version 2026-07-28 or later. ok is false if the headers and the
// _meta do not fit the version; mcp-go refuses such a request.
func generation(header http.Header, m meta, method string) (modern, ok bool) {
	version := header.Get(library.HeaderProtocolVersion)
	if library.IsModernProtocol(version) || library.IsModernProtocol(m.version) {
		return true, modernRequest(header, m, method)
	}
	return false, version == "" || library.IsValidProtocolVersion(version)
}

// modernRequest reports whether the headers and the _meta of a request fit protocol version 2026-07-28 (Streamable
// HTTP, "Request Headers").
func modernRequest(header http.Header, m meta, method string) bool {
	return header.Get(library.HeaderMethod) == method &&
		header.Get(library.HeaderProtocolVersion) == m.version &&
		library.IsValidProtocolVersion(m.version) &&
		header.Get(library.HeaderLastEventID) == "" &&
		!absent(m.capabilities) && json.Unmarshal(m.capabilities, new(library.ClientCapabilities)) == nil
}

// named reports whether the headers of a request of version 2026-07-28 or later name the tool.
func named(h http.Header, tool string) bool {
	name, ok := library.DecodeHeaderValue(h.Get(library.HeaderName))
	return ok && name == tool
}

// serveCall makes and answers a call. A call waits within serveCall, so the stack frames from here on are small, and
// nothing but the tool holds the arguments, which are a part of the body.
func (s *Server) serveCall(w http.ResponseWriter, r *http.Request, c *call) {
	ctx := context.WithValue(withClient(r, c.progress), madeCallKey{}, madeCall{&s.waits, c.id})
	o := Do(ctx, s.log, c.tool.Name, func(ctx context.Context, r *Record) (any, error) {
		arguments := c.arguments
		c.arguments = nil
		return c.tool.Call(ctx, arguments, r)
	})
	if !o.Canceled {
		s.answer(w, c, o)
	}
}

// answer writes the answer to a call.
func (s *Server) answer(w http.ResponseWriter, c *call, o Outcome) {
	text := s.response(c, o)
	if c.tool.Compress && o.Failure == nil {
		AllowCompression(w.Header())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(text) // fails only if the client has left
}

// response returns the answer to a call, with its members in the order of mcp-go. The answer has the result twice, as
// text and structured, because some clients show the model only one form. response encodes the result once, and
// writes the rest of the answer by hand. The blocks of the result stand behind the text: see [Illustrated].
func (s *Server) response(c *call, o Outcome) []byte {
	structured, blocks := o.JSON(), o.blocks()
	// With the escapes of most results.
	b := make([]byte, 0, 512+2*len(structured)+len(structured)/4+roomFor(blocks))
	b = append(append(b, `{"jsonrpc":"2.0","id":`...), c.id...)
	b = append(b, `,"result":{`...)
	if c.modern {
		b = append(append(append(b, `"_meta":`...), s.self...), ',')
	}
	b = append(b, `"content":[{"type":"text","text":`...)
	if o.Failure != nil {
		b = append(append(b, results.JSON(o.Failure.Error())...), `}],"isError":true`...)
	} else {
		b = append(quoteJSON(b, structured), '}')
		for _, block := range blocks {
			b = block.append(b)
		}
		b = append(b, ']')
	}
	if c.modern {
		b = append(b, `,"resultType":"complete"`...)
	}
	if len(blocks) == 0 || c.tool.Output != nil { // a schema promises structured content
		b = append(append(b, `,"structuredContent":`...), structured...)
	}
	return append(b, "}}\n"...)
}

// quoteJSON appends a text from [JSON] as a JSON string. In such a text only " and \ need an escape.
func quoteJSON(b, text []byte) []byte {
	b = append(b, '"')
	from := 0
	for i, c := range text {
		if c == '"' || c == '\\' {
			b = append(append(b, text[from:i]...), '\\')
			from = i
		}
	}
	return append(append(b, text[from:]...), '"')
}

// resultMeta is the _meta of every result of protocol version 2026-07-28.
type resultMeta struct {
	ServerInfo library.Implementation `json:"io.modelcontextprotocol/serverInfo"`
}

// RefusedCall returns the answer to a tools/call that reaches no tool: the result of a failed tool, with fields in
// _meta; nil if m is no tools/call.
func RefusedCall(header http.Header, m *Message, f *results.Failure, fields map[string]any) []byte {
	if m.Method != toolsCall || m.ID == nil {
		return nil
	}
	answer := refusedCall{Version: "2.0", ID: m.ID}
	answer.Result = refusedResult{Meta: fields, Content: []textBlock{{"text", f.Error()}}, IsError: true, Structured: f}
	said, _ := metaFrom(m.params.meta)
	if modern, _ := generation(header, said, toolsCall); modern {
		answer.Result.Type = "complete"
	}
	return append(results.JSON(answer), '\n')
}

type refusedCall struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  refusedResult   `json:"result"`
}

type refusedResult struct {
	Meta       map[string]any   `json:"_meta"`
	Content    []textBlock      `json:"content"`
	IsError    bool             `json:"isError"`
	Type       string           `json:"resultType,omitempty"` // of protocol version 2026-07-28
	Structured *results.Failure `json:"structuredContent"`
}

type textBlock struct {
	Type string `json:"type"`
	Text string `json:"text"`
}
