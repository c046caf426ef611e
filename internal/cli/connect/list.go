package connect

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	server "github.com/parley-chat/parley/internal/cli/client"
)

// Status says how a client stands.
type Status struct {
	ID, Name string
	Found    bool
	// NotInPath is the name of the client's program if the PATH has no such program. The client may be installed
	// elsewhere, or Connect has written its files before it is installed.
	NotInPath string
	Server    string // the address of MCP, or ""; may hold a key or an invite
	Key       string // the client's key for the server; "" if the file has none
	// Elsewhere: the client has its key in the environment, or starts parley bridge, which has its own key.
	Elsewhere bool
	SignIn    string // how the client's person signs in to a server; "" if the client cannot sign in
	// Access is the token of the sign-in at Server; "" if the client's files have no token, for example because the
	// system keeps the token.
	Access    string
	SignedOut bool // the client knows that its sign-in at Server has ended
	// Others are the addresses of servers under other names in the client's file, by name.
	Others map[string]string
	Plugin string // the address that Parley's plugin in the client uses; "" without the plugin
	Asks   bool   // the client asks before each use of the tools, and could be told not to
	Hooked bool   // the client runs hooks, which can wake an idle agent
	// Hooks are the command lines of all the client's hooks.
	Hooks []string
	// Idle are those of Hooks that the client does not run. PluginIdle says so of the plugin's hooks.
	Idle       []string
	PluginIdle bool
	// Gone is the path at which the client starts this program, if the path does not exist.
	Gone string
	Err  error // why the client's file cannot be read
}

// List returns how each client stands.
func (m Machine) List() []Status {
	var all []Status
	var known record // Connect and Undo report a damaged record
	_ = m.readRecord(func(r *record) error { known = *r; return nil })
	for _, c := range clients() {
		path := c.file(m)
		s := Status{ID: c.id, Name: c.name, Found: c.isInstalled(m), SignIn: c.signIn}
		e, err := open(path)
		if err != nil {
			s.Err = err
		} else if doc, err := e.format.decode(e.text); err == nil {
			s.Server = serverIn(doc, c.key)
			s.Key, s.Elsewhere = keyIn(doc, c.key)
			s.Others = othersIn(doc, c.key)
		}
		if c.signedIn != nil && s.Server != "" {
			s.Access, s.SignedOut = c.signedIn(m, s.Server)
		}
		if c.program != "" && !c.isInPath() {
			s.NotInPath = c.program
		}
		c.readStatus(m, &s)
		if program := known.of(c, m).Program; program != "" && s.Err == nil {
			if _, err := os.Stat(program); errors.Is(err, fs.ErrNotExist) {
				s.Gone = program
			}
		}
		all = append(all, s)
	}
	return all
}

// readStatus reads permission, plugin and hooks from the client's files.
func (c client) readStatus(m Machine, s *Status) {
	if c.allow != nil {
		permission := c.allow(m)
		s.Asks = permission.entry.in(content(permission.file)) != held
	}
	if c.plugin != nil {
		mark := c.plugin(m)
		if doc := content(mark.file); mark.entry.in(doc) == held {
			s.Plugin = c.pluginServer(doc)
		}
	}
	if c.wake == nil {
		return
	}
	s.Hooked = true
	file := c.wake(m, "")[0].file
	trusted, plugin := trustedInCodex(content(c.file(m)))
	s.PluginIdle = c.trusts && s.Plugin != "" && !plugin
	var events map[string][]hooks
	_ = json.Unmarshal(encode(content(file)["hooks"]), &events) // others are none of ours
	for _, event := range slices.Sorted(maps.Keys(events)) {
		for at, group := range events[event] {
			for n, h := range group.Hooks {
				s.Hooks = append(s.Hooks, h.Command)
				if c.trusts && !h.inCodex(trusted, file, event, group.Matcher, at, n) {
					s.Idle = append(s.Idle, h.Command)
				}
			}
		}
	}
}

// pluginServer returns the address that the plugin in a client uses. The plugin for Codex starts parley bridge, which
// uses the person's server.
func (c client) pluginServer(settings map[string]any) string {
	if c.id == "codex" {
		place, _ := server.Server() // the bridge reports the error
		return place.Base
	}
	v, _ := lookup(settings, []string{"pluginConfigs", "parley@parley", "options", "url"})
	if url, _ := v.(string); url != "" {
		return url
	}
	return "http://127.0.0.1:8080" // the default of the plugin
}

// content returns a decoded file; nil if the file does not exist or cannot be read.
func content(path string) (doc map[string]any) {
	if e, err := open(path); err == nil {
		doc, _ = e.format.decode(e.text) // open has decoded the text already
	}
	return doc
}

// isInstalled reports whether the client is on this machine: as a program, a file, or a separate folder.
func (c client) isInstalled(m Machine) bool {
	path := c.file(m)
	if _, err := os.Stat(path); err == nil || len(missing(path)) == 0 && filepath.Dir(path) != m.Home {
		return true
	}
	return c.program != "" && c.isInPath()
}

func (c client) isInPath() bool {
	_, err := exec.LookPath(c.program)
	return err == nil
}

// shadows returns a sentence for each entry of a single folder that takes precedence there over the user's entry:
// entries in the current folder and all folders around it, as Claude Code reads them, and the entries that Claude Code
// keeps for other folders.
func (c client) shadows(m Machine, mcp string) (all []string) {
	note := func(folder, path, url string) {
		if url != "" && url != mcp {
			all = append(all, fmt.Sprintf("In %s, %s uses the entry %s of %s, which leads to %s: remove it there.",
				folder, c.name, name, path, server.Shown(url)))
		}
	}
	for dir, last := m.Folder, ""; dir != last && c.folderFile != ""; dir, last = filepath.Dir(dir), dir {
		if path := filepath.Join(dir, filepath.FromSlash(c.folderFile)); path != c.file(m) {
			note(dir, path, serverIn(content(path), c.key))
		}
	}
	folders, _ := content(c.file(m))["projects"].(map[string]any)
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		if is, ok := folders[folder].(map[string]any); ok {
			note(folder, c.file(m), serverIn(is, c.key))
		}
	}
	return all
}

// serverIn returns the address of Parley in a client's file.
func serverIn(doc map[string]any, key string) string {
	for _, at := range []string{"url", "httpUrl"} {
		if v, ok := lookup(doc, []string{key, name, at}); ok {
			url, _ := v.(string)
			return url
		}
	}
	if v, ok := lookup(doc, []string{key, name, "env", urlEnv}); ok {
		url, _ := v.(string)
		return url
	}
	v, _ := lookup(doc, []string{key, name, "args"})
	args, _ := v.([]any)
	if i := slices.Index(args, any("--url")); i >= 0 && i+1 < len(args) {
		url, _ := args[i+1].(string)
		return url
	}
	return ""
}

// othersIn returns the addresses of servers under other names in a client's file. The file of Claude Code also lists
// servers of single folders.
func othersIn(doc map[string]any, key string) map[string]string {
	all := map[string]string{}
	add := func(servers any) {
		list, _ := servers.(map[string]any)
		for is := range list {
			v, _ := lookup(list, []string{is, "url"})
			if url, _ := v.(string); is != name && url != "" {
				all[is] = url
			}
		}
	}
	add(doc[key])
	folders, _ := doc["projects"].(map[string]any)
	for folder := range folders {
		servers, _ := lookup(folders, []string{folder, key})
		add(servers)
	}
	return all
}

// keyIn returns the key for Parley in a client's file, or that the key is elsewhere.
func keyIn(doc map[string]any, key string) (is string, elsewhere bool) {
	for _, at := range []string{"headers", "http_headers"} {
		v, _ := lookup(doc, []string{key, name, at, authorization})
		header, _ := v.(string)
		if k, ok := strings.CutPrefix(header, bearer); ok && !strings.Contains(k, "$") {
			return k, false
		}
		elsewhere = elsewhere || header != "" // of a variable
	}
	for _, at := range []string{"bearer_token_env_var", "env_http_headers", "command"} {
		_, there := lookup(doc, []string{key, name, at})
		elsewhere = elsewhere || there
	}
	return "", elsewhere
}
