// Package engine runs servers that others wrote, for tests: on a free port of the loopback, and no longer
// than the process that started them. They are fetched once, into a cache outside the tree. On Linux it also makes
// disks that fill up.
package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"time"
)

// startLimit bounds the start, which takes a second on an idle machine.
const startLimit = time.Minute

// leash runs a program that ends when its standard input does. Only this process
// holds the other end of that pipe, and the system closes it however the process
// dies, kill -9 included. So no engine outlives the process that started it.
const leash = `
exec 3<&0
"$@" </dev/null 3<&- & server=$!
{ cat >/dev/null; kill -9 "$server"; } <&3 3<&- >/dev/null 2>&1 & watcher=$!
exec 3<&-
wait "$server"; status=$?
kill "$watcher" 2>/dev/null
exit "$status"
`

// Server is a running engine.
type Server struct {
	Endpoint string // such as "http://127.0.0.1:8000"

	what    string
	release func() error // ends the engine
	done    chan struct{}
	ended   error // why the engine ended; valid after done is closed
	output  *output
}

// Serve runs a command that serves HTTP on addr, as in "127.0.0.1:8000", and returns when it answers,
// within a minute. what names it in errors. It should be reachable from this machine only.
func Serve(ctx context.Context, what, addr, command string, args ...string) (*Server, error) {
	cmd := exec.Command("sh", append([]string{"-c", leash, what, command}, args...)...)
	log := &output{}
	cmd.Dir, cmd.Stdout, cmd.Stderr = os.TempDir(), log, log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", what, err)
	}
	s := &Server{
		Endpoint: "http://" + addr,
		what:     what,
		release:  stdin.Close,
		done:     make(chan struct{}),
		output:   log,
	}
	go func() {
		s.ended = cmd.Wait()
		close(s.done)
	}()
	if err := s.awaitAnswer(ctx); err != nil {
		return nil, fmt.Errorf("%s on %s: %w; it said:\n%s", what, addr, err, s.output)
	}
	return s, nil
}

// Wait ends the engine when ctx ends, or returns the reason why the engine has
// ended by itself.
func (s *Server) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		s.Stop()
		return nil
	case <-s.done:
		return fmt.Errorf("%s ended: %v; its output:\n%s", s.what, s.ended, s.output)
	}
}

// Stop ends the engine, and returns when it has ended.
func (s *Server) Stop() {
	_ = s.release() // it fails only if the engine has already ended
	<-s.done
}

func (s *Server) awaitAnswer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !Answers(ctx, s.Endpoint) {
		select {
		case <-s.done:
			return fmt.Errorf("it ended: %v", s.ended)
		case <-ctx.Done():
			s.Stop()
			return fmt.Errorf("it did not answer: %w", ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}

// Answers reports whether an HTTP server answers within a second, with whatever status.
func Answers(ctx context.Context, endpoint string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, response.Body)
	return response.Body.Close() == nil
}

// OnFreePort has start start an engine on a free port. Only one process does so at a time for the file
// at lock: two processes that found the same port free would share the engine of the one that ends first.
func OnFreePort(ctx context.Context, lock string, start func(addr string) (*Server, error)) (*Server, error) {
	unlock, err := Lock(ctx, lock)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var failures []error
	for range 3 {
		addr, err := freeAddr()
		if err != nil {
			return nil, err
		}
		server, err := start(addr)
		if err == nil {
			return server, nil
		}
		failures = append(failures, err)
	}
	return nil, errors.Join(failures...)
}

// freeAddr returns an address of the loopback whose port is free.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// output keeps the beginning of what the engine prints, which says why a start
// failed.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	const enough = 8 << 10
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf.Write(p[:min(len(p), max(0, enough-o.buf.Len()))])
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
