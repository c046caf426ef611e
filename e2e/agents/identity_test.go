package agents

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/process"
)

// The server knows a client by the start of its User-Agent, and whether it reports
// progress by the token of the call. Both clients send one; Codex gives up a call
// after 300 s all the same. Neither client shows views: neither calls show_room or asks for
// resources by itself, and no model gets a tool for the view's document. Claude Code says that
// it shows none, and does not see show_room. Codex has three tools for resources with any server.
func TestCalls_userAgentAndProgressToken(t *testing.T) {
	t.Parallel()
	// The bridge names the client as the client does over HTTP, and itself after it.
	for name, c := range map[string]struct{ claude, codex, after string }{
		"over HTTP": {"--transport http parley %[2]s", "parley --url %[2]s", ""},
		"by the bridge": {"parley -- %[1]s bridge --url %[2]s", "parley -- %[1]s bridge --url %[2]s",
			" parley-bridge/"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			w := tap(t, serve(t))
			line := func(format string) string { return fmt.Sprintf(format, os.Getenv(process.BinaryEnv), w.url) }
			m.shell("claude mcp add --scope user " + line(c.claude))
			m.shell("codex mcp add " + line(c.codex))
			m.approve(`default_tools_approval_mode = "approve"`)

			look := func(tool, search string) string {
				s := searches(search, "show the room", "resources")
				s.Calls = append(s.Calls, call{Tool: tool, Input: map[string]any{"limit": 1}})
				return prompt(t, s, say("Done."))
			}
			ann := m.claudeCode(m.folder("one"), look("mcp__parley__list_rooms", "ToolSearch"))
			hers := m.claude.await(t, ann, "the rooms", patience, hasResult)
			bob := m.codexCLI(m.folder("two"), searchingModel, look("mcp__parley/list_rooms", "tool_search"))
			his := m.codex.await(t, bob, "the rooms", patience, hasResult)
			ann.ends(t)
			bob.ends(t)

			if got := ofViews(hers); len(got) > 0 {
				t.Errorf("the model of Claude Code has %v", got)
			}
			want := []string{"list_mcp_resource_templates", "list_mcp_resources", "mcp__parley/show_room",
				"read_mcp_resource"}
			if got := ofViews(his); !slices.Equal(got, want) {
				t.Errorf("the model of Codex has %v, want %v", got, want)
			}

			calls := w.called()
			if len(calls) != 2 || !strings.Contains(calls[0].agent, " (sdk-cli)") {
				t.Fatalf("the server got the calls %+v, want one of each client, and of Claude Code without a "+
					"terminal", calls)
			}
			for i, agent := range []string{"claude-code/", "codex-mcp-client/"} {
				t.Logf("%+v", calls[i])
				if !strings.HasPrefix(calls[i].agent, agent) || !strings.Contains(calls[i].agent, c.after) ||
					calls[i].token == nil {
					t.Errorf("the server got %+v, want User-Agent %s…%s… and a progress token", calls[i], agent,
						c.after)
				}
			}
		})
	}
}

func hasResult(c conversation) bool { return len(c.turns) == 1 && c.text() != "" }

// ofViews returns the tools for resources and for the view of a room that the model has or has found.
func ofViews(c conversation) []string {
	all := slices.Concat(c.tools, slices.Concat(slices.Collect(maps.Values(c.found()))...))
	all = slices.DeleteFunc(all, func(tool string) bool {
		return !strings.Contains(strings.ToLower(tool), "resource") && !strings.HasSuffix(tool, "show_room")
	})
	slices.Sort(all)
	return slices.Compact(all)
}

// wire is a proxy before the server that keeps the calls of tools and what is asked about resources.
type wire struct {
	url string

	mu    sync.Mutex
	calls []wired
}

// wired is such a request as the server got it.
type wired struct {
	agent  string // User-Agent
	method string
	tool   string
	token  any // progressToken, nil without one
}

// tap puts a wire before the server at that address.
func tap(t *testing.T, server string) *wire {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: to.Scheme, Host: to.Host})
			w.keep(r.Out)
		},
		FlushInterval: -1, // at once
	}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	w.url = front.URL + to.Path
	return w
}

// keep notes such a request, and leaves it as it was.
func (w *wire) keep(r *http.Request) {
	if r.Body == nil {
		return
	}
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	var call struct {
		Method string
		Params struct {
			Name string
			Meta struct {
				ProgressToken any `json:"progressToken"`
			} `json:"_meta"`
		}
	}
	if err != nil || json.Unmarshal(body, &call) != nil ||
		call.Method != "tools/call" && !strings.HasPrefix(call.Method, "resources/") {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, wired{r.UserAgent(), call.Method, call.Params.Name, call.Params.Meta.ProgressToken})
}

// called returns the calls so far.
func (w *wire) called() []wired {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls)
}
