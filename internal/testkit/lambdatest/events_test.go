package lambdatest_test

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// answers are what each event must bring, in an order in which Alice sits before
// she speaks: a status, 0 where the invocation fails, and a part of the body.
func answers() []struct {
	file   string
	status int
	part   string
} {
	return []struct {
		file   string
		status int
		part   string
	}{
		{"health.json", 200, `"status":"ready"`},
		{"initialize.json", 200, `"protocolVersion":"2025-11-25"`},
		{"discover.json", 200, `"2026-07-28"`},
		{"join.json", 200, `"status":"created"`},
		{"send.json", 200, `"sent":true`},
		{"wait.json", 200, `"status":"quiet"`},
		{"http-api-stage.json", 200, `"protocolVersion":"2025-11-25"`},
		{"rest-api.json", 501, "answers a Function URL, or an HTTP API"},
		{"load-balancer.json", 501, "answers a Function URL, or an HTTP API"},
		{"malformed-json.json", 400, "not JSON"},
		{"malformed-base64.json", 400, "base64"},
		{"malformed-path.json", 400, "path"},
		{"malformed-event.json", 0, "invoke the function by its Function URL"},
	}
}

func TestEvents_builtProgram_answersEachFile(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "..", "events")
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) != len(answers()) {
		t.Fatalf("%d files, %v; want as many as this test has answers for, %d", len(files), err, len(answers()))
	}
	i := deploy(t).start(0)
	var seat result
	for _, want := range answers() {
		text, err := os.ReadFile(filepath.Join(folder, want.file))
		if err != nil {
			t.Fatal(err)
		}
		event := strings.NewReplacer("AGENT_TOKEN", seat.AgentToken, "CURSOR", seat.Cursor).Replace(string(text))
		status, body := invokeFile(t, i, event)
		if status != want.status || !strings.Contains(body, want.part) {
			t.Errorf("%s: %d %s; want %d with %s", want.file, status, body, want.status, want.part)
		}
		if r, err := decode(body); want.file == "join.json" && err == nil {
			seat = r
		}
	}
}

// invokeFile returns the status and the body that an event brings, or 0 and the
// error.
func invokeFile(t *testing.T, i *lambdatest.Instance, event string) (int, string) {
	t.Helper()
	response, err := i.Invoke(t.Context(), []byte(event))
	if err != nil {
		return 0, err.Error()
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	head, body, streamed := strings.Cut(string(text), strings.Repeat("\x00", 8))
	var prelude struct {
		StatusCode int
		Body       string // of an answer in one piece
	}
	if err := json.Unmarshal([]byte(head), &prelude); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if !streamed {
		body = prelude.Body
	}
	return prelude.StatusCode, body
}
