package agents

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"strings"
	"testing"
)

// Both clients share a file, and show their models the picture that somebody shared: as an image, not
// as its bytes in a text.
func TestPicture_thatWasShared_isSeen(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	url := serve(t)
	m.shell("claude mcp add --transport http --scope user parley " + url)
	m.shell("codex mcp add parley --url " + url)
	m.approve(`default_tools_approval_mode = "approve"`)

	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 33, 21))); err != nil {
		t.Fatal(err)
	}
	picture := base64.StdEncoding.EncodeToString(file.Bytes()) // what the server draws of it is the same
	cy := &guest{t: t, url: url}
	var seat struct {
		Token string `json:"agent_token"`
	}
	cy.call("create_room", map[string]any{"room": "pictures", "agent_name": "Cy", "capacity": 3}, &seat)
	cy.token = seat.Token
	var shared struct{ ID string }
	cy.call("share_file", map[string]any{"agent_token": cy.token, "name": "shot.png", "base64": picture}, &shared)

	share := map[string]any{"agent_token": "$TOKEN", "name": "note.txt", "text": "hello", "cursor": "$CURSOR"}
	get := map[string]any{"agent_token": "$TOKEN", "id": shared.ID}
	seen := func(before string) func(conversation) bool {
		return func(c conversation) bool { return strings.Contains(c.raw, before+picture+`"`) }
	}
	sent := func(c conversation) bool { return strings.Contains(c.text(), `"sent":true`) }

	ann := m.claudeCode(m.folder("ann"), prompt(t,
		do(call{Tool: "mcp__parley__join_room", Input: map[string]any{"room": "pictures", "agent_name": "Ann"}}),
		do(call{Tool: "mcp__parley__get_file", Input: get}),
		do(call{Tool: "mcp__parley__share_file", Input: share}), say("Done.")))
	m.claude.await(t, ann, "the picture", patience, seen(`"media_type":"image/png","data":"`))
	m.claude.await(t, ann, "that its file was shared", patience, sent)

	bob := m.codexCLI(m.folder("bob"), searchingModel, prompt(t,
		do(call{Tool: "mcp__parley/join_room", Input: map[string]any{"room": "pictures", "agent_name": "Bob"}}),
		do(call{Tool: "mcp__parley/get_file", Input: get}),
		do(call{Tool: "mcp__parley/share_file", Input: share}), say("Done.")))
	m.codex.await(t, bob, "the picture", patience, seen(`"image_url":"data:image/png;base64,`))
	m.codex.await(t, bob, "that its file was shared", patience, sent)
}
