// Package process builds parley and runs it as a process, for tests that look at
// it from outside.
package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/alone"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// BinaryEnv names the program under test. Main sets it to a fresh build, unless
// somebody asks for another one.
const BinaryEnv = "PARLEY_E2E_BINARY"

// tempEnv names the folder for temporary files of the program under test.
const tempEnv = "PARLEY_E2E_TEMP"

// patience bounds a start and an end, which take milliseconds.
const patience = 20 * time.Second

// Main is TestMain of a package in which root is the path of the module: it builds
// the program, runs the tests, which return the exit code, and removes what it built. No test sees who runs it.
func Main(tests func() int, root string) {
	if err := alone.Begin(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code, err := WithBinary(tests, root)
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the program under test:", err)
		code = 1
	}
	os.Exit(code)
}

// WithBinary builds the program, runs what needs it, which returns the exit code, and removes what it built. BinaryEnv
// names the program meanwhile.
func WithBinary(run func() int, root string) (int, error) {
	dir, err := os.MkdirTemp("", "parley-e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	temp := filepath.Join(dir, "tmp")
	if err := errors.Join(os.Mkdir(temp, 0o700), os.Setenv(tempEnv, temp)); err != nil {
		return 0, err
	}
	if os.Getenv(BinaryEnv) != "" {
		return run(), nil
	}
	binary := filepath.Join(dir, "parley")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	build := exec.Command("go", "build", "-o", binary, "./cmd/parley")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w\n%s", err, out)
	}
	if err := os.Setenv(BinaryEnv, binary); err != nil {
		return 0, err
	}
	return run(), nil
}

// Server is one running process of the program.
type Server struct {
	URL    string // of the MCP endpoint
	Cmd    *exec.Cmd
	Out    *Output
	exited chan error // of Cmd; receives once
}

// Start runs binary serve with the arguments, and returns when it listens.
func Start(binary string, args, env []string) (*Server, error) {
	s := &Server{Out: newOutput(), exited: make(chan error, 1)}
	if err := secretscan.Find(strings.Join(args, " ")); err != nil {
		return nil, fmt.Errorf("everybody on the machine can read a command line: %w", err)
	}
	s.Cmd = exec.Command(binary, append([]string{"serve"}, args...)...)
	s.Cmd.Env, s.Cmd.Stdout, s.Cmd.Stderr = env, s.Out, s.Out
	if err := s.Cmd.Start(); err != nil {
		return nil, err
	}
	go func() { s.exited <- s.Cmd.Wait() }()
	select {
	case s.URL = <-s.Out.url:
		return s, nil
	case err := <-s.exited:
		return nil, fmt.Errorf("the program ended before it listened: %v\n%s", err, s.Out)
	case <-time.After(patience):
		_, err := s.End(syscall.SIGKILL)
		return nil, errors.Join(fmt.Errorf("the program did not say where it listens\n%s", s.Out), err)
	}
}

// End sends the signal and returns the exit code. A process that goes on is
// killed, which is an error; and so is one that has printed a secret.
func (s *Server) End(with syscall.Signal) (code int, err error) { return s.EndWithin(patience, with) }

// EndWithin is End of a process that may go on for a time.
func (s *Server) EndWithin(limit time.Duration, with syscall.Signal) (code int, err error) {
	if err := s.Cmd.Process.Signal(with); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return -1, err
	}
	select {
	case <-s.exited:
		return s.Cmd.ProcessState.ExitCode(), s.Out.leaked()
	case <-time.After(limit):
		err := s.Cmd.Process.Kill()
		<-s.exited
		return -1, errors.Join(fmt.Errorf("the program did not end %v after %v\n%s", limit, with, s.Out), err)
	}
}

// Environment is the environment without the settings of the tests, which begin as those of the program do. Its folder
// for temporary files is one that the program under test is not in: parley connect wants a program that stays.
func Environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, "PARLEY_") })
	temp := os.Getenv(tempEnv)
	return append(env, "TMPDIR="+temp, "TMP="+temp, "TEMP="+temp)
}

// Output keeps what the process prints, and finds the address in its banner.
type Output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	listens bool        // its banner has come
	url     chan string // has room for one
	search  secretscan.Sink
	leaks   []error // the secrets in what it has printed
}

func newOutput() *Output {
	o := &Output{url: make(chan string, 1)}
	o.search.Report = func(err error) { o.leaks = append(o.leaks, err) }
	return o
}

// leaked returns an error if the process has printed a secret.
func (o *Output) leaked() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return errors.Join(o.leaks...)
}

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	_, _ = o.search.Write(p) // never fails
	if o.listens {
		return len(p), nil
	}
	if found := banner.FindSubmatch(o.text.Bytes()); found != nil {
		o.listens = true
		select {
		case o.url <- string(found[1]):
		default: // it is the output of a command, where nobody waits for that
		}
	}
	return len(p), nil
}

// banner is the line that says where the program listens. It must be whole, else a port could be cut short.
var banner = regexp.MustCompile(`(http://\d+\.\d+\.\d+\.\d+:\d+/mcp)\s`)

// Report logs what the program printed last, after its banner. With -artifacts go test keeps
// all of it.
func (o *Output) Report(t testing.TB, program string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(t.ArtifactDir(), "printed.txt"), []byte(o.String()), 0o600); err != nil {
		t.Error(err)
	}
	lines := strings.Split(strings.TrimSpace(o.Said()), "\n")
	const most = 15
	if len(lines) > most {
		lines = append([]string{fmt.Sprintf("(%d lines before; -artifacts keeps them)", len(lines)-most)},
			lines[len(lines)-most:]...)
	}
	t.Logf("%s printed last:\n%s", program, strings.Join(lines, "\n"))
}

// Said returns what the program printed after its banner.
func (o *Output) Said() string {
	text := o.String()
	if _, said, found := strings.Cut(text, endOfBanner); found {
		return said
	}
	return text
}

// endOfBanner ends what the program says when it has started.
const endOfBanner = "Ctrl-C stops the server; the rooms stay.\n"

func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
