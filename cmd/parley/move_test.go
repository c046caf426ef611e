package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/server/app/apptest"
)

func TestMove_commandLineWithoutSense_isRefused(t *testing.T) {
	emptyHome(t)
	for line, want := range map[string]string{
		"https://a.example":                           "<new> is missing",
		"https://a.example a.example":                 "is not the address of a server",
		"https://a.example/mcp https://a.example/":    "give two addresses",
		"https://a.example https://b.example/i/x":     "is mistyped",
		"https://a.example https://b.example --url x": "unknown flag --url",
	} {
		if code, says := report(t, append([]string{"move"}, strings.Fields(line)...)...); code != exitUsage ||
			!strings.Contains(says, want) {
			t.Errorf("%s: code %d, %s", line, code, says)
		}
	}
}

// A tunnel has another address: seats, clients and the address for other commands move there, and the next command
// finds its seat.
func TestMove_serverHasAnotherAddress_allGoesThere(t *testing.T) {
	home := emptyHome(t)
	install(t, "codex")
	now := apptest.Serve(t, nil)
	then := strings.Replace(now, "127.0.0.1", "localhost", 1)
	connectSays(t, 0, []string{"codex", "--allow", "--url", then})
	connectSays(t, 0, []string{"gemini", "--url", "http://127.0.0.1:1"})
	byHand := filepath.Join(home, ".cursor", "mcp.json")
	if err := os.Mkdir(filepath.Dir(byHand), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(byHand, []byte(`{"mcpServers": {"parley": {"url": "`+then+`/mcp"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	does := func(want int, args ...string) string {
		t.Helper()
		var out strings.Builder
		if code := run(t.Context(), args, streams{in: strings.NewReader(""), out: &out, err: &out}); code != want {
			t.Fatalf("%v ended with %d: %s", args, code, &out)
		}
		return out.String()
	}
	does(0, "join", "tea", "--as", "Ann", "--url", then)
	does(0, "keys", "list", "--data", emptyFile(t)) // the move knows nothing of this file
	if err := client.SaveServer(then); err != nil { // the address of the last connected client
		t.Fatal(err)
	}
	c := &moveCommand{Old: then + "/", New: now + "/mcp"}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	s, err := anyServer{}.ProvideShell(streams{in: strings.NewReader(""), out: &out, err: &out})
	if err != nil {
		t.Fatal(err)
	}
	s.NoPerson = func() string { return "" }
	s.Confirm = func(prompt string) (string, error) { return "yes", nil }
	if err := c.move(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Moved to " + now + ".\n", "Restart Codex.\n", "Codex asks once whether you trust",
		"Cursor has the old address, which parley connect has not written. To give it the new one: parley connect " +
			"cursor --url " + now + "\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q: %s", want, &out)
		}
	}
	connectSays(t, 0, nil, "codex           connected to "+now+"\n",
		"gemini          connected to http://127.0.0.1:1\n")
	does(0, "say", "Hello.")
	if saved, err := client.Server(); err != nil || saved.Base != now {
		t.Errorf("the commands use %v, %v", saved, err)
	}
	text, err := os.ReadFile(filepath.Join(home, ".codex", "hooks.json"))
	if err != nil || strings.Contains(string(text), then) || !strings.Contains(string(text), " hook --url "+now) {
		t.Errorf("the hooks are %s, %v", text, err)
	}
	connectSays(t, 0, []string{"codex", "--undo"}, "Undone.")
	if _, err := os.Stat(filepath.Join(home, ".codex")); !os.IsNotExist(err) {
		t.Errorf("after --undo: %v", err)
	}
}

// If a client's file cannot be read, nothing is moved.
func TestMove_clientThatCannotBeConnected_movesNothing(t *testing.T) {
	home := emptyHome(t)
	install(t, "codex")
	then, now := "http://127.0.0.1:1", "http://127.0.0.1:2"
	connectSays(t, 0, []string{"codex", "--url", then})
	if err := os.WriteFile(filepath.Join(home, ".codex", "config.toml"), []byte("= no TOML"), 0o600); err != nil {
		t.Fatal(err)
	}
	seats, err := client.OpenTokens()
	if err == nil {
		err = seats.Put(client.Seat{Server: then, Room: "tea", Name: "Ann", Token: "t1"})
	}
	if err != nil {
		t.Fatal(err)
	}
	c := &moveCommand{from: then, to: now}
	err = c.move(t.Context(), &shell.Shell{})
	all, errAll := seats.All()
	if err == nil || !strings.HasPrefix(err.Error(), "nothing was moved: Codex: ") || errAll != nil ||
		all[0].Server != then {
		t.Errorf("%v; %+v, %v", err, all, errAll)
	}
}
