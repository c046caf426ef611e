package tools_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api/tools"
)

// Each row of the table of next is in a story, where real rooms produce the case.
func TestNext_eachSentence_isInAStory(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "conversations", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range regexp.MustCompile(`(?m)^  next: "(.*)"$`).FindAllStringSubmatch(string(text), -1) {
			told = append(told, strings.ReplaceAll(line[1], `\"`, `"`))
		}
	}
	for words, sentence := range tools.Sentences() {
		if !slices.ContainsFunc(told, sentence.MatchString) {
			t.Errorf("no story has %q", words)
		}
	}
}
