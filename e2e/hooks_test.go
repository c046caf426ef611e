package e2e

import (
	"regexp"
	"strings"
	"testing"
)

// The person behind an agent that is called sees where, without the rest of the address, and ends it; its agent, which
// has the same files, cannot. A server that is gone hides nothing of another.
func TestHooks_person_seesWhatIsCalledAndEndsIt(t *testing.T) {
	t.Parallel()
	p := start(t)
	claude := talk{t, openGo(t, p.url, modernProtocol)}
	made := claude.ok("create_room", args{"room": "tea", "agent_name": "Ann's Claude"})
	ann, bob := visitor(t, p), visitor(t, p)
	ann.terminal = true
	if got := ann.runs("hooks"); got.code != 4 || !strings.Contains(got.err, "You watch no agent") {
		t.Errorf("before the link is opened: %+v", got)
	}
	ann.does("watch", made.Watch)
	bob.does("join", "tea", "--as", "Bob")
	claude.reads(&seat{made.AgentToken, made.Cursor}) // so that nothing is new
	if got := ann.runs("hooks", "tea"); got.code != 0 || got.out != "" ||
		!strings.Contains(got.err, "No address is called for an agent that you watch in the room tea") {
		t.Errorf("before the subscription: %+v", got)
	}

	tail := ann.begin("tail")
	tail.shows("joined: Bob")
	gpt := newChatGPT(t)
	id, _ := gpt.subscribe(p.url, made.AgentToken)["id"].(string)
	tail.shows("* notifications turned on: Ann's Claude")
	host, path, _ := strings.Cut(strings.TrimPrefix(gpt.url, "http://"), "/")
	clock := regexp.MustCompile(`\b\d\d:\d\d\b`)
	shows := func(want string) func() bool {
		return func() bool {
			line := strings.Join(strings.Fields(ann.does("hooks")), " ")
			return clock.ReplaceAllString(line, "hh:mm") == id+" tea Ann's Claude "+host+" "+want
		}
	}
	await(t, "it is not called yet", shows("since hh:mm, not called yet"))
	bob.does("say", "Tea?")
	gpt.next()
	await(t, "it was called", shows("since hh:mm, last called hh:mm"))
	if text := ann.does("hooks", "tea", "--json"); strings.Contains(text, path) ||
		!strings.Contains(text, `"host":"`+host+`"`) {
		t.Errorf("as JSON: %s", text)
	}

	gone := start(t)
	codex := talk{t, openGo(t, gone.url, modernProtocol)}
	lost := codex.ok("create_room", args{"room": "coffee", "agent_name": "Ann's Codex"})
	ann.does("watch", lost.Watch)
	gone.kill()
	anywhere := &talker{t: t, state: ann.state, terminal: true}
	if got := anywhere.runs("hooks"); got.code != 5 || !strings.Contains(got.out, id+"  tea  Ann's Claude") {
		t.Errorf("while one of two servers is gone: %+v", got)
	}

	got := ann.runs("hooks", "tea", "--end", id[1:])
	if got.code != 1 || !strings.Contains(got.err, "Nothing was changed") {
		t.Errorf("with another id: %+v", got)
	}
	ann.terminal = false
	if got := ann.runs("hooks", "tea", "--end", id); got.code != 1 ||
		!strings.Contains(got.err, "for the owner of") {
		t.Errorf("the agent itself: %+v", got)
	}
	ann.terminal = true
	if shown := ann.does("hooks", "tea", "--end", id); shown !=
		host+" is no longer called for Ann's Claude in the room tea.\n" {
		t.Errorf("the end: %s", shown)
	}
	tail.shows("* notifications stopped: Ann's Claude; by you")
	if shown := ann.does("hooks", "tea"); shown != "" {
		t.Errorf("after the end: %s", shown)
	}
	if text := ann.does("history", "--markdown"); !strings.Contains(text,
		"notifications turned on: Ann's Claude") {
		t.Errorf("the export: %s", text)
	}
	if text := bob.does("history"); strings.Contains(text, "address") {
		t.Errorf("Bob sees %s", text)
	}
	tail.interrupted()
}
