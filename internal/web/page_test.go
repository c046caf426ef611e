package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// answer returns the answer with a file, which must be there.
func answer(t *testing.T, f File, there bool) *httptest.ResponseRecorder {
	t.Helper()
	if !there {
		t.Fatal("there is no such file")
	}
	w := httptest.NewRecorder()
	f.Serve(w, 200)
	if w.Body.Len() != f.Size() {
		t.Errorf("%d bytes, not %d: %v", w.Body.Len(), f.Size(), w.Header())
	}
	return w
}

func site(t *testing.T) *Site {
	t.Helper()
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asset returns the answer with the asset of a name.
func asset(t *testing.T, s *Site, name string) *httptest.ResponseRecorder {
	t.Helper()
	f, there := s.Asset(Path + s.version + "/" + name)
	return answer(t, f, there)
}

// document returns the answer with the document at a path.
func document(t *testing.T, s *Site, at string) *httptest.ResponseRecorder {
	t.Helper()
	invite := ""
	if strings.HasPrefix(at, "/i/") {
		invite = "Join with 'curl' & <your> shell."
	}
	f, there := s.Document(at, invite, "https://parley.example")
	return answer(t, f, there)
}

// all returns the text of each asset as it should be served.
func all(t *testing.T) map[string]string {
	t.Helper()
	texts := built(t)
	maps.DeleteFunc(texts, func(name, _ string) bool {
		return name == "version" || name == "worker.js" || strings.HasSuffix(name, ".html")
	})
	return texts
}

func unzip(t *testing.T, zipped []byte) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAsset_isServedWithItsTypeAndKeptForever(t *testing.T) {
	s := site(t)
	for name, text := range all(t) {
		w := asset(t, s, name)
		got := w.Body.String()
		if w.Header().Get("Content-Encoding") == "gzip" {
			got = unzip(t, w.Body.Bytes())
		}
		// A messenger that loads the picture of a link may take no gzip.
		zipped := w.Header().Get("Content-Encoding") != ""
		if zipped == strings.HasSuffix(name, ".png") || got != text ||
			w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %v, or another text", name, w.Header())
		}
	}
	for name, kind := range map[string]string{"main.js": "text/javascript; charset=utf-8",
		"page.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml",
		"icon-512.png": "image/png", "app.webmanifest": "application/manifest+json"} {
		if got := asset(t, s, name).Header().Get("Content-Type"); got != kind {
			t.Errorf("%s is %s", name, got)
		}
	}
}

// A browser looks at the worker's address for a newer one, so nothing keeps it. It may ask this server alone.
func TestWorker_isAtOneAddressAndNeverKept(t *testing.T) {
	f, there := site(t).Worker()
	w := answer(t, f, there)
	if got := unzip(t, w.Body.Bytes()); got != built(t)["worker.js"] || strings.Contains(got, `"fetch",`) {
		t.Errorf("the worker is %s", got)
	}
	for name, want := range map[string]string{"Content-Type": "text/javascript; charset=utf-8",
		"Cache-Control": "no-cache", "Content-Security-Policy": "default-src 'none'; connect-src 'self'"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestAsset_ofAnotherVersion_isNotThere(t *testing.T) {
	for _, at := range []string{"", "main.js", "/main.js", "000000000000/main.js", "000000000000/", "../page.go"} {
		if _, there := site(t).Asset(Path + at); there {
			t.Errorf("%q is there", at)
		}
	}
}

// What the document loads loads nothing more: all of it comes in one round trip. The small script comes first.
func TestDocument_loadsTwoScriptsAndOneStyle(t *testing.T) {
	s := site(t)
	texts := all(t)
	for at, up := range map[string]string{"/": "", "/r/abc": "../", "/r/abc/": "../../"} {
		text := document(t, s, at).Body.String()
		var loads []string
		for _, m := range regexp.MustCompile(`(?:href|src)="([^"]+)"`).FindAllStringSubmatch(text, -1) {
			name, ok := strings.CutPrefix(m[1], up+"assets/"+s.version+"/")
			if !ok || texts[name] == "" {
				t.Errorf("%s loads %s", at, m[1])
			}
			loads = append(loads, name)
		}
		if got := strings.Join(loads, " "); got != "icon.svg app.webmanifest page.css begin.js main.js" {
			t.Errorf("%s loads %s", at, got)
		}
	}
	imports := regexp.MustCompile(`\bimport(?:\{[^}]*\}from|\()"([^"]*)"`)
	for name, want := range map[string]string{"begin.js": "./pages.js ./home.js ./shared.js ./landing.js",
		"main.js": "./begin.js ./later.js ./pages.js ./setup.js ./home.js"} {
		var found []string
		for _, m := range imports.FindAllStringSubmatch(texts[name], -1) {
			found = append(found, m[1])
		}
		if got := strings.Join(found, " "); got != want {
			t.Errorf("%s imports %q, want %q", name, got, want)
		}
	}
	for _, m := range regexp.MustCompile(`@import|url\(\s*["']?([^)"']*)`).FindAllStringSubmatch(texts["page.css"],
		-1) {
		if !strings.HasPrefix(m[1], "data:image/") {
			t.Errorf("the style loads %s", m[0])
		}
	}
}

// What stands there at first has the words of what comes, and its sign.
func TestDocument_openingSaysWhatThePageSays(t *testing.T) {
	s, texts := site(t), all(t)
	scripts := texts["main.js"] + texts["home.js"] + texts["pages.js"] + texts["landing.js"]
	for at, want := range map[string]int{"/": 5, "/r/abcdefg": 1, "/i/abcdefgh": 5, "/authorize": 0} {
		_, opening, _ := strings.Cut(document(t, s, at).Body.String(), `<div id="page"></div>`)
		opening, _, _ = strings.Cut(opening, "<noscript>")
		said := regexp.MustCompile(`>([^<]+)<| d="([^"]+)"`).FindAllStringSubmatch(opening, -1)
		for _, m := range said {
			if !strings.Contains(scripts, `"`+m[1]+m[2]+`"`) {
				t.Errorf("%s says %q, and its page never does", at, m[1]+m[2])
			}
		}
		if len(said) != want {
			t.Errorf("%s says %q, want %d parts", at, said, want)
		}
	}
}

// The policy would stop all of this in the browser, where no test of Go sees it.
func TestDocument_hasNothingInline(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|javascript:|<script[^>]*>[^<]|https?://`)
	text := strings.ReplaceAll(document(t, site(t), "/").Body.String(),
		`<meta property="og:image" content="https://`, "")
	if found := inline.FindString(text); found != "" {
		t.Errorf("the document has %q", found)
	}
}

// A messenger reads these tags and runs no script. All rooms have the same, and all invites.
func TestDocument_saysToMessengersWhatItIs(t *testing.T) {
	s := site(t)
	const product = "Rooms in which AI agents of different people talk to each other."
	const invite = "An invitation to a room."
	picture := "https://parley.example" + Path + s.version + "/icon-512.png"
	asset(t, s, "icon-512.png")
	for at, about := range map[string]string{"/": product, "/r/abcdefg": product, "/r/abcdefg/": product,
		"/authorize": product, "/i/abcdefgh": invite, "/i/abcdefgh/": invite} {
		text, tags := document(t, s, at).Body.String(), map[string]string{}
		for _, m := range regexp.MustCompile(`<meta (?:name|property)="([^"]+)" content="([^"]+)">`).
			FindAllStringSubmatch(text, -1) {
			tags[m[1]] = m[2]
		}
		for tag, want := range map[string]string{"og:type": "website", "og:site_name": "Parley", "og:title": "Parley",
			"og:description": about, "description": about, "og:image": picture, "twitter:card": "summary"} {
			if tags[tag] != want {
				t.Errorf("%s has %s %q, want %q", at, tag, tags[tag], want)
			}
		}
		plain := "<noscript>This page needs JavaScript. "
		if about == invite {
			plain = "<noscript><pre>Join with &#39;curl&#39; &amp; &lt;your&gt; shell.</pre></noscript>"
		}
		if !strings.Contains(text, plain) {
			t.Errorf("%s says without scripts %s", at, text)
		}
		if strings.Contains(text, "abcdefg") || strings.ContainsAny(text, "{}") {
			t.Errorf("%s has its path, or a blank: %s", at, text)
		}
	}
}

func TestDocument_atAnUnknownAddress_namesThePictureByItsPath(t *testing.T) {
	s := site(t)
	f, there := s.Document("/r/abcdefg", "", "")
	if text := answer(t, f, there).Body.String(); !strings.Contains(text,
		`og:image" content="`+Path+s.version+`/icon-512.png"`) {
		t.Error(text)
	}
	f, there = s.Nothing("/nothing")
	if text := answer(t, f, there).Body.String(); !strings.Contains(text, "<noscript>There is no page here.") {
		t.Errorf("without scripts, an address where nothing is says %s", text)
	}
}

func TestDocument_policyAllowsNoOtherSiteAndNoText(t *testing.T) {
	h := document(t, site(t), "/").Header()
	policy := h.Get("Content-Security-Policy")
	for _, part := range []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
		"manifest-src 'self'",
		"frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'",
		"trusted-types worker",
	} {
		if !strings.Contains(policy+";", part+";") {
			t.Errorf("the policy lacks %s: %s", part, policy)
		}
	}
	if h.Get("Cross-Origin-Opener-Policy") != "same-origin" ||
		!strings.Contains(h.Get("Permissions-Policy"), "camera=()") {
		t.Error(h)
	}
}
