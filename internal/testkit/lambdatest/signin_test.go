package lambdatest_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

const (
	ownURL = "https://" + lambdatest.FunctionURLHost
	// The program that signs in. Its verifier and challenge are those of RFC 7636, appendix B.
	programRedirect  = "http://localhost:3118/callback"
	programVerifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	programChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// signsInAt are the settings with which programs sign in at an address.
func signsInAt(public string) []string {
	return []string{"PARLEY_ACCESS=keys", "PARLEY_SIGN_IN=auto", "PARLEY_PUBLIC_URL=" + public}
}

// connected is a program that has signed in as the MCP specification says, and what it has for that.
type connected struct {
	t      *testing.T
	client *http.Client
	public string // the address at which it was added, without /mcp
	id     string
	tokens
}

// tokens are what a program gets from the token endpoint.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Error   string `json:"error"`
}

// connect has a program that knows the public address alone sign in, as the holder of a key.
func connect(t *testing.T, client *http.Client, public, key string) *connected {
	t.Helper()
	p := &connected{t: t, client: client, public: public}
	var resource struct {
		Servers []string `json:"authorization_servers"`
	}
	p.get(p.challenged(), &resource)
	issuer, err := url.Parse(strings.Join(resource.Servers, " "))
	if err != nil {
		t.Fatal(err)
	}
	var server struct {
		Authorize string `json:"authorization_endpoint"`
		Token     string `json:"token_endpoint"`
		Register  string `json:"registration_endpoint"`
	}
	p.get("/.well-known/oauth-authorization-server"+issuer.Path, &server)
	p.register(server.Register)
	p.tokens = p.exchange(server.Token, p.allowed(server.Authorize, key))
	if p.Access == "" {
		t.Fatalf("the program gets %q", p.Error)
	}
	return p
}

// challenged returns the address of the document that says where to sign in: that of the header, or else the one at
// the path of MCP.
func (p *connected) challenged() string {
	p.t.Helper()
	resp, err := post(p.t, p.client, `{"jsonrpc":"2.0","id":1,"method":"ping"}`)
	if err != nil {
		p.t.Fatal(err)
	}
	if text, err := readAll(resp); err != nil || resp.StatusCode != http.StatusUnauthorized ||
		!strings.Contains(text, `"key_invalid"`) {
		p.t.Fatalf("a program without anything is answered %d %s, %v", resp.StatusCode, text, err)
	}
	_, at, found := strings.Cut(resp.Header.Get("WWW-Authenticate"), `resource_metadata="`+p.public)
	if !found {
		return "/.well-known/oauth-protected-resource/mcp"
	}
	at, _, _ = strings.Cut(at, `"`)
	return at
}

func (p *connected) get(path string, into any) {
	p.t.Helper()
	p.call(http.MethodGet, path, "", "", into)
}

// call makes a request at a path or an address of the server, and reads the JSON of its answer.
func (p *connected) call(method, at, kind, body string, into any) {
	p.t.Helper()
	q, err := http.NewRequestWithContext(p.t.Context(), method, p.public+strings.TrimPrefix(at, p.public),
		strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	q.Header = http.Header{"Content-Type": {kind}, "Origin": {p.public}, "Sec-Fetch-Site": {"same-origin"}}
	resp, err := p.client.Do(q)
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := readAll(resp)
	if err == nil {
		err = json.Unmarshal([]byte(text), into)
	}
	if err != nil {
		p.t.Fatalf("%s %s: %d %s, %v", method, at, resp.StatusCode, text, err)
	}
}

func (p *connected) register(at string) {
	p.t.Helper()
	var registered struct {
		ID string `json:"client_id"`
	}
	p.call(http.MethodPost, at, "application/json", `{"client_name":"Tester","redirect_uris":["`+programRedirect+`"]}`,
		&registered)
	p.id = registered.ID
}

// request is the query with which the program opens the page.
func (p *connected) request() url.Values {
	return url.Values{"response_type": {"code"}, "client_id": {p.id}, "redirect_uri": {programRedirect},
		"code_challenge": {programChallenge}, "code_challenge_method": {"S256"}, "resource": {p.public + "/mcp"}}
}

// allowed returns the code that the program gets once the holder of a key has allowed it on the page.
func (p *connected) allowed(at, key string) string {
	p.t.Helper()
	body, err := json.Marshal(map[string]string{"request": p.request().Encode(), "answer": "allow", "key": key})
	if err != nil {
		p.t.Fatal(err)
	}
	var page struct{ Go, Error string }
	p.call(http.MethodPost, at, "application/json", string(body), &page)
	to, err := url.Parse(page.Go)
	if err != nil || !strings.HasPrefix(page.Go, programRedirect) {
		p.t.Fatalf("the page shows %+v, %v", page, err)
	}
	return to.Query().Get("code")
}

// form sends a form of the program.
func (p *connected) form(at string, form url.Values) (got tokens) {
	p.t.Helper()
	form.Set("client_id", p.id)
	p.call(http.MethodPost, at, "application/x-www-form-urlencoded", form.Encode(), &got)
	return got
}

func (p *connected) exchange(at, code string) tokens {
	p.t.Helper()
	return p.form(at, url.Values{"grant_type": {"authorization_code"}, "code": {code},
		"redirect_uri": {programRedirect}, "code_verifier": {programVerifier}, "resource": {p.public + "/mcp"}})
}

// refreshed returns the pair that follows a refresh token.
func (p *connected) refreshed(token string) (next tokens) {
	p.t.Helper()
	next = p.form("/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
	if next.Access == "" {
		p.t.Fatalf("the refresh ends with %q", next.Error)
	}
	return next
}

// refresh renews the tokens of the program.
func (p *connected) refresh() { p.t.Helper(); p.tokens = p.refreshed(p.Refresh) }

func (p *connected) revoke() {
	p.t.Helper()
	if got := p.form("/oauth/revoke", url.Values{"token": {p.Refresh}}); got.Error != "" {
		p.t.Error(got.Error)
	}
}

// caller is the program as it calls tools.
func (p *connected) caller() visitor {
	return visitor{client: p.client, path: "/mcp", bearer: p.Access}
}

// at returns the program at another front or instance.
func (p *connected) at(client *http.Client) *connected {
	other := *p
	other.client = client
	return &other
}

// signIn returns the access token, which names the sign-in and its key.
func (p *connected) signIn() ident.SignInSecret {
	p.t.Helper()
	s, ok := ident.ParseSignIn(p.Access)
	if !ok {
		p.t.Fatal("the program has no token")
	}
	return s
}

// endSignIn ends the sign-in of a program, as the operator does who finds it in the list.
func (f *function) endSignIn(p *connected) {
	f.t.Helper()
	list, err := signin.List(f.t.Context(), f.rows)
	if err != nil {
		f.t.Fatal(err)
	}
	ends := signin.New(signin.Options{Table: f.rows, Clock: clockwork.NewRealClock(),
		Logger: slog.New(slog.DiscardHandler)})
	for _, s := range list {
		if s.ID != p.signIn().ID {
			continue
		}
		if err := ends.End(f.t.Context(), s.Key, s.ID); err != nil {
			f.t.Fatal(err)
		}
		return
	}
	f.t.Fatal("the sign-in is not in the list")
}

// signsOut fails the test unless what the program has is told to sign in again.
func (p *connected) signsOut(when string) {
	p.t.Helper()
	resp, err := p.client.Do(p.caller().request(p.t, "list_rooms", args{}))
	if err != nil {
		p.t.Fatal(err)
	}
	if text, err := readAll(resp); err != nil || resp.StatusCode != http.StatusUnauthorized {
		p.t.Errorf("%s: %d %s, %v", when, resp.StatusCode, text, err)
	}
	if got := p.form("/oauth/token", url.Values{"grant_type": {"refresh_token"},
		"refresh_token": {p.Refresh}}); got.Error != "invalid_grant" {
		p.t.Errorf("%s: a refresh ends with %+v", when, got.Error)
	}
}

// API Gateway renames the header that says where to sign in, and CloudFront writes to the function under its
// own name. Beside a sign-in all other ways in are as they were.
func TestBootstrap_signIn_throughEachFront_isTheHolderOfTheKey(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	key := f.newKey("ann").String()
	own := f.start(0, signsInAt(ownURL)...)
	api := f.start(0, signsInAt("https://"+lambdatest.HTTPAPIHost)...)
	behind, viewer := f.behindCloudFront(signsInAt(publicURL)...)
	for name, front := range map[string]struct {
		client *http.Client
		public string
		i      *lambdatest.Instance
	}{
		"Function URL": {own.FunctionURL(), ownURL, own},
		"HTTP API":     {api.HTTPAPI(), "https://" + lambdatest.HTTPAPIHost, api},
		"CloudFront":   {viewer, publicURL, behind},
	} {
		p := connect(t, front.client, front.public, key)
		before := p.Access
		for _, modern := range []bool{false, true} {
			caller := p.caller()
			caller.modern = modern
			seat := caller.call(t, "create_room", args{"room": fmt.Sprint(name, modern), "agent_name": "Ann"})
			caller.call(t, "send_message", args{"agent_token": seat.AgentToken, "text": "I have signed in."})
		}
		p.refresh()
		if p.Access == before {
			t.Errorf("%s: the token was not renewed", name)
		}
		// What clients make up at the origin.
		p.register("/register")
		p.tokens = p.exchange("/token", p.allowed("/authorize", key))
		nobody := visitor{client: front.client}
		meet(t, name, key, nobody)
		turnsAway(t, name, nobody.by("/mcp", ident.NewKey().String()), "")
		p.revoke()
		p.signsOut(name)
		for _, secret := range []string{key, before, p.Access, p.Refresh} {
			if strings.Contains(front.i.Output(), secret) {
				t.Errorf("%s: the log has a secret", name)
			}
		}
	}
}

// An instance knows nothing that the table does not: not the next one after a deployment, nor one that was frozen.
func TestBootstrap_signIn_goesOnAfterADeploymentAndAFreeze(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	first := f.fleet(1, signsInAt(ownURL)...)
	p := connect(t, on(first, 0), ownURL, f.newKey("ann").String())
	seat := p.caller().call(t, "create_room", args{"room": "room", "agent_name": "Ann"})
	says := func(text string) {
		t.Helper()
		if got := p.caller().call(t, "send_message", args{"agent_token": seat.AgentToken, "text": text}); !got.Sent {
			t.Errorf("%s %+v", text, got)
		}
	}
	first.Settle() // it is frozen
	says("After a freeze.")
	second := f.fleet(1, signsInAt(ownURL)...)
	p = p.at(on(second, 0))
	says("After a deployment.")
	p.refresh()
	says("With the next token.")
	p = p.at(on(first, 0))
	says("At the one that was frozen meanwhile, which knew the token before.")
	p.refresh()
	second.Settle()
	p = p.at(on(second, 0))
	says("And back.")
	f.endSignIn(p)
	p.at(f.start(0, signsInAt(ownURL)...).FunctionURL()).signsOut("after its end")
}

// A call with a token reads the sign-in beside the key, and one with a key the secret of its mark, once in a while.
func TestBootstrap_signIn_costsWhatAKeyDoesAndNothingWhileItIsRemembered(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	key := f.newKey("ann").String()
	i := f.start(0, signsInAt(ownURL)...)
	p := connect(t, i.FunctionURL(), ownURL, key)
	seat := p.caller().call(t, "create_room", args{"room": "room", "agent_name": "Ann"})
	// said returns what two messages cost an instance that knows nothing.
	texts := 0
	said := func(bearer string) (first, next spent) {
		i := f.start(0, signsInAt(ownURL)...)
		ann := visitor{client: i.FunctionURL(), path: "/mcp", bearer: bearer}
		for _, cost := range []*spent{&first, &next} {
			i.Forget()
			texts++
			ann.call(t, "send_message",
				args{"agent_token": seat.AgentToken, "text": fmt.Sprint("This is number ", texts)})
			*cost = spentOn(t, i, "send_message")
		}
		return first, next
	}
	said(key) // the first word of a seat costs more
	byKey, keyNext := said(key)
	bySignIn, next := said(p.Access)
	if bySignIn != byKey {
		t.Errorf("a first call costs %+v with a key and %+v with a sign-in", byKey, bySignIn)
	}
	if want := (spent{0, 1}); keyNext != want || next != want {
		t.Errorf("the next one costs %+v with a key and %+v with a sign-in; want %+v", keyNext, next, want)
	}
}

// spent is what a call cost, as its line in the log says.
type spent struct {
	Read  float64 `json:"read_units"`
	Write float64 `json:"write_units"`
}

// spentOn returns what the last call of a tool cost.
func spentOn(t *testing.T, i *lambdatest.Instance, tool string) (s spent) {
	t.Helper()
	for text := range strings.Lines(strings.TrimLeft(i.Output(), "\x00")) {
		if strings.Contains(text, `"tool":"`+tool+`"`) {
			if err := json.Unmarshal([]byte(text), &s); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}
