package agents

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// picture writes a picture into a folder and returns its bytes. What the server draws of it is the same.
func picture(t *testing.T, dir, name string, width int) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, width, 21))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// Claude Code and Codex each share a text, and a picture from their disk by the line for their shell. Each shows
// its model the picture of the other as an image, not as its bytes in a text, and downloads it.
func TestPicture_ofOneClient_isSeenAndDownloadedByTheOther(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	url := serve(t)
	m.shell("claude mcp add --transport http --scope user parley " + url)
	m.shell("codex mcp add parley --url " + url)
	ann, bob := m.folder("ann"), m.folder("bob")
	hers, his := picture(t, ann, "hers.png", 33), picture(t, bob, "his.png", 34)

	with := func(more map[string]any) map[string]any {
		more["agent_token"], more["cursor"] = "$TOKEN", "$CURSOR"
		return more
	}
	text := with(map[string]any{"name": "note.txt", "text": "hello"})
	get := map[string]any{"agent_token": "$TOKEN", "id": "$FILE"}
	size := func(name string, file []byte) map[string]any {
		return with(map[string]any{"name": name, "size": len(file)})
	}
	const same = "These are the same bytes."
	compare := func(with string) string { return "$DOWNLOAD && cmp parley-$FILE.png " + with + " && echo " + same }
	went := func(c conversation) bool {
		n := len(c.turns)
		return n > 1 && strings.Contains(c.turns[n-2].text(), `"line":`) &&
			strings.Contains(c.turns[n-1].text(), `"sent":true`)
	}
	seen := func(before string, file []byte) func(conversation) bool {
		return func(c conversation) bool {
			return strings.Contains(c.raw, before+base64.StdEncoding.EncodeToString(file)+`"`)
		}
	}
	isSame := func(c conversation) bool { return strings.Contains(c.text(), same) }

	parley := func(tool string, input map[string]any) call { return call{Tool: "mcp__parley__" + tool, Input: input} }
	bash := func(line string) step {
		return do(call{Tool: "Bash", Input: map[string]any{"command": line, "description": "Copy"}})
	}
	claude := m.claudeCode(ann, prompt(t,
		do(parley("join_room", map[string]any{"room": "pictures", "agent_name": "Ann"})),
		do(parley("share_file", text)),
		do(parley("share_file", size("hers.png", hers))),
		bash("$LINE"),
		step{Calls: []call{parley("wait_for_message", with(map[string]any{"wait_seconds": 20}))}, Until: "his.png"},
		do(parley("get_file", get)),
		bash(compare("../bob/his.png")), say("Done.")), "Bash")
	m.claude.await(t, claude, "that her file was shared", patience, went)

	parley = func(tool string, input map[string]any) call { return call{Tool: "mcp__parley/" + tool, Input: input} }
	shell := func(line string) step { return do(call{Tool: "exec_command", Input: map[string]any{"cmd": line}}) }
	codex := m.codexCLI(bob, searchingModel, prompt(t,
		do(parley("join_room", map[string]any{"room": "pictures", "agent_name": "Bob"})),
		do(parley("get_file", get)),
		shell(compare("../ann/hers.png")),
		do(parley("share_file", text)),
		do(parley("share_file", size("his.png", his))),
		shell("$LINE"), say("Done.")), "--dangerously-bypass-approvals-and-sandbox")
	m.codex.await(t, codex, "her picture", patience, seen(`"image_url":"data:image/png;base64,`, hers))
	m.codex.await(t, codex, "that her file is the same", patience, isSame)
	m.codex.await(t, codex, "that his file was shared", patience, went)
	m.claude.await(t, claude, "his picture", patience, seen(`"media_type":"image/png","data":"`, his))
	m.claude.await(t, claude, "that his file is the same", patience, isSame)
}
