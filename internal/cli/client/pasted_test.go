package client_test

import (
	"fmt"
	"net/url"
	"strings"
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

// An invite is one wherever join_room takes it for one. Its server is the one in front of the code, or else the usual.
func TestInvited_asPeoplePasteIt_isFound(t *testing.T) {
	const usual = "https://usual.example/p"
	code := ident.NewInvite("log key", "abcdefg", 3).String()
	const a, here, mine = "https://a.example", "http://127.0.0.1:8080/p", "http://box.lan:8402"
	wants := map[string]string{"": "", code[1:]: "", "https://a.example": "", a + "/i/" + code[1:]: ""}
	for _, base := range []string{a, "http://[::1]:8080", here} {
		for _, behind := range []string{"", "/mcp", "/", "/tools/join_room", "?utm=1", "#x", "/mcpx", "/MCP/", "/a2a"} {
			wants[base+"/i/"+code+behind] = base
		}
		wants[strings.ToUpper(strings.TrimSuffix(base, "/p")+"/I/"+code)] = strings.TrimSuffix(base, "/p")
		wants[url.QueryEscape(base+"/i/"+code)+"%2Fmcp"] = base
		wants["room=https:/"+strings.TrimPrefix(base, "https:/")+"/i/"+code] = base
	}
	wants["room=https:/"+here+"/i/"+code] = here
	wants["room=https:/http://[::1]:8080/i/"+code] = "http://[::1]:8080"
	for link, base := range map[string]string{code: usual, strings.ToUpper(code): usual, "harbour:" + code: usual,
		"code=" + code: usual, "/i/" + code: usual, "a.example/i/" + code: a, "a.example:8443/i/" + code: a + ":8443",
		"127.0.0.1:8080/p/i/" + code + "/mcp": here, "[::1]:8080/i/" + code: "http://[::1]:8080",
		"localhost:8080/i/" + code: "http://localhost:8080", "USUAL.example/p/i/" + code: usual,
		"htps://a.example/i/" + code: a, "ftp:/a.example/i/" + code: a, "https//a.example/i/" + code: a,
		"parley-http:8080/i/" + code: "https://parley-http:8080",
		"parley_http:8080/i/" + code: "https://parley_http:8080",
		"my-https:8443/p/i/" + code:  "https://my-https:8443/p", "LINKhttp://a.example/i/" + code: "http://a.example",
		"https:a.example/i/" + code: a, a + "/i/" + code[:9] + "\n  " + code[9:]: a,
		"https://a.example/" + code: "?", "a.example/j/" + code: "?", "htps:a.example/i/" + code: "?",
		"https://ann:b@a.example/i/" + code: "?", "https://a.example/?to=/i/" + code: "?", "https:///i/" + code: "?",
	} {
		wants[link] = base
	}
	for link, base := range wants {
		around := wrap
		if base != a {
			around = []string{"%s", " %s\n", "room %s", "(%s)", "<%s>."}
		}
		for _, around := range around {
			text := fmt.Sprintf(around, link)
			got, ok, err := client.Invited(text, usual)
			switch base {
			case "":
				if ok || err != nil || got != (client.Place{}) {
					t.Errorf("%s: %+v, %v", text, got, err)
				}
			case "?":
				if !ok || err == nil || strings.Contains(err.Error(), code) {
					t.Errorf("%s: %+v, %v", text, got, err)
				}
			default:
				if !ok || err != nil || got.Base != base || got.Invite != code {
					t.Errorf("%s: %+v, %v", text, got, err)
				}
			}
			if _, server := ident.InviteIn(text); server != ok {
				t.Errorf("%s: the server finds an invite: %v", text, server)
			}
		}
	}
	if got, _, err := client.Invited("box.lan:8402/i/"+code, mine); err != nil || got.Base != mine {
		t.Errorf("the usual server, without http://, is %+v, %v", got, err)
	}
}
