package browser

import (
	"regexp"
	"testing"
)

var inviteForm = regexp.MustCompile(`/i/([0-9a-z]+)`)

// inviteOf returns the code in the invite that an agent was given.
func inviteOf(t *testing.T, a *agent) string {
	t.Helper()
	found := inviteForm.FindStringSubmatch(a.invite)
	if found == nil {
		t.Fatalf("no code in %q", a.invite)
	}
	return found[1]
}

// shownLines returns what the page says to paste for one client.
func (tab *tab) shownLines(name string) []string {
	tab.t.Helper()
	tab.click(role("radio", name))
	return evaluate[[]string](tab,
		`[...document.querySelectorAll(".landing-client code")].map((line) => line.textContent)`)
}
