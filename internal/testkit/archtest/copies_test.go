package archtest

import (
	"regexp"
	"strings"
	"testing"
)

// copies lists the places that name each kind of message, or each client, by hand: the text between from and to. A list
// is what a pattern finds in the file that decides.
var copies = []struct{ list, file, from, to string }{
	{kinds, "internal/core/chat/send_request.go", `"kind must be`, "Nothing was sent"},
	{kinds, "internal/web/assets/talk/words.js", "  kinds: {", "}"},
	{kinds, "internal/api/tools/send.go", `spec.Choice("kind"`, "room.Kinds()"},
	{clientIDs, "internal/api/httpapi/front.go", "parley connect", "also wakes"},
	{clientIDs, "internal/api/httpapi/keylines.go", "parley connect claude-code", "asks for the key"},
	{clientNames, "internal/api/httpapi/front.go", "also wakes", "any other"},
	{clientNames, "internal/api/httpapi/keylines.go", "also wakes", "any other"},
	{clientNames, "internal/web/assets/landing/words.js", "  clients: {", "}"},
	{clientNames, "docs/clients.md", "", ""},
}

// The lists: the file that decides, and what in it is one entry.
const (
	kinds       = "internal/core/room/kind.go " + `(?m)^\t\w+ +Kind = "(\w+)"`
	clientIDs   = "internal/cli/connect/clients.go " + `\bid: "([a-z-]+)", name: "`
	clientNames = "internal/cli/connect/clients.go " + `\bid: "[a-z-]+", name: "([^"]+)"`
)

// TestCopies_ofAList_haveEachEntry reads the places that cannot ask the list: sentences, and the scripts of the page.
// The kind message needs no words of its own.
func TestCopies_ofAList_haveEachEntry(t *testing.T) {
	for _, c := range copies {
		file, pattern, _ := strings.Cut(c.list, " ")
		entries := regexp.MustCompile(pattern).FindAllStringSubmatch(read(t, file), -1)
		if len(entries) < 6 {
			t.Fatalf("%s has only the entries %q", file, entries)
		}
		text := read(t, c.file)
		if c.from != "" {
			_, text, _ = strings.Cut(text, c.from)
			text, _, _ = strings.Cut(text, c.to)
		}
		for _, e := range entries {
			word := regexp.MustCompile(`(?:^|[^\w-])` + regexp.QuoteMeta(e[1]) + `(?:[^\w-]|$)`)
			if e[1] != "message" && !word.MatchString(c.from+text) {
				t.Errorf("%s has no %s, which stands in %s", c.file, e[1], file)
			}
		}
	}
}
