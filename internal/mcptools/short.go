package mcptools

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// A tool call of the older generation is nearly all that is asked here, and the
// least of what mcp-go's transport and dispatch are for: it has neither a session
// nor a stream, nor headers to be held against the body. They would make a session
// with room for a hundred notifications, start a goroutine and read the body five
// times more, for a third of what a send costs. The short way reads the call once
// and hands it to the tool. Whatever is not plainly such a call, also one that is
// wrong, takes the long way; a test holds the answers of both to be the same.

// toolCall is a JSON-RPC request of the method tools/call.
type toolCall struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
	Params  struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
		Meta      *mcp.Meta       `json:"_meta"`
		Task      json.RawMessage `json:"task"`
	} `json:"params"`
	tool *server.ServerTool
}

// toolAnswer is the answer to it.
type toolAnswer struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  toolResultJSON  `json:"result"`
}

// toolResultJSON is what the tools here use of a result. mcp-go's own form of it is
// written by way of a map, twice.
type toolResultJSON struct {
	Content           []mcp.Content `json:"content"`
	IsError           bool          `json:"isError,omitempty"`
	StructuredContent any           `json:"structuredContent,omitempty"`
}

func resultJSON(r *mcp.CallToolResult) toolResultJSON {
	v := toolResultJSON{r.Content, r.IsError, r.StructuredContent}
	if len(r.RawStructuredContent) > 0 {
		v.StructuredContent = json.RawMessage(r.RawStructuredContent)
	}
	return v
}

// shortCall returns the call that takes the short way, or nil.
func shortCall(s *server.MCPServer, h http.Header, body []byte) *toolCall {
	version := h.Get(mcp.HeaderProtocolVersion)
	if version != "" && (!slices.Contains(mcp.ValidProtocolVersions, version) || mcp.IsModernProtocol(version)) {
		return nil
	}
	if h.Get("Content-Type") != "application/json" || !bytes.Contains(body, []byte(`"tools/call"`)) {
		return nil
	}
	c := new(toolCall)
	if json.Unmarshal(body, c) != nil || c.JSONRPC != mcp.JSONRPC_VERSION || c.Method != string(mcp.MethodToolsCall) ||
		len(c.ID) == 0 || string(c.ID) == "null" || len(c.Params.Task) > 0 || c.Params.Meta.ProtocolVersion() != "" {
		return nil
	}
	if c.tool = s.GetTool(c.Params.Name); c.tool == nil {
		return nil
	}
	return c
}

// serveShort answers c. A tool that waits does so within it: nothing of mcp-go is
// held meanwhile.
func serveShort(w http.ResponseWriter, r *http.Request, c *toolCall, logger *slog.Logger) {
	var request mcp.CallToolRequest
	request.Method = c.Method
	request.Params = mcp.CallToolParams{Name: c.Params.Name, Meta: c.Params.Meta, RawArguments: c.Params.Arguments}
	result, err := around(logger)(c.tool.Handler)(r.Context(), request)
	if err != nil || r.Context().Err() != nil {
		return // contain leaves no error but that of a client that has gone
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_ = json.NewEncoder(w).Encode(toolAnswer{mcp.JSONRPC_VERSION, c.ID, resultJSON(result)}) // fails only if the client has gone
}
