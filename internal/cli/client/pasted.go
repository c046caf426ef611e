package client

import (
	"regexp"
	"strings"
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

// linkIn matches an address with the code of an invite or of a person's link, within a text.
var linkIn = regexp.MustCompile(`(?i)https?://` + inAddress + `+?/(?:i/[0-9a-z]{20,}(?:/mcp\b)?|r/[0-9a-z]+#[0-9a-z]{20,})`)

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

// Invited returns the place of an invite's link in a text; ok is false if the text has none.
func Invited(text string) (place Place, ok bool) {
	for _, link := range linksIn(text) {
		if p, err := ParsePlace(link); err == nil && p.Invite != "" {
			return p, true
		}
	}
	return Place{}, false
}
