package archtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// plugin is the folder of the plugin for Claude Code and Codex.
const plugin = "plugins/parley"

// manifest is what the two clients read about the plugin. Those who have installed it get what is
// new once its version is raised: the release workflow refuses a tag that is not this version.
type manifest struct {
	Name, Description, Homepage, Repository, License, Version string

	UserConfig map[string]struct{ Default string }
	MCPServers map[string]struct{ URL, Command string }
}

func decode(t *testing.T, name string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, name)), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestPlugin_manifests_agree(t *testing.T) {
	var shop struct {
		Plugins []struct{ Name, Description, Source string }
	}
	var claude, codex manifest
	decode(t, ".claude-plugin/marketplace.json", &shop)
	decode(t, plugin+"/.claude-plugin/plugin.json", &claude)
	decode(t, plugin+"/.codex-plugin/plugin.json", &codex)
	if len(shop.Plugins) != 1 || filepath.ToSlash(filepath.Clean(shop.Plugins[0].Source)) != plugin {
		t.Fatalf("the marketplace has %v", shop.Plugins)
	}
	for _, pair := range [][3]string{
		{claude.Name, codex.Name, shop.Plugins[0].Name},
		{claude.Description, codex.Description, shop.Plugins[0].Description},
		{claude.Homepage, codex.Homepage, codex.Repository},
		{claude.Repository, codex.Repository, codex.Homepage},
		{claude.License, codex.License, "MIT"},
		{claude.Version, codex.Version, claude.Version},
	} {
		if pair[0] == "" || pair[0] != pair[1] || pair[0] != pair[2] {
			t.Errorf("not the same: %q", pair)
		}
	}
	// The hook tells the program which server Claude Code uses.
	usual := claude.UserConfig["url"].Default
	if usual == "" || claude.MCPServers["parley"].URL != "${user_config.url}/mcp" {
		t.Errorf("the server is %v, and %q without a setting", claude.MCPServers["parley"], usual)
	}
	for name, text := range map[string]string{
		plugin + "/hooks/parley.sh":      "${CLAUDE_PLUGIN_OPTION_URL:-" + usual + "}",
		"internal/cli/client/address.go": `"` + usual + `"`,
	} {
		if !strings.Contains(read(t, name), text) {
			t.Errorf("%s lacks %s", name, text)
		}
	}
}

// TestPlugin_hooks_serveBothClients checks what only shows itself when nobody is woken.
func TestPlugin_hooks_serveBothClients(t *testing.T) {
	var file struct {
		Hooks map[string][]struct {
			Matcher string
			Hooks   []struct {
				Command            string
				Async, AsyncRewake bool
			}
		}
	}
	decode(t, plugin+"/hooks/hooks.json", &file)
	script := regexp.MustCompile(`^sh "\$\{CLAUDE_PLUGIN_ROOT\}/([a-z./]+)" (?:start|hook)$`)
	for event, groups := range file.Hooks {
		for _, h := range groups[0].Hooks {
			found := script.FindStringSubmatch(h.Command)
			if found == nil {
				t.Errorf("%s runs %s", event, h.Command)
			} else if _, err := os.Stat(filepath.Join(root, plugin, found[1])); err != nil {
				t.Errorf("%s: %v", event, err)
			}
			// Codex takes asyncRewake alone for a hook that the turn waits for.
			if wakes := event == "Stop"; h.Async != wakes || h.AsyncRewake != wakes {
				t.Errorf("%s: async is %v, asyncRewake %v", event, h.Async, h.AsyncRewake)
			}
		}
	}
	used := file.Hooks["PostToolUse"]
	if len(file.Hooks) != 4 || len(used) != 1 {
		t.Fatalf("hooks of %d events", len(file.Hooks))
	}
	matches := regexp.MustCompile(used[0].Matcher).MatchString
	for _, server := range []string{"mcp__parley__", "mcp__plugin_parley_parley__"} { // Codex, Claude Code
		for tool, seat := range map[string]bool{"join_room": true, "create_room": true, "enter_queue": true,
			"send_message": false, "join_room_2": false} {
			if matches(server+tool) != seat {
				t.Errorf("%s%s: the hook runs: %v", server, tool, !seat)
			}
		}
	}
	for _, server := range []string{"mcp__my_parley__", "mcp__parley-2__", "mcp__plugin_other_parley__",
		"x_mcp__parley__"} {
		if matches(server + "join_room") {
			t.Errorf("the hook runs for %s, whose token is not for the server of the hook", server)
		}
	}
}

// TestPlugin_skills_nameWhatExists checks that each skill has the name of its folder,
// which is the command, and that it names tools and arguments that the server has.
func TestPlugin_skills_nameWhatExists(t *testing.T) {
	found, err := filepath.Glob(filepath.Join(root, plugin, "skills", "*", "SKILL.md"))
	if err != nil || len(found) != 3 {
		t.Fatalf("%v, %v", found, err)
	}
	tools := read(t, "docs/tools.md")
	head := regexp.MustCompile(`(?s)^---\nname: ([a-z]+)\ndescription: [^\n]{20,}\n.*?---\n`)
	term := regexp.MustCompile("`([a-z]+_[a-z_]+)`")
	for _, path := range found {
		text := read(t, strings.TrimPrefix(filepath.ToSlash(path), root+"/"))
		if name := head.FindStringSubmatch(text); name == nil || name[1] != filepath.Base(filepath.Dir(path)) {
			t.Errorf("%s has the head %q", path, name)
		}
		for _, m := range term.FindAllStringSubmatch(text, -1) {
			if !regexp.MustCompile(`\b` + m[1] + `\b`).MatchString(tools) {
				t.Errorf("%s names %s, which docs/tools.md does not have", path, m[1])
			}
		}
	}
}

// Who runs what somebody else has reported has read it, and typed it: no skill, hook, page or sentence of a tool gives
// the words to paste.
func TestCheckOfACommand_isNowhereSuggestedWithTheCommand(t *testing.T) {
	suggested, found := regexp.MustCompile(`task check [^\n]*? -- ([^\s"\x60]+)`), 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && name != root && skipped(name) {
			return cmp.Or(err, filepath.SkipDir)
		}
		if d.IsDir() || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if bytes.ContainsRune(text, 0) { // a program that was built here
			return err
		}
		for _, words := range suggested.FindAllStringSubmatch(string(text), -1) {
			found++
			if words[1] != "COMMAND" {
				t.Errorf("%s suggests %q", name, words[0])
			}
		}
		return err
	})
	if err != nil || found < 5 {
		t.Errorf("%v, %d suggestions", err, found)
	}
}
