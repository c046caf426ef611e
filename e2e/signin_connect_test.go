package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/tlsfront"
)

// behind starts a program at which programs sign in at the address of a front.
func behind(t *testing.T, f *tlsfront.Front) *program {
	t.Helper()
	p := start(t, "--access", "keys", "--sign-in", "auto", "--public-url", f.URL)
	f.Leads(p.url)
	return p
}

func TestConnect_serverAtWhichProgramsSignIn_writesTheAddressAlone(t *testing.T) {
	home := onNewMachine(t)
	f := tlsfront.New(t)
	s := behind(t, f)
	ann := &talker{t: t, state: filepath.Join(home, ".local", "state"), env: f.Environment()}
	key := s.newKey("Ann")
	for client, says := range map[string]string{"claude-code": "run claude mcp login parley",
		"codex": "run codex mcp login parley", "cursor": "press Connect", "vscode": "list of MCP servers",
		"gemini": "/mcp auth parley"} {
		said := ann.does("connect", client, "--url", f.URL)
		if !strings.Contains(said, f.URL+`/mcp"`) || !strings.Contains(said, says) ||
			!strings.Contains(said, " signs in, so no key is written. For that, ") {
			t.Errorf("connect %s says\n%s", client, said)
		}
	}
	// The program that Claude Desktop starts cannot sign in, and at another address nobody can.
	for client, url := range map[string]string{"claude-desktop": f.URL, "codex": s.url} {
		if got := ann.runs("connect", client, "--url", url); got.code != 1 ||
			!strings.Contains(got.err, "nothing was written") {
			t.Errorf("connect %s --url %s: %+v", client, url, got)
		}
	}
	keyed := ann.again(ann.state, "PARLEY_KEY="+key, "PARLEY_URL="+f.URL)
	if said := keyed.does("connect", "codex"); !strings.Contains(said, "Bearer "+key[:11]+"…") ||
		strings.Contains(said, "signs in") {
		t.Errorf("connect with a key says\n%s", said)
	}
}
