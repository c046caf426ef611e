package web

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

	"github.com/evanw/esbuild/pkg/api"
)

// A browser loads two files, the modules bundled into one and the styles, and later the modules of
// what the first view does not need. Unbundled, each of a hundred small modules would be a request, which a
// server without HTTP/2 answers in a dozen round trips and AWS bills one by one.
// `go test ./internal/web -update` bundles and compresses them into the folder served, which the
// program contains.
var update = flag.Bool("update", false, "write the folder served")

// built returns the text of each file that is served, by its name in the folder served.
func built(t *testing.T) map[string]string {
	t.Helper()
	files, texts, styles, sum := sources(t), builtScripts(t), "", sha256.New()
	for _, name := range assets {
		if text, ok := files[name]; ok && texts[name] == "" {
			texts[name] = text
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(files), outerFirst) {
		if path.Ext(name) == ".css" {
			styles += files[name]
		}
	}
	shortened := api.Transform(styles, api.TransformOptions{Loader: api.LoaderCSS, MinifyWhitespace: true})
	if len(shortened.Errors)+len(shortened.Warnings) > 0 {
		t.Fatalf("the styles: %+v", shortened)
	}
	texts["page.css"] = string(shortened.Code)
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
	texts["view.html"] = builtView(t)
	texts["worker.js"] = bundled(t, api.BuildOptions{EntryPoints: []string{"worker/worker.js"},
		Format: api.FormatIIFE})["worker.js"]
	return texts
}

// builtScripts returns the scripts: ui/later.js says what each is for. Each of begin, main, shared and landing imports
// the one before, and the others import those that they need. So esbuild puts what these four need into a chunk each,
// which is served under that name. Their own outputs only import the chunks: each would be one more request, and is
// dropped. esbuild makes a further chunk of what two others need and neither assets/shared.js nor assets/landing.js
// names. assets/vendor-qr.js imports nothing.
func builtScripts(t *testing.T) map[string]string {
	t.Helper()
	options := api.BuildOptions{Splitting: true, Format: api.FormatESModule, ChunkNames: "chunk-[hash]",
		EntryPointsAdvanced: []api.EntryPoint{{InputPath: "assets/vendor-qr.js", OutputPath: "qr"}}}
	lists := []string{"begin", "main", "shared", "landing"}
	for _, name := range append(lists, "later", "setup", "home", "pages") {
		options.EntryPointsAdvanced = append(options.EntryPointsAdvanced,
			api.EntryPoint{InputPath: "assets/" + name + ".js", OutputPath: name})
	}
	made := bundled(t, options)
	var chunks []string // and their names
	for _, list := range lists {
		own := regexp.MustCompile(`chunk-\w+\.js`).FindString(strings.NewReplacer(chunks...).Replace(made[list+".js"]))
		chunks = append(chunks, own, list+".js")
		rest := regexp.MustCompile(`import"\./[\w-]+\.js";\n?`).ReplaceAllString(made[list+".js"], "")
		if list != "begin" && rest != "" {
			t.Fatalf("assets/%s.js is more than a list: %q", list, rest)
		}
		delete(made, list+".js")
	}
	names, texts := strings.NewReplacer(chunks...), map[string]string{}
	for name, text := range made {
		texts[names.Replace(name)] = names.Replace(text)
		if names.Replace(name) == name && strings.HasPrefix(name, "chunk-") {
			t.Fatalf("assets/shared.js or assets/landing.js lacks the module of this: %.400s", text)
		}
	}
	return texts
}

var indentation = regexp.MustCompile(`\n +`)

// bundled returns the scripts that esbuild makes, without what browsers do not need, each by its name. It writes
// no file.
func bundled(t *testing.T, options api.BuildOptions) map[string]string {
	t.Helper()
	options.Bundle, options.Outdir, options.TsconfigRaw = true, "served", "{}"
	options.Target, options.Charset = api.ES2022, api.CharsetUTF8
	options.MinifyWhitespace, options.MinifyIdentifiers, options.MinifySyntax = true, true, true
	made, texts := api.Build(options), map[string]string{}
	for _, problem := range append(made.Errors, made.Warnings...) {
		t.Fatalf("%s: %+v", problem.Text, problem.Location)
	}
	for _, file := range made.OutputFiles {
		// What stands in lines is what the page is made of, where white space at the beginning of a line means nothing.
		texts[filepath.Base(file.Path)] = indentation.ReplaceAllString(string(file.Contents), "\n")
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
	return textsIn(t, "assets")
}

func textsIn(t *testing.T, folder string) map[string]string {
	t.Helper()
	texts, root := map[string]string{}, os.DirFS(folder)
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
		plain := slices.Contains([]string{"", ".html", ".png"}, path.Ext(name)) && name != "view.html"
		if plain {
			at, data = filepath.Join("served", name), []byte(text)
		}
		is, err := os.ReadFile(at)
		if err == nil && (plain && string(is) == text || !plain && unzip(t, is) == text) {
			continue
		}
		if !*update {
			t.Errorf("%s is not what the assets make: run go test ./internal/web -update", at)
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
