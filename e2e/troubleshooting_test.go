package e2e

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// People search docs/troubleshooting.md for what they see, so that it has to quote the
// program as it speaks.
func TestTroubleshooting_everyQuote_isWhatTheProgramSays(t *testing.T) {
	page, err := os.ReadFile("../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	said := complaints(t)
	// An entry begins with the message; what only begins with a name has no space.
	quotes := regexp.MustCompile("(?m)^\\*\\*`([^`]{12,} [^`]+)`").FindAllStringSubmatch(string(page), -1)
	if len(quotes) != len(said) {
		t.Errorf("the page quotes %d messages, and %d were provoked", len(quotes), len(said))
	}
	for _, quote := range quotes {
		if !strings.Contains(strings.Join(said, "\n"), quote[1]) {
			t.Errorf("the program does not say %q, but:\n%s", quote[1], strings.Join(said, "\n"))
		}
	}
}

// complaints provokes each message that the page quotes.
func complaints(t *testing.T) (said []string) {
	t.Helper()
	c := talk{t, openGo(t, start(t).url, modernProtocol)}
	c.meet("the full room")
	for code, name := range map[string]string{"room_full": "Carol", "name_taken": "Alice"} {
		got := c.refused(code, "join_room", args{"room": "the full room", "agent_name": name})
		said = append(said, got.Code+": "+got.Message)
	}
	return said
}
