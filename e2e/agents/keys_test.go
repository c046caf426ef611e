package agents

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

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

// A person whose client shows no key, or a wrong one, reads what is missing. No client looks for a sign-in where there
// is none, and one that shows a key begins none where there is one.
func TestKeys_missingOrWrong_clientsSayWhyAndStartNoSignIn(t *testing.T) {
	t.Parallel()
	const key = "pk_0123456789abcdefghjkmnpqrstvwxyz01" // mistyped
	for name, c := range map[string]struct{ claude, codex, says string }{
		"missing": {"$URL/mcp", "--url $URL/mcp", "you sent none"},
		"wrong, header": {"$URL/mcp --header 'Authorization: Bearer " + key + "'",
			"--bearer-token-env-var WRONG --url $URL/mcp", "the one that you sent is mistyped"},
		"wrong, address": {"$URL/k/" + key + "/mcp", "--url $URL/k/" + key + "/mcp", "MCP endpoint not found"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.env = append(m.env, "WRONG="+key)
			var url string
			var take func() []string
			wrong := tlsfront.SignsIn
			if name == "missing" { // where it could, it signs in
				base, _ := keyed(t)
				p := follow(t, base+"/mcp")
				url, take, wrong = p.url, p.take, func(path string) bool {
					return !strings.HasPrefix(path, "POST /") || !strings.HasSuffix(path, "/mcp")
				}
			} else {
				s := newSignsIn(t, false)
				m.env = append(m.env, s.Environment()...)
				url, take = s.URL, s.Take
			}
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
		})
	}
}
