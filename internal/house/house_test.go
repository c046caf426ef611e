// Package house holds the tree to its own rules: which package may import
// which, that each says what it is for, and that its pieces stay small. It has
// no code of its own; the tests read the sources with go/parser.
package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// source is one Go file of the tree.
type source struct {
	name string // from the root of the module, with slashes
	file *ast.File
	set  *token.FileSet
}

func (s source) dir() string { return path.Dir(s.name) }
func (s source) test() bool  { return strings.HasSuffix(s.name, "_test.go") }
func (s source) lines() int  { return s.set.File(s.file.FileStart).LineCount() }

func (s source) at(n ast.Node) string {
	p := s.set.Position(n.Pos())
	p.Filename = s.name
	return p.String()
}

// sources returns every Go file of the module, parsed.
func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	set := token.NewFileSet()
	var found []source
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root && skipped(d.Name()) {
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
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 10 {
		t.Fatalf("found only %d Go files from %s: the tests of this package look at nothing", len(found), root)
	}
	return found
}

// skipped names the folders that the go command ignores too.
func skipped(dir string) bool {
	return strings.HasPrefix(dir, ".") || strings.HasPrefix(dir, "_") || dir == "testdata" || dir == "node_modules"
}
