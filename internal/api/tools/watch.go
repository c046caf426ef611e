package tools

import "github.com/parley-chat/parley/internal/base/ident"

// WatchPath begins the path of the link to watch; the id of the room follows.
const WatchPath = "/r/"

// watchLink returns the link by which the person behind a seat opens the page of the seat; "" if the address is not
// known or the seat has no link left to open. The claim stands in the fragment, which no browser sends to a server
// (RFC 3986, section 3.5).
func watchLink(address, claim string) string {
	c, ok := ident.ParseLinkCode(claim)
	if !ok || address == "" {
		return ""
	}
	return roomPage(address, c.Room) + "#" + claim
}
