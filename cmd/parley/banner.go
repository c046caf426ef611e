package main

import (
	"fmt"
	"io"
	"net"
	"net/netip"

	"github.com/parley-chat/parley/internal/app"
	"github.com/parley-chat/parley/internal/httpapi"
)

// banner writes to w what a person needs after the start: where the server
// listens, where the rooms are stored, and what to paste into a client.
func banner(w io.Writer, listening net.Addr, rooms string) error {
	url, open := address(listening)
	note := ""
	if open {
		note = `
Other machines can reach this server; they may have to use this machine's name
instead of 127.0.0.1. The connection is not encrypted: put TLS in front of it.
`
	}
	_, err := fmt.Fprintf(w, `Parley %s listens on %s
The rooms are stored in %s

Add it to a client:

%s
Then tell the agent in each client: join the room "hello" and talk to the other one.
%s
`, app.Version, url, rooms, httpapi.Connect(url), note)
	return err
}

// address returns the URL of MCP on a listener, as a client on this machine calls
// it, and whether clients on other machines can reach the listener.
func address(listening net.Addr) (url string, open bool) {
	at, err := netip.ParseAddrPort(listening.String())
	if err != nil {
		return "http://" + listening.String() + httpapi.MCPPath, true
	}
	open = !at.Addr().IsLoopback()
	if at.Addr().IsUnspecified() {
		at = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port())
	}
	return "http://" + at.String() + httpapi.MCPPath, open
}
