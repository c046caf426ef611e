package client

import (
	"regexp"
	"strings"
)

// People paste an address with what stands around it: a full stop, quotes, Markdown, or the whole line.

// bare returns an address without that. A bracket at its end stays, which may be that of an IPv6 address.
func bare(text string) string {
	text = strings.TrimSpace(text)
	if in := inMarkdown.FindStringSubmatch(text); in != nil {
		text = in[1]
	}
	return strings.TrimRight(strings.TrimLeft(text, "\"'`<(*“‘„«"), "\"'`>)*”’“»,;:!?.…。、，")
}

// inMarkdown is a link of Markdown, whose address stands in parentheses.
var inMarkdown = regexp.MustCompile(`^\[[^\]]*\]\(([^()\s]*)\)[.,;:!?]*$`)

// linkIn is an address with the code of an invite, or with that of a person's link, within a text.
var linkIn = regexp.MustCompile(`(?i)https?://` + inAddress + `+?/(?:i/[0-9a-z]{20,}(?:/mcp\b)?|r/[0-9a-z]+#[0-9a-z]{20,})`)

// goesOn is what follows a code that is not at the end of its address, such as a query.
var goesOn = regexp.MustCompile(`^[^\s()<>"'` + "`" + `|\x{80}-\x{10ffff}]*[0-9A-Za-z]`)

// inAddress is a character of an address: none of those that stand beside many.
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

// Invited returns where the link of an invite leads that stands in a text; ok is false if there is none.
func Invited(text string) (place Place, ok bool) {
	for _, link := range linksIn(text) {
		if p, err := ParsePlace(link); err == nil && p.Invite != "" {
			return p, true
		}
	}
	return Place{}, false
}
