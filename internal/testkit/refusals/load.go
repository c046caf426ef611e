package refusals

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// module is the path before the packages of this module.
const module = "github.com/parley-chat/parley/"

// pkg is a package of the server, without its tests.
type pkg struct {
	*types.Package
	folder string // such as core/chat
	files  map[string]*ast.File
	names  []string // of the files, sorted
	info   *types.Info
}

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// load reads the packages of the server, each after those that it imports.
func load() ([]*pkg, error) {
	var said bytes.Buffer
	list := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles",
		module+"internal/server/app")
	list.Stderr = &said
	text, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, said.Bytes())
	}
	r := &reader{set: token.NewFileSet(), exports: map[string]string{}, read: map[string]*types.Package{}}
	r.others = importer.ForCompiler(r.set, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(r.exports[path])
	})
	var all []*pkg
	for values := json.NewDecoder(bytes.NewReader(text)); ; {
		var l listed
		err := values.Decode(&l)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		r.exports[l.ImportPath] = l.Export
		if !strings.HasPrefix(l.ImportPath, module) {
			continue
		}
		p, err := r.readPackage(l)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

// reader reads the source of packages. The types of those that are not of the server come from the build cache.
type reader struct {
	set     *token.FileSet
	exports map[string]string // the files in the build cache, by path of the package
	read    map[string]*types.Package
	others  types.Importer
}

func (r *reader) readPackage(l listed) (*pkg, error) {
	p := &pkg{folder: strings.TrimPrefix(l.ImportPath, module+"internal/"), names: l.GoFiles,
		files: map[string]*ast.File{}, info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{},
			Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}}
	var trees []*ast.File
	for _, name := range l.GoFiles {
		tree, err := parser.ParseFile(r.set, filepath.Join(l.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files[name], trees = tree, append(trees, tree)
	}
	var err error
	p.Package, err = (&types.Config{Importer: r}).Check(l.ImportPath, r.set, trees, p.info)
	r.read[l.ImportPath] = p.Package
	return p, err
}

// Import implements [types.Importer].
func (r *reader) Import(path string) (*types.Package, error) {
	if p := r.read[path]; p != nil {
		return p, nil
	}
	return r.others.Import(path)
}
