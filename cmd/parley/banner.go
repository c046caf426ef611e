package main

import (
	"fmt"
	"io"
	"net"
	"net/netip"

	"github.com/parley-chat/parley/internal/app"
	"github.com/parley-chat/parley/internal/httpapi"
)

// greeting is what a person needs to know after the start.
type greeting struct {
	at       endpoint
	public   string // the address of MCP, if the settings have one
	rooms    string // where they are stored
	exposure string // who can reach the server, and what its callers may do
	needsKey bool
	makeKey  string // the command that makes a key, if there is none yet
	io       streams
}

// banner writes to w where the server listens, where the rooms are stored, and what to
// paste into a client.
func (g greeting) banner(w io.Writer) error {
	_, err := fmt.Fprintf(w, `Parley %s listens %s
The rooms are stored in %s
%s

%s
Then tell the agent in each client: join the room "hello" on parley and talk to the other one.
Ctrl-C stops the server; the rooms stay.
%s
`, app.Version(), g.at.listens, g.rooms, g.exposure, g.io.own(g.clients()), g.note())
	return err
}

// url is the address of MCP to paste.
func (g greeting) url() string {
	if g.public != "" {
		return g.public
	}
	return g.at.url()
}

// clients returns how to add the server to a client.
func (g greeting) clients() string {
	const lines = "with a key from parley keys add LABEL in place of " + httpapi.KeyPlaceholder + ":\n\n"
	switch {
	case g.makeKey != "":
		return "There is no key yet, so nobody can use this server. This makes one, also while the server runs. Put " +
			"a name in place of LABEL, which others see:\n\n  " +
			g.makeKey + "\n\nThen add the server to a client, " +
			lines + httpapi.ConnectWithKey(g.url(), httpapi.KeyPlaceholder)
	case g.needsKey:
		return "Add it to a client, " + lines + httpapi.ConnectWithKey(g.url(), httpapi.KeyPlaceholder)
	}
	return "Add it to a client:\n\n" + httpapi.Connect(g.url())
}

// note warns of what others can do on the way to the server.
func (g greeting) note() string {
	switch {
	case g.public != "" || !g.at.open:
		return ""
	case g.needsKey:
		return `
Other machines can reach this server, if no firewall stops them. The connection is not
encrypted, so others on the way can read keys and messages: use it in a trusted network,
or put TLS in front of it.
`
	}
	return `
Other machines can reach this server, if no firewall stops them. The connection is not
encrypted, and anyone who knows the name of a room can join it: use it in a trusted network,
or put TLS in front of it.
`
}

// endpoint is where a server listens, and how clients reach it.
type endpoint struct {
	listens  string // where, for people
	hostport string // under which clients reach it, those on other machines too if it is open
	open     bool   // other machines can reach it
}

// url is the address of MCP for clients.
func (e endpoint) url() string { return "http://" + e.hostport + httpapi.MCPPath }

// reachable is the host and port under which other machines reach the server; "" if they
// do not.
func (e endpoint) reachable() string {
	if !e.open {
		return ""
	}
	return e.hostport
}

// endpointOf describes a listener. own returns an address of this machine that others
// can reach, or the zero Addr; only a listener on all addresses asks for it.
func endpointOf(listening net.Addr, own func() netip.Addr) endpoint {
	e := endpoint{listens: "on http://" + listening.String() + httpapi.MCPPath, hostport: listening.String(),
		open: true}
	at, err := netip.ParseAddrPort(listening.String())
	if err != nil {
		return e
	}
	e.open = !at.Addr().IsLoopback()
	if at.Addr().IsUnspecified() {
		e.listens = fmt.Sprintf("on all addresses of this machine, port %d", at.Port())
		reached := own()
		if !reached.IsValid() {
			reached = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		}
		e.hostport = netip.AddrPortFrom(reached, at.Port()).String()
	}
	return e
}

// ownAddress returns the address of this machine in its network: the one from which it
// would send to another network, or else the first of an interface that others may
// reach. It is the zero Addr if there is none. Nothing is sent.
func ownAddress() netip.Addr {
	if c, err := net.Dial("udp4", "192.0.2.1:9"); err == nil { // an address for documentation (RFC 5737)
		defer c.Close()
		if at, err := netip.ParseAddrPort(c.LocalAddr().String()); err == nil && !at.Addr().IsLoopback() {
			return at.Addr()
		}
	}
	list, err := net.InterfaceAddrs()
	if err != nil {
		return netip.Addr{}
	}
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && !p.Addr().IsLoopback() &&
			!p.Addr().IsLinkLocalUnicast() {
			return p.Addr()
		}
	}
	return netip.Addr{}
}
