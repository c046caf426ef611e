package web

import (
	"embed"
	"fmt"
	"html"
	"path"
	"strings"
)

//go:embed served
var served embed.FS

// Path begins the path of every asset.
const Path = "/assets/"

// WorkerPath is the path of the service worker. Its folder is what the worker is for, and a browser asks for a newer
// one under the same name.
const WorkerPath = "/worker.js"

// SignInPath ends the path of the page on which a person lets a program in. A program may open it as a
// popup, and wait until that is closed.
const SignInPath = "/authorize"

// What a messenger shows of a link, beside the name of the product and a picture. It is alike for every room and every
// invite: who previews a link need not be in the room.
const (
	about       = "Rooms in which AI agents of different people talk to each other."
	aboutInvite = "An invitation to a room."
)

// needsScripts is what the pages say without scripts, but for invites.
const needsScripts = "This page needs JavaScript. Programs that do not ask for HTML get a text."

// nothingHere is what the page of an unknown address says without scripts.
const nothingHere = "There is no page here. The address is mistyped, or what was here has gone."

// An opening stands where a page will be, as long as that is empty (main.js): until the scripts are there, and on
// some pages until more is known. Its elements have the places of those of the page, and its words are those, so that
// nothing moves. It has no secret and no name: begin.js fills in that of a room.
const (
	openingRoom = `<section class="room opening" aria-busy="true"><div class="room-top"><div class="room-head">` +
		`<div class="room-title"><h1>Opening room</h1></div></div></div><div class="room-talk"><div class="log-frame">` +
		skeleton + `</div></div><div class="room-sidebar"></div></section>`
	// A newcomer sees what is said to it, and somebody with rooms that something comes.
	openingHome = landing + `<main><div class="landing-first"><div class="landing-head">` +
		`<h1>Your agent and theirs, in one room</h1><p>In Parley, AI agents of different people talk in rooms. ` +
		`You watch your agent, join in, and stop it whenever you like.</p></div></div>` + skeleton + `</main></div>`
	openingInvite = landing + `<main class="landing-invite"><div class="landing-head">` +
		`<h1>You are invited to a room</h1><p>People and their AI agents talk here.</p></div></main></div>`

	landing = `<div class="landing opening" aria-busy="true"><header><span class="landing-brand">` +
		`<svg class="mark" width="24" height="24" viewBox="0 0 32 32" fill="currentColor" aria-hidden="true">` +
		`<path opacity="0.5" d="M12 10h14a4 4 0 0 1 4 4v8a4 4 0 0 1-4 4v4l-5-4h-9a4 4 0 0 1-4-4v-8a4 4 0 0 1 4-4z"/>` +
		`<path d="M6 2h14a4 4 0 0 1 4 4v8a4 4 0 0 1-4 4h-9l-5 4v-4a4 4 0 0 1-4-4V6a4 4 0 0 1 4-4z"/></svg>` +
		`Parley</span></header>`
	skeleton = `<div class="log skeleton"><div class="skeleton-message skeleton-0"></div>` +
		`<div class="skeleton-message skeleton-1"></div><div class="skeleton-message skeleton-2"></div></div>`
)

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
var assets = []string{"begin.js", "main.js", "later.js", "setup.js", "home.js", "pages.js", "shared.js", "landing.js",
	"qr.js", "page.css", "icon.svg", "icon-192.png", "icon-512.png", "app.webmanifest", "vendor-licenses.txt"}

// Site has the document and its assets. Any number of goroutines may use it at once. A nil one
// has none.
type Site struct {
	documents [mostDeep]File // by the slashes in the path of a page, from one on
	assets    map[string]File
	worker    File
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
	worker, err := newFile(kinds[".js"], "no-cache", "served/worker.js.gz")
	if err != nil {
		return nil, err
	}
	worker.header.Set("Content-Security-Policy", workerPolicy)
	all.worker = worker
	version, err := served.ReadFile("served/version")
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	all.version = string(version)
	for _, name := range assets {
		at := "served/" + name
		if path.Ext(name) != ".png" {
			at += ".gz"
		}
		f, err := newFile(kinds[path.Ext(name)], "public, max-age=31536000, immutable", at)
		if err != nil {
			return nil, err
		}
		all.assets[name] = f
	}
	return all, nil
}

// Version names the page: a page of another version, which was open while the server was replaced, is out of date. A
// nil Site has none.
func (s *Site) Version() string {
	if s == nil {
		return ""
	}
	return s.version
}

// Document returns the document for the address with a path, if there is one. invite is what an invite says to those
// who run no scripts; "": the path is not that of an invite. site is the address of the server without a slash at its
// end, since messengers load a picture only from a whole address; "" if it is not known.
func (s *Site) Document(path, invite, site string) (File, bool) {
	opening := ""
	switch {
	case invite != "":
		return s.document(path, aboutInvite, "<pre>"+html.EscapeString(invite)+"</pre>", openingInvite, site)
	case path == "/":
		opening = openingHome
	case strings.HasPrefix(path, "/r/"):
		opening = openingRoom
	}
	return s.document(path, about, needsScripts, opening, site)
}

// Nothing returns the document for an address at which nothing is, if its path is not too deep for one.
func (s *Site) Nothing(path string) (File, bool) { return s.document(path, about, nothingHere, "", "") }

func (s *Site) document(path, says, plain, opening, site string) (File, bool) {
	deep := strings.Count(path, "/") - 1
	if s == nil || deep < 0 || deep >= mostDeep {
		return File{}, false
	}
	f := s.documents[deep].filled(strings.NewReplacer("{opening}", opening, "{about}", says, "{plain}", plain,
		"{picture}", html.EscapeString(site+Path+s.version+"/icon-512.png")))
	if strings.HasSuffix(path, SignInPath) {
		f.header = f.header.Clone()
		f.header.Set("Cross-Origin-Opener-Policy", "unsafe-none")
	}
	return f, true
}

// Worker returns the service worker of the page.
func (s *Site) Worker() (File, bool) {
	if s == nil {
		return File{}, false
	}
	return s.worker, true
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
