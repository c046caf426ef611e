package client

import (
	"errors"
	"net/url"
	"regexp"
	"strings"

	"github.com/parley-chat/parley/internal/base/ident"
)

// People paste an address with its surroundings: a full stop, quotes, Markdown, or the whole line.

// bare returns an address without its surroundings. A bracket at the end stays: it may belong to an IPv6 address.
func bare(text string) string {
	text = strings.TrimSpace(text)
	if in := inMarkdown.FindStringSubmatch(text); in != nil {
		text = in[1]
	}
	return strings.TrimRight(strings.TrimLeft(text, "\"'`<(*“‘„«"), "\"'`>)*”’“»,;:!?.…。、，")
}

// inMarkdown matches a link of Markdown, with the address in parentheses.
var inMarkdown = regexp.MustCompile(`^\[[^\]]*\]\(([^()\s]*)\)[.,;:!?]*$`)

// linkIn matches an address with the code of a person's link, within a text.
var linkIn = regexp.MustCompile(`(?i)https?://` + inAddress + `+?/r/[0-9a-z]+#[0-9a-z]{20,}`)

// goesOn matches the rest of an address behind a code, such as a query.
var goesOn = regexp.MustCompile(`^[^\s()<>"'` + "`" + `|\x{80}-\x{10ffff}]*[0-9A-Za-z]`)

// inAddress is a character of an address, without the characters that often stand beside addresses.
const inAddress = "[^\\s()<>\"'`|“”‘’«»]"

// linksIn returns the addresses with a code in a text.
func linksIn(text string) (all []string) {
	for _, at := range linkIn.FindAllStringIndex(text, -1) {
		if !goesOn.MatchString(text[at[1]:]) {
			all = append(all, text[at[0]:at[1]])
		}
	}
	return all
}

// Invited returns where the invite in a text leads; ok is false if the text has none. A text has an invite wherever
// join_room finds one in place of a room: see [ident.InviteIn]. A code without an address is of the server at usual.
// The error says that there is an invite, with an address that is none.
func Invited(text, usual string) (place Place, ok bool, err error) {
	before, v, ok := ident.InviteBehind(text)
	if !ok {
		return Place{}, false, nil
	}
	base, err := serverBefore(before, usual)
	return Place{Base: base, Invite: v.String()}, true, err
}

// serverBefore returns the server at whose address a text ends that goes on with the code of an invite.
func serverBefore(text, usual string) (base string, err error) {
	word := lastWord(text)
	if plain, err := url.PathUnescape(word); err == nil {
		word = lastWord(plain)
	}
	address := atDoor.ReplaceAllString(word, "")
	switch found := scheme.FindStringSubmatchIndex(address); {
	case address == "", address == word && !strings.Contains(word, "/"): // "/i/", "room=" or nothing
		return usual, nil
	case address == word:
		return "", errNoServer
	case found != nil:
		name := address[max(found[2], found[4]):max(found[3], found[5])] // of the two, one is -1
		address = strings.ToLower(name) + "://" + address[found[1]:]
	default:
		address = withScheme(host.FindString(otherScheme.ReplaceAllString(address, "")), usual)
	}
	place, err := ParsePlace(address)
	if err != nil || place != (Place{Base: place.Base}) {
		return "", errNoServer
	}
	return place.Base, nil
}

// withScheme returns the whole of an address that has lost its beginning: usual if it is that, else with the usual
// beginning of an address on this machine or elsewhere.
func withScheme(address, usual string) string {
	switch {
	case strings.EqualFold(scheme.ReplaceAllString(usual, ""), address):
		return usual
	case OnThisMachine("http://" + address):
		return "http://" + address
	}
	return "https://" + address
}

// lastWord returns the end of a text that may be of an address.
func lastWord(text string) string { return endOfAddress.FindString(text) }

var (
	endOfAddress = regexp.MustCompile(inAddress + `*$`)
	atDoor       = regexp.MustCompile(`(?i)/i/$`)
	scheme       = regexp.MustCompile(`(?i)^.*(https?)(?::/+|//)|^(?:.*[^\pL0-9._-])?(https?):`) // but parley-http:8080
	otherScheme  = regexp.MustCompile(`^.*:/+`)
	host         = regexp.MustCompile(`(?i)(?:\[[0-9a-f:.]+\]|[\pL0-9]).*`)
)

var errNoServer = errors.New("this is an invite, but the address of its server in front of the code is mistyped or " +
	"incomplete. Copy the whole link, which begins with http:// or https://")
