package agents

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/e2e/internal/process"
)

// clone copies the tracked files of the plugin, as they lie in a clone.
func (m *machine) clone() string {
	m.t.Helper()
	list := exec.Command("git", "ls-files", "-z", "--", ".claude-plugin", "plugins")
	list.Dir = m.sources()
	out, err := list.Output()
	if err != nil {
		m.t.Fatal(err)
	}
	clone := m.folder("clone")
	for _, name := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(m.sources(), name))
		if err != nil {
			m.t.Fatal(err)
		}
		to := filepath.Join(clone, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			m.t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o644); err != nil {
			m.t.Fatal(err)
		}
	}
	return clone
}

// withProgram puts the program under test into the PATH, as parley.
func (m *machine) withProgram() {
	m.t.Helper()
	bin := m.folder("bin")
	if err := os.Symlink(os.Getenv(process.BinaryEnv), filepath.Join(bin, "parley")); err != nil {
		m.t.Fatal(err)
	}
	m.path = append([]string{bin}, m.path...)
	m.env = append(m.env, "PATH="+strings.Join(m.path, string(filepath.ListSeparator)))
}

// config makes the text Codex' settings, below those that name the stand-in.
func (m *machine) config(text string) {
	m.t.Helper()
	dir := filepath.Join(m.home, ".codex")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		m.t.Fatal(err)
	}
	provider := fmt.Sprintf("model = %q\nmodel_provider = \"standin\"\ncheck_for_update_on_startup = "+
		"false\nanalytics.enabled = false\n\n"+
		"[model_providers.standin]\nname = \"stand-in\"\nbase_url = %q\nwire_api = \"responses\"\nenv_key = "+
		"\"STAND_IN_KEY\"\n\n", defaultModel, m.codex.url+"/v1")
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(provider+text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// withoutProgram makes sure that no parley is in the PATH.
func (m *machine) withoutProgram() {
	m.path = slices.DeleteFunc(m.path, func(dir string) bool { return isFile(filepath.Join(dir, "parley")) })
	m.env = append(m.env, "PATH="+strings.Join(m.path, string(filepath.ListSeparator)))
}

// Claude Code finds nothing to warn of in the manifests, nor would the directory of plugins.
func TestPlugin_manifests_areValidWithoutWarnings(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	clone := m.clone()
	for _, dir := range []string{clone, filepath.Join(clone, plugin)} {
		cmd := m.command(clone, "claude", "plugin", "validate", "--strict", dir)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Validation passed") ||
			strings.Contains(string(out), "⚠") {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

// plugin is its folder in a clone.
const plugin = "plugins/parley"

// pluginInClaude installs the plugin in Claude Code, from a clone.
func (m *machine) pluginInClaude(url string) {
	m.t.Helper()
	m.shell("claude plugin marketplace add " + m.clone() + " && claude plugin install parley@parley --config url=" +
		strings.TrimSuffix(url, "/mcp"))
	m.shell(`claude mcp list | grep -q "plugin:parley:parley: ` + url + `.*Connected"`)
}

// pluginInCodex installs the plugin in Codex, from a clone, and allows its tools and its
// hooks. The address is the one that other commands of the program use.
func (m *machine) pluginInCodex(url, dir string) {
	m.t.Helper()
	m.pluginInCodexFrom(m.clone(), url, dir)
}

// pluginInCodexFrom is pluginInCodex for a clone that is there.
func (m *machine) pluginInCodexFrom(clone, url, dir string) {
	m.t.Helper()
	m.config(fmt.Sprintf("[projects.%q]\ntrust_level = "+
		"\"trusted\"\n\n[plugins.\"parley@parley\".mcp_servers.parley]\ndefault_tools_approval_mode = \"approve\"\n",
		dir))
	m.env = append(m.env, "PARLEY_URL="+strings.TrimSuffix(url, "/mcp"))
	m.shell("codex plugin marketplace add " + clone + " && codex plugin add parley@parley")
	m.trustHooks(dir)
}

// trustHooks does what the person does who answers Codex' question whether it may run
// the plugin's hooks: it asks the app-server of Codex which there are, and trusts them.
func (m *machine) trustHooks(dir string) {
	m.t.Helper()
	cmd := m.command(dir, "codex", "app-server")
	in, err := cmd.StdinPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	}()
	app := &appServer{t: m.t, in: in, out: bufio.NewReader(out)}
	app.call("initialize", map[string]any{"clientInfo": map[string]any{"name": "test", "version": "1"}}, nil)
	var listed struct {
		Data []struct {
			Hooks []struct{ Key, CurrentHash string }
		}
	}
	app.call("hooks/list", map[string]any{"cwds": []string{dir}}, &listed)
	trusted := map[string]any{}
	for _, folder := range listed.Data {
		for _, h := range folder.Hooks {
			trusted[h.Key] = map[string]any{"trusted_hash": h.CurrentHash}
		}
	}
	if len(trusted) < 3 {
		m.t.Fatalf("Codex knows these hooks: %v", trusted)
	}
	app.call("config/batchWrite", map[string]any{"edits": []any{map[string]any{"keyPath": "hooks.state",
		"value": trusted, "mergeStrategy": "upsert"}}}, nil)
}

// appServer is Codex, spoken to in JSON-RPC over its standard input and output.
type appServer struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
	id  int
}

func (a *appServer) call(method string, params, result any) {
	a.t.Helper()
	a.id++
	if err := json.NewEncoder(a.in).Encode(map[string]any{"jsonrpc": "2.0", "id": a.id, "method": method,
		"params": params}); err != nil {
		a.t.Fatal(err)
	}
	for {
		line, err := a.out.ReadBytes('\n')
		if err != nil {
			a.t.Fatalf("%s: %v", method, err)
		}
		var answer struct {
			ID            int
			Result, Error json.RawMessage
		}
		if json.Unmarshal(line, &answer) != nil || answer.ID != a.id {
			continue // a notification
		}
		if answer.Error != nil {
			a.t.Fatalf("%s: %s", method, answer.Error)
		}
		if result == nil {
			return
		}
		if err := json.Unmarshal(answer.Result, result); err != nil {
			a.t.Fatalf("%s: %v", method, err)
		}
		return
	}
}

// resting is what an agent says at the end of a turn.
const resting = "Resting."

// talk is what Ann does: she takes a seat and says hello, ends her turn, and reads what
// there is when something has woken her.
func talk(t *testing.T, command, room string, do func(tool string, arguments map[string]any) step) string {
	t.Helper()
	return command + " " + room + " " + strings.TrimPrefix(prompt(t,
		do("join_room", map[string]any{"room": room, "agent_name": "Ann"}),
		do("send_message", map[string]any{"agent_token": "$TOKEN", "cursor": "$CURSOR", "text": "Hello from Ann"}),
		say(resting),
		do("wait_for_message", map[string]any{"agent_token": "$TOKEN", "cursor": "$CURSOR", "wait_seconds": 0}),
	), "Do this: ")
}

// woken lets Bob speak to an Ann who has ended her turn: with nobody typing her model is
// asked anew, without Bob's words, and then reads them.
func woken(t *testing.T, m *model, ann *screen, bob *guest, room string) {
	t.Helper()
	greeted := m.await(t, ann.client, "her message is sent", patience, func(c conversation) bool {
		return len(c.turns) == 2 && strings.Contains(c.text(), room)
	})
	if !strings.Contains(greeted.text(), `"sent":true`) {
		t.Fatalf("she heard %s", greeted.text())
	}
	ann.shows(t, resting)
	if heard, _ := m.after(0); slices.ContainsFunc(heard, func(c conversation) bool { return len(c.turns) > 2 }) {
		t.Fatal("something woke her before Bob spoke")
	}
	const words = "Are you still there?"
	began := time.Now()
	bob.says(words)
	notified := m.await(t, ann.client, "that there is something to read", patience, func(c conversation) bool {
		return len(c.turns) == 3 && strings.Contains(c.text(), room) && c.after != ""
	})
	t.Logf("the model was asked %v after the message", time.Since(began))
	if !strings.Contains(notified.after, "wait_for_message") || strings.Contains(notified.after, words) ||
		strings.Contains(notified.after, "Bob") {
		t.Errorf("what woke her is %q", notified.after)
	}
	m.await(t, ann.client, "what Bob said", patience,
		func(c conversation) bool { return strings.Contains(c.text(), words) })
}

// inClaude and inCodex are calls of Parley's tools by the names that they have there.
func inClaude(tool string, arguments map[string]any) step {
	return do(call{Tool: "mcp__plugin_parley_parley__" + tool, Input: arguments})
}

func inCodex(tool string, arguments map[string]any) step {
	input, err := json.Marshal(arguments)
	if err != nil {
		return say(err.Error())
	}
	return do(inCode(tool, string(input)))
}

// told checks that the plugin's command put its page before the model.
func told(t *testing.T, m *model, ann *screen) {
	t.Helper()
	asked := m.await(t, ann.client, "what its person asks for", patience,
		func(c conversation) bool { return len(c.turns) == 0 })
	if !strings.Contains(asked.raw, "hold a conversation in it for the user") {
		t.Errorf("the command became %s", asked.after)
	}
}

// claudeInMode runs Claude Code with the command of the plugin, in a room. Whoever is root may
// bypass questions only in a container, which IS_SANDBOX says.
func (m *machine) claudeInMode(dir, mode, room string) *screen {
	m.t.Helper()
	m.env = append(m.env, "IS_SANDBOX=1")
	return m.sit(dir, "claude", "--permission-mode", mode, "--allowedTools", "mcp__plugin_parley_parley",
		"--settings", `{"skipDangerousModePermissionPrompt":true}`, "--", talk(m.t, "/parley:join", room, inClaude))
}

// The plugin is installed once. In each mode it has a model and a room of their own. By day these are the mode that
// allows least and the one that allows all.
func TestPlugin_idleClaudeCode_isWokenInEachMode(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.sweep()
	m.withProgram()
	url := serve(t)
	m.pluginInClaude(url)
	dir := m.folder("project")
	m.settle(dir)
	modes := map[string]bool{"default": true, "acceptEdits": true, "plan": true, "auto": true, "dontAsk": true,
		"bypassPermissions": true}
	for mode := range parts.Modes(t, modes, "plan", "bypassPermissions") {
		t.Log(mode)
		m.claude = standIn(t, &messages{})
		m.env = append(m.env, "ANTHROPIC_BASE_URL="+m.claude.url)
		room := "hello-" + strings.ToLower(mode)
		bob := join(t, url, room, "Bob")
		ann := m.claudeInMode(dir, mode, room)
		told(t, m.claude, ann)
		woken(t, m.claude, ann, bob, room)
		ann.kill(t)
		m.killLeftBehind() // else the standby would wake the next session in its stead
	}
}

// The two strictest ways to use Codex, and the one without questions. By day it is the one that allows least.
func TestPlugin_idleCodex_isWokenInEachMode(t *testing.T) {
	t.Parallel()
	modes := map[string][]string{
		"read-only, may ask":    {"--sandbox", "read-only", "--ask-for-approval", "on-request"},
		"read-only, never asks": {"--sandbox", "read-only", "--ask-for-approval", "never"},
		"everything allowed":    {"--dangerously-bypass-approvals-and-sandbox"},
	}
	for name, mode := range parts.Modes(t, modes, "read-only, never asks") {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.sweep()
			m.withProgram()
			url := serve(t)
			dir := m.folder("project")
			m.pluginInCodex(url, dir)
			said := m.says(`"$PARLEY" doctor --wait 1s --client codex; true`)
			if !strings.Contains(said, "the hook of Codex runs") {
				t.Errorf("once the hooks are trusted, parley doctor says\n%s", said)
			}
			bob := join(t, url, "hello", "Bob")
			ann := m.sit(dir, "codex", append(mode, talk(t, "$parley:join", "hello", inCodex))...)
			told(t, m.codex, ann)
			woken(t, m.codex, ann, bob, "hello")
		})
	}
}

// Both clients go on without the program, and say to their person where to get it.
func TestPlugin_withoutTheProgram_saysHowToInstallIt(t *testing.T) {
	t.Parallel()
	const where = "https://github.com/parley-chat/parley#install"
	t.Run("Claude Code", func(t *testing.T) {
		m := newMachine(t)
		m.sweep()
		m.withoutProgram()
		m.pluginInClaude(serve(t))
		dir := m.folder("project")
		m.settle(dir)
		ann := m.claudeInMode(dir, "default", "hello")
		ann.shows(t, where)
		m.claude.await(t, ann.client, "her message is sent", patience,
			func(c conversation) bool { return strings.Contains(c.text(), `"sent":true`) })
		ann.shows(t, resting)
	})
	t.Run("Codex", func(t *testing.T) {
		m := newMachine(t)
		m.sweep()
		m.withoutProgram()
		dir := m.folder("project")
		m.pluginInCodex(serve(t), dir)
		ann := m.sit(dir, "codex", prompt(t, say(resting)))
		ann.shows(t, where)
		ann.shows(t, resting)
	})
}
