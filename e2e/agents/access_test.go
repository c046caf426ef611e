package agents

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/process"
	"github.com/parley-chat/parley/e2e/internal/tlsfront"
)

// ways returns the lines in docs/clients.md, by client and way.
func ways(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	lines, client := map[string]string{}, ""
	if connect := regexp.MustCompile("parley connect codex --url .*").FindString(string(text)); connect != "" {
		lines["connect"] = connect
	}
	code := regexp.MustCompile("`([^`]+)`")
	for row := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(row, "## "); ok {
			client = strings.TrimSpace(name)
		}
		cells := strings.Split(strings.Trim(row, "| \n"), " | ")
		if found := code.FindStringSubmatch(cells[min(1, len(cells)-1)]); len(cells) == 3 && found != nil {
			lines[client+", "+cells[0]] = found[1]
		}
	}
	return lines
}

// keyed starts a server that admits only callers with a key, and returns its address and a key.
func keyed(t *testing.T) (base, key string) {
	t.Helper()
	data := filepath.Join(t.TempDir(), "parley.db")
	url := serveBinary(t, os.Getenv(process.BinaryEnv), process.Environment(), "--data", data, "--access", "keys")
	return strings.TrimSuffix(url, "/mcp"), newKey(t, data)
}

// keyedBesideSignIn is keyed for a server at which the clients of those machines could sign in, too. The test fails
// if one begins to.
func keyedBesideSignIn(t *testing.T, all ...*machine) (base, key string) {
	t.Helper()
	s := newSignsIn(t, false)
	for _, m := range all {
		m.env = append(m.env, s.Environment()...)
	}
	t.Cleanup(func() {
		if seen := s.Take(); slices.ContainsFunc(seen, tlsfront.SignsIn) {
			t.Errorf("the clients asked for %q", seen)
		}
	})
	return s.URL, newKey(t, s.data)
}

// newKey makes a key for the server of that file.
func newKey(t *testing.T, data string) string {
	t.Helper()
	add := exec.CommandContext(t.Context(), os.Getenv(process.BinaryEnv), "keys", "add", "test", "--data", data)
	add.Env = process.Environment()
	out, err := add.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// A person pastes the line that docs/clients.md has for the client, and the agent is in. It starts no sign-in, where
// it could.
func TestAccess_linesOfTheDocument_letTheAgentIn(t *testing.T) {
	t.Parallel()
	lines := ways(t)
	for name, c := range map[string]struct{ row, client string }{
		"Claude Code, connect": {"connect", "claude-code"},
		"Codex, connect":       {"connect", "codex"},
		"Claude Code, header":  {"Claude Code, header", "claude-code"},
		"Codex, header":        {"Codex, header", "codex"},
		"Claude Code, URL":     {"Claude Code, URL", "claude-code"},
		"Codex, URL":           {"Codex, URL", "codex"},
	} {
		t.Run(name, func(t *testing.T) {
			line := lines[c.row]
			if line == "" {
				t.Fatalf("the page has no line for %s", c.row)
			}
			m := newMachine(t)
			base, key := keyedBesideSignIn(t, m)
			m.sweep() // the standby that a hook of connect leaves behind
			m.env = append(m.env, "PARLEY_KEY="+key, "PARLEY_URL="+base)
			m.paste(strings.Replace(line, "connect codex", "connect "+c.client, 1), base, key,
				!strings.HasSuffix(name, "URL"))
			m.joins(c.client, map[string]any{"room": "tea", "agent_name": "Ann"})
		})
	}
}

// A guest pastes the link that an agent of the room has handed out, and needs no key.
func TestAccess_linesForGuests_letTheAgentIn(t *testing.T) {
	t.Parallel()
	lines := ways(t)
	for row, client := range map[string]string{"Claude Code, guest": "claude-code", "Codex, guest": "codex"} {
		t.Run(row, func(t *testing.T) {
			host, m := newMachine(t), newMachine(t)
			base, key := keyedBesideSignIn(t, host, m)
			host.env = append(host.env, "PARLEY_URL="+base, "PARLEY_KEY="+key)
			host.says(`"$PARLEY" join tea --as Host`)
			code := regexp.MustCompile(`/i/[0-9a-z]+/mcp`).FindString(host.says(`"$PARLEY" invite`))
			if lines[row] == "" || code == "" {
				t.Fatalf("the line is %q, and the invite %q", lines[row], code)
			}
			m.paste(strings.ReplaceAll(lines[row], "/i/CODE/mcp", code), base, key, true)
			m.joins(client, map[string]any{"agent_name": "Guest"})
		})
	}
}

// The plugin has the key where the client keeps its own secrets.
func TestAccess_pluginWithAKey_letsTheAgentIn(t *testing.T) {
	t.Parallel()
	base, key := keyed(t)
	m := newMachine(t)
	m.sweep()
	m.withProgram()
	m.shell("claude plugin marketplace add " + m.clone() + " && claude plugin install parley@parley --config url=" +
		base + " --config key=" + key)
	if list := m.says("claude mcp list"); !strings.Contains(list, "Connected") || strings.Contains(list, key) {
		t.Errorf("claude mcp list says\n%s", list)
	}
	if settings := m.read(".claude/settings.json"); strings.Contains(settings, key) {
		t.Errorf("the settings have the key: %s", settings)
	}
	m.env = append(m.env, "PARLEY_KEY="+key)
	m.pluginInCodexFrom("./clone", base, m.folder("project"))
	bob := m.codexCLI(filepath.Join(m.home, "project"), searchingModel,
		prompt(t, do(call{Tool: "mcp__parley/join_room", Input: map[string]any{"room": "tea", "agent_name": "Bob"}}),
			say("Done.")))
	m.codex.await(t, bob, "the seat", patience, isSeated)
}

// paste runs a line of the document with the server and the key in their places. hides says
// that the key must not be part of it, nor of what it prints.
func (m *machine) paste(line, base, key string, hides bool) {
	m.t.Helper()
	line = strings.ReplaceAll(line, "https://parley.example", base)
	if own, ok := strings.CutPrefix(line, "parley "); ok {
		line = `"$PARLEY" ` + own
	}
	line = strings.ReplaceAll(line, "/k/KEY/", "/k/"+key+"/")
	if said := m.says(line); hides && strings.Contains(line+said, key) {
		m.t.Errorf("others can read the key: %s\n%s", line, said)
	}
}

// joins lets a client join a room, and fails unless its agent gets a seat.
func (m *machine) joins(client string, as map[string]any) {
	m.t.Helper()
	const tools = "mcp__parley"
	if client == "codex" {
		m.approve(`default_tools_approval_mode = "approve"`)
		bob := m.codexCLI(m.folder("two"), searchingModel,
			prompt(m.t, do(call{Tool: tools + "/join_room", Input: as}), say("Done.")))
		m.codex.await(m.t, bob, "the seat", patience, isSeated)
		return
	}
	ann := m.claudeCode(m.folder("one"), prompt(m.t, do(call{Tool: tools + "__join_room", Input: as}), say("Done.")))
	m.claude.await(m.t, ann, "the seat", patience, isSeated)
}

func isSeated(c conversation) bool {
	return len(c.turns) == 1 && strings.Contains(c.text(), "agent_token")
}
