package doctor

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/connect"
)

// clients asks of each client that is here whether it uses this server.
func (v *visit) clients(ctx context.Context) {
	found := false
	for _, c := range v.chosen() {
		found = true
		v.client(ctx, c)
	}
	if !found {
		v.warn("clients", v.connectLine("CLIENT"), "none of the clients that parley connect knows is here")
	}
}

// chosen returns the clients to look at.
func (v *visit) chosen() (list []connect.Status) {
	for _, c := range v.Machine.List() {
		if c.ID == v.Client || v.Client == "" && c.Found {
			list = append(list, c)
		}
	}
	return list
}

// connectLine is the line for a shell that makes a client use this server. A person with an
// invite knows what to put in the place of INVITE.
func (v *visit) connectLine(id string) string {
	if v.Invite != "" {
		return "parley connect " + id + " --url INVITE"
	}
	return "parley connect " + id + " --url " + v.Server
}

func (v *visit) client(ctx context.Context, c connect.Status) {
	fix, plugin := v.connectLine(c.ID), pluginIn(v.Machine, c.ID)
	if plugin != "" && c.Server == "" {
		c.Server, fix = plugin, "give the plugin the address "+v.Server
	}
	wrong := Warning // others may be meant for another server
	if v.Client != "" {
		wrong = Failed
	}
	configured, err := client.ParsePlace(c.Server)
	if configured.Key == "" {
		configured.Key = c.Key
	}
	shown := client.Shown(c.Server)
	tell := func(level Level, what string) { v.tell(Result{Check: c.Name, Level: level, What: what, Fix: fix}) }
	switch {
	case c.Err != nil:
		v.fail(c.Name, "correct the file", "its configuration cannot be read: %v", c.Err)
	case c.Server == "" && !c.Found:
		v.tell(Result{Check: c.Name, Level: wrong, What: "it was not found on this machine"})
	case c.Server == "":
		tell(wrong, "it does not know the server")
	case err != nil:
		tell(Failed, "its address of the server makes no sense: "+err.Error())
	case configured.Base == v.Server && plugin == "" && !c.Elsewhere && !v.wire.takes(ctx, configured):
		tell(Failed, "it is configured for "+shown+", but "+keyOf(configured))
	case configured.Base == v.Server:
		v.ok(c.Name, "it is configured for %s", shown)
	case v.room != nil && v.room.isAt(ctx, configured, v.Version):
		v.ok(c.Name, "it is configured for %s, which is the same server", shown)
	default:
		tell(wrong, "it is configured for another address, "+shown)
	}
}

// takes reports whether the server admits what a client is configured to show.
func (w *wire) takes(ctx context.Context, p client.Place) bool {
	return !w.wants || p.Invite != "" || p.Key != "" && w.as(p.Key).knock(ctx) == nil
}

// keyOf says what is wrong with the key that a client shows.
func keyOf(p client.Place) string {
	if p.Key == "" {
		return "has no key"
	}
	return "the server does not admit its key " + client.ShownKey(p.Key)
}

// pluginName is the name of Parley's plugin in both clients that take it.
const pluginName = "parley@parley"

// pluginServer is the address that the plugin for Claude Code uses unless it is told.
const pluginServer = "http://127.0.0.1:8080"

// pluginIn returns the address of the server that the plugin in a client uses; "" if the
// client does not have it.
func pluginIn(m connect.Machine, id string) string {
	file := settingsFile(m, id, "settings.json", "config.toml")
	if file == "" {
		return ""
	}
	text, err := os.ReadFile(file)
	switch {
	case err != nil:
		return ""
	case id == "codex":
		if !strings.Contains(string(text), "[plugins."+`"`+pluginName+`"]`) {
			return ""
		}
		p, _ := client.Server() // it starts parley bridge, which says what is wrong
		return p.Base
	}
	var settings struct {
		Enabled map[string]bool `json:"enabledPlugins"`
		Configs map[string]struct {
			Options struct {
				URL string `json:"url"`
			} `json:"options"`
		} `json:"pluginConfigs"`
	}
	if err := json.Unmarshal(text, &settings); err != nil || !settings.Enabled[pluginName] {
		return ""
	}
	if url := settings.Configs[pluginName].Options.URL; url != "" {
		return url
	}
	return pluginServer
}

// settingsFile returns a file of a client that has hooks and plugins; "" for another one.
func settingsFile(m connect.Machine, id, claudeCode, codex string) string {
	folder := func(env, name string) string {
		if dir := m.Getenv(env); dir != "" {
			return dir
		}
		return filepath.Join(m.Home, name)
	}
	switch id {
	case "claude-code":
		return filepath.Join(folder("CLAUDE_CONFIG_DIR", ".claude"), claudeCode)
	case "codex":
		return filepath.Join(folder("CODEX_HOME", ".codex"), codex)
	}
	return ""
}
