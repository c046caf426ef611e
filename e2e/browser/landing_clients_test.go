package browser

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/httpapi"
)

var inviteForm = regexp.MustCompile(`/i/([0-9a-z]+)`)

// inviteOf returns the code in the invite that an agent was given.
func inviteOf(t *testing.T, a *agent) string {
	t.Helper()
	found := inviteForm.FindStringSubmatch(a.invite)
	if found == nil {
		t.Fatalf("no code in %q", a.invite)
	}
	return found[1]
}

// clientNames are the clients on the page, as it names them.
var clientNames = []string{"Claude Code", "Codex", "Gemini CLI", "VS Code", "Cursor", "Claude Desktop", "parley", "Any other"}

// shownLines returns what the page says to paste for one client.
func (tab *tab) shownLines(name string) []string {
	tab.t.Helper()
	tab.click(role("radio", name))
	return evaluate[[]string](tab, `[...document.querySelectorAll(".landing-client code")].map((line) => line.textContent)`)
}

// command is found in what only a person who pastes it has a use for.
var command = regexp.MustCompile(`://|[{=]|--|\badd\b`)

func TestFront_linesForClients_areThoseThatTheServerPrints(t *testing.T) {
	t.Parallel()
	open, keys := onFile(t), onFile(t, "--access", "keys")
	invite := inviteOf(t, keys.agent("Harbor", "Ada", keys.key("ada")))
	for name, c := range map[string]struct {
		at      *server
		path    string
		printed string
	}{
		"open":   {open, "/", httpapi.Connect(open.root + "/mcp")},
		"keys":   {keys, "/", httpapi.ConnectWithKey(keys.root+"/mcp", httpapi.KeyPlaceholder)},
		"invite": {keys, "/i/" + invite, httpapi.Connect(keys.root + "/i/" + invite + "/mcp")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tab := c.at.in(t).person().open(c.path)
			if name == "keys" {
				tab.sees("This server needs a key")
			}
			var lines []string
			for _, client := range clientNames {
				lines = append(lines, tab.shownLines(client)...)
			}
			// The longest first: the address is part of others.
			slices.SortFunc(lines, func(a, b string) int { return len(b) - len(a) })
			rest := c.printed
			for _, line := range slices.Compact(lines) {
				if !strings.Contains(c.printed, line) {
					t.Errorf("the page says %s; the server does not", line)
				}
				rest = strings.ReplaceAll(rest, line, "")
			}
			if missed := command.FindString(rest); missed != "" {
				t.Errorf("the server also prints a command with %q:\n%s", missed, rest)
			}
		})
	}
}

func TestFront_buttonsForClients_openThemWithTheSameConfiguration(t *testing.T) {
	t.Parallel()
	open, keys := onFile(t), onFile(t, "--access", "keys")
	for _, s := range []*server{open, keys} {
		tab := s.person().open("/")
		if s == keys {
			tab.sees("This server needs a key")
		}
		header := func(variable string) map[string]any {
			plain := map[string]any{"url": s.root + "/mcp"}
			if s == keys {
				plain["headers"] = map[string]any{"Authorization": "Bearer ${" + variable + "}"}
			}
			return plain
		}
		link := func(client string) string {
			tab.click(role("radio", client))
			tab.is(hyper("Add to " + client))
			return evaluate[string](tab, `document.querySelector(".landing-client a").href`)
		}

		code, found := strings.CutPrefix(link("VS Code"), "vscode:mcp/install?")
		config, err := url.QueryUnescape(code)
		want := header("input:parley-key")
		want["name"], want["type"] = "parley", "http"
		if s == keys {
			want["inputs"] = []any{map[string]any{
				"id": "parley-key", "type": "promptString", "description": "Key of Parley", "password": true,
			}}
		}
		if err != nil || !found || !sameJSON(config, want) {
			t.Errorf("VS Code gets %s (%v), want %v", config, err, want)
		}

		u, err := url.Parse(link("Cursor"))
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := base64.StdEncoding.DecodeString(u.Query().Get("config"))
		want = header("env:PARLEY_KEY")
		if err != nil || u.Scheme+"://"+u.Host+u.Path != "cursor://anysphere.cursor-deeplink/mcp/install" ||
			u.Query().Get("name") != "parley" || !sameJSON(string(decoded), want) {
			t.Errorf("Cursor gets %v with %s (%v), want %v", u, decoded, err, want)
		}
	}
}

func sameJSON(text string, want map[string]any) bool {
	var got map[string]any
	return json.Unmarshal([]byte(text), &got) == nil && reflect.DeepEqual(got, want)
}

func TestFront_client_isCopiedAndRemembered(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	tab := s.person().open("/")
	line := tab.shownLines("Codex")[0]
	if got := tab.copied(func() { tab.click(button("Copy the line for Codex").nth(0)) }); got != line {
		t.Errorf("copied %q, want %q", got, line)
	}
	tab.reload()
	tab.sees(line)
	tab.is(css(`.landing-clients input[value="codex"]:checked`))
	tab.click(role("radio", "Codex"))
	tab.press("ArrowRight")
	tab.sees("gemini mcp add")
}
