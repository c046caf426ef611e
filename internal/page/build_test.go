package page

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the folder served")

// built returns the text of each file that is served, by its name in the folder served.
func built(t *testing.T) map[string]string {
	t.Helper()
	modules, styles, sum := sources(t), "", sha256.New()
	script, err := bundled("main.js", modules)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{"main.js": script, "icon.svg": modules["icon.svg"], "vendor-licenses.txt": modules["vendor-licenses.txt"]}
	for _, name := range slices.SortedFunc(maps.Keys(modules), outerFirst) {
		if path.Ext(name) == ".css" {
			styles += regexp.MustCompile(`(?s)/\*.*?\*/\n?`).ReplaceAllString(modules[name], "")
		}
	}
	texts["page.css"] = styles
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		fmt.Fprintf(sum, "%s %d\n%s", name, len(texts[name]), texts[name])
	}
	texts["version"] = hex.EncodeToString(sum.Sum(nil))[:12]
	document, err := os.ReadFile("page.html")
	if err != nil {
		t.Fatal(err)
	}
	for n := range mostDeep {
		at := strings.Repeat("../", n) + strings.TrimPrefix(Path, "/") + texts["version"] + "/"
		texts[fmt.Sprint(n, ".html")] = strings.ReplaceAll(string(document), "{assets}", at)
	}
	return texts
}

// outerFirst puts what is in no folder first: where rules of styles are alike, those of a folder count.
func outerFirst(a, b string) int {
	return cmp.Or(cmp.Compare(strings.Count(a, "/"), strings.Count(b, "/")), cmp.Compare(a, b))
}

// sources returns the text of each file below assets, by its path there.
func sources(t *testing.T) map[string]string {
	t.Helper()
	texts, root := map[string]string{}, os.DirFS("assets")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, name)
		texts[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// TestServed_isBuiltFromTheAssets compares texts: compressed, they differ between versions of Go.
func TestServed_isBuiltFromTheAssets(t *testing.T) {
	texts := built(t)
	for name, text := range texts {
		at, data := filepath.Join("served", name+".gz"), zip(t, text)
		if name == "version" {
			at, data = filepath.Join("served", name), []byte(text)
		}
		is, err := os.ReadFile(at)
		if err == nil && (name == "version" && string(is) == text || name != "version" && unzip(t, is) == text) {
			continue
		}
		if !*update {
			t.Errorf("%s is not what the assets make: run go test ./internal/page -update", at)
			continue
		}
		if err := os.WriteFile(at, data, 0o644); err != nil {
			t.Error(err)
		}
	}
	there, err := os.ReadDir("served")
	if err != nil || len(there) != len(texts) {
		t.Errorf("%d files are served, want %d: %v", len(there), len(texts), err)
	}
}

func zip(t *testing.T, text string) []byte {
	t.Helper()
	var to bytes.Buffer
	w, err := gzip.NewWriterLevel(&to, gzip.BestCompression)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return to.Bytes()
}

// What a browser loads are two files: the modules joined into one, and the styles. Apart they
// would be a hundred small ones, each a request of its own, which a server without HTTP/2
// answers in a dozen round trips and AWS bills one by one. `go test ./internal/page -update`
// joins and compresses them into the folder served, which the program contains.
//
// The modules keep to a few forms, at the beginning of a line:
//
//	import { a, b as c } from "./x.js";
//	import * as x from "./x.js";
//	export const a = …    (or function, async function, class)
//	export{a as b,…};     (at the end of vendor.js)
//
// All else that begins with import or export is refused, and so is a circle of imports, or
// code behind a comment that begins a line.
var (
	importing = regexp.MustCompile(`^import (?:\{([^}]*)\}|\* as (\w+)) from "([^"]+)";\s*$`)
	exporting = regexp.MustCompile(`^export ((?:const|class|function|async function) (\w+))`)
	// comments are what readers of a module need and browsers do not: between the lines, and
	// behind code. Behind a quote it might be part of a text.
	comments   = regexp.MustCompile("(?m)^[ \\t]*/\\*\\*(?s:.*?)\\*/[ \\t]*\\n|^[ \\t]+//.*\\n|[ \\t]+// [^'\"`\\n]*$")
	exportList = regexp.MustCompile(`^export ?\{([^}]*)\};\s*$`)
)

// bundle is one module in the making, of which those that it joins are constants.
type bundle struct {
	texts  map[string]string // of all modules
	inside map[string]string // the constant of each that is in the bundle; "" while what it imports is added
	joined strings.Builder
}

// bundled returns one module that does what the module of a name does, with all that it
// imports in it.
func bundled(main string, texts map[string]string) (string, error) {
	b := &bundle{texts: texts, inside: map[string]string{}}
	if _, err := b.add(main); err != nil {
		return "", err
	}
	return b.joined.String(), nil
}

// add puts a module behind all that it imports, and returns its constant.
func (b *bundle) add(name string) (constant string, err error) {
	text, ok := b.texts[name]
	if !ok {
		return "", fmt.Errorf("page: there is no module %s", name)
	}
	if constant, ok := b.inside[name]; ok {
		if constant == "" {
			return "", fmt.Errorf("page: %s imports itself, by way of others", name)
		}
		return constant, nil
	}
	b.inside[name] = ""
	constant = fmt.Sprintf("module%d", len(b.inside))
	var body strings.Builder
	var exports []string // as members of an object
	for text != "" {
		statement := first(text)
		text = text[len(statement):]
		local, exported, err := b.local(name, statement)
		if err != nil {
			return "", err
		}
		body.WriteString(local)
		exports = append(exports, exported...)
	}
	b.inside[name] = constant
	fmt.Fprintf(&b.joined, "// %s\nconst %s = (() => {\n%s\nreturn { %s };\n})();\n", name, constant, strings.TrimSpace(comments.ReplaceAllString(body.String(), "")), strings.Join(exports, ", "))
	return constant, nil
}

// first returns the comment, the import or else the line with which a text begins. In a line
// of minified text it ends before the exports.
func first(text string) string {
	end := "\n"
	switch {
	case strings.HasPrefix(text, "/*"):
		end = "*/\n"
	case strings.HasPrefix(text, "import {"):
		end = ";\n"
	}
	if at := strings.Index(text, end); at >= 0 {
		text = text[:at+len(end)]
	}
	if list := strings.Index(text, ";export{"); list >= 0 {
		return text[:list+1]
	}
	return text
}

// local returns what a statement of a module is within the bundle, and what it exports. A
// comment that begins a line is left out, unless it has an exclamation mark.
func (b *bundle) local(name, statement string) (text string, exported []string, err error) {
	switch {
	case strings.HasPrefix(statement, "//"):
		return "", nil, nil
	case strings.HasPrefix(statement, "/*") && !strings.HasPrefix(statement, "/*!"):
		if _, behind, ended := strings.Cut(statement, "*/"); ended && strings.TrimSpace(behind) == "" {
			return "", nil, nil
		}
		return "", nil, fmt.Errorf("page: %s has a comment with code behind it, or without an end, that cannot be bundled: %s", name, statement)
	case !strings.HasPrefix(statement, "import") && !strings.HasPrefix(statement, "export"):
		return statement, nil, nil
	}
	if m := importing.FindStringSubmatch(statement); m != nil {
		from, err := b.add(path.Join(path.Dir(name), m[3]))
		if m[2] != "" {
			return fmt.Sprintf("const %s = %s;\n", m[2], from), nil, err
		}
		return fmt.Sprintf("const {%s} = %s;\n", strings.ReplaceAll(m[1], " as ", ": "), from), nil, err
	}
	if m := exporting.FindStringSubmatch(statement); m != nil {
		return strings.TrimPrefix(statement, "export "), []string{m[2]}, nil
	}
	if m := exportList.FindStringSubmatch(statement); m != nil {
		return "", members(m[1]), nil
	}
	return "", nil, fmt.Errorf("page: %s has a form of import or export that cannot be bundled: %s", name, statement)
}

// members returns a list of exports as the members of an object.
func members(list string) []string {
	var all []string
	for part := range strings.SplitSeq(list, ",") {
		own, as, renamed := strings.Cut(strings.TrimSpace(part), " as ")
		if renamed {
			own = as + ": " + own
		}
		all = append(all, own)
	}
	return all
}
