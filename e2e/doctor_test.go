package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/process"
)

// finding is a line of parley doctor --json.
type finding struct {
	Check   string  `json:"check"`
	Level   string  `json:"level"`
	What    string  `json:"what"`
	Fix     string  `json:"fix"`
	Seconds float64 `json:"seconds"`
}

// findings are those of one run, in order.
type findings []finding

// of returns the finding of a check; the zero finding if it was not made.
func (all findings) of(check string) finding {
	for _, f := range all {
		if f.Check == check {
			return f
		}
	}
	return finding{}
}

// levels returns "LEVEL CHECK" of each.
func (all findings) levels() string {
	var said []string
	for _, f := range all {
		said = append(said, f.Level+" "+f.Check)
	}
	return strings.Join(said, ", ")
}

// newMachine returns an empty home, and an environment in which programs take it for that
// of a person who has no client installed.
func newMachine(t *testing.T) (home string, env []string) {
	t.Helper()
	home, err := os.MkdirTemp("", "parley") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	env = []string{"HOME=" + home, "PATH=" + home}
	for _, unset := range []string{"XDG_STATE_HOME", "XDG_CONFIG_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME"} {
		env = append(env, unset+"=")
	}
	return home, env
}

// onNewMachine makes the test one on a new machine.
func onNewMachine(t *testing.T) (home string) {
	t.Helper()
	home, env := newMachine(t)
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	return home
}

// examine runs parley doctor, with a wait of a second unless args say otherwise.
func examine(t *testing.T, url string, args ...string) (findings, int) {
	t.Helper()
	return examineIn(t, nil, url, args...)
}

// examineIn is examine with additions to the environment.
func examineIn(t *testing.T, env []string, url string, args ...string) (findings, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Getenv(process.BinaryEnv),
		append([]string{"doctor", "--json", "--wait", "1s", "--url", url}, args...)...)
	cmd.Env = append(process.Environment(), env...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	var failed *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("doctor printed:\n%s%s", &out, &complaints)
		}
	})
	var all findings
	for lines := json.NewDecoder(&out); lines.More(); {
		var f finding
		if err := lines.Decode(&f); err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all, cmd.ProcessState.ExitCode()
}

func TestDoctor_allIsWell_saysSoAndLeavesNothing(t *testing.T) {
	t.Parallel()
	home, env := newMachine(t)
	p := start(t, "--keep-alive", "300ms", "--metrics-addr", "127.0.0.1:0")
	for _, client := range []string{"claude-code", "codex"} {
		if out, code := parleyIn(t, env, "connect", client, "--url", p.url); code != 0 {
			t.Fatal(out)
		}
	}
	all, code := examineIn(t, env, p.url)
	// Nobody has started this Codex, which asks whether its person trusts the hooks.
	const want = "ok server, ok key, ok Claude Code, ok Codex, ok wait, ok wake, warning wake, ok wake"
	if all.levels() != want || code != 0 {
		t.Errorf("doctor found %s, and ended with %d", all.levels(), code)
	}
	if w := all.of("wait"); w.Seconds < 1 || w.Seconds > 6 || !strings.Contains(w.What, "keep-alives") {
		t.Errorf("of a wait of 1 s it says %+v", w)
	}
	for _, client := range []string{"claude-code", "codex"} {
		line := "parley connect " + client + " --url " + strings.TrimSuffix(p.url, "/mcp") + " --allow"
		if !slices.ContainsFunc(all, func(f finding) bool { return strings.Contains(f.What, line) }) {
			t.Errorf("it does not say how %s stops asking", client)
		}
	}
	left, err := os.ReadFile(filepath.Join(home, ".local", "state", "parley", "seats.json"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it leaves the seats %s %v", left, err)
	}
	p.awaitOpenWaits(0)
	text, code := parleyIn(t, env, "doctor", "--url", strings.TrimSuffix(p.url, "/mcp"), "--wait", "1s")
	if code != 0 || strings.Count(text, "\nok: ") < 6 {
		t.Errorf("for a person it prints\n%s", text)
	}
}

// front serves what h makes of requests, and returns the address of MCP there.
func front(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL + "/mcp"
}

// to is a proxy to the program that passes everything on at once.
func to(t *testing.T, p *program) *httputil.ReverseProxy {
	t.Helper()
	target, err := url.Parse(strings.TrimSuffix(p.url, "/mcp"))
	if err != nil {
		t.Fatal(err)
	}
	return &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		FlushInterval: -1,
	}
}

// buffered is a proxy that reads an answer to its end before it passes it on.
func buffered(t *testing.T, p *program) string {
	proxy := to(t, p)
	proxy.ModifyResponse = func(r *http.Response) error {
		body, err := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		return errors.Join(err)
	}
	return front(t, proxy)
}

// A machine that was busy for a moment delivers all keep-alives of a short wait at its end, as a proxy does that holds
// them back. Here the stream of the first wait comes at once, and those of later waits as they should.
func TestDoctor_machineWasBusy_blamesNoProxy(t *testing.T) {
	t.Parallel()
	p := start(t, "--keep-alive", "300ms")
	var waits atomic.Int64
	proxy := to(t, p)
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.Header.Get("Content-Type") != "text/event-stream" || waits.Add(1) > 1 {
			return nil
		}
		body, err := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		return err
	}
	_, env := newMachine(t)
	all, code := examineIn(t, env, front(t, proxy))
	if w := all.of("wait"); w.Level != "ok" || code != 0 {
		t.Errorf("it says %+v, and ended with %d", w, code)
	}
	if n := waits.Load(); n < 2 { // more if this machine is busy in truth
		t.Errorf("it waited %d times, want another time", n)
	}
}

// limited is a proxy that gives up a request after a second, in its own words.
func limited(t *testing.T, p *program) string {
	return front(t, http.TimeoutHandler(to(t, p), time.Second, "<html>too slow</html>"))
}

// cutting is a proxy below HTTP that cuts a connection on which, in the direction of the
// client, nothing comes for the time idle; or, if that is not 0, after the time most.
func cutting(t *testing.T, p *program, idle, most time.Duration) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	t.Cleanup(func() { ln.Close(); open.Wait() })
	addr := strings.TrimSuffix(strings.TrimPrefix(p.url, "http://"), "/mcp")
	open.Go(func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			open.Go(func() { relay(client, addr, idle, most) })
		}
	})
	return "http://" + ln.Addr().String() + "/mcp"
}

func relay(client net.Conn, addr string, idle, most time.Duration) {
	defer client.Close()
	server, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		defer server.Close()
		_, _ = io.Copy(server, client) // until one of them goes
	}()
	end := time.Now().Add(time.Hour)
	if most > 0 {
		end = time.Now().Add(most)
	}
	buffer := make([]byte, 1<<16)
	for {
		until := end
		if next := time.Now().Add(idle); idle > 0 && next.Before(end) {
			until = next
		}
		if server.SetReadDeadline(until) != nil {
			return
		}
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func TestDoctor_somethingStandsInBetween_isNamedWithWhatHelps(t *testing.T) {
	t.Parallel()
	quiet, lively := start(t, "--keep-alive", "1m"), start(t, "--keep-alive", "300ms")
	for name, c := range map[string]struct {
		url   string
		check string // that is not ok
		level string
		says  string
		fix   string
	}{
		"idle timeout": {cutting(t, quiet, time.Second, 0), "wait", "failed", "cut off after", "--keep-alive"},
		"time limit": {cutting(t, lively, 0, 2500*time.Millisecond), "wait", "failed", "last keep-alive",
			"--longest-wait"},
		"gateway":    {limited(t, lively), "wait", "failed", "503", "idle timeout"},
		"buffer":     {buffered(t, lively), "wait", "warning", "holds them back", "proxy_buffering off"},
		"no beats":   {quiet.url, "wait", "warning", "sends a keep-alive every", "--wait 30s"},
		"wrong path": {strings.TrimSuffix(quiet.url, "/mcp") + "/there/mcp", "server", "failed", "no MCP", "/mcp"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, env := newMachine(t)
			all, code := examineIn(t, env, c.url, "--wait", "3s")
			f := all.of(c.check)
			if f.Level != c.level || !strings.Contains(f.What, c.says) || !strings.Contains(f.Fix, c.fix) {
				t.Errorf("it says %+v, want %s: %s; %s", f, c.level, c.says, c.fix)
			}
			if (code == 1) != (c.level == "failed") {
				t.Errorf("it ended with %d", code)
			}
			if all.of("wake").Level != "ok" {
				t.Errorf("what does not need the server was not looked at: %s", all.levels())
			}
		})
	}
}

func TestDoctor_serverStopsInTheMiddle_saysWhenAndGoesOn(t *testing.T) {
	t.Parallel()
	_, env := newMachine(t)
	p := start(t, "--keep-alive", "200ms", "--metrics-addr", "127.0.0.1:0")
	done := make(chan findings)
	go func() {
		defer close(done)
		all, code := examineIn(t, env, p.url, "--wait", "60s")
		if code != 1 {
			t.Errorf("it ended with %d", code)
		}
		done <- all
	}()
	p.awaitOpenWaits(1)
	p.kill()
	all := <-done
	if w := all.of("wait"); w.Level != "failed" || w.Seconds > 30 || !strings.Contains(w.What, "cut off after") {
		t.Errorf("of the wait it says %+v", w)
	}
	if last := all[len(all)-1]; last.Check != "wake" {
		t.Errorf("after it, it says %+v", last)
	}
}

func TestDoctor_machineIsNotRight_isNamedWithTheLineThatHelps(t *testing.T) {
	t.Parallel()
	home, env := newMachine(t)
	p, other := start(t, "--keep-alive", "200ms"), start(t)
	sameServer := strings.Replace(p.url, "127.0.0.1", "localhost", 1)
	for client, at := range map[string]string{"claude-code": other.url, "codex": sameServer} {
		if out, code := parleyIn(t, env, "connect", client, "--url", at); code != 0 {
			t.Fatal(out)
		}
	}
	settings := filepath.Join(home, ".claude", "settings.json")
	text, err := os.ReadFile(settings)
	if err != nil {
		t.Fatal(err)
	}
	gone := bytes.ReplaceAll(text, []byte(os.Getenv(process.BinaryEnv)), []byte("/nowhere/parley"))
	seats := filepath.Join(home, ".local", "state", "parley", "seats.json")
	idle := `{"seats":[{"server":"` + p.url +
		`","room":"den","name":"Ann","token":"t","wake":{"client":"claude-code","session":"s"}}]}`
	if err := errors.Join(os.WriteFile(settings, gone, 0o600), os.WriteFile(seats, []byte(idle), 0o600)); err != nil {
		t.Fatal(err)
	}
	all, code := examineIn(t, env, p.url)
	line := "--url " + strings.TrimSuffix(p.url, "/mcp")
	for _, want := range []finding{
		{Check: "Claude Code", Level: "warning", What: "another address, " + strings.TrimSuffix(other.url, "/mcp"),
			Fix: "parley connect claude-code " + line},
		{Check: "Codex", Level: "ok", What: "the same server"},
		{Check: "wake", Level: "failed", What: "the hook of Claude Code names /nowhere/parley",
			Fix: "parley connect claude-code " + line},
		{Check: "wake", Level: "warning", What: "Codex does not run the hooks that wake its agents",
			Fix: "start Codex, choose /hooks, and trust those of Parley"},
		{Check: "wake", Level: "warning", What: "the agents that have a seat: 1", Fix: "parley standby"},
	} {
		if !slices.ContainsFunc(all, func(f finding) bool {
			return f.Check == want.Check && f.Level == want.Level && strings.Contains(f.What, want.What) &&
				f.Fix == want.Fix
		}) {
			t.Errorf("it does not say %+v", want)
		}
	}
	if code != 1 {
		t.Errorf("it ended with %d", code)
	}
	all, code = examineIn(t, env, p.url, "--client", "claude-code")
	if f := all.of("Claude Code"); f.Level != "failed" || code != 1 || all.of("Codex").Level != "" {
		t.Errorf("asked for one client, it says %s", all.levels())
	}
}

func TestDoctor_pluginIsInstalled_isLookedAtInPlaceOfTheConfiguration(t *testing.T) {
	t.Parallel()
	home, env := newMachine(t)
	p := start(t)
	settings := filepath.Join(home, ".claude", "settings.json")
	enabled := `{"enabledPlugins":{"parley@parley":true},"pluginConfigs":{"parley@parley":{"options":{"url":"` + p.url +
		`"}}}}`
	if err := errors.Join(os.Mkdir(filepath.Dir(settings), 0o700),
		os.WriteFile(settings, []byte(enabled), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, hooks := range []string{"failed", "ok"} {
		all, _ := examineIn(t, env, p.url, "--client", "claude-code")
		if all.of("Claude Code").Level != "ok" || all.of("wake").Level != hooks {
			t.Errorf("it says %s, want hooks %s", all.levels(), hooks)
		}
		// home is the PATH
		if err := os.Symlink(os.Getenv(process.BinaryEnv), filepath.Join(home, "parley")); err != nil &&
			hooks == "failed" {
			t.Fatal(err)
		}
	}
}

// The hook serves one server by its name. Where a client knows Parley by another name, or the
// hook belongs to another server, nothing would say so until nobody is woken.
func TestDoctor_serverTheHookDoesNotServe_isNamed(t *testing.T) {
	t.Parallel()
	home, env := newMachine(t)
	p, other := start(t), start(t)
	if out, code := parleyIn(t, env, "connect", "claude-code", "--url", p.url); code != 0 {
		t.Fatal(out)
	}
	file := filepath.Join(home, ".claude.json")
	says := func(text, level string, want ...string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		all, _ := examineIn(t, env, p.url, "--client", "claude-code")
		for _, name := range want {
			if !slices.ContainsFunc(all, func(f finding) bool {
				return f.Check == "wake" && f.Level == level && strings.Contains(f.What, name) &&
					strings.Contains(f.Fix, "parley connect claude-code")
			}) {
				t.Errorf("there is no %s about %s: %s", level, name, all.levels())
			}
		}
	}
	says(`{"mcpServers":{"chat":{"type":"http","url":"`+p.url+
		`"},"unlike":{"type":"http","url":"https://unlike.example/mcp"}},`+
		`"projects":{"/home/ann/work":{"mcpServers":{"my-parley":{"type":"http","url":"`+other.url+`"}}}}}`, "warning",
		`"chat"`, `"my-parley"`)
	says(`{"mcpServers":{"parley":{"type":"http","url":"`+other.url+`"}}}`, "failed",
		"shows the tokens of its agents to "+strings.TrimSuffix(p.url, "/mcp"))
}

func TestSoak_waitOfTheDoctor_survives300Seconds(t *testing.T) {
	soak(t)
	t.Parallel()
	_, env := newMachine(t)
	all, code := examineIn(t, env, start(t).url, "--long")
	if w := all.of("wait"); w.Level != "ok" || w.Seconds < 300 || !strings.Contains(w.What, "keep-alives") ||
		code != 0 {
		t.Errorf("of a wait of 300 s it says %+v", w)
	}
}
