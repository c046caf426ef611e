package lambdahttp_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/server/lambdahttp"
	"github.com/parley-chat/parley/internal/testkit/alone"
	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// runEnv makes this test binary a function of the given kind.
const runEnv = "LAMBDAHTTP_TEST_FUNCTION"

// secret is in the value of a panic.
const secret = "what somebody wrote"

func TestMain(m *testing.M) {
	if kind := os.Getenv(runEnv); kind != "" {
		os.Exit(runFunction(kind))
	}
	alone.Main(m)
}

// runFunction is the main function of the function under test.
func runFunction(kind string) int {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	f := &testFunction{gates: map[string]chan struct{}{}, stop: make(chan struct{})}
	err := lambdahttp.Start(ctx, f.routes(), lambdahttp.Options{
		Buffered: kind == "buffered",
		Stop:     func() { close(f.stop) },
		Logger:   slog.New(slog.NewJSONHandler(os.Stdout, nil)),
	})
	if err != nil {
		fmt.Println(err)
		return 3
	}
	return 0
}

// testFunction has a handler for each way in which an answer can end.
type testFunction struct {
	stop chan struct{}

	mu    sync.Mutex
	gates map[string]chan struct{}
}

// gate returns the channel that the request /open?name closes.
func (f *testFunction) gate(name string) chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gates[name] == nil {
		f.gates[name] = make(chan struct{})
	}
	return f.gates[name]
}

func (f *testFunction) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	mux.HandleFunc("/open", func(_ http.ResponseWriter, r *http.Request) { close(f.gate(r.URL.RawQuery)) })
	mux.HandleFunc("/parts", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "one")
		<-f.gate(r.URL.RawQuery)
		_, _ = io.WriteString(w, "two")
	})
	mux.HandleFunc("/header", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-A", "1")
		_ = http.NewResponseController(w).Flush()
		w.Header().Set("X-A", "too late")
		<-f.gate(r.URL.RawQuery)
	})
	mux.HandleFunc("/panic", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Meant", secret)
		panic(secret)
	})
	mux.HandleFunc("/panic-late", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "half")
		var none *http.Request
		_ = none.Method // a fault of the runtime's own kind
	})
	mux.HandleFunc("/abort", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/deadline", func(w http.ResponseWriter, r *http.Request) {
		end, _ := r.Context().Deadline()
		fmt.Fprint(w, time.Until(end).Milliseconds())
	})
	mux.HandleFunc("/until-deadline", func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		fmt.Fprint(w, r.Context().Err())
	})
	mux.HandleFunc("/until-stop", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "waiting, ")
		<-f.stop
		fmt.Fprint(w, "stopped with ", r.Context().Err())
	})
	return mux
}

// start runs this binary as a function.
func start(t *testing.T, kind string, concurrency int, env ...string) *lambdatest.Instance {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return lambdatest.Start(t, lambdatest.Program{Path: binary, Env: append(env, runEnv+"="+kind),
		Concurrency: concurrency})
}

// open makes a request and returns when the header of the answer is there.
func open(t *testing.T, client *http.Client, target string) *http.Response {
	t.Helper()
	resp, err := request(t, client, target, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// get makes a request and reads the answer to its end.
func get(t *testing.T, client *http.Client, target string) (*http.Response, string) {
	t.Helper()
	resp := open(t, client, target)
	return resp, rest(t, resp)
}

func request(t *testing.T, client *http.Client, target, body string) (*http.Response, error) {
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://any.example"+target,
		strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	q.Header.Set("Content-Type", "text/plain")
	return client.Do(q)
}

// read returns the next n bytes of an answer.
func read(t *testing.T, resp *http.Response, n int) string {
	t.Helper()
	part := make([]byte, n)
	if _, err := io.ReadFull(resp.Body, part); err != nil {
		t.Fatal(err)
	}
	return string(part)
}

// rest reads an answer to its end, and fails the test if the answer was cut off.
func rest(t *testing.T, resp *http.Response) string {
	t.Helper()
	var text bytes.Buffer
	if _, err := text.ReadFrom(resp.Body); err != nil {
		t.Fatalf("%v after %q", err, text.String())
	}
	return text.String()
}
