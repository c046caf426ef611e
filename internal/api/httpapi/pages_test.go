package httpapi

import (
	"context"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/ident"
)

// browser returns the request of a browser for an address.
func (s *site) browser(path string) *http.Request {
	s.t.Helper()
	r := s.get(path)
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	return r
}

var assetLink = regexp.MustCompile(`"((?:\.\./)*)(assets/[0-9a-f]{12}/)main\.js"`)

// Every page is the same document, but for the way from its address to the assets. Programs that take no gzip can
// read the page, too.
func TestPages_browser_getsThePageAtEachAddress(t *testing.T) {
	g := newGated(t)
	versions := map[string]bool{}
	for path, up := range map[string]string{
		"/": "", "/r/abcdefg": "../", "/r/abcdefg/": "../../", "/i/" + g.invite: "../",
		"/i/" + g.invite + "/": "../../",
		"/i/" + ident.NewInvite("another", "r000000", 1).String(): "../", "/i/x": "../",
	} {
		r := g.browser(path)
		r.Header.Set("Accept-Encoding", "identity")
		resp, body := g.do(r)
		if resp.StatusCode != 200 || resp.Header.Get("Content-Encoding") != "" ||
			resp.Header.Get("Content-Type") != "text/html; charset=utf-8" ||
			resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", path, resp.StatusCode, resp.Header)
		}
		link := assetLink.FindStringSubmatch(body)
		if link == nil || link[1] != up {
			t.Fatalf("%s: %v in %s", path, link, body)
		}
		versions[link[2]] = true
		if vary := resp.Header.Get("Vary"); vary != "Accept, User-Agent" {
			t.Errorf("%s varies by %s", path, vary)
		}
	}
	if len(versions) != 1 {
		t.Errorf("pages with the assets %v", versions)
	}
	for _, accept := range []string{"TEXT/HTML", "text/html;level", "text/plain;q=0.2, text/html",
		"text/markdown;q=0.5, text/html;q=0.9"} {
		r := g.browser("/")
		r.Header.Set("Accept", accept)
		if resp, _ := g.do(r); resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s gets %v", accept, resp.Header)
		}
	}
	if asked := g.asked.Load(); asked != 0 {
		t.Errorf("a page looked up %d invites", asked)
	}
}

// The line of an invite for agents has the address of MCP, and people open what they are sent.
func TestMCP_browser_isLedToThePage(t *testing.T) {
	g := newGated(t)
	for from, to := range map[string]string{"/mcp": "/", "/mcp/": "/", "/i/" + g.invite + "/mcp": "/i/" + g.invite,
		"/i/" + g.invite + "/mcp/": "/i/" + g.invite, "/i/a%20b/mcp": "/i/a%20b"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			r := g.browser(from)
			r.Method = method
			resp, _ := g.do(r)
			if at := resp.Request.URL.EscapedPath(); resp.StatusCode != 200 || at != to ||
				resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
				t.Errorf("%s %s leads to %s: %d %v", method, from, at, resp.StatusCode, resp.Header)
			}
		}
		for _, accept := range []string{"", "*/*", "text/event-stream", "text/html, text/event-stream"} {
			r := g.get(from)
			r.Header.Set("Accept", accept)
			if !strings.Contains(accept, "text/event-stream") && strings.HasPrefix(from, "/i/") {
				continue // who reads a link there learns what to do
			}
			if resp, body := g.do(r); resp.Request.URL.EscapedPath() != from || resp.StatusCode < 400 {
				t.Errorf("%s for %q: %d %s", from, accept, resp.StatusCode, body)
			}
		}
		library := g.get(from)
		library.Header.Set("Accept", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2") // of Java
		library.Header.Set("Authorization", "Bearer "+ident.NewKey().String())
		if resp, body := g.do(library); (resp.Request.URL.EscapedPath() != from || resp.StatusCode < 400) !=
			strings.HasPrefix(from, "/i/") {
			t.Errorf("%s with a key: %d %s", from, resp.StatusCode, body)
		}
		r := g.browser(from)
		r.Method = http.MethodPost
		if resp, body := g.do(r); resp.Request.URL.EscapedPath() != from || resp.StatusCode < 400 {
			t.Errorf("POST %s: %d %s", from, resp.StatusCode, body)
		}
	}
	if resp, _ := g.do(g.browser("/k/" + ident.NewKey().String() + "/mcp")); resp.StatusCode < 400 {
		t.Errorf("an address with a key: %d", resp.StatusCode)
	}
}

// Programs read the same addresses as text.
func TestPages_othersThanBrowsers_getAText(t *testing.T) {
	g := newGated(t)
	const page = "text/html,application/xhtml+xml,*/*;q=0.8"
	for path, says := range map[string]string{"/": "claude mcp add", "/r/abcdefg": "    parley watch\n",
		"/r/abcdefg/": "Open it in a browser", "/i/" + g.invite: "You are an agent with a shell: join now.",
		"/i/" + g.invite + "/": g.invite + "/\n", "/i/" + g.invite + "/mcp": "You are an agent with a shell",
		"/i/" + g.invite + "/mcp/": "You are an agent with a shell"} {
		for _, c := range []struct{ accept, agent string }{
			{"", ""}, {"*/*", "curl/8.5.0"}, {"application/json", ""},
			{"text/markdown, text/html, */*", "Claude-User (claude-code/2.1.329; +https://support.anthropic.com/)"},
			{"text/markdown;q=1.0, text/x-markdown;q=0.9, text/plain;q=0.8, text/html;q=0.7, */*;q=0.1", "opencode"},
			{"TEXT/Markdown,text/html", "x"}, {"text/html;q=0.5, text/plain", "x"},
			{"text/html;Q=0.8, text/markdown;q=0.9", "x"}, {"text/html;q=0", "x"}, {"text/html;q=0.0, */*", "x"},
			{page, "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ChatGPT-User/1.0; +https://x/bot"},
			{page, "Claude-User/1.0"}, {page, "Mozilla/5.0 (compatible; Perplexity-User/1.0)"},
		} {
			r := g.get(path)
			r.Header.Set("User-Agent", c.agent)
			if c.accept != "" {
				r.Header.Set("Accept", c.accept)
			}
			resp, body := g.do(r)
			if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") ||
				!strings.Contains(body, says) || resp.Header.Get("Vary") != "Accept, User-Agent" {
				t.Errorf("%s for %v: %d %v %s", path, c, resp.StatusCode, resp.Header, body)
			}
		}
	}
}

// An agent that gets the document of an invite, since its program asks for HTML, reads the same there without scripts.
func TestPages_ofAnInviteWithoutScripts_saysWhatTheTextSays(t *testing.T) {
	g := newGated(t)
	_, text := g.do(g.get("/i/" + g.invite))
	_, page := g.do(g.browser("/i/" + g.invite))
	_, said, _ := strings.Cut(page, "<noscript><pre>")
	said, rest, _ := strings.Cut(said, "</pre></noscript>")
	link := g.url + "/i/" + g.invite
	want := strings.ReplaceAll(text, link, "LINK") +
		"\nLINK is the address of this page, without a slash at its end.\n"
	if rest == "" || html.UnescapeString(said) != want {
		t.Errorf("the document says\n%s\nand not\n%s", said, want)
	}
}

// Messengers that show a link fetch it with */*, as curl does; their User-Agent tells them apart. The preview looks
// nothing up, and so uses up nothing.
func TestPages_ofAMessengersPreview_sayWhatTheLinkIs(t *testing.T) {
	const invitation = `<meta property="og:description" content="An invitation to a room.">`
	preview := func(g *gated, path, agent string) (resp *http.Response, body string) {
		t.Helper()
		r := g.get(path)
		r.Header.Set("Accept", "*/*")
		r.Header.Set("User-Agent", agent)
		resp, body = g.do(r)
		if resp.StatusCode != 200 {
			t.Errorf("%s for %s: %d %s", path, agent, resp.StatusCode, body)
		}
		return resp, body
	}
	g := newGated(t)
	reads, writes := g.reads.Load(), g.writes.Load()
	_, first := preview(g, "/i/"+g.invite, "Twitterbot/1.0")
	picture := regexp.MustCompile(`og:image" content="` + g.url + `(/[^"]+)"`).FindStringSubmatch(first)
	if picture == nil {
		t.Fatalf("no picture in %s", first)
	}
	for _, agent := range []string{
		"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "WhatsApp/2.23.20.0 A", "WhatsApp/2",
		"TelegramBot (like TwitterBot)", "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
		"LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
		"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 " +
			"Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
		"Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
	} {
		for _, code := range []string{g.invite, ident.NewInvite("another", "r000000", 1).String(), "x"} {
			if resp, body := preview(g, "/i/"+code, agent); body != first || !strings.Contains(body, invitation) ||
				resp.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s shows of %s: %v %s", agent, code, resp.Header, body)
			}
		}
		for _, path := range []string{"/", "/r/abcdefg"} {
			if _, body := preview(g, path, agent); strings.Contains(body, invitation) || !strings.Contains(body,
				`"og:title"`) {
				t.Errorf("%s shows of %s: %s", agent, path, body)
			}
		}
		resp, image := preview(g, picture[1], agent)
		if resp.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(image, "\x89PNG") {
			t.Errorf("the picture: %v", resp.Header)
		}
	}
	if asked := g.asked.Load(); asked != 0 || g.reads.Load() != reads || g.writes.Load() != writes {
		t.Errorf("previews looked up %d invites, with %d reads and %d writes", asked, g.reads.Load()-reads,
			g.writes.Load()-writes)
	}
	for _, agent := range []string{"curl/8.5.0", "python-requests/2.32", "Go-http-client/1.1", "node", "",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ChatGPT-User/1.0; +https://openai.com/bot"} {
		if _, body := preview(g, "/i/"+g.invite, agent); !strings.Contains(body, g.invite+"/mcp") {
			t.Errorf("%s gets %s", agent, body)
		}
	}
}

// The picture is at the public address, if there is one: a proxy in front may not pass on its own.
func TestPages_picture_isAtThePublicAddress(t *testing.T) {
	s := newSite(t, func(_ *site, o *Options) { o.Address = "https://parley.example/rooms" + MCPPath })
	if _, body := s.do(s.browser("/r/abcdefg")); !strings.Contains(body,
		`<meta property="og:image" content="https://parley.example/rooms/assets/`) {
		t.Error(body)
	}
}

func TestPages_headAndOtherMethods(t *testing.T) {
	g := newGated(t)
	_, body := g.do(g.browser("/"))
	asset := "/" + assetLink.FindStringSubmatch(body)[2] + "main.js"
	for path, allow := range map[string]string{"/": "GET, HEAD", "/r/abcdefg": "GET, HEAD",
		"/i/" + g.invite: "GET, HEAD, POST", asset: "GET, HEAD"} {
		r := g.browser(path)
		r.Method = http.MethodHead
		if resp, body := g.do(r); resp.StatusCode != 200 || body != "" || resp.Header.Get("Content-Type") == "" {
			t.Errorf("HEAD %s: %d %v %q", path, resp.StatusCode, resp.Header, body)
		}
		for _, method := range []string{http.MethodPut, http.MethodDelete, "ODD"} {
			r.Method = method
			if resp, body := g.do(r); resp.StatusCode != 405 || resp.Header.Get("Allow") != allow {
				t.Errorf("%s %s: %d %v %s", method, path, resp.StatusCode, resp.Header, body)
			}
		}
	}
}

// A browser is told on the page that nothing is there, and in a text where an asset would be.
func TestPages_addressesWithoutAPage_are404ForBrowsersToo(t *testing.T) {
	s := newSite(t)
	for path, kind := range map[string]string{"/r/": "text/html", "/r": "text/html", "/r//": "text/html",
		"/r/abcdefg/x": "text/html", "/r/abcdefg//": "text/plain",
		"/index.html": "text/html", "/nothing": "text/html", "/nothing/here": "text/html", "/a/b/c/d": "text/plain",
		"/assets/x/main.js": "text/plain", "/assets/x": "text/plain"} {
		if resp, body := s.do(s.browser(path)); resp.StatusCode != 404 ||
			!strings.HasPrefix(resp.Header.Get("Content-Type"), kind) ||
			resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v %s", path, resp.StatusCode, resp.Header, body)
		}
		if resp, body := s.do(s.get(path)); resp.StatusCode != 404 ||
			!strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s, no browser: %d %v %s", path, resp.StatusCode, resp.Header, body)
		}
	}
}

// A page that was open while the server was replaced finds out by this.
func TestNews_namesThePageThatTheServerHas(t *testing.T) {
	s := newSite(t, func(_ *site, o *Options) {
		o.News = func(context.Context, tools.NewsAsked, tools.Admission) mcp.Outcome { return mcp.Outcome{} }
	})
	_, body := s.do(s.browser("/"))
	r := s.request("{}", nil)
	r.URL.Path = NewsPath
	resp, _ := s.do(r)
	if page := resp.Header.Get("Parley-Page"); page == "" || !strings.Contains(body, "assets/"+page+"/main.js") {
		t.Errorf("news: %q", page)
	}
}

// The headers that keep other sites off are on every answer.
func TestHeaders_everyAnswer_isKeptFromOtherSites(t *testing.T) {
	g := newGated(t)
	foreign := g.post(eras()[0], MCPPath, "")
	foreign.Header.Set("Origin", "https://evil.example")
	_, body := g.do(g.browser("/"))
	for name, r := range map[string]*http.Request{
		"the page": g.browser("/"), "a room": g.browser("/r/abcdefg"), "an invite": g.browser("/i/" + g.invite),
		"a text":   g.get("/"),
		"an asset": g.get("/" + assetLink.FindStringSubmatch(body)[2] + "main.js"), "nothing": g.get("/nowhere"),
		"the state": g.get(healthPath),
		"a call":    g.post(eras()[0], MCPPath, g.key.String()), "a call without a key": g.post(eras()[0], MCPPath, ""),
		"another site": foreign,
	} {
		resp, _ := g.do(r)
		for header, want := range map[string]string{
			"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "X-Content-Type-Options": "nosniff",
			"X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := resp.Header.Values(header); len(got) != 1 || got[0] != want {
				t.Errorf("%s: %s: %q", name, header, got)
			}
		}
		if policy := resp.Header.Values("Content-Security-Policy"); len(policy) != 1 ||
			!strings.HasPrefix(policy[0], "default-src 'none'; ") || !strings.Contains(policy[0], "frame-ancestors "+
			"'none'") {
			t.Errorf("%s: the policy %q", name, policy)
		}
	}
}
