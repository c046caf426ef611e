package archtest

import (
	"go/ast"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestCases_ofComments_areRowsOfTests looks for each numbered case of a comment among the texts in the tests of its
// package: so the comment stays true. A text may begin with the number of its case.
func TestCases_ofComments_areRowsOfTests(t *testing.T) {
	number := regexp.MustCompile(`^\s*(\d+\.)\s+`)
	rows := map[string]bool{} // directory and text
	for _, s := range sources(t) {
		if !strings.HasSuffix(s.name, "_test.go") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					rows[filepath.Dir(s.name)+" "+text] = true
				}
			}
			return true
		})
	}
	found := 0
	for _, s := range sources(t) {
		if strings.HasSuffix(s.name, "_test.go") {
			continue
		}
		for _, group := range s.file.Comments {
			var cases, numbers []string
			for line := range strings.Lines(group.Text()) {
				switch {
				case number.MatchString(line):
					numbers = append(numbers, number.FindStringSubmatch(line)[1])
					cases = append(cases, strings.TrimSpace(number.ReplaceAllString(line, "")))
				case len(cases) > 0 && strings.HasPrefix(line, "    "):
					cases[len(cases)-1] += " " + strings.TrimSpace(line)
				}
			}
			for i, c := range cases {
				found++
				if dir := filepath.Dir(s.name) + " "; !rows[dir+c] && !rows[dir+numbers[i]+" "+c] {
					t.Errorf("%s: no test of the package has the row %q", s.name, c)
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("%d cases", found)
	}
}
