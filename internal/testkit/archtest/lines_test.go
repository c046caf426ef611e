package archtest

import (
	"go/ast"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// longestLine is how many columns a line has at most, and tab how many a tab takes.
const (
	longestLine = 120
	tab         = 4
)

// TestLines_ofScriptsAndStyles_fitTheScreen leaves out what a program has made, and tables of words.
func TestLines_ofScriptsAndStyles_fitTheScreen(t *testing.T) {
	made := []string{"vendor.js", "vendor-qr.js"}
	files := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root && skipped(name) && d.Name() != "testdata" {
			return filepath.SkipDir
		}
		kinds := []string{".js", ".css", ".ts"}
		if d.IsDir() || !slices.Contains(kinds, filepath.Ext(name)) || slices.Contains(made, d.Name()) ||
			strings.HasSuffix(d.Name(), "words.js") {
			return nil
		}
		text, err := os.ReadFile(name)
		files++
		for n, line := range strings.Split(string(text), "\n") {
			if columns := utf8.RuneCountInString(line); columns > longestLine {
				t.Errorf("%s:%d has %d columns, at most %d", name, n+1, columns, longestLine)
			}
		}
		return err
	})
	if err != nil || files < 50 {
		t.Errorf("%d files, %v", files, err)
	}
}

// TestLines_ofGo_fitTheScreen leaves out generated files, tables of words (a row, a line), and lines
// of raw strings, which cannot be broken: texts, and the tags of flags.
func TestLines_ofGo_fitTheScreen(t *testing.T) {
	words := regexp.MustCompile(`^internal/api/tools/next_[a-z_]+\.go$|^internal/testkit/archtest/figures_test\.go$`)
	for _, s := range sources(t) {
		if ast.IsGenerated(s.file) || words.MatchString(s.name) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, s.name))
		if err != nil {
			t.Fatal(err)
		}
		raw := s.rawLines()
		for n, line := range strings.Split(string(text), "\n") {
			columns := utf8.RuneCountInString(line) + (tab-1)*strings.Count(line, "\t")
			if columns > longestLine && !raw[n+1] {
				t.Errorf("%s:%d has %d columns, at most %d", s.name, n+1, columns, longestLine)
			}
		}
	}
}

// rawLines returns the numbers of the lines that raw strings take.
func (s source) rawLines() map[int]bool {
	lines := map[int]bool{}
	ast.Inspect(s.file, func(n ast.Node) bool {
		if text, ok := n.(*ast.BasicLit); ok && strings.HasPrefix(text.Value, "`") {
			for line := s.set.Position(text.Pos()).Line; line <= s.set.Position(text.End()).Line; line++ {
				lines[line] = true
			}
		}
		return true
	})
	return lines
}
