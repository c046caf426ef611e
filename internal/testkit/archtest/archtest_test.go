// Package archtest tests the source tree itself: which package may import which, that
// every package has a comment, that tests never sleep, that what is downloaded is pinned,
// that the paths, links and tests in the documentation exist, and that its figures are
// those of the code. It has no code of its own; the tests read the sources with go/parser.
// It sets no limits on sizes: the domain draws the walls.
package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// root is the module's root, relative to this package.
const root = "../../.."

// source is a parsed Go file of the module.
type source struct {
	name string // relative to the root of the module, with slashes
	file *ast.File
	set  *token.FileSet
}

func (s source) dir() string { return path.Dir(s.name) }
func (s source) test() bool  { return strings.HasSuffix(s.name, "_test.go") }

func (s source) at(n ast.Node) string {
	p := s.set.Position(n.Pos())
	p.Filename = s.name
	return p.String()
}

// sources returns every Go file of the module, which no test changes.
func sources(t *testing.T) []source {
	t.Helper()
	found, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 10 {
		t.Fatalf("found only %d Go files below %s: is it the root of the module?", len(found), root)
	}
	return found
}

var parsed = sync.OnceValues(func() (found []source, err error) {
	set := token.NewFileSet()
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root && skipped(name) {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		found = append(found, source{name: filepath.ToSlash(rel), file: file, set: set})
		return err
	})
	return found, err
})

// skipped reports whether the go command ignores the folder at path, or it is a module of its
// own. The measurements are one, and keep its habits all the same.
func skipped(path string) bool {
	dir := filepath.Base(path)
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	return err == nil && dir != "bench" || strings.HasPrefix(dir, ".") || strings.HasPrefix(dir, "_") ||
		dir == "testdata" || dir == "node_modules"
}
