package ident

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
)

func TestSplitRoom_linkTitleOrTime_isNoNameWithAPassword(t *testing.T) {
	for given, want := range map[string]string{"api:v2": "v2", "a:b:c": "b:c", "tea:with milk": "with milk",
		"room:1234": "1234", "room 2:123": "123", "room:12:30": "12:30", "v2:77": "77", "tea:a/b": "a/b",
		"tea:a//b": "a//b", "tea:a/i/b": "a/i/b", "https fans:a": "a", "a/b": "", "http": "",
		"team1:42secret": "42secret", "v2:12-monkeys": "12-monkeys", "v2:12-34": "12-34", "v2:30": "30",
		"12:3": "3", "12:345": "345", "12:30pmx": "30pmx", "29:30": "30", "12:60": "60",
		"123:45": "45", "12:am": "am", "localhost:tea": "tea", "1.2:8402": "8402",
		"0123456789abcdefghjkmnpqrstx": ""} {
		name, got, err := SplitRoom(given)
		if err != nil || got != want || strings.TrimSuffix(name+":"+got, ":") != given {
			t.Errorf("%q is %q with %q, %v", given, name, got, err)
		}
	}
	const code = "0123456789abcdefghjkmnpqrst" // mistyped
	invite := NewInvite("key", NewRoomID(), 1).String()
	const link, noPassword = "this link leads to no invite", "a name has no colon"
	for given, want := range map[string]string{"https://parley.example/mcp": link, "http://127.0.0.1:8080": link,
		"localhost:8080/mcp": link, "https:/parley.example/i/x": link, "HTTPS:parley.example": link,
		"see http:parley.example": link, "https//parley.example": link, "https://parley.example/i/" + code: link,
		"htps://parley.example/i/" + code: link, "htps:parley.example/i/" + code: link,
		"127.0.0.1:8402": link, "localhost:8080": link, " LOCALHOST:8080 ": link, invite + "x": link,
		invite + "mcp": link, "join" + strings.ToUpper(invite) + " now": link, "tea:i" + invite: link,
		"parley.example/i/" + code[:20]: link, "localhost:8080/i/" + code: link, "ftp:/x": link,
		`Add the MCP server http://127.0.0.1:8080/mcp and call join_room with room "den".`: link,
		"PR: fix login": noPassword, "PR:\tfix": noPassword, "PR:\u00a0fix": noPassword, "notes:": noPassword,
		"https:": noPassword, "12:30": noPassword, "9:05": noPassword, "00:00": noPassword, "23:59": noPassword,
		" 12:30 ": noPassword, "9:30 AM": noPassword, "standup 9:05": noPassword, "room 12:30": noPassword,
		"9:30pm": noPassword, "14:00-15:00": noPassword, "12:30:45": noPassword, "2026-11-28T12:30": noPassword,
		"2026-11-28T12:30:00Z": noPassword, "12:30Z": noPassword, "12:30h": noPassword,
	} {
		name, got, err := SplitRoom(given)
		if fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %q with %q, %v", given, name, got, err)
		}
	}
}
