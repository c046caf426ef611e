package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/tlsfront"
)

func TestDoctor_signIn_isLookedAtFromOutside(t *testing.T) {
	home := onNewMachine(t)
	f := tlsfront.New(t)
	s := behind(t, f)
	ann := &talker{t: t, state: filepath.Join(home, ".local", "state"), env: f.Environment()}
	ann.does("connect", "codex", "--url", f.URL)
	all, code := examineIn(t, ann.env, f.URL)
	codex := all.of("Codex")
	if got := all.levels(); code != 0 || !strings.HasPrefix(got, "ok server, ok sign-in, warning key, warning Codex") ||
		!strings.HasSuffix(codex.What, "where it signs in; whether it is signed in cannot be seen from here; codex is "+
			"not in the PATH, so it may not be installed; it asks before it uses a tool. To allow those of Parley: "+
			"parley connect codex --url "+f.URL+" --allow") ||
		codex.Fix != "if it is not signed in, run codex mcp login parley" {
		t.Errorf("without a key: code %d, %s", code, got)
	}
	keyed := append(ann.env, "PARLEY_KEY="+s.newKey("Ann"), "PARLEY_URL="+f.URL)
	all, code = examineIn(t, keyed, f.URL)
	if got := all.levels(); code != 0 || !strings.HasPrefix(got, "ok server, ok sign-in, ok key, warning Codex, ") {
		t.Errorf("with a key: code %d, %s", code, got)
	}
	local := strings.TrimSuffix(s.url, "/mcp")
	all, _ = examineIn(t, []string{"PARLEY_KEY=" + s.newKey("Bob"), "PARLEY_URL=" + local}, local)
	if got := all.of("sign-in"); got.Level != "warning" || !strings.Contains(got.Fix, f.URL+"/mcp") {
		t.Errorf("at another address: %+v", got)
	}
}

// What a proxy does to the documents is named, with what helps.
func TestDoctor_signInBehindAProxyThatSpoilsIt_saysWhatIsWrong(t *testing.T) {
	onNewMachine(t)
	const resource = "/.well-known/oauth-protected-resource/mcp"
	const server = "/.well-known/oauth-authorization-server/oauth"
	type spoils struct{ path, old string } // what is replaced in the answers at a path; "" for all of it
	var spoiled atomic.Value
	f := tlsfront.New(t)
	f.Spoil = func(r *http.Response) error {
		now, _ := spoiled.Load().(spoils)
		if now.path != r.Request.URL.Path {
			return nil
		}
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		text = []byte(strings.ReplaceAll(string(text), now.old, "other"))
		if now.old == "" {
			r.StatusCode, text = http.StatusNotFound, []byte("<html>not here")
		}
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(string(text))), int64(len(text))
		r.Header.Set("Content-Length", strconv.Itoa(len(text)))
		return nil
	}
	behind(t, f)
	for _, c := range []struct{ path, old, says string }{
		{resource, "", "the server sends programs to sign in, but nothing answers at " + resource},
		{resource, f.URL + "/oauth", "programs are sent to another server to sign in: other"},
		{server, "", "nothing answers at " + server},
		{server, f.URL + "/oauth", server + " names the issuer other"},
		{server, "/oauth/token", server + " names addresses of another server"},
		{server, "S256", server + " does not list S256 in"},
		{server, "none", server + " does not list none in"},
		{server, "client_id_metadata_document_supported",
			server + " does not have client_id_metadata_document_supported"},
		{"/oauth/register", "", "a program that registers at /oauth/register gets no id"},
	} {
		spoiled.Store(spoils{c.path, c.old})
		all, code := examineIn(t, f.Environment(), f.URL)
		if got := all.of("sign-in"); code != 1 || got.Level != "failed" || got.What != c.says &&
			!strings.HasPrefix(got.What, c.says+" ") || !strings.Contains(got.Fix, "pass unchanged through any proxy") {
			t.Errorf("%q out of %s: %+v", c.old, c.path, got)
		}
	}
}

// The documents are whole there, and yet no program begins to sign in.
func TestSignIn_proxyThatHidesTheHost_isNamedAndNoClientIsLeftWithoutAKey(t *testing.T) {
	home := onNewMachine(t)
	f := tlsfront.New(t)
	f.HideHost = true
	behind(t, f)
	all, _ := examineIn(t, f.Environment(), f.URL)
	if got := all.of("sign-in"); got.Level != "warning" || !strings.Contains(got.What, "programs call "+f.URL) ||
		!strings.Contains(got.Fix, "the header Host") {
		t.Errorf("doctor says %+v", got)
	}
	ann := &talker{t: t, state: filepath.Join(home, ".local", "state"), env: f.Environment()}
	if got := ann.runs("connect", "codex", "--url", f.URL); got.code != 1 ||
		!strings.Contains(got.err, "nothing was written") {
		t.Errorf("connect says %+v", got)
	}
}

// What a client keeps of its sign-in tells whether the server takes it still.
func TestDoctor_signInOfAClient_isTriedAtTheServer(t *testing.T) {
	home := onNewMachine(t)
	f := tlsfront.New(t)
	s := &signsIn{program: behind(t, f), origin: f.URL}
	made, err := s.post(t.Context(), 1, "/oauth/register", "application/json",
		`{"client_name":"Agent","redirect_uris":["`+agentRedirect+`"]}`)
	if err != nil {
		t.Fatal(err)
	}
	s.client = made.Client
	ann := &talker{t: t, state: filepath.Join(home, ".local", "state"), env: f.Environment()}
	clients := map[string]struct{ name, folder, form, once string }{
		"codex": {"Codex", ".codex", `{"parley|1":{"server_url":%q,"access_token":%q,"refresh_token":%q}}`,
			"run codex mcp login parley"},
		"claude-code": {"Claude Code", ".claude",
			`{"mcpOAuth":{"parley|1":{"serverUrl":%q,"accessToken":%q,"refreshToken":%q}}}`,
			"run claude mcp login parley"},
	}
	for id := range clients {
		ann.does("connect", id, "--url", f.URL)
	}
	says := func(id, access, refresh, level string) {
		t.Helper()
		c := clients[id]
		text := fmt.Sprintf(c.form, f.URL+"/mcp", access, refresh)
		if err := os.WriteFile(filepath.Join(home, c.folder, ".credentials.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		all, _ := examineIn(t, ann.env, f.URL, "--client", id)
		got := all.of(c.name)
		if got.Level != level || (level == "failed") != (got.Fix == c.once) {
			t.Errorf("it says %+v, want %s", got, level)
		}
	}
	for id := range clients {
		all, _ := examineIn(t, ann.env, f.URL, "--client", id) // as where the system keeps what the client has
		if got := all.of(clients[id].name); got.Level != "warning" || !strings.Contains(got.What, "cannot be seen") {
			t.Errorf("without a file: %+v", got)
		}
		pair := s.signedInBy(s.newKey(id))
		says(id, pair.Access, pair.Refresh, "ok")
		if out, err := s.keys("revoke", id); err != nil {
			t.Fatal(out, err)
		}
		s.kill()
		s.again() // so that it remembers nothing
		says(id, pair.Access, pair.Refresh, "failed")
	}
	says("codex", "old", "", "failed") // as it leaves the file when the server has refused it
	says("claude-code", "", "", "failed")
}
