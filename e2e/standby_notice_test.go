package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/e2e/internal/process"
)

// person is somebody with a state folder of their own, in which parley keeps seats.
type person struct {
	t     *testing.T
	state string
}

func newPerson(t *testing.T) *person {
	t.Helper()
	state, err := os.MkdirTemp("", "parley") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(state) })
	return &person{t, state}
}

func (a *person) path(name string) string { return filepath.Join(a.state, "parley", name) }

// command is a call of the program by this person.
func (a *person) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(a.t.Context(), os.Getenv(process.BinaryEnv), args...)
	cmd.Env = append(process.Environment(), "XDG_STATE_HOME="+a.state)
	cmd.WaitDelay = time.Second
	return cmd
}

// shellSeats writes the file that parley join writes.
func (a *person) shellSeats(p *program, rooms map[string]seat) {
	a.t.Helper()
	var list []map[string]string
	for room, s := range rooms {
		list = append(list, map[string]string{"server": strings.TrimSuffix(p.url, "/mcp"), "room": room, "name": "Bob",
			"token": s.token})
	}
	text, err := json.Marshal(map[string]any{"seats": list})
	if err != nil {
		a.t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(a.path("seats.json")), 0o700); err != nil {
		a.t.Fatal(err)
	}
	if err := os.WriteFile(a.path("seats.json"), text, 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// watcher is a parley standby in the foreground.
type watcher struct {
	cmd   *exec.Cmd
	mu    sync.Mutex
	said  bytes.Buffer
	ended chan error
}

func (w *watcher) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.said.Write(p)
}

func (w *watcher) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.said.String()
}

// standby runs parley standby, and returns when it watches so many seats.
func (a *person) standby(seats int, args ...string) *watcher {
	a.t.Helper()
	w := &watcher{cmd: a.command(append([]string{"standby", "--json"}, args...)...), ended: make(chan error, 1)}
	w.cmd.Stdout, w.cmd.Stderr = w, w
	if err := w.cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	go func() { w.ended <- w.cmd.Wait() }()
	a.t.Cleanup(func() {
		_ = w.cmd.Process.Kill() // fails if it has ended
		if a.t.Failed() {
			a.t.Logf("parley standby printed:\n%s", w)
		}
	})
	await(a.t, "it watches", func() bool { return strings.Count(w.String(), `"watching"`) == seats })
	return w
}

func TestStandbyCommand_serverAndStandbyAreKilled_everyMessageIsTold(t *testing.T) {
	t.Parallel()
	a := newPerson(t)
	p, c := startStandby(t, "sh")
	alice, bob := c.meet("hello")
	a.shellSeats(p, map[string]seat{"hello": bob})
	told := filepath.Join(a.state, "told")
	args := []string{"--exec", `echo "$PARLEY_ROOM: $PARLEY_MESSAGES" >> ` + told}
	news := func(want ...string) {
		t.Helper()
		await(t, fmt.Sprintf("%q is told", want), func() bool {
			got, _ := os.ReadFile(told) // there is none at first
			return string(got) == strings.Join(want, "\n")+"\n"
		})
		c.reads(&bob) // and is told anew
	}
	w := a.standby(1, args...)
	c.ok("send_message", map[string]any{"agent_token": alice.token, "text": "one"})
	news("hello: 1")

	p.kill()
	await(t, "it has noticed", func() bool { return strings.Contains(w.String(), `"lost"`) })
	p.again()
	c = talk{t, openGo(t, p.url, modernProtocol)}
	c.ok("send_message", map[string]any{"agent_token": alice.token, "text": "two"})
	news("hello: 1", "hello: 2") // that one has arrived was not yet stored

	if err := w.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-w.ended
	c.ok("send_message", map[string]any{"agent_token": alice.token, "text": "three"})
	c.ok("send_message", map[string]any{"agent_token": alice.token, "text": "four"})
	a.standby(1, args...)
	news("hello: 1", "hello: 2", "hello: 2")
	if other, err := a.command("standby").CombinedOutput(); err == nil ||
		!strings.Contains(string(other), "another parley standby") {
		// The roles are taken one by one: a second process has none left.
		t.Errorf("a second standby: %v, %s", err, other)
	}
}

// reads looks in as an agent, twice: the second look acknowledges the first.
func (c talk) reads(s *seat) {
	c.t.Helper()
	for range 2 {
		s.cursor = c.ok("wait_for_message", waitArgs(*s, 0)).Cursor
	}
}

// hook runs parley hook as a client does, and returns what it says to the client.
func (a *person) hook(p *program, input map[string]any, more ...string) (said string, code int) {
	a.t.Helper()
	text, err := json.Marshal(input)
	if err != nil {
		a.t.Fatal(err)
	}
	cmd := a.command(append([]string{"hook", "--url", p.url}, more...)...)
	cmd.Stdin = bytes.NewReader(text)
	cmd.Env = append(cmd.Env, "CLAUDE_PID="+strconv.Itoa(os.Getpid()), "CLAUDE_CODE_SESSION_ATTENDED=1")
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		a.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// joined is the hook's input after join_room.
func joined(t *testing.T, room string, s seat) map[string]any {
	t.Helper()
	result, err := json.Marshal(map[string]any{"status": "joined", "agent_token": s.token, "agent_name": "Bob",
		"room": map[string]any{"name": room}})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"hook_event_name": "PostToolUse", "session_id": "s1", "permission_mode": "bypassPermissions",
		"tool_name": "mcp__parley__join_room", "tool_input": map[string]any{"agent_name": "Bob"},
		"tool_response": string(result)}
}

// watching returns the process that a hook has left behind; 0 if there is none.
func (a *person) watching() int {
	text, err := os.ReadFile(a.path("standby.lock"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || syscall.Kill(pid, 0) != nil {
		return 0
	}
	return pid
}

func TestHook_bypassSession_isWokenAlsoAfterTheStandbyWasKilled(t *testing.T) {
	t.Parallel()
	a := newPerson(t)
	p, c := startStandby(t)
	alice, bob := c.meet("hello")
	t.Cleanup(func() {
		if pid := a.watching(); pid > 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if log, err := os.ReadFile(a.path("standby.log")); err == nil && t.Failed() {
			t.Logf("the log:\n%s", log)
		}
	})
	quiet := func(input map[string]any) {
		t.Helper()
		if said, code := a.hook(p, input); said != "" || code != 0 {
			t.Fatalf("%v: %d, %s", input["hook_event_name"], code, said)
		}
	}
	quiet(joined(t, "hello", bob))
	await(t, "a standby", func() bool { return a.watching() > 0 })
	first := a.watching()
	quiet(joined(t, "hello", bob))
	if a.watching() != first {
		t.Error("another standby has its place")
	}
	stop := map[string]any{"hook_event_name": "Stop", "session_id": "s1", "permission_mode": "bypassPermissions"}
	woken := func(text string) {
		t.Helper()
		ended := make(chan string, 1)
		go func() {
			said, code := a.hook(p, stop)
			ended <- fmt.Sprint(code, " ", said)
		}()
		await(t, "the hook waits", func() bool {
			all, err := filepath.Glob(a.path("wake-*"))
			return err == nil && len(all) == 1
		})
		await(t, "a standby", func() bool { return a.watching() > 0 })
		c.ok("send_message", map[string]any{"agent_token": alice.token, "text": text})
		said := time.Now()
		select {
		case got := <-ended:
			want := regexp.MustCompile(`^2 1 new message in the Parley room where you are "Bob" \(\d\d:\d\d:\d\d\): ` +
				"call wait_for_message\n$")
			if !want.MatchString(got) {
				t.Errorf("the hook ended with %q, want %v", got, want)
			}
			t.Logf("woken after %v", time.Since(said))
		case <-time.After(patience):
			t.Fatal("the hook still waits")
		}
		c.reads(&bob)
	}
	woken("one")
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, "the standby is dead", func() bool { return a.watching() == 0 })
	woken("two") // the hook of the next turn starts another

	quiet(map[string]any{"hook_event_name": "SessionEnd", "session_id": "s1"})
	await(t, "the standby ends with the last seat", func() bool { return a.watching() == 0 })
}

func TestHook_trouble_neverFailsASession(t *testing.T) {
	t.Parallel()
	a := newPerson(t)
	for _, input := range []string{"", "{}", `{"hook_event_name":"PostToolUse"}`} {
		cmd := a.command("hook")
		cmd.Stdin = strings.NewReader(input)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "parley hook: ") || strings.Count(string(out), "\n") != 1 {
			t.Errorf("%q: %v, %q", input, err, out)
		}
	}
}

// A client runs the hook beside each call of a tool.
func TestHook_eventOfNoUse_isOverBeforeAnyCollection(t *testing.T) {
	t.Parallel()
	a := newPerson(t)
	cmd := a.command("hook")
	cmd.Env = append(cmd.Env, "GODEBUG=gctrace=1")
	cmd.Stdin = strings.NewReader(`{"hook_event_name":"PostToolUse","session_id":"s1","tool_name":"Bash"}`)
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), " @0.") { // in its first second
		t.Errorf("the hook prints %q, %v", out, err)
	}
}

// The goal: a standby for ten rooms stays under 30 MB and 0.1 % of a core.
func TestSoak_standbyForTenRooms_costsNextToNothing(t *testing.T) {
	soak(t)
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		parts.Missing(t, "what a process spends cannot be read: %v", err)
	}
	a := newPerson(t)
	p := start(t)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	rooms := map[string]seat{}
	for n := range 10 {
		room := fmt.Sprint("room ", n)
		_, rooms[room] = c.meet(room)
	}
	a.shellSeats(p, rooms)
	w := a.standby(len(rooms))
	const watched = time.Minute
	from := spent(t, w.cmd.Process.Pid)
	<-time.After(watched)
	cpu := spent(t, w.cmd.Process.Pid) - from
	share, resident := 100*cpu.Seconds()/watched.Seconds(), resident(t, w.cmd.Process.Pid)
	t.Logf("%.3f %% of a core, %.1f MB resident", share, float64(resident)/1e6)
	if share >= 0.1 || resident >= 30e6 {
		t.Error("more than 0.1 % of a core or 30 MB")
	}
}

// spent returns the CPU time of a process, in steps of 10 ms (proc(5)).
func spent(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	var ticks int
	for _, field := range fields[11:13] { // utime and stime
		n, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// resident returns the resident memory of a process in bytes.
func resident(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text))
	kb, err := strconv.Atoi(fields[slices.Index(fields, "VmRSS:")+1])
	if err != nil {
		t.Fatal(err)
	}
	return kb << 10
}
