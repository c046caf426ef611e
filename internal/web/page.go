package web

import (
	"embed"
	"fmt"
	"path"
	"strings"
)

//go:embed served
var served embed.FS

// Path begins the path of every asset.
const Path = "/assets/"

// SignInPath ends the path of the page on which a person lets a program in. A program may open it as a
// popup, and wait until that is closed.
const SignInPath = "/authorize"

// mostDeep is how many slashes the path of a page has at most: /r/{room}/ has three.
const mostDeep = 3

// kinds are the media types of assets. Those that package mime knows depend on the machine.
var kinds = map[string]string{
	".css":         "text/css; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".webmanifest": "application/manifest+json",
}

// assets are the files at Path.
var assets = []string{"main.js", "later.js", "page.css", "icon.svg", "icon-dot.svg", "icon-192.png", "icon-512.png",
	"app.webmanifest", "vendor-licenses.txt"}

// Site has the document and its assets. Any number of goroutines may use it at once. A nil one
// has none.
type Site struct {
	documents [mostDeep]File // by the slashes in the path of a page, from one on
	assets    map[string]File
	version   string
}

// New returns the site with all its files. It fails if one is missing, so that no server starts
// without it.
func New() (*Site, error) {
	all := &Site{assets: map[string]File{}}
	for n := range all.documents {
		// The address may be a secret, and names the assets of today.
		f, err := newFile("text/html; charset=utf-8", "no-store", fmt.Sprintf("served/%d.html", n))
		if err != nil {
			return nil, err
		}
		restrict(f.header)
		all.documents[n] = f
	}
	version, err := served.ReadFile("served/version")
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	all.version = string(version)
	for _, name := range assets {
		f, err := newFile(kinds[path.Ext(name)], "public, max-age=31536000, immutable", "served/"+name+".gz")
		if err != nil {
			return nil, err
		}
		all.assets[name] = f
	}
	return all, nil
}

// Document returns the document for the address with a path, if there is one.
func (s *Site) Document(path string) (File, bool) {
	deep := strings.Count(path, "/") - 1
	if s == nil || deep < 0 || deep >= mostDeep {
		return File{}, false
	}
	f := s.documents[deep]
	if strings.HasSuffix(path, SignInPath) {
		f.header = f.header.Clone()
		f.header.Set("Cross-Origin-Opener-Policy", "unsafe-none")
	}
	return f, true
}

// Asset returns the asset at a path, if there is one.
func (s *Site) Asset(path string) (File, bool) {
	version, name, _ := strings.Cut(strings.TrimPrefix(path, Path), "/")
	if s == nil || version != s.version {
		return File{}, false
	}
	f, there := s.assets[name]
	return f, there
}
