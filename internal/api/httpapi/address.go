package httpapi

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/observe/meter"
)

type addressKey struct{}

// Address returns the URL of MCP as the client of the request of ctx sees the server; "" if ctx belongs to no request.
func Address(ctx context.Context) string {
	url, _ := ctx.Value(addressKey{}).(string)
	return url
}

// context returns the context of r with what the tools need: the account of the request, its sender, the address of the
// client and the URL of MCP. The account learns for which caller limits count.
func (s *server) context(ex *exchange, r *http.Request, asker ident.Principal) context.Context {
	ctx := ident.WithAddress(meter.With(r.Context(), ex.account), s.clientOf(r))
	ctx = chat.Came(ident.WithPrincipal(ctx, asker), ex.began)
	ex.account.Of(ident.ClientKey(ctx))
	return context.WithValue(ctx, addressKey{}, s.addressOf(r))
}

// clientOf returns the network address of r's client, for limits by address; "" if r has no valid address.
func (s *server) clientOf(r *http.Request) string {
	from := r.RemoteAddr
	if s.TrustProxy {
		if hops := r.Header.Values("X-Forwarded-For"); len(hops) > 0 {
			last := hops[len(hops)-1]
			from = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
		}
	}
	return household(from)
}

// household returns the address under which limits count a peer; "" if peer is no address. peer may have a port.
func household(peer string) string {
	ip, err := netip.ParseAddr(hostname(peer))
	if err != nil {
		return ""
	}
	return ident.Address(ip)
}

// addressOf returns the public URL of MCP, else the URL on the host that r names. The guard has checked the name if
// another page could have made a browser send it. Where other machines can reach the server, addressOf replaces a name
// of the loopback: in an invite, localhost would lead the other person to the machine of that person. addressOf returns
// "" if the name could do something in a shell, since people paste the URL there.
func (s *server) addressOf(r *http.Request) string {
	if s.Address != "" {
		return s.Address
	}
	if !plainHost(r.Host) {
		return ""
	}
	if s.Reachable != "" && overLoopback(r) && isLoopback(r.Host) {
		return "http://" + s.Reachable + MCPPath
	}
	scheme := "http"
	if byTLS(r) {
		scheme = "https"
	}
	return scheme + "://" + r.Host + MCPPath
}

// plainHost reports whether a Host header has only underscores and the characters of names, addresses and ports
// (RFC 952, RFC 3986 section 3.2.2). HTTP allows more.
func plainHost(host string) bool {
	return host != "" && !strings.ContainsFunc(host, func(r rune) bool {
		return !strings.ContainsRune("-._:[]", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') &&
			(r < 'a' || r > 'z')
	})
}
