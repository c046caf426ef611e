package httpapi

import (
	"net/http"
	"strings"

	"github.com/parley-chat/parley/internal/page"
	"github.com/parley-chat/parley/internal/tools"
)

const (
	// watchRoute is that of the link by which a person watches an agent. What opens it
	// stands in its fragment, which no client sends.
	watchRoute = tools.WatchPath + "{room}"
	assetRoute = page.Path + "{name}"
)

// pages serves people with a browser.
type pages struct {
	site *page.Site
}

// serve answers a request for a room's page or for what the page loads.
func (p pages) serve(x *exchange, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, page.Path):
		x.route = assetRoute
		if only(x, r, http.MethodGet, http.MethodHead) && !p.site.ServeAsset(x, r) {
			nothingHere(x)
		}
	case isWatchLink(r.URL.Path):
		x.route = watchRoute
		if only(x, r, http.MethodGet, http.MethodHead) && !p.toBrowser(x, r) {
			x.text(http.StatusOK, watchText)
		}
	default:
		nothingHere(x)
	}
}

// isWatchLink reports whether a path is that of a link by which a person watches.
func isWatchLink(path string) bool {
	room, ok := strings.CutPrefix(strings.TrimSuffix(path, "/"), tools.WatchPath)
	return ok && room != "" && !strings.Contains(room, "/")
}

// toBrowser answers a browser with the page, and reports whether the client is one. To others
// the same address says in a text what they can do. The page looks nothing up, and is the
// same for every room and every invite.
func (p pages) toBrowser(x *exchange, r *http.Request) bool {
	x.Header().Add("Vary", "Accept")
	if !strings.Contains(strings.Join(r.Header.Values("Accept"), ","), "text/html") {
		return false
	}
	p.site.Serve(x, r)
	return true
}

const watchText = `Parley: with this link you watch your agent in its room, speak beside it and steer it.

Open it in a browser, with all that stands behind the #. Or, in a terminal, type

    parley watch

and paste it when it is asked for. It is for you alone: whoever opens it first speaks as you.
`
