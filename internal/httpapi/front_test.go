package httpapi

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// The page of a server with keys has a place for a key in each line, which scripts fill.
func TestFront_ofAServerWithKeys_hasAPlaceForAKeyInEachLine(t *testing.T) {
	page := func(s *site) string {
		r, err := http.DefaultClient.Do(s.get("/"))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if open := page(newSite(t)); !strings.Contains(open, "claude mcp add") || strings.Contains(open, KeyPlaceholder) {
		t.Errorf("without keys it says\n%s", open)
	}
	g := newGated(t)
	text := page(g.site)
	if !strings.Contains(text, "needs a key") || !strings.Contains(text, g.url+"/k/"+KeyPlaceholder+"/mcp\n") {
		t.Errorf("with keys it says\n%s", text)
	}
	for _, client := range []string{"Claude Code", "Codex", "Gemini CLI", "VS Code", "Cursor", "Claude Desktop"} {
		_, lines, _ := strings.Cut(text, "  "+client)
		if i, next := strings.Index(lines, KeyPlaceholder), regexp.MustCompile(`\n  \w`).FindStringIndex(lines); i < 0 || next != nil && i > next[0] {
			t.Errorf("no place for a key for %s", client)
		}
	}
}
