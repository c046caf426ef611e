package httpapi

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api/mcp"
)

// Pages that count as the server's own. A row with listens "" has a server without sockets, such as a Lambda
// function.
func TestOrigin_pageOfTheServerItself_mayCall(t *testing.T) {
	const (
		lan      = "192.168.1.7:8080"
		loopback = "127.0.0.1:8080"
		lambda   = ""
		function = "abc.lambda-url.eu-west-1.on.aws"
	)
	open, keys := Options{}, Options{Keys: true}
	named := Options{Address: "https://parley.example/mcp", Hosts: []string{"Parley.Example"}}
	distributed := Options{Address: "https://parley.example/mcp", Keys: true}
	for name, c := range map[string]struct {
		options               Options
		listens, host, origin string
		proto                 string // of X-Forwarded-Proto
		own                   bool
	}{
		"by the address in a network": {open, lan, lan, "http://" + lan, "", true},
		"by an address of IPv6": {open, "[2001:db8::7]:8080", "[2001:db8::7]:8080",
			"http://[2001:DB8::7]:8080", "", true},
		"on its own machine": {open, loopback, "localhost:8080", "http://localhost:8080", "", true},
		"by a name, without keys": {open, lan, "evil.example:8080", "http://evil.example:8080", "",
			false},
		"by a name, with keys": {keys, lan, "ann-pc.local:8080", "http://ann-pc.local:8080", "", true},
		"by a name that is given": {named, lan, "parley.example:8080", "http://parley.example:8080", "",
			true},
		"by another name than that": {named, lan, "evil.example:8080", "http://evil.example:8080", "",
			false},
		"of another machine": {keys, lan, lan, "http://192.168.1.8:8080", "", false},
		"of another port":    {keys, lan, lan, "http://192.168.1.7:3000", "", false},
		"of a subdomain":     {keys, lan, "parley.example", "https://x.parley.example", "", false},
		"of no origin":       {keys, lan, lan, "null", "", false},
		"of an empty origin": {keys, lan, "", "", "", false},
		"of a file":          {keys, lan, "localhost", "file://localhost", "", false},
		"with a path":        {keys, lan, lan, "http://" + lan + "/", "", false},
		"with a user":        {keys, lan, lan, "http://u@" + lan, "", false},
		"a proxy that ends TLS and says so": {keys, loopback, "parley.example", "https://parley.example", "https",
			true},
		"a proxy that ends TLS in silence": {keys, loopback, "parley.example", "https://parley.example", "", true},
		"a proxy, from a page without TLS": {keys, loopback, "parley.example", "http://parley.example", "https",
			false},
		"a proxy that shows the usual port": {keys, loopback, "parley.example:443", "https://parley.example",
			"https", true},
		"a proxy at an odd port": {keys, loopback, "parley.example:8443", "https://parley.example:8443",
			"https", true},
		"the usual port of another scheme": {keys, loopback, "parley.example:443", "http://parley.example", "",
			false},
		"a proxy that replaces the host":     {named, loopback, loopback, "https://parley.example", "https", true},
		"such a proxy, from another site":    {named, loopback, loopback, "https://evil.example", "https", false},
		"such a proxy, without a public URL": {keys, loopback, loopback, "https://parley.example", "https", false},
		"Lambda by its own name":             {open, lambda, function, "https://" + function, "https", true},
		"Lambda, from another site":          {open, lambda, function, "https://evil.example", "https", false},
		"CloudFront, before Lambda": {distributed, lambda, function, "https://parley.example", "https",
			true},
		"CloudFront, from another site": {distributed, lambda, function, "https://evil.example", "https",
			false},
		"CloudFront, from a page without TLS": {distributed, lambda, function, "http://parley.example", "https",
			false},
		"CloudFront, whose address is not told": {keys, lambda, function, "https://parley.example", "https", false},
	} {
		c.options.Hosts = lowered(c.options.Hosts)
		header := http.Header{"X-Forwarded-Proto": {c.proto}}
		r := arrival{c.listens, "192.0.2.1:4711", c.host, header}.request(t)
		if own := newOrigins(c.options).own(r, c.origin); own != c.own {
			t.Errorf("%s: %v", name, own)
		}
	}
	r := arrival{lan, "192.0.2.1:4711", lan, http.Header{}}.request(t)
	r.TLS = &tls.ConnectionState{}
	if newOrigins(keys).own(r, "http://"+lan) || !newOrigins(keys).own(r, "https://"+lan) {
		t.Error("over TLS, a page without TLS is taken for the server's own")
	}
}

// post makes a call, as the page does, to a server that listens at an address of a network,
// and returns the answer.
func post(t *testing.T, o Options, host, origin string) *httptest.ResponseRecorder {
	t.Helper()
	o.MCP = func(w http.ResponseWriter, _ *http.Request, _ *mcp.Message) { w.WriteHeader(http.StatusOK) }
	r := httptest.NewRequestWithContext(
		context.WithValue(t.Context(), http.LocalAddrContextKey,
			net.Addr(&net.TCPAddr{IP: net.IPv4(192, 168, 1, 7), Port: 8080})),
		http.MethodPost, MCPPath, strings.NewReader(initialize))
	r.Host = host
	r.Header.Set("Origin", origin)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	New(o).ServeHTTP(w, r)
	return w
}

func TestOrigin_ownPage_getsThroughWithoutCORS(t *testing.T) {
	w := post(t, Options{}, "192.168.1.7:8080", "http://192.168.1.7:8080")
	if w.Code != http.StatusOK || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// Somebody has opened a page whose name now leads to a server in that person's network.
func TestOrigin_reboundName_isRefused_andToldWhatToSet(t *testing.T) {
	w := post(t, Options{}, "evil.example:8080", "http://evil.example:8080")
	said := decode(t, w.Body.String()).Error.Message
	if w.Code != http.StatusForbidden || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for _, part := range []string{"http://evil.example:8080", "--public-url", "--allow-origin"} {
		if !strings.Contains(said, part) {
			t.Errorf("%q does not name %s", said, part)
		}
	}
}

// A page in the settings needs CORS, even if the page has the host of the server.
func TestOrigin_listedPageOfTheSameHost_getsCORS(t *testing.T) {
	o := Options{Origins: []string{"http://192.168.1.7:8080"}}
	if w := post(t, o, "192.168.1.7:8080",
		"http://192.168.1.7:8080"); w.Header().Get("Access-Control-Allow-Origin") != "http://192.168.1.7:8080" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
