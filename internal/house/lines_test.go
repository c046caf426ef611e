package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// longestLine is how many columns a line of a script or a style has at most.
const longestLine = 120

// TestLines_ofScriptsAndStyles_fitTheScreen leaves out what a program has made, and tables of words.
func TestLines_ofScriptsAndStyles_fitTheScreen(t *testing.T) {
	made := []string{"vendor.js", "words.js"}
	files := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root && skipped(name) && d.Name() != "testdata" {
			return filepath.SkipDir
		}
		kinds := []string{".js", ".css", ".ts"}
		if d.IsDir() || !slices.Contains(kinds, filepath.Ext(name)) || slices.Contains(made, d.Name()) {
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
