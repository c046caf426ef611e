package client

import (
	"errors"
	"net/url"
	"strings"

	"github.com/parley-chat/parley/internal/base/ident"
)

// WatchLink is the link with which the person behind an agent can watch its seat, and speak.
// Its secret is in the fragment, which is never part of a request.
type WatchLink struct {
	Base  string // the server, without /mcp
	Claim ident.LinkCode
}

// ParseWatchLink reads a link as its person pasted it. Its error does not repeat it.
func ParseWatchLink(given string) (WatchLink, error) {
	u, err := url.Parse(strings.TrimSpace(given))
	if err != nil || u.User != nil {
		return WatchLink{}, errNoWatchLink
	}
	claim, ok := ident.ParseLinkCode(u.Fragment)
	u.Fragment = ""
	before, room, door := behind(u.String(), roomDoor)
	p, err := ParsePlace(before)
	if !ok || !door || room != claim.Room || err != nil || p != (Place{Base: p.Base}) {
		return WatchLink{}, errNoWatchLink
	}
	return WatchLink{Base: p.Base, Claim: claim}, nil
}

const roomDoor = "/r/"

var errNoWatchLink = errors.New("this is not an agent's link, or it is incomplete: such a link contains /r/ and " +
	"ends with a secret after #")
