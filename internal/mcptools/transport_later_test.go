package mcptools

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// newLaterWire is a server with one tool, block, which does do as the rest of
// its work; the counter has the calls of its handler.
func newLaterWire(t *testing.T, do func(*wire) work) (*wire, *atomic.Int64) {
	t.Helper()
	w := &wire{t: t, log: &journal{}, entered: make(chan string, 16), release: make(chan string), left: make(chan string, 16)}
	logger := slog.New(slog.NewJSONHandler(w.log, nil))
	s, handled := NewServer("1.2.3", "", logger), new(atomic.Int64)
	rest := do(w)
	s.AddTool(mcp.NewTool("block"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		handled.Add(1)
		return Later(ctx, rest)
	})
	ts := httptest.NewServer(NewHandler(s, logger))
	t.Cleanup(func() {
		ts.CloseClientConnections()
		ts.Close()
	})
	w.url = ts.URL
	return w, handled
}

// block as the rest of a tool's work.
func blocked(w *wire) work {
	return func(ctx context.Context) (*mcp.CallToolResult, error) {
		return w.block(ctx, mcp.CallToolRequest{Params: mcp.CallToolParams{RawArguments: []byte(`{"me":"I"}`)}})
	}
}

func TestLater_answersAsIfTheHandlerHadWaited(t *testing.T) {
	for _, version := range []string{legacy, modern} {
		t.Run(version, func(t *testing.T) {
			later, handled := newLaterWire(t, blocked)
			answer := later.call(version, "5", "I")
			later.free()
			got := await(t, answer)

			inline := newWire(t)
			answer = inline.call(version, "5", "I")
			inline.free()
			if want := await(t, answer); got.status != want.status || got.body != want.body || got.header.Get("Content-Type") != want.header.Get("Content-Type") {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, want.status, want.body)
			}
			if n := handled.Load(); n != 1 {
				t.Errorf("the handler ran %d times", n)
			}
		})
	}
}

func TestLater_whileItWaits_theLibraryHoldsNothing(t *testing.T) {
	w, _ := newLaterWire(t, blocked)
	answer := w.call(modern, "5", "I")
	if !strings.Contains(stacks(), "mcptools.(*wire).block") {
		t.Fatal("the call is not under way")
	}
	// mcp-go's goroutine for the request ends a moment after the request.
	for deadline := time.Now().Add(patience); strings.Contains(stacks(), "mcp-go/server."); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("mcp-go has a goroutine or a frame:\n%s", stacks())
		}
	}
	w.free()
	await(t, answer)
}

// stacks are those of all goroutines.
func stacks() string {
	text := make([]byte, 1<<20)
	return string(text[:runtime.Stack(text, true)])
}

func TestLater_strangersCancel_doesNotReachIt(t *testing.T) {
	w, _ := newLaterWire(t, blocked)
	answer := w.call(legacy, "5", "I")
	w.post(legacy, "", "notifications/cancelled", "", `{"requestId":5}`)
	w.free()
	if r := await(t, answer); r.text() != "I by me" {
		t.Error(r.body)
	}
}

func TestLater_clientLeaves_endsTheRest(t *testing.T) {
	w, _ := newLaterWire(t, blocked)
	ctx, leave := context.WithCancel(t.Context())
	go w.try(ctx, modern, "5", "tools/call", "block", `{"name":"block","arguments":{}}`)
	await(t, w.entered)
	leave()
	await(t, w.left)
}

func TestLater_restPanicsOrBreaks_clientGetsAnID(t *testing.T) {
	for name, rest := range map[string]work{
		"panic": func(context.Context) (*mcp.CallToolResult, error) { panic("a secret") },
		"error": func(context.Context) (*mcp.CallToolResult, error) { return nil, errors.New("a secret") },
	} {
		t.Run(name, func(t *testing.T) {
			w, handled := newLaterWire(t, func(*wire) work { return rest })
			status, r := w.post(legacy, "5", "tools/call", "block", `{"name":"block","arguments":{}}`)
			id := r.Result.StructuredContent.ID
			if status != 200 || !r.Result.IsError || id == "" || strings.Contains(r.body, "a secret") || handled.Load() != 1 {
				t.Errorf("%d %s after %d calls", status, r.body, handled.Load())
			}
			if !strings.Contains(w.log.String(), id) {
				t.Errorf("the log has %s", w.log)
			}
		})
	}
}

func TestLater_outsideOfTheHandler_runsAtOnce(t *testing.T) {
	done := mcp.NewToolResultText("done")
	got, err := Later(t.Context(), func(ctx context.Context) (*mcp.CallToolResult, error) { return done, ctx.Err() })
	if got != done || err != nil {
		t.Errorf("%v %v", got, err)
	}
}
