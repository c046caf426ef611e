package connect

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	server "github.com/parley-chat/parley/internal/cli/client"
)

// client is one program whose configuration this package edits, in the scope of the user.
type client struct {
	id      string
	name    string
	program string // in the PATH of an installed client; "" if the client has no program
	// file returns the file that lists the MCP servers, below the key.
	file func(Machine) string
	key  string
	// folderFile is the file, in a folder, with the servers for only that folder; "" if there is none.
	folderFile string
	// value returns the entry of a server in the file.
	value func(m Machine, o Options) any
	// allow returns the entry that lets the agent use the tools without asking; nil if no file of the client has such
	// an entry.
	allow func(Machine) placed
	// askActs returns the entries that let the client ask its person before acts that strangers' words may lead to; nil
	// if the client has no such entries that hold.
	askActs func(Machine) []placed
	// wake returns the hooks that wake an idle agent; nil if the client has none.
	wake func(m Machine, base string) []placed
	// plugin returns the mark of an installed Parley plugin; nil if there is no plugin for the client.
	plugin func(Machine) placed
	// signIn is how the client's person signs in to a server; "" for a client that cannot sign in.
	signIn string
	// signedIn returns the access token for an address of MCP in the client's files, and whether the client knows that
	// its sign-in there has ended; nil for a client that keeps no token in a file.
	signedIn func(m Machine, address string) (access string, out bool)
	// trusts: the client asks its person about each new hook before running the hook.
	trusts bool
	// starts: the client starts this program as a server.
	starts bool
	// locks: the client rewrites its file while running, and holds a lock for each write.
	locks bool
}

// placed is an entry and its file.
type placed struct {
	file  string
	entry entry
}

const name = "parley" // of the server in each client

// clients lists the clients in the order for people.
func clients() []client {
	return []client{
		{
			id: "claude-code", name: "Claude Code", program: "claude",
			file: claudeFile, key: "mcpServers", folderFile: ".mcp.json", value: typed, locks: true,
			signIn: "run claude mcp login " + name, signedIn: claudeSignedIn,
			allow: func(m Machine) placed {
				return placed{claudeSettings(m), element("mcp__"+name, "permissions", "allow")}
			},
			askActs: claudeAsksActs, wake: hooksIn(claudeSettings),
			plugin: func(m Machine) placed {
				return placed{claudeSettings(m), value(true, "enabledPlugins", "parley@parley")}
			},
		},
		{
			id: "codex", name: "Codex", program: "codex",
			file: codexFile, key: "mcp_servers", folderFile: ".codex/config.toml", value: keyed("url", "http_headers"),
			signIn: "run codex mcp login " + name, signedIn: codexSignedIn, trusts: true,
			allow: func(m Machine) placed {
				return placed{codexFile(m), value("approve", "mcp_servers", name, "default_tools_approval_mode")}
			},
			wake: hooksIn(func(m Machine) string { return filepath.Join(codexHome(m), "hooks.json") }),
			plugin: func(m Machine) placed {
				return placed{codexFile(m), value(true, "plugins", "parley@parley", "enabled")}
			},
		},
		{
			id: "cursor", name: "Cursor", program: "cursor",
			file: at("home", ".cursor", "mcp.json"), key: "mcpServers", folderFile: ".cursor/mcp.json",
			value: keyed("url", "headers"), signIn: "press Connect at " + name + " in its MCP settings",
		},
		{
			id: "vscode", name: "VS Code", program: "code",
			file: at("config", "Code", "User", "mcp.json"), key: "servers", folderFile: ".vscode/mcp.json",
			value: typed, signIn: "start " + name + " in its list of MCP servers",
		},
		{
			id: "gemini", name: "Gemini CLI", program: "gemini",
			file: geminiFile, key: "mcpServers", folderFile: ".gemini/settings.json",
			value: keyed("httpUrl", "headers"), signIn: "type /mcp auth " + name + " there",
			allow: func(m Machine) placed {
				return placed{geminiFile(m), value(true, "mcpServers", name, "trust")}
			},
		},
		{
			id: "claude-desktop", name: "Claude Desktop",
			file: at("config", "Claude", "claude_desktop_config.json"), key: "mcpServers", value: bridged,
			starts: true,
		},
	}
}

// IDs returns the names of the clients on the command line.
func IDs() []string {
	var ids []string
	for _, c := range clients() {
		ids = append(ids, c.id)
	}
	return ids
}

// MayAllow reports whether connect can let the agent of a client use the tools without asking.
func MayAllow(id string) bool {
	c, err := find(id)
	return err == nil && c.allow != nil
}

func find(id string) (client, error) {
	for _, c := range clients() {
		if c.id == id {
			return c, nil
		}
	}
	return client{}, fmt.Errorf("parley connect does not know the client %q, but only %s; others need only the "+
		"address", id, strings.Join(IDs(), ", "))
}

// value is an entry for one key.
func value(v any, path ...string) entry { return entry{Path: path, Value: encode(v)} }

// element is an entry in a list.
func element(v any, path ...string) entry {
	return entry{Path: path, Value: encode(v), Element: true}
}

// at returns a path in the home folder or in the folder for configuration.
func at(base string, path ...string) func(Machine) string {
	return func(m Machine) string {
		from := m.Home
		if base == "config" {
			from = m.Config
		}
		return filepath.Join(append([]string{from}, path...)...)
	}
}

// endpoint is the address of MCP at a server.
func (o Options) endpoint() string { return o.place().MCP() }

// place is the server, for a guest through the door of the invite.
func (o Options) place() server.Place { return server.Place{Base: o.Server, Invite: o.Invite} }

// headers are the headers of each request of the client; none without a key.
func (o Options) headers() map[string]string {
	if o.Key == "" || o.Invite != "" {
		return nil
	}
	return map[string]string{authorization: bearer + o.Key}
}

const authorization, bearer = "Authorization", "Bearer "

func keyed(url, headers string) func(Machine, Options) any {
	return func(_ Machine, o Options) any {
		v := map[string]any{url: o.endpoint()}
		if h := o.headers(); h != nil {
			v[headers] = h
		}
		return v
	}
}

func typed(_ Machine, o Options) any {
	return struct {
		Type    string            `json:"type"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers,omitempty"`
	}{"http", o.endpoint(), o.headers()}
}

// bridged returns the entry for a client that only starts programs. The bridge finds the key itself. The link of an
// invite is not on the command line, which others can read.
func bridged(m Machine, o Options) any {
	type program struct {
		Command string            `json:"command"`
		Args    []string          `json:"args"`
		Env     map[string]string `json:"env,omitempty"`
	}
	if o.Invite != "" {
		return program{m.Program, []string{"bridge"}, map[string]string{urlEnv: o.place().Address()}}
	}
	return program{Command: m.Program, Args: []string{"bridge", "--url", o.Server}}
}

// urlEnv is the variable with the address for parley bridge.
const urlEnv = server.URLEnv

// claudeFile is the file of Claude Code's servers, which also holds the client's own state. If an old version has left
// .config.json, Claude Code still prefers .config.json.
func claudeFile(m Machine) string {
	if old := filepath.Join(claudeDir(m), ".config.json"); exists(old) {
		return old
	}
	if dir := m.Getenv("CLAUDE_CONFIG_DIR"); dir != "" {
		return filepath.Join(dir, ".claude.json")
	}
	return filepath.Join(m.Home, ".claude.json")
}

func claudeSettings(m Machine) string { return filepath.Join(claudeDir(m), "settings.json") }

// acts are the rules of Claude Code for acts that leave the machine: at a terminal it asks before them in every mode,
// and with --print it refuses them.
var acts = []string{"Bash(git push *)", "Bash(git -C * push *)", "Bash(npm publish *)", "Bash(gh pr merge *)",
	"Bash(gh release *)", "Bash(scp *)", "Bash(rsync *)", "Bash(kubectl *)", "Bash(terraform apply *)"}

func claudeAsksActs(m Machine) (all []placed) {
	for _, rule := range acts {
		all = append(all, placed{claudeSettings(m), element(rule, "permissions", "ask")})
	}
	return all
}

func claudeDir(m Machine) string {
	if dir := m.Getenv("CLAUDE_CONFIG_DIR"); dir != "" {
		return dir
	}
	return filepath.Join(m.Home, ".claude")
}

func codexFile(m Machine) string { return filepath.Join(codexHome(m), "config.toml") }

func codexHome(m Machine) string {
	if dir := m.Getenv("CODEX_HOME"); dir != "" {
		return dir
	}
	return filepath.Join(m.Home, ".codex")
}

func geminiFile(m Machine) string {
	home := m.Home
	if dir := m.Getenv("GEMINI_CLI_HOME"); dir != "" {
		home = dir
	}
	return filepath.Join(home, ".gemini", "settings.json")
}

// matcher matches the tools that give an agent a seat, but only tools of the server that connect writes: the hook gives
// the seat's token to this server.
const matcher = "^mcp__" + name + "__(join_room|create_room|enter_queue)$"

// stopTime is how many seconds a session can stay idle so that its Stop hook can still wake the session.
const stopTime = 8 * 60 * 60

type hook struct {
	Type        string `json:"type"`
	Command     string `json:"command"`
	Async       bool   `json:"async,omitempty"`
	AsyncRewake bool   `json:"asyncRewake,omitempty"`
	Timeout     int    `json:"timeout,omitempty"`
}

type hooks struct {
	Matcher string `json:"matcher,omitempty"`
	Hooks   []hook `json:"hooks"`
}

// hooksIn returns the hooks of a client with hooks in a file. SessionStart gives a session its seats back. PostToolUse
// records the seat that an agent has taken, and starts the program that waits in the agent's place. Stop wakes a
// session of Claude Code that has no other way in: this hook needs both async and asyncRewake, since Codex would wait
// for a hook with asyncRewake alone. SessionEnd marks the seat.
func hooksIn(file func(Machine) string) func(Machine, string) []placed {
	return func(m Machine, base string) []placed {
		line := m.hookLine(base)
		on := func(event string, h hooks) placed {
			e := element(h, "hooks", event)
			e.Mark = line
			return placed{file(m), e}
		}
		once := hook{Type: "command", Command: line}
		waits := hook{Type: "command", Command: line, Async: true, AsyncRewake: true, Timeout: stopTime}
		return []placed{
			on("SessionStart", hooks{"", []hook{once}}),
			on("PostToolUse", hooks{matcher, []hook{once}}),
			on("Stop", hooks{"", []hook{waits}}),
			on("SessionEnd", hooks{"", []hook{once}}),
		}
	}
}

// hookLine is the hook's command line for a shell.
func (m Machine) hookLine(base string) string {
	return commandOf(runtime.GOOS, m.Program) + " hook --url " + plain(base)
}

// commandOf returns the path of a program as the first word of a hook. On Windows three shells run hooks: a path in
// quotes is only a text for PowerShell, and backslashes without quotes are escapes for Git Bash. So the path has
// forward slashes and no quotes, if no character needs quotes. With quotes, Git Bash and cmd.exe run the hook.
func commandOf(system, path string) string {
	if system != "windows" {
		return quoted(path)
	}
	slashed := strings.ReplaceAll(path, `\`, "/")
	if !strings.ContainsAny(slashed, special+",@%^") { // a tilde within a word, as in RUNNER~1, is none
		return slashed
	}
	return `"` + path + `"` // both shells leave a backslash before a letter alone
}

// quoted puts a text into double quotes, in which four characters have a meaning for a POSIX shell.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(text) + `"`
}

// plain quotes an address only if needed.
func plain(base string) string {
	if strings.ContainsAny(base, special+"~") {
		return quoted(base)
	}
	return base
}

// special are the characters that have a meaning for a shell wherever they stand in a word.
const special = " \t\"'`$&;|<>()*?[]{}#!\\"

func exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&fs.ModeDir == 0
}
