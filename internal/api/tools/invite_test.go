package tools

import (
	"context"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// shell ends each invite: see TestTool_addressOfAnInviteWithoutMCP of package httpapi.
const shell = " No MCP? curl this address without /mcp."

func TestInvite_isOneLineForTheOtherSide(t *testing.T) {
	const address = "https://parley.example/mcp"
	if got, want := invite("", chat.Room{Name: "den", Capacity: 2}, ""),
		`Call join_room with room "den".`; got != want {
		t.Errorf("without an address: got %s, want %s", got, want)
	}
	for _, c := range []struct {
		room     chat.Room
		password string
		want     string
	}{
		{chat.Room{Name: "den", Capacity: 2}, "",
			`Add the MCP server https://parley.example/mcp and call join_room with room "den".` + shell},
		{chat.Room{Name: "den", Capacity: 2, PasswordProtected: true}, `a "b"`,
			`Add the MCP server https://parley.example/mcp and call join_room with room "den", password "a \"b\"".` + shell},
		{chat.Room{Name: "den", Capacity: 2, PasswordProtected: true}, "",
			`Add the MCP server https://parley.example/mcp and call join_room with room "den".` + shell},
		{chat.Room{Name: "ღამე", Capacity: 2}, "needless",
			`Add the MCP server https://parley.example/mcp and call join_room with room "ღამე".` + shell},
	} {
		if got := invite(address, c.room, c.password); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestInvite_whereCallersNeedKeys_isALink(t *testing.T) {
	free, code := chat.Room{Name: "den", Capacity: 2, PasswordProtected: true}, chat.Invite{Code: "abc", Uses: 1}
	renewed := chat.Updated{Room: free, Invite: code, Changes: &room.Changes{Invite: "renewed"}}
	const link, name = "Add the MCP server https://parley.example/i/abc/mcp and call join_room with your agent_name." +
		shell, `Add the MCP server https://parley.example/mcp and call join_room with room "den".` + shell
	set := func(address string, keys bool) *Set {
		return New(nil, nil, Options{Address: func(context.Context) string { return address }, Keys: keys})
	}
	on, off := set("https://parley.example/mcp", true), set("https://parley.example/mcp", false)
	for what, c := range map[string][2]string{
		"with keys":                   {on.inviteTo(t.Context(), free, code, ""), link},
		"with keys, and none is left": {on.inviteTo(t.Context(), free, chat.Invite{}, ""), ""},
		"with keys, no seat is free":  {on.inviteTo(t.Context(), chat.Room{Name: "den"}, code, ""), ""},
		"with keys, renewed":          {on.inviteAfter(t.Context(), renewed, ""), link},
		"without an address": {set("", true).inviteTo(t.Context(), free, code, ""),
			"Add the MCP server (the address of this server)/i/abc/mcp and call join_room with your agent_name." +
				shell},
		"without keys": {off.inviteTo(t.Context(), free, code, ""), name},
		"without keys, other settings": {off.inviteAfter(t.Context(),
			chat.Updated{Room: free, Invite: code, Changes: &room.Changes{}}, ""), name},
		"without keys, renewed": {off.inviteAfter(t.Context(), renewed, ""), link},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: got %q, want %q", what, c[0], c[1])
		}
	}
}
