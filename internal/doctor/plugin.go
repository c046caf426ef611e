package doctor

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/connect"
)

// pluginName is the name of Parley's plugin in both clients that take it.
const pluginName = "parley@parley"

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

// pluginServer is the address that the plugin for Claude Code uses unless it is told.
const pluginServer = "http://127.0.0.1:8080"
