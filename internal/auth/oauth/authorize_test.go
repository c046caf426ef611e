package oauth_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/base/ident"
)

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

// Neither a wrong key nor Cancel leaves anything but what the page shows.
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

// A page that leaves by itself leads whoever follows a link to any address that somebody has registered.
func TestAuthorize_requestThatTheProgramGotWrong_isToldToItByAClick(t *testing.T) {
	w := newWorld(t)
	for want, requests := range map[string][]string{
		"unsupported_response_type": {asks("response_type", "token"), asks("response_type", "")},
		"invalid_request": {asks("code_challenge", ""), asks("code_challenge_method", "plain"),
			asks("code_challenge_method", ""), asks("code_challenge", verifier[:42]),
			asks("response_mode", "fragment")},
		"invalid_target": {asks("resource", "https://other.example/mcp"), asks("resource", "https://other.example"),
			asks("resource", public+"/mcp//"), asks("resource", public+"/i"), asks("resource", public+":8443/mcp"),
			asks("resource", "http://parley.example:443/mcp"), asks("resource", "parley.example/mcp"),
			asks("resource", public+"/MCP"), asks("resource", public+"/mcp?x"), asks("resource", public+"/mcp#x"),
			asks("resource", "https://u@parley.example/mcp"), asks("resource", public+".evil.example"),
			asks("resource", "/mcp")},
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
		{register("ChatGPT", "https://chatgpt.com/connector/oauth/x/y"),
			"https://chatgpt.com/connector/oauth/x/y", "", "ChatGPT", "https://chatgpt.com"},
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
	encoded := w.call("POST", "/oauth/register", "application/json", `{"redirect_uris":["https://a.example/cb%20x"]}`)
	if encoded.status != 400 || !strings.Contains(encoded.text, "No redirect_uri has a %") {
		t.Errorf("a %% in the path: %d %s", encoded.status, encoded.text)
	}
}

// A program that takes a known name is told apart by where its answers go, also in the list of sign-ins.
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
