package oauth_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

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
		"https://claude.ai;x.evil.example/","https://claude.ai\"x.evil.example/","https://[fe80::1%25x]/",
		"https://agent.example/cb/../x","https://agent.example/./cb","https://agent.example/cb/..","https://agent.example/..",
		"https://agent.example/cb/..;/x","https://agent.example/cb/%2e%2e/x","https://agent.example/cb/.%2E/x",
		"https://agent.example/cb%2f..%2fx","https://agent.example/cb%5c..%5cx","https://agent.example/cb%0d%0ax",
		"https://agent.example/cb%00","https://agent.example/%63b","https://agent.example/cb?to=%2F..","https://agent.example/%",
		"https://agent.example/cb\\..\\x","https:\\\\agent.example/cb","https://agent.example\\@evil.example/",
		"https://agent.example/c\tb","https://agent.example/c\nb","https://agent.example/c\u007fb",
		"https://@agent.example/cb","https://agent.example%40evil.example/","http://localhost/../cb","http://localhost/%63b",
		"http://localhost%2eevil.example/cb","http://u@localhost/cb","http://127.0.0.1/cb/%2e%2e/x",
		"com.example.app:/cb/../x","com.example.app:/%2e%2e/x","vscode://a.b/cb/../x","cursor://a.b/%2e%2e/x"]`
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

// Any program can claim a scheme on its own computer, so none proves a name, not even beside a document that we know.
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
