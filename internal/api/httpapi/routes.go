package httpapi

import (
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/web"
)

// route is an address of the server.
type route struct {
	name    string   // for the log, which never has a path
	parts   []string // of the pattern, between its slashes
	orSlash bool     // a slash at the end of the path makes no difference
	escaped bool     // an escaped slash separates no parts, since a name may have a slash
	serve   handler
}

// handler answers a request at a route, through d if its address has a secret. The values in the path are in
// r.PathValue.
type handler func(x *exchange, r *http.Request, d door)

// orSlash ends the pattern of a route at which a slash at the end of the path makes no difference.
const orSlash = "[/]"

// newRoutes returns the table of all addresses, as patterns of [http.ServeMux]. A ServeMux would redirect from a path
// with "//" or "..", but clients keep the addresses that they were given.
func (s *server) newRoutes() (all []route) {
	at := func(pattern string, serve handler) {
		pattern, slash := strings.CutSuffix(pattern, orSlash)
		all = append(all, route{name: strings.Replace(pattern, "...}", "}", 1), parts: strings.Split(pattern, "/"),
			orSlash: slash, serve: serve})
	}
	named := func(pattern string, serve handler) {
		at(pattern, serve)
		all[len(all)-1].escaped = true
	}
	at("/", s.serveRoot)
	at(MCPPath+orSlash, s.serveOwnMCP)
	at(toolsRoute+orSlash, s.serveOwnTool)
	at(toolRoute+orSlash, s.serveOwnTool)
	at(healthPath, toRead(s.serveHealth))
	for path, kind := range keptKinds {
		at(path, toRead(func(ex *exchange, r *http.Request, _ door) { s.serveKept(ex, r, path, kind) }))
	}
	at(web.Path+"{name...}", toRead(s.serveAsset))
	at(web.WorkerPath, toRead(s.serveWorker))
	at(watchRoute+orSlash, toRead(s.serveWatch))
	at(uploadRoute+orSlash, withSecret(uploadRoute, s.serveUpload))
	at(downloadRoute+orSlash, withSecret(downloadRoute, s.serveDownload))
	if s.OpenAIChallenge != "" {
		at(openAIChallengePath, toRead(s.serveOpenAIChallenge))
	}
	if s.Standby != nil {
		at(StandbyPath, s.serveStandby)
	}
	if s.News != nil {
		at(NewsPath, s.serveNews)
	}

	// From here on the path admits the caller.
	if s.Gate != nil {
		at(keyRoute+orSlash, withSecret(keyRoute, s.serveMCP))
		at(inviteRoute+orSlash, withSecret(inviteRoute, s.serveLink))
		at(invitePageRoute+orSlash, withSecret(inviteRoute, s.serveLink))
		at(invitePageRoute+toolsRoute+orSlash, withSecret(inviteRoute, s.serveTool))
		at(invitePageRoute+toolRoute+orSlash, withSecret(inviteRoute, s.serveTool))
		at(strings.ToUpper(tools.InvitePath)+"{rest...}", leadToLower)
	}
	if s.A2A != nil {
		at(a2aPath+orSlash, s.serveA2A)
		at(cardPath, toRead(s.serveCard))
	}
	if s.Gate != nil && s.A2A != nil {
		for _, place := range []string{invitePageRoute, namedRoute} {
			named(place+a2aPath+orSlash, withSecret(inviteRoute, s.serveA2A))
			named(place+cardPath+orSlash, withSecret(inviteRoute, toRead(s.serveCard)))
		}
	}
	return all
}

// lead answers a request at the route of its path.
func (s *server) lead(ex *exchange, r *http.Request) {
	plain := strings.Split(r.URL.Path, "/")
	escaped := plain
	if r.URL.RawPath != "" { // more is escaped than must be
		escaped = strings.Split(r.URL.EscapedPath(), "/")
		for i, part := range escaped {
			escaped[i], _ = url.PathUnescape(part) // net/url has checked it
		}
	}
	for _, route := range s.routes {
		parts := plain
		if route.escaped {
			parts = escaped
		}
		if route.fits(parts) {
			ex.route = route.name
			route.setValues(r, parts)
			route.serve(ex, r, door{})
			return
		}
	}
	s.serveNothing(ex, r)
}

// fits reports whether a path with these parts is a path of the route. An empty secret is a wrong secret; no room and
// no name is empty.
func (to route) fits(path []string) bool {
	last := len(path) - 1
	if to.orSlash && path[last] == "" {
		path = path[:last]
	}
	rest := strings.HasSuffix(to.parts[len(to.parts)-1], "...}")
	if len(path) < len(to.parts) || len(path) > len(to.parts) && !rest {
		return false
	}
	for i, part := range to.parts {
		switch {
		case part == "{room}", part == "{name}":
			if path[i] == "" {
				return false
			}
		case !strings.HasPrefix(part, "{") && part != path[i]:
			return false
		}
	}
	return true
}

// setValues sets the values of a path in r, but for the value of a "{name...}".
func (to route) setValues(r *http.Request, path []string) {
	for i, part := range to.parts {
		if strings.HasPrefix(part, "{") && !strings.HasSuffix(part, "...}") {
			r.SetPathValue(strings.Trim(part, "{}"), path[i])
		}
	}
}

// withSecret serves a route whose first value in the path is a secret: serve gets the door of name with this secret,
// without what a sentence around the link has left at its end.
func withSecret(name string, serve handler) handler {
	_, secret, _ := strings.Cut(name, "{")
	secret, _, _ = strings.Cut(secret, "}")
	return func(ex *exchange, r *http.Request, _ door) {
		ex.Header().Set("Cache-Control", "no-store")
		behind := func(c rune) bool { return c > unicode.MaxASCII || !sanitize.IsAlphanumeric(byte(c)) }
		serve(ex, r, door{name, strings.TrimRightFunc(r.PathValue(secret), behind)})
	}
}

// leadToLower leads from the link of an invite in capitals to the same below [tools.InvitePath]. The way is relative,
// since a proxy may put a path in front, and a client repeats its method and body there.
func leadToLower(ex *exchange, r *http.Request, _ door) {
	up := strings.Repeat("../", strings.Count(r.URL.Path, "/")-1)
	rest := r.URL.Path[len(tools.InvitePath):]
	way := (&url.URL{Path: up + tools.InvitePath[1:] + rest, RawQuery: r.URL.RawQuery}).String()
	ex.Header().Set("Cache-Control", "no-store")
	ex.Header().Set("Location", way)
	ex.text(http.StatusPermanentRedirect, "The invite is at "+way+"\n")
}

// toRead refuses all methods but GET and HEAD.
func toRead(serve handler) handler {
	return func(ex *exchange, r *http.Request, door door) {
		if !ex.answeredWrongMethod(r, http.MethodGet, http.MethodHead) {
			serve(ex, r, door)
		}
	}
}
