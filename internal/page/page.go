// Package page is what people see of the server in a browser: one HTML document, and the
// scripts and styles that it loads. It knows nothing about rooms: the scripts call the tools
// of the server at /mcp, as every other client does.
//
// The document is the same for every address but for the way to the root of the server,
// which is relative: a proxy may serve all of it below a path of its own. It loads one script
// and one style, which arrive in one round trip after it. Their path has the version of all
// assets, and what is at it never changes.
//
// Nothing is read or compressed before somebody asks for it, since most instances of a
// Lambda function never show a page.
package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed assets
var embedded embed.FS

//go:embed page.html
var document string

// Path begins the path of every asset.
const Path = "/assets/"

// The assets that the document loads, beside its icon.
const (
	script = "main.js"
	style  = "page.css"
)

// mostDeep is how many slashes the path of a page has at most: /r/{room}/ has three.
const mostDeep = 3

// kinds are the media types of assets. Those that package mime knows depend on the machine.
var kinds = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8",
}

// Site serves the document and its assets. Any number of goroutines may use it at once.
type Site struct {
	load func() (content, error)
}

// New returns a site that reads its files at the first request.
func New() *Site { return &Site{sync.OnceValues(load)} }

// content is all that is served.
type content struct {
	documents [mostDeep]file // by the slashes in the path of a page, from one on
	assets    map[string]file
	version   string
}

func load() (content, error) {
	texts, err := served()
	if err != nil {
		return content{}, err
	}
	c, sum := content{assets: map[string]file{}}, sha256.New()
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		fmt.Fprintf(sum, "%s %d\n%s", name, len(texts[name]), texts[name])
		kind := kinds[path.Ext(name)]
		if kind == "" {
			return content{}, fmt.Errorf("page: %s has no media type", name)
		}
		c.assets[name] = newFile(kind, texts[name])
	}
	c.version = hex.EncodeToString(sum.Sum(nil))[:12]
	for n := range c.documents {
		at := strings.Repeat("../", n) + strings.TrimPrefix(Path, "/") + c.version + "/"
		c.documents[n] = newFile("text/html; charset=utf-8", strings.ReplaceAll(document, "{assets}", at))
	}
	return c, nil
}

// served returns the text of each asset by its name. The styles are one file, and the first
// script has all others in it. These are there alone, too, for who reads or tests them.
func served() (map[string]string, error) {
	texts, err := sources()
	if err != nil {
		return nil, err
	}
	if texts[script], err = bundled(script, texts); err != nil {
		return nil, err
	}
	var styles strings.Builder
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if path.Ext(name) == ".css" {
			styles.WriteString(texts[name])
			delete(texts, name)
		}
	}
	texts[style] = styles.String()
	return texts, nil
}

// sources returns the text of each file below assets, by its path there.
func sources() (map[string]string, error) {
	root, err := fs.Sub(embedded, "assets")
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, name)
		texts[name] = string(text)
		return err
	})
	return texts, err
}

// Serve answers a GET or HEAD with the document.
func (s *Site) Serve(w http.ResponseWriter, r *http.Request) {
	c, err := s.load()
	deep := strings.Count(r.URL.Path, "/") - 1
	if err != nil || deep < 0 || deep >= mostDeep {
		http.Error(w, "This server has no page for this address.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	restrict(h)
	h.Set("Cache-Control", "no-store") // the address may be a secret, and names the assets of today
	c.documents[deep].serve(w, r)
}

// ServeAsset answers a GET or HEAD with an asset, and reports whether there is one. If not,
// nothing has been written.
func (s *Site) ServeAsset(w http.ResponseWriter, r *http.Request) bool {
	c, err := s.load()
	version, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Path), "/")
	asset, ok := c.assets[name]
	if err != nil || !ok || version != c.version {
		return false
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	asset.serve(w, r)
	return true
}
