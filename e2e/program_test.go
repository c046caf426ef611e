// Package e2e drives the real program from outside, as strangers will: the
// binary is built and started on a free port with a file of its own, and real
// MCP clients talk to it. Nothing here imports the program.
//
// The clients in TypeScript and Python are installed on first use into a cache
// outside the tree (see install_test.go). Where Node or Python is missing their
// tests are skipped, or fail if CI=true.
package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binaryEnv names the program under test. TestMain sets it to a fresh build,
// unless somebody asks for another one.
const binaryEnv = "PARLEY_E2E_BINARY"

// patience bounds every wait of a test for something that takes milliseconds.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	code, err := withBinary(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

// withBinary builds the program, runs the tests and removes what it built.
func withBinary(tests func() int) (int, error) {
	if os.Getenv(binaryEnv) != "" {
		return tests(), nil
	}
	dir, err := os.MkdirTemp("", "parley-e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "parley")
	build := exec.Command("go", "build", "-o", binary, "./cmd/parley")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the program: %w\n%s", err, out)
	}
	if err := os.Setenv(binaryEnv, binary); err != nil {
		return 0, err
	}
	return tests(), nil
}

// program is one running parley. After kill or terminate, launch starts it
// again on the same file and address.
type program struct {
	t      *testing.T
	args   []string
	env    []string
	out    *output
	cmd    *exec.Cmd
	exited chan error // of cmd; receives once
	url    string     // of the MCP endpoint
}

// start launches the program on a free port with a new data file. It is killed
// when the test ends.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	return startOn(t, append([]string{"--data", filepath.Join(t.TempDir(), "parley.db")}, args...), nil)
}

// startOn is start with every argument but the address, and with additions to
// the environment.
func startOn(t *testing.T, args, env []string) *program {
	t.Helper()
	p := &program{t: t, args: args, env: env}
	p.launch("127.0.0.1:0")
	t.Cleanup(func() {
		if p.cmd != nil {
			p.kill() // to drain takes time; stop_test.go looks at that
		}
		if strings.Contains(p.out.String(), "DATA RACE") { // as it says if built with GOFLAGS=-race
			t.Error("the program has a data race")
		}
		if t.Failed() {
			t.Logf("the program printed:\n%s", p.out)
		}
	})
	return p
}

// launch starts the process and returns when it listens.
func (p *program) launch(addr string) {
	p.t.Helper()
	p.out = &output{url: make(chan string, 1)}
	p.cmd = exec.Command(os.Getenv(binaryEnv), append([]string{"serve", "--addr", addr}, p.args...)...)
	p.cmd.Env = append(cleanEnv(), p.env...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	cmd, exited := p.cmd, make(chan error, 1)
	p.exited = exited
	go func() { exited <- cmd.Wait() }()
	select {
	case p.url = <-p.out.url:
	case err := <-exited:
		p.cmd = nil
		p.t.Fatalf("the program ended before it listened: %v\n%s", err, p.out)
	case <-time.After(patience):
		p.t.Fatalf("the program did not say where it listens\n%s", p.out)
	}
}

// again launches the program once more, at the address where it listened before.
func (p *program) again() {
	p.t.Helper()
	p.launch(strings.TrimSuffix(strings.TrimPrefix(p.url, "http://"), "/mcp"))
}

// kill ends the process as a power cut would.
func (p *program) kill() {
	p.t.Helper()
	p.signal(syscall.SIGKILL)
}

// terminate asks the process to end and returns its exit code.
func (p *program) terminate() int {
	p.t.Helper()
	return p.signal(syscall.SIGTERM)
}

func (p *program) signal(s syscall.Signal) int {
	p.t.Helper()
	cmd := p.cmd
	p.cmd = nil
	if err := cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatal(err)
	}
	select {
	case <-p.exited:
		return cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		_ = cmd.Process.Kill() // it would outlive the test; the failure is reported below
		<-p.exited
		p.t.Errorf("the program did not end %v after %v\n%s", patience, s, p.out)
		return -1
	}
}

// health returns the status of /healthz.
func (p *program) health() int {
	p.t.Helper()
	resp, err := http.Get(strings.TrimSuffix(p.url, "/mcp") + "/healthz")
	if err != nil {
		p.t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode
}

// parley runs a command of the program, and returns what it printed and its exit
// code.
func parley(t *testing.T, arguments ...string) (out string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Getenv(binaryEnv), arguments...)
	cmd.Env = cleanEnv()
	text, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// cleanEnv is the environment without settings of the program or of AWS.
func cleanEnv() []string {
	var env []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "PARLEY_") && !strings.HasPrefix(pair, "AWS_") {
			env = append(env, pair)
		}
	}
	return env
}

// output keeps what a process prints, and finds the address in its banner.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	url  chan string // has room for one
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	// The line must be whole, else a port could be cut short.
	banner := regexp.MustCompile(`(http://127\.0\.0\.1:\d+/mcp)\s`)
	if found := banner.FindSubmatch(o.text.Bytes()); found != nil {
		select {
		case o.url <- string(found[1]):
		default: // said before
		}
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await polls until ok holds, and fails the test if it does not within patience.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("after %v still not: %s", patience, what)
		}
	}
}
