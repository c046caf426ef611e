package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// revoke revokes all keys of a label, also those that the server has in mind.
func (s *server) revoke(label string) {
	s.t.Helper()
	s.keys("revoke", label)
	s.kill()
	s.again()
}

func TestHome_key_isCheckedKeptForgottenAndRevoked(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--access", "keys")
	key := s.key("ann")
	tab := s.person().open("/")
	tab.sees("This server needs a key")
	tab.accessible(byDay, "the home page of a server with keys")
	tab.fill(field("Your key"), key[:len(key)-1])
	tab.click(button("Use this key"))
	tab.sees("This key isn't valid here")
	tab.fill(field("Your key"), key)
	tab.click(button("Use this key"))
	tab.sees("Create a room")
	tab.reload()
	tab.sees("Create a room")
	tab.click(button("Remove key"))
	tab.sees("This server needs a key")
	tab.fill(field("Your key"), key)
	tab.click(button("Use this key"))
	tab.sees("Create a room")

	s.revoke("ann")
	tab.reload()
	tab.sees("Your key is no longer accepted")
	tab.click(button("Remove key"))
	tab.sees("This server needs a key")
	if kept := evaluate[string](tab, "JSON.stringify(localStorage)"); strings.Contains(kept, key) {
		t.Errorf("the browser still keeps it: %s", kept)
	}
}

func TestHome_page_hasAManifestAndKeepsItsColorsAndTheClient(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	tab := s.person().open("/")
	tab.sees("Connect your agent")
	manifest := do(tab, page.GetAppManifest, page.GetAppManifestParams{})
	if len(manifest.Errors) > 0 || !strings.Contains(manifest.Data, `"standalone"`) {
		t.Errorf("the manifest is %+v", manifest)
	}
	const background = "getComputedStyle(document.documentElement).backgroundColor"
	light := evaluate[string](tab, background)
	line := tab.shownLines("Codex")[0]
	if got := tab.copied(func() { tab.click(button("Copy instructions for Codex").nth(0)) }); got != line {
		t.Errorf("copied %q, want %q", got, line)
	}
	tab.click(role("radio", "Dark"))
	tab.until("it is dark", background+" !== "+quoted(light))
	tab.reload()
	tab.until("it is dark after a reload", background+" !== "+quoted(light))
	tab.click(role("radio", "System"))
	tab.until("it is as the system", background+" === "+quoted(light))
	tab.sees(line)
	tab.is(css(`.landing-clients input[value="codex"]:checked`))
	tab.click(role("radio", "Codex"))
	tab.press("ArrowRight")
	tab.sees("gemini mcp add")

	// Where the browser keeps nothing, no seat is taken.
	do(tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };`,
	})
	tab.visit("/")
	tab.click(button("Create a room"))
	tab.fill(field("Your name"), "Ann")
	tab.fill(field("Room name"), "Lost")
	tab.click(button("Create room"))
	tab.sees("You would lose your seat right away.")
	if _, err := s.caller("Bot").try("room_info", args{"room": "Lost"}); err == nil {
		t.Error("the room was made")
	}
}
