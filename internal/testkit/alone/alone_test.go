//go:build unix

package alone_test

import (
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/parley-chat/parley/internal/testkit/alone"
)

// seesEnv makes the test say what it sees.
const seesEnv = "PARLEY_TEST_SEES"

func TestMain(m *testing.M) { alone.Main(m) }

// The tests are played in a terminal, by an agent with settings of its own: as the first process of the terminal, and
// as a later one.
func TestBegin_inTheTerminalOfAnAgent_keepsItOut(t *testing.T) {
	if os.Getenv(seesEnv) != "" {
		says(t)
		return
	}
	self := []string{os.Args[0], "-test.v", "-test.run=^" + t.Name() + "$"}
	for _, line := range [][]string{self, append([]string{shell(t), "-c", `"$@"; exit "$?"`, "sh"}, self...)} {
		again := exec.CommandContext(t.Context(), line[0], line[1:]...)
		again.Env = append(os.Environ(), seesEnv+"=1", "CLAUDECODE=1", "CODEX_THREAD_ID=t", "AI_AGENT=claude-code",
			"CLAUDE_CODE_MESSAGING_SOCKET=/tmp/s", "PARLEY_URL=http://127.0.0.1:1", "PARLEY_KEY=k", "AWS_REGION=no",
			"LANG=ja_JP.UTF-8", "NO_COLOR=1", "TERM=dumb", "http_proxy=http://127.0.0.1:1", "XDG_STATE_HOME=/nowhere")
		terminal, err := pty.Start(again)
		if err != nil {
			t.Fatal(err)
		}
		shown, _ := io.ReadAll(terminal) // Linux ends it with an error
		if err := again.Wait(); err != nil || !strings.Contains(string(shown), "--- PASS: ") {
			t.Errorf("%s: %v\n%s", line[0], err, shown)
		}
		if err := terminal.Close(); err != nil {
			t.Error(err)
		}
	}
}

// says fails for what is to be kept out, and is not, of this process or of one that it starts.
func says(t *testing.T) {
	if tty, err := os.Open("/dev/tty"); err == nil {
		t.Errorf("there is a terminal, %s", tty.Name())
	}
	child := exec.CommandContext(t.Context(), shell(t), "-c", "env; : </dev/tty && echo a terminal")
	seen, _ := child.Output() // it fails without a terminal
	if strings.Contains(string(seen), "a terminal") {
		t.Error("a program that the test starts has a terminal")
	}
	for _, pair := range append(os.Environ(), strings.Fields(string(seen))...) {
		name, _, _ := strings.Cut(pair, "=")
		if slices.Contains([]string{"CLAUDECODE", "CODEX_THREAD_ID", "AI_AGENT", "CLAUDE_CODE_MESSAGING_SOCKET",
			"PARLEY_URL", "PARLEY_KEY", "AWS_REGION", "LANG", "NO_COLOR", "TERM", "http_proxy",
			"XDG_STATE_HOME"}, name) {
			t.Errorf("%s is seen", name)
		}
	}
}

func shell(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("sh")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal(err)
	case err != nil:
		t.Skip("SKIPPED, NOT TESTED: sh is not installed: it starts what looks for a terminal")
	}
	return path
}
