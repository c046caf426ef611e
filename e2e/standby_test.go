package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// plainLoop is the shortest loop that waits. It knows of no end but news.
const plainLoop = `until curl -fsS -H "Authorization: Bearer $TOKEN" $URL/v1/wait; do sleep 1; done`

// documentedLoop is the one that the front page gives.
func documentedLoop(t *testing.T, p *program) string {
	t.Helper()
	resp, err := http.Get(strings.TrimSuffix(p.url, "mcp"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(page)) {
		line = strings.TrimSpace(line)
		if strings.Contains(line, "; done") {
			return line
		}
	}
	t.Fatalf("no line for a shell in %s", page)
	return ""
}

// shell is a shell that waits in an agent's place.
type shell struct {
	t        *testing.T
	ended    chan error
	out, err bytes.Buffer // to be read once it has ended
}

// standBy runs a line in the shell that every system has.
func standBy(t *testing.T, p *program, line string, as seat) *shell {
	t.Helper()
	return standByIn(t, "sh", p, line, as)
}

// standByIn runs a line in a shell of that name.
func standByIn(t *testing.T, name string, p *program, line string, as seat) *shell {
	t.Helper()
	s := &shell{t: t, ended: make(chan error, 1)}
	cmd := exec.CommandContext(t.Context(), name, "-c", line)
	cmd.Env = append(os.Environ(), "TOKEN="+as.token, "CURSOR="+as.cursor, "URL="+strings.TrimSuffix(p.url, "/mcp"))
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &s.out, &s.err, time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.ended <- cmd.Wait() }()
	return s
}

// woken returns what the line printed when it has ended, well.
func (s *shell) woken() string {
	s.t.Helper()
	select {
	case err := <-s.ended:
		if err != nil {
			s.t.Fatalf("the shell ended with %v: %s", err, &s.err)
		}
		return s.out.String()
	case <-time.After(2 * patience):
		s.t.Fatal("the shell still waits")
		return ""
	}
}

// wokenBy fails unless the line ends with a result that has this text.
func (s *shell) wokenBy(text string) {
	s.t.Helper()
	said := s.woken()
	var a answer
	if err := json.Unmarshal([]byte(said), &a); err != nil {
		s.t.Fatalf("%v in %q", err, said)
	}
	if a.Status != "messages" || len(a.Messages) != 1 || a.Messages[0].Text != text || a.Cursor == "" || a.Next == "" {
		s.t.Errorf("the shell printed %s, want the message", said)
	}
}

// startStandby starts a program whose waits are short and whose requests show, if the
// commands are there that the test runs.
func startStandby(t *testing.T, commands ...string) (*program, talk) {
	t.Helper()
	for _, name := range commands {
		parts.Need(t, name, "an idle agent is woken by it")
	}
	p := start(t, "--longest-wait", "1s", "--log-level", "info")
	return p, talk{t, openGo(t, p.url, modernProtocol)}
}

// quiet returns when so many waits have ended without news.
func (p *program) quiet(n int) {
	p.t.Helper()
	await(p.t, "a quiet wait", func() bool { return strings.Count(p.out.String(), "path=/v1/wait status=408") >= n })
}

func TestStandby_messageAfterQuietWaits_wakesTheShell(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"sh", "bash"} { // Claude Code and Codex run either
		for name, line := range map[string]func(*testing.T, *program) string{
			"plain":      func(*testing.T, *program) string { return plainLoop },
			"documented": documentedLoop,
		} {
			t.Run(shell+" "+name, func(t *testing.T) {
				t.Parallel()
				p, c := startStandby(t, shell, "curl")
				alice, bob := c.meet("tea")
				s := standByIn(t, shell, p, line(t, p), bob)
				p.quiet(1)
				c.ok("send_message", args{"agent_token": alice.token, "text": opening})
				s.wokenBy(opening)
			})
		}
	}
}

func TestStandby_programIsStartedAgain_theShellGoesOn(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*program){
		"killed":     (*program).kill,
		"terminated": func(p *program) { p.terminate() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, c := startStandby(t, "sh", "curl")
			alice, bob := c.meet("tea")
			s := standBy(t, p, "set -eu; "+documentedLoop(t, p), bob)
			p.quiet(1)
			end(p)
			p.again()
			p.quiet(1)
			c = talk{t, openGo(t, p.url, modernProtocol)}
			c.ok("send_message", args{"agent_token": alice.token, "text": opening})
			s.wokenBy(opening)
		})
	}
}

func TestStandby_refused_endsTheShellWithTheReason(t *testing.T) {
	t.Parallel()
	p, c := startStandby(t, "sh", "curl")
	_, bob := c.meet("tea for none")
	line := documentedLoop(t, p)
	left := standBy(t, p, line, bob)
	p.quiet(1)
	c.ok("leave_room", args{"agent_token": bob.token})
	for reason, s := range map[string]*shell{
		`"removed"`:       left, // as a status if it was waiting, else as a code
		`"token_invalid"`: standBy(t, p, line, seat{mistyped(bob.token), bob.cursor}),
	} {
		if said := s.woken(); !strings.Contains(said, reason) {
			t.Errorf("the shell printed %q, want %s", said, reason)
		}
	}
}

// Everybody on a machine can read the command lines of its processes.
func TestStandby_token_isInNoCommandLine(t *testing.T) {
	t.Parallel()
	p, c := startStandby(t, "sh", "curl")
	alice, bob := c.meet("tea in private")
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(bob.token), 0o600); err != nil {
		t.Fatal(err)
	}
	line := strings.Replace("TOKEN=$(cat FILE); ", "FILE", file, 1) + documentedLoop(t, p)
	s := standBy(t, p, line, seat{cursor: bob.cursor})
	p.quiet(1)
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		parts.Missing(t, "command lines cannot be read: %v", err)
	}
	await(t, "a curl that waits", func() bool {
		lines := commandLines(t)
		if strings.Contains(lines, bob.token) {
			t.Fatalf("the token is in a command line of\n%q", lines)
		}
		return strings.Contains(lines, "/v1/wait?cursor="+bob.cursor)
	})
	c.ok("send_message", args{"agent_token": alice.token, "text": opening})
	s.wokenBy(opening)
}

// commandLines returns the command lines of all processes. In the shell's own the
// cursor is still a variable.
func commandLines(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err == nil { // else the process has ended
			all.Write(append(line, '\n'))
		}
	}
	return all.String()
}

func TestSoak_waitWithoutAConnection_endsTheShellWithAWordOnSandboxes(t *testing.T) {
	soak(t)
	t.Parallel()
	p, c := startStandby(t, "sh", "curl")
	_, bob := c.meet("tea later")
	s := standBy(t, p, documentedLoop(t, p), bob)
	p.quiet(1)
	p.kill()
	select {
	case err := <-s.ended:
		if said := s.out.String(); err != nil || !strings.Contains(said, "sandbox") {
			t.Errorf("the shell ended with %v and printed %q", err, said)
		}
	case <-time.After(2 * time.Minute):
		t.Error("the shell still looks for the server")
	}
}
