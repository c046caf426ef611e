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

	"github.com/parley-chat/parley/e2e/internal/parts"
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
	cmd := exec.CommandContext(m.t.Context(), parts.Need(m.t, "sh", "people type lines"), "-c", line)
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
	t.Parallel()
	m := newMachine(t)
	url := serve(t)
	said := m.says(`"$PARLEY" connect claude-code --allow --url ` + url)
	if !strings.Contains(said, "The server answers") {
		t.Errorf("connect says\n%s", said)
	}
	m.says(`"$PARLEY" connect codex --allow --url ` + url)
	if list := m.says("claude mcp list"); !strings.Contains(list, "parley: "+url) ||
		!strings.Contains(list, "Connected") {
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

// Claude Code rewrites the file that lists its servers while it runs, and while it starts it does
// so without its lock if that is held for long. A session that starts, and commands at the same
// moment, do not lose the connection. They may lose what each other writes, so what they write is
// counted only where one runs at a time: connect --undo loses none of it. The test runs beside no
// other, because on a busy machine Claude Code takes longer than connect waits for it.
func TestConnect_claudeCodeWritesItsFile_nothingIsLost(t *testing.T) {
	m := newMachine(t)
	url := serve(t)
	dir := m.folder("project")
	m.settle(dir)
	running := m.terminal(dir, nil, "claude", prompt(t, say("I am idle now.")))
	m.claude.await(t, running, "the task", patience, func(conversation) bool { return true })

	m.says(`"$PARLEY" --version`) // the program is in its place
	add := func(name string) { m.says("claude mcp add --scope user " + name + " -- echo") }
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() { add(fmt.Sprintf("beside-%d", i)) })
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
	file := m.claudeFile()
	if file.Servers["parley"] == nil {
		t.Errorf("the servers are %s", file.Servers)
	}
	if _, ended := file.Projects[dir]["lastCost"]; !ended {
		t.Errorf("the session has written nothing at its end: %v", file.Projects)
	}

	all.Go(func() { m.says(`"$PARLEY" connect claude-code --undo`) })
	for i := range 3 {
		add(fmt.Sprintf("alone-%d", i))
	}
	all.Wait()
	file = m.claudeFile()
	for i := range 3 {
		if file.Servers[fmt.Sprintf("alone-%d", i)] == nil {
			t.Errorf("number %d is not in %s", i, file.Servers)
		}
	}
	if file.Servers["parley"] != nil {
		t.Errorf("after --undo, the servers are %s", file.Servers)
	}
}

// claudeFile is what the tests look at in the file that Claude Code rewrites.
type claudeFile struct {
	Servers  map[string]json.RawMessage `json:"mcpServers"`
	Projects map[string]map[string]any  `json:"projects"`
}

func (m *machine) claudeFile() (file claudeFile) {
	m.t.Helper()
	if err := json.Unmarshal([]byte(m.read(".claude.json")), &file); err != nil {
		m.t.Fatal(err)
	}
	return file
}

// With the plugin and connect the agent would have each tool twice.
func TestConnect_pluginIsInstalled_isRefused(t *testing.T) {
	t.Parallel()
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
