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

// The forms in which each payload is said.
var wrappings = []func(string) string{
	func(s string) string { return s },
	func(s string) string { return "```html\n" + s + "\n```" },
	func(s string) string {
		return "1. [" + s + "](http://evil.example/ \"" + s + "\")\n\n   > ![" + s + "](" + s + ")"
	},
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
		for _, wrap := range wrappings {
			sent = append(sent, bob.says(wrap(strings.TrimSuffix(payload, "\n"))))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(monsters)) {
		sent = append(sent, bob.says("**"+name+"**"), bob.says(monsters[name]))
	}
	slices.Sort(sent)
	p := s.person()
	tab := p.open(ann.watch)
	tab.is(css(".log-rows"))
	tab.visit("about:blank")
	for _, size := range []struct{ width, height int64 }{{1440, 900}, {360, 740}} {
		saw := p.walks(withoutFragment(ann.watch), size.width, size.height)
		if len(saw.Problems) > 0 {
			t.Errorf("at %d px: %d problems, such as\n%s", size.width, len(saw.Problems),
				strings.Join(saw.Problems[:min(10, len(saw.Problems))], "\n"))
		}
		if !slices.Equal(saw.IDs, sent) {
			t.Errorf("at %d px %d messages were seen of %d", size.width, len(saw.IDs), len(sent))
		}
		own := regexp.MustCompile(`^(Today|Yesterday|New|Ann's Codex, Bob's Claude, and Cy joined\s.*)$`)
		for _, line := range saw.Lines {
			if !own.MatchString(line) {
				t.Errorf("at %d px the server says %q", size.width, line)
			}
		}
	}
}

func TestTalk_linkOfAnAgent_saysWhereItLeads(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bob, _ := threeOf(t, s, "Links")
	bob.says("[https://bank.example](https://evil.example/x) <https://bank.example@evil2.example/> ![a " +
		"plot](https://evil3.example/p.png) " +
		"[nowhere](javascript:alert) and https://example.com/a, [http://plain.example](http://plain.example), " +
		"main.rs, [own](/r/other) " +
		"[**https://bank.example/**evil4.example](http://evil4.example/) " +
		"[`bank.example/`evil5.example](http://evil5.example/) <https://:bank.example@evil6.example/>")
	tab := s.person().open(ann.watch)
	tab.sees("(evil.example)")
	tab.sees("(evil2.example)")
	tab.sees("a plot (evil3.example)")
	tab.sees("(evil4.example)")
	tab.sees("(evil5.example)")
	tab.sees("(evil6.example)")
	tab.sees("nowhere (javascript:alert)")
	tab.sees("own (/r/other)")
	got := evaluate[string](tab, `[...document.querySelectorAll(".message-text a")].map((a) => a.href).join(" ")`)
	want := "https://evil.example/x https://bank.example@evil2.example/ https://evil3.example/p.png " +
		"https://example.com/a http://plain.example/ " +
		"http://evil4.example/ http://evil5.example/ https://:bank.example@evil6.example/"
	if got != want {
		t.Errorf("the links are %s, want %s", got, want)
	}
	if text := tab.text(); strings.Contains(text, "(plain.example)") || strings.Contains(text, "(example.com)") {
		t.Errorf("an address is followed by its own host: %s", text)
	}
}
