package agents

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/plain"
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
	r, err := plain.Request(g.t.Context(), g.url, name, arguments)
	if err != nil {
		g.t.Fatal(err)
	}
	result, err := plain.Result(http.DefaultClient, r)
	if err != nil {
		g.t.Fatal(err)
	}
	var got struct {
		IsError           bool            `json:"isError"`
		StructuredContent json.RawMessage `json:"structuredContent"`
	}
	if err := json.Unmarshal(result, &got); err != nil || got.IsError {
		g.t.Fatalf("%s: %v, %s", name, err, got.StructuredContent)
	}
	if err := json.Unmarshal(got.StructuredContent, out); err != nil {
		g.t.Fatal(fmt.Errorf("%s: %w", name, err))
	}
}
