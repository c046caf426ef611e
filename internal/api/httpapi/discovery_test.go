package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api/mcp"
)

// What a caller says of the host of the server is in no card: caches and catalogs would send others there.
func TestDiscovery_address_isTheOperators_whateverTheCallerSays(t *testing.T) {
	const address = "https://parley.example/at/mcp"
	const evil = "evil.example"
	lan := arrival{listens: "192.168.1.7:8080", peer: "192.0.2.1:4711", host: "192.168.1.7:8080"}
	with := func(host string, header http.Header) arrival {
		a := lan
		a.host, a.header = host, header
		return a
	}
	for name, c := range map[string]struct {
		path string // or a whole address, as proxies are sent
		arrival
	}{
		"by its address":            {"", lan},
		"by a foreign host":         {"", with(evil, nil)},
		"by no host":                {"", with("", nil)},
		"with a host behind":        {"", with("192.168.1.7", http.Header{"Host": {evil}})},
		"with X-Forwarded-Host":     {"", with("192.168.1.7", http.Header{"X-Forwarded-Host": {evil}})},
		"with another scheme":       {"", with("192.168.1.7", http.Header{"X-Forwarded-Proto": {"http"}})},
		"with Forwarded":            {"", with("192.168.1.7", http.Header{"Forwarded": {"host=" + evil}})},
		"with X-Original-Url":       {"", with("192.168.1.7", http.Header{"X-Original-Url": {"https://" + evil}})},
		"of a foreign page":         {"", with("192.168.1.7", http.Header{"Origin": {"https://" + evil}})},
		"in the absolute form":      {"http://" + evil, with(evil, nil)},
		"through Lambda":            {"", arrival{"", "192.0.2.1:0", evil, nil}},
		"through a trusted proxy":   {"", with(evil, http.Header{"X-Forwarded-For": {"203.0.113.9"}})},
		"from the operator's shell": {"", arrival{"127.0.0.1:8080", "127.0.0.1:4711", "localhost:8080", nil}},
	} {
		for path, want := range map[string]string{serverCardPath: string(mcp.Card("1.2.3", address)),
			catalogPath: string(mcp.Catalog(address))} {
			for public, o := range map[bool]Options{
				true:  {Version: "1.2.3", Address: address, Keys: true, TrustProxy: true},
				false: {Version: "1.2.3", Reachable: "192.168.1.7:8080"},
			} {
				from := c.request(t)
				r := httptest.NewRequestWithContext(from.Context(), http.MethodGet, c.path+path, nil)
				r.Host, r.RemoteAddr = from.Host, from.RemoteAddr
				if from.Header != nil {
					r.Header = from.Header
				}
				w := httptest.NewRecorder()
				New(o).ServeHTTP(w, r)
				got := w.Body.String()
				if public && (w.Code != http.StatusOK || got != want) {
					t.Errorf("%s %s: %d %s", name, path, w.Code, got)
				}
				status := http.StatusNotFound
				if from.Header.Get("Origin") != "" { // a page that looks for servers at home
					status = http.StatusForbidden
				}
				if !public && (w.Code != status || !strings.Contains(got, "--public-url") ||
					w.Header().Get("Access-Control-Allow-Origin") != "") {
					t.Errorf("%s %s, without a public address: %d %v %s", name, path, w.Code, w.Header(), got)
				}
			}
		}
	}
}

// A browser or a crawler keeps each an hour, then asks whether it has changed. Pages of all sites may read the card and
// the catalog, and those alone.
func TestDiscovery_answers_areForEverybody_andKept(t *testing.T) {
	g := newGated(t, func(_ *site, o *Options) { o.Address = "https://parley.example/mcp" })
	foreign := http.Header{"Origin": {"https://evil.example"}}
	for path, kind := range map[string]string{
		serverCardPath: "application/mcp-server-card+json", catalogPath: "application/ai-catalog+json",
		robotsPath: "text/plain; charset=utf-8", llmsPath: "text/plain; charset=utf-8", iconPath: "image/png",
	} {
		resp, whole := g.do(g.get(path))
		tag := resp.Header.Get("ETag")
		for name, want := range map[string]string{"Content-Type": kind, "Cache-Control": "public, max-age=3600",
			"X-Content-Type-Options": "nosniff", "X-Robots-Tag": "", "Vary": ""} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s: %s: %q", path, name, got)
			}
		}
		if resp.StatusCode != http.StatusOK || tag == "" || len(whole) < 100 || len(whole) >= 2000 {
			t.Errorf("%s: %d %v, %d bytes", path, resp.StatusCode, resp.Header, len(whole))
		}
		head := g.get(path)
		head.Method = http.MethodHead
		if resp, body := g.do(head); resp.StatusCode != 200 || resp.ContentLength != int64(len(whole)) || body != "" {
			t.Errorf("HEAD %s: %d %v %q", path, resp.StatusCode, resp.Header, body)
		}
		again := g.get(path)
		again.Header.Set("If-None-Match", tag)
		if resp, body := g.do(again); resp.StatusCode != http.StatusNotModified || body != "" {
			t.Errorf("%s, unchanged: %d %q", path, resp.StatusCode, body)
		}
		forAll := path == serverCardPath || path == catalogPath
		preflight := g.get(path)
		preflight.Method, preflight.Header = http.MethodOptions, foreign.Clone()
		preflight.Header.Set("Access-Control-Request-Method", "GET")
		preflight.Header.Set("Access-Control-Request-Headers", "if-none-match")
		read := g.get(path)
		read.Header = foreign
		for r, status := range map[*http.Request]int{preflight: http.StatusNoContent, read: http.StatusOK} {
			resp, body := g.do(r)
			allowed := resp.Header.Get("Access-Control-Allow-Origin") == "*" &&
				strings.Contains(resp.Header.Get("Access-Control-Allow-Headers"), "If-None-Match") &&
				resp.Header.Get("Access-Control-Expose-Headers") == "ETag"
			if allowed != forAll || (resp.StatusCode == status) != forAll {
				t.Errorf("%s %s of another site: %d %v %s", r.Method, path, resp.StatusCode, resp.Header, body)
			}
		}
	}
	for path, listed := range map[string]bool{"/": true, "/r/abcdefg": false, "/i/" + g.invite: false} {
		if resp, _ := g.do(g.browser(path)); (resp.Header.Get("X-Robots-Tag") == "") != listed {
			t.Errorf("%s: %v", path, resp.Header)
		}
	}
	if reads := g.reads.Load() + g.asked.Load(); reads != 0 {
		t.Errorf("%d reads", reads)
	}
}

// Crawlers leave alone every address with a value in its path, but for what the page loads, and sign-in.
func TestRobots_shutWhatIsForOneRoomOrPerson(t *testing.T) {
	shut := func(path string) bool {
		for line := range strings.Lines(robots) {
			prefix, found := strings.CutPrefix(strings.TrimSpace(line), "Disallow: ")
			if found && strings.HasPrefix(path, prefix) {
				return true
			}
		}
		return false
	}
	all := allRoutes(t)
	all.OpenAIChallenge = "x"
	for _, r := range New(all).(*server).routes {
		_, value, _ := strings.Cut(r.name, "{")
		own := r.name == StandbyPath || r.name == NewsPath // which nobody links to
		if want := own || value != "" && !strings.HasPrefix(r.name, "/assets/"); shut(r.name) != want {
			t.Errorf("%s is shut: %v", r.name, !want)
		}
	}
	for _, path := range []string{"/oauth/authorize", "/oauth/token", "/authorize"} {
		if !shut(path) {
			t.Errorf("%s is not shut", path)
		}
	}
}
