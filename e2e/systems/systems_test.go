// Package systems runs what people use on each system, Windows too: the shell, connect, the
// hooks and the standby, over the real program. The clients are stand-ins: this test calls the
// hooks as they do, and plays the codex that takes a notice. What only the real clients could
// show on macOS and Windows is not tried, and docs/clients.md says so.
package systems

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/e2e/internal/process"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// patience bounds every wait for something that takes seconds on a busy machine.
const patience = 2 * time.Minute

// asCodex is the variable that makes this program the stand-in of codex. It holds the file in
// which the stand-in notes its arguments.
const asCodex = "STAND_IN_CODEX"

func TestMain(m *testing.M) {
	if file := os.Getenv(asCodex); file != "" && !strings.HasPrefix(filepath.Base(os.Args[0]), "systems.test") {
		if err := os.WriteFile(file, []byte(strings.Join(os.Args[1:], "\n")), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	process.Main(m.Run, "../..")
}

// person is somebody with an empty HOME, at a shell.
type person struct {
	t     *testing.T
	home  string
	state string
	base  string // of the server
	env   []string
}

func newPerson(t *testing.T) *person {
	t.Helper()
	home := t.TempDir()
	state, err := os.MkdirTemp("", "parley") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	server, err := process.Start(os.Getenv(process.BinaryEnv),
		[]string{"--addr", "127.0.0.1:0", "--data", filepath.Join(home, "parley.db")}, process.Environment())
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, home: home, state: state, base: strings.TrimSuffix(server.URL, "/mcp")}
	p.env = append(process.Environment(), "HOME="+home, "USERPROFILE="+home, "APPDATA="+filepath.Join(home, "AppData"),
		"XDG_STATE_HOME="+state, "PARLEY_URL="+p.base, "CODEX_HOME="+filepath.Join(home, ".codex"),
		"CLAUDE_CONFIG_DIR="+filepath.Join(home, ".claude"), "CLAUDE_PROJECT_DIR=", "CLAUDE_CODE_SESSION_ATTENDED=1",
		"CLAUDE_CODE_MESSAGING_SOCKET=", asCodex+"="+filepath.Join(home, "queued"))
	t.Cleanup(func() {
		if log, err := os.ReadFile(p.path("standby.log")); err == nil && t.Failed() {
			t.Logf("the standby wrote:\n%s", log)
		}
		if _, err := server.End(syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(state); err != nil {
			t.Error(err)
		}
	})
	return p
}

// path returns that of a file of the program.
func (p *person) path(name string) string { return filepath.Join(p.state, "parley", name) }

// run runs the program with input, and returns what it printed and its exit code.
func (p *person) run(input string, args ...string) (said string, code int) {
	p.t.Helper()
	return p.ran(exec.CommandContext(p.t.Context(), os.Getenv(process.BinaryEnv), args...), input)
}

func (p *person) ran(cmd *exec.Cmd, input string, more ...string) (said string, code int) {
	p.t.Helper()
	cmd.Env, cmd.Dir = append(p.env, more...), p.home
	cmd.Stdin, cmd.WaitDelay = strings.NewReader(input), time.Second
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		p.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// ok is run for a command that must succeed and print some text.
func (p *person) ok(want string, args ...string) string {
	p.t.Helper()
	said, code := p.run("", args...)
	if code != 0 || !strings.Contains(said, want) {
		p.t.Fatalf("parley %s: %d, %s\nwithout %q", strings.Join(args, " "), code, said, want)
	}
	return said
}

// await returns when ok holds.
func (p *person) await(what string, ok func() bool) {
	p.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for late := time.Now().Add(patience); !ok(); <-look.C {
		if time.Now().After(late) {
			p.t.Fatalf("not in time: %s", what)
		}
	}
}

// meets lets the person and an agent take seats, and returns what PostToolUse tells of the agent's.
func (p *person) meets() (agent results.Joined, hook map[string]any) {
	p.t.Helper()
	const room = "hello"
	p.ok(room, "join", room, "--as", "Bob")
	c := client.New(p.base, client.Options{})
	defer c.Close()
	seat := map[string]any{"room": room, "agent_name": "Ann"}
	if err := c.Call(p.t.Context(), "join_room", seat, &agent); err != nil {
		p.t.Fatal(err)
	}
	result, err := json.Marshal(map[string]any{"agent_token": agent.AgentToken, "agent_name": "Ann",
		"room": map[string]any{"name": room}})
	if err != nil {
		p.t.Fatal(err)
	}
	return agent, map[string]any{"hook_event_name": "PostToolUse", "session_id": room, "cwd": p.home,
		"permission_mode": "bypassPermissions", "tool_name": "mcp__parley__join_room",
		"tool_input": map[string]any{"agent_name": "Ann"}, "tool_response": string(result)}
}

// hook runs the line that connect has written into a client's file, as the client does: in a
// POSIX shell, which on Windows comes with Git.
func (p *person) hook(file string, input map[string]any) (said string, code int) {
	p.t.Helper()
	var settings struct {
		Hooks map[string][]struct{ Hooks []struct{ Command string } }
	}
	text, err := os.ReadFile(filepath.Join(p.home, file))
	event := input["hook_event_name"].(string)
	if err != nil || json.Unmarshal(text, &settings) != nil || len(settings.Hooks[event]) != 1 {
		p.t.Fatalf("%s: %v, %s", event, err, text)
	}
	in, err := json.Marshal(input)
	if err != nil {
		p.t.Fatal(err)
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		p.t.Fatal(err)
	}
	line := settings.Hooks[event][0].Hooks[0].Command
	return p.ran(exec.CommandContext(p.t.Context(), sh, "-c", line), string(in), fmt.Sprint("CLAUDE_PID=", os.Getpid()))
}

// quiet is hook for a call after which there is nothing to say.
func (p *person) quiet(file string, input map[string]any) {
	p.t.Helper()
	if said, code := p.hook(file, input); said != "" || code != 0 {
		p.t.Fatalf("%v: %d, %s", input["hook_event_name"], code, said)
	}
}

// sessionEnds ends the session, and returns when no standby of agents runs.
func (p *person) sessionEnds(file string) {
	p.t.Helper()
	p.quiet(file, map[string]any{"hook_event_name": "SessionEnd", "session_id": "hello", "cwd": p.home,
		"reason": "other"})
	p.await("the standby ends", func() bool {
		lock := flock.New(p.path("standby.lock"))
		free, err := lock.TryLock()
		return free && errors.Join(err, lock.Close()) == nil
	})
}

// notice is what wakes an agent, after other words.
func notice(before string) *regexp.Regexp {
	return regexp.MustCompile(`^` + before + `1 new message in the Parley room where you are "Ann" ` +
		`\(\d\d:\d\d:\d\d\): call wait_for_message\n?$`)
}

// needsShell skips a test of lines that a shell runs, where there is none.
func needsShell(t *testing.T) {
	if runtime.GOOS != "windows" {
		parts.Need(t, "sh", "an idle agent is woken by it")
	}
}

func TestSystems_shell(t *testing.T) {
	t.Parallel()
	needsShell(t)
	p := newPerson(t)
	agent, _ := p.meets()
	p.ok("", "say", "Is there milk?")
	c := client.New(p.base, client.Options{})
	defer c.Close()
	if err := c.Call(t.Context(), "send_message",
		map[string]any{"agent_token": agent.AgentToken, "text": "There is, and sugar."}, &results.Sent{}); err != nil {
		t.Fatal(err)
	}
	p.ok("There is, and sugar.", "wait")
	p.ok("Is there milk?", "history")
	told := filepath.Join(p.home, "told")
	line := `echo "$PARLEY_ROOM $PARLEY_MESSAGES" >> told`
	if runtime.GOOS == "windows" {
		line = `echo %PARLEY_ROOM% %PARLEY_MESSAGES% >> told`
	}
	standby := exec.CommandContext(t.Context(), os.Getenv(process.BinaryEnv), "standby", "--exec", line)
	standby.Env, standby.Dir = p.env, p.home
	if err := standby.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = standby.Process.Kill()
		_ = standby.Wait() // killed
	}()
	if err := c.Call(t.Context(), "send_message",
		map[string]any{"agent_token": agent.AgentToken, "text": "And tea?"}, &results.Sent{}); err != nil {
		t.Fatal(err)
	}
	p.await("the command of the standby", func() bool {
		text, _ := os.ReadFile(told) // there is none at first
		return strings.TrimSpace(string(text)) == "hello 1"
	})
	p.ok("And tea?", "wait")
	p.ok("", "leave")
}

func TestSystems_connect(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	for id, file := range map[string]string{"claude-code": ".claude/settings.json", "codex": ".codex/hooks.json"} {
		p.ok("", "connect", id, "--allow")
		p.ok("already connected", "connect", id, "--allow")
		p.ok("", "connect", id, "--undo")
		if text, err := os.ReadFile(filepath.Join(p.home, file)); err == nil && strings.Contains(string(text), "hook") {
			t.Errorf("after --undo, %s is\n%s", file, text)
		}
	}
}

// An idle agent of Claude Code is woken by its Stop hook, and its seat outlives its session.
func TestSystems_claudeCode_isWokenAndKeepsItsSeat(t *testing.T) {
	t.Parallel()
	needsShell(t)
	p := newPerson(t)
	const file = ".claude/settings.json"
	p.ok("", "connect", "claude-code")
	agent, joined := p.meets()
	p.quiet(file, joined)
	stopped := make(chan string, 1)
	go func() {
		said, code := p.hook(file, map[string]any{"hook_event_name": "Stop", "session_id": "hello", "cwd": p.home,
			"permission_mode": "bypassPermissions"})
		stopped <- fmt.Sprint(code, " ", said)
	}()
	p.await("the hook waits", func() bool {
		all, err := filepath.Glob(p.path("wake-*"))
		return err == nil && len(all) == 1
	})
	p.ok("", "say", "Are you there?")
	if got, want := <-stopped, notice("2 "); !want.MatchString(got) {
		t.Errorf("the hook ended with %q, want %v", got, want)
	}
	p.sessionEnds(file)
	for _, want := range []string{agent.AgentToken, ""} { // the first session takes it
		said, code := p.hook(file, map[string]any{"hook_event_name": "SessionStart", "session_id": "new", "cwd": p.home,
			"source": "startup"})
		if code != 0 || !strings.Contains(said, want) || want == "" && said != "" {
			t.Errorf("a new session is told %d, %q", code, said)
		}
	}
}

// An idle agent of Codex is woken by codex queue.
func TestSystems_codex_isWoken(t *testing.T) {
	t.Parallel()
	needsShell(t)
	p := newPerson(t)
	const file = ".codex/hooks.json"
	p.standIn()
	p.ok("", "connect", "codex")
	_, joined := p.meets()
	joined["turn_id"] = "t1" // only Codex has it
	p.quiet(file, joined)
	p.ok("", "say", "Are you there?")
	want := notice("queue\n--thread\nhello\n--message\n")
	p.await("the notice", func() bool {
		text, _ := os.ReadFile(filepath.Join(p.home, "queued")) // there is none at first
		return want.Match(text)
	})
	p.sessionEnds(file)
}

// standIn puts this program into the PATH as codex.
func (p *person) standIn() {
	p.t.Helper()
	self, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := os.ReadFile(self)
	if err != nil {
		p.t.Fatal(err)
	}
	bin, name := filepath.Join(p.home, "bin"), "codex"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if err := os.Mkdir(bin, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, name), text, 0o755); err != nil {
		p.t.Fatal(err)
	}
	p.env = append(p.env, "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
}
