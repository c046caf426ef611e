package connect_test

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/cli/connect"
)

// The entries for writing by hand in docs/clients.md are the entries that connect writes.
func TestDocs_settingsByHand_areThoseOfConnect(t *testing.T) {
	text, err := os.ReadFile("../../../docs/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	docs := string(text)
	_, rest, _ := strings.Cut(docs, "```json\n")
	block, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("there is no block of JSON")
	}
	c := newComputer(t)
	c.Program = "/path/of/parley"
	for _, id := range connect.IDs() {
		allow := id == "claude-code" || id == "gemini" || id == "codex"
		c.connect(connect.Options{Client: id, Server: "http://127.0.0.1:8080", Allow: allow, Wake: true})
		if !strings.Contains(docs, "`parley connect "+id) {
			t.Errorf("there is nothing about %s", id)
		}
	}
	files := c.files()
	for _, name := range []string{".claude/settings.json", ".cursor/mcp.json", ".gemini/settings.json",
		".config/Claude/claude_desktop_config.json"} {
		if !hasJSON(append(strings.Split(docs, "`"), block), files[name]) {
			t.Errorf("the text has no\n%s", files[name])
		}
	}
	for line := range strings.Lines(files[".codex/config.toml"]) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "url") && !strings.Contains(docs, "`"+line+"`") {
			t.Errorf("there is nothing about %s", line)
		}
	}
}

// hasJSON reports whether one of the pieces has the content of the file.
func hasJSON(pieces []string, file string) bool {
	var want any
	if json.Unmarshal([]byte(file), &want) != nil {
		return false
	}
	return slices.ContainsFunc(pieces, func(piece string) bool {
		var got any
		return json.Unmarshal([]byte(piece), &got) == nil && reflect.DeepEqual(got, want)
	})
}
