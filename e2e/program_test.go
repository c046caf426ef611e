// Package e2e drives the real program from outside, as strangers will: the
// binary is built and started on a free port with a file of its own, and real
// MCP clients talk to it. Nothing here imports the program but internet_test.go, which serves it with an
// internet of the tests.
//
// The clients in TypeScript and Python are fetched by make test-clients into a cache outside
// the tree. It plays the tests that drive them, and no others.
package e2e

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/e2e/internal/process"
)

// patience bounds every wait of a test for something that takes milliseconds.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	if port := os.Getenv(spokenEnv); port != "" {
		if err := serveSpoken(port); err != nil {
			log.Fatal(err)
		}
		return
	}
	if internet := os.Getenv(internetEnv); internet != "" {
		log.Fatal(serveWithInternet(internet, os.Args[2:])) // after "serve"
	}
	// Parallel tests wait most of their time. An argument of the command wins.
	_ = flag.Set("test.parallel", strconv.Itoa(max(8, runtime.GOMAXPROCS(0))))
	flag.Parse()
	if os.Getenv(parts.ClientsEnv) == parts.ClientsOnly && flag.Lookup("test.run").Value.String() == "" {
		_ = flag.Set("test.run", clientTests.String()) // an expression that compiles
	}
	process.Main(m.Run, "..")
}

// clientTests are the names of the tests that drive real clients, and which make test-clients
// plays.
var clientTests = regexp.MustCompile("everyClient|Conformance|Inspector|Caddy")

// drivesClients says that a test drives real clients. Its name must be one of clientTests.
func drivesClients(t *testing.T) {
	t.Helper()
	if name := t.Name(); !clientTests.MatchString(name) && !strings.HasPrefix(name, "TestSoak_") {
		t.Fatalf("make test-clients does not play %s: name it after %v", name, clientTests)
	}
}

// program is one running parley. After kill or terminate, launch starts it
// again on the same file and address.
type program struct {
	t      *testing.T
	binary string // "": the program under test
	args   []string
	env    []string
	server *process.Server
	out    *process.Output
	cmd    *exec.Cmd // nil once it has ended
	url    string    // of the MCP endpoint
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
	p := newProgram(t, args, env)
	p.launch("127.0.0.1:0")
	return p
}

// newProgram returns a program that is not launched yet. It is killed when the test ends.
func newProgram(t *testing.T, args, env []string) *program {
	t.Helper()
	p := &program{t: t, args: args, env: env}
	t.Cleanup(func() {
		if p.out == nil {
			return
		}
		if p.cmd != nil {
			p.kill() // to drain takes time; stop_test.go looks at that
		}
		if strings.Contains(p.out.String(), "DATA RACE") { // as it says if built with GOFLAGS=-race
			t.Error("the program has a data race")
		}
		if t.Failed() {
			p.out.Report(t, "the program")
		}
	})
	return p
}

// launch starts the process and returns when it listens.
func (p *program) launch(addr string) {
	p.t.Helper()
	server, err := process.Start(cmp.Or(p.binary, os.Getenv(process.BinaryEnv)),
		append([]string{"--addr", addr}, p.args...), append(process.Environment(), p.env...))
	if err != nil {
		p.t.Fatal(err)
	}
	p.server, p.out, p.cmd, p.url = server, server.Out, server.Cmd, server.URL
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
	p.cmd = nil
	code, err := p.server.End(s)
	if err != nil {
		p.t.Error(err)
	}
	return code
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
	return parleyIn(t, nil, arguments...)
}

// parleyIn is parley with additions to the environment.
func parleyIn(t *testing.T, env []string, arguments ...string) (out string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Getenv(process.BinaryEnv), arguments...)
	cmd.Env = append(process.Environment(), env...)
	text, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// await polls until ok holds, and fails the test if it does not within patience.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	awaitLonger(t, patience, what, ok)
}

// awaitLonger is await for what takes as long as limit. It asks less often the longer it waits, since to ask costs
// processor time.
func awaitLonger(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); !ok(); <-tick.C {
		passed := time.Since(began)
		if passed > limit {
			t.Fatalf("after %v still not: %s", limit, what)
		}
		tick.Reset(min(max(10*time.Millisecond, passed/10), time.Second))
	}
}
