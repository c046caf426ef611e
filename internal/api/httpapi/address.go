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

// Address returns the URL of MCP as the client of a request sees it; "" if ctx does not
// belong to a request.
func Address(ctx context.Context) string {
	url, _ := ctx.Value(addressKey{}).(string)
	return url
}

// context returns the context of r with what the tools look up in it: the account of the request,
// who sent it, the client's address and the server's. The account learns the caller that limits
// count.
func (a *api) context(x *exchange, r *http.Request, asker ident.Principal) context.Context {
	ctx := ident.WithAddress(meter.With(r.Context(), x.account), a.clientOf(r))
	ctx = chat.Came(ident.WithPrincipal(ctx, asker), x.began)
	x.account.Of(ident.ClientKey(ctx))
	return context.WithValue(ctx, addressKey{}, a.addressOf(r))
}

// clientOf returns the network address of r's client, for limits by address. It is "" if there is
// no valid address.
func (a *api) clientOf(r *http.Request) string {
	from := r.RemoteAddr
	if a.TrustProxy {
		if hops := r.Header.Values("X-Forwarded-For"); len(hops) > 0 {
			last := hops[len(hops)-1]
			from = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
		}
	}
	return household(from)
}

// household returns the address of a peer, with or without port, by which limits count.
func household(peer string) string {
	ip, err := netip.ParseAddr(hostname(peer))
	if err != nil {
		return ""
	}
	return ident.Address(ip)
}

// addressOf is the URL of MCP on the host that r names. The guard has checked the name if a
// browser could have been tricked into sending it. A name that means this machine alone is
// replaced, where others can reach the server: in an invite it would lead the other person to its
// own machine. The public address, if there is one, replaces any. It is "" if the name could do
// something in a shell, into which people paste it.
func (a *api) addressOf(r *http.Request) string {
	if a.Address != "" {
		return a.Address
	}
	if !plainHost(r.Host) {
		return ""
	}
	if a.Reachable != "" && overLoopback(r) && isLoopback(r.Host) {
		return "http://" + a.Reachable + MCPPath
	}
	scheme := "http"
	if byTLS(r) {
		scheme = "https"
	}
	return scheme + "://" + r.Host + MCPPath
}

// plainHost reports whether a Host header has only what names, addresses and ports have
// (RFC 952, RFC 3986 section 3.2.2), and underscores. HTTP allows more.
func plainHost(host string) bool {
	return host != "" && !strings.ContainsFunc(host, func(r rune) bool {
		return !strings.ContainsRune("-._:[]", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') &&
			(r < 'a' || r > 'z')
	})
}
