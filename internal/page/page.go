// Package page is what people see of the server in a browser: one HTML document, and the
// scripts and styles that it loads. It knows nothing about rooms: the scripts call the tools
// of the server at /mcp, as every other client does.
//
// The document is the same for every address but for the way to the root of the server,
// which is relative: a proxy may serve all of it below a path of its own. It names every
// asset, so that all of them arrive in one round trip after it. The path of an asset has the
// version of all of them, and what is at it never changes.
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
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed assets
var embedded embed.FS

//go:embed page.html
var document string

// Path begins the path of every asset.
const Path = "/assets/"

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
	const root = "assets"
	c, sum := content{assets: map[string]file{}}, sha256.New()
	var names []string
	err := fs.WalkDir(embedded, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		kind := kinds[path.Ext(name)]
		if kind == "" {
			return fmt.Errorf("page: %s has no media type", name)
		}
		name = strings.TrimPrefix(name, root+"/")
		fmt.Fprintf(sum, "%s %d\n%s", name, len(text), text)
		names = append(names, name)
		c.assets[name] = newFile(kind, text)
		return nil
	})
	c.version = hex.EncodeToString(sum.Sum(nil))[:12]
	for n := range c.documents {
		at := strings.Repeat("../", n) + strings.TrimPrefix(Path, "/") + c.version + "/"
		c.documents[n] = newFile("text/html; charset=utf-8", []byte(linked(at, names)))
	}
	return c, err
}

// linked returns the document with links to the assets, which are at an address.
func linked(at string, names []string) string {
	var links []string
	for _, name := range names {
		switch path.Ext(name) {
		case ".css":
			links = append(links, `<link rel="stylesheet" href="`+at+name+`">`)
		case ".js":
			links = append(links, `<link rel="modulepreload" href="`+at+name+`">`)
		}
	}
	return strings.NewReplacer("{links}", strings.Join(links, "\n"), "{assets}", at).Replace(document)
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
