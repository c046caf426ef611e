package lambdatest_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// buildEnv names the folder for the programs that the tests build.
const buildEnv = "LAMBDATEST_PROGRAMS"

// together is how many tests run at once: most of them wait in real time, as the built
// program does. Those that measure time do not run beside others, nor do those that end the
// process by SIGTERM, which leaves it half a second.
const together = "8"

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := withFolder(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "lambdatest:", err)
		code = 1
	}
	os.Exit(code)
}

// withFolder runs the tests with a folder for programs, and removes it at the end.
func withFolder(tests func() int) (int, error) {
	dir, err := os.MkdirTemp("", "parley-lambda-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := errors.Join(os.Setenv(buildEnv, dir), flag.Set("test.parallel", together)); err != nil {
		return 0, err
	}
	return tests(), nil
}

// building is held while a program is built.
var building sync.Mutex

// build returns the path of a program of this module, built as lambda.mk builds
// it, or with the race detector if the tests run with it.
func build(t *testing.T, program string) string {
	t.Helper()
	return buildAs(t, filepath.Base(program), program)
}

// buildAs is build with further flags. The program that they make has a name of its own.
func buildAs(t *testing.T, name, program string, flags ...string) string {
	t.Helper()
	building.Lock()
	defer building.Unlock()
	binary := filepath.Join(os.Getenv(buildEnv), name)
	if _, err := os.Stat(binary); err == nil {
		return binary
	}
	args := append([]string{"build", "-trimpath", "-tags", "lambda.norpc", "-o", binary}, flags...)
	if raceDetector {
		args = append(args, "-race")
	} else {
		args = append(args, "-ldflags", "-s -w")
	}
	cmd := exec.Command("scripts/function-go", append(args, "./"+program)...)
	cmd.Dir = filepath.Join("..", "..", "..")
	if !raceDetector {
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", program, err, out)
	}
	return binary
}

// function is Parley as deployed: a table, and instances on demand.
type function struct {
	t         *testing.T
	binary    string
	table     string
	rows      *dynamotable.Table
	engine    string   // the address of the table's engine
	tap       *wiretap // before that
	outboxTap *wiretap // the same for the outbox, once it was started
	endpoint  string   // of the engine, for the function
}

func deploy(t *testing.T) *function {
	t.Helper()
	rows, table := dynamolocal.NewTable(t, dynamotable.Options{})
	engine := dynamolocal.Start(t)
	tap := tap(t, "Role", engine)
	return &function{t: t, binary: build(t, "functions/mcp"), table: table, rows: rows, engine: engine, tap: tap,
		endpoint: tap.URL}
}

// start starts another instance with the settings of the template and those of env. It
// is open unless they say otherwise.
func (f *function) start(concurrency int, env ...string) *lambdatest.Instance {
	f.t.Helper()
	return lambdatest.Start(f.t, f.program(concurrency, env...))
}

// fleet deploys the function with at most so many instances, a distant deadline and
// the settings of start.
func (f *function) fleet(most int, env ...string) *lambdatest.Fleet {
	f.t.Helper()
	fleet := lambdatest.Deploy(f.t, f.program(0, env...), most)
	fleet.Timeout = 900 * time.Second
	return fleet
}

// program returns the function with the settings of the template and those of env.
func (f *function) program(concurrency int, env ...string) lambdatest.Program {
	return lambdatest.Program{Path: f.binary, Concurrency: concurrency, Env: append([]string{
		"PARLEY_TABLE=" + f.table, "PARLEY_LONGEST_WAIT=50s", "PARLEY_LOG_LEVEL=info", "PARLEY_LOG_FORMAT=json",
		"PARLEY_ACCESS=open",
		"AWS_ENDPOINT_URL_DYNAMODB=" + f.endpoint,
	}, env...)}
}

// args are the arguments of a tool.
type args map[string]any

// result is the result of a tool.
type result struct {
	Code       string    `json:"code"` // of an error
	Status     string    `json:"status"`
	Sent       bool      `json:"sent"`
	ID         string    `json:"id"`
	Seq        int64     `json:"seq"`
	AgentToken string    `json:"agent_token"`
	Cursor     string    `json:"cursor"`
	Ticket     string    `json:"ticket"`
	Messages   []message `json:"messages"`
	HasMore    bool      `json:"has_more"`
	Invite     string    `json:"invite"`
	Watch      string    `json:"watch"`
	RetryAfter int       `json:"retry_after_seconds"`
	Text       string    `json:"text"` // of a file
	Download   string    `json:"download"`
	Upload     struct {
		Line string `json:"line"`
	} `json:"upload"`
	Room struct {
		Agents []struct{ Name, State string } `json:"agents"`
	} `json:"room"`
}

type message struct {
	Seq      int64     `json:"seq"`
	ID       string    `json:"id"`
	Type     string    `json:"type"`
	From     string    `json:"from"`
	Text     string    `json:"text"`
	At       time.Time `json:"at"`
	Repeated bool      `json:"repeated"`
	File     *struct{} `json:"file"`
}

// post sends a JSON-RPC message to the MCP endpoint as clients do.
func post(t *testing.T, client *http.Client, body string) (*http.Response, error) {
	return client.Do(mcpRequest(t, body))
}

// mcpRequest returns the request for a JSON-RPC message.
func mcpRequest(t *testing.T, body string) *http.Request {
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+lambdatest.FunctionURLHost+"/mcp",
		strings.NewReader(body))
	if err != nil {
		t.Error(err) // never: the URL is valid
	}
	q.Header = http.Header{
		"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"},
		"Mcp-Protocol-Version": {"2025-11-25"},
	}
	return q
}

// toolCall returns a call of a tool as a JSON-RPC message.
func toolCall(tool string, arguments args) string {
	text, err := json.Marshal(map[string]any{
		"jsonrpc": "2.0", "id": 1, "method": "tools/call",
		"params": map[string]any{"name": tool, "arguments": arguments, "_meta": map[string]any{"progressToken": "p"}},
	})
	if err != nil {
		return err.Error() // which is not a valid message
	}
	return string(text)
}

// try calls a tool.
func try(t *testing.T, client *http.Client, tool string, arguments args) (result, error) {
	return tryWithin(t.Context(), t, client, tool, arguments)
}

// tryWithin is try by a client that leaves when ctx ends.
func tryWithin(ctx context.Context, t *testing.T, client *http.Client, tool string, arguments args) (result, error) {
	resp, err := client.Do(mcpRequest(t, toolCall(tool, arguments)).WithContext(ctx))
	if err != nil {
		return result{}, err
	}
	defer context.AfterFunc(ctx, func() { resp.Body.Close() })()
	if resp.StatusCode == http.StatusTooManyRequests {
		return result{}, errors.Join(lambdatest.ErrBusy, resp.Body.Close())
	}
	text, err := readAll(resp)
	if err != nil {
		return result{}, err
	}
	return decode(text)
}

// call calls a tool and fails the test if the tool returns an error.
func call(t *testing.T, client *http.Client, tool string, arguments args) result {
	t.Helper()
	r, err := try(t, client, tool, arguments)
	if err != nil || r.Code != "" {
		t.Fatalf("%s: %+v, %v", tool, r, err)
	}
	return r
}

// decode reads the result from an answer, which is either JSON or a stream whose
// last event has the result.
func decode(answer string) (result, error) {
	if at := strings.LastIndex(answer, "data: "); at >= 0 {
		answer = answer[at+len("data: "):]
	}
	var rpc struct {
		Result struct {
			StructuredContent result `json:"structuredContent"`
		} `json:"result"`
		Error *struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal([]byte(answer), &rpc); err != nil {
		return result{}, fmt.Errorf("%w in %q", err, answer)
	}
	if rpc.Error != nil {
		return result{}, fmt.Errorf("JSON-RPC error: %s", rpc.Error.Message)
	}
	return rpc.Result.StructuredContent, nil
}

// join gives an agent a seat in a room.
func join(t *testing.T, client *http.Client, room, name string) result {
	t.Helper()
	return call(t, client, "join_room", args{"room": room, "agent_name": name})
}
