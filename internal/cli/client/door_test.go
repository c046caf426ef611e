package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// TestClient_serverRefusesTheRequestItself_isItsSentence plays what a server of Parley says before it reads a call.
func TestClient_serverRefusesTheRequestItself_isItsSentence(t *testing.T) {
	const plain, stream = "application/json", "text/event-stream"
	for _, c := range []struct {
		status, rpc int
		data        string
		typed       string
		want        fault.Code
	}{
		{http.StatusForbidden, -32000, ``, plain, fault.NotAllowed},
		{http.StatusRequestEntityTooLarge, -32000, ``, plain, fault.NotAllowed},
		{http.StatusServiceUnavailable, -32000, ``, plain, fault.Unavailable},
		{http.StatusServiceUnavailable, -32603, ``, plain, fault.Unavailable},
		{http.StatusOK, -32603, ``, stream, fault.Unavailable}, // once the answer has begun
		{http.StatusOK, -32000, `,"data":{"code":"unavailable"}`, plain, fault.Unavailable},
		{http.StatusBadRequest, -32000, ``, plain, fault.Internal}, // so servers of MCP ask for a session
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.typed)
			w.WriteHeader(c.status)
			if c.typed == stream {
				_, _ = fmt.Fprint(w, "data: ")
			}
			_, _ = fmt.Fprintf(w, `{"jsonrpc":"2.0","id":1,"error":{"code":%d,"message":"Use another name."%s}}`+"\n\n",
				c.rpc, c.data)
		}))
		err := client.New(server.URL, client.Options{}).Call(t.Context(), "list_rooms", map[string]any{},
			&results.Rooms{})
		server.Close()
		var refused *fault.Error
		if fault.CodeOf(err) != c.want || errors.As(err, &refused) && refused.Message != "Use another name." {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
