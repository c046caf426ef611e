package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/connect"
	"github.com/parley-chat/parley/internal/server/app/apptest"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// emptyHome makes an empty folder the home of this process.
func emptyHome(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	for _, name := range []string{"XDG_STATE_HOME", "XDG_CONFIG_HOME", "PARLEY_URL", "CLAUDE_CONFIG_DIR", "CODEX_HOME",
		"GEMINI_CLI_HOME"} {
		t.Setenv(name, "")
	}
	t.Setenv("TMPDIR", t.TempDir())
	if err := os.WriteFile(lasting(), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	return home
}

// connectSays runs parley connect, and fails unless the command ends with the code and prints the lines.
func connectSays(t *testing.T, code int, args []string, lines ...string) {
	t.Helper()
	var out strings.Builder
	shown := streams{out: &out, err: &out, program: lasting()}
	if got := run(t.Context(), append([]string{"connect"}, args...), shown); got != code {
		t.Errorf("connect %v ended with %d:\n%s", args, got, &out)
	}
	for _, line := range lines {
		if !strings.Contains("\n"+out.String(), "\n"+line) {
			t.Errorf("connect %v does not say %q:\n%s", args, line, &out)
		}
	}
}

// lasting is a program beside the empty home, in a place where it may stay.
func lasting() string { return filepath.Join(filepath.Dir(os.Getenv("HOME")), "parley") }

// install puts a client's program into the PATH.
func install(t *testing.T, program string) {
	t.Helper()
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, program), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
}

func TestConnect_clientThatIsNotHere_isNotClaimed(t *testing.T) {
	emptyHome(t)
	t.Setenv("PATH", t.TempDir())
	connectSays(t, 0, []string{"codex", "--url", "http://127.0.0.1:1"}, "Codex was not found on this machine. "+
		"Its configuration for http://127.0.0.1:1 is written, for when you install it.\n",
		`Once Codex is there, tell the agent: join the room "hello" on parley and talk to the other one.`+
			"\nOr open http://127.0.0.1:1/ to talk with your agent yourself.\n")
}

func TestConnect_listsClientsThatAreNotHere_inOneLine(t *testing.T) {
	emptyHome(t)
	t.Setenv("PATH", t.TempDir())
	const goOn = ". To set one up before you install it, name it: parley connect CLIENT\n"
	connectSays(t, 0, nil, "Not found on this machine: "+strings.Join(connect.IDs(), ", ")+goOn)
	install(t, "codex")
	connectSays(t, 0, nil, "codex           found\nNot found on this machine: claude-code, cursor, vscode, gemini, "+
		"claude-desktop"+goOn)
}

func TestConnect_startedByGoRun_saysHowToBuild(t *testing.T) {
	home := emptyHome(t)
	for _, line := range []string{"connect codex", "connect codex --dry-run"} {
		var out strings.Builder
		code := run(t.Context(), strings.Fields(line), streams{out: &out, err: &out, started: goRun})
		left, err := os.ReadDir(home)
		if code != exitUsage || !strings.HasSuffix(out.String(), ": go build ./cmd/parley && ./parley "+line+"\n") ||
			err != nil || len(left) > 0 {
			t.Errorf("%s: code %d, %s; %v, %v", line, code, &out, left, err)
		}
	}
}

func TestConnect_programThatMayNotStay_isRefused(t *testing.T) {
	home := emptyHome(t)
	moved := filepath.Join(os.Getenv("TMPDIR"), "parley")
	var out strings.Builder
	for _, line := range []string{"connect codex", "connect codex --dry-run"} {
		out.Reset()
		code := run(t.Context(), strings.Fields(line), streams{out: &out, err: &out, program: moved})
		left, err := os.ReadDir(home)
		if code != exitUsage || err != nil || len(left) > 0 ||
			!strings.Contains(out.String(), moved+" is a temporary file that may be gone by then") {
			t.Errorf("%s: code %d, %s; %v, %v", line, code, &out, left, err)
		}
	}
	for _, never := range [][]string{{"cursor"}, {"codex", "--no-wake"}} { // these start no program
		args := append([]string{"connect", "--url", "http://127.0.0.1:1"}, never...)
		if code := run(t.Context(), args, streams{out: &out, err: &out, program: moved}); code != 0 {
			t.Errorf("%q: code %d, %s", never, code, &out)
		}
	}
}

func TestConnect_programThatIsGone_isNoticed(t *testing.T) {
	emptyHome(t)
	install(t, "codex")
	connectSays(t, 0, []string{"codex", "--url", "http://127.0.0.1:1"})
	connectSays(t, 0, []string{"cursor", "--url", "http://127.0.0.1:1"}) // cursor never starts the program
	if err := os.Remove(lasting()); err != nil {
		t.Fatal(err)
	}
	const gone = ", which is gone: parley connect codex --url http://127.0.0.1:1\n"
	connectSays(t, 0, nil, "codex           Codex starts "+lasting()+gone,
		"cursor          connected to http://127.0.0.1:1\n")
	ctx, stop := context.WithCancel(t.Context())
	out, ended := secretscan.NewBuffer(t), make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"--addr", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "parley.db")},
			streams{in: strings.NewReader(""), out: out, err: out})
	}()
	await(t, out, regexp.MustCompile("parley: Codex starts "+regexp.QuoteMeta(lasting()+gone)))
	stop()
	<-ended
	if err := os.WriteFile(lasting(), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	connectSays(t, 0, nil, "codex           connected to http://127.0.0.1:1\n")
}

// TestKeysAdd_clientsConnectedWithoutAKey_areNamed names no client with an invite or a key, and no client with its key
// elsewhere, such as the bridge of Claude Desktop.
func TestKeysAdd_clientsConnectedWithoutAKey_areNamed(t *testing.T) {
	emptyHome(t)
	install(t, "codex")
	const base = "http://127.0.0.1:1"
	invite := ident.NewInvite("key", "r000000", 1).String()
	connectSays(t, 0, []string{"codex", "--url", base})
	connectSays(t, 0, []string{"vscode", "--url", base}) // vscode has no --allow
	connectSays(t, 0, []string{"cursor", "--url", base + "/i/" + invite + "/mcp"})
	connectSays(t, 0, []string{"gemini", "--url", base + "/k/" + ident.NewKey().String() + "/mcp"})
	connectSays(t, 0, []string{"claude-desktop", "--url", base})
	var says strings.Builder
	for public, want := range map[string]string{
		"http://192.168.1.7": "  parley connect codex --url http://192.168.1.7 --allow\n" +
			"  parley connect vscode --url http://192.168.1.7\n  parley move " + base + " http://192.168.1.7\n",
		base: "  parley connect codex --url " + base + " --allow\n  parley connect vscode --url " + base + "\n",
	} {
		says.Reset()
		code := run(t.Context(), []string{"keys", "add", "Ann", "--data", emptyFile(t), "--public-url", public},
			streams{out: io.Discard, err: &says})
		if code != 0 || !strings.HasSuffix(says.String(), "connect them again:\n\n"+want) ||
			!strings.Contains(says.String(), "\nOr gemini; or cursor or claude-desktop, without --allow. ") {
			t.Errorf("code %d\n%s", code, &says)
		}
	}
}

func TestKeysRenew_saysWhenTheOldSecretEndsAndWhichClientsHaveIt(t *testing.T) {
	emptyHome(t)
	install(t, "codex")
	const base = "http://127.0.0.1:1"
	var key, says strings.Builder
	file := emptyFile(t)
	if code := run(t.Context(), []string{"keys", "add", "Ann", "--data", file},
		streams{out: &key, err: &says}); code != 0 {
		t.Fatal(says.String())
	}
	connectSays(t, 0, []string{"codex", "--url", base + "/k/" + strings.TrimSpace(key.String())})
	for label, want := range map[string]bool{"Ann": true, "Bob": false} {
		if label == "Bob" {
			run(t.Context(), []string{"keys", "add", "Bob", "--data", file}, streams{out: io.Discard, err: io.Discard})
		}
		says.Reset()
		code := run(t.Context(), []string{"keys", "renew", label, "--data", file, "--public-url", base},
			streams{out: io.Discard, err: &says})
		if code != 0 || !strings.HasPrefix(says.String(), "The old secret of this key is refused within a minute.\n"+
			"The key is shown only now. To connect a client with this key, ") ||
			strings.Contains(says.String(), "do not have this key yet. If they are for this server, connect them "+
				"again:\n\n  parley connect codex --url "+base+" --allow\n") != want {
			t.Errorf("%s: code %d\n%s", label, code, &says)
		}
	}
}

// The line is the same for a client that is to be connected again, and people would run it twice.
func TestKeysAdd_claudeCodeWithoutAKey_isNamedOnce(t *testing.T) {
	emptyHome(t)
	install(t, "claude-code")
	const base = "http://127.0.0.1:1"
	for what, want := range map[string]string{
		"nothing": "The key is shown only now. To connect a client with this key, which the command asks for:\n\n",
		"connected": "The key is shown only now. Each client asks for it.\n\nThese clients on this machine " +
			"do not have this key yet. If they are for this server, connect them again:\n\n",
	} {
		if what == "connected" {
			connectSays(t, 0, []string{"claude-code", "--url", base})
		}
		var says strings.Builder
		code := run(t.Context(), []string{"keys", "add", "me", "--data", emptyFile(t), "--public-url", base},
			streams{out: io.Discard, err: &says})
		line := "  parley connect claude-code --url " + base + " --allow\n"
		before := "Seats that were taken without a key go on once their owners return with one: a person by parley " +
			"join ROOM --as NAME, an agent by join_room with its agent_token.\n"
		if code != 0 || !strings.HasPrefix(says.String(), before+want+line+"\nOr codex or gemini; ") ||
			strings.Count(says.String(), line) != 1 ||
			!strings.Contains(says.String(), "; or cursor or vscode or claude-desktop, without --allow. "+base) {
			t.Errorf("%s: code %d\n%s", what, code, &says)
		}
		connectSays(t, 0, []string{"claude-code", "--undo"})
	}
}

// Without a public address, the server is the one on this machine that the person has named, or a blank to fill in.
func TestKeysAdd_withoutTheAddressOfTheServer_namesThatOnThisMachine(t *testing.T) {
	emptyHome(t)
	path := emptyFile(t)
	const other = "http://localhost:9000"
	for used, want := range map[string]string{"": "URL", other: other, "https://elsewhere.example": "URL",
		"nonsense": "URL"} {
		end := map[bool]string{true: "server, which --public-url names.\n",
			false: "for other machines: --public-url\n"}[want == "URL"]
		t.Setenv("PARLEY_URL", used)
		var says strings.Builder
		code := run(t.Context(), []string{"keys", "add", "Ann", "--data", path}, streams{out: io.Discard, err: &says})
		if code != 0 || !strings.Contains(says.String(), "  parley connect claude-code --url "+want+" --allow\n") ||
			!strings.HasSuffix(says.String(), end) {
			t.Errorf("%s: code %d\n%s", used, code, &says)
		}
	}
}

func TestConnect_entryOfAFolder_isSaid(t *testing.T) {
	home := emptyHome(t)
	install(t, "codex")
	t.Chdir(t.TempDir())
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, ".codex", "config.toml")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("[mcp_servers.parley]\nurl = \"https://other.example/mcp\"\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	connectSays(t, 0, []string{"codex", "--url", "http://127.0.0.1:1", "--dry-run"}, "parley: In "+folder+
		", Codex uses the entry parley of "+path+", which leads to https://other.example: remove it there.\n",
		"Nothing was written.")
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("the dry run has written %v, %v", left, err)
	}
}

func TestConnect_serverThatDoesNotAnswer_isWrittenAndSaid(t *testing.T) {
	home := emptyHome(t)
	install(t, "codex")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	connectSays(t, 0, []string{"codex", "--url", base + "/mcp"},
		"+ url = \""+base+"/mcp\"\n", "Codex is connected to "+base+".",
		"The server does not answer yet: "+client.StartIt+"\n",
		"Codex asks before", "Codex asks once whether you trust the hooks", "Restart Codex, then tell the agent")
	connectSays(t, 0, []string{"codex"}, "Codex is already connected to "+base+".\n")
	connectSays(t, 0, []string{"codex", "--dry-run"}, "Codex is already connected to "+base+".\n",
		"Nothing was written.\n")
	connectSays(t, 0, nil, "codex           connected to "+base+"\n", "Not found on this machine: claude-code, ")
	if saved, err := os.ReadFile(filepath.Join(home, ".local", "state", "parley", "server")); err != nil ||
		string(saved) != base+"\n" {
		t.Errorf("the saved address is %q, %v", saved, err)
	}
	connectSays(t, 0, []string{"--json"}, `{"client":"codex","found":true,"server":"`+base+`"}`+"\n")
	connectSays(t, 0, []string{"codex", "--json"}, `{"client":"codex","server":"`+base+`","changes":[]}`+"\n")
	connectSays(t, 0, []string{"codex", "--undo", "--dry-run", "--json"},
		`{"client":"codex","dry_run":true,"changes":[{"file":"`+filepath.Join(home, ".codex",
			"config.toml")+`","removed":[{"text":["[mcp_servers.parley]",`)
	connectSays(t, 0, []string{"codex", "--undo", "--dry-run"}, "- [mcp_servers.parley]", "Nothing was written.")
	connectSays(t, 0, []string{"codex", "--undo"}, "- [mcp_servers.parley]", "Undone. Restart Codex.")
	connectSays(t, 0, []string{"codex", "--undo"}, "Nothing to undo: parley connect has not written it for Codex.")
	if _, err := os.Stat(filepath.Join(home, ".codex")); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}

// TestConnect_somethingElseAnswers_writesNothing plays addresses that people paste, and the answers there.
func TestConnect_somethingElseAnswers_writesNothing(t *testing.T) {
	home := emptyHome(t)
	install(t, "codex")
	for what, answer := range map[string]http.HandlerFunc{
		"a page":               func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"nothing there":        http.NotFound,
		"a sign-in of its own": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
		"another address": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		},
		"another MCP server": func(w http.ResponseWriter, r *http.Request) {
			var call struct{ ID any }
			if err := json.NewDecoder(r.Body).Decode(&call); err != nil || call.ID == nil {
				w.WriteHeader(http.StatusAccepted)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string]any{"jsonrpc": "2.0", "id": call.ID, "result": map[string]any{
				"protocolVersion": "2025-06-18", "capabilities": map[string]any{},
				"serverInfo": map[string]any{"name": "weather", "version": "1"}}})
		},
	} {
		server := httptest.NewServer(answer)
		for _, dry := range [][]string{nil, {"--dry-run"}} {
			connectSays(t, exitFailure, append([]string{"codex", "--url", server.URL}, dry...),
				"parley: nothing was written: the ")
		}
		server.Close()
		if what == "a page" { // for "a page" also where https was meant
			plain := httptest.NewServer(answer)
			connectSays(t, exitFailure, []string{"codex", "--url", strings.Replace(plain.URL, "http:", "https:", 1)},
				"parley: nothing was written: ")
			plain.Close()
		}
	}
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("it has written %v, %v", left, err)
	}
	tunnel := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway) // the server behind has not started yet
	}))
	defer tunnel.Close()
	connectSays(t, 0, []string{"codex", "--url", tunnel.URL}, "Codex is connected to "+tunnel.URL+".\n",
		"Something listens at "+tunnel.URL+", but does not answer as Parley does. To see why: parley doctor --url "+
			tunnel.URL+"\n")
	tried := httptest.NewServer(tunnel.Config.Handler)
	defer tried.Close()
	var out strings.Builder
	code := run(t.Context(), []string{"connect", "codex", "--dry-run", "--url", tried.URL},
		streams{out: &out, err: &out, program: lasting()})
	if code != 0 || !strings.HasPrefix(out.String(), "Something listens at "+tried.URL) ||
		!strings.HasSuffix(out.String(), "\nNothing was written.\n") {
		t.Errorf("a dry run ended with %d and said\n%s", code, &out)
	}
}

func TestConnect_dryRunAtAServerWithKeys_asksForNone(t *testing.T) {
	home := emptyHome(t)
	install(t, "codex")
	ctx, stop := context.WithCancel(t.Context())
	out, ended := secretscan.NewBuffer(t), make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"--addr", "127.0.0.1:0", "--access", "keys", "--data", emptyFile(t)},
			streams{in: strings.NewReader(""), out: out, err: out})
	}()
	listens := regexp.MustCompile(`listens on (http://127\.0\.0\.1:\d+)/mcp`)
	await(t, out, listens)
	base := listens.FindStringSubmatch(out.String())[1]
	c := connectCommand{Client: "codex", DryRun: true}
	_, said, err := c.admission(t.Context(), client.Place{Base: base}, func(question string) (string, error) {
		t.Errorf("it asks %s", question)
		return "", nil
	})
	const want = "The server admits only callers with a key: connect asks for yours, and writes it as well."
	if err != nil || said != want {
		t.Errorf("%q, %v", said, err)
	}
	connectSays(t, 0, []string{"codex", "--dry-run", "--url", base}, "+ url = \""+base+"/mcp\"\n",
		want+"\n", "Nothing was written.\n")
	connectSays(t, exitFailure, []string{"codex", "--url", base}, "parley: nothing was written. The server at ")
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("it has written %v, %v", left, err)
	}
	stop()
	<-ended
}

// The server would refuse the agent's first call.
func TestConnect_inviteThatGivesNoSeat_isSaid(t *testing.T) {
	emptyHome(t)
	install(t, "codex")
	base := apptest.Serve(t, nil)
	ann := client.New(base, client.Options{})
	defer ann.Close()
	var made results.Joined
	var invite results.Updated
	err := ann.Call(t.Context(), "create_room", map[string]any{"room": "tea", "agent_name": "Ann"}, &made)
	for range 2 {
		if err == nil {
			first := invite
			err = ann.Call(t.Context(), "update_room", map[string]any{"agent_token": made.AgentToken,
				"new_invite": true}, &invite)
			if p, ok, _ := client.Invited(first.Invite, base); ok {
				connectSays(t, 0, []string{"codex", "--url", p.Address()}, "The server answers, and speaks MCP "+
					"2026-07-28. But the invite gives no seat: it was renewed, and admits nobody any more; ask the "+
					"person who invited you for a new one, unless you have a seat by it.\n")
			}
		}
	}
	now, ok, _ := client.Invited(invite.Invite, base)
	if err != nil || !ok {
		t.Fatalf("%v; the invite is %q", err, invite.Invite)
	}
	connectSays(t, 0, []string{"codex", "--url", now.Address()}, "The server answers, and speaks MCP 2026-07-28.\n")
}

// The port is taken, so a start of a server would not help.
func TestConnect_programThatIsNoServer_isSaid(t *testing.T) {
	emptyHome(t)
	install(t, "codex")
	for words, want := range map[string]struct {
		code int
		says string
	}{
		"":                        {0, "Something listens at "},
		"SSH-2.0-OpenSSH_9.9\r\n": {exitFailure, "parley: nothing was written: the server at "},
	} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 1<<10))
				_, _ = io.WriteString(conn, words)
				_ = conn.Close()
			}
		}()
		connectSays(t, want.code, []string{"codex", "--url", "http://" + ln.Addr().String()},
			want.says+"http://"+ln.Addr().String())
		if err := ln.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestConnect_pageOfAServer_namesTheServer(t *testing.T) {
	home := emptyHome(t)
	install(t, "codex")
	claim := ident.NewLinkCode("log key", "abcdefg", 3, 17, 0).String()
	for _, base := range []string{apptest.Serve(t, nil), "http://127.0.0.1:1"} { // where nobody answers
		for _, path := range []string{"/healthz", "/r/tea", "/r/tea/", "/r/abcdefg#" + claim, "/v1/wait",
			"/.well-known/agent-card.json", "/r/tea."} {
			var out strings.Builder
			code := run(t.Context(), []string{"connect", "codex", "--allow", "--url", base + path},
				streams{out: &out, err: &out, program: lasting()})
			want := "; the address of its server is " + base + ": parley connect codex --url " + base + " --allow\n"
			if code != exitUsage || !strings.HasPrefix(out.String(), "parley: nothing was written: ") ||
				!strings.HasSuffix(out.String(), want) || strings.Contains(out.String(), claim) {
				t.Errorf("%s: code %d, %s", path, code, &out)
			}
		}
	}
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("it has written %v, %v", left, err)
	}
}

// The address for the other commands goes with the last client that has it.
func TestConnect_undo_takesBackTheAddressForOtherCommands(t *testing.T) {
	emptyHome(t)
	install(t, "codex")
	const a, b, usual = "http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:8080"
	does := func(want string, args ...string) {
		t.Helper()
		connectSays(t, 0, args)
		if got, err := client.Server(); err != nil || got.Base != want {
			t.Errorf("after %v the commands use %v, %v; want %s", args, got, err, want)
		}
	}
	does(a, "codex", "--url", a)
	does(a, "codex", "--undo", "--dry-run")
	does(usual, "codex", "--undo")
	does(a, "codex", "--url", a)
	does(a, "cursor", "--url", a)
	does(a, "codex", "--undo")
	does(b, "gemini", "--url", b)
	does(b, "claude-desktop", "--url", a+"/i/"+ident.NewInvite("key", "r000000", 1).String())
	does(b, "claude-desktop", "--undo")
	does(a, "gemini", "--undo")
	does(usual, "cursor", "--undo")
	does(usual, "cursor", "--undo")
	does(b, "vscode", "--url", b)
	if err := client.SaveServer(a); err != nil { // by another command, since
		t.Fatal(err)
	}
	does(a, "vscode", "--undo")
}

func TestConnect_noHome_isSaidInPlainWords(t *testing.T) {
	emptyHome(t)
	t.Setenv("HOME", "")
	connectSays(t, exitFailure, []string{"codex"}, "parley: there is no home folder: set HOME\n")
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", "here")
	connectSays(t, exitFailure, nil, "parley: there is no folder for settings of programs: ")
}

func TestConnect_commandLineWithoutSense_isRefused(t *testing.T) {
	emptyHome(t)
	connectSays(t, exitUsage, []string{"emacs"}, "parley: <client> must be one of")
	connectSays(t, exitUsage, []string{"--undo"}, "parley: connect: name a client")
	connectSays(t, exitUsage, []string{"cursor", "--allow"}, "parley: Cursor has no setting for --allow")
	connectSays(t, exitUsage, []string{"cursor", "--url", "parley.example"},
		`parley: "parley.example" is not the address`)
}
