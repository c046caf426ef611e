package main

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"

	"github.com/parley-chat/parley/internal/api/httpapi"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/server/app"
)

// greeting is what a person must know after the start.
type greeting struct {
	at       endpoint
	public   string // the address of MCP, if the settings have one
	rooms    string // where the rooms are stored
	exposure string // who can reach the server, and who may use it
	makeKey  string // the command that makes a key, if there is no key
	io       streams
}

// banner writes to w how to use the server, where the server listens, and where the rooms are stored. The banner has at
// most sixteen lines: the page has the lines for each client.
func (g greeting) banner(w io.Writer) error {
	text := fmt.Sprintf(`%s

%s

Parley %s listens %s
%s
The rooms are stored in %s. %s lists all commands. Ctrl-C stops the server; the rooms stay.
`, g.io.own(g.commands()), tellEach, app.Version(), g.at.listens, g.exposure+g.hint(), g.rooms,
		g.io.own("parley --help"))
	_, err := io.WriteString(w, shell.ScreenOn(w).Fold(text, ""))
	return err
}

// base is the address of the page, without a slash at the end.
func (g greeting) base() string {
	return strings.TrimSuffix(cmp.Or(g.public, g.at.url()), httpapi.MCPPath)
}

// commands returns a person's next commands, first the command for a key if there is none.
func (g greeting) commands() string {
	page := "Open " + g.base() + "/ in a browser to connect clients, or "
	connect := ":\n\n" + indented(2, connectLines(" --url "+g.base()))
	if g.makeKey == "" {
		return page + strings.ToLower(connectTwo[:1]) + connectTwo[1:] + connect
	}
	return "Nobody can use this server yet, not even clients that you connected before: it has no key. Seats that " +
		"were taken without a key stay, and go on once their owners show one. Make a key in a second " +
		"terminal, with your name for LABEL:\n\n  " + g.makeKey + "\n\n" +
		"Then " + strings.ToLower(page[:1]) + page[1:] + "connect two agents there" + connect
}

// hint warns if others can read the connection to the server.
func (g greeting) hint() string {
	if g.public == "" && g.at.open {
		return "\nThe connection is not encrypted: use it in a trusted network, or put TLS in front of it."
	}
	return ""
}

// endpoint is where a server listens, and how clients reach it.
type endpoint struct {
	listens  string // where, for people
	hostport string // the host and port for clients, also on other machines if open is true
	open     bool   // other machines can reach it
}

// url is the address of MCP for clients.
func (e endpoint) url() string { return "http://" + e.hostport + httpapi.MCPPath }

// reachable returns the host and port for other machines; "" if other machines cannot reach the server.
func (e endpoint) reachable() string {
	if !e.open {
		return ""
	}
	return e.hostport
}

// endpointOf describes a listener. Only for a listener on all addresses endpointOf calls own, which returns an address
// of this machine that other machines can reach, or the zero Addr.
func endpointOf(listening net.Addr, own func() netip.Addr) endpoint {
	e := endpoint{listens: "on http://" + listening.String() + httpapi.MCPPath, hostport: listening.String(),
		open: true}
	at, err := netip.ParseAddrPort(listening.String())
	if err != nil {
		return e
	}
	e.open = !at.Addr().IsLoopback()
	if at.Addr().IsUnspecified() {
		reached := own()
		if !reached.IsValid() {
			reached = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		}
		e.hostport = netip.AddrPortFrom(reached, at.Port()).String()
		e.listens = "on all addresses of this machine, such as " + e.url()
	}
	return e
}

// ownAddress returns the address of this machine in its network: the address from which the machine would send to
// another network, or else the first address of an interface that others may reach. ownAddress returns the zero Addr if
// there is none, and sends nothing.
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
