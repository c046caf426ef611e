package agents

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/process"
)

// says runs a line as a person types it, in HOME, and returns what it prints. In $PARLEY is
// the program under test, by a path that a shell must be given in quotes.
func (m *machine) says(line string) string {
	m.t.Helper()
	out, err := m.tries(line)
	if err != nil {
		m.t.Errorf("%s: %v\n%s", line, err, out)
	}
	return out
}

// tries is says for a line that may fail.
func (m *machine) tries(line string) (string, error) {
	m.t.Helper()
	tools := filepath.Join(m.home, "my tools")
	program := filepath.Join(tools, "parley")
	if !isFile(program) {
		if err := errors.Join(os.Mkdir(tools, 0o755), os.Symlink(os.Getenv(process.BinaryEnv), program)); err != nil {
			m.t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(m.t.Context(), "sh", "-c", line)
	cmd.Dir, cmd.Env = m.home, append(m.env, "PARLEY="+program)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// read returns a file in HOME; "" if there is none.
func (m *machine) read(name string) string {
	m.t.Helper()
	text, err := os.ReadFile(filepath.Join(m.home, name))
	if err != nil && !os.IsNotExist(err) {
		m.t.Fatal(err)
	}
	return string(text)
}

func TestConnect_emptyMachine_clientsReachTheServerUntilUndone(t *testing.T) {
	m := newMachine(t)
	url := serve(t)
	said := m.says(`"$PARLEY" connect claude-code --allow --url ` + url)
	if !strings.Contains(said, "The server answers") {
		t.Errorf("connect says\n%s", said)
	}
	m.says(`"$PARLEY" connect codex --allow --url ` + url)
	if list := m.says("claude mcp list"); !strings.Contains(list, "parley: "+url) || !strings.Contains(list, "Connected") {
		t.Errorf("claude mcp list says\n%s", list)
	}
	if list := m.says("codex mcp list"); !strings.Contains(list, "parley  "+url) || !strings.Contains(list, "enabled") {
		t.Errorf("codex mcp list says\n%s", list)
	}
	for _, client := range []string{"claude-code", "codex"} {
		if again := m.says(`"$PARLEY" connect --allow ` + client); !strings.Contains(again, "is already connected") {
			t.Errorf("a second connect %s says\n%s", client, again)
		}
		m.says(`"$PARLEY" connect --undo ` + client)
	}
	for _, line := range []string{"claude mcp list", "codex mcp list"} {
		if list := m.says(line); strings.Contains(list, "parley") {
			t.Errorf("after --undo, %s says\n%s", line, list)
		}
	}
	for _, name := range []string{".claude/settings.json", ".codex/config.toml", ".codex/hooks.json"} {
		if text := m.read(name); text != "" {
			t.Errorf("after --undo, %s is\n%s", name, text)
		}
	}
}

// Claude Code rewrites the file that lists its servers while it runs. A session that was
// there before, and commands at the same moment, do not lose the connection, and the
// connection does not lose what they write.
func TestConnect_claudeCodeWritesItsFile_nothingIsLost(t *testing.T) {
	m := newMachine(t)
	url := serve(t)
	dir := m.folder("project")
	m.settle(dir)
	running := m.terminal(dir, nil, "claude", prompt(t, say("I am idle now.")))
	m.claude.await(t, running, "the task", patience, func(conversation) bool { return true })

	m.says(`"$PARLEY" --version`) // the program is in its place
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() { m.says(fmt.Sprintf("claude mcp add --scope user other-%d -- echo", i)) })
	}
	all.Go(func() { m.says(`"$PARLEY" connect claude-code --url ` + url) })
	all.Wait()
	if err := running.process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-running.ended:
	case <-time.After(patience):
		t.Fatal("the session does not end")
	}

	var file struct {
		NumStartups int                        `json:"numStartups"`
		Servers     map[string]json.RawMessage `json:"mcpServers"`
		Projects    map[string]map[string]any  `json:"projects"`
	}
	if err := json.Unmarshal([]byte(m.read(".claude.json")), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Servers) != 4 || file.Servers["parley"] == nil {
		t.Errorf("the servers are %s", file.Servers)
	}
	if _, ended := file.Projects[dir]["lastCost"]; !ended {
		t.Errorf("the session has written nothing at its end: %v", file.Projects)
	}
}

// With the plugin and connect the agent would have each tool twice.
func TestConnect_pluginIsInstalled_isRefused(t *testing.T) {
	m := newMachine(t)
	m.sweep()
	url := serve(t)
	m.pluginInClaude(url)
	m.config("")
	m.shell("codex plugin marketplace add ./clone && codex plugin add parley@parley")
	for _, client := range []string{"claude-code", "codex"} {
		said, err := m.tries(`"$PARLEY" connect ` + client + " --url " + url)
		if err == nil || !strings.Contains(said, "the plugin parley@parley is installed") {
			t.Errorf("connect %s: %v, %s", client, err, said)
		}
	}
}

// restartable is a server that is killed and started again, with the same rooms.
type restartable struct {
	t       *testing.T
	file    string
	process *process.Server
}

func startServer(t *testing.T) *restartable {
	t.Helper()
	s := &restartable{t: t, file: filepath.Join(t.TempDir(), "parley.db")}
	s.start("127.0.0.1:0")
	t.Cleanup(s.kill)
	return s
}

func (s *restartable) start(addr string) {
	s.t.Helper()
	var err error
	s.process, err = process.Start(os.Getenv(process.BinaryEnv), []string{"--addr", addr, "--data", s.file}, process.Environment())
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *restartable) kill() {
	s.t.Helper()
	if _, err := s.process.End(syscall.SIGKILL); err != nil {
		s.t.Error(err)
	}
}

// restart kills the server and starts it at the same address.
func (s *restartable) restart() {
	s.t.Helper()
	s.kill()
	s.start(strings.Split(s.process.URL, "/")[2])
}

// talkLater is what Ann does: she takes a seat, ends her turn, and reads when something
// has woken her.
func talkLater(t *testing.T, do func(tool string, arguments map[string]any) step) string {
	t.Helper()
	return prompt(t,
		do("join_room", map[string]any{"room": "standby", "agent_name": "Ann"}),
		say(resting),
		do("wait_for_message", map[string]any{"agent_token": "$TOKEN", "wait_seconds": 0}),
	)
}

// wokenLater kills and starts the server again while Ann is idle, and then lets Bob speak.
// Nobody types anything.
func wokenLater(t *testing.T, s *restartable, bob *guest, m *model, ann *screen) {
	t.Helper()
	m.await(t, ann.client, "that she has a seat", patience, func(c conversation) bool { return strings.Contains(c.text(), "agent_token") })
	ann.shows(t, resting)
	s.restart()
	const words = "Are you still there?"
	began := time.Now()
	bob.says(words)
	nudged := m.await(t, ann.client, "that there is something to read", patience, func(c conversation) bool {
		return len(c.turns) == 2 && strings.Contains(c.after, "call wait_for_message")
	})
	t.Logf("the model was asked %v after the message", time.Since(began))
	if strings.Contains(nudged.after, words) {
		t.Errorf("what woke her has Bob's words: %s", nudged.after)
	}
	m.await(t, ann.client, "what Bob said", patience, func(c conversation) bool { return strings.Contains(c.text(), words) })
}

func TestConnect_idleClaudeCode_isWokenByTheHooks(t *testing.T) {
	m := newMachine(t)
	m.sweep()
	s := startServer(t)
	dir := m.folder("project")
	m.settle(dir)
	m.says(`"$PARLEY" connect claude-code --allow --url ` + s.process.URL)
	bob := join(t, s.process.URL, "standby", "Bob")
	ann := m.sit(dir, "claude", "--", talkLater(t, func(tool string, arguments map[string]any) step {
		return do(call{Tool: "mcp__parley__" + tool, Input: arguments})
	}))
	wokenLater(t, s, bob, m.claude, ann)
	m.says(`"$PARLEY" connect claude-code --undo`)
	if text := m.read(".claude/settings.json") + m.read(".claude.json"); strings.Contains(text, "mcp__") || strings.Contains(text, "parley\"") {
		t.Errorf("after --undo, there is\n%s", text)
	}
}

func TestConnect_idleCodex_isWokenByTheHooks(t *testing.T) {
	m := newMachine(t)
	m.sweep()
	s := startServer(t)
	dir := m.folder("project")
	m.config(fmt.Sprintf("# My own folder.\n[projects.%q] # mine\ntrust_level = \"trusted\"\n", dir))
	own := m.read(".codex/config.toml")
	m.says(`"$PARLEY" connect codex --allow --url ` + s.process.URL)
	m.trustHooks(dir)
	bob := join(t, s.process.URL, "standby", "Bob")
	ann := m.sit(dir, "codex", talkLater(t, inCodex))
	wokenLater(t, s, bob, m.codex, ann)
	m.says(`"$PARLEY" connect codex --undo`)
	if text := m.read(".codex/config.toml"); !strings.HasPrefix(text, own) || strings.Contains(text, "mcp_servers") {
		t.Errorf("after --undo, there is\n%s", text)
	}
}
