package httpapi

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"testing"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/base/ident"
)

// arrival is how a request reaches a server.
type arrival struct {
	listens, peer, host string // host:port
	header              http.Header
}

// local is a request of a client on this machine.
func local() arrival { return arrival{"127.0.0.1:8080", "127.0.0.1:4711", "127.0.0.1:8080", nil} }

func (a arrival) request(t *testing.T) *http.Request {
	t.Helper()
	ctx := t.Context()
	if a.listens != "" {
		at, err := net.ResolveTCPAddr("tcp", a.listens)
		if err != nil {
			t.Fatal(err)
		}
		ctx = context.WithValue(ctx, http.LocalAddrContextKey, net.Addr(at))
	}
	r := &http.Request{RemoteAddr: a.peer, Host: a.host, Header: a.header, ProtoMajor: 1, ProtoMinor: 1}
	return r.WithContext(ctx)
}

func TestPrincipal_callerOnThisMachine_isLocal(t *testing.T) {
	for name, c := range map[string]arrival{
		"IPv4":                  local(),
		"another IPv4 loopback": {"127.0.0.2:80", "127.0.0.9:4711", "127.0.0.2", nil},
		"IPv6":                  {"[::1]:8080", "[::1]:4711", "[::1]:8080", nil},
		"by name":               {"127.0.0.1:8080", "127.0.0.1:4711", "LocalHost:8080", nil},
		"with a token": {"127.0.0.1:8080", "127.0.0.1:4711", "localhost",
			http.Header{"Authorization": {"Bearer x"}}},
		"a page of this machine": {"127.0.0.1:8080", "127.0.0.1:4711", "localhost",
			http.Header{"Origin": {"http://localhost:3000"}}},
	} {
		a := New(Options{Private: true}).(*server)
		if got := a.principalOf(c.request(t)); got != ident.Local {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// In each row a stranger calls, and would get the seats of the people here if the server took the call for a local
// call.
func TestPrincipal_strangers_areNobody(t *testing.T) {
	private := Options{Private: true}
	through := func(name string) arrival {
		a := local()
		a.header = http.Header{http.CanonicalHeaderKey(name): {"127.0.0.1"}}
		return a
	}
	for name, c := range map[string]struct {
		options Options
		arrival arrival
	}{
		"another machine": {private, arrival{"192.0.2.1:8080", "192.0.2.7:4711", "192.0.2.1:8080",
			nil}},
		"another machine that says localhost": {private, arrival{"192.0.2.1:8080", "192.0.2.7:4711", "localhost:8080",
			nil}},
		"a forged sender from outside": {private, arrival{"192.0.2.1:8080", "127.0.0.1:4711", "localhost:8080",
			nil}},
		"a routed packet to the loopback": {private, arrival{"127.0.0.1:8080", "192.0.2.7:4711", "localhost:8080",
			nil}},
		"a page of another site that may call": {private, arrival{"127.0.0.1:8080", "127.0.0.1:4711", "localhost:8080",
			http.Header{"Origin": {"https://evil.example"}}}},
		"a page without an origin": {private, arrival{"127.0.0.1:8080", "127.0.0.1:4711", "localhost:8080",
			http.Header{"Origin": {"null"}}}},
		"a page that rebinds its name": {private, arrival{"127.0.0.1:8080", "127.0.0.1:4711",
			"evil.example:8080", nil}},
		"a name that begins like this one": {private, arrival{"127.0.0.1:8080", "127.0.0.1:4711",
			"localhost.evil.example", nil}},
		"a tunnel that passes the host on": {private, arrival{"127.0.0.1:8080", "127.0.0.1:4711", "abc.ngrok.app",
			nil}},
		"no host":                              {private, arrival{"127.0.0.1:8080", "127.0.0.1:4711", "", nil}},
		"behind Lambda":                        {private, arrival{"", "127.0.0.1:0", "localhost", nil}},
		"a Unix socket":                        {private, arrival{"127.0.0.1:8080", "@", "localhost", nil}},
		"a proxy by RFC 7239":                  {private, through("Forwarded")},
		"a proxy that names the client":        {private, through("X-Forwarded-For")},
		"a proxy that names the host":          {private, through("X-Forwarded-Host")},
		"a proxy that names the scheme":        {private, through("X-Forwarded-Proto")},
		"a proxy with a header of its own":     {private, through("X-Forwarded-Anything")},
		"nginx by its example":                 {private, through("X-Real-IP")},
		"Cloudflare's tunnel":                  {private, through("CF-Connecting-IP")},
		"Cloudflare's tunnel without a client": {private, through("CF-Ray")},
		"a proxy by RFC 9110":                  {private, through("Via")},
		"Apache, or a load balancer of Azure":  {private, through("X-Client-IP")},
		"Akamai, or Cloudflare for companies":  {private, through("True-Client-IP")},
		"Fly's proxy":                          {private, through("Fly-Client-IP")},
		"Envoy":                                {private, through("X-Envoy-External-Address")},
		"Envoy without a client":               {private, through("X-Envoy-Expected-Rq-Timeout-Ms")},
		"a proxy that names nobody": {private, arrival{"127.0.0.1:8080", "127.0.0.1:4711", "localhost",
			http.Header{"X-Forwarded-For": {""}}}},
		"whoever a trusted proxy lets in":      {Options{Private: true, TrustProxy: true}, local()},
		"whoever comes by the name of a proxy": {Options{Private: true, Hosts: []string{"chat.example"}}, local()},
		"a server that others can reach":       {Options{}, local()},
	} {
		a := New(c.options).(*server)
		if got := a.principalOf(c.arrival.request(t)); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// nginx by default calls a server in HTTP/1.0, and adds no header.
func TestPrincipal_callInHTTP10_isNobodys(t *testing.T) {
	r := local().request(t)
	r.ProtoMinor = 0
	if got := New(Options{Private: true}).(*server).principalOf(r); got != "" {
		t.Errorf("%q", got)
	}
}

func TestPrincipal_reachesTheTools(t *testing.T) {
	for _, private := range []bool{true, false} {
		s := newSite(t, func(_ *site, o *Options) {
			o.Private = private
			o.MCP = mcp.NewServer(mcp.Options{Tools: []mcp.Tool{{Name: "who",
				Call: func(ctx context.Context, _ json.RawMessage, _ *mcp.Record) (any, error) {
					return ident.PrincipalOf(ctx).ID, nil
				}}}}).Serve
		})
		for accept, stream := range map[string]bool{"application/json": false,
			"application/json, text/event-stream": true} {
			body, header := legacyCall("1", "who", "", "")
			r := s.request(body, header)
			r.Header.Set("Accept", accept)
			_, answer := s.do(r)
			if got := decode(t, answer).text(); (got == ident.Local) != private {
				t.Errorf("private %v, stream %v: %q", private, stream, got)
			}
		}
	}
}
