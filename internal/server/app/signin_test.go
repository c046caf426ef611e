package app_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

const publicOrigin = "https://parley.example"

// program is a client that signs in by the MCP specification, and the person in front of the client.
type program struct {
	t        *testing.T
	server   http.Handler
	id       string
	metadata struct {
		Issuer   string
		Auth     string `json:"authorization_endpoint"`
		Token    string `json:"token_endpoint"`
		Register string `json:"registration_endpoint"`
	}
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

const (
	programRedirect = "http://localhost:3118/callback"
	programVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)

// call makes a request and reads the JSON of its answer.
func (p *program) call(method, address, kind, body string, header map[string]string, answer any) *http.Response {
	p.t.Helper()
	r := httptest.NewRequest(method, address, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	p.server.ServeHTTP(w, r)
	if answer != nil {
		if err := json.Unmarshal(w.Body.Bytes(), answer); err != nil {
			p.t.Fatalf("%s %s: %d, %v in %s", method, address, w.Code, err, w.Body)
		}
	}
	return w.Result()
}

// discover follows the challenge of MCP to the metadata, and registers.
func (p *program) discover() {
	p.t.Helper()
	const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	challenged := p.call("POST", publicOrigin+"/mcp", "application/json", ping, nil, nil)
	_, at, _ := strings.Cut(challenged.Header.Get("WWW-Authenticate"), `resource_metadata="`)
	at, _, _ = strings.Cut(at, `"`)
	var resource struct {
		Resource string
		Servers  []string `json:"authorization_servers"`
	}
	p.call("GET", at, "", "", nil, &resource)
	if challenged.StatusCode != 401 || resource.Resource != publicOrigin+"/mcp" || len(resource.Servers) != 1 {
		p.t.Fatalf("%d, %+v", challenged.StatusCode, resource)
	}
	issuer, err := url.Parse(resource.Servers[0])
	if err != nil {
		p.t.Fatal(err)
	}
	p.call("GET", publicOrigin+"/.well-known/oauth-authorization-server"+issuer.Path, "", "", nil, &p.metadata)
	if p.metadata.Issuer != resource.Servers[0] {
		p.t.Fatalf("the issuer is %q", p.metadata.Issuer)
	}
	var registered struct {
		ID string `json:"client_id"`
	}
	p.call("POST", p.metadata.Register, "application/json", `{"client_name":"Tester (tea)","redirect_uris":["`+
		strings.Replace(programRedirect, "3118", "9", 1)+`"]}`, nil, &registered)
	p.id = registered.ID
}

// request is the query with which the program opens the page.
func (p *program) request() string {
	sum := sha256.Sum256([]byte(programVerifier))
	return url.Values{"response_type": {"code"}, "client_id": {p.id}, "redirect_uri": {programRedirect},
		"code_challenge_method": {"S256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])},
		"state": {"s t"}, "scope": {"parley offline_access"}, "resource": {publicOrigin + "/mcp"}}.Encode()
}

// person lets the script of the page answer, and returns where the script goes, or what the page shows.
func (p *program) person(answer, key string) (seen struct{ Go, Error, Calls, To string }) {
	p.t.Helper()
	body, err := json.Marshal(map[string]string{"request": p.request(), "answer": answer, "key": key})
	if err != nil {
		p.t.Fatal(err)
	}
	p.call("POST", p.metadata.Auth, "application/json", string(body),
		map[string]string{"Origin": publicOrigin, "Sec-Fetch-Site": "same-origin"}, &seen)
	return seen
}

// allowed returns the code that the program gets from the holder of a key.
func (p *program) allowed(key string) string {
	p.t.Helper()
	to, err := url.Parse(p.person("allow", key).Go)
	if err != nil {
		p.t.Fatal(err)
	}
	q := to.Query()
	if to.Host != "localhost:3118" || q.Get("state") != "s t" || q.Get("iss") != p.metadata.Issuer {
		p.t.Fatalf("the page goes to %s", to.Redacted())
	}
	return q.Get("code")
}

// gets sends a form to the token endpoint, and keeps the pair of tokens.
func (p *program) gets(form url.Values) {
	p.t.Helper()
	form.Set("client_id", p.id)
	form.Set("resource", publicOrigin+"/mcp")
	got := p.call("POST", p.metadata.Token, "application/x-www-form-urlencoded", form.Encode(), nil, p)
	if got.StatusCode != 200 || got.Header.Get("Cache-Control") != "no-store" {
		p.t.Fatalf("%d %v", got.StatusCode, got.Header)
	}
}

// signIn lets the holder of a key allow the program, and gets the first pair of tokens.
func (p *program) signIn(key string) {
	p.t.Helper()
	p.gets(url.Values{"grant_type": {"authorization_code"}, "code": {p.allowed(key)},
		"redirect_uri": {programRedirect}, "code_verifier": {programVerifier}})
}

// A program with nothing but the address of MCP signs in, takes part in a talk, and renews its tokens.
func TestApp_programThatSignsIn_isTheHolderOfTheKey(t *testing.T) {
	config := app.Config{Settings: app.Settings{Access: "keys", SignIn: "auto", PublicURL: publicOrigin + "/"}}
	a, tab := onTable(t, config)
	defer a.Close()
	key := addKey(t, tab, "Ann")
	p := &program{t: t, server: a.Handler}
	p.discover()
	if seen := p.person("", ""); seen.Calls != "Tester tea" || seen.To != "" || seen.Go != "" {
		t.Errorf("the page shows %+v", seen)
	}
	if seen := p.person("allow", "pk_wrong"); seen.Error != "wrong_key" || seen.Go != "" {
		t.Errorf("with a wrong key it shows %+v", seen)
	}
	if seen := p.person("cancel", ""); !strings.Contains(seen.Go, "error=access_denied") {
		t.Errorf("after Cancel it goes to %q", seen.Go)
	}
	p.signIn(key)
	made := callBearing(t, a.Handler, "192.0.2.1", "/mcp", p.Access, "create_room",
		map[string]any{"room": "tea", "agent_name": "Ann"})
	if made.AgentToken == "" {
		t.Fatalf("%+v", made)
	}
	before := p.Access
	p.gets(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {p.Refresh}})
	if p.Access == before {
		t.Error("the token was not renewed")
	}
	said := callBearing(t, a.Handler, "192.0.2.1", "/mcp", p.Access, "send_message",
		map[string]any{"agent_token": made.AgentToken, "text": "Tea?"})
	if !said.Sent {
		t.Errorf("%+v", said)
	}
}

// A caller without any secret of the server begins a sign-in, if programs can sign in. All other callers get the same
// answers as without sign-ins.
func TestApp_whoMaySignIn_isToldAt401AndNobodyElse(t *testing.T) {
	config := app.Config{Settings: app.Settings{Access: "keys", SignIn: "auto", PublicURL: publicOrigin}}
	a, tab := onTable(t, config)
	defer a.Close()
	key := addKey(t, tab, "Ann")
	p := &program{t: t, server: a.Handler}
	p.discover()
	p.signIn(key)
	ended := p.Access
	p.call("POST", publicOrigin+"/oauth/revoke", "application/x-www-form-urlencoded", "token="+p.Refresh, nil, nil)
	token := ident.Token{Room: ident.NewRoomID(), Seat: 1, Secret: ident.NewSecret()}.String()
	const other = "https://other.example"
	for _, c := range []struct {
		method, address, bearer string
		status                  int
		challenge               bool
	}{
		{"POST", publicOrigin + "/mcp", "", 401, true},
		{"POST", publicOrigin + "/mcp/", "", 401, true},
		{"POST", publicOrigin + ":443/mcp", "", 401, true},
		{"GET", publicOrigin + "/mcp", "", 401, true},
		{"DELETE", publicOrigin + "/mcp", "", 401, true},
		{"POST", publicOrigin + "/mcp", "ghp_something", 401, true},
		{"POST", publicOrigin + "/mcp", ended, 401, true},
		{"GET", publicOrigin + "/mcp", ended, 401, true},
		{"POST", publicOrigin + "/mcp", ident.NewKey().String(), 200, false},
		{"POST", publicOrigin + "/mcp", "pk_mistyped", 200, false},
		{"POST", publicOrigin + "/mcp", token, 200, false},
		{"GET", publicOrigin + "/mcp", key, 405, false},
		{"POST", other + "/mcp", "", 200, false},
		{"POST", publicOrigin + "/k/" + ident.NewKey().String() + "/mcp", "", 404, false},
		{"POST", publicOrigin + "/i/x/mcp", "", 404, false},
		{"GET", publicOrigin + "/.well-known/oauth-protected-resource", "", 404, false},
		{"GET", publicOrigin + "/.well-known/oauth-authorization-server", "", 404, false},
		{"GET", publicOrigin + "/.well-known/openid-configuration", "", 404, false},
	} {
		header := map[string]string{}
		if c.bearer != "" {
			header["Authorization"] = "Bearer " + c.bearer
		}
		got := p.call(c.method, c.address, "application/json", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, header, nil)
		if said := got.Header.Get("WWW-Authenticate"); got.StatusCode != c.status ||
			strings.Contains(said, "resource_metadata") != c.challenge ||
			strings.Contains(said, `resource/mcp/"`) != strings.HasSuffix(c.address, "/mcp/") {
			t.Errorf("%s %s: %d, %q", c.method, c.address, got.StatusCode, said)
		}
	}
}

func TestApp_signIn_isOnWhereCallersNeedKeysBehindHTTPSWithoutAPath(t *testing.T) {
	for _, c := range []struct {
		settings app.Settings
		on       bool
	}{
		{app.Settings{SignIn: "auto", Access: "auto", PublicURL: "https://Parley.example:443/mcp"}, true},
		{app.Settings{SignIn: "off", Access: "auto", PublicURL: publicOrigin}, false},
		{app.Settings{SignIn: "auto", Access: "open", PublicURL: publicOrigin}, false},
		{app.Settings{SignIn: "auto", Access: "keys", PublicURL: "http://parley.example"}, false},
		{app.Settings{SignIn: "auto", Access: "keys", PublicURL: publicOrigin + "/parley"}, false},
		{app.Settings{SignIn: "auto", Access: "keys"}, false},
	} {
		a, _ := onTable(t, app.Config{Settings: c.settings})
		defer a.Close()
		for path, status := range map[string]int{"/mcp": 401, "/.well-known/oauth-protected-resource/mcp": 200,
			"/.well-known/oauth-protected-resource/mcp/": 200, "/oauth/token": 405, "/authorize": 200} {
			p := &program{t: t, server: a.Handler}
			if got := p.call("GET", publicOrigin+path, "", "", nil, nil).StatusCode; (got == status) != c.on {
				t.Errorf("%+v: %s is %d", c.settings, path, got)
			}
		}
	}
}

// A page of any origin may make a program's calls, but may not answer for the person.
func TestApp_pagesOfOtherOrigins_mayCallWhatHasNoPerson(t *testing.T) {
	a, _ := onTable(t, app.Config{Settings: app.Settings{Access: "keys", SignIn: "auto", PublicURL: publicOrigin}})
	defer a.Close()
	p := &program{t: t, server: a.Handler}
	for path, may := range map[string]bool{"/.well-known/oauth-protected-resource/mcp": true,
		"/.well-known/oauth-authorization-server/oauth": true, "/oauth/register": true, "/oauth/token": true,
		"/oauth/revoke": true, "/oauth/authorize": false, "/authorize": false, "/mcp": false} {
		got := p.call("OPTIONS", publicOrigin+path, "", "", map[string]string{"Origin": "https://inspector.example",
			"Access-Control-Request-Method": "POST"}, nil)
		if allowed := got.Header.Get("Access-Control-Allow-Origin"); (allowed != "") != may {
			t.Errorf("%s: %d, %q", path, got.StatusCode, allowed)
		}
	}
	page := p.call("GET", publicOrigin+"/oauth/authorize?x", "", "", map[string]string{"Accept": "text/html"}, nil)
	if h := page.Header; page.StatusCode != 200 || h.Get("Cross-Origin-Opener-Policy") != "unsafe-none" ||
		!strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") ||
		h.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", page.StatusCode, h)
	}
}

// signs lets the holder of a key sign the program in, as far as the limits allow.
func (p *program) signs(key string) (status int) {
	p.t.Helper()
	body, err := json.Marshal(map[string]string{"request": p.request(), "answer": "allow", "key": key})
	if err != nil {
		p.t.Fatal(err)
	}
	var seen struct{ Go string }
	got := p.call("POST", p.metadata.Auth, "application/json", string(body),
		map[string]string{"Origin": publicOrigin, "Sec-Fetch-Site": "same-origin"}, &seen)
	if got.StatusCode != 200 {
		return got.StatusCode
	}
	to, err := url.Parse(seen.Go)
	if err != nil {
		p.t.Fatal(err)
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "client_id": {p.id},
		"redirect_uri": {programRedirect}, "code_verifier": {programVerifier}}
	return p.call("POST", p.metadata.Token, "application/x-www-form-urlencoded", form.Encode(), nil, p).StatusCode
}

// The limits are those of the same person with a header.
func TestApp_signIns_spendTheLimitsOfTheirKey(t *testing.T) {
	config := app.Config{Settings: app.Settings{Access: "keys", SignIn: "auto", PublicURL: publicOrigin,
		UnitsPerMinute: 30}}
	a, tab := onTable(t, config)
	defer a.Close()
	ann, bob := addKey(t, tab, "Ann"), addKey(t, tab, "Bob")
	p := &program{t: t, server: a.Handler}
	p.discover()
	if status := p.signs(ann); status != 200 {
		t.Fatal(status)
	}
	statuses := map[int]int{}
	for range 100 {
		form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {p.Refresh}, "client_id": {p.id}}
		statuses[p.call("POST", p.metadata.Token, "application/x-www-form-urlencoded", form.Encode(), nil,
			p).StatusCode]++
	}
	if statuses[200] == 0 || statuses[200] > 20 || statuses[200]+statuses[429] != 100 {
		t.Errorf("the refreshes end with %v", statuses)
	}
	for range 20 {
		statuses[p.signs(ann)]++
	}
	if statuses[200] > 20 {
		t.Errorf("with sign-ins they end with %v", statuses)
	}
	if got := callBearing(t, a.Handler, "192.0.2.1", "/mcp", ann, "list_rooms", nil); got.Code != "rate_limited" {
		t.Errorf("by a header: %+v", got)
	}
	if status := p.signs(bob); status != 200 {
		t.Errorf("somebody else: %d", status)
	}
}

// The log names routes, so no secret in a query is logged. Keys come in bodies.
func TestApp_logOfSignIn_holdsNoKeyTokenOrCode(t *testing.T) {
	log := secretscan.NewBuffer(t) // fails the test for each secret
	a, tab := onTable(t, app.Config{Settings: app.Settings{Access: "keys", SignIn: "auto", PublicURL: publicOrigin},
		Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	defer a.Close()
	key := addKey(t, tab, "Ann")
	p := &program{t: t, server: a.Handler}
	p.discover()
	p.signIn(key)
	p.gets(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {p.Refresh}})
	for _, path := range []string{"/oauth/authorize", "/oauth/token", "/oauth/revoke", "/oauth/register", "/authorize",
		"/oauth/" + key, "/oauth/authorize/" + key} {
		for _, method := range []string{"GET", "POST"} {
			p.call(method, publicOrigin+path+"?key="+key+"&token="+p.Access+"&state="+p.Refresh,
				"application/x-www-form-urlencoded", "token="+p.Access+"&key="+key, nil, nil)
		}
	}
	for _, line := range []string{"path=/oauth/authorize status=200", "path=/oauth/token status=400", "path=(other)",
		"action=signed_in"} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("%q is not in the log", line)
		}
	}
}

// A program that gets 401 or invalid_grant forgets its sign-in. While the table fails, the program gets neither, from
// any process.
func TestApp_tableThatFails_signsNobodyOut(t *testing.T) {
	config := app.Config{Settings: app.Settings{Access: "keys", SignIn: "auto", PublicURL: publicOrigin}}
	first, tab := onTable(t, config)
	defer first.Close()
	p := &program{t: t, server: first.Handler}
	p.discover()
	p.signIn(addKey(t, tab, "Ann"))
	var down atomic.Bool
	config.Open = func(context.Context, *meter.Meter) (app.Store, error) {
		return app.Store{Table: &tabletest.Hooks{Table: tab, Before: func(context.Context, tabletest.Call) error {
			if down.Load() {
				return table.ErrUnavailable
			}
			return nil
		}}}, nil
	}
	other, err := app.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	p.server = other.Handler
	const form, ping = "application/x-www-form-urlencoded", `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	bearer := map[string]string{"Authorization": "Bearer " + p.Access}
	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {p.Refresh}, "client_id": {p.id}}.Encode()
	down.Store(true)
	for what, got := range map[string]*http.Response{
		"a call":    p.call("POST", publicOrigin+"/mcp", "application/json", ping, bearer, nil),
		"a GET":     p.call("GET", publicOrigin+"/mcp", "", "", bearer, nil),
		"a refresh": p.call("POST", p.metadata.Token, form, refresh, nil, nil),
		"a revoke":  p.call("POST", publicOrigin+"/oauth/revoke", form, "token="+p.Refresh, nil, nil),
	} {
		if got.StatusCode != 503 || got.Header.Get("WWW-Authenticate") != "" {
			t.Errorf("%s while the table fails: %d, %v", what, got.StatusCode, got.Header)
		}
	}
	down.Store(false)
	if got := p.call("POST", publicOrigin+"/mcp", "application/json", ping, bearer, nil); got.StatusCode != 200 {
		t.Errorf("a call afterwards: %d", got.StatusCode)
	}
	p.gets(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {p.Refresh}})
}

// ChatGPT begins a sign-in by the result of a call, and gets another token by the status. All others begin both by
// the status.
func TestApp_chatGPTThatMustSignIn_hearsItInTheResultOfACall(t *testing.T) {
	config := app.Config{Settings: app.Settings{Access: "keys", SignIn: "auto", PublicURL: publicOrigin}}
	a, tab := onTable(t, config)
	defer a.Close()
	p := &program{t: t, server: a.Handler}
	p.discover()
	p.signIn(addKey(t, tab, "Ann"))
	ended := p.Access
	p.call("POST", publicOrigin+"/oauth/revoke", "application/x-www-form-urlencoded", "token="+p.Refresh, nil, nil)
	const calls, lists = `"method":"tools/call","params":{"name":"list_rooms","arguments":{}}`, `"method":"tools/list"`
	const modern = `"method":"tools/call","params":{"name":"list_rooms","arguments":{},"_meta":{` +
		`"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},` +
		`"io.modelcontextprotocol/clientInfo":{"name":"a","version":"1"}}}`
	const gpt = "openai-mcp/1.0.0"
	for name, c := range map[string]struct {
		agent, does, bearer string
		byResult            bool
	}{
		"a call of ChatGPT, without a token":             {gpt, calls, "", true},
		"a call of ChatGPT, after the end of a sign-in":  {gpt, calls, ended, true},
		"a call of ChatGPT of 2026-07-28":                {gpt, modern, ended, true},
		"another request of ChatGPT":                     {gpt, lists, "", false},
		"a call of Claude.ai":                            {"Claude-User", calls, "", false},
		"a call of Claude.ai of 2026-07-28":              {"Claude-User", modern, ended, false},
		"a call of a client that does not say who it is": {"", calls, ended, false},
	} {
		header := map[string]string{"User-Agent": c.agent}
		if c.bearer != "" {
			header["Authorization"] = "Bearer " + c.bearer
		}
		kind := "" // what 2026-07-28 says of each result
		if c.does == modern {
			kind, header["Mcp-Protocol-Version"] = "complete", "2026-07-28"
			header["Mcp-Method"], header["Mcp-Name"] = "tools/call", "list_rooms"
		}
		var got struct {
			ID     int
			Result *struct {
				Meta struct {
					Challenge []string `json:"mcp/www_authenticate"`
				} `json:"_meta"`
				IsError           bool
				ResultType        string
				StructuredContent struct{ Code string }
				Content           []struct{ Text string }
			}
		}
		answer := p.call("POST", publicOrigin+"/mcp", "application/json", `{"jsonrpc":"2.0","id":7,`+c.does+`}`, header,
			&got)
		switch {
		case !c.byResult:
			if answer.StatusCode != 401 || got.Result != nil || answer.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: %d %+v", name, answer.StatusCode, got)
			}
		case answer.StatusCode != 200 || got.ID != 7 || got.Result == nil || !got.Result.IsError ||
			got.Result.ResultType != kind || got.Result.StructuredContent.Code != "key_invalid" ||
			!strings.Contains(got.Result.Content[0].Text, "press Connect") || len(got.Result.Meta.Challenge) != 1 ||
			!strings.HasPrefix(got.Result.Meta.Challenge[0], `Bearer resource_metadata="`+publicOrigin+`/.well-known/`) ||
			!strings.Contains(got.Result.Meta.Challenge[0], `error="invalid_token", error_description="`):
			t.Errorf("%s: %d %+v", name, answer.StatusCode, got)
		}
	}
}

// The token of an agent admits as long as the sign-in by which the agent joined.
func TestApp_agentWhoseSignInHasEnded_hearsToPressConnectAgain(t *testing.T) {
	config := app.Config{Settings: app.Settings{Access: "keys", SignIn: "auto", PublicURL: publicOrigin}}
	a, tab := onTable(t, config)
	defer a.Close()
	p := &program{t: t, server: a.Handler}
	p.discover()
	p.signIn(addKey(t, tab, "Ann"))
	made := callBearing(t, a.Handler, "192.0.2.1", "/mcp", p.Access, "create_room", map[string]any{"agent_name": "Ann"})
	p.call("POST", publicOrigin+"/oauth/revoke", "application/x-www-form-urlencoded", "token="+p.Refresh, nil, nil)
	config.Open = func(context.Context, *meter.Meter) (app.Store, error) { return app.Store{Table: tab}, nil }
	other, err := app.New(t.Context(), config) // which has not admitted the agent in this minute
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	p.server = other.Handler
	for _, agent := range []string{"openai-mcp/1.0.0", "Claude-User"} {
		var got struct{ Error struct{ Message string } }
		answer := p.call("POST", publicOrigin+"/mcp", "application/json",
			`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_rooms","arguments":{}}}`,
			map[string]string{"User-Agent": agent, "Authorization": "Bearer " + made.AgentToken}, &got)
		if said := got.Error.Message; answer.StatusCode != 200 || !strings.Contains(said, "Press Connect again") ||
			strings.Contains(said, "needs a key") {
			t.Errorf("%s: %d %q", agent, answer.StatusCode, said)
		}
	}
}
