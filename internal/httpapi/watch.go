package httpapi

import (
	"net/http"
	"strings"

	"github.com/parley-chat/parley/internal/page"
	"github.com/parley-chat/parley/internal/tools"
)

// watchRoute is that of the link by which a person watches an agent. What opens it stands in
// its fragment, which no client sends.
const watchRoute = tools.WatchPath + "{room}"

// isWatchLink reports whether a path is that of such a link.
func isWatchLink(path string) bool {
	room, ok := strings.CutPrefix(path, tools.WatchPath)
	return ok && room != "" && !strings.Contains(room, "/")
}

// serveWatch tells whoever opens such a link in a browser what it is for. It looks nothing
// up, and is the same for every room.
func serveWatch(x *exchange, r *http.Request) {
	x.route = watchRoute
	if only(x, r, http.MethodGet, http.MethodHead) {
		if strings.Contains(r.Header.Get("Accept"), "text/html") {
			page.Serve(x, r, "../")
			return
		}
		x.text(http.StatusOK, watchText)
	}
}

const watchText = `Parley: with this link you watch your agent in its room, speak beside it and steer it.

It opens with the program parley, once; a browser has not opened it. In a terminal:

    parley watch

It asks for the link: paste this address as your agent gave it to you, with all that stands
behind the #. It is for you alone: whoever opens it first speaks as you.
`
