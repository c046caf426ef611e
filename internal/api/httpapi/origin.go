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
// The server's own page may call. A server does not know all of its names, but the browser takes both the Origin and
// the Host of a request from the address of the page. So Origin and Host agree for a page of this server. They also
// agree for a page of another site whose name now leads to this server (DNS rebinding); such a page would reach
// whatever its visitor can reach. So agreement counts only where such a page gains nothing or is impossible:
//
//   - callers need keys. The other page has no key: what a browser keeps belongs to one origin;
//   - the Host is an address, or a name that browsers resolve themselves, so no DNS can lie;
//   - the Host is a name that the operator has given to the server;
//   - the request came over no socket. On Lambda the front accepts requests for its own name only, with a certificate
//     that no other site has.
//
// In other cases, and where a front replaces the Host, the page must have the origin of the public address.
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

// allows reports whether pages of another site may call, and read the answers.
func (o origins) allows(r *http.Request, origin string) bool {
	if slices.Contains(o.listed, "*") || slices.Contains(o.listed, strings.ToLower(origin)) {
		return true
	}
	u, ok := parseOrigin(origin)
	return ok && overLoopback(r) && isLoopback(u.Host)
}

// own reports whether origin is the origin of the server, as r reaches the server. A proxy that ends TLS may not say
// so; if the proxy says so, a page without TLS belongs to another site.
func (o origins) own(r *http.Request, origin string) bool {
	u, ok := parseOrigin(origin)
	if !ok {
		return false
	}
	asked := originOf(u.Scheme, u.Host)
	if asked == o.public {
		return true
	}
	return asked == originOf(u.Scheme, r.Host) && (u.Scheme == "https" || !byTLS(r)) && o.firm(r)
}

// firm reports whether the agreement of Origin and Host counts for r: see [origins].
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

// originOf returns an origin in the form in which origins are compared.
func originOf(scheme, host string) string {
	port := map[string]string{"http": ":80", "https": ":443"}[scheme]
	return scheme + "://" + strings.TrimSuffix(strings.ToLower(host), port)
}

// byTLS reports whether r came over TLS to the server, or to a proxy that says so.
func byTLS(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}
