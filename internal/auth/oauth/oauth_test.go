package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/auth/oauth"
	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

const (
	public    = "https://parley.example"
	client    = "https://agent.example/client.json"
	redirect  = "https://agent.example/callback?of=agent"
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// world is a server with one key, and the documents of the internet.
type world struct {
	t       *testing.T
	clock   *clockwork.FakeClock
	server  *oauth.Server
	gate    *access.Gate
	key     string
	address string            // of the network, from which all calls come
	table   table.Table       // answers even while down is true
	calls   atomic.Int64      // of the table
	down    bool              // the table does not answer
	spent   error             // why the holder of the key can pay no more
	web     map[string]string // documents by address
	fetched []string
	slow    func() // is called while a document is fetched
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, address: "192.0.2.1",
		clock: clockwork.NewFakeClockAt(time.Date(2030, 5, 6, 12, 0, 0, 0, time.UTC)),
		web: map[string]string{client: `{"client_id":"` + client + `","client_name":"Agent","redirect_uris":["` +
			redirect + `"]}`}}
	below := sqlitetest.Open(t, w.clock)
	w.table = below
	tab := &tabletest.Hooks{Table: below, Before: func(context.Context, tabletest.Call) error {
		w.calls.Add(1)
		if w.down {
			return fmt.Errorf("%w: it is down", table.ErrUnavailable)
		}
		return nil
	}}
	key, err := access.NewKeys(below, w.clock, secretscan.Logger(t)).Add(t.Context(), "Ann", 0)
	if err != nil {
		t.Fatal(err)
	}
	w.key = key.String()
	w.gate = access.New(access.Options{Table: tab, Clock: w.clock, Logger: secretscan.Logger(t),
		Resource: public + "/mcp"})
	signIns := signin.New(signin.Options{Table: tab, Clock: w.clock, Logger: secretscan.Logger(t),
		Resource: public + "/mcp",
		Begin:    func(ctx context.Context, _ string) (context.Context, error) { return ctx, w.spent },
		Key:      w.gate.KeyEnds})
	w.server = oauth.New(oauth.Options{Public: public, Resource: public + "/mcp", SignIns: signIns, Key: w.gate.Key,
		Guess: w.gate.Guess, Clock: w.clock, Logger: secretscan.Logger(t),
		Judge: func(string) error { return nil }, // package app has the real one
		Document: func(_ context.Context, address string) ([]byte, error) {
			w.fetched = append(w.fetched, address)
			if w.slow != nil {
				w.slow()
			}
			text, there := w.web[address]
			if !there {
				return nil, errors.New("nobody answers")
			}
			return []byte(text), nil
		}})
	return w
}

// got is an answer of the server.
type got struct {
	status int
	header http.Header
	text   string

	Go, Program, Calls, To, Opens, Wrong, Error, Message string
	Description                                          string `json:"error_description"`
	Client                                               string `json:"client_id"`
	Access                                               string `json:"access_token"`
	Refresh                                              string `json:"refresh_token"`
	Expires                                              int    `json:"expires_in"`
}

func (w *world) call(method, path, kind, body string, header ...string) (g got) {
	w.t.Helper()
	r := httptest.NewRequest(method, public+path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer := httptest.NewRecorder()
	w.server.Serve(answer, r, w.address)
	if err := json.Unmarshal(answer.Body.Bytes(), &g); err != nil {
		w.t.Fatalf("%s: %d, %v", path, answer.Code, err)
	}
	g.status, g.header, g.text = answer.Code, answer.Header(), answer.Body.String()
	return g
}

// asks returns the request of a program for the page, with changes.
func asks(changes ...string) string {
	q := url.Values{"response_type": {"code"}, "client_id": {client}, "redirect_uri": {redirect}, "state": {"s&1"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"}, "resource": {public + "/mcp"}}
	for i := 0; i < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			q.Del(changes[i])
		}
	}
	return q.Encode()
}

// posts lets the script of the page post.
func (w *world) posts(request, answer, key string) got {
	w.t.Helper()
	return w.postsFrom(request, answer, key, "Origin", public, "Sec-Fetch-Site", "same-origin")
}

func (w *world) postsFrom(request, answer, key string, header ...string) got {
	w.t.Helper()
	body, err := json.Marshal(map[string]string{"request": request, "answer": answer, "key": key})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.call("POST", "/oauth/authorize", "application/json", string(body), header...)
}

// form posts a form to the token endpoint.
func (w *world) form(parameters ...string) got {
	w.t.Helper()
	q := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		q.Set(parameters[i], parameters[i+1])
	}
	return w.call("POST", "/oauth/token", "application/x-www-form-urlencoded", q.Encode())
}

// back returns what the page brings to the program.
func (w *world) back(g got) url.Values {
	w.t.Helper()
	if !strings.HasPrefix(g.Go, redirect+"&") {
		w.t.Fatalf("it goes to %q", g.Go)
	}
	u, err := url.Parse(g.Go)
	if err != nil || u.Query().Get("iss") != public+"/oauth" || u.Query().Get("state") != "s&1" {
		w.t.Fatalf("it brings %q, %v", g.Go, err)
	}
	return u.Query()
}

func (w *world) exchanges(code string, more ...string) got {
	w.t.Helper()
	return w.form(append([]string{"grant_type", "authorization_code", "code", code, "client_id", client,
		"redirect_uri", redirect, "code_verifier", verifier, "resource", public + "/mcp"}, more...)...)
}

func TestAuthorize_programByItsDocument_getsACodeAndAPair(t *testing.T) {
	w := newWorld(t)
	seen := w.posts(asks(), "", "")
	if seen.Program != "" || seen.Calls != "Agent" || seen.To != "https://agent.example" || seen.Go != "" {
		t.Errorf("the page shows %+v", seen)
	}
	code := w.back(w.posts(asks(), "allow", w.key)).Get("code")
	pair := w.exchanges(code)
	if pair.status != 200 || pair.Access == "" || pair.Refresh == "" || pair.Expires != 7*24*3600 ||
		pair.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d", pair.status)
	}
	if _, err := w.gate.Bearer(t.Context(), pair.Access, "192.0.2.1"); err != nil {
		t.Error(err)
	}
	next := w.form("grant_type", "refresh_token", "refresh_token", pair.Refresh, "client_id", client)
	if next.status != 200 || next.Access == "" || next.Access == pair.Access {
		t.Errorf("%d %s", next.status, next.Error)
	}
	gone := w.call("POST", "/oauth/revoke", "application/x-www-form-urlencoded", "token="+next.Refresh)
	again := w.form("grant_type", "refresh_token", "refresh_token", next.Refresh, "client_id", client)
	if gone.status != 200 || again.Error != "invalid_grant" {
		t.Errorf("%d, and then %d %s", gone.status, again.status, again.Error)
	}
	if len(w.fetched) != 1 {
		t.Errorf("fetched are %q", w.fetched)
	}
}

// Neither a wrong key nor Cancel leaves a trace outside the page.
func TestAuthorize_withoutTheKeyOfAPerson_givesNoCode(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{"", "pk_x", w.key[:len(w.key)-1], access.ErrRevoked.Error()} {
		if g := w.posts(asks(), "allow", key); g.Error != "wrong_key" || g.Go != "" {
			t.Errorf("%+v", g)
		}
	}
	if q := w.back(w.posts(asks(), "cancel", "")); q.Get("error") != "access_denied" || q.Has("code") {
		t.Errorf("after Cancel it brings %v", q)
	}
}

// A form of another site, or a browser that does not say where a post comes from.
func TestAuthorize_postThatIsNotThePages_isRefused(t *testing.T) {
	w := newWorld(t)
	for what, header := range map[string][]string{
		"nothing":        nil,
		"another origin": {"Origin", "https://evil.example", "Sec-Fetch-Site", "same-origin"},
		"another site":   {"Origin", public, "Sec-Fetch-Site", "cross-site"},
		"the same site":  {"Origin", public, "Sec-Fetch-Site", "same-site"},
		"null":           {"Origin", "null", "Sec-Fetch-Site", "same-origin"},
		"no origin":      {"Sec-Fetch-Site", "same-origin"},
		"no site":        {"Origin", public},
	} {
		if g := w.postsFrom(asks(), "allow", w.key, header...); g.status != 403 || g.Go != "" {
			t.Errorf("%s: %d %s", what, g.status, g.text)
		}
	}
}

// Before program and redirect are checked, every error is a page.
func TestAuthorize_unknownProgramOrForeignRedirect_leadsNowhere(t *testing.T) {
	w := newWorld(t)
	w.web["https://liar.example/c.json"] = w.web[client]
	w.web["https://large.example/c.json"] = strings.Replace(w.web[client], `"client_name"`, `"x":"`+
		strings.Repeat("x", 6<<10)+`","client_name"`, 1)
	const notAllowed = `[
		"javascript:alert(1)","data:text/html,x","agent://x","http://agent.example/","https://u:p@agent.example/",
		"https://agent.example/#x","https:///x","//agent.example/","ms-settings:/privacy","ms-x.y:/cb","intent://x/",
		"intent:/#Intent;scheme=http;end","JAVASCRIPT:/x","file:///etc/passwd","blob:/x","view-source:/x","vscode:x",
		"vscode://file/home?windowId=_blank","cursor://x/mcp/install?config=e30","cursor:x",
		"Claude://claude.ai/mcp-auth-callback/sdk",
		"vscode://settings/telemetry.enableTelemetry","vscode://file//evil.example/share/x","vscode:/extension/evil.ext",
		"vscode://vscode-remote/ssh-remote+evil.example/home","vscode://mcp/install","vscode-insiders://file/x",
		"vscode:///a.b/cb","vscode://u@a.b/cb","vscode://a.b:1/cb","vscode://a%2eb/cb","vscode://.b/cb","vscode://a./cb",
		"vscode://a.b.c/cb","vscode:/a.b/cb","windsurf://file/x","windsurf://mcp/install","warp://launch/x",
		"warp://u@mcp/cb","cursor://anysphere.cursor-deeplink/mcp/install",
		"cursor://Anysphere.Cursor-Deeplink/mcp/install","cursor://anysphere.cursor-deeplink./mcp/install",
		"claude://claude.ai/mcp-auth-callback/sdk#x","claude://claude.ai/new","claude://claude.ai/mcp-auth-callback/x",
		"claude://claude.ai/mcp-auth-callback/sdk/../../new","claude://resume","claude://code/continue","claude:/new",
		"claude://localhost/mcp-auth-callback/sdk","claude://u@claude.ai/mcp-auth-callback/sdk",
		"x-apple.preferences:/x","com..app:/cb","com.example.app:cb",
		".example.app:/cb","com.example.:/cb","com.Example.app:/cb","com.ex_ample.app:/cb","com.example.app:/a\"b",
		"https://claude.ai%E2%81%84x.evil.example/cb","https://%D1%81laude.ai/cb","https://agent.example%EF%BC%8Fx/",
		"https://claude.ai;x.evil.example/","https://claude.ai\"x.evil.example/","https://[fe80::1%25x]/"]`
	var schemes []string
	if err := json.Unmarshal([]byte(notAllowed), &schemes); err != nil {
		t.Fatal(err)
	}
	requests := map[string]string{
		"no program":             asks("client_id", ""),
		"no document":            asks("client_id", "https://nobody.example/c.json"),
		"by http":                asks("client_id", "http://agent.example/client.json"),
		"no path":                asks("client_id", "https://agent.example/"),
		"a fragment":             asks("client_id", client+"#x"),
		"a user":                 asks("client_id", "https://u@agent.example/client.json"),
		"steps":                  asks("client_id", "https://agent.example/x/../client.json"),
		"another's document":     asks("client_id", "https://liar.example/c.json"),
		"a document of 6 KB":     asks("client_id", "https://large.example/c.json"),
		"a registration":         asks("client_id", "dcr_x"),
		"a long id":              asks("client_id", "https://agent.example/"+strings.Repeat("x", 2000)),
		"no redirect":            asks("redirect_uri", ""),
		"another path":           asks("redirect_uri", "https://agent.example/callback"),
		"another host":           asks("redirect_uri", "https://evil.example/callback?of=agent"),
		"a host that looks like": asks("redirect_uri", "https://agent.example.evil.example/callback?of=agent"),
		"a longer query":         asks("redirect_uri", redirect+"&to=x"),
		"a query with steps":     asks("redirect_uri", redirect+"/.."),
		"a host in capitals":     asks("redirect_uri", "https://AGENT.example/callback?of=agent"),
		"an escaped letter":      asks("redirect_uri", "https://agent.example/%63allback?of=agent"),
		"the usual port":         asks("redirect_uri", "https://agent.example:443/callback?of=agent"),
		"another port":           asks("redirect_uri", "https://agent.example:444/callback?of=agent"),
		"two redirects":          asks() + "&redirect_uri=https://evil.example",
		"two programs":           asks() + "&client_id=x",
	}
	for i, address := range schemes {
		id := fmt.Sprintf("https://scheme.example/%d.json", i)
		list, _ := json.Marshal([]string{address, redirect}) // strings
		w.web[id] = `{"client_id":"` + id + `","redirect_uris":` + string(list) + `}`
		w.clock.Advance(time.Minute) // for documents
		if g := w.posts(asks("client_id", id), "", ""); g.status != 200 {
			t.Errorf("beside %s: %d %s", address, g.status, g.text)
		}
		requests[address] = asks("client_id", id, "redirect_uri", address)
	}
	for what, request := range requests {
		w.clock.Advance(time.Minute) // for documents
		for _, answer := range []string{"", "cancel", "allow"} {
			if g := w.posts(request, answer, w.key); g.status != 400 || g.Go != "" || g.Error == "" {
				t.Errorf("%s, %q: %d %s", what, answer, g.status, g.text)
			}
		}
	}
}

// A page that leaves by itself would lead whoever follows a link to any address that somebody has registered.
func TestAuthorize_requestThatTheProgramGotWrong_isToldToItByAClick(t *testing.T) {
	w := newWorld(t)
	for want, requests := range map[string][]string{
		"unsupported_response_type": {asks("response_type", "token"), asks("response_type", "")},
		"invalid_request": {asks("code_challenge", ""), asks("code_challenge_method", "plain"),
			asks("code_challenge_method", ""), asks("code_challenge", verifier[:42]),
			asks("response_mode", "fragment")},
		"invalid_target": {asks("resource", "https://other.example/mcp"), asks("resource", public),
			asks("resource", public+"/"), asks("resource", public+"/mcp//")},
		"request_not_supported": {asks("request_uri", "https://agent.example/request")},
	} {
		for _, request := range requests {
			seen := w.posts(request, "", "")
			if seen.Wrong == "" || seen.Calls != "Agent" || seen.To != "https://agent.example" || seen.Go != "" {
				t.Errorf("%s: before a click the page has %s", want, seen.text)
			}
			for _, answer := range []string{"allow", "cancel"} {
				q := w.back(w.posts(request, answer, w.key))
				if q.Get("error") != want || q.Get("error_description") != seen.Wrong || q.Has("code") {
					t.Errorf("%s: %v", want, q)
				}
			}
		}
	}
}

// A name is the program's own word, unless we know the address to which the answer goes.
func TestAuthorize_names_areShownAsWhatTheyAre(t *testing.T) {
	w := newWorld(t)
	register := func(name string, addresses ...string) string {
		t.Helper()
		body, err := json.Marshal(map[string]any{"client_name": name, "redirect_uris": addresses})
		if err != nil {
			t.Fatal(err)
		}
		g := w.call("POST", "/oauth/register", "application/json", string(body))
		if g.status != 201 || g.Client == "" {
			t.Fatalf("%d %s", g.status, g.text)
		}
		return g.Client
	}
	const claude = "https://claude.ai/api/mcp/auth_callback"
	for _, c := range []struct{ id, to, program, calls, host string }{
		{register("Claude", "https://evil.example/x"), "https://evil.example/x", "", "Claude", "https://evil.example"},
		{register("Evil", claude), claude, "Claude", "", "https://claude.ai"},
		{register("Claude", "https://claude.ai.evil.example/"), "https://claude.ai.evil.example/", "", "Claude",
			"https://claude.ai.evil.example"},
		{register("Claude Code (parley)", "http://localhost:1/callback"), "http://localhost:54321/callback", "",
			"Claude Code parley", ""},
		{register("Claude", "https://claude.ai/public/artifacts/x"), "https://claude.ai/public/artifacts/x", "",
			"Claude", "https://claude.ai"},
		{register("Evil", claude+"?x"), claude + "?x", "", "Evil", "https://claude.ai"},
		{register("", "https://chatgpt.com/connector/oauth/aB3_-x"), "https://chatgpt.com/connector/oauth/aB3_-x",
			"ChatGPT", "", "https://chatgpt.com"},
		{register("ChatGPT", "https://chatgpt.com/connector/oauth/x/../../g/y"),
			"https://chatgpt.com/connector/oauth/x/../../g/y", "", "ChatGPT", "https://chatgpt.com"},
		{register("", "https://vscode.dev/redirect"), "https://vscode.dev/redirect", "VS Code", "",
			"https://vscode.dev"},
		{register("VS Code", "https://vscode.dev/github/evil"), "https://vscode.dev/github/evil", "", "VS Code",
			"https://vscode.dev"},
		{register("", "https://www.cursor.com/agents/mcp/oauth/callback"),
			"https://www.cursor.com/agents/mcp/oauth/callback", "Cursor", "", "https://www.cursor.com"},
		{register("<b>x</b>", "http://127.0.0.1/c"), "http://127.0.0.1:7/c", "", "", ""},
		{register(strings.Repeat("x", 200), "http://[::1]/c"), "http://[::1]:7/c", "", "", ""},
		{register(strings.Repeat("名", 40), "http://[::1]/c"), "http://[::1]:7/c", "", strings.Repeat("名", 40), ""},
		{"https://claude.ai/oauth/mcp-oauth-client-metadata", claude, "Claude", "", "https://claude.ai"},
		{"https://claude.ai/oauth/claude-code-client-metadata", "http://localhost:4711/callback", "Claude Code", "",
			""},
		{"https://chatgpt.com/oauth/codex/client.json", "http://127.0.0.1:4711/callback", "Codex", "", ""},
	} {
		g := w.posts(asks("client_id", c.id, "redirect_uri", c.to), "", "")
		if g.status != 200 || g.Program != c.program || g.Calls != c.calls || g.To != c.host {
			t.Errorf("to %s: %d %s", c.to, g.status, g.text)
		}
	}
	register("Of many places", slices.Repeat([]string{"https://a.example/"}, 40)...)
	for _, body := range []string{"", "{}", `{"redirect_uris":[]}`, `{"redirect_uris":["http://a.example","app://x"]}`,
		`{"redirect_uris":["https://a.example/` + strings.Repeat("x", 2000) + `"]}`,
		`{"redirect_uris":["https://a.example/"],"x":"` + strings.Repeat("x", 9<<10) + `"}`} {
		if g := w.call("POST", "/oauth/register", "application/json", body); g.status != 400 || g.Error == "" {
			t.Errorf("%.60s: %d", body, g.status)
		}
	}
}

// Any program can claim a scheme on its own computer, so no scheme proves a name, not even beside a known document.
func TestAuthorize_nativeProgram_isShownByItsSchemeAndSignsIn(t *testing.T) {
	w := newWorld(t)
	const claudeCode = "https://claude.ai/oauth/claude-code-client-metadata"
	w.web[claudeCode] = `{"client_id":"` + claudeCode + `","redirect_uris":["claude://claude.ai/mcp-auth-callback/sdk"]}`
	for redirect, opens := range map[string]string{
		"claude://claude.ai/mcp-auth-callback/sdk":       "claude:",
		"windsurf://codeium.windsurf/oauth-callback":     "windsurf:",
		"vscode://publisher.extension/callback":          "vscode:",
		"vscode-insiders://publisher.extension/callback": "vscode-insiders:",
		"cursor://anysphere.cursor-mcp/oauth/callback":   "cursor:",
		"warp://mcp/oauth2callback":                      "warp:",
		"com.example.app:/oauth2redirect":                "com.example.app:",
		"com.googleusercontent.apps.12-ab:/oauth2":       "com.googleusercontent.apps.12-ab:",
	} {
		ids := []string{w.registers("Claude", redirect)}
		if strings.HasPrefix(redirect, "claude://claude.ai") {
			ids = append(ids, claudeCode)
		}
		for _, id := range ids {
			request := asks("client_id", id, "redirect_uri", redirect)
			if g := w.posts(request, "", ""); g.Opens != opens || g.Program != "" || g.To != "" || g.Go != "" {
				t.Errorf("to %s the page shows %s", redirect, g.text)
			}
			to := w.posts(request, "allow", w.key).Go
			u, err := url.Parse(to)
			if err != nil || !strings.HasPrefix(to, redirect+"?") || u.Query().Get("iss") != public+"/oauth" {
				t.Fatalf("it goes to %q, %v", to, err)
			}
			exchange := []string{"client_id", id, "redirect_uri", redirect}
			code, finder := u.Query().Get("code"), append(exchange, "code_verifier", strings.Repeat("v", 43))
			if g := w.exchanges(code, finder...); g.Error != "invalid_grant" {
				t.Errorf("%s: another program that opens it gets %s", redirect, g.Error)
			}
			if pair := w.exchanges(code, exchange...); pair.Access == "" {
				t.Errorf("%s: %d %s", redirect, pair.status, pair.Error)
			}
			g := w.posts(asks("client_id", id, "redirect_uri", redirect, "code_challenge", ""), "allow", w.key)
			if !strings.Contains(g.Go, "error=invalid_request") {
				t.Errorf("%s without a challenge: %s", redirect, g.text)
			}
			for _, other := range []string{redirect + "/", redirect + "x", strings.ToUpper(redirect), redirect + "?x"} {
				g := w.posts(asks("client_id", id, "redirect_uri", other), "allow", w.key)
				if g.status != 400 || g.Go != "" {
					t.Errorf("%s in place of %s: %s", other, redirect, g.text)
				}
			}
		}
	}
}

// A program registers the addresses of all places where it runs. Addresses that are not allowed do the program no harm.
func TestRegister_setWithAnAddressThatIsNotAllowed_keepsTheOthers(t *testing.T) {
	w := newWorld(t)
	g := w.call("POST", "/oauth/register", "application/json", `{"client_name":"Agent","redirect_uris":["app://x/cb",
		"https://agent.example/cb","javascript:alert(1)","http://localhost/cb","claude://claude.ai/mcp-auth-callback/sdk"]}`)
	const taken = `"redirect_uris":["https://agent.example/cb","http://localhost/cb",` +
		`"claude://claude.ai/mcp-auth-callback/sdk"]`
	if g.status != 201 || !strings.Contains(g.text, taken) {
		t.Fatalf("%d %s", g.status, g.text)
	}
	for address, want := range map[string]int{"https://agent.example/cb": 200, "http://localhost:7/cb": 200,
		"claude://claude.ai/mcp-auth-callback/sdk": 200, "app://x/cb": 400, "javascript:alert(1)": 400} {
		if seen := w.posts(asks("client_id", g.Client, "redirect_uri", address), "", ""); seen.status != want {
			t.Errorf("%s: %d %s", address, seen.status, seen.text)
		}
	}
}

// MCP is served with a slash at the end and without, and a client compares its own address with the server's.
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
	code := w.back(w.posts(asks("resource", slash), "allow", w.key)).Get("code")
	pair := w.exchanges(code, "resource", slash)
	next := w.form("grant_type", "refresh_token", "refresh_token", pair.Refresh, "client_id", client, "resource", slash)
	if next.status != 200 {
		t.Fatalf("%d %s, then %d %s", pair.status, pair.text, next.status, next.text)
	}
	if _, err := w.gate.Bearer(t.Context(), next.Access, w.address); err != nil {
		t.Error(err)
	}
}

// A program that claims a known name is told apart by the address of its answers, also in the list of sign-ins.
func TestSignIns_nameThatNobodyChecked_isListedBehindTheHost(t *testing.T) {
	w := newWorld(t)
	const claudeCode, local = "https://claude.ai/oauth/claude-code-client-metadata", "http://127.0.0.1/callback"
	const scheme = "claude://claude.ai/mcp-auth-callback/sdk"
	for name, c := range map[string]struct{ client, redirect string }{
		"https://agent.example (Claude Code)":   {w.registers("Claude Code", redirect), redirect},
		"https://agent.example":                 {w.registers("", redirect), redirect},
		"a program (Claude Code)":               {w.registers("Claude Code", local), local},
		"Claude Code":                           {claudeCode, local},
		"a program that opens claude: (Claude)": {w.registers("Claude", scheme), scheme},
	} {
		to, err := url.Parse(w.posts(asks("client_id", c.client, "redirect_uri", c.redirect), "allow", w.key).Go)
		if err != nil {
			t.Fatal(err)
		}
		pair := w.exchanges(to.Query().Get("code"), "client_id", c.client, "redirect_uri", c.redirect)
		token, _ := ident.ParseSignIn(pair.Access)
		list, err := signin.List(t.Context(), w.table)
		if at := slices.IndexFunc(list, func(s signin.Stored) bool { return s.ID == token.ID }); err != nil || at < 0 ||
			list[at].Name != name {
			t.Errorf("%q is among %+v, %v", name, list, err)
		}
	}
}

// registers returns the id of a program that has registered.
func (w *world) registers(name, redirect string) string {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{"client_name": name, "redirect_uris": []string{redirect}})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.call("POST", "/oauth/register", "application/json", string(body)).Client
}

func TestDocuments_newOnes_areTenAMinuteForAnAddress(t *testing.T) {
	w := newWorld(t)
	ask := func(n int) got {
		return w.posts(asks("client_id", fmt.Sprintf("https://agent.example/%d.json", n)), "", "")
	}
	for n := range 10 {
		for range 2 {
			if g := ask(n); g.Error != "unknown_program" {
				t.Errorf("%d: %s", n, g.text)
			}
		}
	}
	if g := ask(10); g.status != 429 || g.header.Get("Retry-After") == "" || len(w.fetched) != 10 {
		t.Errorf("one more: %d, after %d", g.status, len(w.fetched))
	}
	w.clock.Advance(time.Minute)
	if g := w.posts(asks(), "", ""); g.Calls != "Agent" {
		t.Errorf("a minute later: %s", g.text)
	}
}

// A host has more addresses of IPv6 than anybody can count.
func TestDocuments_newOnesOfAHousehold_areTwentyAMinute(t *testing.T) {
	w := newWorld(t)
	for n := range 40 {
		w.address = ident.Address(netip.MustParseAddr(fmt.Sprintf("2001:db8:7:1%02x::1", n)))
		g := w.posts(asks("client_id", fmt.Sprintf("https://agent.example/%d.json", n)), "", "")
		if want := map[bool]string{true: "unknown_program", false: "later"}[n < 20]; g.Error != want {
			t.Errorf("network %d: %s", n, g.text)
		}
	}
	w.address = "192.0.2.1"
	if g := w.posts(asks(), "", ""); g.Calls != "Agent" {
		t.Errorf("somebody else: %s", g.text)
	}
}

func TestDocuments_newOnes_areSixtyAMinuteForAProcess(t *testing.T) {
	w := newWorld(t)
	for n := range 70 {
		w.address = fmt.Sprintf("192.0.2.%d", n)
		g := w.posts(asks("client_id", fmt.Sprintf("https://agent.example/%d.json", n)), "", "")
		if want := map[bool]string{true: "unknown_program", false: "later"}[n < 60]; g.Error != want {
			t.Errorf("address %d: %s", n, g.text)
		}
	}
	if len(w.fetched) != 60 {
		t.Errorf("%d were fetched", len(w.fetched))
	}
}

// Many callers ask for a program whose host is slow. They share one request, and one wait.
func TestDocuments_oneThatManyAskFor_isFetchedOnce(t *testing.T) {
	w := newWorld(t)
	began, goOn := make(chan struct{}), make(chan struct{})
	begin := sync.OnceFunc(func() { close(began) })
	w.slow = func() {
		begin()
		<-goOn
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if g := w.posts(asks(), "", ""); g.Calls != "Agent" {
				t.Error(g.text)
			}
		})
	}
	<-began
	close(goOn)
	all.Wait()
	if len(w.fetched) != 1 {
		t.Errorf("%d requests", len(w.fetched))
	}
}

// A registration is its own id, so a flood of registrations fills nothing.
func TestRegister_byteOrderMark_isNoPartOfTheBody(t *testing.T) {
	w := newWorld(t)
	g := w.call("POST", "/oauth/register", "application/json",
		"\ufeff"+`{"client_name":"Agent","redirect_uris":["https://agent.example/cb"]}`)
	if g.status != 201 {
		t.Errorf("%d %s", g.status, g.text)
	}
}

func TestRegister_thousandTimes_makesNoCallOfTheTable(t *testing.T) {
	w := newWorld(t)
	for n := range 1000 {
		g := w.call("POST", "/oauth/register", "application/json",
			fmt.Sprintf(`{"client_name":"Agent","redirect_uris":["https://agent.example/%d"]}`, n))
		if g.status != 201 {
			t.Fatalf("%d %s", g.status, g.text)
		}
	}
	if n := w.calls.Load(); n > 0 || len(w.fetched) > 0 {
		t.Errorf("%d calls of the table, %d documents", n, len(w.fetched))
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

// guess returns a token of the same sign-in with another secret.
func guess(t *testing.T, token string) string {
	t.Helper()
	s, ok := ident.ParseSignIn(token)
	if !ok {
		t.Fatal("it is no token")
	}
	return ident.NewSignInSecret(s.Use, s.Key, s.ID).String()
}
