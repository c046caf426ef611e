package archtest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTalk_eachParagraph_isNamedByCodeAndTests looks for the names of the paragraphs of "How a talk goes" in
// docs/tools.md among the marks in comments, such as "talk: held once" at the function that decides a rule of it.
func TestTalk_eachParagraph_isNamedByCodeAndTests(t *testing.T) {
	_, chapter, _ := strings.Cut(read(t, "docs/tools.md"), "\n## How a talk goes\n")
	chapter, _, _ = strings.Cut(chapter, "\n## ")
	if words := len(strings.Fields(chapter)); words > 2500 {
		t.Errorf("the chapter has %d words, at most 2,500", words)
	}
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^\*\*(.+?)\.\*\*`).FindAllStringSubmatch(chapter, -1) {
		names = append(names, strings.ToLower(m[1]))
	}
	inCode, inTests := map[string]string{}, map[string]string{} // a place of each mark
	for _, s := range sources(t) {
		marks := inCode
		if s.test() || strings.HasPrefix(s.name, "internal/testkit/") || strings.HasPrefix(s.name, "e2e/") {
			marks = inTests
		}
		for _, group := range s.file.Comments {
			for _, m := range regexp.MustCompile(`\btalk: ([a-z ]+)`).FindAllStringSubmatch(group.Text(), -1) {
				if s.dir() != "internal/testkit/archtest" {
					marks[m[1]] = s.at(group)
				}
			}
		}
	}
	for _, fault := range faultsOfMarks(names, inCode, inTests) {
		t.Error(fault)
	}
	if len(names) < 20 {
		t.Errorf("the chapter has %d paragraphs with names", len(names))
	}
	planted := faultsOfMarks([]string{"turns", "files"}, map[string]string{"turns": "a.go"},
		map[string]string{"gone": "b_test.go"})
	if len(planted) != 4 {
		t.Errorf("a test without code, code without a test, neither, and a name that is gone: %q", planted)
	}
}

// faultsOfMarks compares the names of paragraphs with the marks.
func faultsOfMarks(names []string, inCode, inTests map[string]string) (faults []string) {
	for where, marks := range map[string]map[string]string{"code": inCode, "test": inTests} {
		for _, name := range names {
			if marks[name] == "" {
				faults = append(faults, fmt.Sprintf("no comment of %s has the mark talk: %s", where, name))
			}
		}
		for _, name := range slices.Sorted(maps.Keys(marks)) {
			if !slices.Contains(names, name) {
				faults = append(faults, fmt.Sprintf("%s: no paragraph of the chapter is called %q", marks[name], name))
			}
		}
	}
	return faults
}
