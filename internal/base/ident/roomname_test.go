package ident

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
)

func TestSplitRoom_linkTitleOrTime_isNoNameWithAPassword(t *testing.T) {
	for given, want := range map[string]string{"api:v2": "v2", "a:b:c": "b:c", "tea:with milk": "with milk",
		"room:1234": "1234", "room 2:123": "123", "room:12:30": "12:30", "v2:77": "77", "tea:a/b": "a/b",
		"tea:a//b": "a//b", "tea:a/i/b": "a/i/b", "https fans:a": "a", "http-fans:8080": "8080", "a/b": "", "http": "",
		"team-https:secret": "secret",
		"team1:42secret":    "42secret", "v2:12-monkeys": "12-monkeys", "v2:12-34": "12-34", "v2:30": "30",
		"12:3": "3", "12:345": "345", "12:30pmx": "30pmx", "29:30": "30", "12:60": "60",
		"123:45": "45", "12:am": "am", "localhost:tea": "tea", "1.2:8402": "8402",
		"v1.2:8402": "8402", "plan.b:7": "7", "plan.b:sesame": "sesame", "plan b.c:8402": "8402", "b.:8402": "8402",
		"0123456789abcdefghjkmnpqrstx": "", "c:sesame": "sesame", "News:pw": "pw", "data:sesame": "sesame",
		`tea:a\b`: `a\b`, "team tel 5:sesame": "sesame", "10.0.0.1": "", "#tea:sesame": "sesame", "redis:6379": "6379",
		"ann@home:sesame": "sesame", `\\server\share`: "", "/home/ann": "", "~/tea": ""} {
		name, got, err := SplitRoom(given)
		if err != nil || got != want || strings.TrimSuffix(name+":"+got, ":") != given {
			t.Errorf("%q is %q with %q, %v", given, name, got, err)
		}
	}
	const code = "0123456789abcdefghjkmnpqrst"        // mistyped
	invite := NewInvite("key", "tea2345", 1).String() // one by chance may hold the form of a token
	const link, noPassword = "this link leads to no invite", "a name has no colon"
	const line = "only the name behind the word room"
	for given, want := range map[string]string{"https://parley.example/mcp": link, "http://127.0.0.1:8080": link,
		"localhost:8080/mcp": link, "https:/parley.example/i/x": link, "HTTPS:parley.example": link,
		"see http:parley.example": link, "https//parley.example": link, "https://parley.example/i/" + code: link,
		"htps://parley.example/i/" + code: link, "htps:parley.example/i/" + code: link,
		"127.0.0.1:8402": link, "localhost:8080": link, " LOCALHOST:8080 ": link, invite + "x": link,
		invite + "mcp": link, "join" + strings.ToUpper(invite) + " now": link, "tea:i" + invite: link,
		"parley.example/i/" + code[:20]: link, "localhost:8080/i/" + code: link, "ftp:/x": link,
		"parley-http:8080": link, "see parley-http:8080": link, "my_HTTPS:8443": link,
		"mailto:ann@example.org": link, "MAILTO:ann@example.org?subject=tea": link, "urn:isbn:0451450523": link,
		"data:text/plain,tea": link, "tel:+15550100": link, "file:tea.txt": link, "file:///tea.txt": link,
		"see javascript:alert(1)": link, "magnet:?xt=urn:btih:1": link, "git@git.example.org:tea/pot": link,
		`C:\Users\ann\tea.txt`: link, "C:/Users/ann/tea.txt": link, `d:tea\pot`: link, `\\server\share:tea`: link,
		"/home/ann/tea:pot": link, "./tea.go:12": link, "~/tea:pot": link, "view-source:tea": link,
		"sms:+15550100": link, "news:tea.pot": link,
		"did:key:z6Mk": link, "sha256:9f86d081": link, "<mailto:ann@example.org>": link,
		"[mail](mailto:ann@example.org)": link, "ldap:dc=tea": link, "github:parley-chat/parley": link,
		"::1": link, "2001:db8::1": link, "[::1]:8080": link, "fe80::1%eth0": link, "@ann:matrix.example": link,
		"#tea:matrix.example": link, "internal/tea.go:12": link,
		"parley.example:8080": link, "Box-1.lan:443": link, "chat.parley.example:55000": link,
		`Add the MCP server http://127.0.0.1:8080/mcp and call join_room with room "den".`: line,
		`Call join_room with room "den", password "sesame".`:                               line,
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

// A code that somebody typed, cut or grouped makes no room, in which an agent would wait alone.
func TestRoomName_nearlyAnInvite_isNone(t *testing.T) {
	slips := map[string]func(code string) string{
		"without its first":  func(code string) string { return code[1:] },
		"without its last":   func(code string) string { return code[:len(code)-1] },
		"without two":        func(code string) string { return code[1 : len(code)-1] },
		"with one more":      func(code string) string { return code[:4] + "a" + code[4:] },
		"with another":       func(code string) string { return "o" + code[1:] },
		"of a typewriter":    func(code string) string { return strings.Replace(code, "0", "O", 1) },
		"in groups of four":  func(code string) string { return grouped(code, 4, "-") },
		"in groups of three": func(code string) string { return grouped(code, 3, " ") },
		"broken once":        func(code string) string { return code[:9] + "-" + code[9:] },
		"broken twice":       func(code string) string { return code[:4] + " " + code[4:15] + "-" + code[15:] },
	}
	for what, slip := range slips {
		names := 0
		for n := range 200 {
			code := NewInvite("key", "k3m9q2x", n+1).String()
			given := slip(code)
			if given == code {
				continue
			}
			_, room := RoomName(given)
			_, queue := QueueName(strings.ToUpper(given))
			if fault.CodeOf(room) != fault.InvalidArgument || fault.CodeOf(queue) != fault.InvalidArgument {
				names++
			}
		}
		if names > 6 { // codes with hardly a digit
			t.Errorf("%d of 200 codes %s are names", names, what)
		}
	}
	for _, name := range []string{"design-review-2026-11-28-backend", "2026-11-28 to 2026-11-30 planning",
		"550e8400-e29b-41d4-a716-446655440000", "d41d8cd98f00b204e9800998ecf8427e", "507f1f77bcf86cd799439011",
		"sprint 12 of team 4 in quarter 3", "0123456789abcdefghjkmnpqrstx", "the-long-name-of-the-room-for-tea",
		"q1-q2-q3-q4-of-2026-as-planned", "01ARZ3NDEKTSV4RRFFQ69G5FAV",
		"01arz3-ndektsv4rr-ffq69g5fav", "k3m9q2x1-2b4d-5f6g-7h8j9k0m1n", "k3m-9q2x1-2b-4d5f6g-7h8j9k0m",
		"k3m9q2x12b4d5f6g 7h8j9k0m1n2", "v1.2.3-beta.4_build.5-linux-x86", "3m9q2x-k3m9q2x-k3m9q2x"} {
		if _, err := RoomName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// grouped returns code with a sign behind each n characters.
func grouped(code string, n int, sign string) string {
	var groups []string
	for len(code) > n {
		groups, code = append(groups, code[:n]), code[n:]
	}
	return strings.Join(append(groups, code), sign)
}

func TestRefuseInvite_asAPassword(t *testing.T) {
	code := NewInvite("key", "k3m9q2x", 1).String()
	for given, refused := range map[string]bool{code: true, "https://h/i/" + code: true, "pw " + code: true,
		"https://h/i/" + code[1:] + "/mcp": true, "sesame": false, "a/i/b": false, code[1:]: false, "": false} {
		err := RefuseInvite(given)
		if (err != nil) != refused || err != nil && strings.Contains(err.Error(), code[1:]) {
			t.Errorf("%q: %v", given, err)
		}
	}
}
