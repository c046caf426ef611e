package connect_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/cli/connect"
)

func TestConnect_otherAddress_replacesItAndKeepsWhatWasAllowed(t *testing.T) {
	for _, client := range []string{"claude-code", "codex", "gemini"} {
		c := newComputer(t)
		c.put(".codex/config.toml", "model = \"gpt\"\n")
		before := c.files()
		c.connect(connect.Options{Client: client, Allow: true, Wake: true})
		first := c.files()
		report := c.connect(connect.Options{Client: client, Server: "https://other.example", Wake: true})
		if shown := c.shown(report); strings.Contains(shown, "approve") || strings.Contains(shown, "trust") ||
			strings.Contains(shown, "mcp__parley\"") {
			t.Errorf("%s: it shows what stays as it was:\n%s", client, shown)
		}
		want := map[string]string{}
		for name, text := range first {
			want[name] = strings.ReplaceAll(text, server, "https://other.example")
		}
		c.is(want, client+" at another address")
		c.undo(client)
		c.is(before, client+" after --undo")
	}
}

func TestConnect_withoutWaking_takesTheHooksOut(t *testing.T) {
	c := newComputer(t)
	c.connect(connect.Options{Client: "claude-code"})
	want := c.files()
	c.connect(connect.Options{Client: "claude-code", Wake: true})
	if len(c.files()) <= len(want) {
		t.Error("there are no hooks")
	}
	c.connect(connect.Options{Client: "claude-code"})
	c.is(want, "without the hooks again")
}

// A person's changes since connect stay, and connect's own entries go.
func TestUndo_fileHasChanged_takesOutOnlyWhatIsUnchanged(t *testing.T) {
	c := newComputer(t)
	c.put(".claude/settings.json", "{\n  \"model\": \"opus\"\n}\n")
	c.connect(connect.Options{Client: "claude-code", Allow: true, Wake: true})
	c.edit(".claude.json", `"mcpServers": {`,
		"\"numStartups\": 3,\n  \"mcpServers\": {\n    \"files\": {\"command\": \"npx\"},")
	c.edit(".claude/settings.json", `"timeout": 28800`, `"timeout": 60`)
	c.edit(".claude/settings.json", `"mcp__parley"`, "\"mcp__parley\",\n      \"Read\" // mine")
	report := c.undo("claude-code")
	if shown := c.shown(report); !strings.Contains(shown, "hooks.Stop has changed since") {
		t.Errorf("it shows\n%s", shown)
	}
	c.is(map[string]string{
		".claude": "/",
		".claude.json": `{
  "numStartups": 3,
  "mcpServers": {
    "files": {"command": "npx"}
  }
}
`,
		".claude/settings.json": `{
  "model": "opus",
  "permissions": {
    "allow": [
      "Read" // mine
    ]
  },
  "hooks": {
    "Stop": [
      {
        "hooks": [
          {
            "type": "command",
            "command": "\"/opt/my tools/parley\" hook --url https://parley.example/team",
            "async": true,
            "asyncRewake": true,
            "timeout": 60
          }
        ]
      }
    ]
  }
}
`,
	}, "after --undo")
}

// Codex adds to a server's table what its person has approved.
func TestUndo_tableHasGrown_leavesItAndItsComments(t *testing.T) {
	c := newComputer(t)
	c.connect(connect.Options{Client: "codex"})
	c.edit(".codex/config.toml", "[mcp_servers.parley]\n", "# top\n[mcp_servers.parley] # mine\n")
	c.edit(".codex/config.toml", "/mcp\"\n", "/mcp\" # here\ntool_timeout_sec = 300\n")
	grown := c.files()
	if shown := c.shown(c.undo("codex")); !strings.Contains(shown, "mcp_servers.parley has changed since") {
		t.Errorf("it shows\n%s", shown)
	}
	c.is(grown, "after --undo")
}

func TestUndo_otherTablesCame_takesTheTableOut(t *testing.T) {
	c := newComputer(t)
	c.put(".codex/config.toml", "# mine\nmodel = \"gpt\"")
	c.connect(connect.Options{Client: "codex", Allow: true})
	c.edit(".codex/config.toml", "model", "# the best\nmodel")
	text := c.files()[".codex/config.toml"]
	c.put(".codex/config.toml", text+"\n# trusted\n[hooks.state.\"x\"]\nurl = \""+server+"/mcp\"\n")
	c.undo("codex")
	c.is(map[string]string{
		".codex": "/",
		".codex/config.toml": "# mine\n# the best\nmodel = \"gpt\"\n\n# trusted\n[hooks.state.\"x\"]\nurl = \"" +
			server + "/mcp\"\n",
	}, "after --undo")
}

func TestConnect_filesThatItMustNotTouch_areRefused(t *testing.T) {
	const plugin = `{"enabledPlugins":{"parley@parley":true}}`
	for name, c := range map[string]struct{ client, file, text, want string }{
		"damaged JSON":  {"cursor", ".cursor/mcp.json", `{"mcpServers": {`, "cannot be read"},
		"a list":        {"cursor", ".cursor/mcp.json", `[]`, "cannot be read"},
		"damaged TOML":  {"codex", ".codex/config.toml", "a = 1\n[mcp_servers", "line 2"},
		"damaged hooks": {"codex", ".codex/hooks.json", `{"hooks": `, "hooks.json cannot be read"},
		"another server": {"claude-code", ".claude.json",
			`{"mcpServers":{"parley":{"type":"http","url":"https://elsewhere.example/mcp","headers":{"Key":"secret"}}}}`, "another mcpServers.parley"},
		"no object": {"gemini", ".gemini/settings.json", `{"mcpServers": []}`, "edited safely"},
		"an inline table": {"codex", ".codex/config.toml",
			`mcp_servers = { files = { command = "npx", env = { A = "secret" } } }`, "add this to it"},
		"the Claude plugin": {"claude-code", ".claude/settings.json", plugin, "plugin parley@parley"},
		"the Codex plugin": {"codex", ".codex/config.toml", "[plugins.\"parley@parley\"]\nenabled = true\n",
			"plugin parley@parley"},
		"trust that is off": {"gemini", ".gemini/settings.json",
			`{"mcpServers":{"parley":{"httpUrl":"` + server + `/mcp","trust":false}}}`,
			"another mcpServers.parley.trust"},
		"a key under a text": {"vscode", ".config/Code/User/mcp.json", `{"servers":"secret"}`, "servers"},
	} {
		t.Run(name, func(t *testing.T) {
			on := newComputer(t)
			on.put(c.file, c.text)
			before := on.files()
			o := connect.Options{Client: c.client, Server: server, Allow: c.client == "gemini", Wake: true}
			_, err := on.Machine.Connect(o)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("the error is %v", err)
			}
			on.is(before, "after the refusal")
			if report := on.undo(c.client); len(report.Changes) > 0 {
				t.Error("the refusal left a record behind")
			}
		})
	}
}

func TestConnect_linkAndPermissions_stay(t *testing.T) {
	c := newComputer(t)
	c.put("dotfiles/mcp.json", "{}")
	if err := os.Mkdir(filepath.Join(c.Home, ".cursor"), 0o700); err != nil {
		t.Fatal(err)
	}
	link, target := filepath.Join(c.Home, ".cursor", "mcp.json"), filepath.Join(c.Home, "dotfiles", "mcp.json")
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	if err := os.Chmod(target, 0o604); err != nil {
		t.Fatal(err)
	}
	c.connect(connect.Options{Client: "cursor"})
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	info, err = os.Stat(target)
	if err != nil || info.Mode().Perm() != 0o604 {
		t.Errorf("the file is %v, %v", info, err)
	}
	if text := c.files()["dotfiles/mcp.json"]; !strings.Contains(text, server) {
		t.Errorf("the file is %s", text)
	}
	if err := os.Remove(target); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Machine.Connect(connect.Options{Client: "cursor", Server: server}); err == nil {
		t.Error("it replaced a link that leads nowhere")
	}
}

// Somebody made the file read-only on purpose, or another program makes the file. Its folder lets any program replace
// it.
func TestConnect_readOnlyFile_isRefusedBeforeAnythingIsWritten(t *testing.T) {
	for client, file := range map[string]string{"claude-code": ".claude/settings.json", "codex": ".codex/hooks.json"} {
		c := newComputer(t)
		chmod := func(mode fs.FileMode) {
			if err := os.Chmod(filepath.Join(c.Home, file), mode); err != nil {
				t.Fatal(err)
			}
		}
		refuses := func(when string, do func() (connect.Report, error)) {
			before := c.files()
			if report, err := do(); err == nil || !strings.Contains(err.Error(), " is read-only, and nothing was") ||
				!strings.Contains(err.Error(), filepath.Base(file)) {
				t.Errorf("%s %s: %+v, %v", when, client, report, err)
			}
			c.is(before, when+" of "+client)
		}
		c.put(file, "{\"hooks\": {}}")
		chmod(0o400)
		o := connect.Options{Client: client, Server: server, Wake: true}
		for _, o.DryRun = range []bool{true, false} {
			refuses("connect", func() (connect.Report, error) { return c.Machine.Connect(o) })
		}
		o.Wake = false
		c.connect(o) // and leaves this file as it is
		c.undo(client)
		chmod(0o600)
		o.Wake = true
		c.connect(o)
		chmod(0o444)
		refuses("--undo", func() (connect.Report, error) { return c.Machine.Undo(client, false) })
		chmod(0o600) // for the end of the test
	}
}

// Homes of several people on one machine, and several homes of one person.
func TestConnect_secondHome_isAConnectionOfItsOwn(t *testing.T) {
	c := newComputer(t)
	homes := map[string]string{"CLAUDE_CONFIG_DIR": filepath.Join(c.Home, "work claude"),
		"CODEX_HOME": filepath.Join(c.Home, "work codex"), "GEMINI_CLI_HOME": filepath.Join(c.Home, "work gemini")}
	for _, client := range []string{"claude-code", "codex", "gemini"} {
		c.Getenv = func(string) string { return "" }
		c.connect(connect.Options{Client: client, Wake: true})
		first := c.files()
		c.Getenv = func(name string) string { return homes[name] }
		c.connect(connect.Options{Client: client, Wake: true})
		for name := range c.files() {
			if _, ok := first[name]; !ok && !strings.HasPrefix(name, "work ") {
				t.Errorf("%s wrote %s", client, name)
			}
		}
		c.undo(client)
		c.is(first, client+" after --undo in the second home")
	}
}

// Claude Code writes its file while holding the lock. The write must not undo the connection, even if Claude Code has
// read the file before; and the connection must not undo the write.
func TestConnect_clientHoldsItsLock_waitsForIt(t *testing.T) {
	c := newComputer(t)
	c.put(".claude.json", "{\"numStartups\": 1}\n")
	lock := filepath.Join(c.Home, ".claude.json.lock")
	if err := os.Mkdir(lock, 0o700); err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() { c.connect(connect.Options{Client: "claude-code"}) })
	c.put(".claude.json", "{\"numStartups\": 2}\n")
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	done.Wait()
	c.is(map[string]string{".claude.json": "{\"numStartups\": 2, \"mcpServers\": " +
		"{\"parley\":{\"type\":\"http\",\"url\":\"" + server + "/mcp\"}}}\n"}, "after both")
}

// Claude Code writes without the lock if it does not get the lock in time. Then the old content comes back after
// connect has written, and after --undo.
func TestConnect_clientWritesOverIt_writesItAgain(t *testing.T) {
	c := newComputer(t)
	without := "{\"numStartups\": 1}\n"
	c.put(".claude.json", without)
	clientWrites := func(old string) {
		var once sync.Once
		c.Sleep = func(time.Duration) {
			once.Do(func() { c.put(".claude.json", strings.Replace(old, "1", "2", 1)) })
		}
	}
	clientWrites(without)
	report := c.connect(connect.Options{Client: "claude-code"})
	with := "{\"numStartups\": 2, \"mcpServers\": {\"parley\":{\"type\":\"http\",\"url\":\"" + server + "/mcp\"}}}\n"
	c.is(map[string]string{".claude.json": with}, "after connect")
	if len(report.Changes) != 1 {
		t.Errorf("it reports %v", report.Changes)
	}
	clientWrites(strings.Replace(with, "2", "1", 1))
	c.undo("claude-code")
	c.is(map[string]string{".claude.json": "{\"numStartups\": 2}\n"}, "after --undo")
}

// The client's write without the lock, between the read and the write of connect, stays.
func TestConnect_clientWritesWithoutItsLock_losesNothing(t *testing.T) {
	c := newComputer(t)
	c.put(".claude.json", "{\"numStartups\": 0}\n")
	startups := 0
	c.Getenv = func(string) string { // Connect asks for the file's place before and after reading the file
		if _, err := os.Stat(filepath.Join(c.Home, ".claude.json.lock")); err == nil && startups < 3 {
			startups++
			c.put(".claude.json", fmt.Sprintf("{\"numStartups\": %d}\n", startups))
		}
		return ""
	}
	c.connect(connect.Options{Client: "claude-code"})
	c.is(map[string]string{".claude.json": "{\"numStartups\": 3, \"mcpServers\": " +
		"{\"parley\":{\"type\":\"http\",\"url\":\"" + server + "/mcp\"}}}\n"}, "after connect")
}

func TestConnect_lockThatWasLeftBehind_isTaken(t *testing.T) {
	c := newComputer(t)
	lock := filepath.Join(c.Home, ".claude.json.lock")
	old := time.Now().Add(-time.Hour)
	if err := errors.Join(os.Mkdir(lock, 0o700), os.Chtimes(lock, old, old)); err != nil {
		t.Fatal(err)
	}
	c.connect(connect.Options{Client: "claude-code"})
	if files := c.files(); len(files) != 1 || !strings.Contains(files[".claude.json"], server) {
		t.Errorf("the files are %v", files)
	}
}

func TestList_eachClient_saysHowItStands(t *testing.T) {
	c := newComputer(t)
	t.Setenv("PATH", c.Home)
	for _, s := range c.Machine.List() {
		if s.Found || s.Server != "" || s.Err != nil {
			t.Errorf("on an empty machine: %+v", s)
		}
	}
	c.put(".cursor/mcp.json", "{")
	c.put("codex", "")
	if err := os.Chmod(filepath.Join(c.Home, "codex"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"claude-code", "gemini", "claude-desktop"} {
		c.connect(connect.Options{Client: id})
	}
	for _, s := range c.Machine.List() {
		var ok bool
		switch s.ID {
		case "claude-code", "gemini":
			ok = s.Found && s.Server == server+"/mcp"
		case "claude-desktop":
			ok = s.Found && s.Server == server
		case "codex":
			ok = s.Found && s.Server == ""
		case "cursor":
			ok = s.Found && s.Err != nil
		case "vscode":
			ok = !s.Found
		}
		if !ok {
			t.Errorf("%+v", s)
		}
	}
}

func TestList_clientOrPlugin_saysWhatItAllowsAndRuns(t *testing.T) {
	for name, c := range map[string]struct {
		allow, wake bool
		hooks       int
	}{"asks": {}, "allows": {allow: true}, "wakes": {wake: true, hooks: 4}} {
		t.Run(name, func(t *testing.T) {
			machine := newComputer(t)
			for _, id := range connect.IDs() {
				allow := c.allow && machine.Check(connect.Options{Client: id, Allow: true}) == nil
				machine.connect(connect.Options{Client: id, Allow: allow, Wake: c.wake})
			}
			for _, s := range machine.Machine.List() {
				hooked, hooks := s.ID == "claude-code" || s.ID == "codex", 0
				if hooked {
					hooks = c.hooks
				}
				asks := !c.allow && machine.Check(connect.Options{Client: s.ID, Allow: true}) == nil
				if s.Asks != asks || s.Hooked != hooked || len(s.Hooks) != hooks || s.Plugin != "" {
					t.Errorf("%+v; want asks %v, %d hooks", s, asks, hooks)
				}
			}
		})
	}
	c := newComputer(t)
	t.Setenv("PARLEY_URL", server)
	c.put(".claude/settings.json", `{"enabledPlugins":{"parley@parley":true},"pluginConfigs":{"parley@parley":`+
		`{"options":{"url":"`+server+`"}}}}`)
	c.put(".codex/config.toml", "[plugins.\"parley@parley\"]\nenabled = true\n")
	for _, s := range c.Machine.List() {
		if (s.Plugin == server) != s.Hooked {
			t.Errorf("%s has the plugin for %q", s.ID, s.Plugin)
		}
	}
}

// edit replaces a text in a file, as a person or the client does.
func (c *computer) edit(name, old, now string) {
	c.t.Helper()
	text := c.files()[name]
	if !strings.Contains(text, old) {
		c.t.Fatalf("%s has no %s:\n%s", name, old, text)
	}
	c.put(name, strings.Replace(text, old, now, 1))
}

// The rules of a person stay, also one that connect would have written, and connect's rules stay until --undo.
func TestConnect_askActs_writesRulesBesideThePersonsOwn(t *testing.T) {
	c := newComputer(t)
	const own = "{\n  \"permissions\": {\n    \"ask\": [\"Bash(git push *)\", \"Bash(make deploy)\"]\n  }\n}\n"
	c.put(".claude/settings.json", own)
	before := c.files()
	shown := c.shown(c.connect(connect.Options{Client: "claude-code", AskActs: true, DryRun: true}))
	c.is(before, "a dry run")
	rules := []string{"git -C * push *", "npm publish *", "gh pr merge *", "gh release *", "scp *", "rsync *",
		"kubectl *", "terraform apply *"}
	for _, rule := range rules {
		if strings.Count(shown, "+ \"Bash("+rule+")\"\n") != 1 || strings.Contains(shown, "\"Bash(git push *)\"") {
			t.Errorf("it shows no %s, or a rule that is there\n%s", rule, shown)
		}
	}
	c.connect(connect.Options{Client: "claude-code", AskActs: true, Allow: true, Wake: true})
	c.connect(connect.Options{Client: "claude-code", Server: "https://other.example"})
	var settings struct {
		Permissions struct{ Ask, Allow []string }
	}
	if err := json.Unmarshal([]byte(c.files()[".claude/settings.json"]), &settings); err != nil {
		t.Fatal(err)
	}
	want := []string{"Bash(git push *)", "Bash(make deploy)"}
	for _, rule := range rules {
		want = append(want, "Bash("+rule+")")
	}
	if got := settings.Permissions; !slices.Equal(got.Ask, want) || !slices.Equal(got.Allow, []string{"mcp__parley"}) {
		t.Errorf("the permissions are %+v, want %q", got, want)
	}
	again := connect.Options{Client: "claude-code", Server: "https://other.example", Wake: true}
	c.connect(again)
	for _, undo := range []connect.Options{{AskActs: true}, {Allow: true}} {
		undo.Client = again.Client
		for _, undo.DryRun = range []bool{true, false} {
			if report, err := c.Machine.UndoFlags(undo); err != nil || len(report.Changes) != 1 {
				t.Fatalf("--undo with %+v: %+v, %v", undo, report.Changes, err)
			}
		}
		c.connect(again) // brings none back
		text := c.files()[".claude/settings.json"]
		if strings.Contains(text, "scp") || strings.Contains(text, `"mcp__parley"`) == undo.Allow ||
			!strings.Contains(text, "make deploy") || !strings.Contains(text, "hook --url") {
			t.Errorf("after --undo with %+v: %s", undo, text)
		}
		if report, err := c.Machine.UndoFlags(undo); err != nil || len(report.Changes) > 0 {
			t.Errorf("once more: %+v, %v", report.Changes, err)
		}
	}
	c.undo("claude-code")
	c.is(before, "after --undo")
	for _, id := range connect.IDs()[1:] {
		if err := c.Machine.Check(connect.Options{Client: id, AskActs: true}); err == nil ||
			!strings.Contains(err.Error(), "claude-code alone has. Run its agent in a sandbox") {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// Claude Code and Codex read no file that begins with one.
func TestConnect_fileBeginsWithAByteOrderMark_writesItWithout(t *testing.T) {
	for client, file := range map[string]string{"claude-code": ".claude.json", "codex": ".codex/config.toml"} {
		c := newComputer(t)
		for _, text := range []string{"", map[string]string{"claude-code": "{\"a\": 1}\n",
			"codex": "a = 1\n"}[client]} {
			c.put(file, "\ufeff"+text)
			before := c.files()
			c.connect(connect.Options{Client: client})
			if got := c.files()[file]; strings.HasPrefix(got, "\ufeff") || !strings.Contains(got, server) {
				t.Errorf("%s: %q", client, got)
			}
			c.undo(client)
			before[file] = text
			c.is(before, client+" after --undo")
		}
	}
}

func TestConnect_claudeCodeHasAnEntryForAFolder_isSaid(t *testing.T) {
	c := newComputer(t)
	c.put(".claude.json", `{"projects": {"/src/a": {"mcpServers": {"parley": {"url": "https://other.example/mcp"}}},
		"/src/b": {"mcpServers": {"parley": {"url": "`+server+`/mcp"}, "files": {"command": "npx"}}}, "/src/c": {}}}`)
	report := c.connect(connect.Options{Client: "claude-code"})
	if len(report.Shadows) != 1 || !strings.HasPrefix(report.Shadows[0],
		"In /src/a, Claude Code uses the entry parley of ") {
		t.Errorf("%q", report.Shadows)
	}
}

// Claude Code reads the files of all folders around the current folder, also above the home folder.
func TestConnect_entryOfAFolderAround_isSaid(t *testing.T) {
	c := newComputer(t)
	c.Folder = filepath.Join(c.Home, "src", "a")
	other := `{"mcpServers": {"parley": {"url": "https://other.example/mcp"}}}`
	for _, folder := range []string{"..", ".", "src"} {
		c.put(filepath.Join(folder, ".mcp.json"), other)
	}
	report := c.connect(connect.Options{Client: "claude-code"})
	if len(report.Shadows) != 3 || !strings.HasPrefix(report.Shadows[0], "In "+filepath.Join(c.Home, "src")+", ") ||
		!strings.HasPrefix(report.Shadows[2], "In "+filepath.Dir(c.Home)+", ") {
		t.Errorf("%q", report.Shadows)
	}
	c.connect(connect.Options{Client: "cursor", Server: "https://other.example"})
	if report := c.connect(connect.Options{Client: "cursor"}); len(report.Shadows) != 0 { // the user's own file
		t.Errorf("%q", report.Shadows)
	}
}
