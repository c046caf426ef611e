package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/e2e/internal/process"
	"github.com/parley-chat/parley/e2e/internal/tlsfront"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
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
	k.lets(cmd, map[string]string{"public": k.front.URL, "key": key, "document": document, "state": state})
	d := drive(k.t, cmd, protocol)
	return talk{k.t, d}, d
}

// lets gives a client what it needs to sign in: see clients/node/sign-in.cjs.
func (k knows) lets(cmd *exec.Cmd, signIn map[string]string) {
	k.t.Helper()
	about, err := json.Marshal(signIn)
	if err != nil {
		k.t.Fatal(err)
	}
	cmd.Env = append(append(cmd.Environ(), k.front.Environment()...), "PARLEY_E2E_SIGN_IN="+string(about))
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

// sdk is the client of an SDK in one generation of the protocol.
type sdk struct {
	driver     func(t *testing.T, server, generation string) *exec.Cmd
	generation string
	protocol   string
	ways       []string
}

// The ways in which a client says who it is. Each SDK takes both.
const byDocument, byRegistration = "by document", "by registration"

var sdks = map[string]sdk{
	"TypeScript 1":         {nodeDriver, "sdk1", legacyProtocol, []string{byRegistration, byDocument}},
	"TypeScript 2, legacy": {nodeDriver, "legacy", legacyProtocol, []string{byRegistration}},
	"TypeScript 2, modern": {nodeDriver, "modern", modernProtocol, []string{byDocument}},
	"Python, legacy":       {pythonDriver, "legacy", legacyProtocol, []string{byRegistration}},
	"Python, modern":       {pythonDriver, "modern", modernProtocol, []string{byDocument}},
}

func (s sdk) command(t *testing.T, server string) *exec.Cmd {
	t.Helper()
	return s.driver(t, server, s.generation)
}

// By day each SDK signs in one way, in one generation of the protocol: the code that signs in is the same in both.
func TestSignIn_everyClientOfAnSDK_talksRenewsItsTokensAndGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	for name, sdk := range parts.Modes(t, sdks, "TypeScript 1", "TypeScript 2, modern", "Python, legacy") {
		ways := sdk.ways
		if !dynamolocal.Doubles() {
			ways = ways[:1]
		}
		for _, way := range ways {
			t.Run(name+" "+way, func(t *testing.T) {
				documents := way == byDocument
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

// inspector is a call of a tool with the Inspector, which keeps what it has in home.
func (k knows) inspector(tools node, home, server, tool string, arguments args) *exec.Cmd {
	k.t.Helper()
	text, err := json.Marshal(arguments)
	if err != nil {
		k.t.Fatal(err)
	}
	cmd := tools.command("mcp-inspector", "--cli", "--server-url", server, "--transport", "http",
		"--callback-url", "http://127.0.0.1:"+freePort(k.t)+"/oauth/callback", "--format", "json",
		"--quiet", "--method", "tools/call", "--tool-name", tool, "--tool-args-json", string(text))
	cmd.Env = append(append(cmd.Env, k.front.Environment()...), "HOME="+home,
		"MCP_AUTO_OPEN_ENABLED=false", "MCP_INSPECTOR_SECRET_STORE=file")
	return cmd
}

// The Inspector shows a person the page, and keeps what it gets. By day it has a document: SDKs register.
func TestInspector_signsIn_renewsItsTokensAndGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	tools := installNode(t)
	for way, documents := range parts.Modes(t, map[string]bool{byRegistration: false, byDocument: true}, byDocument) {
		t.Run(way, func(t *testing.T) {
			k := newKnows(t, documents)
			k.front.Redirect = "http://127.0.0.1/oauth/callback"
			home := t.TempDir()
			inspector := func(tool string, arguments args) *exec.Cmd {
				cmd := k.inspector(tools, home, k.front.URL+"/mcp", tool, arguments)
				if documents {
					cmd.Args = append(cmd.Args, "--client-metadata-url", tlsfront.Document)
				}
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

// A key in a header or in the address, and an invite, let a client in as before, though it could sign in. With a wrong
// key its person reads what is wrong, as where there is no sign-in; the SDK of TypeScript with a pinned version says
// the same of each refusal.
func TestSignIn_everyClientOfAnSDKAndTheInspector_keyOrInviteStartsNone(t *testing.T) {
	t.Parallel()
	type client struct {
		command func(t *testing.T, k knows, server, shown string, arguments args) *exec.Cmd // it joins a room
		joins   func(t *testing.T, cmd *exec.Cmd, arguments args) answer
		wrong   string // what its person reads with a wrong key
	}
	const mistyped = "the one that you sent is mistyped"
	clients := map[string]client{
		"Inspector": {
			func(t *testing.T, k knows, server, shown string, arguments args) *exec.Cmd {
				cmd := k.inspector(installNode(t), t.TempDir(), server, "join_room", arguments)
				if shown != "" {
					cmd.Args = append(cmd.Args, "--header", "Authorization: Bearer "+shown)
				}
				return cmd
			},
			func(t *testing.T, cmd *exec.Cmd, _ args) answer {
				out, err := cmd.Output()
				if err != nil {
					t.Fatalf("%v, %s", err, out)
				}
				return resultOf(t, string(out))
			},
			mistyped,
		},
	}
	for name, s := range sdks {
		if s.generation == "legacy" {
			continue // its SDK signs in as that of the modern generation does
		}
		wrong := mistyped
		if name == "TypeScript 2, modern" {
			wrong = "the server did not offer pinned protocol version"
		}
		clients[name] = client{
			func(t *testing.T, k knows, server, shown string, _ args) *exec.Cmd {
				cmd := s.command(t, server)
				k.lets(cmd, map[string]string{"public": k.front.URL, "document": "", "shown": shown,
					"state": filepath.Join(t.TempDir(), "state.json")})
				return cmd
			},
			func(t *testing.T, cmd *exec.Cmd, arguments args) answer {
				return talk{t, drive(t, cmd, s.protocol)}.ok("join_room", arguments)
			},
			wrong,
		}
	}
	for name, c := range clients {
		t.Run(name, func(t *testing.T) {
			k := newKnows(t, false)
			k.front.Rename = true // it counts challenges
			key, address := k.newKey("Ann"), k.front.URL+"/mcp"
			bob := talk{t, openGo(t, k.door(k.newKey("Bob")), modernProtocol)}
			made := bob.ok("join_room", args{"room": "tea", "agent_name": "Bob", "capacity": 9})
			invite := regexp.MustCompile(`/i/[0-9a-z]+`).FindString(made.Invite)
			ways := map[string]struct{ server, shown string }{
				"header":  {address, key},
				"address": {k.front.URL + "/k/" + key + "/mcp", ""},
				"invite":  {k.front.URL + invite + "/mcp", ""},
			}
			for way, shows := range parts.Modes(t, ways, "header", "invite") { // to a client both addresses are alike
				arguments := args{"room": "tea", "agent_name": "Ann by " + way}
				got := c.joins(t, c.command(t, k, shows.server, shows.shown, arguments), arguments)
				if got.AgentToken == "" || got.Room.Name != "tea" {
					t.Errorf("by %s: %+v", way, got)
				}
			}
			cmd := c.command(t, k, address, "pk_0123456789abcdefghjkmnpqrstvwxyz01", args{"room": "tea"})
			if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), c.wrong) {
				t.Errorf("with a wrong key: %v, %s", err, out)
			}
			if seen := k.front.Take(); slices.ContainsFunc(seen, tlsfront.SignsIn) || k.front.Renamed.Load() > 0 {
				t.Errorf("%d challenges, and the client asked for %q", k.front.Renamed.Load(), seen)
			}
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
