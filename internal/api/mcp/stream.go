package mcp

import (
	"context"
	"encoding/json"

	library "github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/base/results"
)

// Stream is an answer in progress to a client that accepts a stream of events. Any goroutine may call the methods at
// any time; once the answer has begun, the methods do nothing.
type Stream interface {
	// Send writes a JSON-RPC message ahead of the answer.
	Send(message []byte)
	// OnBeat makes next the source of the JSON-RPC messages that keep the connection alive. Before OnBeat, a beat is a
	// comment, which no program sees. next is never called twice at once.
	OnBeat(next func() []byte)
}

type streamKey struct{}

// WithStream returns a context with the stream of the answer to a request.
func WithStream(ctx context.Context, s Stream) context.Context {
	return context.WithValue(ctx, streamKey{}, s)
}

func streamFrom(ctx context.Context) (Stream, bool) {
	s, ok := ctx.Value(streamKey{}).(Stream)
	return s, ok
}

// reportProgress makes the beats of a call's stream progress notifications for token, a JSON string or number; it
// returns false if the client did not ask for notifications. Some clients give up a call without progress after a
// minute. The notifications carry nothing, so a call may end before the first.
func reportProgress(ctx context.Context, token json.RawMessage) bool {
	stream, ok := streamFrom(ctx)
	if !ok || token == nil {
		return false
	}
	beats := 0
	stream.OnBeat(func() []byte {
		beats++
		return notification("notifications/progress", progress{token, beats, "waiting"})
	})
	return true
}

type progress struct {
	Token    json.RawMessage `json:"progressToken"`
	Progress int             `json:"progress"`
	Message  string          `json:"message"`
}

// listenID is the key of the id of a request that goes to mcp-go, as the client wrote the id.
type listenID struct{}

// acknowledge answers a request to listen before anything else, with the list of what the server will send, as the
// specification asks. The list is empty. mcp-go drops its own acknowledgement because it has no stream here.
func acknowledge(ctx context.Context, _ any, _ *library.SubscriptionsListenRequest) {
	id, _ := ctx.Value(listenID{}).(json.RawMessage)
	if stream, ok := streamFrom(ctx); ok {
		stream.Send(notification(library.MethodNotificationSubscriptionsAcknowledged, map[string]any{
			"_meta":         map[string]any{library.MetaKeySubscriptionID: id},
			"notifications": struct{}{},
		}))
	}
}

// notification returns a JSON-RPC notification from this server.
func notification(method string, params any) []byte {
	return results.JSON(struct {
		JSONRPC string `json:"jsonrpc"`
		Method  string `json:"method"`
		Params  any    `json:"params"`
	}{library.JSONRPC_VERSION, method, params})
}
