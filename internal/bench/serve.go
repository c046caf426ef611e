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

// serveCommand makes this program one of the servers that it measures.
const serveCommand = "serve"

// The tools that are called on both sides, so with the same requests.
const (
	sendTool = "send_message"
	waitTool = "wait_for_message"
)

// announcement is what a server says, as one line of JSON, when it is ready.
type announcement struct {
	Address string // of MCP, as in "127.0.0.1:40123"
	Control string // of the figures and profiles, likewise
	Rooms   []filledRoom
}

// serve serves one side on the loopback until stdin ends, which it does when the
// process that holds its other end dies, however it dies.
func serve(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) (err error) {
	flags := flag.NewFlagSet(serveCommand, flag.ContinueOnError)
	var w wanted
	flags.StringVar(&w.data, "data", "", "Parley on this file")
	flags.StringVar(&w.fill, "fill", "", "make rooms of so many events each, divided by commas")
	flags.StringVar(&w.table, "table", "", "Parley on this table of DynamoDB Local")
	flags.StringVar(&w.endpoint, "endpoint", "", "where DynamoDB Local is")
	flags.StringVar(&w.page, "page", "", "the empty tool, which writes a page of this file before it answers")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s, err := w.side(ctx)
	if err != nil {
		return err
	}
	main, err := listen(s.server)
	if err != nil {
		return err
	}
	control, err := listen(&http.Server{Handler: s.control()})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(stdout).Encode(announcement{main, control, s.rooms}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, stdin)
	return errors.Join(err, s.close())
}

// listen has s serve a free port of the loopback for the rest of the process.
func listen(s *http.Server) (address string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() { _ = s.Serve(l) }() // the end of the process is its only end
	return l.Addr().String(), nil
}

// figures are what a server tells of itself.
type figures struct {
	Goroutines int
	Heap       uint64 // bytes in use
	Stacks     uint64 // bytes in use
	Commits    int    // transactions brought to disk
}

// control serves the figures, after a collection of garbage where ?collect is
// asked for, and the profiles of net/http/pprof.
func (s side) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/figures", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("collect") {
			debug.FreeOSMemory()
		}
		commits, err := s.commits()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		_ = json.NewEncoder(w).Encode(figures{runtime.NumGoroutine(), m.HeapInuse, m.StackInuse, commits}) // who asked may be gone
	})
	return mux
}
