package dynamolocal

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// startLimit bounds the start, which takes a second on an idle machine.
const startLimit = time.Minute

// leash runs a program that ends when the standard input does. The other end of
// that pipe is this process's alone, and the system closes it however the
// process dies, kill -9 included; so no engine outlives who started it.
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

	release func() error // lets the engine go
	done    chan struct{}
	ended   error // why the engine ended; valid after done is closed
	output  *output
}

// Serve starts the engine of the folder that Fetch returned on port and returns
// when it answers, within a minute. Its tables live in memory. It listens on all
// interfaces (it has no option for less), and accepts any credentials.
func Serve(ctx context.Context, dir string, port int) (*Server, error) {
	lib := filepath.Join(dir, "lib")
	cmd := exec.Command("sh", "-c", leash, "dynamodb-local", "java",
		"-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", // a third of the memory, and it starts sooner
		"-Djava.library.path="+lib, "-cp", filepath.Join(lib, "*"),
		"software.amazon.dynamodb.services.local.main.ServerRunner",
		"-inMemory", "-sharedDb", "-disableTelemetry", "-port", strconv.Itoa(port))
	log := &output{}
	cmd.Dir, cmd.Stdout, cmd.Stderr = os.TempDir(), log, log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting DynamoDB Local: %w", err)
	}
	s := &Server{
		Endpoint: fmt.Sprintf("http://127.0.0.1:%d", port),
		release:  stdin.Close,
		done:     make(chan struct{}),
		output:   log,
	}
	go func() {
		s.ended = cmd.Wait()
		close(s.done)
	}()
	if err := s.awaitAnswer(ctx); err != nil {
		return nil, fmt.Errorf("DynamoDB Local on port %d: %w; it said:\n%s", port, err, s.output)
	}
	return s, nil
}

// Wait returns when ctx ends, after the engine was made to end, or when the
// engine has ended by itself, with the reason.
func (s *Server) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		s.stop()
		return nil
	case <-s.done:
		return fmt.Errorf("DynamoDB Local ended: %v; its output:\n%s", s.ended, s.output)
	}
}

func (s *Server) stop() {
	_ = s.release() // it fails only if the engine has already ended
	<-s.done
}

func (s *Server) awaitAnswer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !answers(ctx, s.Endpoint) {
		select {
		case <-s.done:
			return fmt.Errorf("it ended: %v", s.ended)
		case <-ctx.Done():
			s.stop()
			return fmt.Errorf("it did not answer: %w", ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}

// answers reports whether anything speaks HTTP there within a second; the engine
// itself answers a bare GET with 400.
func answers(ctx context.Context, endpoint string) bool {
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

func freePort() (int, error) {
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		return 0, fmt.Errorf("looking for a free port: %w", err)
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// output keeps the first words of the engine: why a start failed is among them.
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
