// Package page is what people see of the server in a browser: one HTML document, and the
// scripts and styles that it loads. It knows nothing about rooms: the scripts call the tools
// of the server at /mcp, as every other client does.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"mime"
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

// Path begins the path of every asset. The version of all of them follows, so that an asset
// never changes.
const Path = "/assets/"

// policy lets the page load and call nothing but this server. No script can make HTML of a
// text (Trusted Types): the page builds its elements one by one.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// asset is a file as it is served.
type asset struct {
	kind   string // its media type
	plain  []byte
	zipped func() []byte // with gzip
}

// site is all that is served.
type site struct {
	version string
	assets  map[string]asset
	names   []string
}

var load = sync.OnceValue(func() site {
	s, sum := site{assets: map[string]asset{}}, sha256.New()
	root, err := fs.Sub(embedded, "assets")
	if err != nil {
		panic(err)
	}
	_ = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(root, name)
		sum.Write([]byte(name))
		sum.Write(b)
		s.names = append(s.names, name)
		s.assets[name] = asset{mime.TypeByExtension(path.Ext(name)), b, sync.OnceValue(func() []byte { return zip(b) })}
		return err
	})
	s.version = hex.EncodeToString(sum.Sum(nil))[:12]
	return s
})

func zip(b []byte) []byte {
	var to bytes.Buffer
	w := gzip.NewWriter(&to)
	w.Write(b)
	w.Close()
	return to.Bytes()
}

// Serve answers with the page. above leads from its address to the root of the server: "./"
// or "../".
func Serve(w http.ResponseWriter, r *http.Request, above string) {
	s := load()
	ending := func(with string) []string {
		return slices.DeleteFunc(slices.Clone(s.names), func(name string) bool { return !strings.HasSuffix(name, with) })
	}
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	template.Must(template.New("").Parse(document)).Execute(w, map[string]any{
		"Assets": above + Path[1:] + s.version + "/", "Styles": ending(".css"), "Modules": ending(".js"),
	})
}

// ServeAsset answers with an asset.
func ServeAsset(w http.ResponseWriter, r *http.Request) {
	s := load()
	version, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Path), "/")
	a, ok := s.assets[name]
	if !ok || version != s.version {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	b := a.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		b = a.zipped()
	}
	w.Write(b)
}
