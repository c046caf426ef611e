package web_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api/httpapi"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// node returns the path of Node, which runs the scripts of the page without a browser.
func node(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("node")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal(err)
	case err != nil:
		t.Skip("SKIPPED, NOT TESTED: node is not installed: it runs the scripts of the page")
	}
	return path
}

// The unit tests of the modules need Node and nothing else.
func TestScripts_unitTests_pass(t *testing.T) {
	t.Parallel()
	path := node(t)
	files, err := filepath.Glob("test/*.test.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no tests: %v", err)
	}
	said, err := exec.CommandContext(t.Context(), path, append([]string{"--test"}, files...)...).CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, said)
	}
}

// evaluate runs a module and reads what it prints as JSON.
func evaluate(t *testing.T, module string, value any) {
	t.Helper()
	run := exec.CommandContext(t.Context(), node(t), "--input-type=module", "-")
	run.Stdin = strings.NewReader(module)
	said, err := run.CombinedOutput()
	if err == nil {
		err = json.Unmarshal(said, value)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
}

// The page makes the token of its person by the rules of package ident.
func TestToken_madeByThePage_isOneForTheServer(t *testing.T) {
	t.Parallel()
	var claims []ident.Token
	var texts []string
	for seat := 1; seat <= ident.MaxSeat; seat += 1111111 {
		claim := ident.NewLinkCode("000102030405060708090a0b0c0d0e0f", ident.NewRoomID(), seat, int64(seat), 0)
		claims, texts = append(claims, ident.Token{Room: claim.Room, Seat: seat}), append(texts, claim.String())
	}
	given, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	var made []struct {
		Token string
		Room  string
		Taken bool
		Wrong []string // with one character changed, and taken for a claim all the same
	}
	evaluate(t, `import { isClaim, newToken, roomOf } from "./assets/token.js";
		const others = (text) => [...text].map((c, i, all) => all.with(i, c === "0" ? "1" : "0").join(""));
		console.log(JSON.stringify(`+string(given)+`.map((text) => ({
			token: newToken(text), room: roomOf(text), taken: isClaim(text), wrong: others(text).filter(isClaim),
		}))));`, &made)
	for i, one := range made {
		token, err := ident.ParseToken(one.Token)
		if err != nil || token.Room != claims[i].Room || token.Seat != claims[i].Seat || !token.Person ||
			token.String() != one.Token {
			t.Errorf("of %s the page makes %s: %+v, %v", texts[i], one.Token, token, err)
		}
		if !one.Taken || one.Room != claims[i].Room {
			t.Errorf("the page does not take %s for a claim of room %s", texts[i], claims[i].Room)
		}
		if len(one.Wrong) > 0 {
			t.Errorf("the page takes %s for claims", one.Wrong)
		}
	}
	if len(made) < 10 {
		t.Errorf("only %d tokens were made", len(made))
	}
}

// What people paste is found as the server finds it where it is given a link.
func TestLink_asPeoplePasteIt_isFoundAsByTheServer(t *testing.T) {
	t.Parallel()
	const key = "000102030405060708090a0b0c0d0e0f"
	invite := ident.NewInvite(key, "abcdefg", 3).String()
	claim := ident.NewLinkCode(key, "abcdefg", 3, 17, 0).String()
	type found struct{ Invite, Claim, Room, Target, Upload string }
	wants := map[string]*found{
		"": nil, "plans": nil, "https://a.example": nil, "https://a.example/mcp": nil, "12:30": nil,
		ident.NewKey().String():                          nil,
		invite[1:]:                                       nil,
		invite + "0":                                     nil,
		"https://a.example/i/" + invite[:26]:             nil,
		"https://a.example/r/abcdefg#" + claim[1:]:       nil,
		"https://a.example/r/abcdef":                     nil,
		"https://a.example/r/abcdefgh":                   nil,
		strings.Replace(invite, invite[:1], "\u212a", 1): nil,
		"https://a.example/r/abcdefg":                    {Room: "abcdefg"},
		"https://a.example/p/r/ABCDEFG#M123456.":         {Room: "abcdefg", Target: "m123456"},
		"(https://a.example/r/abcdefg#t12)":              {Room: "abcdefg", Target: "t12"},
		"https://a.example/v1/upload/Ab-9_z":             {Upload: "Ab-9_z"},
	}
	for _, around := range []string{"%s", " %s\n", "%s.", "\"%s\"", "<%s>", "**%s**", "[the room](%s)", "%s。",
		"Watch and speak here: %s, once.", "Your link:\n  %s\nIt opens once.", "parley join '%s' --as Ann"} {
		for _, link := range []string{invite, strings.ToUpper(invite), "https://a.example/i/" + invite,
			"a.example/p/i/" + invite + "/mcp", "https://a.example/?to=%2Fi%2F" + invite,
			"https://a.example/i/" + invite[:9] + "\n  " + invite[9:]} {
			wants[fmt.Sprintf(around, link)] = &found{Invite: invite}
		}
		for _, link := range []string{claim, strings.ToUpper(claim), "https://a.example/r/abcdefg#" + claim,
			"http://[::1]:8080/p/r/abcdefg#" + claim, "https://a.example/r/abcdefg%23" + claim} {
			wants[fmt.Sprintf(around, link)] = &found{Claim: claim}
		}
	}
	texts := slices.Collect(maps.Keys(wants))
	given, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	var got []*found
	evaluate(t, `import { findLink } from "./assets/landing/pasted.js";
		console.log(JSON.stringify(`+string(given)+`.map(findLink)));`, &got)
	for i, text := range texts {
		if !reflect.DeepEqual(got[i], wants[text]) {
			t.Errorf("in %q the page finds %+v, want %+v", text, got[i], wants[text])
		}
		if _, ok := ident.InviteIn(text); ok != (got[i] != nil && got[i].Invite != "") {
			t.Errorf("in %q the server finds an invite: %v, and the page %+v", text, ok, got[i])
		}
	}
}

// The server's own words are for models: each code has words of the page.
func TestRefusals_eachCode_hasWordsForAPerson(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "base", "fault", "fault.go"))
	if err != nil {
		t.Fatal(err)
	}
	var words map[string]string
	evaluate(t, `import { refusals } from "./assets/refusal-words.js"; console.log(JSON.stringify(refusals.of.any));`, &words)
	codes := regexp.MustCompile(`(?m)^\t\w+ +Code = "(\w+)"`).FindAllStringSubmatch(string(text), -1)
	for _, code := range codes {
		if words[code[1]] == "" {
			t.Errorf("the page has no words for %s", code[1])
		}
	}
	if len(codes) < 15 || len(codes) != len(words) {
		t.Errorf("there are %d codes, and words for %d", len(codes), len(words))
	}
}

// A person is told the limit that a file is above, which is in the server's sentence for models.
func TestSharing_fileThatIsTooLarge_saysTheLimit(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		size int64
		used room.FileUsage
	}{
		"It's too large. The limit is 4 MB.": {5 << 20, room.FileUsage{}},
		"It's too large. This room has 1.5 KB left for files. Remove some first.": {1537,
			room.FileUsage{Files: 1, Bytes: core.MaxRoomBytes - 1536}},
		"It's too large, or this room has no space left for files. Remove some first.": {1,
			room.FileUsage{Files: core.MaxFiles}},
	} {
		refused := room.CheckFileSize(c.size, 4<<20, c.used)
		given, err := json.Marshal(map[string]string{"code": string(fault.CodeOf(refused)), "message": refused.Error()})
		if err != nil {
			t.Fatal(err)
		}
		var said string
		evaluate(t, `import { refusalOf } from "./assets/mcp.js"; import { wordsOf } from "./assets/files/sharing.js";
			console.log(JSON.stringify(wordsOf(refusalOf("share_file", `+string(given)+`))));`, &said)
		if said != want {
			t.Errorf("the page says %q, want %q", said, want)
		}
	}
}

// client is one on the page, with what a person pastes or opens.
type client struct {
	ID    string
	Steps []struct{ Line, Link string }
}

func clients(t *testing.T, address string, keys bool) (all []client) {
	t.Helper()
	given, err := json.Marshal([]any{address, keys})
	if err != nil {
		t.Fatal(err)
	}
	evaluate(t, `import { clients } from "./assets/landing/clients.js";
		console.log(JSON.stringify(clients(...`+string(given)+`)));`, &all)
	return all
}

// command is found in what only a person who pastes it has a use for.
var command = regexp.MustCompile(`://|[{=]|--|\badd\b`)

func TestClients_lines_areThoseThatTheServerPrints(t *testing.T) {
	t.Parallel()
	const open, invite = "https://parley.example/mcp", "https://parley.example/i/0123456789abc/mcp"
	for name, c := range map[string]struct {
		address string
		keys    bool
		printed string
	}{
		"open":   {open, false, httpapi.Connect(open)},
		"keys":   {open, true, httpapi.ConnectWithKey(open, "YOUR_KEY")},
		"invite": {invite, false, httpapi.Connect(invite)},
	} {
		var lines []string
		for _, client := range clients(t, c.address, c.keys) {
			for _, step := range client.Steps {
				lines = append(lines, step.Line)
			}
		}
		// The longest first: the address is part of others.
		slices.SortFunc(lines, func(a, b string) int { return len(b) - len(a) })
		rest := c.printed
		for _, line := range slices.Compact(lines) {
			if line == "" || !strings.Contains(c.printed, line) {
				t.Errorf("%s: the page says %q; the server does not", name, line)
				continue
			}
			rest = strings.ReplaceAll(rest, line, "")
		}
		if missed := command.FindString(rest); missed != "" {
			t.Errorf("%s: the server also prints a command with %q:\n%s", name, missed, rest)
		}
	}
}

// The page has words for each type of event that agents see: a case of templateOf.
func TestEvents_eachType_hasWordsForAPerson(t *testing.T) {
	t.Parallel()
	code, err := os.ReadFile("assets/talk/deeds.js")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(code), "function templateOf(event, given) {")
	body, _, _ = strings.Cut(body, "\n}\n")
	var known, types []string
	for _, c := range regexp.MustCompile(`(?m)^    case "(\w+)":`).FindAllStringSubmatch(body, -1) {
		known = append(known, c[1])
	}
	for _, is := range chat.EventTypes() {
		types = append(types, string(is))
	}
	slices.Sort(known)
	slices.Sort(types)
	if !slices.Equal(known, types) {
		t.Errorf("templateOf has words for %q, and there are events of the types %q", known, types)
	}
}
