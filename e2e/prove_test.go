package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/term"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// Ann and Bob have clones of one repository. The questions stand in a real terminal, and no pipe answers them.
func TestProve_twoPeople_haveTheSameResultOnTheSameFiles(t *testing.T) {
	p := startKeyed(t)
	ann, bob, own := visitor(t, p), visitor(t, p), visitor(t, p)
	keys := map[*talker]string{ann: p.newKey("Ann"), bob: p.newKey("Bob")}
	keys[own] = keys[ann]
	for who, key := range keys {
		who.env = append(who.env, "PARLEY_KEY="+key)
	}
	at := map[*talker]string{ann: filepath.Join(t.TempDir(), "ann"), bob: filepath.Join(t.TempDir(), "bob")}
	git := func(dir string, args ...string) string {
		t.Helper()
		who := []string{"-c", "user.name=Ann", "-c", "user.email=ann@parley.example"}
		cmd := exec.Command("git", append(who, args...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v, %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git(t.TempDir(), "init", "--quiet", at[ann])
	if err := os.WriteFile(filepath.Join(at[ann], "kept"), []byte("kept\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	git(at[ann], "add", ".")
	git(at[ann], "commit", "--quiet", "-m", "one")
	git(at[ann], "clone", "--quiet", at[ann], at[bob])
	tree := git(at[ann], "rev-parse", "HEAD^{tree}")
	ann.does("join", "tea", "--as", "Ann", "--capacity", "3")
	bob.does("join", "tea", "--as", "Bob")
	own.does("join", "tea", "--as", "Ann's other")
	ann.does("task", "add", "Count the files")
	if got := ann.runs("prove", "t1", "--in", at[ann], "--", "git", "rev-parse", "--verify", "nothing"); got.code !=
		128 || !strings.Contains(got.out, "fatal: ") || !strings.Contains(got.err, "Nothing was finished.") {
		t.Errorf("a command that fails: %+v", got)
	}
	if got := ann.does("prove", "t1", "--in", at[ann], "--", "git", "ls-files", "--cached"); !strings.HasPrefix(got,
		"kept\n") || !strings.Contains(got, "reported: git ls-files --cached, exit 0, at ") {
		t.Errorf("it shows %q", got)
	}
	again := []string{"prove", "--again", "t1", "--in", at[bob]}

	// Neither a pipe nor an agent answers.
	cmd := bob.command(t.Context(), again...)
	cmd.Stdin = strings.NewReader("yes\n")
	if out, err := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 5 || strings.Contains(string(out), "kept") {
		t.Errorf("without a terminal: %v, %s", err, out)
	}
	agent := bob.again(bob.state, "CLAUDECODE=1")
	agent.terminal = true
	if got := agent.runs(again...); got.code != 5 || !strings.Contains(got.err, "CLAUDECODE is set") {
		t.Errorf("an agent: %+v", got)
	}

	// What the agent types itself runs, but not if the agent is of the same user as the one that finished the task.
	other := own.again(own.state, "CLAUDECODE=1")
	check := []string{"task", "check", "t1", "--timeout", "1m", "--", "git", "ls-files", "--cached"}
	if got := other.inFolder(at[bob], "", check...); got.code != 1 || strings.Contains(got.out, "kept") ||
		!strings.Contains(got.err, "by an agent of the same user or invite. Nothing was run") {
		t.Errorf("an agent of the same user: %+v", got)
	}
	agent.terminal = false
	if got := agent.inFolder(at[bob], "", check...); got.code != 0 || !strings.HasPrefix(got.out, "kept\n") ||
		!strings.Contains(got.out, "checked by Bob: same result") {
		t.Errorf("an agent that types it: %+v", got)
	}

	// The person answers, with output and input elsewhere, too.
	const question = "Type yes to run it: "
	if shown, code := bob.types(question, "no", again...); code != 5 || strings.Contains(shown, "kept") {
		t.Errorf("no: %d, %q", code, shown)
	}
	if shown, code := bob.types(question, "yes", again...); code != 0 || !strings.Contains(shown, "kept") ||
		!strings.Contains(shown, "The output is the same, too.") || !strings.Contains(shown,
		"checked by Bob: same result") {
		t.Errorf("yes: %d, %q", code, shown)
	}
	if shown, code := bob.typesAfter("yes\n", question, "no", again...); code != 5 {
		t.Errorf("yes before the question: %d, %q", code, shown)
	}
	if list := ann.does("tasks", "--closed"); !strings.Contains(list, "checked by Bob: same result") {
		t.Errorf("the list is %q", list)
	}
	if err := os.WriteFile(filepath.Join(at[bob], "new"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	bob.terminal = true
	if got := bob.runs(again...); got.code != 4 || !strings.Contains(got.err, "tree "+tree) {
		t.Errorf("other files: %+v", got)
	}
}

// The question of Bob ends at a signal, and leaves the terminal as it was.
func TestProve_signalAtTheQuestion_endsIt(t *testing.T) {
	p := start(t)
	ann, bob := visitorWithTask(t, p), visitor(t, p)
	dir := t.TempDir()
	if out, err := exec.Command("git", "init", "--quiet", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v, %s", err, out)
	}
	bob.does("join", "tea", "--as", "Bob")
	ann.does("prove", "t1", "--in", dir, "--", "git", "status")
	for _, end := range []os.Signal{syscall.SIGTERM, os.Interrupt, syscall.SIGHUP, syscall.SIGQUIT} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		terminal, its, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		before, err := term.GetState(int(terminal.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		cmd := bob.command(ctx, "prove", "--again", "t1", "--in", dir)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = its, its, its
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
		if err := errors.Join(cmd.Start(), its.Close()); err != nil {
			t.Fatal(err)
		}
		shown := ""
		for buf := make([]byte, 256); !strings.Contains(shown, "Type yes to run it: "); {
			n, err := terminal.Read(buf)
			if err != nil {
				t.Fatalf("%v after %q", err, shown)
			}
			shown += string(buf[:n])
		}
		if err := cmd.Process.Signal(end); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 130 {
			t.Errorf("%v: %v", end, err)
		}
		after, err := term.GetState(int(terminal.Fd()))
		if err != nil || *after != *before {
			t.Errorf("%v: the terminal is another: %v", end, err)
		}
		_ = terminal.Close()
	}
}

// A person who presses Ctrl-C twice does not leave a command behind that takes its time.
func TestProve_endedTwice_leavesNothing(t *testing.T) {
	t.Parallel()
	ann := visitorWithTask(t, start(t))
	open := fifo(t)
	running := ann.begin("prove", "t1", "--", parts.Need(t, "sh", "it is what runs"), "-c",
		"exec 3<"+open+"; trap 'echo asked' TERM; echo ready; while :; do read x <&3; done")
	alive, err := os.OpenFile(open, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = alive.Close() }() // a command that is left ends
	for _, after := range []string{"ready\n", "asked\n"} {
		running.shows(after)
		if err := running.cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
	}
	if got := running.ends(); got.code != 130 {
		t.Errorf("%+v", got)
	}
	if _, err := alive.WriteString("\n"); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("the command is there: %v", err)
	}
}

// visitorWithTask is Ann, who is alone in a room with the task t1.
func visitorWithTask(t *testing.T, p *program) *talker {
	t.Helper()
	ann := visitor(t, p)
	ann.does("join", "tea", "--as", "Ann")
	ann.does("task", "add", "Count the files")
	return ann
}

// fifo makes a named pipe.
func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
