package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/provider"
	"github.com/parley-chat/parley/e2e/internal/tlsfront"
)

// programAt is where a program waits that every server knows.
const programAt = "http://localhost/callback"

// opened is the page of sign-in that a program opens whose person may have an account.
func opened(f *tlsfront.Front) string {
	return f.URL + "/oauth/authorize?" + url.Values{"response_type": {"code"},
		"client_id":    {"https://claude.ai/oauth/claude-code-client-metadata"},
		"redirect_uri": {programAt}, "state": {"s"}, "resource": {f.URL + "/mcp"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"}}.Encode()
}

// What comes back from the provider counts once, in the browser that was sent there, and while the provider vouches
// for it. Every other way back leads to the page and nowhere else.
func TestAccount_wayBackFromTheProvider_countsOnceInItsOwnBrowser(t *testing.T) {
	t.Parallel()
	f := tlsfront.New(t)
	at := provider.Start(t, f.URL)
	p := start(t, append(at.Flags("ann@acme.example,group:engineers"), "--access", "keys", "--public-url", f.URL)...)
	f.Leads(p.url)
	leads := func(what, to, want string) {
		t.Helper()
		if !strings.HasPrefix(to, want) {
			t.Errorf("%s leads to %s, want %s", what, to, want)
		}
	}
	page := f.URL + "/oauth/authorize"
	over := page + "#over"
	goes, cookies := f.ToProvider(opened(f))
	for _, cookie := range cookies {
		if cookie.Name != "__Host-parley-sign-in" || !cookie.Secure || !cookie.HttpOnly || cookie.Path != "/" ||
			cookie.SameSite != http.SameSiteLaxMode || cookie.Domain != "" {
			t.Errorf("a cookie is %v", cookie)
		}
	}
	_, others := f.ToProvider(opened(f))
	back := at.SignsIn(goes, "ann@acme.example")
	leads("a way back without the cookie", f.Returns(back, nil), over)
	leads("one in another browser", f.Returns(back, others), over)
	leads("one with another state", f.Returns(strings.Replace(back, "state=", "state=x", 1), cookies), over)
	leads("the right one", f.Returns(back, cookies), programAt+"?code=")
	leads("a code that comes twice", f.Returns(back, cookies), page+"?")

	for address, want := range map[string]string{
		"cy@evil.example":           f.Redirect + "?code=", // is one of the engineers
		"eve@evil.example":          "#not_allowed%20eve@evil.example",
		"unproven-ann@acme.example": "#not_allowed%20",
	} {
		goes, cookies := f.ToProvider(opened(f))
		to := f.Returns(at.SignsIn(goes, address), cookies)
		if !strings.Contains(to, want) {
			t.Errorf("%s is led to %s, want %s", address, to, want)
		}
	}

	goes, cookies = f.ToProvider(opened(f))
	back = at.SignsIn(goes, "ann@acme.example")
	at.Stop()
	if to := f.Returns(back, cookies); !strings.HasPrefix(to, page+"?") || !strings.HasSuffix(to, "#provider_down") {
		t.Errorf("a provider that is down leads to %s", to)
	}
	goes, cookies = f.ToProvider(opened(f)) // where it is, the server knows
	at.Again()
	leads("a provider that is back, with other keys", f.Returns(at.SignsIn(goes, "ann@acme.example"), cookies),
		programAt+"?code=")
	goes, cookies = f.ToProvider(opened(f))
	state, err := url.Parse(goes)
	if err != nil {
		t.Fatal(err)
	}
	fails := f.URL + "/oauth/callback?state=" + state.Query().Get("state") + "&error="
	leads("somebody who changes its mind", f.Returns(fails+"access_denied", cookies), programAt+"?error=access_denied")
	if to := f.Returns(fails+"unauthorized_client", cookies); !strings.HasSuffix(to, "#refused") {
		t.Errorf("a provider that does not know the server leads to %s", to)
	}
	if said := p.out.String(); !strings.Contains(said, "Callers sign in with 127.0.0.1") ||
		strings.Contains(said, "nobody can use") {
		t.Errorf("the first start says %s", said)
	}
}
