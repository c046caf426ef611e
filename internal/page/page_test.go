package page

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// get returns the answer to a GET with an Accept-Encoding; "" leaves it out.
func get(t *testing.T, serve func(http.ResponseWriter, *http.Request), at, encoding string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, at, nil)
	if encoding != "" {
		r.Header.Set("Accept-Encoding", encoding)
	}
	w := httptest.NewRecorder()
	serve(w, r)
	return w
}

// asset asks for the asset of a name, which must be there.
func asset(t *testing.T, s *Site, name, encoding string) *httptest.ResponseRecorder {
	t.Helper()
	c, err := s.load()
	if err != nil {
		t.Fatal(err)
	}
	return get(t, func(w http.ResponseWriter, r *http.Request) {
		if !s.ServeAsset(w, r) {
			t.Errorf("there is no %s", name)
		}
	}, Path+c.version+"/"+name, encoding)
}

// all returns the text of each asset as it is served.
func all(t *testing.T) map[string]string {
	t.Helper()
	texts, err := served()
	if err != nil {
		t.Fatal(err)
	}
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
	s := New()
	for name, text := range all(t) {
		plain, zipped := asset(t, s, name, ""), asset(t, s, name, "gzip, br")
		if plain.Body.String() != text || unzip(t, zipped.Body.Bytes()) != text {
			t.Errorf("%s is served as another text", name)
		}
		if plain.Header().Get("Content-Encoding") != "" || zipped.Header().Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: %v and %v", name, plain.Header(), zipped.Header())
		}
		for _, h := range []http.Header{plain.Header(), zipped.Header()} {
			if h.Get("Vary") != "Accept-Encoding" || h.Get("Cache-Control") != "public, max-age=31536000, immutable" {
				t.Errorf("%s: %v", name, h)
			}
		}
	}
	for name, kind := range map[string]string{"main.js": "text/javascript; charset=utf-8", "page.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"} {
		if got := asset(t, s, name, "").Header().Get("Content-Type"); got != kind {
			t.Errorf("%s is %s", name, got)
		}
	}
}

func TestAsset_ofAnotherVersion_isNotThere(t *testing.T) {
	for _, at := range []string{"", "main.js", "/main.js", "000000000000/main.js", "000000000000/", "../page.go"} {
		w := get(t, func(w http.ResponseWriter, r *http.Request) {
			if New().ServeAsset(w, r) {
				t.Errorf("%q is there", at)
			}
		}, Path+at, "")
		if w.Body.Len() > 0 || len(w.Header()) > 0 {
			t.Errorf("%q: %v %s", at, w.Header(), w.Body)
		}
	}
}

// What the document loads loads nothing more: all of it comes in one round trip.
func TestDocument_loadsOneScriptAndOneStyle(t *testing.T) {
	s := New()
	texts := all(t)
	for at, up := range map[string]string{"/": "", "/r/abc": "../", "/r/abc/": "../../"} {
		text := get(t, s.Serve, at, "").Body.String()
		if zipped := get(t, s.Serve, at, "gzip"); unzip(t, zipped.Body.Bytes()) != text {
			t.Errorf("%s is another text with gzip", at)
		}
		c, _ := s.load() // Serve has loaded it
		var loads []string
		for _, m := range regexp.MustCompile(`(?:href|src)="([^"]+)"`).FindAllStringSubmatch(text, -1) {
			name, ok := strings.CutPrefix(m[1], up+"assets/"+c.version+"/")
			if !ok || texts[name] == "" {
				t.Errorf("%s loads %s", at, m[1])
			}
			loads = append(loads, name)
		}
		if got := strings.Join(loads, " "); got != "icon.svg page.css main.js" {
			t.Errorf("%s loads %s", at, got)
		}
	}
	if later := regexp.MustCompile(`(?m)^(?:import|export)\b|^[^*\n]*\bimport\s*\(`).FindString(texts["main.js"]); later != "" {
		t.Errorf("the script imports more: %s", later)
	}
	for _, m := range regexp.MustCompile(`@import|url\(\s*["']?([^)"']*)`).FindAllStringSubmatch(texts["page.css"], -1) {
		if !strings.HasPrefix(m[1], "data:image/") {
			t.Errorf("the style loads %s", m[0])
		}
	}
}

// The policy would stop all of this in the browser, where no test of Go sees it.
func TestDocument_hasNothingInline(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|javascript:|<script[^>]*>[^<]|https?://`)
	if found := inline.FindString(document); found != "" {
		t.Errorf("the document has %q", found)
	}
}

func TestDocument_policyAllowsNoOtherSiteAndNoText(t *testing.T) {
	h := get(t, New().Serve, "/", "").Header()
	policy := h.Get("Content-Security-Policy")
	for _, part := range []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
		"frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
	} {
		if !strings.Contains(policy+";", part+";") {
			t.Errorf("the policy lacks %s: %s", part, policy)
		}
	}
	if h.Get("Cross-Origin-Opener-Policy") != "same-origin" || !strings.Contains(h.Get("Permissions-Policy"), "camera=()") {
		t.Error(h)
	}
}

func TestTakesGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "identity": false, "br": false, "gzip": true, "GZIP": true, "deflate, gzip;q=1.0, *;q=0.5": true, "br,gzip": true,
		"gzip;q=0": false, "gzip; q=0.000": false, "gzip;q=0.1": true, "xgzip": false, "gzip;q=x": true,
	} {
		if got := takesGzip(http.Header{"Accept-Encoding": {header}}); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
	if !takesGzip(http.Header{"Accept-Encoding": {"br", "gzip"}}) || takesGzip(http.Header{}) {
		t.Error("two headers, or none")
	}
}
