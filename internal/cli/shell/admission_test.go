package shell_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
)

func TestJoin_lineOfAnInvite_leadsToItsLink(t *testing.T) {
	const base = "http://127.0.0.1:1" // nobody serves here
	code, key := ident.NewInvite("log key", "abcdefg", 1).String(), ident.NewKey().String()
	link := base + "/i/" + code
	const noLink, noMCP = "has no link of an invite", " No MCP? curl this address without /mcp."
	const named = "the server"                 // to which the line leads, and to a room there
	for line, want := range map[string]string{ // "" if the line leads there
		"Add the MCP server " + link + "/mcp and call join_room with your agent_name.":                       "",
		"Add the MCP server " + link + "/mcp and call join_room with your agent_name." + noMCP:               "",
		"Add the MCP server " + base + `/mcp and call join_room with room "tea".`:                            named,
		"Add the MCP server " + base + `/mcp and call join_room with room "tea".` + noMCP:                    named,
		"Add the MCP server " + base + `/mcp and call` + "\n" + `join_room with room "tea".` + noMCP + "\n":  named,
		"Add the MCP server " + base + `/mcp and call join_room with room "tea". No`:                         named,
		"Add the MCP server " + base + `/mcp and call join_room with room "tea", password "sesame".` + noMCP: noLink,
		"Join us: " + link + ".":                     "",
		"“" + link + "”, please.":                    "",
		"<" + link + ">":                             "",
		"(" + base + "/k/" + key + ") " + link + ",": "",
		"[the room](" + link + "/mcp).":              "",
		"To invite someone, send them this line:\n  Add the MCP server " + link + "/mcp and call join_room with " +
			"your agent_name.": "",
		`parley join "` + link + `" --as NAME`: "",
		"Join us: " + link[:len(link)-1]:       noLink,
		"Add the MCP server " + base + `/mcp and call join_room with room "tea", password "sesame".`: noLink,
		"With my key: " + base + "/k/" + key: noLink,
		base + "/k/" + key:                   "is the address of a server, not an invite",
		link[:len(link)-1]:                   "is mistyped",
		link + "?a=" + key:                   "",
		"htps:" + link[7:]:                   "in front of the code is mistyped",
	} {
		c := at(t, base, nil)
		var to client.Place
		c.Dial = func(p client.Place, _ string) *client.Client {
			to = p
			return client.New(p.Base, client.Options{})
		}
		err := fmt.Sprint(c.Join(t.Context(), shell.JoinRequest{Room: line, As: "Ann"}))
		switch {
		case want == named && to != client.Place{Base: base}:
			t.Errorf("%q leads to %q: %v", line, to, err)
		case want == named:
		case want == "" && (to != client.Place{Base: base, Invite: code}):
			t.Errorf("%q leads to %q: %v", line, to, err)
		case want != "" && (to != client.Place{} || !strings.Contains(err, want)):
			t.Errorf("%q leads to %q: %v", line, to, err)
		}
		for _, secret := range []string{code[:len(code)-1], key, "sesame"} {
			if strings.Contains(err, secret) {
				t.Errorf("%q: it says %s", line, err)
			}
		}
	}
}

// An invite is one in each form that join_room takes, and a bare code is of the server that the person uses.
func TestJoin_inviteInAnyForm_leadsToItsRoom(t *testing.T) {
	base := serve(t)
	ann := at(t, base, nil)
	var got struct{ Invite string }
	if err := errors.Join(ann.Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann", Capacity: 20}),
		at(t, base, nil).Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Bob"})); err != nil {
		t.Fatal(err)
	}
	renew := at(t, base, nil)
	if err := renew.Invite(t.Context(), as("Ann"), true); err != nil {
		t.Fatal(err)
	}
	read(t, renew.out.String(), &got)
	invite, _ := ident.InviteIn(got.Invite)
	code, host := invite.String(), strings.TrimPrefix(base, "http://")
	for i, given := range []string{code, "room " + code, "harbour:" + code, url.QueryEscape(base + "/i/" + code),
		base + "/i/" + code + "?utm=1", base + "/i/" + code + "#x", base + "/i/" + code + "/tools/join_room",
		host + "/i/" + code, strings.ToUpper(base + "/i/" + code)} {
		name := fmt.Sprint("Guest", i)
		c := at(t, base, nil)
		if err := c.Join(t.Context(), shell.JoinRequest{Room: given, As: name}); err != nil {
			t.Errorf("%q: %v", given, err)
		} else if who := at(t, base, nil); who.Who(t.Context(), as("Ann")) != nil ||
			!strings.Contains(who.out.String(), `"`+name+`"`) {
			t.Errorf("%q led into another room", given)
		}
	}
	unknown := ident.NewInvite("another key", "abcdefg", 1).String()
	for _, given := range []string{unknown, "https://" + host + "/" + code} {
		err := at(t, base, nil).Join(t.Context(), shell.JoinRequest{Room: given, As: "Eve"})
		if err == nil || strings.Contains(strings.ToLower(err.Error()), given[len(given)-len(code):]) {
			t.Errorf("%q: %v", given, err)
		}
	}
}

// A server without keys invites to a room by the room's name. The command that made the room prints that line.
func TestJoin_lineThatNamesTheRoom_leadsThere(t *testing.T) {
	base := serve(t)
	made := at(t, base, nil)
	made.Out.JSON = false
	if err := made.Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann"}); err != nil {
		t.Fatal(err)
	}
	_, line, found := strings.Cut(made.out.String(), "send them this line:")
	line, rest, _ := strings.Cut(strings.TrimSpace(line), "\n")
	if !found || !strings.Contains(rest, "Only clients on your own computer can use it.") {
		t.Fatal(&made.out)
	}
	c := at(t, "http://127.0.0.1:1", nil) // where nobody serves
	if err := c.Join(t.Context(), shell.JoinRequest{Room: line, As: "Bob"}); err != nil {
		t.Fatal(err)
	}
	if who := at(t, base, nil); who.Who(t.Context(), as("Ann")) != nil || !strings.Contains(who.out.String(), "Bob") {
		t.Errorf("Bob is not in the room: %s", &who.out)
	}
	keys, err := client.StatePath("keys.json") // of other servers
	if err == nil {
		err = os.WriteFile(keys, []byte("no JSON"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	err = at(t, "http://127.0.0.1:1", nil).Join(t.Context(), shell.JoinRequest{Room: line, As: "Cid"})
	if err == nil || !strings.Contains(err.Error(), keys) {
		t.Errorf("the keys cannot be read: %v", err)
	}
}

// Each text is a possible name of a room, or has lost its beginning.
func TestJoin_whatIsNoName_makesNoRoom(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann")
	invite := ident.NewInvite("log key", "abcdefg", 1).String()
	mistyped := strings.Repeat("a", len(invite)) // in each character: the two that check are not those
	claim := ident.NewLinkCode("log key", "abcdefg", 3, 17, 0).String()
	for given, want := range map[string]string{
		"htps://127.0.0.1/i/" + mistyped:        "has lost its beginning, or the beginning is mistyped",
		"here: https:/127.0.0.1/i/" + mistyped:  "has lost its beginning, or the beginning is mistyped",
		base + "/i/" + mistyped:                 "the invite in the address",
		"https:127.0.0.1":                       "This link leads to no invite",
		"standup 12:30":                         "looks like a part of a title or a time",
		"PR: fix login":                         "write the name without the colon",
		"api:v2":                                "A password does not belong on a command line",
		claim:                                   "the end of the link",
		"#" + claim:                             "the end of the link",
		"127.0.0.1:8080/r/abcdefg#" + claim:     "has lost its beginning",
		base + "/r/abcdefg#" + claim:            "To open it: parley watch LINK",
		"Watch " + base + "/r/abcdefg#" + claim: "To open it: parley watch LINK",
		"parley join tea --as NAME":             "a whole command",
		"join tea --as NAME":                    "a whole command",
		" parley join tea":                      "a whole command",
		"parley watch":                          "a whole command",
		"parley tail --room tea":                "a whole command",
		"Add the MCP server " + base + "/mcp and call join_room with room tea.": "in single quotes: 'LINE'",
	} {
		for how, do := range map[string]func(*command) error{
			"join": func(c *command) error { return c.Join(t.Context(), shell.JoinRequest{Room: given, As: "Bob"}) },
			"new": func(c *command) error {
				return c.Join(t.Context(), shell.JoinRequest{Room: given, As: "Bob", New: true})
			},
			"rename": func(c *command) error { return c.Room(t.Context(), as("Ann"), shell.RoomRequest{Name: &given}) },
		} {
			var refused *shell.Failure
			err := do(at(t, base, &refuser{"internal", "asked"}))
			if !errors.As(err, &refused) || refused.Code != 2 || !strings.Contains(err.Error(), want) ||
				strings.Contains(err.Error(), claim) || strings.Contains(err.Error(), invite) {
				t.Errorf("%s %q: %v", how, given, err)
			}
		}
	}
	c := at(t, base, nil)
	link := base + "/i/" + invite
	if err := c.Room(t.Context(), as("Ann"), shell.RoomRequest{Name: &link}); err == nil ||
		!strings.Contains(err.Error(), "To take a seat there: parley join LINK --as NAME") {
		t.Errorf("an invite as the new name: %v", err)
	}
	for _, name := range []string{"parley", "parley fans", "join us", "tea - green"} {
		if err := at(t, base, nil).Join(t.Context(), shell.JoinRequest{Room: name, As: "Bob"}); err != nil &&
			fault.CodeOf(err) != fault.InvalidArgument { // "parley" is the server's
			t.Errorf("%q: %v", name, err)
		}
	}
}

// After a mistyped room, or a room in the place of a link, the error names the rooms with a seat.
func TestRoom_mistyped_hearsOfThoseWithASeat(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann")
	c := at(t, base, nil)
	watched := client.Seat{Server: base, Room: "tea", Name: "Ann", Token: "t1", Person: true}
	if err := c.Seats.Put(watched); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		err  error
		want string
	}{
		"a room": {c.Who(t.Context(), shell.Which{Room: "taa"}),
			"You have no seat in the room taa. You have one in tea as Ann. For"},
		"a link": {c.Watch(t.Context(), "tea"),
			"To follow the room: parley tail --room tea --as Ann"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: %v", what, c.err)
		}
	}
}

// refusedDoor answers every request with a refusal to admit its token, as the server does.
type refusedDoor struct{ reason string }

func (d refusedDoor) RoundTrip(r *http.Request) (*http.Response, error) {
	text := `{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"Not you.",` +
		`"data":{"code":"key_invalid",` +
		`"reason":"` + d.reason + `"}}}`
	if strings.HasPrefix(r.URL.Path, "/v1/wait") {
		text = `{"code":"key_invalid","message":"No.","reason":"` + d.reason + `"}`
	}
	return &http.Response{StatusCode: http.StatusUnauthorized,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

// TestSeat_serverAdmitsNoToken_saysWhetherItIsGoneOrNeedsAKey reads what commands and the list of one's rooms say. The
// seat is not forgotten by those who leave.
func TestSeat_serverAdmitsNoToken_saysWhetherItIsGoneOrNeedsAKey(t *testing.T) {
	for _, c := range []struct {
		reason      string
		person      bool
		who, listed string
	}{
		{fault.ReasonNoSeat, false, "does not know your seat in the room tea as Ann", "unknown to the server"},
		{"", false, "as Ann only with a key. Set PARLEY_KEY", "needs your key"},
		{"", true, "as Ann only with a key.", "its agent needs a key"},
	} {
		base := serve(t)
		command := at(t, base, refusedDoor{c.reason})
		if err := command.Seats.Put(client.Seat{Server: base, Room: "tea", Name: "Ann", Token: "t1",
			Person: c.person}); err != nil {
			t.Fatal(err)
		}
		list := at(t, base, refusedDoor{c.reason})
		list.Out.JSON = false
		if err := list.Mine(t.Context()); err != nil || !strings.Contains(list.out.String(), c.listed) {
			t.Errorf("%+v: %v, the list is %s", c, err, &list.out)
		}
		if err := command.Who(t.Context(), as("Ann")); err == nil || !strings.Contains(err.Error(), c.who) {
			t.Errorf("%+v: who says %v", c, err)
		}
		left := command.Leave(t.Context(), as("Ann"), "")
		all, err := command.Seats.All()
		if err != nil || left == nil || len(all) != 1 || all[0].UnknownAt.IsZero() != (c.reason == "") {
			t.Errorf("%+v: leave says %v, and keeps %v (%v)", c, left, all, err)
		}
	}
}
