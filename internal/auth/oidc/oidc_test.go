package oidc_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/account"
	"github.com/parley-chat/parley/internal/auth/oidc"
)

var noon = time.Date(2030, 5, 6, 12, 0, 0, 0, time.UTC)

// provider is the server of go-oidc, which has keys and metadata, with an exchange of codes for claims.
type provider struct {
	*httptest.Server
	oidc   oidctest.Server
	signer *rsa.PrivateKey
	kid    string
	claims map[string]any
	status int // of an exchange; 0: success
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{}
	p.rotate(t, "1")
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/token" {
			p.oidc.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if p.status != 0 {
			w.WriteHeader(p.status)
			return
		}
		claims, _ := json.Marshal(p.claims)
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "x", "token_type": "Bearer",
			"id_token": oidctest.SignIDToken(p.signer, p.kid, "RS256", string(claims))})
	}))
	t.Cleanup(p.Close)
	p.oidc.SetIssuer(p.URL)
	p.claims = map[string]any{"iss": p.URL, "aud": "parley", "sub": "1", "nonce": "n",
		"exp": noon.Add(time.Hour).Unix()}
	return p
}

// rotate gives the provider a new key.
func (p *provider) rotate(t *testing.T, kid string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p.signer, p.kid = key, kid
	p.oidc.PublicKeys = []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: kid, Algorithm: "RS256"}}
}

func (p *provider) client(secret error) *oidc.Provider {
	return oidc.New(oidc.Options{Issuer: p.URL, ClientID: "parley", Redirect: "https://parley.example/oauth/callback",
		Clock:  clockwork.NewFakeClockAt(noon),
		Secret: func(context.Context) (string, error) { return "secret", secret }})
}

var once = account.Once{State: "s", Nonce: "n", Verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}

// A token proves a person only if it was made now, for this server and this sign-in, by the provider's present keys.
func TestPerson_tokenThatIsNotGood_isRefused(t *testing.T) {
	p := newProvider(t)
	c := p.client(nil)
	for name, x := range map[string]struct {
		claim string
		value any
		good  bool
	}{
		"as it must be":                       {"sub", "1", true},
		"a clock that is a minute behind":     {"exp", noon.Add(-50 * time.Second).Unix(), true},
		"a clock that is further behind":      {"exp", noon.Add(-70 * time.Second).Unix(), false},
		"for another server":                  {"aud", "other", false},
		"by another issuer":                   {"iss", "https://other.example", false},
		"for another sign-in":                 {"nonce", "m", false},
		"for a sign-in that it does not name": {"nonce", "", false},
		"about nobody":                        {"sub", "", false},
	} {
		was := p.claims[x.claim]
		p.claims[x.claim] = x.value
		who, err := c.Person(t.Context(), "code", once)
		if (err == nil) != x.good || errors.Is(err, account.ErrRefused) == x.good || x.good && who.Subject != "1" {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
		p.claims[x.claim] = was
	}
	old := p.signer
	p.rotate(t, "2")
	if _, err := c.Person(t.Context(), "code", once); err != nil {
		t.Errorf("after the provider has changed its keys: %v", err)
	}
	p.signer = old
	if _, err := c.Person(t.Context(), "code", once); !errors.Is(err, account.ErrRefused) {
		t.Errorf("by a key that the provider has no longer: %v", err)
	}
}

// An outage is no refusal, and is over once the provider answers.
func TestProvider_thatIsDown_isAnOutage(t *testing.T) {
	p := newProvider(t)
	c := p.client(nil)
	for status, refused := range map[int]bool{400: true, 401: true, 500: false, 503: false} {
		p.status = status
		if _, err := c.Person(t.Context(), "code", once); err == nil || errors.Is(err, account.ErrRefused) != refused {
			t.Errorf("%d: %v", status, err)
		}
	}
	p.status = 0
	if _, err := p.client(errors.New("no secret")).Person(t.Context(), "code", once); err == nil ||
		errors.Is(err, account.ErrRefused) {
		t.Errorf("without a secret: %v", err)
	}
	handler := p.Config.Handler
	p.Config.Handler = http.NotFoundHandler()
	late := p.client(nil)
	if to, err := late.Address(t.Context(), once); err == nil {
		t.Errorf("it leads to %s", to)
	}
	p.Config.Handler = handler
	to, err := late.Address(t.Context(), once)
	at, parsed := url.Parse(to)
	if err := errors.Join(err, parsed); err != nil {
		t.Fatal(err)
	}
	q := at.Query()
	if q.Get("state") != "s" || q.Get("nonce") != "n" || q.Get("code_challenge_method") != "S256" ||
		q.Get("code_challenge") != "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" || q.Get("client_id") != "parley" ||
		q.Get("redirect_uri") != "https://parley.example/oauth/callback" || q.Get("scope") != "openid email profile" {
		t.Errorf("it leads to %s", to)
	}
}
