package a2a

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	wire "github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/errordetails"

	"github.com/parley-chat/parley/internal/mcp"
)

// codeOf returns the JSON-RPC code of what is refused before the SDK sees it (A2A 1.0, section 5.4).
func codeOf(err error) int {
	switch {
	case errors.Is(err, wire.ErrVersionNotSupported):
		return -32009
	case errors.Is(err, wire.ErrInvalidParams):
		return -32602
	}
	return -32004
}

// writeError answers the call m with an error, as the SDK does: a client that wants a stream gets it as an event. The
// SDK for Go reads nothing else there, and would see no error.
func writeError(w http.ResponseWriter, m *mcp.Message, err error) {
	id := m.ID
	if id == nil {
		id = json.RawMessage("null")
	}
	type rpcError struct {
		Code    int                   `json:"code"`
		Message string                `json:"message"`
		Data    []*errordetails.Typed `json:"data"`
	}
	answer := mcp.JSON(struct {
		JSONRPC string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   rpcError        `json:"error"`
	}{"2.0", id, rpcError{codeOf(err), err.Error(),
		[]*errordetails.Typed{errordetails.NewErrorInfo(wire.ErrorReason(err), wire.ProtocolDomain, nil)}}})
	kind := "application/json"
	if m.Method == "SendStreamingMessage" || m.Method == "SubscribeToTask" {
		kind, answer = "text/event-stream", slices.Concat([]byte("data: "), answer, []byte("\n\n"))
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(answer) // fails only if the client has left
}
