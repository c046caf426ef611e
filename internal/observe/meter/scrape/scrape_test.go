package scrape

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/observe/meter"
)

func ask(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	return w.Body.String()
}

func TestMetrics_callsAndSums_areThere(t *testing.T) {
	m := New()
	of := meter.New(meter.Options{Observe: m.Observe, MaxWaits: 1})
	m.Watch(of.Totals)
	m.File(func() int64 { return 42 }, func() int64 { return 4096 })
	a, b := of.Open(), of.Open()
	a.Begin("send_message")
	a.End(meter.CodeOK, nil)
	a.Close(3 * time.Millisecond)
	b.Begin("wait_for_message")
	refused, c := of.Open(), of.Open()
	_, accepted := b.BeginWait()
	_, second := refused.BeginWait()
	if accepted != nil || second == nil || c.Arrived(20_000) != nil {
		t.Fatal("one of two waits should be accepted, and the body")
	}
	b.End("unavailable", nil)
	of.Spend(t.Context(), 2, 0.5, 1)
	of.Hook(false, true)
	of.Hook(true, false)
	of.WatchHooks(func() time.Duration { return time.Minute })
	before := ask(t, m)
	b.Close(time.Second)
	c.Close(0)
	after := ask(t, m)
	for _, line := range []string{
		`parley_calls_total{code="ok",tool="send_message"} 1`,
		`parley_calls_total{code="unavailable",tool="wait_for_message"} 1`,
		`parley_call_seconds_bucket{tool="send_message",waited="false",le="0.0025"} 0`,
		`parley_call_seconds_bucket{tool="send_message",waited="false",le="0.005"} 1`,
		`parley_call_seconds_count{tool="wait_for_message",waited="true"} 1`,
		`parley_open_waits 1`, `parley_body_bytes 0`,
		`parley_refused_total{of="waits"} 1`, `parley_refused_total{of="bodies"} 0`,
		`parley_table_operations_total{kind="read"} 0`, `parley_table_failures_total 0`,
		`parley_dynamodb_units_total{kind="read"} 0.5`, `parley_dynamodb_units_total{kind="write"} 1`,
		`parley_dynamodb_requests_total 2`,
		`parley_hook_calls_total 2`, `parley_hook_retries_total 1`, `parley_hook_failures_total 1`,
		`parley_hook_failing_seconds 60`,
		`parley_file_commits_total 42`, `parley_file_log_bytes 4096`,
	} {
		if !strings.Contains(after, "\n"+line+"\n") {
			t.Errorf("no %s", line)
		}
	}
	if !strings.Contains(before, "\nparley_body_bytes 20000\n") || !strings.Contains(before, "\ngo_goroutines ") {
		t.Error(before)
	}
}
