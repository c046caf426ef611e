package agents

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/process"
	"github.com/parley-chat/parley/e2e/internal/provider"
	"github.com/parley-chat/parley/e2e/internal/tlsfront"
)

// signsIn is a server at which clients sign in, behind a front with TLS.
type signsIn struct {
	*tlsfront.Front
	t      *testing.T
	data   string
	more   []string // arguments of the server
	server *process.Server
}

// newSignsIn starts a server. With register it knows no documents, so that clients register.
func newSignsIn(t *testing.T, register bool) *signsIn {
	t.Helper()
	installed(t)
	s := &signsIn{Front: tlsfront.New(t), t: t, data: filepath.Join(t.TempDir(), "parley.db")}
	s.Register = register
	return s.starts()
}

// starts starts the server.
func (s *signsIn) starts() *signsIn {
	t := s.t
	t.Helper()
	s.launch("127.0.0.1:0")
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			s.server.Out.Report(t, "the program")
		}
	})
	return s
}

func (s *signsIn) launch(addr string) {
	s.t.Helper()
	server, err := process.Start(os.Getenv(process.BinaryEnv), append([]string{"--addr", addr, "--data", s.data,
		"--access", "keys", "--sign-in", "auto", "--public-url", s.URL}, s.more...), process.Environment())
	if err != nil {
		s.t.Fatal(err)
	}
	s.server = server
	s.Leads(server.URL)
}

func (s *signsIn) kill() {
	if _, err := s.server.End(syscall.SIGKILL); err != nil {
		s.t.Error(err)
	}
}

// again kills the server as a power cut does, and starts it once more.
func (s *signsIn) again() {
	s.t.Helper()
	s.kill()
	s.launch(strings.TrimSuffix(strings.TrimPrefix(s.server.URL, "http://"), "/mcp"))
}

// allows lets the person in front of a client that shows the page paste a key there and follow it back to the
// client, which ends then.
func (s *signsIn) allows(c *client, key string) {
	s.t.Helper()
	s.answers(c, func(page string) { s.Allow(page, key) })
}

// answers lets the person answer on the page that a client shows, which ends then.
func (s *signsIn) answers(c *client, answer func(page string)) {
	s.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	page, late := "", time.After(patience)
	for ; page == ""; page = tlsfront.Page(c.String()) {
		select {
		case <-look.C:
		case <-late:
			s.t.Fatalf("the client shows no page: %s", c)
		}
	}
	answer(page)
	select {
	case <-c.ended:
	case <-time.After(patience):
		s.t.Fatalf("the client does not end: %s", c)
	}
}

// agentThatConnects is a client of a person that presses Connect: how it is added, signs in, and calls tools.
type agentThatConnects struct {
	tools string // before the name of each
	model func(m *machine) *model
	adds  func(m *machine, address string) *client // it then shows the page
	signs func(m *machine) *client                 // the same once more
	runs  func(m *machine, dir, task string) *client
	id    string // for parley
	lists string // the command that lists its servers
	asks  string // what that says of one at which its person must sign in
}

var agentsThatConnect = map[string]agentThatConnects{
	"Claude Code": {"mcp__parley__", func(m *machine) *model { return m.claude },
		func(m *machine, address string) *client {
			m.shell("claude mcp add --scope user --transport http parley " + address)
			return m.terminal(m.home, nil, "claude", "mcp", "login", "parley")
		},
		func(m *machine) *client { return m.terminal(m.home, nil, "claude", "mcp", "login", "parley") },
		func(m *machine, dir, task string) *client { return m.claudeCode(dir, task) },
		"claude-code", "claude mcp list", "Needs authentication"},
	"Codex": {"mcp__parley/", func(m *machine) *model { return m.codex },
		func(m *machine, address string) *client {
			adds := m.start(m.home, "codex", "mcp", "add", "parley", "--url", address)
			(&screen{client: adds}).shows(m.t, "Added")
			m.approve(`default_tools_approval_mode = "approve"`)
			return adds
		},
		func(m *machine) *client { return m.start(m.home, "codex", "mcp", "login", "parley") },
		func(m *machine, dir, task string) *client { return m.codexCLI(dir, searchingModel, task) },
		"codex", "codex mcp list", "Not logged in"},
}

// hears waits until somebody else has said a text.
func (g *guest) hears(text string) {
	g.t.Helper()
	var all []string
	for range 10 { // others join and leave
		var got struct {
			Messages []struct{ Text string }
			Cursor   string
		}
		g.call("wait_for_message", map[string]any{"agent_token": g.token, "cursor": g.cursor, "wait_seconds": 20}, &got)
		g.cursor = got.Cursor
		for _, one := range got.Messages {
			all = append(all, one.Text)
		}
		if slices.Contains(all, text) {
			return
		}
	}
	g.t.Fatalf("%q is not in %q", text, all)
}

// Somebody adds the address, presses Connect and pastes a key, once.
func TestSignIn_personPressesConnect_itsAgentTalksRenewsItsTokensAndGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	for name, client := range agentsThatConnect {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, m := newSignsIn(t, false), newMachine(t)
			m.env = append(m.env, s.Environment()...)
			s.allows(client.adds(m, s.URL+"/mcp"), newKey(t, s.data))
			tool := func(name string, arguments map[string]any) call {
				return call{Tool: client.tools + name, Input: arguments}
			}
			bob := join(t, strings.TrimSuffix(s.server.URL, "mcp")+"k/"+newKey(t, s.data)+"/mcp", "tea", "Bob")
			wait := do(tool("wait_for_message", map[string]any{"agent_token": "$TOKEN", "cursor": "$CURSOR",
				"wait_seconds": 45}))
			wait.Until = "Plenty."
			ann := client.runs(m, m.folder("one"), prompt(t,
				do(tool("join_room", map[string]any{"room": "tea", "agent_name": "Ann"})),
				do(tool("send_message", map[string]any{"agent_token": "$TOKEN", "cursor": "$CURSOR",
					"text": "Is there milk?"})), wait, say("Done.")))
			bob.hears("Is there milk?")
			bob.says("Plenty.")
			heard := client.model(m).await(t, ann, "what Bob says", patience, func(c conversation) bool {
				return strings.Contains(c.text(), "Plenty.")
			})
			ann.ends(t)
			s.again()
			client.runs(m, m.folder("two"), prompt(t, do(tool("send_message", map[string]any{
				"agent_token": newest(heard.text(), `"agent_token":\s*"([^"]+)`), "text": "I am back."})), say("Done.")))
			bob.hears("I am back.")

			times := map[string]int{}
			for _, one := range s.Take() {
				times[one]++
				if strings.HasPrefix(one, "POST ") && strings.HasSuffix(one, " 400") {
					t.Errorf("%s", one)
				}
			}
			if times["POST /oauth/register 201"] > 0 || times["POST /oauth/authorize 200"] != 1 ||
				times["POST /oauth/token 200"] < 3 {
				t.Errorf("the requests were %v", times)
			}
		})
	}
}

// The operator ends the sign-in of a client that has registered. It then says that its person must sign in, and does
// not fail for ever.
func TestSignIn_thatEnded_isAskedForAgain(t *testing.T) {
	t.Parallel()
	for name, client := range agentsThatConnect {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, m := newSignsIn(t, true), newMachine(t)
			m.env = append(m.env, s.Environment()...)
			key := newKey(t, s.data)
			s.allows(client.adds(m, s.URL+"/mcp"), key)
			if seen := s.Take(); !slices.Contains(seen, "POST /oauth/register 201") {
				t.Errorf("it has no document, and did not register: %v", seen)
			}
			list := m.says(`"$PARLEY" sign-ins --data ` + s.data)
			id := regexp.MustCompile(`(?m)^[0-9a-z]{12}`).FindString(list)
			m.says(`"$PARLEY" sign-ins revoke ` + id + ` --data ` + s.data)
			s.again() // so that it remembers nothing
			ann := client.runs(m, m.folder("one"), prompt(t, say("Done.")))
			client.model(m).await(t, ann, "the task", patience, func(conversation) bool { return true })
			ann.ends(t)
			if said := m.says(client.lists); !strings.Contains(said, client.asks) {
				t.Errorf("%s says\n%s", client.lists, said)
			}
			s.allows(client.signs(m), key)
			again := client.runs(m, m.folder("two"), prompt(t,
				do(call{Tool: client.tools + "join_room", Input: map[string]any{"room": "tea", "agent_name": "Ann"}}),
				say("Done.")))
			client.model(m).await(t, again, "the seat", patience, isSeated)
		})
	}
}

// Somebody without a key presses Connect, and signs in with the account that the company has given it. Once that is
// revoked, its agent is out.
func TestSignIn_personWithAnAccount_itsAgentTalksUntilTheAccountIsRevoked(t *testing.T) {
	t.Parallel()
	for name, client := range agentsThatConnect {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			installed(t)
			s := &signsIn{Front: tlsfront.New(t), t: t, data: filepath.Join(t.TempDir(), "parley.db")}
			at := provider.Start(t, s.URL)
			s.more = at.Flags("acme.example")
			s.starts()
			m := newMachine(t)
			m.env = append(m.env, s.Environment()...)
			s.answers(client.adds(m, s.URL+"/mcp"), func(page string) {
				s.AllowByAccount(page, func(to string) string { return at.SignsIn(to, "ann@acme.example") })
			})
			at.Stop() // signs nobody out
			doctor := func(level string) {
				t.Helper()
				said := m.says(`"$PARLEY" doctor --wait 1s --client ` + client.id + ` --url ` + s.URL + `; true`)
				if !strings.Contains(said, level+": "+name+": ") {
					t.Errorf("parley doctor says\n%s\nwant %s", said, level)
				}
			}
			doctor("ok")
			join := do(call{Tool: client.tools + "join_room",
				Input: map[string]any{"room": "tea", "agent_name": "Ann"}})
			ann := client.runs(m, m.folder("one"), prompt(t, join, say("Done.")))
			client.model(m).await(t, ann, "the seat", patience, func(c conversation) bool {
				return isSeated(c) && strings.Contains(c.text(), "ann@acme.example")
			})
			ann.ends(t)
			m.says(`"$PARLEY" accounts revoke ann@acme.example --data ` + s.data)
			s.again() // so that it remembers nothing
			doctor("failed")
			again := client.runs(m, m.folder("two"), prompt(t, say("Done.")))
			client.model(m).await(t, again, "the task", patience, func(conversation) bool { return true })
			again.ends(t)
			doctor("failed") // which the client knows by now
			if said := m.says(client.lists); !strings.Contains(said, client.asks) {
				t.Errorf("%s says\n%s", client.lists, said)
			}
		})
	}
}
