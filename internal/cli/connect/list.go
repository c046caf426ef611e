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
	Server   string // the address of MCP, or ""; it may hold a key or an invite
	Key      string // that the client shows the server; "" if none is in the file
	// Elsewhere: the client finds its key in its environment, or starts parley bridge,
	// which has its own.
	Elsewhere bool
	SignIn    string // what its person does to sign in to a server; "" for a client that cannot do that
	// Access is the token of its sign-in at Server; "" if its files have none, as where the system keeps it.
	Access    string
	SignedOut bool // it knows that its sign-in at Server has ended
	// Others are the addresses of the servers in its file that have another name, by name.
	Others map[string]string
	Plugin string // the address that Parley's plugin in it uses; "" without the plugin
	Asks   bool   // it asks its person before each use of the tools, and could be told not to
	Hooked bool   // it runs hooks, which can wake an idle agent
	// Hooks are the command lines of all its hooks.
	Hooks []string
	// Gone is the path under which the client starts this program, if nothing is there.
	Gone string
	Err  error // why its file cannot be read
}

// List returns how each client stands.
func (m Machine) List() []Status {
	var all []Status
	var known record // of a damaged one, Connect and Undo tell
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

// readStatus reads what the client's files say of permission, plugin and hooks.
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
	var events map[string][]hooks
	_ = json.Unmarshal(encode(content(c.wake(m, "")[0].file)["hooks"]), &events) // others are none of ours
	for _, event := range slices.Sorted(maps.Keys(events)) {
		for _, group := range events[event] {
			for _, h := range group.Hooks {
				s.Hooks = append(s.Hooks, h.Command)
			}
		}
	}
}

// pluginServer returns the address that the plugin in a client uses. That for Codex starts parley bridge, which
// takes the server of its person.
func (c client) pluginServer(settings map[string]any) string {
	if c.id == "codex" {
		place, _ := server.Server() // of which the bridge says what is wrong
		return place.Base
	}
	v, _ := lookup(settings, []string{"pluginConfigs", "parley@parley", "options", "url"})
	if url, _ := v.(string); url != "" {
		return url
	}
	return "http://127.0.0.1:8080" // as the plugin has it
}

// content returns a decoded file; nil if it is not there or cannot be read.
func content(path string) (doc map[string]any) {
	if e, err := open(path); err == nil {
		doc, _ = e.format.decode(e.text) // open has read it
	}
	return doc
}

// isInstalled reports whether the client is on this machine: its program, its file, or a folder of its own.
func (c client) isInstalled(m Machine) bool {
	path := c.file(m)
	if _, err := os.Stat(path); err == nil || len(missing(path)) == 0 && filepath.Dir(path) != m.Home {
		return true
	}
	if c.program == "" {
		return false
	}
	_, err := exec.LookPath(c.program)
	return err == nil
}

// shadows returns a sentence for each entry of a single folder that stands before the one of the user there:
// those in the current folder and all around it, as Claude Code reads them, and those that it keeps for other folders.
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

// othersIn returns the addresses of the servers with another name in a client's file. Claude
// Code also lists there those of single folders.
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

// keyIn returns the key that a client's file holds for Parley, or that it is elsewhere.
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
