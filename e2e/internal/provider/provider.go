// Package provider starts an OpenID provider of somebody else's, at which the people of tests have accounts.
package provider

import (
	"bufio"
	"bytes"
	_ "embed"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

//go:embed provider.mjs
var script []byte

// secret is that of the client, as provider.mjs has it.
const secret = "a secret of the tests"

// Provider is a running provider.
type Provider struct {
	Issuer string

	t        *testing.T
	redirect string
	cmd      *exec.Cmd
	out      bytes.Buffer
}

// Start starts a provider for a server with a public address, which ends with the test.
func Start(t *testing.T, public string) *Provider {
	t.Helper()
	p := &Provider{t: t, redirect: public + "/oauth/callback"}
	p.Again()
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("the provider said %s", p.out.String())
		}
	})
	return p
}

// Again starts a provider that was stopped, where it was, with other keys.
func (p *Provider) Again() {
	p.t.Helper()
	home := parts.Provider.In(p.t)
	arguments := []string{"--input-type=module", "-", p.redirect}
	if u, err := url.Parse(p.Issuer); err == nil && u.Port() != "" {
		arguments = append(arguments, u.Port())
	}
	p.cmd = exec.Command("node", arguments...)
	p.cmd.Env, p.cmd.Stdin = append(os.Environ(), "PROVIDER_HOME="+home), bytes.NewReader(script)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	p.cmd.Stderr = &p.out
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.Stop()
		p.t.Fatalf("the provider does not start: %v\n%s", err, p.out.String())
	}
	p.Issuer = strings.TrimSpace(line)
}

// Stop ends the provider.
func (p *Provider) Stop() {
	_ = p.cmd.Process.Kill() // it may have ended
	_ = p.cmd.Wait()
}

// Flags are the settings with which a server lets people sign in there.
func (p *Provider) Flags(allow string) []string {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), "client-secret")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return []string{"--sign-in-issuer", p.Issuer, "--sign-in-client-id", "parley", "--sign-in-client-secret-file", file,
		"--sign-in-allow", allow}
}

// SignsIn does what a person does at the address to which the server has sent it, in a browser of its own: it signs in
// under an address and consents. It returns where the provider sends it.
func (p *Provider) SignsIn(at, address string) string {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), p.redirect) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	got, err := browser.Get(at)
	for _, form := range []url.Values{{"prompt": {"login"}, "login": {address}, "password": {"any"}},
		{"prompt": {"consent"}}} {
		if err != nil {
			p.t.Fatal(err)
		}
		page, _ := io.ReadAll(got.Body)
		if err := got.Body.Close(); err != nil || !strings.Contains(got.Request.URL.Path, "/interaction/") {
			p.t.Fatalf("the provider answers %s with %s, %v", got.Status, page, err)
		}
		got, err = browser.PostForm(got.Request.URL.String(), form)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	defer got.Body.Close()
	return got.Header.Get("Location")
}
