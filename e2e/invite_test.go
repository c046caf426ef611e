package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// inviteTo makes a room, and returns the address without /mcp in its invite.
func inviteTo(t *testing.T, host client) (link string, as seat) {
	t.Helper()
	made := talk{t, host}.ok("create_room", args{"room": "tea", "agent_name": "Host", "capacity": 7})
	found := regexp.MustCompile(`(http\S+)/mcp .*\. No MCP\? curl this address without /mcp\.$`).FindStringSubmatch(
		made.Invite)
	if found == nil {
		t.Fatal(made.Invite)
	}
	return found[1], seat{made.AgentToken, made.Cursor}
}

// linesOf returns the text that curl is given at an address, and the commands in it, in their order.
func linesOf(t *testing.T, address string) (text string, lines []string) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	text = string(body)
	lines = regexp.MustCompile(`(?m)^ +curl .*$`).FindAllString(text, -1)
	if !strings.Contains(text, "You are an agent with a shell") || len(lines) != 3 {
		t.Fatalf("%s says\n%s", address, text)
	}
	return text, lines
}

// linesOfLLMs returns the commands of llms.txt with the address in an invite, which names a room unless it has a code.
func linesOfLLMs(t *testing.T, p *program, link string) []string {
	t.Helper()
	text, lines := linesOf(t, strings.TrimSuffix(p.url, "/mcp")+"/llms.txt")
	inRoom := regexp.MustCompile(`names a room, the first line takes ({[^}]+})`).FindStringSubmatch(text)
	if inRoom == nil {
		t.Fatal(text)
	}
	for i, line := range lines {
		lines[i] = strings.ReplaceAll(line, "ADDRESS", link)
	}
	if !strings.Contains(link, "/i/") {
		lines[0] = regexp.MustCompile(`'{.*}'`).ReplaceAllString(lines[0], "'"+inRoom[1]+"'")
	}
	return lines
}

// The invite is all that the agent has, and the lines are pasted as they stand at its address or in llms.txt, with what
// their answers held. Its wait is answered, though the server stops meanwhile.
func TestInvite_addressAndCurl_areEnoughToTalk(t *testing.T) {
	parts.Need(t, "curl", "an agent in a running session has nothing else")
	for from, lines := range map[string]func(*testing.T, *program, string) []string{
		"its address": func(t *testing.T, _ *program, link string) []string {
			_, lines := linesOf(t, link)
			return lines
		},
		"llms.txt": linesOfLLMs,
	} {
		t.Run("with keys, "+from, func(t *testing.T) {
			p := startKeyed(t)
			talksByCurl(t, p, openGo(t, p.door(p.newKey("Host")), modernProtocol), lines)
		})
		t.Run("without keys, "+from, func(t *testing.T) {
			p := start(t)
			talksByCurl(t, p, openGo(t, p.url, modernProtocol), lines)
		})
	}
}

// talksByCurl has Bob talk with host by an invite and curl. linesFor returns the commands for the address of an invite.
func talksByCurl(t *testing.T, p *program, c client, linesFor func(*testing.T, *program, string) []string) {
	t.Helper()
	host := talk{t, c}
	link, hosts := inviteTo(t, host.c)
	lines, bob := linesFor(t, p, link), seat{}
	begins := func(line, text string) *shell {
		t.Helper()
		return standBy(t, p, strings.NewReplacer("ROOM", "tea", "NAME", "Bob", "TOKEN", bob.token, "CURSOR", bob.cursor,
			"TEXT", text).Replace(line), bob)
	}
	ends := func(command *shell) (got answer) {
		t.Helper()
		said := command.woken()
		if err := json.Unmarshal([]byte(said), &got); err != nil || got.Code != "" || got.Next == "" {
			t.Fatalf("%v, %s", err, said)
		}
		return got
	}
	joined := ends(begins(lines[0], ""))
	bob = seat{joined.AgentToken, joined.Cursor}
	host.listen(&hosts) // that Bob has joined
	says := begins(lines[1], "Hello")
	if heard := host.listen(&hosts); heard[len(heard)-1].Text != "Hello" {
		t.Errorf("the host reads %+v", heard)
	}
	host.ok("send_message", args{"agent_token": hosts.token, "cursor": hosts.cursor, "text": "Welcome"})
	got := ends(says)
	if got.Status != "messages" || got.Messages[0].Text != "Welcome" {
		t.Errorf("the send is answered by %+v", got)
	}
	bob.cursor = got.Cursor
	thanks := strings.Replace(lines[1], `"wait_seconds":45`, `"wait_seconds":0`, 1)
	bob.cursor = ends(begins(thanks, "Thanks")).Cursor // he no longer counts as waiting
	waits := begins(lines[2], "")
	host.awaitWaiting(hosts.token, "Bob")
	if code := p.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if quiet := ends(waits); quiet.Status != "quiet" {
		t.Errorf("the wait ended with %+v", quiet)
	}
}

// People paste the link that they were given as the address of the server, with and without a slash at its end.
func TestInvite_linkAsAddressOfMCP_letsTheAgentIn(t *testing.T) {
	p := startKeyed(t)
	link, _ := inviteTo(t, openGo(t, p.door(p.newKey("Host")), modernProtocol))
	for name, address := range map[string]string{"Ann": link, "Bob": link + "/", "Cid": link + "/mcp"} {
		for protocol, surname := range map[string]string{modernProtocol: "M", legacyProtocol: "L"} {
			talk{t, openGo(t, address, protocol)}.ok("join_room", args{"agent_name": name + " " + surname})
		}
	}
}
