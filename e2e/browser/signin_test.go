package browser

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
)

// asking is the page of a program on the web. It opens the page of sign-in as a popup, and waits until that has
// come back to its own origin.
const asking = `<!doctype html><title>A program</title><link rel="icon" href="data:,">
<button onclick="popup = open(decodeURIComponent(location.hash.slice(1)), 'connect', 'popup,width=480,height=640')">Connect</button>
<p id="said"></p>
<script>addEventListener("message", (e) => { said.textContent = "Connected: " + popup.closed + " " + e.data; });</script>`

// asked is the page to which the answer of the person goes. In a popup it tells its opener, and closes.
const asked = `<!doctype html><title>A program</title><link rel="icon" href="data:,"><p>Back at the program.</p>
<script>if (opener) { const to = opener; close(); to.postMessage(location.search, location.origin); }</script>`

// signIns starts the program behind https, with a person in front of it. All other hosts are those of programs.
func signIns(t *testing.T, more ...string) *server {
	t.Helper()
	const public = "parley.example"
	s := onFile(t, append([]string{"--access", "keys", "--sign-in", "auto", "--public-url", "https://" + public},
		more...)...)
	own, err := url.Parse(s.root)
	if err != nil {
		t.Fatal(err)
	}
	parley := &httputil.ReverseProxy{Rewrite: func(q *httputil.ProxyRequest) {
		q.SetURL(own)
		q.Out.Host = q.In.Host
	}}
	front := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Host == public:
			parley.ServeHTTP(w, r)
		case r.URL.Path == "/":
			_, _ = io.WriteString(w, asking)
		default:
			_, _ = io.WriteString(w, asked)
		}
	}))
	t.Cleanup(front.Close)
	at := front.Listener.Addr().String()
	s.root, s.proxy = "https://"+public, tunnel(t, at)
	s.http = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", at)
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // of the front, on this machine
	}}
	return s
}

// The documents and redirects of programs.
const (
	claudeProgram = "https://claude.ai/oauth/mcp-oauth-client-metadata"
	claudeAnswer  = "https://claude.ai/api/mcp/auth_callback"
	agentAnswer   = "https://agent.example/callback?kept=yes"
)

// registers returns the id of a program that has registered.
func (s *server) registers(name, redirect string) string {
	s.t.Helper()
	body, err := json.Marshal(map[string]any{"client_name": name, "redirect_uris": []string{redirect}})
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := s.http.Post(s.root+"/oauth/register", "application/json", strings.NewReader(string(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	var got struct {
		ID string `json:"client_id"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil || got.ID == "" {
		s.t.Fatalf("%s, %v", answer.Status, err)
	}
	return got.ID
}

const askedState = "a state&with=signs/ü"

// connecting is the address to which a program sends its person. The challenge is that of RFC 7636, appendix B.
func (s *server) connecting(client, redirect string) string {
	return s.root + "/oauth/authorize?" + url.Values{"response_type": {"code"}, "client_id": {client},
		"redirect_uri": {redirect}, "state": {askedState}, "resource": {s.root + "/mcp"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"}}.Encode()
}

// cameBack returns what the program at an address has been told, once the tab is there.
func (tab *tab) cameBack(redirect string) url.Values {
	tab.t.Helper()
	to, _, _ := strings.Cut(redirect, "?")
	tab.until("the tab is at "+to, "location.origin + location.pathname === "+quoted(to))
	told, err := url.ParseQuery(strings.TrimPrefix(evaluate[string](tab, "location.search"), "?"))
	if err != nil {
		tab.t.Fatal(err)
	}
	if told.Get("state") != askedState || told.Get("iss") != tab.person.at.root+"/oauth" {
		tab.t.Errorf("the program hears %v", told)
	}
	return told
}

func TestSignIn_rightKeyAfterAWrongOne_leadsBackToTheProgramWithACode(t *testing.T) {
	t.Parallel()
	s := signIns(t)
	key := s.key("ann")
	agent := s.registers("Agent", agentAnswer)
	tab := s.person().open(s.connecting(agent, agentAnswer))
	tab.expects("a request to another server: https://agent.example/")
	tab.is(role("heading", "Let agent.example use this Parley server as you?"))
	tab.sees("Continue only if you just pressed Connect in that program.")
	tab.sees("It calls itself Agent. This isn't verified.")
	tab.sees("Allow takes you to https://agent.example.")
	tab.sees("With an invite you need no sign-in: give your program the invite's address.")
	tab.click(button("Allow"))
	tab.sees("Paste your key.")
	tab.fill(field("Your key"), key[:len(key)-1])
	tab.click(button("Allow"))
	tab.sees("This key isn't valid here. It may be mistyped, revoked or expired.")
	tab.until("the focus is in the field", `document.activeElement.name === "key"`)
	tab.fill(field("Your key"), key)
	tab.click(button("Allow"))
	told := tab.cameBack(agentAnswer)
	if told.Get("code") == "" || told.Get("kept") != "yes" || told.Has("error") {
		t.Errorf("the program hears %v", told)
	}
	tab.expects("/mcp: HTTP 401") // the first page asks what it may see
	tab.visit("/")
	kept := evaluate[string](tab, "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
	if strings.Contains(kept, key) {
		t.Errorf("the browser keeps the key: %s", kept)
	}

	// The program keeps its hold on a popup, also while that shows the page of another origin.
	tab.visit("https://agent.example/#" + url.QueryEscape(s.connecting(agent, agentAnswer)))
	popup := tab.opens(func() { tab.click(button("Connect")) })
	popup.expects("a request to another server: https://agent.example/")
	popup.expects("^a request: net::ERR_CACHE_MISS") // of what was loaded before the test looked
	popup.fill(field("Your key"), key)
	popup.click(button("Allow"))
	tab.sees("Connected: true")
	tab.sees("code=")
}

// Nothing of the program is loaded, or the tab would report a request to another server.
func TestSignIn_unknownProgramOrForeignRedirect_isAPageAndNoRedirect(t *testing.T) {
	t.Parallel()
	s := signIns(t)
	registered := s.registers("Agent", agentAnswer)
	tab := s.person().tab()
	tab.expects("/oauth/authorize: HTTP 400")
	for name, address := range map[string]string{
		"a program that never registered": s.connecting("dcr_e30", agentAnswer),
		"a document that is not there":    s.connecting("https://agent.example/client.json", agentAnswer),
		"a redirect that is not its own":  s.connecting(registered, "https://evil.example/callback"),
		"a known program, abused":         s.connecting(claudeProgram, "https://evil.example/callback"),
	} {
		tab.visit(address)
		tab.is(role("heading", "Sign-in failed"))
		tab.sees("This server doesn't know the program that sent you here")
		tab.isNot(field("Your key"))
		if at := evaluate[string](tab, "location.href"); at != address {
			t.Errorf("%s leads to %s", name, at)
		}
	}
}

// The browser asks before it opens a program, and this one has none for the scheme.
func TestSignIn_nativeProgram_isShownByItsSchemeAlone(t *testing.T) {
	t.Parallel()
	s := signIns(t)
	const native = "claude://claude.ai/mcp-auth-callback/sdk"
	tab := s.person().open(s.connecting(s.registers("Claude", native), native))
	tab.expects("a request to another server: " + native)
	tab.is(role("heading", "Let a program on this computer use this Parley server as you?"))
	tab.sees("It calls itself Claude. This isn't verified.")
	tab.sees("Allow takes you to a program on this device that opens claude:… links. Any program can claim these.")
	tab.click(button("Cancel"))
	tab.sees("Done. If nothing happens, go back to your program.")
}

func TestSignIn_keyboardAlone_allowsAndCancels(t *testing.T) {
	t.Parallel()
	s := signIns(t)
	key := s.key("ann")
	tab := s.person().tab()
	tab.look(390, 780, "dark")
	tab.expects("a request to another server: " + claudeAnswer)
	opened := func() {
		tab.visit("about:blank")
		tab.visit(s.connecting(claudeProgram, claudeAnswer))
		tab.is(field("Your key"))
	}
	reaches := func(what, is string) {
		t.Helper()
		tab.press("Tab")
		tab.until("the focus is on "+what, "document.activeElement."+is)
	}
	opened()
	tab.is(role("heading", "Let Claude use this Parley server as you?"))
	tab.seesNot("This isn't verified.")
	reaches("the name of the site", `matches("a")`)
	reaches("the key", `matches("[name=key]")`)
	tab.types(key)
	tab.press("Enter")
	if told := tab.cameBack(claudeAnswer); told.Get("code") == "" {
		t.Errorf("the program hears %v", told)
	}
	opened()
	reaches("the name of the site", `matches("a")`)
	reaches("the key", `matches("[name=key]")`)
	reaches("Allow", `textContent === "Allow"`)
	reaches("Cancel", `textContent === "Cancel"`)
	tab.press("Enter")
	if told := tab.cameBack(claudeAnswer); told.Get("error") != "access_denied" || told.Has("code") {
		t.Errorf("the program hears %v", told)
	}
}
