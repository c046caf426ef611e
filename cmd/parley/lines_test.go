package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestDocs_everyCommandLine_isOneThatTheProgramTakes checks the command lines in the docs: each command and each flag
// must exist. The test does not check their values.
func TestDocs_everyCommandLine_isOneThatTheProgramTakes(t *testing.T) {
	parser, err := newParser(&commandLine{}, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, pattern := range []string{"*.md", "docs/*.md", "plugins/*/*.md"} {
		pages, err := filepath.Glob(filepath.Join("..", "..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range pages {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			written, _, _ := strings.Cut(string(text), "\n## Reference\n") // the rest is made from the program
			for _, line := range typed(written) {
				lines++
				if missing := unknown(parser.Model.Node, line); missing != "" {
					t.Errorf("%s says %q, and there is no %s", filepath.Base(page), strings.Join(line, " "), missing)
				}
			}
		}
	}
	if lines < 150 {
		t.Errorf("only %d lines were found", lines)
	}
}

// typed returns the arguments of each call of parley in the code of a page, up to a comment, a pipe
// or the next command.
func typed(page string) (all [][]string) {
	block := regexp.MustCompile("(?ms)^ *```(?:sh)?\n(.*?)^ *```|^    ([^\n]*)$|`([^`\n]+)`")
	call := regexp.MustCompile(`(?m)(?:^ *|[|;&(] *|sudo |/ko-app/|\./)parley ([a-z-][^#|;&\n)]*)`)
	for _, code := range block.FindAllStringSubmatch(page, -1) {
		for _, m := range call.FindAllStringSubmatch(strings.Join(code[1:], ""), -1) {
			all = append(all, strings.Fields(m[1]))
		}
	}
	return all
}

// unknown returns the first command or flag of a line that does not exist.
func unknown(at *kong.Node, line []string) string {
	named := func(name string) func(*kong.Node) bool {
		return func(n *kong.Node) bool { return n.Name == name }
	}
	if strings.HasPrefix(line[0], "-") {
		line = append([]string{"serve"}, line...)
	}
	for _, word := range line {
		name, isFlag := strings.CutPrefix(strings.Trim(word, `"'`), "--")
		switch {
		case isFlag && name != "":
			name, _, _ = strings.Cut(name, "=")
			known := func(f *kong.Flag) bool { return f.Name == name || f.Tag.Negatable != "" && "no-"+f.Name == name }
			if !slices.ContainsFunc(slices.Concat(at.AllFlags(false)...), known) {
				return "--" + name
			}
		case len(at.Children) > 0 && !strings.HasPrefix(word, "-"):
			i := slices.IndexFunc(at.Children, named(name))
			if i < 0 {
				return word
			}
			at = at.Children[i]
		}
	}
	return ""
}
