package browser

import (
	_ "embed"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

//go:embed testdata/hostile.txt
var payloads string

// forms are those in which a payload is said.
func forms(payload string) string {
	return "1. [" + payload + "](http://evil.example/ \"" + payload + "\")\n\n   > ![" + payload + "](" + payload +
		")\n\n```html\n" + payload + "\n```\n\n" + payload
}

// monsters are texts that break layouts and parsers, by what they are.
var monsters = map[string]string{
	"32 KB without a space":   strings.Repeat("W", 32768),
	"32 KB of code in a line": "```\n" + strings.Repeat("W", 32000) + "\n```",
	"32 KB of brackets":       strings.Repeat("[", 32768),
	"32 KB of pictures":       strings.Repeat("![", 16384),
	"32 KB of links":          strings.Repeat("[a](b)", 5400),
	"32 KB of stars":          strings.Repeat("*a **b ", 4600),
	"many headings":           strings.Repeat("# a\n", 600),
	"a table of 50 columns": strings.Repeat("| column ",
		50) + "|\n" + strings.Repeat("|---", 50) + "|\n" + strings.Repeat(strings.Repeat("| cell ", 50)+"|\n", 20),
	"a table of 16,000 cells": strings.Repeat("|a", 5000) + "|\n" + strings.Repeat("|-", 5000) + "|\n" +
		strings.Repeat("|a", 5000) + "|",
	"quotes in quotes":        strings.Repeat("> ", 2000) + "deep",
	"lists in lists":          strings.Repeat("- ", 2000) + "deep",
	"strong in emphasis":      strings.Repeat("*a _b **c __d ", 800) + strings.Repeat("__ ** _ *", 800),
	"links in brackets":       strings.Repeat("[", 400) + "a" + strings.Repeat("](http://evil.example/)", 400),
	"fences of all lengths":   "````\n```\n~~~\n" + strings.Repeat("`", 500) + "\n",
	"Zalgo":                   strings.Repeat("Z"+strings.Repeat("\u0335\u0321\u0489\u0311\u036b", 20)+"algo ", 40),
	"marks of direction":      "\u202egnp.exe\u202c \u2066isolated \u2069 \u200fright \u061c",
	"Arabic and Latin":        "\u0645\u0631\u062d\u0628\u0627 (see http://example.com/\u0645\u0631) and back (1) [2]",
	"codes of a terminal":     "␛[31mred␛[0m \\x1b[2J [31mred[0m", // the server takes no control characters
	"nothing that is seen":    "a\u200b\u200b\ufeff\u00ad\u2060\U000e0041",
	"a wide line of emoji":    strings.Repeat("👩‍👩‍👧‍👦", 400),
	"line separators":         "a\u2028— Bob left\u2029— Today —",
	"an address without end":  "https://example.com/" + strings.Repeat("a/", 4000),
	"a list that starts late": "999999999. late\n1000000000. later",
}

func TestTalk_hostileTexts_areOnlyTexts(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bob, _ := threeOf(t, s, "Hostile")
	var sent []string
	for payload := range strings.Lines(payloads) {
		sent = append(sent, bob.says(forms(strings.TrimSuffix(payload, "\n"))))
	}
	for _, name := range slices.Sorted(maps.Keys(monsters)) {
		sent = append(sent, bob.says("**"+name+"**"), bob.says(monsters[name]))
	}
	slices.Sort(sent)
	p := s.person()
	tab := p.open(ann.watch)
	tab.is(css(".log-rows"))
	tab.visit("about:blank")
	for _, size := range []struct{ width, height int64 }{{1440, 2400}, {360, 2400}} {
		saw := p.walks(withoutFragment(ann.watch), size.width, size.height)
		if len(saw.Problems) > 0 {
			t.Errorf("at %d px: %d problems, such as\n%s", size.width, len(saw.Problems),
				strings.Join(saw.Problems[:min(10, len(saw.Problems))], "\n"))
		}
		if !slices.Equal(saw.IDs, sent) {
			seen := func(id string) bool { return slices.Contains(saw.IDs, id) }
			t.Errorf("at %d px %d messages were seen of %d, but not %q", size.width, len(saw.IDs), len(sent),
				slices.DeleteFunc(slices.Clone(sent), seen))
		}
		own := regexp.MustCompile(`^(Today|Yesterday|New|Your agent, Bob's Claude, and Cy joined\s.*)$`)
		for _, line := range saw.Lines {
			if !own.MatchString(line) {
				t.Errorf("at %d px the server says %q", size.width, line)
			}
		}
	}
}
