package agents

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/process"
)

// serve starts the program under test, which ends with the test, and returns the
// address of its MCP endpoint. Without the clients the test is skipped before that.
func serve(t *testing.T) string {
	t.Helper()
	return serveBinary(t, os.Getenv(process.BinaryEnv), process.Environment(), "--data",
		filepath.Join(t.TempDir(), "parley.db"))
}

func serveBinary(t *testing.T, binary string, env []string, args ...string) string {
	t.Helper()
	installed(t)
	server, err := process.Start(binary, append([]string{"--addr", "127.0.0.1:0"}, args...), env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := server.End(syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			server.Out.Report(t, "the program")
		}
	})
	return server.URL
}

// guest is an agent without a client: it calls the tools itself.
type guest struct {
	t      *testing.T
	url    string
	token  string
	cursor string
}

// join seats a guest.
func join(t *testing.T, url, room, name string) *guest {
	t.Helper()
	g := &guest{t: t, url: url}
	var seat struct {
		Token  string `json:"agent_token"`
		Cursor string `json:"cursor"`
	}
	g.call("join_room", map[string]any{"room": room, "agent_name": name}, &seat)
	g.token, g.cursor = seat.Token, seat.Cursor
	return g
}

// says sends a message to all.
func (g *guest) says(text string) {
	g.t.Helper()
	var sent struct {
		Sent bool `json:"sent"`
	}
	g.call("send_message", map[string]any{"agent_token": g.token, "text": text}, &sent)
	if !sent.Sent {
		g.t.Fatalf("%q was not sent", text)
	}
}

func (g *guest) call(name string, arguments map[string]any, out any) {
	g.t.Helper()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call",
		"params": map[string]any{"name": name, "arguments": arguments}})
	if err != nil {
		g.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.url, bytes.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Result struct {
			IsError           bool            `json:"isError"`
			StructuredContent json.RawMessage `json:"structuredContent"`
		} `json:"result"`
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	if _, data, found := bytes.Cut(text, []byte("data: ")); found { // a stream, of a call that takes time
		text = data
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Result.IsError {
		g.t.Fatalf("%s: %v, %s", name, err, answer.Result.StructuredContent)
	}
	if err := json.Unmarshal(answer.Result.StructuredContent, out); err != nil {
		g.t.Fatal(fmt.Errorf("%s: %w", name, err))
	}
}
