package agentcall_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/outbound/agentcall"
	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// cardOf returns a card with one interface, and what else it has.
func cardOf(binding, version, url, more string) string {
	return fmt.Sprintf(`{"name":"Ida","description":"Knows.","supportedInterfaces":[{"url":%q,"protocolBinding":%q,`+
		`"protocolVersion":%q}]%s}`, url, binding, version, more)
}

func TestCard_ofAHost_isJudged(t *testing.T) {
	fine := func(url string) string { return cardOf("JSONRPC", "1.0", url, "") }
	long := strings.Repeat("€", 600)
	e := newEndpoint(t)
	rpc := e.url + "/a2a"
	byName := strings.Replace(strings.ToUpper(e.url), "127.0.0.1", "LocalHost", 1)
	ida := agentcall.Agent{Name: "Ida", URL: rpc}
	for of, c := range map[string]struct {
		status int
		body   string
		want   agentcall.Agent
		says   string // in the refusal
	}{
		"one interface":   {200, fine(rpc), ida, ""},
		"a newer version": {200, cardOf("JSONRPC", "1.7", rpc, ""), ida, ""},
		"another name":    {200, fine(byName), agentcall.Agent{Name: "Ida", URL: byName}, ""},
		"another host":    {200, fine("https://agents.example.org/a2a"), agentcall.Agent{}, "on another host"},
		"another port":    {200, fine("http://127.0.0.1:9/a2a"), agentcall.Agent{}, "on another host, or port"},
		"one interface of several": {200, `{"name":" I\nda\u202e","description":"` + long + `","protocolVersion":"0.3.0",` +
			`"supportedInterfaces":[null,` +
			`{"url":"http://a.example","protocolBinding":"JSONRPC","protocolVersion":"1.0"},` +
			`{"url":"http://127.0.0.1/old","protocolBinding":"JSONRPC","protocolVersion":"0.3"},` +
			`{"url":"http://127.0.0.1/t","protocolBinding":"JSONRPC","protocolVersion":"1.0","tenant":"a"},` +
			`{"url":"http://127.0.0.1/g","protocolBinding":"GRPC","protocolVersion":"1.0"},` +
			`{"url":"` + rpc + `","protocolBinding":"JSONRPC","protocolVersion":"1.0"}]}`,
			agentcall.Agent{Name: `I da\u202e`, URL: rpc}, ""},
		"a credential or none": {200, cardOf("JSONRPC", "1.0", rpc, `,"securityRequirements":[{"schemes":`+
			`{"key":{"list":[]}}},{"schemes":{}}]`), ida, ""},
		"a credential": {200, cardOf("JSONRPC", "1.0", rpc, `,"securityRequirements":[{"schemes":{"key":[]}}]`),
			agentcall.Agent{}, "wants a credential"},
		"an extension": {200, cardOf("JSONRPC", "1.0", rpc, `,"capabilities":{"extensions":[{"uri":"a:b","required":true}]}`),
			agentcall.Agent{}, "with an extension of A2A"},
		"a tenant": {200, strings.Replace(fine(rpc), `"url"`, `"tenant":"a","url"`, 1), agentcall.Agent{}, "for a tenant"},
		"A2A 0.3": {200, `{"name":"Ida","protocolVersion":"0.3.0","url":"` + rpc + `","preferredTransport":"JSONRPC"}`,
			agentcall.Agent{}, "An agent of A2A 0.3 needs a newer SDK."},
		"another binding": {200, cardOf("HTTP+JSON", "1.0", rpc, ""), agentcall.Agent{}, "over JSON-RPC"},
		"within the network": {200, fine("https://10.0.0.1/"), agentcall.Agent{},
			"The host of the address must be a public name"},
		"no TLS": {200, fine("http://agents.example.org/"), agentcall.Agent{},
			"The address must begin with https://."},
		"no address": {200, fine("/a2a"), agentcall.Agent{}, "The address is no URL"},
		"other JSON": {200, `{}`, agentcall.Agent{}, "no address at which its agent takes calls. Give"},
		"no JSON":    {200, "<html>", agentcall.Agent{}, "no agent's card at this address. Give"},
		"no card":    {404, fine(rpc), agentcall.Agent{}, "with status 404. Give"},
	} {
		e.answers(c.status, c.body)
		got, err := e.client.Card(t.Context(), e.url)
		var refused *agentcall.Refusal
		switch {
		case c.says == "" && (err != nil || got != c.want):
			t.Errorf("%s: %+v %v, want %+v", of, got, err, c.want)
		case c.says != "" && (!errors.As(err, &refused) || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %+v %v, want %q", of, got, err, c.says)
		}
		if e.method != http.MethodGet || e.path != "/.well-known/agent-card.json" ||
			e.header.Get("A2A-Version") != "1.0" {
			t.Errorf("%s: asked by %s %s %v", of, e.method, e.path, e.header)
		}
	}
	for path, want := range map[string]string{"/cards/ida": "/cards/ida", "/ida/": "/ida/.well-known/agent-card.json"} {
		e.answers(200, fine(rpc))
		if _, err := e.client.Card(t.Context(), e.url+path); err != nil || e.path != want {
			t.Errorf("%s is asked for at %s: %v", path, e.path, err)
		}
	}
	var called *outcall.Error
	if _, err := e.client.Card(t.Context(), "https://localhost/card"); !errors.As(err, &called) {
		t.Errorf("an address that is not called: %v", err)
	}
}

// A card leads to nobody who has not served it: not to this machine, though a server of one person may call that, nor
// to another host or port.
func TestCard_fromTheInternet_leadsToItsOwnOriginAlone(t *testing.T) {
	var body string
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	c := agentcall.New(outcall.New(outcall.Options{Loopback: true, Roots: roots,
		Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("93.184.215.14")}, nil
		},
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
		}}))
	const card = "https://agents.example.com/card"
	for rpc, want := range map[string]bool{
		"https://agents.example.com/a2a":     true,
		"https://AGENTS.example.com:443/a2a": true,
		"https://calls.example.com/a2a":      false,
		"https://example.com/a2a":            false,
		"https://a.agents.example.com/a2a":   false,
		"http://127.0.0.1:9/a2a":             false,
		"http://127.0.0.1:443/a2a":           false,
	} {
		body = cardOf("JSONRPC", "1.0", rpc, "")
		got, err := c.Card(t.Context(), card)
		var refused *agentcall.Refusal
		if want && (err != nil || got.URL != rpc) || !want && (!errors.As(err, &refused) || !refused.Elsewhere) {
			t.Errorf("%s: %+v, %v", rpc, got, err)
		}
	}
}
