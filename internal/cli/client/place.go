package client

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/parley-chat/parley/internal/base/ident"
)

// Place is what an address from a person leads to: a server, and perhaps a door of the server.
type Place struct {
	Base   string // the server, without /mcp: scheme, host and an optional path
	Key    string // the key in the address; "" if none
	Invite string // the code of an invite to one room; "" if none
}

// The doors of a server, in the path of an address.
const (
	keyDoor    = "/k/"
	inviteDoor = "/i/"
)

// ParsePlace reads an address as people write it: with or without /mcp at the end, with a key (/k/KEY) or an invite's
// code (/i/CODE), also in quotes, in Markdown or before a full stop. The error never repeats a secret.
func ParsePlace(given string) (Place, error) {
	given = bare(given)
	u, err := url.Parse(given)
	switch {
	case err != nil || strings.ContainsFunc(given, unicode.IsSpace) || u.Host == "" ||
		u.Scheme != "http" && u.Scheme != "https":
		return Place{}, fmt.Errorf("%q is not the address of a server; write it as https://parley.example or %s",
			masked(given), Local)
	case u.User != nil:
		return Place{}, errors.New("the address of a server has no user and no password")
	case u.RawQuery != "" || u.Fragment != "":
		return Place{}, fmt.Errorf("%q has a query or a fragment. The address of a server has neither, and "+
			"the link of an invite has /i/ and a code", masked(given))
	}
	u.Host = strings.ToLower(u.Host)
	place := Place{Base: strings.TrimRight(strings.TrimSuffix(strings.TrimRight(u.String(), "/"), mcpPath), "/")}
	if base, key, ok := behind(place.Base, keyDoor); ok {
		k, ok := ident.ParseKey(key)
		if !ok {
			return Place{}, fmt.Errorf("the key in the address %s is mistyped: copy the whole address again, or "+
				"ask for a new key whoever runs the server", masked(given))
		}
		return Place{Base: base, Key: k.String()}, nil
	}
	if base, code, ok := behind(place.Base, inviteDoor); ok {
		v, ok := ident.ParseInvite(code)
		if !ok {
			return Place{}, fmt.Errorf("the invite in the address %s is mistyped: copy the whole link again, or "+
				"ask whoever invited you for a new one", masked(given))
		}
		return Place{Base: base, Invite: v.String()}, nil
	}
	if slices.ContainsFunc(strings.Split(u.Path, "/"), isSecret) {
		return Place{}, fmt.Errorf("the address %s has something after its key or invite: remove that",
			masked(given))
	}
	return place, nil
}

// isSecret reports whether a part of a path is a key or the code of an invite.
func isSecret(part string) bool {
	_, key := ident.ParseKey(part)
	_, invite := ident.ParseInvite(part)
	return key || invite
}

// behind returns the text before and behind a door, in either case, at the end of an address.
func behind(address, door string) (before, secret string, ok bool) {
	slash := strings.LastIndex(address, "/") + 1
	at := slash - len(door)
	if at < 0 || !strings.EqualFold(address[at:slash], door) {
		return address, "", false
	}
	return address[:at], address[slash:], true
}

// Address returns the address of the server for the client of an agent. The address of an invite leads a guest in, and
// holds the code. The address never has the key.
func (p Place) Address() string {
	if p.Invite != "" {
		return p.Base + inviteDoor + p.Invite
	}
	return p.Base
}

// MCP returns the address of MCP there.
func (p Place) MCP() string { return p.Address() + mcpPath }

// String returns the address for people, without the secret of the door.
func (p Place) String() string {
	switch {
	case p.Key != "":
		return p.Base + keyDoor + hiddenPart
	case p.Invite != "":
		return p.Base + inviteDoor + hiddenPart
	}
	return p.Base
}

const hiddenPart = "…"

var doors = regexp.MustCompile("(?i)" + keyDoor + "|" + inviteDoor)

// Shown returns an address, for example from the configuration of a client, without a secret.
func Shown(address string) string {
	place, err := ParsePlace(address)
	if err != nil {
		return masked(address)
	}
	return place.String()
}

// masked returns a text without anything behind the first door in the text.
func masked(text string) string {
	if at := doors.FindStringIndex(text); at != nil {
		return text[:at[1]] + hiddenPart
	}
	if at := strings.LastIndex(text, "@"); at >= 0 {
		if strings.ContainsAny(text[:at], "?#") { // a password, or text behind the address
			return hiddenPart
		}
		text = hiddenPart + text[at:]
	}
	if end := strings.IndexAny(text, "?#"); end >= 0 {
		text = text[:end+1] + hiddenPart
	}
	if _, invite := ident.InviteIn(text); invite || ident.SecretIn(text) != "" {
		return hiddenPart
	}
	return text
}
