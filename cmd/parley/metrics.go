package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/api/httpapi"
)

// serveMetrics serves h at /metrics on ln until the server is closed. Metrics have a separate address, since a proxy on
// this machine may let strangers reach the address of MCP.
func serveMetrics(ln net.Listener, h http.Handler, hosts []string, stdout io.Writer, log *slog.Logger) *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", httpapi.OwnNames(h, hosts))
	server := httpapi.NewServer(mux, log)
	server.ReadTimeout, server.WriteTimeout = 30*time.Second, 30*time.Second
	go func() { _ = server.Serve(ln) }() // Serve returns when the server is closed
	fmt.Fprintf(stdout, "Metrics for Prometheus at http://%s/metrics\n", ln.Addr())
	return server
}
