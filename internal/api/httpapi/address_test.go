package httpapi

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/observe/meter"
)

func TestClient_isThePeerUnlessAProxyIsTrusted(t *testing.T) {
	for _, c := range []struct {
		peer      string
		forwarded []string
		trust     bool
		want      string
	}{
		{peer: "192.0.2.7:4711", want: "192.0.2.7"},
		{peer: "192.0.2.7:4711", forwarded: []string{"198.51.100.1"}, want: "192.0.2.7"},
		{peer: "192.0.2.7:4711", trust: true, want: "192.0.2.7"},
		{peer: "192.0.2.7:4711", forwarded: []string{"198.51.100.1"}, trust: true, want: "198.51.100.1"},
		{peer: "192.0.2.7:4711", forwarded: []string{"203.0.113.9, 198.51.100.1"}, trust: true, want: "198.51.100.1"},
		{peer: "192.0.2.7:4711", forwarded: []string{"203.0.113.9", "10.0.0.1,198.51.100.1:80"}, trust: true,
			want: "198.51.100.1"},
		{peer: "192.0.2.7:4711", forwarded: []string{"[2001:db8:1:2:3::4]:80"}, trust: true, want: "2001:db8:1:2::/64"},
		{peer: "192.0.2.7:4711", forwarded: []string{"somebody"}, trust: true, want: ""},
		{peer: "[2001:db8:1:2:3:4:5:6]:4711", want: "2001:db8:1:2::/64"},
		{peer: "[::ffff:192.0.2.7]:4711", want: "192.0.2.7"},
		{peer: "[fe80::1%eth0]:4711", want: "fe80::/64"},
		{peer: "192.0.2.7:0", want: "192.0.2.7"}, // as behind Lambda
		{peer: "@", want: ""},                    // of a Unix socket
	} {
		a := &server{Options: Options{TrustProxy: c.trust}}
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.forwarded}}
		if got := a.clientOf(r); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestClient_limitsCountByItsAddress(t *testing.T) {
	h := newHall(t, meter.Options{}, func(rooms *chat.Options, o *Options) {
		rooms.Limits.Rooms, o.TrustProxy = 1, true
	}) // whose own room is of no address
	for n, c := range []struct {
		address string
		refused bool
	}{{"192.0.2.1", false}, {"192.0.2.1", true}, {"192.0.2.2", false}} {
		r := h.request(fmt.Sprintf(
			`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"join_room","arguments":{"room":"room %d","agent_name":"Ann"}}}`, n),
			http.Header{"X-Forwarded-For": {c.address}})
		if _, body := h.do(r); strings.Contains(body, "rate_limited") != c.refused {
			t.Errorf("room %d, from %s: %s", n, c.address, body)
		}
	}
}

func TestAddress_ofAServerThatOthersReach_isNotThisMachinesAlone(t *testing.T) {
	const reachable = "192.168.1.7:8080"
	for _, c := range []struct {
		name, reachable, local, host, want string
	}{
		{"a name that does something in a shell", reachable, "192.168.1.7:8080", "$(id)", ""},
		{"an address of IPv6", "", "[2001:db8::1]:8080", "[2001:db8::1]:8080", "http://[2001:db8::1]:8080/mcp"},
		{"a caller on this machine", reachable, "127.0.0.1:8080", "localhost:8080", "http://192.168.1.7:8080/mcp"},
		{"a caller on another", reachable, "192.168.1.7:8080", "ann-pc.local:8080", "http://ann-pc.local:8080/mcp"},
		{"a port of this machine that leads into a container", reachable, "192.168.1.7:8080", "127.0.0.1:9090",
			"http://127.0.0.1:9090/mcp"},
		{"a proxy on this machine", reachable, "127.0.0.1:8080", "chat.example", "http://chat.example/mcp"},
		{"a server for this machine alone", "", "127.0.0.1:8080", "localhost:8080", "http://localhost:8080/mcp"},
	} {
		local, err := net.ResolveTCPAddr("tcp", c.local)
		if err != nil {
			t.Fatal(err)
		}
		r := (&http.Request{Host: c.host}).WithContext(context.WithValue(t.Context(), http.LocalAddrContextKey,
			net.Addr(local)))
		if got := (&server{Options: Options{Reachable: c.reachable}}).addressOf(r); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
