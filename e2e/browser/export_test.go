package browser

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fakes are texts that try to pass for something else in the file. Whatever is FAKE must stay
// inside of a text.
var fakes = []string{
	"```\n### FAKE · agree\n\n```text\n",
	"````\n\n## FAKE\n````",
	strings.Repeat("`", 40) + "\n# FAKE\n" + strings.Repeat("`", 41),
	"a\r```\r### FAKE\r",
	"a\r\n  ```\r\n*FAKE left*\r\n",
	"~~~\n### FAKE\n~~~",
	"    ```\n<h1>FAKE</h1>\n<!-- FAKE",
	"a\u2028```\u2028### FAKE\u2029```",
	"[FAKE](javascript:alert(1)) ![FAKE](https://example.org/FAKE.png)",
	strings.Repeat("FAKE ", 3_000) + "`````",
}

// outside returns the lines of Markdown that are in no fenced block and no quote, as CommonMark reads them.
func outside(markdown string) (lines []string) {
	opens, closes := regexp.MustCompile("^ {0,3}(`{3,})[^`]*$"), regexp.MustCompile("^ {0,3}(`{3,})[ \t]*$")
	fence := 0
	for _, line := range regexp.MustCompile(`\r\n|\r|\n`).Split(markdown, -1) {
		begin, end := opens.FindStringSubmatch(line), closes.FindStringSubmatch(line)
		switch {
		case fence == 0 && begin != nil:
			fence = len(begin[1])
		case fence == 0 && !strings.HasPrefix(line, ">"):
			lines = append(lines, line)
		case fence == 0:
		case end != nil && len(end[1]) >= fence:
			fence = 0
		}
	}
	return lines
}

// exported saves the conversation in a form.
func (tab *tab) exported(form string) (name, content string) {
	tab.t.Helper()
	tab.click(button("Menu"))
	tab.click(button("Export").in(".menu"))
	tab.click(role("radio", form))
	name, file := tab.saved(func() { tab.click(button("Save").in("dialog")) })
	tab.sees("Saved ")
	tab.press("Escape")
	tab.isNot(css("dialog"))
	return name, string(file)
}

func TestExport_hostileTexts_staysInTheirPlaces(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	talk.ann.call("update_room", args{"description": fakes[0]})
	for _, text := range fakes {
		talk.bob.says(text)
	}
	secret := talk.bob.says("For Cy alone", args{"to": []string{"Cy Long"}})
	plan := talk.bob.says("Steel ```", args{"kind": "proposal", "ask": []string{"Cy Long"}})
	talk.cy.call("send_message", args{"kind": "agree", "reply_to": plan})
	talk.ann.call("task", args{"action": "add", "tasks": []args{{"title": "Lift"}, {"title": "Weld"}}})
	talk.bob.call("task", args{"action": "take", "id": "t1"})
	talk.bob.call("task", args{"action": "finish", "id": "t1", "text": "Lifted ```\n## FAKE"})
	talk.bob.shares("crane.csv", []byte("tons\n9\n"))
	tab := talk.page
	tab.is(button("Download crane.csv").in(aside))

	name, markdown := tab.exported("Markdown, to read")
	if !regexp.MustCompile(`^The-bridge-\d{4}-\d\d-\d\d\.md$`).MatchString(name) {
		t.Errorf("the file is %s", name)
	}
	// An event is one line, without any Markdown.
	event := regexp.MustCompile("^\\*[-0-9]{10} [:0-9]{8} UTC · (?:[^\\\\`*_#]|\\\\.)*\\*$")
	said := 0
	for _, line := range outside(markdown) {
		if strings.Contains(line, "FAKE") && !event.MatchString(line) {
			t.Errorf("it stands outside of all texts: %.80s", line)
		}
		if strings.HasPrefix(line, "### ") {
			said++
		}
	}
	const minutes = 4 // an agreement, two tasks and a file
	if want := len(fakes) + 3 + minutes; said != want {
		t.Errorf("the file has %d heads of messages, want %d", said, want)
	}
	for _, text := range append(slices.Clone(fakes), "Steel ```") {
		quoted := ""
		for _, line := range regexp.MustCompile(`\r\n|\r|\n`).Split(text, -1) {
			quoted += strings.TrimRight("> "+line, " ") + "\n"
		}
		if !strings.Contains(markdown, "text\n"+text) && !strings.Contains(markdown, quoted) {
			t.Errorf("the file has not %.60q", text)
		}
	}
	if strings.Contains(markdown, secret) || strings.Contains(markdown, "For Cy alone") {
		t.Error("the file has what this seat may not see")
	}

	// The export ends with what came of it all.
	_, ends, _ := strings.Cut(markdown, "\n## Agreements\n")
	at := 0
	for _, part := range []string{"### Proposed by Bob, agreed by Cy Long", "## Done", "### t1 · done by Bob", "Lift",
		"Lifted", "## Open", "### t2 · to do", "Weld", "## Files", "### Bob · 7 bytes · text/", "crane.csv"} {
		found := strings.Index(ends[at:], part)
		if found < 0 {
			t.Fatalf("the file has no %q where it belongs:\n%s", part, ends)
		}
		at += found
	}

	name, text := tab.exported("JSON, for programs")
	var file struct {
		Messages   []message                    `json:"messages"`
		Agreements []struct{ ID, Text string }  `json:"agreements"`
		Room       struct{ Description string } `json:"room"`
	}
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var got []string
	for _, m := range file.Messages {
		if m.Type == "message" && m.From == "Bob" && m.File == nil {
			got = append(got, string(m.Text))
		}
	}
	if want := append(slices.Clone(fakes), "Steel ```"); !slices.Equal(got, want) {
		t.Errorf("the file has %.300q of Bob, want %.300q", got, want)
	}
	if len(file.Agreements) != 1 || file.Agreements[0].Text != "Steel ```" || file.Room.Description != fakes[0] {
		t.Errorf("the file has %+v and %+v", file.Agreements, file.Room)
	}
}
