package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/process"
)

// stdio is a client that writes and reads the lines of a server on standard streams, so
// that a test sees each of them.
type stdio struct {
	t      *testing.T
	cmd    *exec.Cmd
	notes  *process.Output
	exited chan error // receives once

	mu       sync.Mutex
	in       io.WriteCloser
	last     int
	open     map[int]chan rpcLine
	progress chan rpcLine // notifications, as far as there is room
	strays   []string     // lines that belong to no open request
}

// rpcLine is a JSON-RPC message of the server.
type rpcLine struct {
	ID     *int            `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *rpcError       `json:"error"`
}

type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *rpcError) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Message) }

// bridgeTo is the command line of a bridge to the server at url.
func bridgeTo(url string) []string {
	return []string{os.Getenv(process.BinaryEnv), "bridge", "--url", url}
}

// startStdio starts a server of that command line, with additions to the environment. It
// is killed when the test ends.
func startStdio(t *testing.T, command []string, env ...string) *stdio {
	t.Helper()
	s := &stdio{
		t: t, cmd: exec.Command(command[0], command[1:]...), notes: &process.Output{},
		exited: make(chan error, 1), open: map[int]chan rpcLine{}, progress: make(chan rpcLine, 100),
	}
	env = append(env, "GORACE=atexit_sleep_ms=0") // a program built with GOFLAGS=-race ends a second later else
	s.cmd.Env, s.cmd.Stderr = append(process.Environment(), env...), s.notes
	in, out := startPiped(t, s.cmd)
	s.in = in
	go func() {
		s.read(out)
		s.exited <- s.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // it may have ended
		if strings.Contains(s.notes.String(), "DATA RACE") {
			t.Error("the bridge has a data race")
		}
		if t.Failed() {
			t.Logf("%v noted:\n%s", s.cmd.Args, s.notes)
		}
	})
	return s
}

// read hands the lines to the requests that wait for them.
func (s *stdio) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l rpcLine
		err := json.Unmarshal(lines.Bytes(), &l)
		s.mu.Lock()
		switch {
		case err == nil && l.Method != "":
			select {
			case s.progress <- l:
			default:
			}
		case err == nil && l.ID != nil && s.open[*l.ID] != nil:
			s.open[*l.ID] <- l
			delete(s.open, *l.ID)
		default:
			s.strays = append(s.strays, lines.Text())
		}
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, waits := range s.open {
		close(waits)
	}
	s.open = nil
}

// write writes a line.
func (s *stdio) write(line []byte) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.in.Write(append(line, '\n')); err != nil {
		s.t.Errorf("the server does not read: %v", err)
	}
}

// begin sends a request, and returns its id and where its answer comes.
func (s *stdio) begin(method string, params any) (int, <-chan rpcLine) {
	s.t.Helper()
	answered := make(chan rpcLine, 1)
	s.mu.Lock()
	s.last++
	id := s.last
	if s.open == nil {
		close(answered)
	} else {
		s.open[id] = answered
	}
	s.mu.Unlock()
	s.send(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	return id, answered
}

func (s *stdio) send(message map[string]any) {
	s.t.Helper()
	line, err := json.Marshal(message)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(line)
}

// ask sends a request and returns its result.
func (s *stdio) ask(ctx context.Context, method string, params any) (json.RawMessage, error) {
	id, answered := s.begin(method, params)
	select {
	case l, ok := <-answered:
		switch {
		case !ok:
			return nil, errors.New("the server ended")
		case l.Error != nil:
			return nil, l.Error
		}
		return l.Result, nil
	case <-ctx.Done():
		s.cancel(id)
		return nil, ctx.Err()
	}
}

// cancel gives up a request. A line that answers it is a stray.
func (s *stdio) cancel(id int) {
	s.mu.Lock()
	delete(s.open, id)
	s.mu.Unlock()
	s.send(map[string]any{"jsonrpc": "2.0", "method": "notifications/cancelled",
		"params": map[string]any{"requestId": id}})
}

// hello is the handshake of protocol version 2025-11-25.
func (s *stdio) hello(name, version string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	_, err := s.ask(ctx, "initialize", map[string]any{
		"protocolVersion": legacyProtocol, "capabilities": map[string]any{},
		"clientInfo": map[string]any{"name": name, "version": version},
	})
	if err != nil {
		s.t.Fatalf("initialize: %v", err)
	}
	s.send(map[string]any{"jsonrpc": "2.0", "method": "notifications/initialized"})
}

// call implements client. It asks for progress.
func (s *stdio) call(ctx context.Context, tool string, arguments args) (answer, error) {
	result, err := s.ask(ctx, "tools/call", callOf(tool, arguments))
	if err != nil {
		return answer{}, err
	}
	return readAnswer(result)
}

func callOf(tool string, arguments args) map[string]any {
	return map[string]any{"name": tool, "arguments": arguments, "_meta": map[string]any{"progressToken": tool}}
}

// ended returns how long the process takes to end, after what makes it end.
func (s *stdio) ended(after func()) time.Duration {
	s.t.Helper()
	begun := time.Now()
	after()
	select {
	case err := <-s.exited:
		if err != nil {
			s.t.Errorf("the bridge ended with %v", err)
		}
	case <-time.After(patience):
		s.t.Fatalf("the bridge still runs after %v", patience)
	}
	return time.Since(begun)
}

// closeInput ends the input.
func (s *stdio) closeInput() { _ = s.in.Close() } // an error shows by what follows

// terminate sends SIGTERM.
func (s *stdio) terminate() { _ = s.cmd.Process.Signal(syscall.SIGTERM) }
