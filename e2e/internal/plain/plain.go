// Package plain calls tools over HTTP, as a program without a library of MCP does.
package plain

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Request returns the request of a call of a tool, at the address of MCP.
func Request(ctx context.Context, url, tool string, arguments map[string]any) (*http.Request, error) {
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call",
		"params": map[string]any{"name": tool, "arguments": arguments}})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	return r, nil
}

// Result sends a request, and returns the result of the call, of a stream that of the last event. The error says that
// no result came.
func Result(c *http.Client, r *http.Request) (json.RawMessage, error) {
	resp, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if at := bytes.LastIndex(text, []byte("\ndata: ")); at >= 0 { // an event stream
		text = text[at+len("\ndata: "):]
	} else {
		text = bytes.TrimPrefix(text, []byte("data: "))
	}
	var got struct {
		Result json.RawMessage `json:"result"`
	}
	if err := json.Unmarshal(text, &got); err != nil || got.Result == nil {
		return nil, fmt.Errorf("%s answered %.300q", resp.Status, text)
	}
	return got.Result, nil
}
