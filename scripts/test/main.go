// Command test runs go test with its arguments for the targets of the Makefile. All packages
// share one DynamoDB Local and one build of the program; `go test` alone starts and builds
// its own for each package. Every 15 s it says what it is at. At the end stands why tests were skipped, and in the last
// line how many passed, failed and were skipped.
//
// If at most five tests fail, subtests included, they run once more. Those that pass then are unsteady: the end of the
// run names them, and the run passes. A data race, a panic and a timeout always fail the run.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// gotestsum prints failures when they happen, and one line for each package.
const gotestsum = "gotest.tools/gotestsum@v1.13.0"

// binaryEnv names the program under test, for e2e/internal/process.
const binaryEnv = "PARLEY_E2E_BINARY"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// run returns the exit code of the tests.
func run(ctx context.Context, arguments []string) (int, error) {
	fmt.Println("Compiling Parley and the tests. The first time this takes some minutes.")
	dir, err := os.MkdirTemp("", "parley-test-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	events, reruns := filepath.Join(dir, "events.json"), filepath.Join(dir, "reruns")
	at, short := newProgress(events), &rows{to: os.Stdout}
	stop := at.every(short.say)
	defer stop()
	if err := share(ctx, dir); err != nil {
		return 0, err
	}
	if command(ctx, "run", gotestsum, "--version").Run() != nil {
		stop()
		fmt.Println(gotestsum, "cannot be fetched: go test prints the results, without a summary.")
		return exitCode(shown(command(ctx, append([]string{"test"}, arguments...)...)))
	}
	flags, packages := split(arguments)
	// The tests of whole programs wait half of their time, so one package more than usual runs beside them.
	flags = append([]string{fmt.Sprintf("-p=%d", runtime.GOMAXPROCS(0)+1)}, flags...)
	tests := command(ctx, append([]string{"run", gotestsum, "--format", "pkgname-and-test-fails",
		"--format-hide-empty-pkg", "--hide-summary=skipped,output", "--jsonfile", events,
		"--rerun-fails=1", "--rerun-fails-max-failures=5", "--rerun-fails-run-root-test",
		"--rerun-fails-abort-on-data-race", "--rerun-fails-report", reruns,
		"--packages", strings.Join(packages, " "), "--"}, flags...)...)
	tests.Stdout, tests.Stderr = short, short
	code, err := exitCode(tests.Run())
	stop()
	short.end()
	_, _ = os.Stdout.Write(short.part)
	err = errors.Join(err, printSkipped(events))
	if code == 0 {
		err = errors.Join(err, printUnsteady(reruns))
	}
	err = errors.Join(err, at.load())
	fmt.Printf("\n%s\n", at.result(code))
	return code, err
}

// split divides the arguments of go test into its flags and the packages, which come last. A flag whose value
// has a slash is one argument with it.
func split(arguments []string) (flags, packages []string) {
	last := len(arguments)
	for last > 0 && strings.Contains(arguments[last-1], "/") && !strings.HasPrefix(arguments[last-1], "-") {
		last--
	}
	return arguments[:last], arguments[last:]
}

// printUnsteady prints which tests failed and then passed, from the report of gotestsum.
func printUnsteady(path string) error {
	report, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || len(bytes.TrimSpace(report)) == 0 {
		return nil
	}
	fmt.Printf("\nUNSTEADY: these failed and then passed. Each is a bug of the test or of the code.\n%s\n", report)
	return err
}

// rows prints several packages that have passed in one row, so that a run fits a screen.
// All other lines are printed as they are.
type rows struct {
	to io.Writer

	mu   sync.Mutex
	part []byte // of a line that has not ended
	used int    // columns of the row
}

func (r *rows) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.part = append(r.part, text...)
	for {
		line, rest, found := bytes.Cut(r.part, []byte("\n"))
		if !found {
			return len(text), nil
		}
		r.line(string(line))
		r.part = rest
	}
}

// say prints a line between the rows.
func (r *rows) say(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end()
	fmt.Fprintln(r.to, line)
}

func (r *rows) line(line string) {
	if !strings.HasPrefix(line, "✓  ") {
		r.end()
		fmt.Fprintln(r.to, line)
		return
	}
	const width = 100
	name := strings.Replace(line, "✓  ", "✓ ", 1) + "  "
	columns := utf8.RuneCountInString(name)
	if r.used > 0 && r.used+columns > width {
		r.end()
	}
	fmt.Fprint(r.to, name)
	r.used += columns
}

// end ends the row.
func (r *rows) end() {
	if r.used > 0 {
		fmt.Fprintln(r.to)
	}
	r.used = 0
}

// share builds the program into dir and starts DynamoDB Local, unless the environment names
// others. Where DynamoDB Local cannot run, each test that needs it says so.
func share(ctx context.Context, dir string) error {
	if os.Getenv(binaryEnv) == "" {
		binary := filepath.Join(dir, "parley")
		if err := shown(command(ctx, "build", "-o", binary, "./cmd/parley")); err != nil {
			return fmt.Errorf("build the program under test: %w", err)
		}
		if err := os.Setenv(binaryEnv, binary); err != nil {
			return err
		}
	}
	if os.Getenv(dynamolocal.EndpointEnv) != "" {
		return nil
	}
	server, err := dynamolocal.Launch(ctx) // it ends with this process
	switch {
	case errors.Is(err, dynamolocal.ErrMissing):
		return nil
	case err != nil:
		fmt.Fprintf(os.Stderr, "DynamoDB Local did not start, and the tests that need it fail: %v\n", err)
		return nil
	}
	return os.Setenv(dynamolocal.EndpointEnv, server.Endpoint)
}

// command is a call of the go command of the Makefile. An interrupt reaches it from the
// terminal, too, so that it has a moment to end by itself.
func command(ctx context.Context, arguments ...string) *exec.Cmd {
	name := os.Getenv("GO")
	if name == "" {
		name = "go"
	}
	cmd := exec.CommandContext(ctx, name, arguments...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	return cmd
}

func shown(cmd *exec.Cmd) error {
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

func exitCode(err error) (int, error) {
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return max(1, failed.ExitCode()), nil
	}
	return 0, err
}
