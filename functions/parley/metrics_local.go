//go:build !lambda

package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/httpapi"
	"github.com/parley-chat/parley/internal/meter"
	"github.com/parley-chat/parley/internal/meter/scrape"
)

// newMetrics counts for whoever asks at s.MetricsAddr.
func newMetrics(s settings, stdout io.Writer, log *slog.Logger) *metrics {
	if s.MetricsAddr == "" {
		return &metrics{meter: meter.New(held(s))}
	}
	figures := scrape.New()
	o := held(s)
	o.Observe = figures.Observe
	m := meter.New(o)
	figures.Watch(m)
	return &metrics{meter: m, serve: func(st *store) (io.Closer, error) {
		if st.commits != nil {
			figures.Commits(st.commits)
		}
		return serveMetrics(httpapi.OwnNames(figures.Handler(), s.AllowHost), s.MetricsAddr, stdout, log)
	}}
}

// serveMetrics answers at an address of its own: on the one of MCP strangers would
// be answered, too, where a proxy on this machine lets them in.
func serveMetrics(h http.Handler, addr string, stdout io.Writer, log *slog.Logger) (io.Closer, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w. Choose another --metrics-addr", addr, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", h)
	server := httpapi.NewServer(mux, log)
	server.ReadTimeout, server.WriteTimeout = 30*time.Second, 30*time.Second
	go func() { _ = server.Serve(ln) }() // until it is closed
	fmt.Fprintf(stdout, "Metrics for Prometheus at http://%s/metrics\n", ln.Addr())
	return server, nil
}
