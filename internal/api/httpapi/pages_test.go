package httpapi

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
)

// browser returns what a browser sends for an address that somebody opens.
func (s *site) browser(path string) *http.Request {
	s.t.Helper()
	r := s.get(path)
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	return r
}

var assetLink = regexp.MustCompile(`"((?:\.\./)*)(assets/[0-9a-f]{12}/)main\.js"`)

// Every page is the same document, but for the way from its address to the assets. Programs that take no gzip read it,
// too.
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
		if vary := resp.Header.Get("Vary"); vary != "Accept" {
			t.Errorf("%s varies by %s", path, vary)
		}
	}
	if len(versions) != 1 {
		t.Errorf("pages with the assets %v", versions)
	}
	if asked := g.asked.Load(); asked != 0 {
		t.Errorf("a page looked up %d invites", asked)
	}
}

// Programs read the same addresses as text.
func TestPages_othersThanBrowsers_getAText(t *testing.T) {
	g := newGated(t)
	for path, says := range map[string]string{"/": "claude mcp add", "/r/abcdefg": "    parley watch\n",
		"/r/abcdefg/": "Open it in a browser", "/i/" + g.invite: g.invite + "/mcp",
		"/i/" + g.invite + "/": g.invite + "/\n"} {
		for _, accept := range []string{"", "*/*", "application/json"} {
			r := g.get(path)
			if accept != "" {
				r.Header.Set("Accept", accept)
			}
			resp, body := g.do(r)
			if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") ||
				!strings.Contains(body, says) || resp.Header.Get("Vary") != "Accept" {
				t.Errorf("%s for %q: %d %v %s", path, accept, resp.StatusCode, resp.Header, body)
			}
		}
	}
}

func TestPages_headAndOtherMethods(t *testing.T) {
	g := newGated(t)
	_, body := g.do(g.browser("/"))
	asset := "/" + assetLink.FindStringSubmatch(body)[2] + "main.js"
	for _, path := range []string{"/", "/r/abcdefg", "/i/" + g.invite, asset} {
		r := g.browser(path)
		r.Method = http.MethodHead
		if resp, body := g.do(r); resp.StatusCode != 200 || body != "" || resp.Header.Get("Content-Type") == "" {
			t.Errorf("HEAD %s: %d %v %q", path, resp.StatusCode, resp.Header, body)
		}
		for _, method := range []string{http.MethodPut, http.MethodDelete, "ODD"} {
			r.Method = method
			if resp, body := g.do(r); resp.StatusCode != 405 || resp.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d %v %s", method, path, resp.StatusCode, resp.Header, body)
			}
		}
	}
}

func TestPages_addressesWithoutAPage_are404ForBrowsersToo(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/r/", "/r", "/r//", "/r/abcdefg/x", "/r/abcdefg//", "/assets/", "/assets/x/main.js",
		"/assets/x", "/favicon.ico", "/index.html"} {
		if resp, body := s.do(s.browser(path)); resp.StatusCode != 404 ||
			!strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") ||
			resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v %s", path, resp.StatusCode, resp.Header, body)
		}
	}
}

// What keeps other sites off is on every answer, whatever it is.
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

// The path of a page may hold a secret, and that of an asset what anybody likes.
func TestPages_log_namesRoutesOnly(t *testing.T) {
	g := newGated(t)
	for _, path := range []string{"/r/secretroom", "/i/secretcode", "/i/" + g.invite,
		"/assets/secretversion/secretname"} {
		g.do(g.browser(path))
	}
	log := g.log.String()
	if strings.Contains(log, "secret") || strings.Contains(log, g.invite) {
		t.Errorf("the log has a path: %s", log)
	}
	for _, route := range []string{"/r/{room}", "/i/{code}", "/assets/{name}"} {
		if !strings.Contains(log, `"path":"`+route+`"`) {
			t.Errorf("the log does not name %s: %s", route, log)
		}
	}
}
