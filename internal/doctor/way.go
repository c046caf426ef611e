package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/client"
)

// quick bounds each check that takes no time if all is well.
const quick = 10 * time.Second

// way is the way to the server.
type way struct {
	*report
	wire *wire
}

// leadsToParley looks how far it goes, and whether a Parley server is at its end.
func (y *way) leadsToParley(ctx context.Context) bool {
	return y.reach(ctx) && y.health(ctx) && y.admits(ctx) && y.protocols(ctx) && y.tools(ctx)
}

// reach makes a connection.
func (y *way) reach(ctx context.Context) bool {
	u, err := url.Parse(y.wire.base)
	if err != nil {
		return y.fail("address", "parley doctor --url https://parley.example", "%v", err)
	}
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err == nil && proxy != nil {
		return y.ok("address", "%s is reached through the proxy %s of the environment", y.wire.base, proxy.Redacted())
	}
	addrs, err := net.DefaultResolver.LookupHost(ctx, u.Hostname())
	if err != nil {
		return y.fail("address", "check the spelling, or the network of this machine", "%s has no address: %v", u.Hostname(), err)
	}
	y.ok("address", "%s is at %s", y.wire.base, strings.Join(addrs[:min(len(addrs), 3)], ", "))
	return y.dial(ctx, u)
}

// dial makes a connection, with TLS if the address asks for it.
func (y *way) dial(ctx context.Context, u *url.URL) bool {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return y.fail("connection", y.startLine(), "nothing answers at port %s of %s: %v", port, u.Hostname(), err)
	}
	defer conn.Close()
	if u.Scheme != "https" {
		return y.ok("connection", "port %s answers", port)
	}
	secure := tls.Client(conn, &tls.Config{ServerName: u.Hostname()})
	if err := secure.HandshakeContext(ctx); err != nil {
		return y.fail("connection", fixOfTLS(err), "TLS: %v", err)
	}
	state := secure.ConnectionState()
	const soon = 7 * 24 * time.Hour
	if ends := state.PeerCertificates[0].NotAfter; time.Until(ends) < soon {
		return y.warn("connection", "renew the certificate", "the certificate ends on %s", ends.Format(time.DateOnly))
	}
	return y.ok("connection", "port %s answers, with %s", port, tls.VersionName(state.Version))
}

// fixOfTLS says what to do about a failed handshake.
func fixOfTLS(err error) string {
	if errors.As(err, new(x509.UnknownAuthorityError)) {
		return "let this machine trust the authority that has signed the certificate (SSL_CERT_FILE), and the clients, too (NODE_EXTRA_CA_CERTS); or use a certificate of a public one"
	}
	return "renew the certificate, or use an address that it names"
}

// startLine says how to start the server.
func (y *way) startLine() string {
	if client.OnThisMachine(y.wire.base) {
		return "parley serve"
	}
	return "start the server, and let the firewall pass its port; or name the right address with --url"
}

func (y *way) health(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, y.wire.base+"/healthz", nil)
	if err != nil {
		return y.fail("health", "", "%v", err)
	}
	resp, err := y.wire.http.Do(req)
	if err != nil {
		return y.fail("health", y.startLine(), "the server does not answer: %v", err)
	}
	defer resp.Body.Close()
	switch code := resp.StatusCode; code {
	case http.StatusOK:
		return y.ok("health", "the server and its store answer")
	case http.StatusServiceUnavailable:
		return y.fail("health", "see the log of the server", "the server answers, but its store does not")
	default: // the clients do without it
		return y.warn("health", whatStands(code), "/healthz answers %d %s", code, http.StatusText(code))
	}
}

// admits looks whether the server wants a key, and whether it takes that of this person, or
// the invite.
func (y *way) admits(ctx context.Context) bool {
	y.wire.wants = y.wire.as("").knock(ctx) != nil
	if y.wire.invite != "" {
		if y.wire.knock(ctx) != nil {
			return y.fail("invite", "ask whoever invited you for a new one", "the server does not admit the invite: its room has ended, or it is for another server")
		}
		return y.ok("invite", "the server admits guests by it, into one room")
	}
	if !y.wire.wants { // whatever else is wrong, the next checks find
		return true
	}
	fix := client.SetKey(y.wire.base) + " parley keys add makes one on the server"
	switch {
	case y.wire.key == "":
		return y.fail("key", fix, "the server admits only who has a key")
	case y.wire.knock(ctx) != nil:
		return y.fail("key", fix, "the server does not admit the key %s: it was revoked, has expired, or is for another server", client.ShownKey(y.wire.key))
	}
	return y.ok("key", "the server admits %s", client.ShownKey(y.wire.key))
}

// knock returns errTurnedAway if the server does not admit the key, and else nil.
func (w *wire) knock(ctx context.Context) error {
	if err := w.ask(ctx, "tools/list", struct{}{}, nil, &struct{}{}); errors.Is(err, errTurnedAway) {
		return err
	}
	return nil
}

// whatStands says what a status of HTTP that Parley does not give hints at.
func whatStands(code int) string {
	switch {
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusProxyAuthRequired:
		return "let whatever asks for a sign-in in front of the server pass /mcp, /v1/wait and /healthz; a local server needs --public-url with the address that clients use"
	case code == http.StatusNotFound:
		return "check the address: it ends where /mcp would follow"
	case code >= http.StatusInternalServerError:
		return "the proxy answers, but not the server behind it: start the server, or correct the address to which the proxy passes requests"
	}
	return "check whether this is the address of a Parley server"
}

// protocols asks for both generations of MCP.
func (y *way) protocols(ctx context.Context) bool {
	const legacy, modern = "2025-11-25", "2026-07-28"
	info := map[string]string{"name": "parley-doctor", "version": y.wire.version}
	var hello struct {
		Version string `json:"protocolVersion"`
		Server  struct {
			Name, Version string
		} `json:"serverInfo"`
	}
	if err := y.wire.ask(ctx, "initialize", map[string]any{"protocolVersion": legacy, "capabilities": struct{}{}, "clientInfo": info}, nil, &hello); err != nil {
		return y.fail("protocol", fixOf(err), "initialize: %v", err)
	}
	if hello.Server.Name != "parley" {
		return y.fail("protocol", "name the right address with --url", "the MCP server there is %q, not Parley", hello.Server.Name)
	}
	var found struct {
		Versions []string `json:"supportedVersions"`
	}
	meta := map[string]any{
		"io.modelcontextprotocol/protocolVersion": modern, "io.modelcontextprotocol/clientInfo": info,
		"io.modelcontextprotocol/clientCapabilities": struct{}{},
	}
	headers := map[string]string{"MCP-Protocol-Version": modern, "Mcp-Method": "server/discover"}
	what := fmt.Sprintf("the server has version %s, this program %s", hello.Server.Version, y.wire.version)
	if err := y.wire.ask(ctx, "server/discover", map[string]any{"_meta": meta}, headers, &found); err != nil {
		return y.warn("protocol", "let the proxy pass the headers MCP-Protocol-Version, Mcp-Method and Mcp-Name; or update the server", "MCP %s, but not %s (%v); %s", hello.Version, modern, err, what)
	}
	slices.Sort(found.Versions)
	return y.ok("protocol", "MCP %s; %s", strings.Join(found.Versions, ", "), what)
}

func (y *way) tools(ctx context.Context) bool {
	var list struct {
		Tools []struct {
			Name string `json:"name"`
		} `json:"tools"`
	}
	if err := y.wire.ask(ctx, "tools/list", struct{}{}, nil, &list); err != nil {
		return y.fail("tools", fixOf(err), "tools/list: %v", err)
	}
	has := map[string]bool{}
	for _, t := range list.Tools {
		has[t.Name] = true
	}
	for _, need := range []string{"create_room", "join_room", "send_message", "wait_for_message", "leave_room"} {
		if !has[need] {
			return y.fail("tools", "update the server", "the server has no tool %s", need)
		}
	}
	return y.ok("tools", "the server has %d", len(has))
}
