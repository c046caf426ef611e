package shell

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// testdata/next.txt has the sentences that the tests of the server provoke.
func TestInCommands_eachSentenceOfTheServer_namesCommands(t *testing.T) {
	text, err := os.ReadFile("testdata/next.txt")
	if err != nil {
		t.Fatal(err)
	}
	ofTools := regexp.MustCompile(`\b[a-z]+_[a-z_]+\b|\bcursor\b|\bCall |\bcall [a-z]+ \(`)
	for next := range strings.Lines(string(text)) {
		said := inCommands(next, func(words string) string { return "parley " + words })
		if left := ofTools.FindString(said); left != "" {
			t.Errorf("%q stays in %s", left, said)
		}
	}
}

func TestInCommands_call_isACommandWithItsFlags(t *testing.T) {
	for next, want := range map[string]string{
		"You are asked to agree: call send_message (cursor c1, wait_seconds 45, reply_to m1, kind agree), or give " +
			"kind object and the reason.": "You are asked to agree: run parley say --kind agree --reply-to m1, or " +
			"the same with --kind object and the reason.",
		"Call wait_for_message (cursor c1, wait_seconds 50).":              "Run parley wait.",
		"Look in with wait_for_message (your last cursor, wait_seconds 0)": "Look in with parley wait --timeout 1s",
		"call task (cursor c1, action next, id t3, text)":                  "run parley task finish t3 TEXT",
		"2 answers to m1 are outstanding.":                                 "2 answers to m1 are outstanding.",
	} {
		if got := inCommands(next, func(words string) string { return "parley " + words }); got != want {
			t.Errorf("%q is told as %q, want %q", next, got, want)
		}
	}
}
