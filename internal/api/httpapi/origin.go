package httpapi

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// origins says which web pages may call the server.
//
// Its own page may. A server does not know all of its names, but the browser takes both the
// Origin and the Host of a request from the address at which the page was opened. They agree
// for a page that came from here. They also agree for one that another site has sent from a
// name of its own, which now leads here (DNS rebinding): it would reach whatever its visitor
// can reach. So the two count only where such a page gains nothing or cannot be:
//
//   - callers need keys. The page has none: what a browser keeps belongs to one origin;
//   - the Host is an address, or a name that browsers resolve themselves, and no DNS lies;
//   - the Host is a name that whoever runs the server has given to it;
//   - the request came over no socket. On Lambda the front takes requests for its own name
//     only, and shows for it a certificate that no other site has.
//
// Elsewhere, and where a front replaces the Host, the page's origin is that of the public
// address.
type origins struct {
	listed []string // Options.Origins
	public string   // the origin of Options.Address; "" if there is none
	hosts  []string // Options.Hosts
	keys   bool     // callers need keys
}

func newOrigins(o Options) origins {
	public := ""
	if u, err := url.Parse(o.Address); err == nil && u.Host != "" {
		public = originOf(u.Scheme, u.Host)
	}
	return origins{o.Origins, public, o.Hosts, o.Keys}
}

// allows reports whether pages of an origin that is not the server's own may call, and read
// the answers.
func (o origins) allows(r *http.Request, origin string) bool {
	if slices.Contains(o.listed, "*") || slices.Contains(o.listed, strings.ToLower(origin)) {
		return true
	}
	u, ok := parseOrigin(origin)
	return ok && overLoopback(r) && isLoopback(u.Host)
}

// own reports whether origin is that of the server itself, as r reaches it. A proxy that ends
// TLS may not say so; if it does, a page without TLS is another site's.
func (o origins) own(r *http.Request, origin string) bool {
	u, ok := parseOrigin(origin)
	if !ok {
		return false
	}
	it := originOf(u.Scheme, u.Host)
	if it == o.public {
		return true
	}
	return it == originOf(u.Scheme, r.Host) && (u.Scheme == "https" || !byTLS(r)) && o.firm(r)
}

// firm reports whether the Host of r says where the page came from that sent it, or whether
// that does not matter.
func (o origins) firm(r *http.Request) bool {
	_, socket := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	_, notAddress := netip.ParseAddr(hostname(r.Host))
	return o.keys || !socket || notAddress == nil || isLoopback(r.Host) || slices.Contains(o.hosts, hostname(r.Host))
}

// parseOrigin parses the origin of a page of the web (RFC 6454, section 6.2).
func parseOrigin(origin string) (*url.URL, bool) {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" ||
		!strings.EqualFold(origin, u.Scheme+"://"+u.Host) {
		return nil, false
	}
	return u, true
}

// originOf writes an origin in the one way in which origins can be compared.
func originOf(scheme, host string) string {
	port := map[string]string{"http": ":80", "https": ":443"}[scheme]
	return scheme + "://" + strings.TrimSuffix(strings.ToLower(host), port)
}

// byTLS reports whether r came over TLS, to the server or to a proxy that says so.
func byTLS(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}
