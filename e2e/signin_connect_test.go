package e2e

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// secured is a program behind a front with TLS, at whose address programs sign in.
type secured struct {
	*program
	base  string // the public address
	trust string // what lets a command trust the front
}

// startSecured starts both. change may be nil, or changes what the front answers.
func startSecured(t *testing.T, change func(*http.Response) error) secured {
	t.Helper()
	var own *url.URL
	front := httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Rewrite: func(q *httputil.ProxyRequest) {
			q.SetURL(own)
			q.Out.Host = q.In.Host
		},
		ModifyResponse: change, FlushInterval: -1,
	})
	base := "https://" + front.Listener.Addr().String()
	p := start(t, "--access", "keys", "--sign-in", "auto", "--public-url", base)
	own, err := url.Parse(strings.TrimSuffix(p.url, "/mcp"))
	if err != nil {
		t.Fatal(err)
	}
	front.StartTLS()
	t.Cleanup(front.Close)
	t.Cleanup(front.CloseClientConnections)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})
	if err := os.WriteFile(roots, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return secured{p, base, "SSL_CERT_FILE=" + roots}
}

func TestConnect_serverAtWhichProgramsSignIn_writesTheAddressAlone(t *testing.T) {
	home := onNewMachine(t)
	s := startSecured(t, nil)
	ann := &talker{t: t, state: filepath.Join(home, ".local", "state"), env: []string{s.trust}}
	key := s.newKey("Ann")
	for client, says := range map[string]string{"claude-code": "run claude mcp login parley",
		"codex": "run codex mcp login parley", "cursor": "press Connect", "vscode": "list of MCP servers",
		"gemini": "/mcp auth parley"} {
		said := ann.does("connect", client, "--url", s.base)
		if !strings.Contains(said, s.base+`/mcp"`) || !strings.Contains(said, says) ||
			!strings.Contains(said, " signs in, so no key is written. For that, ") {
			t.Errorf("connect %s says\n%s", client, said)
		}
	}
	// The program that Claude Desktop starts cannot sign in, and at another address nobody can.
	for client, url := range map[string]string{"claude-desktop": s.base, "codex": s.url} {
		if got := ann.runs("connect", client, "--url", url); got.code != 1 ||
			!strings.Contains(got.err, "nothing was written") {
			t.Errorf("connect %s --url %s: %+v", client, url, got)
		}
	}
	keyed := ann.again(ann.state, "PARLEY_KEY="+key, "PARLEY_URL="+s.base)
	if said := keyed.does("connect", "codex"); !strings.Contains(said, "Bearer "+key[:11]+"…") ||
		strings.Contains(said, "signs in") {
		t.Errorf("connect with a key says\n%s", said)
	}
}
