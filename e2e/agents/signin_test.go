package agents

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/process"
)

// signsIn is a server at which clients sign in, behind a front with TLS.
type signsIn struct {
	t      *testing.T
	base   string // its public address
	data   string
	server *process.Server

	roots string         // a file with the certificate of the authority that the clients trust
	trust *x509.CertPool // the same

	// register lets the front say that the server knows no documents: then clients register.
	register bool

	mu   sync.Mutex
	to   string   // where the server listens
	seen []string // the requests but those of MCP, each with the status of the answer
}

// newSignsIn starts a server, and a front with a certificate for this machine. The front says that access tokens
// live for a second, so that clients renew them before each call.
func newSignsIn(t *testing.T, register bool) *signsIn {
	t.Helper()
	installed(t)
	s := &signsIn{t: t, data: filepath.Join(t.TempDir(), "parley.db"), register: register}
	front := httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			s.mu.Lock()
			defer s.mu.Unlock()
			r.SetURL(&url.URL{Scheme: "http", Host: s.to})
			r.Out.Host = r.In.Host
		},
		ModifyResponse: s.answers,
		FlushInterval:  -1, // at once
		ErrorLog:       log.New(io.Discard, "", 0),
	})
	front.TLS = &tls.Config{Certificates: []tls.Certificate{s.certificate()}}
	front.StartTLS()
	t.Cleanup(front.Close)
	s.base = front.URL
	s.launch("127.0.0.1:0")
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			s.server.Out.Report(t, "the program")
			t.Logf("beside MCP the clients asked for %q", s.take())
		}
	})
	return s
}

// certificate makes one for this machine, and the authority that signs it.
func (s *signsIn) certificate() tls.Certificate {
	s.t.Helper()
	made := func(template, by *x509.Certificate, signer *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			s.t.Fatal(err)
		}
		if signer == nil {
			signer = key
		}
		template.SerialNumber = big.NewInt(time.Now().UnixNano())
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, by, &key.PublicKey, signer)
		if err != nil {
			s.t.Fatal(err)
		}
		return der, key
	}
	root := &x509.Certificate{Subject: pkix.Name{CommonName: "Parley tests"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}
	authority, signer := made(root, root, nil)
	leaf, key := made(&x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, root, signer)
	s.roots, s.trust = filepath.Join(s.t.TempDir(), "roots.pem"), x509.NewCertPool()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority})
	if err := os.WriteFile(s.roots, text, 0o600); err != nil || !s.trust.AppendCertsFromPEM(text) {
		s.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: key}
}

// answers is what the front does with the answers of the server.
func (s *signsIn) answers(r *http.Response) error {
	asked := r.Request
	if path := asked.URL.Path; asked.Method != http.MethodPost || !strings.HasSuffix(path, "/mcp") {
		s.mu.Lock()
		s.seen = append(s.seen, fmt.Sprint(asked.Method, " ", path, " ", r.StatusCode))
		s.mu.Unlock()
	}
	change := func(body map[string]any) { body["expires_in"] = 1 }
	switch {
	case asked.URL.Path == "/oauth/token" && r.StatusCode == http.StatusOK:
	case s.register && strings.HasPrefix(asked.URL.Path, "/.well-known/oauth-authorization-server"):
		change = func(body map[string]any) { delete(body, "client_id_metadata_document_supported") }
	default:
		return nil
	}
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return err
	}
	change(body)
	text, err := json.Marshal(body)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	r.Header.Set("Content-Length", fmt.Sprint(len(text)))
	return err
}

// take returns the requests since it was last asked.
func (s *signsIn) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

func (s *signsIn) launch(addr string) {
	s.t.Helper()
	server, err := process.Start(os.Getenv(process.BinaryEnv), []string{"--addr", addr, "--data", s.data,
		"--access", "keys", "--sign-in", "auto", "--public-url", s.base}, process.Environment())
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server, s.to = server, strings.TrimSuffix(strings.TrimPrefix(server.URL, "http://"), "/mcp")
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
	s.launch(s.to)
}

// trusts lets the clients of a machine trust the front.
func (m *machine) trusts(s *signsIn) {
	m.env = append(m.env, "NODE_EXTRA_CA_CERTS="+s.roots, "SSL_CERT_FILE="+s.roots)
}

var pageOfSignIn = regexp.MustCompile(`https://[^\s\x07\x1b]+/oauth/authorize\?[^\s\x07\x1b]+[\s\x07\x1b]`)

// allows lets the person in front of a client that has shown the address of the page paste a key there, as the
// page's script does, and follow it back to the client, which ends then.
func (s *signsIn) allows(c *client, key string) {
	s.t.Helper()
	(&screen{client: c}).shows(s.t, "/oauth/authorize?")
	var shown string
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for late := time.After(patience); shown == ""; shown = pageOfSignIn.FindString(c.String()) {
		select {
		case <-look.C:
		case <-late:
			s.t.Fatalf("the client shows no address: %s", c)
		}
	}
	page, err := url.Parse(strings.TrimSpace(strings.Trim(shown, "\x07\x1b")))
	if err != nil {
		s.t.Fatal(err)
	}
	body, err := json.Marshal(map[string]string{"request": page.RawQuery, "answer": "allow", "key": key})
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.base+page.Path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "Origin": {s.base}, "Sec-Fetch-Site": {"same-origin"}}
	browser := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.trust}}}
	said, err := browser.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer said.Body.Close()
	var seen struct{ Go, Error, Message string }
	if err := json.NewDecoder(said.Body).Decode(&seen); err != nil || seen.Go == "" {
		s.t.Fatalf("the page shows %+v, %v", seen, err)
	}
	back, err := browser.Get(seen.Go)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := back.Body.Close(); err != nil || back.StatusCode >= http.StatusBadRequest {
		s.t.Fatalf("the client answers %d, %v", back.StatusCode, err)
	}
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
		"claude mcp list", "Needs authentication"},
	"Codex": {"mcp__parley/", func(m *machine) *model { return m.codex },
		func(m *machine, address string) *client {
			adds := m.start(m.home, "codex", "mcp", "add", "parley", "--url", address)
			(&screen{client: adds}).shows(m.t, "Added")
			m.approve(`default_tools_approval_mode = "approve"`)
			return adds
		},
		func(m *machine) *client { return m.start(m.home, "codex", "mcp", "login", "parley") },
		func(m *machine, dir, task string) *client { return m.codexCLI(dir, searchingModel, task) },
		"codex mcp list", "Not logged in"},
}

// hears waits until somebody else has said a text.
func (g *guest) hears(text string) {
	g.t.Helper()
	var all []string
	for range 10 { // others join and leave
		var got struct{ Messages []struct{ Text string } }
		g.call("wait_for_message", map[string]any{"agent_token": g.token, "wait_seconds": 20}, &got)
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
		for way, register := range map[string]bool{"by document": false, "by registration": true} {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				s, m := newSignsIn(t, register), newMachine(t)
				m.trusts(s)
				s.allows(client.adds(m, s.base+"/mcp"), newKey(t, s.data))
				tool := func(name string, arguments map[string]any) call {
					return call{Tool: client.tools + name, Input: arguments}
				}
				bob := join(t, "http://"+s.to+"/k/"+newKey(t, s.data)+"/mcp", "tea", "Bob")
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
				<-ann.ended
				s.again()
				client.runs(m, m.folder("two"), prompt(t, do(tool("send_message", map[string]any{
					"agent_token": newest(heard.text(), `"agent_token":\s*"([^"]+)`), "text": "I am back."})), say("Done.")))
				bob.hears("I am back.")

				times := map[string]int{}
				for _, one := range s.take() {
					times[one]++
					if strings.HasPrefix(one, "POST ") && strings.HasSuffix(one, " 400") {
						t.Errorf("%s", one)
					}
				}
				if registered := times["POST /oauth/register 201"]; (registered > 0) != register ||
					times["POST /oauth/authorize 200"] != 1 || times["POST /oauth/token 200"] < 3 {
					t.Errorf("the requests were %v", times)
				}
			})
		}
	}
}

// The operator ends the sign-in. Its client then says that its person must sign in, and does not fail for ever.
func TestSignIn_thatEnded_isAskedForAgain(t *testing.T) {
	t.Parallel()
	for name, client := range agentsThatConnect {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, m := newSignsIn(t, false), newMachine(t)
			m.trusts(s)
			key := newKey(t, s.data)
			s.allows(client.adds(m, s.base+"/mcp"), key)
			list := m.says(`"$PARLEY" sign-ins --data ` + s.data)
			id := regexp.MustCompile(`(?m)^[0-9a-z]{12}`).FindString(list)
			m.says(`"$PARLEY" sign-ins revoke ` + id + ` --data ` + s.data)
			s.again() // so that it remembers nothing
			ann := client.runs(m, m.folder("one"), prompt(t, say("Done.")))
			client.model(m).await(t, ann, "the task", patience, func(conversation) bool { return true })
			<-ann.ended
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
