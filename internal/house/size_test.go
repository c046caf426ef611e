package house

import (
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"testing"
)

const (
	packageLines  = 4000 // without tests
	fileLines     = 400
	testFileLines = 500
	longestFunc   = 80
	usualFunc     = 35 // nine out of ten functions are no longer
	methods       = 30 // of a type, those promoted from embedded types of ours included
)

func TestPackages_haveAComment(t *testing.T) {
	commented := map[string]bool{}
	for _, s := range sources(t) {
		commented[s.dir()] = commented[s.dir()] || s.file.Doc.Text() != ""
	}
	for dir, ok := range commented {
		if !ok {
			t.Errorf("%s: no file has a package comment", dir)
		}
	}
}

func TestPackages_areSmall(t *testing.T) {
	lines := map[string]int{}
	for _, s := range sources(t) {
		if !s.test() {
			lines[s.dir()] += s.lines()
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(lines)) {
		t.Logf("%6d lines: %s", lines[dir], dir)
		if lines[dir] > packageLines {
			t.Errorf("%s: %d lines, at most %d: split it by subject", dir, lines[dir], packageLines)
		}
	}
}

func TestTypes_haveFewMethods(t *testing.T) {
	for _, p := range checked(t, func(string) bool { return true }) {
		for _, name := range p.pkg.Scope().Names() {
			o, ok := p.pkg.Scope().Lookup(name).(*types.TypeName)
			if !ok || o.IsAlias() {
				continue
			}
			n, id := countMethods(o.Type()), p.dir+"."+name
			if n > methods {
				t.Logf("%4d methods: %s", n, id)
			}
			if n > methods {
				t.Errorf("%s has %d methods, at most %d: give some of its fields a type of their own", id, n, methods)
			}
		}
	}
}

// countMethods counts the methods of t and *t that this module declares.
func countMethods(t types.Type) (n int) {
	if !types.IsInterface(t) {
		t = types.NewPointer(t)
	}
	for m := range types.NewMethodSet(t).Methods() {
		if ours(m.Obj()) {
			n++
		}
	}
	return n
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
