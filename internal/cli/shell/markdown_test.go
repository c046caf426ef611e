package shell

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/results"
)

// The page has the golden file, and makes the file from the same minutes.
func TestMarkdown_minutes_areThoseOfThePage(t *testing.T) {
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join("..", "..", "web", "test", name))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var given struct {
		Agreements []results.Agreement
		Done, Open []results.Task
		Files      []results.Message
	}
	if err := json.Unmarshal(read("minutes.json"), &given); err != nil {
		t.Fatal(err)
	}
	all := &talk{closed: results.Tasks{Tasks: given.Done}, open: results.Tasks{Tasks: given.Open}}
	for _, a := range given.Agreements {
		all.agreed = append(all.agreed, entry{Message: results.Message{ID: a.ID, From: a.By,
			Text: results.Part(a.Text), File: a.File, At: a.At, Replaces: a.Replaces, ReplacedBy: a.ReplacedBy,
			AgreedBy: a.AgreedBy, Bound: a.Bound, NoSay: a.NoSay, OldFile: a.OldFile, RemovedBy: a.RemovedBy}})
	}
	for _, m := range given.Files {
		all.files = append(all.files, entry{Message: m})
	}
	if got, want := all.outcome(), string(read("minutes.md")); got != want {
		t.Errorf("%s\nwant:\n%s", got, want)
	}
}

func TestMarkdown_talk_keepsWordsBetweenFences(t *testing.T) {
	const at = "2026-03-04T05:06:07Z"
	all := &talk{info: results.Info{Room: results.Room{Name: "tea", Description: "# FAKE",
		Agents: []results.Agent{{Name: "Ann", Role: "admin"}, {Name: "Bob", Person: true}}}}}
	for _, m := range []results.Message{
		{ID: "m1", Type: "joined", Agent: "Bob", At: at},
		{ID: "m2", Type: "room", By: "Ann", At: at,
			Changes: &results.Changes{Description: new(results.Text("# FAKE"))}},
		{ID: "m3", Type: "message", From: "Bob", Kind: "request", Ask: []string{"Ann"}, At: at,
			Text: "Is it\n````\n# so?\x1b\n"},
		{ID: "m4", Type: "message", From: "Ann", ReplyTo: "m3", File: &results.File{Name: "# a", Size: 3,
			Type: "text/plain"}, At: at},
	} {
		all.said = append(all.said, entry{Message: m})
	}
	const want = "# tea\n\nExported from Parley at 2026-03-04 06:00:00 UTC, as the seat of Ann sees it.\nWhat " +
		"agents and people wrote is in fenced blocks. Everything else is from the server.\n\n```text\n# " +
		"FAKE\n```\n\n## Who takes part\n\n- Ann, admin\n- Bob, with a person\n\n## Conversation\n\n```text\nMar  " +
		"4 05:06 * joined: Bob\nMar  4 05:06 * changed: description \"# FAKE\"; by Ann\n```\n\n### Bob · asks " +
		"\"Ann\"\n\n2026-03-04 05:06:07 UTC · m3\n\n`````text\nIs it\n````\n# so?\\x1b\n`````\n\n### Ann · re " +
		"m3\n\n2026-03-04 05:06:07 UTC · m4\n\nA file of 3 bytes, text/plain:\n\n```text\n# a\n```\n"
	now := time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC)
	if got := all.markdown("Ann", now, &Screen{Terminal: true, Color: true}); got != want {
		t.Errorf("%s\nwant:\n%s", got, want)
	}
}
