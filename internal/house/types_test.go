package house

import (
	"bytes"
	"go/ast"
	"go/build"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// typed is a type-checked package of the module, without its tests.
type typed struct {
	dir   string // relative to the root of the module, with slashes
	files []source
	pkg   *types.Package
	info  *types.Info
}

// checked type-checks the packages in the folders that match, for the current
// platform. Their imports come from the export data in the build cache. Packages
// with type errors fail the test, but are returned all the same: a half-finished
// change should not hide the figures.
func checked(t *testing.T, matches func(dir string) bool) []typed {
	t.Helper()
	var dirs []string
	packages := map[string][]source{}
	for _, s := range sources(t) {
		if s.test() || !matches(s.dir()) {
			continue
		}
		match, err := build.Default.MatchFile(filepath.Join(root, s.dir()), path.Base(s.name))
		if err != nil {
			t.Fatal(err)
		}
		if !match {
			continue
		}
		if packages[s.dir()] == nil {
			dirs = append(dirs, s.dir())
		}
		packages[s.dir()] = append(packages[s.dir()], s)
	}
	if len(dirs) == 0 {
		t.Fatal("no package matches")
	}
	imports := exportData(t, packages[dirs[0]][0].set)
	var all []typed
	for _, dir := range dirs {
		all = append(all, check(t, dir, packages[dir], imports))
	}
	return all
}

func check(t *testing.T, dir string, files []source, imports types.Importer) typed {
	t.Helper()
	p := typed{dir: dir, files: files, info: &types.Info{Uses: map[*ast.Ident]types.Object{}}}
	var syntax []*ast.File
	for _, f := range files {
		syntax = append(syntax, f.file)
	}
	config := types.Config{Importer: imports, Error: func(err error) { t.Error(err) }}
	p.pkg, _ = config.Check(module+"/"+dir, files[0].set, syntax, p.info) // reported by Error
	return p
}

// exportData returns an importer for whatever the module imports.
func exportData(t *testing.T, set *token.FileSet) types.Importer {
	t.Helper()
	list := exec.Command("go", "list", "-e", "-deps", "-export", "-f", "{{.ImportPath}} {{.Export}}", "./...")
	list.Dir = root
	var failure bytes.Buffer
	list.Stderr = &failure
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, failure.String())
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[name] = file
	}
	return importer.ForCompiler(set, "gc", func(name string) (io.ReadCloser, error) { return os.Open(files[name]) })
}
