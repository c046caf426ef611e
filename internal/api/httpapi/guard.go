package httpapi

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/auth/oauth"
	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// admit refuses requests that a page in somebody's browser could send without permission: over
// the loopback those that are addressed to another name (DNS rebinding), and those from an origin
// that is neither the server's own nor allowed here. It also refuses the calls that servers of Parley
// make: an address that was given to one of them leads back here, and calls could go in a circle. It
// reports whether the request may go on; if not, admit has answered it.
//
// The MCP specification, "Security Warning" of the Streamable HTTP transport, asks for the checks of
// name and origin.
func (a *api) admit(x *exchange, r *http.Request) bool {
	if r.Header.Values(outcall.Mark) != nil {
		x.refuse(http.StatusForbidden, codeRefused, "A server of Parley made this call, and servers of Parley do "+
			"not call each other. Subscribe with an address of your own client.")
		return false
	}
	if rebound(r, a.Hosts) {
		x.refuse(http.StatusForbidden, codeRefused, fmt.Sprintf(
			"This server is on your own machine and answers to localhost, 127.0.0.1 and [::1] only, not to %s. Use "+
				"http://127.0.0.1 with the server's port. Behind a proxy or a tunnel, start it with "+
				"--public-url and its address there, or with --allow-host and its host name there.", quoted(r.Host)))
		return false
	}
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	switch {
	case len(origins) == 1 && a.origins.allows(r, origins[0]):
		return !x.preflight(r, origins[0])
	case len(origins) == 1 && a.origins.own(r, origins[0]):
		return true
	case len(origins) == 1 && a.SignIn.RouteOf(r.URL.Path) == oauth.Document:
		return !x.preflight(r, origins[0])
	}
	x.refuse(http.StatusForbidden, codeRefused, fmt.Sprintf(
		"Web pages of %s may not call this server. If that is the address of this server itself, start the "+
			"server with --public-url and that address; for pages of another site, with --allow-origin and its "+
			"address. Clients outside a browser send no Origin header.", quoted(strings.Join(origins, ", "))))
	return false
}

// rebound reports whether r came over the loopback but is addressed to a name that is
// neither the loopback's own nor in hosts.
func rebound(r *http.Request, hosts []string) bool {
	return overLoopback(r) && !isLoopback(r.Host) && !slices.Contains(hosts, hostname(r.Host))
}

// OwnNames serves h at an address of its own, and refuses the requests over the loopback
// that are addressed to another name, as [New] does. hosts are as in [Options].
func OwnNames(h http.Handler, hosts []string) http.Handler {
	hosts = lowered(hosts)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rebound(r, hosts) {
			http.Error(w, "On its own machine this answers to localhost, 127.0.0.1 and [::1] only, and to the names "+
				"of --allow-host.", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// The headers that clients of MCP and A2A send, and those that a page must be able to read.
const (
	clientHeaders = "Content-Type, Accept, Authorization, MCP-Protocol-Version, Mcp-Method, Mcp-Name, " +
		"Mcp-Session-Id, Last-Event-ID, A2A-Version, A2A-Extensions"
	serverHeaders = "MCP-Protocol-Version, Mcp-Session-Id, Retry-After, WWW-Authenticate"
)

// preflight allows pages of origin to read the answer. It reports whether the request
// only asked for that (Fetch standard, "CORS protocol"); then preflight has answered
// it.
func (x *exchange) preflight(r *http.Request, origin string) bool {
	h := x.Header()
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", serverHeaders)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, OPTIONS")
	h.Set("Access-Control-Allow-Headers", clientHeaders)
	h.Set("Access-Control-Max-Age", "7200")
	x.WriteHeader(http.StatusNoContent)
	return true
}

// hostname returns the lower-case name in a Host header or an address, without
// port and brackets.
func hostname(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	return strings.ToLower(host)
}

// isLoopback reports whether a host, with or without port, is this machine by its form.
// It does not ask the DNS.
func isLoopback(hostport string) bool {
	host := hostname(hostport)
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// quoted returns what a client sent in a form that can be shown back to it.
func quoted(s string) string {
	const most = 100
	if len(s) > most {
		s = s[:most] + "..."
	}
	return fmt.Sprintf("%q", s)
}
