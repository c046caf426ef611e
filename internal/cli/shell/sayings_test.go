package shell

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// A sentence of the server that changes leaves no saying behind.
func TestSayings_eachIsOfARefusal(t *testing.T) {
	list, err := os.ReadFile("testdata/refusals.golden")
	if err != nil {
		t.Fatal(err)
	}
	messages := []string{"text is missing (only kind agree and withdraw need none)"} // within a "Correct this"
	for line := range strings.Lines(string(list)) {
		if message, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "  - "); ok {
			messages = append(messages, message)
		}
	}
	all, used := sayings(), map[int]bool{}
	rest := slices.DeleteFunc(messages, func(message string) bool {
		i := slices.IndexFunc(all, func(s saying) bool { return s.of.MatchString(message) })
		used[i] = true
		return i >= 0
	})
	for i, s := range all {
		if !used[i] {
			t.Errorf("no refusal begins with %s", s.of)
		}
	}
	next, err := os.ReadFile("testdata/next.golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range slices.Concat(toPeople(), before(), after()) {
		if !slices.ContainsFunc(rest, s.of.MatchString) && !s.of.Match(next) {
			t.Errorf("no sentence has %s", s.of)
		}
	}
}
