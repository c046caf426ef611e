package house

import (
	"go/ast"
	"regexp"
	"testing"
)

func TestComments_haveNoMarkersForLater(t *testing.T) {
	later := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)
	for _, s := range sources(t) {
		for _, group := range s.file.Comments {
			for _, c := range group.List {
				if found := later.FindString(c.Text); found != "" {
					t.Errorf("%s: %s: finish the work, or open an issue and delete the marker", s.at(c), found)
				}
			}
		}
	}
}

func TestCode_hasNoInitAndNoPanic(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: an init function: let main call it", s.at(f))
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && calls(call, "", "panic") {
				t.Errorf("%s: a panic: return an error", s.at(call))
			}
			return true
		})
	}
}

func TestTests_neverSleep(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && calls(call, "time", "Sleep") {
				t.Errorf("%s: a test sleeps: use a fake clock or wait for the condition", s.at(call))
			}
			return true
		})
	}
}

// calls reports whether call calls pkg.name, or the builtin name if pkg is "".
func calls(call *ast.CallExpr, pkg, name string) bool {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return pkg == "" && f.Name == name
	case *ast.SelectorExpr:
		x, ok := f.X.(*ast.Ident)
		return ok && x.Name == pkg && f.Sel.Name == name
	}
	return false
}

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
