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

// inviteTo makes a room on a server with keys, and returns the link of its invite.
func inviteTo(t *testing.T, p *program, host client) (link string, as seat) {
	t.Helper()
	made := talk{t, host}.ok("create_room", args{"room": "tea", "agent_name": "Host", "capacity": 7})
	return strings.TrimSuffix(p.url, "/mcp") + regexp.MustCompile(`/i/[0-9a-z]+`).FindString(made.Invite),
		seat{made.AgentToken, made.Cursor}
}

// linesOf returns the commands in the text that curl is given at a link, in their order.
func linesOf(t *testing.T, link string) []string {
	t.Helper()
	resp, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || !strings.HasPrefix(string(text), "You are an agent with a shell: join now.") {
		t.Fatalf("%v, %s", err, text)
	}
	return regexp.MustCompile(`(?m)^ +curl .*$`).FindAllString(string(text), -1)
}

// The link is all that the agent has, and the lines are pasted as they stand there, with what its answers held. Its
// wait is answered, though the server stops meanwhile.
func TestInvite_linkAndCurl_areEnoughToTalk(t *testing.T) {
	parts.Need(t, "curl", "an agent in a running session has nothing else")
	p := startKeyed(t)
	host := talk{t, openGo(t, p.door(p.newKey("Host")), modernProtocol)}
	link, hosts := inviteTo(t, p, host.c)
	lines := linesOf(t, link)
	if len(lines) != 3 {
		t.Fatalf("the link says %q", lines)
	}
	bob := seat{}
	runs := func(line string) (got answer) {
		t.Helper()
		filled := strings.NewReplacer("NAME", "Bob", "TOKEN", bob.token, "CURSOR", bob.cursor, "TEXT", "Hello").
			Replace(line)
		said := standBy(t, p, filled, bob).woken()
		if err := json.Unmarshal([]byte(said), &got); err != nil || got.Code != "" || got.Next == "" {
			t.Fatalf("%s: %v, %s", filled, err, said)
		}
		return got
	}
	joined := runs(lines[0])
	bob = seat{joined.AgentToken, joined.Cursor}
	bob.cursor = runs(lines[1]).Cursor
	if heard := host.listen(&hosts); heard[len(heard)-1].Text != "Hello" {
		t.Errorf("the host reads %+v", heard)
	}
	host.ok("send_message", args{"agent_token": hosts.token, "cursor": hosts.cursor, "text": "Welcome"})
	got := runs(lines[2])
	if got.Status != "messages" || got.Messages[0].Text != "Welcome" {
		t.Errorf("the wait is answered by %+v", got)
	}
	bob.cursor = got.Cursor
	bob.cursor = runs(strings.Replace(lines[1], "TEXT", "Thanks", 1)).Cursor // he no longer counts as waiting
	waits := standBy(t, p, strings.NewReplacer("TOKEN", bob.token, "CURSOR", bob.cursor).Replace(lines[2]), bob)
	host.awaitWaiting(hosts.token, "Bob")
	if code := p.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	var quiet answer
	if said := waits.woken(); json.Unmarshal([]byte(said), &quiet) != nil || quiet.Status != "quiet" {
		t.Errorf("the wait ended with %s", said)
	}
}

// People paste the link that they were given as the address of the server, with and without a slash at its end.
func TestInvite_linkAsAddressOfMCP_letsTheAgentIn(t *testing.T) {
	p := startKeyed(t)
	link, _ := inviteTo(t, p, openGo(t, p.door(p.newKey("Host")), modernProtocol))
	for name, address := range map[string]string{"Ann": link, "Bob": link + "/", "Cid": link + "/mcp"} {
		for protocol, surname := range map[string]string{modernProtocol: "M", legacyProtocol: "L"} {
			talk{t, openGo(t, address, protocol)}.ok("join_room", args{"agent_name": name + " " + surname})
		}
	}
}
