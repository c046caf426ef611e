package client_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/cli/client"
)

func TestParsePlace_isThatOfTheServerHoweverItIsWritten(t *testing.T) {
	key, invite := ident.NewKey().String(), ident.NewInvite("log key", "abcdefg", 3).String()
	mistyped := []string{"https://a.example/i/" + invite + ".", "https://a.example/k/" + key + "."}
	for given, want := range map[string]client.Place{
		"https://a.example":                                 {Base: "https://a.example"},
		"https://a.example/":                                {Base: "https://a.example"},
		"https://a.example/mcp":                             {Base: "https://a.example"},
		"https://a.example/p/mcp/":                          {Base: "https://a.example/p"},
		" http://127.0.0.1:8080/mcp\n":                      {Base: "http://127.0.0.1:8080"},
		"http://[::1]:8080":                                 {Base: "http://[::1]:8080"},
		"https://a.example/p/k/" + key + "/mcp":             {Base: "https://a.example/p", Key: key},
		"https://a.example/k/" + strings.ToUpper(key) + "/": {Base: "https://a.example", Key: key},
		"https://a.example/i/" + invite:                     {Base: "https://a.example", Invite: invite},
		"https://a.example/i/" + invite + "/mcp":            {Base: "https://a.example", Invite: invite},
		"https://a.example/mcp.":                            {Base: "https://a.example"},
		"`https://a.example`":                               {Base: "https://a.example"},
		"“https://a.example/k/" + key + "”,":                {Base: "https://a.example", Key: key},
		"**<https://a.example/i/" + invite + "/mcp>**.":     {Base: "https://a.example", Invite: invite},
		"[a](https://a.example/i/" + invite + ").":          {Base: "https://a.example", Invite: invite},
		"https://a.example/k/secret":                        {},
		"https://a.example/i/" + invite + "/mcpx":           {},
		"https://a.example/k/" + key + "/mcp/more":          {},
		mistyped[0] + " " + mistyped[1]:                     {},
		mistyped[1] + " " + mistyped[0]:                     {},
		"https://a.example/i/" + invite[1:]:                 {},
		"https://a.example/mcp?key=" + key:                  {},
		"https://a.example/r/abcdefg#" + key:                {},
		"https://ann:secret@a.example":                      {},
		"https://ann:pa?sesame@a.example":                   {},
		"https://ann@a.example/mcp?t=sesame":                {},
		"https://a.example/mcp?t=sesame":                    {},
		"https://a.example/mcp?to=ann@b.example&t=sesame":   {},
		key:               {},
		"a.example":       {},
		"ftp://a.example": {},
		"https://":        {},
		"":                {},
	} {
		got, err := client.ParsePlace(given)
		if got != want || (err == nil) != (want != client.Place{}) {
			t.Errorf("%q: %q, %v", given, got, err)
		}
		for _, said := range []string{fmt.Sprint(err), client.Shown(given), got.String()} {
			for _, secret := range []string{"secret@", "k/secret", "sesame", key, invite, invite[1:]} {
				if strings.Contains(strings.ToLower(said), secret) {
					t.Errorf("%q: it says %s", given, said)
				}
			}
		}
	}
}
