package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/parley-chat/parley/e2e/internal/process"
	"github.com/parley-chat/parley/e2e/internal/tlsfront"
)

// knows is a server and the front with TLS that clients know it by.
type knows struct {
	*program
	front *tlsfront.Front
}

// newKnows starts a server where clients register, or say by a document who they are.
func newKnows(t *testing.T, documents bool) knows {
	t.Helper()
	f := tlsfront.New(t)
	f.Register, f.Redirect = !documents, "http://localhost/callback"
	var p *program
	if documents {
		p = startWithInternet(t, f)
	} else {
		p = start(t, "--access", "keys", "--sign-in", "auto", "--public-url", f.URL)
	}
	f.Leads(p.url)
	return knows{p, f}
}

// again launches the program once more.
func (k knows) again() {
	k.t.Helper()
	k.program.again()
	k.front.Leads(k.url)
}

// signedIn opens a client that knows the address and nothing else, with the person in front of it, who has a key.
// state is the file in which the client keeps what it has.
func (k knows) signedIn(cmd *exec.Cmd, protocol, key, state string) (talk, *driver) {
	k.t.Helper()
	document := tlsfront.Document
	if k.front.Register {
		document = ""
	}
	about, err := json.Marshal(map[string]string{"public": k.front.URL, "key": key, "document": document,
		"state": state})
	if err != nil {
		k.t.Fatal(err)
	}
	cmd.Env = append(append(cmd.Environ(), k.front.Environment()...), "PARLEY_E2E_SIGN_IN="+string(about))
	d := drive(k.t, cmd, protocol)
	return talk{k.t, d}, d
}

// allowed runs a program that shows the page of sign-in, where the holder of a key allows it. It returns what the
// program has printed, and fails the test if that ends otherwise.
func allowed(t *testing.T, f *tlsfront.Front, cmd *exec.Cmd, key string) string {
	t.Helper()
	var out bytes.Buffer
	both := &process.Output{}
	screen, terminal, err := pty.Open() // the Inspector asks nobody who has none
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	cmd.Stdout, cmd.Stderr = io.MultiWriter(&out, both), terminal
	go func() { _, _ = io.Copy(both, screen) }() // until it is closed
	err = cmd.Start()
	if err := errors.Join(err, terminal.Close()); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it has ended, unless the test failed
	await(t, "the page of sign-in", func() bool {
		if len(ended) > 0 {
			t.Fatalf("%v ended: %s", cmd.Args, both)
		}
		return tlsfront.Page(both.String()) != ""
	})
	f.Allow(tlsfront.Page(both.String()), key)
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("%v: %v\n%s", cmd.Args, err, both)
		}
	case <-time.After(patience):
		t.Fatalf("%v does not end:\n%s", cmd.Args, both)
	}
	return out.String()
}

// wantsSignIn fails the test unless a client has registered, or has not if it has a document, a person was asked
// once, and the client has got tokens so many times.
func (k knows) wantsSignIn(documents bool, tokens int) {
	k.t.Helper()
	times := map[string]int{}
	for _, one := range k.front.Take() {
		times[one]++
	}
	if registered := times["POST /oauth/register 201"] > 0; registered == documents ||
		times["POST /oauth/authorize 200"] != 1 || times["POST /oauth/token 200"]+times["POST /token 200"] < tokens {
		k.t.Errorf("the requests were %v", times)
	}
}

// resultOf reads what the Inspector prints of a call.
func resultOf(t *testing.T, printed string) answer {
	t.Helper()
	var out struct{ Result json.RawMessage }
	if err := json.Unmarshal([]byte(printed), &out); err != nil {
		t.Fatalf("%v in %s", err, printed)
	}
	a, err := readAnswer(out.Result)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The client registers, or says by a document of its own who it is.
func TestSignIn_everyClientOfAnSDK_talksRenewsItsTokensAndGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	node := func(generation string) func(t *testing.T, server string) *exec.Cmd {
		return func(t *testing.T, server string) *exec.Cmd {
			return nodeDriver(t, server, generation)
		}
	}
	python := func(generation string) func(t *testing.T, server string) *exec.Cmd {
		return func(t *testing.T, server string) *exec.Cmd {
			return pythonDriver(t, server, generation)
		}
	}
	for name, sdk := range map[string]struct {
		command  func(t *testing.T, server string) *exec.Cmd
		protocol string
	}{
		"TypeScript 1":         {node("sdk1"), legacyProtocol},
		"TypeScript 2, legacy": {node("legacy"), legacyProtocol},
		"TypeScript 2, modern": {node("modern"), modernProtocol},
		"Python, legacy":       {python("legacy"), legacyProtocol},
		"Python, modern":       {python("modern"), modernProtocol},
	} {
		for way, documents := range map[string]bool{"by registration": false, "by document": true} {
			t.Run(name+" "+way, func(t *testing.T) {
				k := newKnows(t, documents)
				state, command := filepath.Join(t.TempDir(), "state.json"), sdk.command(t, k.front.URL+"/mcp")
				ann, client := k.signedIn(command, sdk.protocol, k.newKey("Ann"), state)
				bob := talk{t, openGo(t, k.door(k.newKey("Bob")), modernProtocol)}
				hers, his := ann.join("tea", "Ann"), bob.join("tea", "Bob")
				ann.ok("send_message", args{"agent_token": hers.token, "text": "Is there milk?"})
				bob.hears(&his, "Is there milk?")
				if err := client.write(map[string]any{"spoil": true}); err != nil {
					t.Fatal(err)
				}
				ann.ok("send_message", args{"agent_token": hers.token, "text": "And sugar?"})
				bob.hears(&his, "And sugar?")
				k.kill()
				k.again()
				ann.ok("send_message", args{"agent_token": hers.token, "text": "And a spoon?"})
				bob.hears(&his, "And a spoon?")
				again, _ := k.signedIn(sdk.command(t, k.front.URL+"/mcp"), sdk.protocol, "", state) // nobody is asked
				again.ok("send_message", args{"agent_token": hers.token, "text": "I am back."})
				bob.hears(&his, "I am back.")
				k.wantsSignIn(documents, 2)
			})
		}
	}
}

// The Inspector shows a person the page, and keeps what it gets.
func TestInspector_signsIn_renewsItsTokensAndGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	tools := installNode(t)
	for way, documents := range map[string]bool{"by registration": false, "by document": true} {
		t.Run(way, func(t *testing.T) {
			k := newKnows(t, documents)
			k.front.Redirect = "http://127.0.0.1/oauth/callback"
			home := t.TempDir()
			inspector := func(tool string, arguments args) *exec.Cmd {
				text, err := json.Marshal(arguments)
				if err != nil {
					t.Fatal(err)
				}
				line := []string{"--cli", "--server-url", k.front.URL + "/mcp", "--transport", "http",
					"--callback-url", "http://127.0.0.1:" + freePort(t) + "/oauth/callback", "--format", "json",
					"--quiet", "--method", "tools/call", "--tool-name", tool, "--tool-args-json", string(text)}
				if documents {
					line = append(line, "--client-metadata-url", tlsfront.Document)
				}
				cmd := tools.command("mcp-inspector", line...)
				cmd.Env = append(append(cmd.Env, k.front.Environment()...), "HOME="+home,
					"MCP_AUTO_OPEN_ENABLED=false", "MCP_INSPECTOR_SECRET_STORE=file")
				return cmd
			}
			bob := talk{t, openGo(t, k.door(k.newKey("Bob")), modernProtocol)}
			his := bob.join("tea", "Bob")
			hers := resultOf(t, allowed(t, k.front, inspector("join_room", args{"room": "tea", "agent_name": "Ann"}),
				k.newKey("Ann")))
			bob.listen(&his) // that Ann has joined
			k.kill()
			k.again()
			says := inspector("send_message", args{"agent_token": hers.AgentToken, "text": "Is there milk?"})
			says.Args = append(says.Args, "--use-stored-auth") // renews what it has, and asks nobody
			var complaints bytes.Buffer
			says.Stderr = &complaints
			out, err := says.Output()
			if err != nil || !resultOf(t, string(out)).Sent {
				t.Fatalf("%v, %s%s", err, out, &complaints)
			}
			bob.hears(&his, "Is there milk?")
			k.wantsSignIn(documents, 2)
		})
	}
}

// freePort returns a port of this machine at which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(free.Addr().String())
	if err := errors.Join(err, free.Close()); err != nil {
		t.Fatal(err)
	}
	return port
}
