package httpapi

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/auth/oauth"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// answeredByGuard answers a request that may not go on, and a CORS-preflight request. It returns true if it has
// answered. It refuses:
//
//   - requests over the loopback to a name that is not the loopback's (DNS rebinding);
//   - requests of web pages whose origin is neither the server's own nor allowed, but for a card and a catalog that are
//     there: else any page could find out who runs Parley at home. The MCP specification, "Security Warning" of the
//     Streamable HTTP transport, asks for both checks;
//   - calls of servers of Parley. Without this check, a server that calls an address of this server could begin an
//     endless circle of calls.
func (s *server) answeredByGuard(ex *exchange, r *http.Request) bool {
	if r.Header.Values(outcall.Mark) != nil {
		ex.refuse(http.StatusForbidden, codeRefused, "A server of Parley made this call, and servers of Parley do "+
			"not call each other. Subscribe with an address of your own client.")
		return true
	}
	if rebound(r, s.Hosts) {
		ex.refuse(http.StatusForbidden, codeRefused, fmt.Sprintf(
			"This server is on your own machine and answers to localhost, 127.0.0.1 and [::1] only, not to %s. Use "+
				"http://127.0.0.1 with the server's port. Behind a proxy or a tunnel, start it with "+
				"--public-url and its address there, or with --allow-host and its host name there.",
			sanitize.Quote(r.Host)))
		return true
	}
	if (r.URL.Path == serverCardPath || r.URL.Path == catalogPath) && s.ownAddress(r) != "" {
		return ex.answeredCatalogs(r)
	}
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return false
	}
	switch {
	case len(origins) == 1 && s.origins.allows(r, origins[0]):
		return ex.answeredPreflight(r, origins[0])
	case len(origins) == 1 && s.origins.own(r, origins[0]):
		return false
	case len(origins) == 1 && s.SignIn.RouteOf(r.URL.Path) == oauth.Document:
		return ex.answeredPreflight(r, origins[0])
	}
	ex.refuse(http.StatusForbidden, codeRefused, fmt.Sprintf(
		"Web pages of %s may not call this server. If that is the address of this server itself, start the "+
			"server with --public-url and that address; for pages of another site, with --allow-origin and its "+
			"address. Clients outside a browser send no Origin header.", sanitize.Quote(strings.Join(origins, ", "))))
	return true
}

// rebound reports whether r came over the loopback to a name that is neither the loopback's nor in hosts.
func rebound(r *http.Request, hosts []string) bool {
	return overLoopback(r) && !isLoopback(r.Host) && !slices.Contains(hosts, hostname(r.Host))
}

// OwnNames serves h, and refuses requests over the loopback to names of others as [New] does. hosts are as in
// [Options].
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

// The headers that clients of MCP and A2A send, and the headers of answers that a page must be able to read.
const (
	clientHeaders = "Content-Type, Accept, Authorization, MCP-Protocol-Version, Mcp-Method, Mcp-Name, " +
		"Mcp-Session-Id, Last-Event-ID, A2A-Version, A2A-Extensions"
	serverHeaders = "MCP-Protocol-Version, Mcp-Session-Id, Retry-After, WWW-Authenticate"
)

// answeredPreflight allows pages of origin to read the answer, and answers a CORS-preflight request (Fetch standard,
// "CORS protocol"). It returns true if it has answered.
func (ex *exchange) answeredPreflight(r *http.Request, origin string) bool {
	header := ex.Header()
	header.Add("Vary", "Origin")
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", serverHeaders)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	header.Set("Access-Control-Allow-Methods", "GET, POST, PUT, OPTIONS")
	header.Set("Access-Control-Allow-Headers", clientHeaders)
	header.Set("Access-Control-Max-Age", "7200")
	ex.WriteHeader(http.StatusNoContent)
	return true
}

// hostname returns the name in a Host header or an address in lower case, without port and brackets.
func hostname(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	return strings.ToLower(host)
}

// isLoopback reports whether a host, with or without port, is this machine by its form.
func isLoopback(hostport string) bool { return ident.IsLoopback(hostname(hostport)) }
