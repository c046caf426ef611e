package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/cli/client"
)

// quick bounds each check that is fast if all is well.
const quick = 10 * time.Second

// at returns a client of the server at p.
func (v *visit) at(p client.Place) *client.Client {
	return client.New(p.Base, client.Options{Version: v.Version, Bearer: p.Key, Invite: p.Invite})
}

// knock returns the name and version of the server at place.
func (v *visit) knock(ctx context.Context, place client.Place) (name, version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	c := v.at(place)
	defer func() { _ = c.Close() }()
	return c.Server(ctx)
}

// admitted reports whether the server admits a caller at p. Other checks find other faults.
func (v *visit) admitted(ctx context.Context, p client.Place) bool {
	_, _, err := v.knock(ctx, p)
	return fault.CodeOf(err) != fault.KeyInvalid
}

// server asks whether a Parley server is there.
func (v *visit) server(ctx context.Context) bool {
	const check = "server"
	name, version, err := v.knock(ctx, client.Place{Base: v.Server, Key: v.Key, Invite: v.Invite})
	switch {
	case fault.CodeOf(err) == fault.KeyInvalid:
		return v.ok(check, "Parley answers at %s", v.Server)
	case err != nil:
		said, _, _ := strings.Cut(client.Reason(err), "; see "+client.DoctorLine(v.Server))
		return v.fail(check, v.fixOf(err), "%s: %s", v.Server, said)
	case name != "parley":
		return v.fail(check, "give the right address with --url", "the MCP server there is %q, not Parley", name)
	}
	return v.ok(check, "Parley %s answers at %s, and this program is %s", version, v.Server, v.Version)
}

// fixOf says what helps against an error of a server.
func (v *visit) fixOf(err error) string {
	switch {
	case !errors.As(err, new(*client.Unreachable)):
		return "see the log of the server"
	case errors.As(err, new(*net.DNSError)):
		return "check the spelling of the address, and this machine's network"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "give the address with http://, or put a proxy with a certificate in front of the server"
	case errors.As(err, new(x509.UnknownAuthorityError)):
		return "make this machine trust the certificate's authority (SSL_CERT_FILE), and the clients, too " +
			"(NODE_EXTRA_CA_CERTS); or use a certificate from a public authority"
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return "renew the certificate, or use an address for which it is valid"
	case client.OnThisMachine(v.Server) && client.NobodyListens(err):
		return client.StartIt
	case !errors.As(err, new(net.Error)), client.OnThisMachine(v.Server):
		return "check the address, without /mcp, and any proxy in front of the server: it must reach the server, " +
			"and let /mcp and /v1/wait pass without a sign-in"
	}
	return "start the server, and open its port in the firewall; or give the right address with --url"
}

// admits checks whether the server admits this person, by a key or by an invite.
func (v *visit) admits(ctx context.Context) bool {
	v.wants = !v.admitted(ctx, client.Place{Base: v.Server})
	if v.Invite != "" {
		if !v.admitted(ctx, client.Place{Base: v.Server, Invite: v.Invite}) {
			return v.fail("invite", "ask the person who invited you for a new one", "the server does not admit the "+
				"invite: its room has ended, or it is for another server")
		}
		if why, help := v.whyNoSeat(ctx); why != "" {
			v.warn("invite", help, "the server knows it, but it gives no seat: %s", why)
			return true
		}
		return v.ok("invite", "the server admits guests with it, to one room, where a seat is free. Whether the "+
			"invite still gives that seat is not checked: only a join shows it")
	}
	if v.wants {
		v.signIn(ctx)
	}
	fix := client.SetKey(v.Server) + " The person who runs the server makes one: parley keys add LABEL"
	switch {
	case !v.wants:
		return v.ok("key", "the server needs none")
	case v.Key == "" && v.signsIn:
		v.warn("key", fix, "the server admits programs that sign in. This one cannot sign in, and needs a key: "+
			"without one it tests no wait")
		return false
	case v.Key == "":
		return v.fail("key", fix, "the server admits only callers with a key")
	case !v.admitted(ctx, client.Place{Base: v.Server, Key: v.Key}):
		return v.fail("key", fix, "the server does not admit the key %s: it was revoked or renewed, has expired, or "+
			"is for another server", client.ShownKey(v.Key))
	}
	return v.ok("key", "the server admits %s", client.ShownKey(v.Key))
}

// whyNoSeat says why the invite gives a newcomer no seat: see [client.Client.WhyNoSeat].
func (v *visit) whyNoSeat(ctx context.Context) (why, help string) {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	c := v.at(client.Place{Base: v.Server, Invite: v.Invite})
	defer func() { _ = c.Close() }()
	return c.WhyNoSeat(ctx)
}
