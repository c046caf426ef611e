package httpapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/web"
)

const (
	// watchRoute is the route of links by which a person watches an agent. The secret of such a link stands in the
	// fragment, and no client sends a fragment.
	watchRoute = tools.WatchPath + "{room}"
	assetRoute = web.Path + "{name}"
)

// serveAsset answers with what the page loads.
func (s *server) serveAsset(ex *exchange, r *http.Request, _ door) {
	asset, there := s.Page.Asset(r.URL.Path)
	if !there {
		ex.nothingHere()
		return
	}
	s.sendPage(ex, r, asset, http.StatusOK)
}

// serveWorker answers with the service worker of the page.
func (s *server) serveWorker(ex *exchange, r *http.Request, _ door) {
	worker, there := s.Page.Worker()
	if !there {
		ex.nothingHere()
		return
	}
	s.sendPage(ex, r, worker, http.StatusOK)
}

// serveWatch answers at the link by which a person watches.
func (s *server) serveWatch(ex *exchange, r *http.Request, _ door) {
	if !s.answeredBrowser(ex, r) {
		s.sendText(ex, r, watchText)
	}
}

// serveNothing says that nothing is at an address: to a browser on the page, to others in a text.
func (s *server) serveNothing(ex *exchange, r *http.Request) {
	document, there := s.Page.Nothing(r.URL.Path)
	if there && r.Method == http.MethodGet && wantsPage(r) {
		s.sendPage(ex, r, document, http.StatusNotFound)
	} else {
		ex.nothingHere()
	}
}

// sendPage answers with a file of the page, if the limits of the caller allow that. The whole file has the deadline
// of one part of another answer.
func (s *server) sendPage(ex *exchange, r *http.Request, file web.File, status int) {
	if s.answeredBeyondLimits(ex, r, file.Size()) {
		return
	}
	ex.wholeDeadline = time.Now().Add(ex.partTime)
	file.Serve(ex, status)
}

// sendText answers with a text in place of the page, if the limits of the caller allow that.
func (s *server) sendText(ex *exchange, r *http.Request, text string) {
	if !s.answeredBeyondLimits(ex, r, len(text)) {
		ex.text(http.StatusOK, text)
	}
}

// answeredBeyondLimits charges the caller, by its address, with an answer of so many bytes to what is no call. It
// returns true if it has answered: the answer is beyond the limits.
func (s *server) answeredBeyondLimits(ex *exchange, r *http.Request, bytes int) bool {
	refused := s.charge(s.context(ex, r, ident.Principal{}), ex, bytes)
	if refused == nil {
		return false
	}
	ex.text(statusOf(refused.Code), refused.Message+"\n")
	return true
}

// charge charges the caller of ctx with bytes. It returns the refusal if these are beyond the limits, and else nil.
func (s *server) charge(ctx context.Context, ex *exchange, bytes int) *fault.Error {
	var beyond *fault.Error
	if s.ChargeBytes == nil || !errors.As(s.ChargeBytes(ctx, bytes), &beyond) {
		return nil
	}
	ex.refused = beyond.Code
	ex.Header().Set("Retry-After", strconv.Itoa(fault.Seconds(beyond.RetryAfter)))
	return beyond
}

// answeredBrowser answers a browser, or a messenger that shows a link, with the page. It returns true if it has
// answered: other clients get a text. The page is the same for every room and every invite, so nothing of a room is
// read. Without scripts the page of an invite says what the text says.
func (s *server) answeredBrowser(ex *exchange, r *http.Request) bool {
	ex.Header().Add("Vary", "Accept, User-Agent")
	if !wantsPage(r) && !isPreview(r) {
		return false
	}
	invite, site := "", strings.TrimSuffix(s.addressOf(r), MCPPath)
	if strings.HasPrefix(r.URL.Path, tools.InvitePath) {
		invite = inviteText("LINK") + "\nLINK is the address of this page, without a slash at its end.\n"
	}
	document, there := s.Page.Document(r.URL.Path, invite, site)
	if !there {
		http.Error(ex, "This server has no page for this address.", http.StatusInternalServerError)
		return true
	}
	s.sendPage(ex, r, document, http.StatusOK)
	return true
}

// wantsPage reports whether a client prefers HTML to any plainer text: by the weights in its Accept header (RFC 9110,
// section 12.5.1), else by the order of the types there. Agents that fetch pages for their model name Markdown first.
// Those that call themselves after their product and "-User", such as ChatGPT-User and Claude-User, never want the
// page, whatever they accept.
func wantsPage(r *http.Request) (wants bool) {
	if strings.Contains(r.UserAgent(), "-User") {
		return false
	}
	heaviest := 0.0
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		kind, params, _ := mediaType(part) // a kind stands before what is malformed
		switch kind {
		case "text/html", "text/markdown", "text/x-markdown", "text/plain":
			if weight := weightOf(params); weight > heaviest {
				heaviest, wants = weight, kind == "text/html"
			}
		}
	}
	return wants
}

// ledToPage leads a browser, or a messenger that shows a link, from an address of MCP to the page of the server or the
// invite: a person opens what stands in a line for agents. It returns true if it has answered. A client that asks for
// events or brings a key is no browser, whatever else its HTTP library accepts, and an address with a key has no page.
// The way is relative, since a proxy may put a path in front.
func ledToPage(ex *exchange, r *http.Request, door door) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	browser := strings.Contains(accept, "text/html") && !strings.Contains(accept, "text/event-stream")
	known := door.route == inviteRoute || door.route == MCPPath && bearer(r.Header) == ""
	if r.Method != http.MethodGet && r.Method != http.MethodHead || !browser && !isPreview(r) || !known {
		return false
	}
	way := "./"
	if door.route == inviteRoute {
		way = "../" + url.PathEscape(door.secret)
	}
	if strings.HasSuffix(r.URL.Path, "/") {
		way = "../" + strings.TrimPrefix(way, "./")
	}
	ex.Header().Add("Vary", "Accept")
	ex.Header().Set("Location", way)
	ex.text(http.StatusFound, "The page for people is at "+way+"\n")
	return true
}

// previewers are parts of the names of programs that fetch a link to show a preview. iMessage calls itself
// facebookexternalhit and Twitterbot, Telegram "TelegramBot (like TwitterBot)", Signal WhatsApp, Teams SkypeUriPreview.
// The word bot alone is no sign: "ChatGPT-User/1.0; +https://openai.com/bot" fetches for an agent, and should get the
// text.
var previewers = []string{"facebookexternalhit", "twitterbot", "whatsapp/", "slackbot", "discordbot", "linkedinbot",
	"skypeuripreview"}

// isPreview reports whether a messenger fetches the page to show a link. Most messengers accept any type, as curl does.
func isPreview(r *http.Request) bool {
	agent := strings.ToLower(r.UserAgent())
	return slices.ContainsFunc(previewers, func(name string) bool { return strings.Contains(agent, name) })
}

const watchText = `Parley: with this link you watch your agent in its room, speak beside it and supervise it.

Open it in a browser, with everything after the #. Or, in a terminal, type

    parley watch

and paste it when it is asked for. It is for you alone: the first to open it speaks as you.
`
