package client

import (
	"errors"
	"net/url"

	"github.com/parley-chat/parley/internal/base/ident"
)

// WatchLink is the link with which the person behind an agent can watch the agent's seat, and speak. The secret is in
// the fragment, which is never part of a request.
type WatchLink struct {
	Base  string // the server, without /mcp
	Claim ident.LinkCode
}

// ParseWatchLink finds a link in a pasted text, which may be a whole line. The error does not repeat the text.
func ParseWatchLink(given string) (WatchLink, error) {
	for _, link := range linksIn(given) {
		if w, ok := watchLink(link); ok {
			return w, nil
		}
	}
	return WatchLink{}, errNoWatchLink
}

// watchLink reads a link. ok is false if the text is no such link.
func watchLink(link string) (w WatchLink, ok bool) {
	u, err := url.Parse(link)
	if err != nil || u.User != nil {
		return WatchLink{}, false
	}
	claim, ok := ident.ParseLinkCode(u.Fragment)
	u.Fragment = ""
	before, room, door := behind(u.String(), roomDoor)
	place, err := ParsePlace(before)
	if !ok || !door || room != claim.Room || err != nil || place != (Place{Base: place.Base}) {
		return WatchLink{}, false
	}
	return WatchLink{Base: place.Base, Claim: claim}, true
}

const roomDoor = "/r/"

var errNoWatchLink = errors.New("this is not the link with which a person watches an agent, or it is incomplete: " +
	"such a link contains /r/ and ends with a secret after #")
