package connect_test

import (
	"encoding/json"
	"os"
	"path/filepath"
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

// A golden file has the files of a home folder before and after `parley connect CLIENT
// --allow`, and what it showed.
func TestConnect_files_becomeThoseOfTheGoldenFile(t *testing.T) {
	golden, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(golden) < 2*len(connect.IDs()) {
		t.Fatal(golden, err)
	}
	for _, path := range golden {
		t.Run(filepath.Base(path), func(t *testing.T) {
			client, with, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".txt"), "_")
			parts := sections(t, path)
			c := newComputer(t)
			for name, text := range parts {
				if file, ok := strings.CutPrefix(name, "before "); ok {
					c.put(file, text)
				}
			}
			before := c.files()
			allow := slices.Contains([]string{"claude-code", "codex", "gemini"}, client)
			o := connect.Options{Client: client, Allow: allow, Wake: true}
			switch with {
			case "key":
				o.Key = key
			case "invite":
				o.Invite = invite
			}

			dry := o
			dry.DryRun = true
			shown := c.shown(c.connect(dry))
			c.is(before, "after a dry run")

			if again := c.shown(c.connect(o)); again != shown {
				t.Errorf("it shows\n%s\nand in a dry run\n%s", again, shown)
			}
			compare(t, path, parts, c.files(), shown)

			after := c.files()
			if report := c.connect(o); len(report.Changes) > 0 {
				t.Errorf("a second run shows %s", c.shown(report))
			}
			c.is(after, "after a second run")
			c.undo(client)
			c.is(before, "after --undo")
			if report := c.undo(client); len(report.Changes) > 0 {
				t.Errorf("a second --undo shows %s", c.shown(report))
			}
		})
	}
}
