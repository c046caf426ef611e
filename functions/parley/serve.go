package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/httpapi"
	"github.com/parley-chat/parley/internal/lambdahttp"
	"github.com/parley-chat/parley/internal/mcp"
	"github.com/parley-chat/parley/internal/meter"
	"github.com/parley-chat/parley/internal/tools"
)

// drainTime bounds how long answers under way may take once the program is asked
// to end.
const drainTime = 10 * time.Second

// serve listens and answers, or is a Lambda function, until ctx ends; then every
// open wait is answered with what there is, and nothing new is taken.
func serve(ctx context.Context, s settings, stdout io.Writer, log *slog.Logger) error {
	m := newMetrics(s, stdout, log)
	defer m.close()
	st, err := openStore(ctx, s, m.meter, log)
	if err != nil {
		return err
	}
	defer st.close()
	st.options.LongestWait, st.options.Limits = s.LongestWait, s.limits()
	rooms := chat.New(st.table, st.options)
	if lambdahttp.OnLambda() {
		return lambdahttp.Start(ctx, handler(rooms, st, m.meter, s, log), lambdahttp.Options{Buffered: s.Buffered, Stop: rooms.Stop, Logger: log})
	}
	if err := st.check(ctx); err != nil {
		return err
	}
	if err := m.begin(st); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", s.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w. Stop what listens there, or choose another --addr", s.Addr, err)
	}
	floor := make([]byte, heapFloor)
	defer runtime.KeepAlive(floor)
	server := httpapi.NewServer(handler(rooms, st, m.meter, s, log), log)
	if err := banner(stdout, ln.Addr(), st.where); err != nil {
		log.Warn("nobody reads the standard output", "error", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ln) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping")
	rooms.Stop()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := server.Shutdown(drain); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// heapFloor is memory that is never touched, and so never taken from the machine.
// It makes the garbage collector wait for as much garbage: a server with little to
// keep would otherwise collect a hundred times a second under load.
const heapFloor = 32 << 20

// handler is all that the program serves.
func handler(rooms *chat.Service, st *store, m *meter.Meter, s settings, log *slog.Logger) http.Handler {
	address := httpapi.Address
	if s.URL != "" {
		address = func(context.Context) string { return s.URL }
	}
	set := tools.New(rooms, tools.Options{Address: address, LongestWait: s.LongestWait, Log: log})
	server := mcp.NewServer(mcp.Options{
		Version: version, Instructions: set.Instructions(), Tools: set.Tools(), Prompts: set.Prompts(), Log: log,
	})
	return httpapi.New(httpapi.Options{
		MCP: server.Serve, Standby: set.Standby,
		Ready: st.ready, Logger: log, Meter: m,
		KeepAlive: s.KeepAlive, Hosts: s.AllowHost, Origins: s.AllowOrigin, TrustProxy: s.TrustProxy,
	})
}
