package agents

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// machine is a person's computer before anything of Parley is on it: an empty
// HOME, both clients in the PATH, and a stand-in behind each.
type machine struct {
	t      *testing.T
	home   string
	path   []string // where programs are looked for
	env    []string
	state  string // the folder of the program's own files, once it was made
	claude *model
	codex  *model
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{
		t: t, home: t.TempDir(),
		path:   append(installed(t), filepath.SplitList(os.Getenv("PATH"))...),
		claude: standIn(t, &messages{}),
		codex:  standIn(t, &responses{}),
	}
	temp, err := os.MkdirTemp("", "p") // parley connect wants a program that is not in it; short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	m.env = []string{
		"TMPDIR=" + temp, "HOME=" + m.home, "PATH=" + strings.Join(m.path, string(filepath.ListSeparator)),
		"TERM=xterm-256color", "LANG=C.UTF-8",
		"DISABLE_AUTOUPDATER=1", "DISABLE_TELEMETRY=1", "DISABLE_ERROR_REPORTING=1",
		"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1",
		"ANTHROPIC_BASE_URL=" + m.claude.url, "ANTHROPIC_API_KEY=" + apiKey,
		"STAND_IN_KEY=none",
	}
	return m
}

// apiKey is what Claude Code sends to the stand-in, which does not look at it.
const apiKey = "stand-in-key-0000000000000000000000000000000000"

// folder makes a folder in HOME.
func (m *machine) folder(name string) string {
	m.t.Helper()
	dir := filepath.Join(m.home, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		m.t.Fatal(err)
	}
	return dir
}

// shell runs a line as a person types it, in HOME.
func (m *machine) shell(line string) {
	m.t.Helper()
	cmd := exec.CommandContext(m.t.Context(), parts.Need(m.t, "sh", "people type lines"), "-c", line)
	cmd.Dir, cmd.Env = m.home, m.env
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("%s: %v\n%s", line, err, out)
	}
}

// claudeCode gives Claude Code a task, with leave to use Parley's tools and some others.
func (m *machine) claudeCode(dir, task string, tools ...string) *client {
	m.t.Helper()
	return m.start(dir, "claude", append([]string{"--print", task, "--allowedTools", "mcp__parley"}, tools...)...)
}

// approve puts the line under Parley in Codex' settings, as a person does in an editor.
func (m *machine) approve(line string) {
	m.t.Helper()
	path := filepath.Join(m.home, ".codex", "config.toml")
	text, err := os.ReadFile(path)
	if err != nil {
		m.t.Fatal(err)
	}
	const section = "[mcp_servers.parley]\n"
	if !bytes.Contains(text, []byte(section)) {
		m.t.Fatalf("codex mcp add wrote\n%s", text)
	}
	text = bytes.Replace(text, []byte(section), []byte(section+line+"\n"), 1)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// defaultModel is the model that Codex uses unless it is told; it calls tools from
// JavaScript. searchingModel calls them one by one, and searches for them.
const (
	defaultModel   = "gpt-6.1-sol"
	searchingModel = "gpt-5.5"
)

// codexCLI gives Codex a task, with some options. The settings are those that name the stand-in.
func (m *machine) codexCLI(dir, name, task string, options ...string) *client {
	m.t.Helper()
	provider := fmt.Sprintf(`model_providers.standin={name="stand-in",base_url=%q,wire_api="responses",env_key="STAND_IN_KEY"}`, m.codex.url+"/v1")
	options = append(options, "--skip-git-repo-check", "--model", name,
		"-c", provider, "-c", `model_provider="standin"`, "-c", "analytics.enabled=false", task)
	return m.start(dir, "codex", append([]string{"exec"}, options...)...)
}

// client is a running client. It is killed when the test ends, with what it has
// started.
type client struct {
	args    []string
	process *os.Process
	ended   chan struct{} // closed when it is over

	mu  sync.Mutex
	out bytes.Buffer
}

func (c *client) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Write(p)
}

// String returns what the client printed.
func (c *client) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("%.60s…\n%s", strings.Join(c.args, " "), c.out.String())
}

// command is a call of a client's program.
func (m *machine) command(dir, name string, args ...string) *exec.Cmd {
	m.t.Helper()
	for _, at := range m.path {
		if path := filepath.Join(at, name); isFile(path) {
			cmd := exec.Command(path, args...)
			cmd.Dir, cmd.Env = dir, slices.Clone(m.env)
			return cmd
		}
	}
	m.t.Fatalf("%s is not in %v", name, m.path)
	return nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// start runs a client without a terminal.
func (m *machine) start(dir, name string, args ...string) *client {
	m.t.Helper()
	cmd := m.command(dir, name, args...)
	c := &client{args: cmd.Args, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = c, c
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second // for what it left behind
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.endLater(c, cmd)
	return c
}

// ends waits until the client has ended. Codex once went on after its last answer, for as long as the tests had.
func (c *client) ends(t *testing.T) {
	t.Helper()
	select {
	case <-c.ended:
	case <-time.After(patience):
		t.Fatalf("%s does not end: %s", c.args[0], c)
	}
}

// terminal runs a client in a terminal in which nobody types, with additions to its
// environment.
func (m *machine) terminal(dir string, env []string, name string, args ...string) *client {
	m.t.Helper()
	cmd := m.command(dir, name, args...)
	cmd.Env = append(cmd.Env, env...)
	c := &client{args: cmd.Args, ended: make(chan struct{})}
	screen, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 160}) // in a session of its own
	if err != nil {
		m.t.Fatal(err)
	}
	go func() { _, _ = io.Copy(c, screen) }() // until the client ends
	m.endLater(c, cmd)
	m.t.Cleanup(func() { _ = screen.Close() }) // nothing is left in it
	return c
}

// endLater kills the client's process group when the test ends.
func (m *machine) endLater(c *client, cmd *exec.Cmd) {
	c.process = cmd.Process
	go func() {
		defer close(c.ended)
		_ = cmd.Wait() // how it ended is said by what it printed
	}()
	m.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // fails if all have ended
		<-c.ended
		if m.t.Failed() {
			m.t.Log(c)
		}
	})
}
