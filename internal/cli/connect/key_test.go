package connect_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/cli/connect"
)

// The client needs the key in its file. Nobody else on the machine needs the key, and no terminal shows it.
func TestConnect_key_isForTheClientAlone(t *testing.T) {
	const other = "pk_zyxwvtsrqpnmkjhgfedcba9876543210zz"
	for _, id := range connect.IDs() {
		t.Run(id, func(t *testing.T) {
			c := newComputer(t)
			c.connect(connect.Options{Client: id, Wake: true})
			for name, text := range c.files() {
				if text != "/" {
					c.put(name, text)
					if err := os.Chmod(filepath.Join(c.Home, name), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
			before := c.files()
			for _, o := range []connect.Options{{Key: key}, {Key: other}, {Invite: invite},
				{Invite: invite[:20] + "zzzzzzz"}} {
				o.Client, o.Wake = id, true
				secret := o.Key + o.Invite
				report := c.connect(o)
				text, err := json.Marshal(report.Changes)
				if said := c.shown(report) + string(text); err != nil || strings.Contains(said, secret) {
					t.Errorf("it shows %s, %v", said, err)
				}
				if bridge := id == "claude-desktop"; len(report.Changes) == 0 && (!bridge || o.Invite != "") {
					t.Errorf("it shows no change")
				} else if bridge && o.Key != "" {
					continue // the bridge has a separate file
				}
				c.isAloneIn(secret)
			}
			c.connect(connect.Options{Client: id, Wake: true})
			c.is(before, "without a key again")
			c.undo(id)
			c.connect(connect.Options{Client: id, Key: key})
			if said := c.shown(c.undo(id)); strings.Contains(said, key) {
				t.Errorf("--undo shows %s", said)
			}
		})
	}
}

// isAloneIn fails unless the secret is in exactly one file, readable only by its owner, and in no command line of a
// hook or a program.
func (c *computer) isAloneIn(secret string) {
	c.t.Helper()
	var in []string
	for name, text := range c.files() {
		for line := range strings.Lines(text) {
			if strings.Contains(line, secret) && (strings.Contains(line, "command") || strings.Contains(line, "--")) {
				c.t.Errorf("a command line in %s has it: %s", name, line)
			}
		}
		if strings.Contains(text, secret) {
			in = append(in, name)
		}
	}
	if len(in) != 1 {
		c.t.Fatalf("it is in %v", in)
	}
	if info, err := os.Stat(filepath.Join(c.Home, in[0])); err != nil || info.Mode().Perm() != 0o600 {
		c.t.Errorf("%s: %v, %v", in[0], info.Mode(), err)
	}
}

func TestConnect_keyInAFileThatCannotBeEdited_isNotShown(t *testing.T) {
	c := newComputer(t)
	c.put(".codex/config.toml", `mcp_servers = { files = { command = "npx" } }`)
	_, err := c.Machine.Connect(connect.Options{Client: "codex", Server: server, Key: key})
	if err == nil || !strings.Contains(err.Error(), `http_headers = { Authorization = "Bearer pk_01234567…" }`) {
		t.Errorf("%v", err)
	}
}

func TestList_key_isThatOfTheClient(t *testing.T) {
	c := newComputer(t)
	c.connect(connect.Options{Client: "claude-code", Key: key})
	c.connect(connect.Options{Client: "claude-desktop", Key: key})
	c.connect(connect.Options{Client: "gemini", Invite: invite})
	c.put(".codex/config.toml", "[mcp_servers.parley]\nurl = \""+server+
		"/mcp\"\nbearer_token_env_var = \"PARLEY_KEY\"\n")
	c.put(".cursor/mcp.json", `{"mcpServers":{"parley":{"url":"`+server+
		`/mcp","headers":{"Authorization":"Bearer ${env:PARLEY_KEY}"}}}}`)
	for _, s := range c.Machine.List() {
		var ok bool
		switch s.ID {
		case "claude-code":
			ok = s.Key == key && !s.Elsewhere
		case "gemini":
			ok = s.Key == "" && !s.Elsewhere && strings.Contains(s.Server, invite)
		case "vscode":
			ok = s.Key == "" && !s.Elsewhere
		default:
			ok = s.Key == "" && s.Elsewhere
		}
		if !ok {
			t.Errorf("%+v", s)
		}
	}
}
