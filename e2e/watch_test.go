package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// agentOf is an agent that plays by itself, its person who has the link, and another person
// in its room.
type agentOf struct {
	talk
	token  string
	ann    *talker // the person behind it
	bob    *talker
	link   string
	cursor string
}

// watched returns an agent in a room on a server with keys, and its person, who has no key
// and opens the link.
func watched(t *testing.T) *agentOf {
	t.Helper()
	p := startKeyed(t)
	key := p.newKey("Ann")
	a := &agentOf{talk: talk{t, openGo(t, strings.TrimSuffix(p.url, "mcp")+"k/"+key+"/mcp", modernProtocol)},
		ann: visitor(t, p), bob: visitor(t, p)}
	made := a.ok("create_room", args{"room": "tea", "agent_name": "Ann's Claude"})
	a.token, a.cursor, a.link, a.ann.terminal = made.AgentToken, made.Cursor, made.Watch, true
	a.bob.does("join", regexp.MustCompile(`http://\S+/i/[0-9a-z]+`).FindString(made.Invite), "--as", "Bob")
	return a
}

// says sends a message as the agent, with what was said before read.
func (a *agentOf) says(text string) answer {
	a.t.Helper()
	a.cursor = a.ok("wait_for_message", args{"agent_token": a.token, "cursor": a.cursor, "wait_seconds": 0}).Cursor
	return a.ok("send_message", args{"agent_token": a.token, "text": text, "cursor": a.cursor})
}

// hears waits until Bob has heard a line.
func (a *agentOf) hears(line string) {
	a.t.Helper()
	if heard := plainly(a.bob.does("wait", "--timeout", "10s")); !strings.Contains(heard, line) {
		a.t.Errorf("Bob heard %q, want %q", heard, line)
	}
}

func TestWatch_link_isOpenedOnceAndKept(t *testing.T) {
	t.Parallel()
	a := watched(t)
	if got := a.ann.runs("watch", a.link[:len(a.link)-1]); got.code != 2 ||
		!strings.Contains(got.err, "This link is mistyped or cut short") {
		t.Errorf("a part of the link: %+v", got)
	}
	if got := a.ann.runs("who"); got.code != 4 {
		t.Errorf("before: %+v", got)
	}
	if shown, code := a.ann.types("Link: ", a.link, "watch"); code != 0 ||
		!strings.Contains(shown, "You watch Ann's Claude. The link is used up: nobody else can open it.") {
		t.Fatalf("exit code %d: %s", code, shown)
	}
	token := a.ann.seats()[0].Token
	if shown := a.ann.does("watch", a.link); !strings.Contains(shown, "You watch Ann's Claude.") {
		t.Errorf("again: %s", shown)
	}
	if seats := a.ann.seats(); len(seats) != 1 || seats[0].Token != token {
		t.Error("the second opening took another token")
	}
	mistaken := a.ann.again(a.ann.state, "PARLEY_KEY="+startKeyed(t).newKey("Ann"))
	if got := mistaken.runs("watch", a.link); got.code != 0 || len(a.ann.seats()) != 1 ||
		a.ann.seats()[0].Token != token {
		t.Errorf("with a key of another server, which a seat that is kept does not need: exit code %d, %q", got.code,
			got.err)
	}
	eve := a.ann.again(t.TempDir())
	if got := eve.runs("watch", a.link); got.code == 0 || !strings.Contains(got.err, "already opened") ||
		len(eve.seats()) > 0 {
		t.Errorf("a thief: %+v", got)
	}
	phone := a.ann.again(t.TempDir())
	phone.does("watch", strings.TrimSpace(a.ann.does("supervise", "link")))
	phone.does("say", "From my phone.")
	a.hears("hh:mm Ann's Claude's owner: From my phone.\n")
	if who := a.bob.does("who"); strings.Count(who, "Ann's Claude") != 1 {
		t.Errorf("who shows %s", who)
	}
	if got := a.ann.runs("leave"); got.code != 2 || !strings.Contains(got.err, "--as") {
		t.Errorf("leave without a name: %+v", got)
	}
	a.ann.does("leave", "--as", "Ann's Claude", "Bye.")
	if got := phone.runs("who"); got.code != 4 || !strings.Contains(got.err, "Ann's Claude has no seat in the room "+
		"tea now") {
		t.Errorf("once the agent has left: %+v", got)
	}
	if again := a.ok("join_room", args{"room": "tea", "agent_name": "Ann's Claude"}); again.Watch != "" {
		t.Error("the agent that is back gets a link")
	}
	phone.does("say", "From my phone, again.")
	a.hears("hh:mm Ann's Claude's owner: From my phone, again.\n")
}

func TestWatch_person_speaksBesideItsAgent(t *testing.T) {
	t.Parallel()
	a := watched(t)
	a.ann.does("watch", a.link)
	tail := a.ann.begin("tail")
	tail.shows("joined: Bob")
	a.ann.does("say", "--to", "Ann's Claude", "Ask for the log.")
	news := a.ok("wait_for_message", args{"agent_token": a.token, "cursor": a.cursor, "wait_seconds": 0})
	if n := len(news.Messages); n == 0 || news.Messages[n-1].From != "your user" ||
		news.Messages[n-1].Text != "Ask for the log." {
		t.Errorf("the agent got %+v", news.Messages)
	}
	a.ok("send_message", args{"agent_token": a.token, "text": "May I see the log?", "cursor": news.Cursor})
	tail.shows("Ann's Claude's owner [only to \"Ann's Claude\"]: Ask for the log.\n")
	tail.shows("Ann's Claude: May I see the log?\n")
	a.hears("hh:mm Ann's Claude: May I see the log?\n")
	asking := a.ann.begin("say", "How long is it?", "--ask", "Bob", "--wait")
	asked := a.bob.does("wait", "--timeout", "10s")
	a.says("About a page.") // the agent's words are not the answer
	a.bob.does("say", "Two pages.", "--reply-to", a.bob.idIn(asked))
	if got := asking.ends(); got.code != 0 || got.out != "Two pages.\n" {
		t.Errorf("the answer: %+v", got)
	}
	if history := a.bob.does("history", "--json"); strings.Contains(history, "Ask for the log") {
		t.Errorf("Bob sees what is not for him: %s", history)
	}
	tail.interrupted()
}

func TestSupervise_holdTheAgentUntilItsPersonDecides(t *testing.T) {
	t.Parallel()
	a := watched(t)
	if got := a.ann.runs("supervise", "pause"); got.code != 4 || !strings.Contains(got.err, "You watch no agent") {
		t.Errorf("before the link is opened: %+v", got)
	}
	a.ann.does("watch", a.link)
	shows := func(want string, arguments ...string) {
		t.Helper()
		if shown := a.ann.does(append([]string{"supervise"}, arguments...)...); shown != want {
			t.Errorf("supervise %q shows %q, want %q", arguments, shown, want)
		}
	}
	shows("Ann's Claude speaks for itself.\n")
	shows("Ann's Claude is paused: it says nothing until you resume it.\n", "pause")
	if got := a.says("Hello!"); got.Sent || got.Status != "paused" {
		t.Errorf("a paused agent: %+v", got)
	}
	shows("Ann's Claude is paused: it says nothing until you resume it, and then needs your approval for each "+
		"message.\n", "approve", "on")
	shows("Ann's Claude is paused: it says nothing until you resume it.\n", "approve", "off")
	shows("Ann's Claude speaks for itself.\n", "resume")
	shows("Ann's Claude needs your approval for private messages, proposals and votes.\n", "approve",
		"agreements,private")
	shows("Ann's Claude is paused: it says nothing until you resume it, and then needs your approval for private "+
		"messages, proposals and votes.\n", "pause")
	shows("Ann's Claude is paused: it says nothing until you resume it, and then needs your approval for messages "+
		"with a file.\n", "approve", "files")
	shows("Ann's Claude needs your approval for messages with a file.\n", "resume")
	shows("Ann's Claude needs your approval for each message.\n", "approve", "on")
	tail := a.ann.begin("tail")
	tail.shows("joined: Bob")
	drafts := make([]string, 3)
	for i := range drafts {
		got := a.says(fmt.Sprintf("Draft %d.", i))
		drafts[i] = got.ID
		if got.Sent || got.Status != "pending" || got.ID == "" {
			t.Fatalf("a draft: %+v", got)
		}
	}
	tail.shows("* draft " + drafts[2] + ": Ann's Claude: Draft 2.\n")
	if notes := tail.interrupted().err; !strings.Contains(notes, "parley supervise send "+drafts[2]) {
		t.Errorf("tail reminds of nothing: %q", notes)
	}
	if shown := a.ann.does("supervise", "drafts"); strings.Count(shown,
		"waits. Send, edit or reject it: ") != 3 || !strings.Contains(shown, "Draft 1.") {
		t.Errorf("the drafts: %s", shown)
	}
	if said := a.ann.does("supervise", "send", drafts[0]); !strings.HasPrefix(said, "Sent.\n2 other drafts wait: ") {
		t.Errorf("after a decision: %s", said)
	}
	a.hears("hh:mm Ann's Claude: Draft 0.\n")
	if said := a.ann.does("supervise", "edit", drafts[1], "A", "better", "word."); !strings.HasPrefix(said,
		"Sent, in your words.\n1 other draft waits: ") {
		t.Errorf("after a decision: %s", said)
	}
	a.hears("hh:mm Ann's Claude's owner: A better word.\n")
	shows("Rejected.\n", "reject", drafts[2])
	if got := a.ann.runs("supervise", "send", drafts[2]); got.code != 1 {
		t.Errorf("a second decision: %+v", got)
	}
	shows("Ann's Claude speaks for itself.\n", "approve", "off")
	for _, nonsense := range [][]string{{"approve", "maybe"}, {"send"}, {"edit", drafts[0]}, {"pause", "now"},
		{"whistle"}} {
		if got := a.ann.runs(append([]string{"supervise"}, nonsense...)...); got.code != 2 {
			t.Errorf("supervise %q: %+v", nonsense, got)
		}
	}
}
