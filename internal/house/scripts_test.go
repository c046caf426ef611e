package house

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The scripts of the page, and what is measured otherwise: libraries of others, and a table
// of words.
const scripts = "internal/page/assets"

var noScripts = []string{"vendor.js", "words.js"}

// TestScripts_stayShort holds the scripts of the page to the measure of Go. They are
// indented so that the line that closes a block begins where the line that opens it does.
func TestScripts_stayShort(t *testing.T) {
	files := 0
	for _, glob := range []string{"*.js", "*/*.js"} {
		names, err := filepath.Glob(filepath.Join(root, scripts, glob))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if slices.Contains(noScripts, filepath.Base(name)) {
				continue
			}
			files++
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
			if n := len(lines); n > fileLines {
				t.Errorf("%s: %d lines, at most %d: split it by subject", name, n, fileLines)
			}
			for _, long := range longBlocks(lines) {
				t.Errorf("%s:%d: a block of more than %d lines", name, long, longestFunc)
			}
		}
	}
	if files < 20 {
		t.Errorf("found only %d scripts in %s", files, scripts)
	}
}

var opensBlock = regexp.MustCompile(`^( *)([^ ].*)[({\[]$`)

// longBlocks returns the numbers of the lines at which a block opens that is too long. A
// class may be as long as a file.
func longBlocks(lines []string) (found []int) {
	for i, line := range lines {
		opened := opensBlock.FindStringSubmatch(line)
		if opened == nil || strings.HasPrefix(strings.TrimPrefix(opened[2], "export "), "class ") {
			continue
		}
		closes := func(line string) bool {
			rest, ok := strings.CutPrefix(line, opened[1])
			return ok && rest != "" && strings.ContainsAny(rest[:1], ")}]")
		}
		if end := slices.IndexFunc(lines[i+1:], closes); end+2 > longestFunc {
			found = append(found, i+1)
		}
	}
	return found
}

func TestLongBlocks_areThoseOfFunctions(t *testing.T) {
	body := strings.Repeat("    go();\n", longestFunc-1)
	for text, want := range map[string]int{
		"export function far() {\n" + body + "}\n":                   1,
		"class Far {\n  method() {\n" + body + "  }\n}\n":            2,
		"const far = useMemo(\n  () => {\n" + body + "  },\n);\n":    1,
		"export class Far {\n" + body + body + "}\n":                 0,
		"function near() {\n" + body[:len(body)-10] + "}\nnext();\n": 0,
	} {
		got := longBlocks(strings.Split(text, "\n"))
		if (want == 0) != (len(got) == 0) || want > 0 && got[0] != want {
			t.Errorf("%.30q...: found %v, want %d", text, got, want)
		}
	}
}
