package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// foreign is a server that is not the one for which a secret is. It admits nobody, and
// keeps what it is shown.
type foreign struct {
	url string

	mu    sync.Mutex
	shown []string
}

func newForeign(t *testing.T) *foreign {
	t.Helper()
	f := &foreign{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what came is kept
		f.mu.Lock()
		f.shown = append(f.shown, fmt.Sprintf("%s %s %v %s", r.Method, r.URL, r.Header, body))
		f.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w,
			`{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"This server needs a key.","data":{"code":"key_invalid"}}}`)
	}))
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// calls returns how many requests came, and knows how many of them held a secret.
func (f *foreign) calls(secret string) (all, knows int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, text := range f.shown {
		if strings.Contains(text, secret) {
			knows++
		}
	}
	return len(f.shown), knows
}

// A person watches an agent. The agent, which has the same files, takes the person's word.
func TestAttack_wordOfAPerson_inTheShellOfItsAgent(t *testing.T) {
	a := watched(t)
	a.ann.does("watch", a.link)
	a.bob.runs("wait", "--timeout", "50ms") // for what was there before
	shells := map[string]*talker{
		"no terminal": a.ann.again(a.ann.state),
		"Claude Code": a.ann.again(a.ann.state, "CLAUDECODE=1"),
		"Codex":       a.ann.again(a.ann.state, "CODEX_THREAD_ID=t1"),
	}
	shells["no terminal"].terminal = false
	through := 0
	for shell, w := range shells {
		got := w.runs("say", "I am Ann.")
		if got.code != 1 || got.out != "" || !strings.Contains(got.err, "Nothing was done") ||
			!strings.Contains(got.err, "terminal of your own") {
			through++
			t.Errorf("%s: %+v", shell, got)
		}
	}
	if got := a.bob.runs("wait", "--timeout", "50ms"); got.code != 3 {
		t.Errorf("Bob heard %+v", got)
	}
	// The person writes from a pipe into a file, and a script has a seat of its own.
	piped := a.ann.command(t.Context(), "say", "-")
	piped.Stdin = strings.NewReader("It is me.\n")
	if out, err := piped.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	a.hears("Ann's Claude's owner: It is me.\n")
	script := a.bob.again(a.bob.state, "CLAUDECODE=1")
	script.does("say", "From a script.")
	attacks(t, "%d of %d shells of an agent spoke for its person", through, len(shells))
}

// PARLEY_KEY is set for one server, and a command names another one.
func TestAttack_serverThatIsNamed_isNotShownTheKey(t *testing.T) {
	other := newForeign(t)
	p := startKeyed(t)
	key, typed := p.newKey("Ann"), p.newKey("Bob")
	commands := map[string][]string{
		"rooms": nil, "join": {"tea", "--as", "Ann"}, "connect": {"codex"}, "doctor": {"--wait", "1s"}, "bridge": nil,
	}
	named := func(w *talker, name string) said {
		t.Helper()
		got := w.runs(append([]string{name, "--url", other.url}, commands[name]...)...)
		if knows := got.out + got.err; got.code == 0 && name != "bridge" || !strings.Contains(knows, "PARLEY_URL") {
			t.Errorf("parley %s ends so: %+v", name, got)
		}
		return got
	}
	home := "HOME=" + t.TempDir()
	for _, env := range [][]string{{"PARLEY_URL=" + p.url}, {"PARLEY_URL="}} {
		w := &talker{t: t, state: t.TempDir(),
			env: []string{home, "CODEX_HOME=", "CLAUDE_CONFIG_DIR=", "PARLEY_KEY=" + key}}
		w = w.again(w.state, env...)
		if env[0] == "PARLEY_URL=" { // the server is the saved one
			w.again(w.state, "PARLEY_URL="+p.url).does("connect", "codex")
			w.does("rooms")
		}
		for name := range commands {
			named(w, name)
		}
	}
	all, knows := other.calls(key)
	if all < 2*len(commands) || knows > 0 {
		t.Errorf("the server got %d calls, %d with the key", all, knows)
	}
	person := &talker{t: t, state: t.TempDir(), env: []string{"PARLEY_URL=" + p.url, "PARLEY_KEY=" + key}}
	if shown, code := person.types("Key for the server at "+other.url, typed, "rooms", "--url", other.url); code != 1 {
		t.Errorf("on a terminal: %d, %s", code, shown)
	}
	if _, shown := other.calls(typed); shown == 0 {
		t.Error("the key that was typed is not shown to the server that asks")
	}
	if _, now := other.calls(key); now > 0 {
		t.Error("on a terminal PARLEY_KEY is shown")
	}
	person.again(t.TempDir(), "PARLEY_URL="+other.url).runs("rooms")
	if _, shown := other.calls(key); shown == 0 {
		t.Error("the server of PARLEY_URL is not shown the key")
	}
	attacks(t, "%d of %d calls to a server that a command named held PARLEY_KEY, which was for another", knows, all)
}
