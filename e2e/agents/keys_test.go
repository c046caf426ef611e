package agents

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/process"
	"github.com/parley-chat/parley/e2e/internal/tlsfront"
)

// paths is a proxy before a server that keeps which paths were asked for.
type paths struct {
	url string

	mu   sync.Mutex
	seen []string
}

// follow puts paths before the server at that address of MCP.
func follow(t *testing.T, server string) *paths {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	p := &paths{}
	front := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: to.Scheme, Host: to.Host})
			p.note(r.In)
		},
		FlushInterval: -1, // at once
	})
	t.Cleanup(front.Close)
	p.url = front.URL
	return p
}

func (p *paths) note(r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, r.Method+" "+r.URL.Path)
}

// take returns the paths since it was last asked.
func (p *paths) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := p.seen
	p.seen = nil
	return seen
}

// A person whose client shows no key, or a wrong one, reads what is missing. No client
// looks for a sign-in. Where clients could sign in, one that shows a key is told the same.
func TestKeys_missingOrWrong_clientsSayWhyAndStartNoSignIn(t *testing.T) {
	t.Parallel()
	server := serveBinary(t, os.Getenv(process.BinaryEnv), process.Environment(), "--data",
		filepath.Join(t.TempDir(), "parley.db"), "--access", "keys")
	const key = "pk_0123456789abcdefghjkmnpqrstvwxyz01" // mistyped
	for name, c := range map[string]struct{ claude, codex, says string }{
		"missing": {"$URL/mcp", "--url $URL/mcp", "you sent none"},
		"wrong, header": {"$URL/mcp --header 'Authorization: Bearer " + key + "'",
			"--bearer-token-env-var WRONG --url $URL/mcp", "the one that you sent is mistyped"},
		"wrong, address": {"$URL/k/" + key + "/mcp", "--url $URL/k/" + key + "/mcp", "MCP endpoint not found"},
	} {
		tries := func(t *testing.T, m *machine, url string, take func() []string, wrong func(string) bool) {
			m.env = append(m.env, "WRONG="+key)
			line := func(text string) string { return strings.ReplaceAll(text, "$URL", url) }
			m.shell(line("claude mcp add --scope user --transport http parley " + c.claude))
			m.shell(line("codex mcp add parley " + c.codex))
			added := take() // Codex asks then whether there is a sign-in

			if list := m.says("claude mcp list"); !strings.Contains(list, c.says) {
				t.Errorf("claude mcp list says\n%s", list)
			}
			ann := m.claudeCode(m.folder("one"), prompt(t, say("Done.")))
			m.claude.await(t, ann, "why the server is not there", patience,
				func(heard conversation) bool { return strings.Contains(heard.raw, c.says) })
			bob := m.codexCLI(m.folder("two"), searchingModel, prompt(t, say("Done.")))
			m.codex.await(t, bob, "the task", patience, func(conversation) bool { return true })
			if text := bob.String(); strings.Contains(text, "mcp login") || strings.Contains(text, "AuthRequired") {
				t.Errorf("Codex wants a sign-in: %s", text)
			}
			if asked := take(); slices.ContainsFunc(asked, wrong) {
				t.Errorf("when added, the clients asked for %q, and then for %q", added, asked)
			}
		}
		t.Run(name, func(t *testing.T) {
			p := follow(t, server)
			tries(t, newMachine(t), p.url, p.take, func(path string) bool {
				return !strings.HasPrefix(path, "POST /") || !strings.HasSuffix(path, "/mcp")
			})
		})
		if name == "missing" {
			continue // there it signs in
		}
		t.Run(name+", beside sign-in", func(t *testing.T) {
			s, m := newSignsIn(t, false), newMachine(t)
			m.env = append(m.env, s.Environment()...)
			tries(t, m, s.URL, s.Take, tlsfront.SignsIn)
		})
	}
}
