package connect_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/cli/connect"
)

// Whatever a file looks like, --undo restores the file's bytes; and connect changes no file that it cannot change
// safely.
func TestProperty_undo_restoresTheBytes(t *testing.T) {
	c := newComputer(t)
	written := 0
	rapid.Check(t, func(r *rapid.T) {
		client := rapid.SampledFrom([]string{"claude-code", "codex", "vscode", "gemini"}).Draw(r, "client")
		file, text := map[string]string{"claude-code": ".claude.json", "codex": ".codex/config.toml",
			"vscode": ".config/Code/User/mcp.json", "gemini": ".gemini/settings.json"}[client], ""
		if client == "codex" {
			text = drawTOML(r)
		} else {
			text = drawJSON(r)
		}
		c.put(file, text)
		o := connect.Options{Client: client, Server: server, Allow: client != "vscode",
			Wake: rapid.Bool().Draw(r, "wake")}
		before := c.files()
		if _, err := c.Machine.Connect(o); err == nil {
			written++
		} else if after := c.files(); after[file] != text {
			r.Fatalf("%v, but it wrote\n%s", err, after[file])
		}
		connected := c.files()[file]
		changed := rapid.Bool().Draw(r, "changed")
		if changed { // then the exact record no longer fits, and undo removes the entries one by one
			c.put(file, comment(client)+connected)
		}
		if _, err := c.Machine.Undo(client, false); err != nil {
			r.Fatal(err)
		}
		after := c.files()
		if changed {
			got := strings.TrimPrefix(after[file], comment(client))
			if squeeze(got) != squeeze(text) && !(squeeze(text) == "" && squeeze(got) == "{}") {
				r.Fatalf("%q\nconnected is\n%q\nand back\n%q", text, connected, got)
			}
		} else if fmt.Sprint(after) != fmt.Sprint(before) {
			r.Fatalf("%q\nconnected is\n%q\nand back\n%q", text, connected, after[file])
		}
		c.clear()
	})
	if written == 0 {
		t.Error("no file could be edited")
	}
}

func comment(client string) string {
	if client == "codex" {
		return "# new\n"
	}
	return "// new\n"
}

// squeeze removes white space: white space may differ if a line was a whole object.
func squeeze(text string) string { return strings.Join(strings.Fields(text), "") }

// clear empties the home folder.
func (c *computer) clear() {
	c.t.Helper()
	entries, err := os.ReadDir(c.Home)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(c.Home, e.Name())); err != nil {
			c.t.Fatal(err)
		}
	}
}

// drawJSON makes an object in the style of people: on one line or on many, with tabs or spaces, comments, and commas
// after the last member.
func drawJSON(r *rapid.T) string {
	if rapid.IntRange(0, 19).Draw(r, "empty") == 0 {
		return rapid.SampledFrom([]string{"", "\n", " {}", "{ }\n", "{\n}"}).Draw(r, "nothing")
	}
	w := jsonWriter{r: r, lines: rapid.Bool().Draw(r, "lines"),
		unit: rapid.SampledFrom([]string{"  ", "\t", "    ", ""}).Draw(r, "unit")}
	text := w.object(0, []string{"mcpServers", "servers", "hooks", "permissions", "other"})
	if rapid.Bool().Draw(r, "crlf") {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text + rapid.SampledFrom([]string{"", "\n", "\n\n", " // end\n"}).Draw(r, "end")
}

type jsonWriter struct {
	r     *rapid.T
	lines bool
	unit  string
}

func (w jsonWriter) object(depth int, keys []string) string {
	var members []string
	for _, key := range keys {
		if !rapid.Bool().Draw(w.r, key) {
			continue
		}
		value := rapid.SampledFrom([]string{`"text // no comment"`, "1.50", "null", "[]", "{}",
			"[1, [2,3] ]"}).Draw(w.r, "value")
		switch key {
		case "mcpServers", "servers":
			value = w.object(depth+1, []string{"files", "search"})
		case "permissions":
			value = rapid.SampledFrom([]string{`{"allow":["a"]}`, `{"allow": [ ], "deny": ["b"] }`, "{}"}).Draw(w.r,
				"permissions")
		case "hooks":
			value = rapid.SampledFrom([]string{`{"Stop":[ {"hooks":[]} ]}`, `{"PostToolUse": [],}`, "{}"}).Draw(w.r,
				"hooks")
		}
		members = append(members, fmt.Sprintf("%q:%s%s", key, w.maybe(" "), value))
	}
	return w.join("{", members, "}", depth)
}

// maybe returns the text or nothing.
func (w jsonWriter) maybe(text string) string {
	if rapid.Bool().Draw(w.r, "maybe") {
		return text
	}
	return ""
}

func (w jsonWriter) join(begin string, members []string, end string, depth int) string {
	var out strings.Builder
	out.WriteString(begin)
	for i, m := range members {
		if w.lines {
			out.WriteString(w.maybe(" // before") + "\n" + strings.Repeat(w.unit, depth+1))
		}
		out.WriteString(m)
		if i < len(members)-1 || w.maybe(",") != "" {
			out.WriteString(w.maybe("/* after */") + "," + w.maybe(" "))
		}
	}
	if w.lines {
		out.WriteString(w.maybe(" // last") + "\n" + strings.Repeat(w.unit, depth))
	}
	out.WriteString(w.maybe(" ") + end)
	return out.String()
}

// drawTOML makes a file of tables and comments. Some tables are in the way.
func drawTOML(r *rapid.T) string {
	pieces := rapid.SliceOfN(rapid.SampledFrom([]string{
		"# a comment\n", "\n", "[mcp_servers.files]\ncommand = \"npx\" # mine\n", "[mcp_servers.search.env]\nA = 'b'\n",
		"[tui]\nnotifications = true", "[[skills]]\nname = \"x\"\n",
		"[mcp_servers.parley]\nurl = \"" + server + "/mcp\"\n",
		"[other]\ntext = \"\"\"\n[mcp_servers.parley]\nurl = \"" + server + "/mcp\"\n\"\"\"\n", "[mcp_servers]\n",
		"[features]\nhooks = true\n\n\n",
		"[dotted]\na.b.c = 1 \n", "[mcp_servers.\"quoted name\"]\nurl = 'x'\r\n",
	}), 0, 5).Draw(r, "pieces")
	text := rapid.SampledFrom([]string{"", "model = \"gpt\" # best\n", "mcp_servers = {}\n",
		"mcp_servers.files.command = \"npx\"\n"}).Draw(r, "top")
	for _, p := range pieces {
		text += p
		if !strings.HasSuffix(text, "\n") && rapid.Bool().Draw(r, "newline") {
			text += "\n"
		}
	}
	return text
}
