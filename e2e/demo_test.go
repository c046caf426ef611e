package e2e

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/e2e/internal/process"
)

// newcomer is a run of parley demo by somebody with an empty home, and with settings for everything else.
type newcomer struct {
	t          *testing.T
	cmd        *exec.Cmd
	terminal   *os.File
	home, temp string
	opened     string // the file in which a browser writes the link that it was given
	said       bytes.Buffer
}

func newNewcomer(t *testing.T, args ...string) *newcomer {
	t.Helper()
	n := &newcomer{t: t, home: t.TempDir(), temp: t.TempDir(), opened: filepath.Join(t.TempDir(), "opened")}
	browser := "#!/bin/sh\necho \"$@\" >>" + n.opened + "\nexit 1\n"
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "xdg-open"), []byte(browser), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 9*patience)
	t.Cleanup(cancel)
	n.cmd = exec.CommandContext(ctx, os.Getenv(process.BinaryEnv), append([]string{"demo"}, args...)...)
	n.cmd.Dir = n.home
	n.cmd.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + n.home, "TMPDIR=" + n.temp,
		"DISPLAY=:9", "NO_COLOR=1", "PARLEY_ADDR=nowhere", "PARLEY_DATA=" + filepath.Join(n.home, "own.db"),
		"PARLEY_MAX_WAITS=many", "PARLEY_ACCESS=keys", "PARLEY_URL=http://127.0.0.1:1", "PARLEY_KEY=wrong",
		"PARLEY_PUBLIC_URL=https://parley.invalid"}
	return n
}

// sits starts the program in a terminal.
func (n *newcomer) sits() *newcomer {
	n.t.Helper()
	var err error
	n.terminal, err = pty.StartWithSize(n.cmd, &pty.Winsize{Rows: 40, Cols: 200})
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = n.terminal.Close() }) // perhaps again
	return n
}

// reads reads on until the program has said something.
func (n *newcomer) reads(what string) {
	n.t.Helper()
	for one := make([]byte, 4096); !strings.Contains(n.said.String(), what); {
		size, err := n.terminal.Read(one)
		n.said.Write(one[:size])
		if err != nil {
			n.t.Fatalf("%v before it says %q:\n%s", err, what, &n.said)
		}
	}
}

func (n *newcomer) types(keys string) { _, _ = io.WriteString(n.terminal, keys) } // ends sees whether they came

// ends waits for the end of the program, and checks that it leaves nothing: no file, no process, nothing in the home.
func (n *newcomer) ends(code int) {
	n.t.Helper()
	if n.terminal != nil {
		rest, _ := io.ReadAll(n.terminal) // Linux ends it with an error
		n.said.Write(rest)
	}
	err := n.cmd.Wait()
	if got := n.cmd.ProcessState.ExitCode(); got != code {
		n.t.Errorf("exit code %d, %v, want %d\n%s", got, err, code, &n.said)
	}
	files, _ := os.ReadDir(n.home)
	temporary, _ := os.ReadDir(n.temp)
	gone := syscall.Kill(-n.cmd.Process.Pid, 0) // in a terminal the program was the first of a group
	if left := append(files, temporary...); len(left) > 0 || n.terminal != nil && gone == nil {
		n.t.Errorf("it leaves %v; processes: %v", left, gone)
	}
}

// browsers returns how often a browser was tried.
func (n *newcomer) browsers() int {
	links, _ := os.ReadFile(n.opened) // there is none if none was tried
	return strings.Count(string(links), "http://127.0.0.1:")
}

// sentInDemo is the message that waited, once it was sent.
var sentInDemo = regexp.MustCompile(`(?m)^\d\d:\d\d app \[asks "api"; m\w+\]: Can your side`)

const (
	demoAsks = "n and Enter to reject it:"
	demoEnds = "Enter ends the demo, and shows"
	demoLast = "Each agent then gives you a link like the one above."
)

// Four stories are told at a time, since each takes as long as a person reads.
func TestDemo_isToldToAPersonAndToNobody(t *testing.T) {
	t.Parallel()
	clone := fromClone(t)
	enter, no, yes := newNewcomer(t).sits(), newNewcomer(t, "--no-browser").sits(), newNewcomer(t, "--yes").sits()
	enter.reads(demoAsks)
	enter.types("\r")
	no.reads(demoAsks)
	if err := pty.Setsize(no.terminal, &pty.Winsize{Rows: 40, Cols: 60}); err != nil {
		t.Fatal(err)
	}
	no.types("n\r")
	yes.reads(demoLast)
	yes.ends(0)
	if strings.Contains(yes.said.String(), demoAsks) {
		t.Errorf("--yes asks:\n%s", &yes.said)
	}

	enter.reads(demoEnds)
	enter.types("\r")
	enter.ends(0)
	if _, after, _ := strings.Cut(enter.said.String(), demoAsks); !sentInDemo.MatchString(after) ||
		strings.Contains(after, "refused: ") {
		t.Errorf("it was not sent:\n%s", &enter.said)
	}
	no.reads(demoEnds)
	no.types("\x03") // Ctrl-C
	no.ends(0)
	for _, n := range []*newcomer{enter, no} { // a shell reads what is pasted once the next steps stand there
		if _, after, _ := strings.Cut(n.said.String(), demoEnds); !strings.Contains(after, "parley serve") ||
			!strings.HasSuffix(strings.TrimSpace(after), demoLast) {
			t.Errorf("at its end it says:\n%s", &n.said)
		}
	}
	if _, after, _ := strings.Cut(no.said.String(), demoAsks); !strings.Contains(after, "* draft rejected") ||
		sentInDemo.MatchString(after) {
		t.Errorf("it was not refused:\n%s", &no.said)
	}
	_, end, _ := strings.Cut(no.said.String(), "That was a real server.")
	for line := range strings.Lines(end) {
		line = strings.TrimRight(line, "\r\n")
		if len(line) > 60 && !strings.Contains(line, os.Getenv(process.BinaryEnv)) && !strings.Contains(line, "://") {
			t.Errorf("a line of its end has %d columns: %s", len(line), line)
		}
	}
	if enter.browsers() != 1 || no.browsers() != 0 || !strings.Contains(no.said.String(), "/r/") {
		t.Errorf("a browser was tried %d times, and with --no-browser %d times", enter.browsers(), no.browsers())
	}
	clone.tells()
}

// fromClone starts the demo without a terminal as the README says first: in a clone, with Go.
func fromClone(t *testing.T) *newcomer {
	t.Helper()
	n := newNewcomer(t)
	n.cmd.Path, n.cmd.Args = parts.Need(t, "go", "it builds the program"), strings.Fields("go run -v ./cmd/parley demo")
	n.cmd.Dir, n.cmd.Env = "..", append(process.Environment(), n.cmd.Env[0], "DISPLAY=:9")
	n.cmd.Stdout = &n.said
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return n
}

// tells checks that the story is told to its end without a question, and that make demo tells it, too.
func (n *newcomer) tells() {
	n.t.Helper()
	err := n.cmd.Wait()
	if err != nil || n.browsers() > 0 || !regexp.MustCompile(`(?s)asks "api".*\* agreed: m.*\* draft: app.*`+
		`Can your side.*: Can your side.*go install -v .* parley serve\n.* parley connect claude-code --allow\n.* parley connect codex --allow\n.*`+demoLast+"\n$").
		Match(n.said.Bytes()) {
		n.t.Errorf("%v, browsers tried: %d\n%s", err, n.browsers(), &n.said)
	}
	maker := parts.Need(n.t, "make", "it has a target for the demo")
	line, err := exec.CommandContext(n.t.Context(), maker, "-n", "-C", "..", "demo").Output()
	if err != nil || !strings.Contains(string(line), strings.Join(n.cmd.Args, " ")+"\n") {
		n.t.Errorf("make demo runs %q, %v", line, err)
	}
}

func TestDemo_interrupted_leavesNothing(t *testing.T) {
	for name, interrupt := range map[string]func(*newcomer){
		"Ctrl-C":                func(n *newcomer) { n.types("\x03") },
		"SIGTERM":               func(n *newcomer) { _ = n.cmd.Process.Signal(syscall.SIGTERM) },
		"the terminal's window": func(n *newcomer) { _ = n.terminal.Close() }, // sends SIGHUP
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNewcomer(t).sits()
			n.reads("My profile")
			interrupt(n)
			n.ends(0)
		})
	}
}

// The demo prints a link, and a person may open the link in a shell beside the demo.
func TestDemo_watchedInAShell_leavesNoSeatThere(t *testing.T) {
	n, state := newNewcomer(t, "--no-browser"), t.TempDir()
	n.cmd.Env = append(n.cmd.Env, "XDG_STATE_HOME="+state)
	n.sits().reads("My profile")
	watch := exec.CommandContext(t.Context(), os.Getenv(process.BinaryEnv), "watch",
		regexp.MustCompile(`http://\S+/r/\S+`).FindString(n.said.String()))
	watch.Env = append(slices.Clone(n.cmd.Env), "PARLEY_KEY=", "PARLEY_URL=") // the demo ignores both
	beside, err := pty.Start(watch)
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	shown, _ := io.ReadAll(beside) // Linux ends it with an error
	if err := watch.Wait(); err != nil {
		t.Fatalf("%v: %s", err, shown)
	}
	seats := filepath.Join(state, "parley", "seats.json")
	if text, err := os.ReadFile(seats); err != nil || !strings.Contains(string(text), "profile screen") {
		t.Fatalf("before the end: %s, %v", text, err)
	}
	n.types("\x03")
	n.ends(0)
	if text, err := os.ReadFile(seats); err != nil || strings.Contains(string(text), "profile screen") {
		t.Errorf("after the end: %s, %v", text, err)
	}
}

func TestDemo_stepFails_saysWhichOne(t *testing.T) {
	n := newNewcomer(t)
	n.cmd.Env = append(n.cmd.Env, "TMPDIR="+n.temp+"/none")
	n.cmd.Stderr = &n.said
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	n.ends(1)
	if !strings.Contains(n.said.String(), "the demo failed at this step: a folder for the server's file is made: ") {
		t.Errorf("it says %s", &n.said)
	}
}

// As in parley demo | head -1.
func TestDemo_itsReaderStops_leavesNothing(t *testing.T) {
	n := newNewcomer(t)
	out, err := n.cmd.StdoutPipe()
	if err := errors.Join(err, n.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	_, _ = out.Read(make([]byte, 1))
	_ = out.Close()
	n.ends(0)
}
