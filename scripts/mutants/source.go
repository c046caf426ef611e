package main

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
)

// pkg is one package whose code is mutated.
type pkg struct {
	name  string
	files []*file
}

// file is one source of a package, without its tests.
type file struct {
	path    string
	text    []byte
	syntax  *ast.File
	mutants []*mutant // all that the operators make of it, in the order of the source
}

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// load reads the packages at these import paths, and finds all mutants of each. The types of
// what they import come from the build cache.
func load(paths ...string) ([]*pkg, error) {
	found, err := goList(paths...)
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	imports := importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(found[path].Export)
	})
	var all []*pkg
	for _, path := range paths {
		p := &pkg{name: filepath.Base(path)}
		var trees []*ast.File
		for _, name := range found[path].GoFiles {
			f := &file{path: filepath.Join(found[path].Dir, name)}
			f.text, err = os.ReadFile(f.path)
			if err != nil {
				return nil, err
			}
			f.syntax, err = parser.ParseFile(set, f.path, f.text, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			p.files, trees = append(p.files, f), append(trees, f.syntax)
		}
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
		if _, err := (&types.Config{Importer: imports}).Check(path, set, trees, info); err != nil {
			return nil, err
		}
		uses := map[string]int{}
		for _, f := range p.files {
			(&finder{pkg: p, file: f, types: info, set: set, uses: uses}).find()
		}
		all = append(all, p)
	}
	return all, nil
}

// goList returns the packages at these paths and all that they import, by path.
func goList(paths ...string) (map[string]listed, error) {
	list := []string{"list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles"}
	text, err := goCommand(append(list, paths...)...)
	if err != nil {
		return nil, err
	}
	all := map[string]listed{}
	for values := json.NewDecoder(bytes.NewReader(text)); ; {
		var l listed
		err := values.Decode(&l)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all[l.ImportPath] = l
	}
}

// goCommand returns what the go command of the Makefile prints.
func goCommand(arguments ...string) ([]byte, error) {
	name := os.Getenv("GO")
	if name == "" {
		name = "go"
	}
	var said bytes.Buffer
	cmd := exec.Command(name, arguments...)
	cmd.Stderr = &said
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", arguments[0], err, said.Bytes())
	}
	return text, nil
}
