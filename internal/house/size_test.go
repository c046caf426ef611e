package house

import (
	"go/ast"
	"testing"
)

// The measures of a piece that a reader takes in at once, in lines.
const (
	fileLines     = 400
	testFileLines = 500
	longestFunc   = 80
	usualFunc     = 35 // nine functions in ten are no longer
)

func TestPackages_sayWhatTheyAreFor(t *testing.T) {
	said := map[string]bool{}
	for _, s := range sources(t) {
		said[s.dir()] = said[s.dir()] || s.file.Doc.Text() != ""
	}
	for dir, ok := range said {
		if !ok {
			t.Errorf("%s: no file has a package comment", dir)
		}
	}
}

func TestFiles_stayShort(t *testing.T) {
	for _, s := range sources(t) {
		limit := fileLines
		if s.test() {
			limit = testFileLines
		}
		if n := s.lines(); n > limit {
			t.Errorf("%s: %d lines, at most %d: split it by subject", s.name, n, limit)
		}
	}
}

func TestFunctions_stayShort(t *testing.T) {
	all, long := map[bool]int{}, map[bool]int{}
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			n := s.set.Position(f.End()).Line - s.set.Position(f.Pos()).Line + 1
			all[s.test()]++
			if n > usualFunc {
				long[s.test()]++
			}
			if n > longestFunc {
				t.Errorf("%s: %s has %d lines, at most %d", s.at(f), f.Name.Name, n, longestFunc)
			}
		}
	}
	for test, n := range all {
		if long[test]*10 > n {
			t.Errorf("%d of %d functions have more than %d lines (tests: %v), at most one in ten may", long[test], n, usualFunc, test)
		}
	}
}
