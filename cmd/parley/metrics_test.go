package main

import (
	"io"
	"log/slog"
	"net/http"
	"testing"
)

func TestServeMetrics_pageOfAnotherSite_isRefused(t *testing.T) {
	ln, err := listen("--metrics-addr", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := serveMetrics(ln, http.NotFoundHandler(), []string{"prom.example"}, io.Discard,
		slog.New(slog.DiscardHandler))
	defer server.Close()
	for host, want := range map[string]int{"": 404, "localhost:9464": 404, "prom.example": 404, "evil.example": 403} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+ln.Addr().String()+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("to %q: %d, want %d", host, resp.StatusCode, want)
		}
	}
}
