package client_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/cli/client"
)

// wrap are what people paste around a link: %s stands for that.
var wrap = []string{"%s", "%s.", "\"%s\"", "`%s`", "<%s>", "**%s**", "(%s)", "[the room](%s)", "[%[1]s](%[1]s)", "%s。",
	"Watch and speak here: %s, once.", "Your link:\n  %s\nIt opens once.", "parley watch '%s'", "“%s”"}

func TestParseWatchLink_asPeoplePasteIt_isFound(t *testing.T) {
	code := ident.NewLinkCode("log key", "abcdefg", 3, 17, 0)
	for _, base := range []string{"https://a.example", "http://[::1]:8080", "http://127.0.0.1:8080/p"} {
		link := base + "/r/abcdefg#" + code.String()
		for _, around := range wrap {
			if got, err := client.ParseWatchLink(fmt.Sprintf(around, link)); err != nil || got.Base != base ||
				!got.Claim.Is(code) {
				t.Errorf("%s: %+v, %v", fmt.Sprintf(around, link), got, err)
			}
		}
	}
	for _, none := range []string{"", "https://a.example/r/abcdefg", "https://a.example/r/gfedcba#" + code.String(),
		code.String(), "https://a.example/r/abcdefg#" + code.String()[1:],
		"https://a.example/r/abcdefg#" + code.String() + "x", "https://ann:b@a.example/r/abcdefg#" + code.String()} {
		if got, err := client.ParseWatchLink(none); err == nil {
			t.Errorf("%q: %+v", none, got)
		}
	}
}

func TestInvited_asPeoplePasteIt_isFound(t *testing.T) {
	code := ident.NewInvite("log key", "abcdefg", 3).String()
	for _, base := range []string{"https://a.example", "http://[::1]:8080", "http://127.0.0.1:8080/p"} {
		want := client.Place{Base: base, Invite: code}
		for _, link := range []string{base + "/i/" + code, base + "/i/" + code + "/mcp"} {
			for _, around := range wrap {
				if got, ok := client.Invited(fmt.Sprintf(around, link)); !ok || got != want {
					t.Errorf("%s: %+v, %v", fmt.Sprintf(around, link), got, ok)
				}
			}
		}
	}
	for _, none := range []string{"", code, "https://a.example/i/" + code[1:], "https://a.example/i/" + code + "?a=b",
		"https://a.example/i/" + code + "/mcpx", "https://a.example"} {
		if got, ok := client.Invited(none); ok {
			t.Errorf("%q: %+v", none, got)
		}
	}
}
