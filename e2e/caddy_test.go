//go:build linux

package e2e

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client/transport"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/e2e/internal/plain"
	"github.com/parley-chat/parley/e2e/internal/process"
	"github.com/parley-chat/parley/internal/base/ident"
)

// site is the recipe at work: the real Caddy with the recipe's Caddyfile, in front of a
// program with the recipe's settings.
type site struct {
	t    *testing.T
	addr string // where Caddy listens
	cert *x509.CertPool
	said *process.Output // what Caddy logs
	pid  int             // of Caddy
}

// publicURL is the address in parley.env.
const publicURL = "https://parley.example"

// startSite puts Caddy in front of p.
func startSite(t *testing.T, p *program) *site {
	t.Helper()
	drivesClients(t)
	caddy := filepath.Join(parts.Caddy.In(t), "caddy")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close() // Caddy has its own copy
	socket, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	dir := t.TempDir()
	said := &process.Output{}
	cmd := exec.Command(caddy, "run", "--adapter", "caddyfile", "--config", caddyfile(t, dir))
	cmd.Env = append(os.Environ(), "HOME="+dir,
		"PARLEY_UPSTREAM="+strings.TrimSuffix(strings.TrimPrefix(p.url, "http://"), "/mcp"))
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = said, said, []*os.File{socket}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			said.Report(t, "Caddy")
		}
	})
	s := &site{t, ln.Addr().String(), x509.NewCertPool(), said, cmd.Process.Pid}
	s.awaitCertificate(filepath.Join(dir, "pki", "authorities", "local", "root.crt"))
	return s
}

// caddyfile returns a configuration that adds what only a test needs to the recipe's: a
// socket, and certificates that nobody has to sign.
func caddyfile(t *testing.T, dir string) string {
	t.Helper()
	recipe, err := os.ReadFile("../deploy/self-hosted/Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	own, sites, found := strings.Cut(string(recipe), "\n{\n") // where its global options begin
	if !found {
		t.Fatal("the recipe has no global options")
	}
	text := own + fmt.Sprintf(`
{
	admin off
	persist_config off
	auto_https disable_redirects
	local_certs
	skip_install_trust
	default_bind fd/3
	storage file_system %q
	servers {
		protocols h1 h2
	}
`, dir) + sites
	file := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// awaitCertificate returns when Caddy serves with a certificate of its authority.
func (s *site) awaitCertificate(root string) {
	s.t.Helper()
	await(s.t, "Caddy serves", func() bool {
		text, err := os.ReadFile(root)
		if err != nil || !s.cert.AppendCertsFromPEM(text) {
			return false
		}
		resp, err := s.from("127.0.0.1").Get(publicURL + "/healthz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return true
	})
}

// from is a client with that address. All names are the site's.
func (s *site) from(ip string) *http.Client {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: s.cert},
		ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, s.addr)
		},
	}}
}

// open connects an MCP client with that address, which says that it has another one.
func (s *site) open(ip, forged string) talk {
	s.t.Helper()
	return talk{s.t, openGo(s.t, publicURL+"/mcp", modernProtocol, transport.WithHTTPBasicClient(s.from(ip)),
		transport.WithHTTPHeaders(map[string]string{"X-Forwarded-For": forged, "X-Real-IP": forged,
			"Forwarded": "for=" + forged}))}
}

// recipe starts a program with the settings of the systemd unit.
func recipe(t *testing.T, args ...string) *program {
	t.Helper()
	return startOn(t, append([]string{"--data", filepath.Join(t.TempDir(), "parley.db"), "--access", "open"}, args...),
		unitSettings(t))
}

// recipeSite is the whole recipe.
func recipeSite(t *testing.T, args ...string) (*program, *site) {
	t.Helper()
	parts.Caddy.In(t)
	p := recipe(t, args...)
	return p, startSite(t, p)
}

func TestCaddy_longWait_showsSignsOfLifeAndIsAnswered(t *testing.T) {
	t.Parallel()
	_, s := recipeSite(t, "--keep-alive", "100ms")
	c := s.open("127.0.0.1", "203.0.113.1")
	alice, bob := c.join("the far room", "Alice"), c.join("the far room", "Bob")
	c.listen(&alice)

	stream := s.stream("wait_for_message", waitArgs(bob, 50))
	for range 3 { // sent while nothing is said; a proxy that holds them back never gets here
		stream.awaitLine(":", "")
	}
	shell := make(chan string, 1)
	go func() { shell <- s.standBy(alice) }()
	await(t, "the shell waits", func() bool { return c.stateOf(bob.token, "Alice") == "standby" })
	said := c.ok("send_message", args{"agent_token": alice.token, "text": opening})
	stream.awaitLine("data: ", said.ID)
	c.ok("send_message", args{"agent_token": bob.token, "text": reply})
	if got := <-shell; !strings.Contains(got, reply) {
		t.Errorf("the wait of a shell was answered %q", got)
	}
}

// While Parley is down, Caddy logs each request that it cannot pass on.
func TestCaddy_withoutTheProgram_logsNoSecretOfAnAddress(t *testing.T) {
	t.Parallel()
	p, s := recipeSite(t)
	p.kill()
	key, invite := ident.NewKey().String(), ident.NewInvite("the log's key", ident.NewRoomID(), 1).String()
	for _, path := range []string{"/k/" + key + "/mcp", "/i/" + invite} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, publicURL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Referer", publicURL+path) // of the icon, which a browser asks for by itself
		resp, err := s.from("127.0.0.1").Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadGateway {
			t.Errorf("%d without the program", resp.StatusCode)
		}
	}
	await(t, "Caddy logs both requests", func() bool { return strings.Count(s.said.String(), `"http.log.error"`) >= 2 })
	if said := s.said.String(); strings.Contains(said, key) || strings.Contains(said, invite) {
		t.Error("the log of Caddy has a secret")
	}
}

// An agent tells the others where it is by the invite, so that it must name the address
// that they can reach.
func TestCaddy_invite_namesThePublicAddress(t *testing.T) {
	t.Parallel()
	_, s := recipeSite(t)
	joined := s.open("127.0.0.1", "203.0.113.1").ok("join_room", args{"room": "the door", "agent_name": "Alice"})
	if !strings.Contains(joined.Invite, publicURL+"/mcp") {
		t.Errorf("the invite is %q", joined.Invite)
	}
}

func TestCaddy_clients_haveTheirOwnAddressWhateverTheyClaim(t *testing.T) {
	t.Parallel()
	_, s := recipeSite(t, "--rooms-per-hour", "1")
	for _, ip := range []string{"127.0.0.1", "127.0.0.2"} {
		s.open(ip, "203.0.113.1").join("the first of "+ip, "Alice")
		s.open(ip, "203.0.113.2").refused("rate_limited", "join_room",
			args{"room": "the second of " + ip, "agent_name": "Alice"})
	}
}

// Behind a proxy every stranger arrives from the loopback. A local caller would get the
// seats of the people on this machine. The principal is stored with the seat.
func TestCaddy_strangers_areNotLocal(t *testing.T) {
	t.Parallel()
	const locals = `SELECT count(*) FROM items WHERE data LIKE '%"who":"local"%'`
	sqlite3 := needSQLite(t)
	behind, s := recipeSite(t)
	s.open("127.0.0.1", "127.0.0.1").join("the lobby", "Alice")
	alone := start(t)
	talk{t, openGo(t, alone.url, modernProtocol)}.join("the lobby", "Alice")
	for p, want := range map[*program]bool{behind: false, alone: true} {
		rows, err := query(t.Context(), sqlite3, p, locals)
		if err != nil || (strings.Join(rows, "") != "0") != want {
			t.Errorf("started with %v: seats of local callers: %v, %v", p.args, rows, err)
		}
	}
}

func TestCaddy_programThatDoesNotKnowItsName_saysWhatToDo(t *testing.T) {
	t.Parallel()
	parts.Caddy.In(t)
	s := startSite(t, start(t))
	resp, err := s.from("127.0.0.1").Get(publicURL + "/mcp")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusForbidden || !strings.Contains(string(body), "--public-url") {
		t.Errorf("%d %s, %v", resp.StatusCode, body, err)
	}
}

// lines are those of a stream that arrives.
type lines struct {
	t    *testing.T
	next chan string
}

// stream makes a tool call whose answer is a stream.
func (s *site) stream(tool string, arguments args) lines {
	s.t.Helper()
	r, err := plain.Request(s.t.Context(), publicURL+"/mcp", tool, arguments)
	if err != nil {
		s.t.Fatal(err)
	}
	got := lines{s.t, make(chan string, 1000)}
	go func() {
		defer close(got.next)
		resp, err := s.from("127.0.0.1").Do(r)
		if err != nil {
			return // the reader finds no line
		}
		defer resp.Body.Close()
		for text := bufio.NewScanner(resp.Body); text.Scan(); {
			got.next <- text.Text()
		}
	}()
	return got
}

// awaitLine returns when a line has arrived that begins with one text and has the other.
func (l lines) awaitLine(begin, part string) {
	l.t.Helper()
	for timeout := time.After(patience); ; {
		select {
		case line, ok := <-l.next:
			if !ok {
				l.t.Fatalf("the stream ended without a line %q %q", begin, part)
			}
			if strings.HasPrefix(line, begin) && strings.Contains(line, part) {
				return
			}
		case <-timeout:
			l.t.Fatalf("no line %q %q has arrived after %v", begin, part, patience)
		}
	}
}

// standBy waits as a shell does, and returns the body of the answer.
func (s *site) standBy(as seat) string {
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, publicURL+"/v1/wait?cursor="+as.cursor, nil)
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Authorization", "Bearer "+as.token)
	resp, err := s.from("127.0.0.1").Do(r)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}
