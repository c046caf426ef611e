package oauth_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/auth/oauth"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// MCP is served with a slash at its end and without, and a client compares what it has with what it is told.
func TestResource_withASlashAtItsEnd_isTheSame(t *testing.T) {
	w := newWorld(t)
	const slash = public + "/mcp/"
	found := w.call("GET", "/.well-known/oauth-protected-resource/mcp/", "", "")
	if !strings.Contains(found.text, `"resource":"`+slash+`"`) ||
		w.server.RouteOf("/.well-known/oauth-protected-resource/mcp/") != oauth.Document {
		t.Errorf("%d %s", found.status, found.text)
	}
	for path, at := range map[string]string{"/mcp": `/mcp"`, "/mcp/": `/mcp/"`} {
		if got := w.server.Challenge(path, false); !strings.Contains(got, "oauth-protected-resource"+at) {
			t.Errorf("at %s: %s", path, got)
		}
	}
}

// A client takes the resource from its address of the server, which people write as they like.
func TestResource_inAnySpelling_isThisServer(t *testing.T) {
	w := newWorld(t)
	for _, resource := range []string{"", public + "/mcp", public + "/mcp/", public, public + "/", public + ":443",
		public + ":443/mcp", public + ":/mcp", "HTTPS://Parley.EXAMPLE/mcp", "https://PARLEY.example:443/",
		public + "/%6dcp", "https://ｐａｒｌｅｙ。example/mcp"} {
		code := w.back(w.posts(asks("resource", resource), "allow", w.key)).Get("code")
		pair := w.exchanges(code, "resource", resource)
		next := w.form("grant_type", "refresh_token", "refresh_token", pair.Refresh, "client_id", client,
			"resource", resource)
		if next.status != 200 {
			t.Fatalf("%s: %d %s, then %d %s", resource, pair.status, pair.text, next.status, next.text)
		}
		if _, err := w.gate.Bearer(t.Context(), next.Access, w.address); err != nil {
			t.Errorf("%s: %v", resource, err)
		}
	}
}

func TestToken_whatIsWrong_isAnErrorOfOAuth(t *testing.T) {
	w := newWorld(t)
	code := w.back(w.posts(asks(), "allow", w.key)).Get("code")
	for want, calls := range map[string][]func() got{
		"unsupported_grant_type": {
			func() got { return w.form("grant_type", "password") },
			func() got { return w.form() },
		},
		"invalid_grant": {
			func() got { return w.exchanges("x") },
			func() got { return w.exchanges(code, "code_verifier", strings.Repeat("v", 43)) },
			func() got { return w.exchanges(code, "client_id", "https://other.example/c") },
			func() got { return w.exchanges(code, "redirect_uri", "https://agent.example/") },
			func() got { return w.form("grant_type", "refresh_token", "refresh_token", code, "client_id", client) },
		},
		"invalid_target": {func() got { return w.exchanges(code, "resource", "https://other.example/mcp") }},
		"invalid_request": {
			func() got { return w.call("POST", "/oauth/token", "application/json", "{}") },
			func() got {
				return w.call("POST", "/oauth/token", "application/x-www-form-urlencoded", "code=1&code=2")
			},
			func() got {
				return w.call("POST", "/oauth/token", "application/x-www-form-urlencoded",
					"code="+strings.Repeat("x", 9<<10))
			},
		},
	} {
		for i, call := range calls {
			if g := call(); g.status != 400 || g.Error != want || g.Description == "" {
				t.Errorf("%s, %d: %d %s", want, i, g.status, g.text)
			}
		}
	}
	if g := w.exchanges(code); g.status != 200 {
		t.Errorf("the program itself, after all of them: %d %s", g.status, g.Error)
	}
}

// Some libraries send the client_id in the header alone (RFC 6749, section 2.3.1).
func TestToken_clientInABasicHeader_isTheClientOfTheForm(t *testing.T) {
	w := newWorld(t)
	basic := func(id, secret string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
	}
	post := func(path, header string, form url.Values) got {
		t.Helper()
		return w.call("POST", path, "application/x-www-form-urlencoded", form.Encode(), "Authorization", header)
	}
	escaped := url.QueryEscape(client)
	code := w.back(w.posts(asks(), "allow", w.key)).Get("code")
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect},
		"code_verifier": {verifier}}
	for header, want := range map[string]string{
		"Basic ?": "invalid_request", basic("%zz", ""): "invalid_request", basic(escaped, "secret"): "invalid_client",
		basic("https%3A%2F%2Fother.example%2Fc", ""): "invalid_grant",
	} {
		if g := post("/oauth/token", header, form); g.status != 400 || g.Error != want || g.Description == "" {
			t.Errorf("%s: %d %s", header, g.status, g.text)
		}
	}
	form.Set("client_id", "https://other.example/c")
	if g := post("/oauth/token", basic(escaped, ""), form); g.Error != "invalid_request" {
		t.Errorf("two programs: %d %s", g.status, g.text)
	}
	form.Del("client_id")
	pair := post("/oauth/token", basic(escaped, ""), form)
	// This library does not encode the id.
	renewal := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {pair.Refresh}, "client_id": {client}}
	next := post("/oauth/token", "bAsIc"+strings.TrimPrefix(basic(client, ""), "Basic"), renewal)
	if pair.status != 200 || next.status != 200 {
		t.Fatalf("%d %s, then %d %s", pair.status, pair.text, next.status, next.text)
	}
	if g := post("/oauth/revoke", basic(escaped, ""), url.Values{"token": {next.Access}}); g.status != 200 {
		t.Errorf("%d %s", g.status, g.text)
	}
}

// A client that hears invalid_grant forgets its sign-in.
func TestToken_tableThatDoesNotAnswer_isNoRefusal(t *testing.T) {
	w := newWorld(t)
	code := w.back(w.posts(asks(), "allow", w.key)).Get("code")
	pair := w.exchanges(code)
	w.clock.Advance(time.Minute)
	w.down = true
	for what, g := range map[string]got{
		"exchange": w.exchanges(code),
		"refresh":  w.form("grant_type", "refresh_token", "refresh_token", pair.Refresh, "client_id", client),
		"revoke":   w.call("POST", "/oauth/revoke", "application/x-www-form-urlencoded", "token="+pair.Refresh),
		"allow":    w.posts(asks(), "allow", w.key),
	} {
		if g.status != 503 || g.header.Get("Retry-After") == "" || g.Error == "invalid_grant" {
			t.Errorf("%s: %d %s", what, g.status, g.Error)
		}
	}
	w.down = false
	g := w.form("grant_type", "refresh_token", "refresh_token", pair.Refresh, "client_id", client)
	if g.status != 200 {
		t.Errorf("afterwards: %d %s", g.status, g.Error)
	}
}

// A key is recognized by its mark, so a key needs no turn.
func TestServer_guessedKeysOnThePage_costNoCallOfTheTable(t *testing.T) {
	w := newWorld(t)
	w.posts(asks(), "allow", w.key) // reads the secrets of the table
	calls := w.calls.Load()
	for range 50 {
		if g := w.posts(asks(), "allow", ident.NewKey().String()); g.status != 200 || g.Go != "" {
			t.Fatalf("%d %s", g.status, g.text)
		}
	}
	if more := w.calls.Load() - calls; more != 0 {
		t.Errorf("they cost %d calls of the table", more)
	}
}

// Guessed codes and tokens wait for their turn at every entry. So does a token that was right once: each look costs a
// read.
func TestServer_guesses_areBounded(t *testing.T) {
	for name, try := range map[string]struct {
		status int
		free   int // looks that need no turn
		guess  func(w *world, pair got) got
	}{
		"refresh tokens": {400, 0, func(w *world, pair got) got {
			return w.form("grant_type", "refresh_token", "refresh_token", guess(w.t, pair.Refresh), "client_id", client)
		}},
		"codes": {400, 0, func(w *world, pair got) got {
			s, _ := ident.ParseSignIn(pair.Refresh)
			return w.exchanges(ident.NewSignInSecret(ident.SignInCode, s.Key, s.ID).String())
		}},
		"tokens to revoke": {200, 0, func(w *world, pair got) got {
			token := guess(w.t, pair.Access)
			return w.call("POST", "/oauth/revoke", "application/x-www-form-urlencoded", "token="+token)
		}},
		"a token of old": {400, 1, func(w *world, pair got) got {
			return w.form("grant_type", "refresh_token", "refresh_token", pair.Refresh, "client_id", client)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			pair := w.exchanges(w.back(w.posts(asks(), "allow", w.key)).Get("code"))
			w.form("grant_type", "refresh_token", "refresh_token", pair.Refresh, "client_id", client) // still right
			w.call("POST", "/oauth/revoke", "application/x-www-form-urlencoded", "token="+pair.Access)
			for range 20 + try.free {
				if g := try.guess(w, pair); g.status != try.status || g.Go != "" || g.Access != "" {
					t.Fatalf("%d %s", g.status, g.text)
				}
			}
			late := make(chan got, 1)
			calls := w.calls.Load()
			go func() { late <- try.guess(w, pair) }()
			if err := w.clock.BlockUntilContext(t.Context(), 2); err != nil { // the turn and the end of the patience
				t.Fatal(err)
			}
			if w.calls.Load() != calls {
				t.Error("one more costs a call of the table")
			}
			w.clock.Advance(2 * time.Second)
			if g := <-late; g.status != try.status {
				t.Errorf("once its turn has come: %d", g.status)
			}
		})
	}
}

// A client that sends its refresh token to the wrong place hears so, and continues.
func TestToken_thatWasRefusedAtMCP_isGoodHere(t *testing.T) {
	w := newWorld(t)
	pair := w.exchanges(w.back(w.posts(asks(), "allow", w.key)).Get("code"))
	w.clock.Advance(time.Minute) // a token that is refused soon after a turn is not remembered as wrong
	if _, err := w.gate.Bearer(t.Context(), pair.Refresh, w.address); fault.CodeOf(err) != fault.KeyInvalid {
		t.Fatal(err)
	}
	next := w.form("grant_type", "refresh_token", "refresh_token", pair.Refresh, "client_id", client)
	if next.status != 200 {
		t.Fatalf("%d %s", next.status, next.text)
	}
	w.clock.Advance(time.Minute)
	wrong := guess(t, next.Access)
	if _, err := w.gate.Bearer(t.Context(), wrong, w.address); fault.CodeOf(err) != fault.KeyInvalid {
		t.Fatal(err)
	}
	gone := w.call("POST", "/oauth/revoke", "application/x-www-form-urlencoded", "token="+wrong)
	if gone.status != 200 {
		t.Errorf("%d %s", gone.status, gone.text)
	}
}

// A holder that has spent the limits of its key is told to come back, on the page and at the token endpoint.
func TestServer_holderOfAKeyThatSpentItsLimits_isToldToComeBack(t *testing.T) {
	w := newWorld(t)
	pair := w.exchanges(w.back(w.posts(asks(), "allow", w.key)).Get("code"))
	w.spent = fault.RetryLater(fault.RateLimited, 7*time.Second, "Too much.")
	for what, g := range map[string]got{
		"allow":   w.posts(asks(), "allow", w.key),
		"refresh": w.form("grant_type", "refresh_token", "refresh_token", pair.Refresh, "client_id", client),
	} {
		if g.status != 429 || g.header.Get("Retry-After") != "7" || g.Message+g.Description != "Too much." {
			t.Errorf("%s: %d %s", what, g.status, g.text)
		}
	}
	for range 30 { // a right token is no guess, and spends nobody's turn
		g := w.form("grant_type", "refresh_token", "refresh_token", pair.Refresh, "client_id", client)
		if g.status != 429 {
			t.Errorf("%d %s", g.status, g.text)
		}
	}
}

func TestDocuments_ofTheServer_sayWhereToSignIn(t *testing.T) {
	w := newWorld(t)
	resource := w.call("GET", "/.well-known/oauth-protected-resource/mcp", "", "")
	server := w.call("GET", "/.well-known/oauth-authorization-server/oauth", "", "")
	for _, part := range []string{`"resource":"https://parley.example/mcp"`,
		`"authorization_servers":["https://parley.example/oauth"]`, `"scopes_supported":["parley"]`} {
		if !strings.Contains(resource.text, part) {
			t.Errorf("%s is not in %s", part, resource.text)
		}
	}
	for _, part := range []string{`"issuer":"https://parley.example/oauth"`,
		`"code_challenge_methods_supported":["S256"]`,
		`"client_id_metadata_document_supported":true`, `"authorization_response_iss_parameter_supported":true`,
		`"token_endpoint_auth_methods_supported":["none"]`, `"offline_access"`} {
		if !strings.Contains(server.text, part) {
			t.Errorf("%s is not in %s", part, server.text)
		}
	}
	var endpoints map[string]any
	if err := json.Unmarshal([]byte(server.text), &endpoints); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(endpoints)) {
		if !strings.HasSuffix(name, "_endpoint") {
			continue
		}
		at, _ := endpoints[name].(string)
		if w.server.RouteOf(strings.TrimPrefix(at, public)) == oauth.None {
			t.Errorf("nothing is at the %s", name)
		}
	}
	for _, path := range []string{"/oauth", "/oauth/", "/.well-known/oauth-protected-resource",
		"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration",
		"/.well-known/openid-configuration/oauth", "/i/x/mcp"} {
		if w.server.RouteOf(path) != oauth.None {
			t.Errorf("something is at %s", path)
		}
	}
	if g := w.call("DELETE", "/oauth/token", "", ""); g.status != 405 || g.header.Get("Allow") != "POST" {
		t.Errorf("%d", g.status)
	}
}
