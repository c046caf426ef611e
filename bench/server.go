package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime"
	"runtime/debug"
)

// serveCommand makes this program serve one of the sides.
const serveCommand = "serve"

// The tools that both sides offer.
const (
	joinTool      = "join_room"
	sendTool      = "send_message"
	waitTool      = "wait_for_message"
	superviseTool = "supervise"
	showTool      = "show_room"
	shareTool     = "share_file"
	getFileTool   = "get_file"
)

// announcement is the line of JSON that a server prints when it is ready.
type announcement struct {
	Address string // of MCP, as in "127.0.0.1:40123"
	Control string // of the figures and the profiles, in the same form
}

// serve serves one side on the loopback until stdin ends. That happens when the
// process at its other end dies, however it dies.
func serve(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) (err error) {
	flags := flag.NewFlagSet(serveCommand, flag.ContinueOnError)
	var c choice
	flags.StringVar(&c.file, "file", "", "Parley on this file")
	flags.BoolVar(&c.local, "local", false, "Parley's callers are on this machine, and have no limits")
	flags.StringVar(&c.table, "table", "", "Parley on this table of DynamoDB Local")
	flags.StringVar(&c.endpoint, "endpoint", "", "the address of DynamoDB Local")
	flags.StringVar(&c.page, "page", "", "the empty tool that writes a page of this file before it answers")
	flags.StringVar(&c.rows, "rows", "", "a tool that puts each text into this file with Parley's own store")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	address, err := listen(s.server)
	if err != nil {
		return err
	}
	control, err := listen(&http.Server{Handler: s.control()})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(stdout).Encode(announcement{address, control}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, stdin)
	return errors.Join(err, s.close())
}

// listen makes s serve a free port of the loopback until the process ends.
func listen(s *http.Server) (address string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() { _ = s.Serve(l) }() // it never returns nil
	return l.Addr().String(), nil
}

// figures are what a server knows about itself.
type figures struct {
	Goroutines int
	Heap       uint64 // bytes in use
	Stacks     uint64 // bytes in use
	Commits    int64  // transactions written to the disk
	Warnings   int64  // logged
}

// control serves the figures, with ?collect after a garbage collection, and the
// profiles of net/http/pprof.
func (s side) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/figures", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("collect") {
			debug.FreeOSMemory()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		// the client may have left
		_ = json.NewEncoder(w).Encode(figures{runtime.NumGoroutine(), m.HeapInuse, m.StackInuse, s.commits(),
			s.warnings()})
	})
	return mux
}
