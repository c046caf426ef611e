package e2e

import (
	"context"
	"strings"
	"testing"
)

// conversations are those that every make of client must be able to hold.
var conversations = []struct {
	name  string
	holds func(talk)
}{
	{"is heard and answered", talk.inFull},
	{"speaks in private, asks and rules", talk.inCompany},
	{"is paired and talks", talk.inPairs},
	{"comes back and hears what follows", talk.comesBack},
	{"hears what it missed", talk.hearsWhatItMissed},
}

// A client holds one after the other, since it takes longer to start than to talk, and in the end gives up a wait.
func TestConversation_everyClient_holdsEachAndEndsItsWait(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, k := range allKinds(t) {
		t.Run(k.name, func(t *testing.T) {
			client := k.open(t, p.url)
			for _, one := range conversations {
				t.Run(one.name, func(t *testing.T) { one.holds(talk{t, client}) })
			}
			talk{t, client}.endsItsWait()
		})
	}
}

// inFull is what two agents say and do.
func (c talk) inFull() {
	c.t.Helper()
	room := roomOf(c.t)
	alice, bob := c.meet(room)
	id := c.sayAndHear(alice, bob)
	c.answer(alice, bob, id)
	c.repeat(alice)
	c.lookBack(bob, id)
	c.turnAway(room, alice)
	c.mistakes(alice)
	c.part(room, alice, bob)
	c.lockedRoom(room)
}

// The words of the conversation. Long ones may be repeated by a client that got
// no reply; short ones only until somebody else speaks.
const (
	opening  = "Shall we split the work? <b>You</b> & I: naïve, 日本語, ☕, \"quoted\"."
	reply    = "Yes. I take the parser, you take the tests, and we meet here at noon."
	password = "a quiet garden"
)

// talk makes calls whose client must not fail.
type talk struct {
	t *testing.T
	c client
}

// tool makes a call and returns its answer, which may be a refusal.
func (c talk) tool(tool string, arguments args) answer {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	a, err := c.c.call(ctx, tool, arguments)
	if err != nil {
		c.t.Fatalf("%s: %v", tool, err)
	}
	return a
}

// ok makes a call that must succeed.
func (c talk) ok(tool string, arguments args) answer {
	c.t.Helper()
	a := c.tool(tool, arguments)
	if a.Code != "" {
		c.t.Fatalf("%s: %s: %s", tool, a.Code, a.Message)
	}
	return a
}

// refused makes a call that must be refused with code, and with words.
func (c talk) refused(code, tool string, arguments args) answer {
	c.t.Helper()
	a := c.tool(tool, arguments)
	if a.Code != code || a.Message == "" {
		c.t.Errorf("%s: answered %+v, want the refusal %s", tool, a, code)
	}
	return a
}

// seat is an agent in a room: its token and how far it has read.
type seat struct{ token, cursor string }

func (c talk) join(room, name string) seat {
	c.t.Helper()
	a := c.ok("join_room", args{"room": room, "agent_name": name})
	return seat{a.AgentToken, a.Cursor}
}

// listen waits until something new is there for s, moves its cursor, and
// returns it.
func (c talk) listen(s *seat) []message {
	c.t.Helper()
	wait := args{"agent_token": s.token, "cursor": s.cursor, "wait_seconds": 20}
	a := c.ok("wait_for_message", wait)
	if a.Status == "your_turn" { // all who are here wait, and the one who speaks has not come yet
		a = c.ok("wait_for_message", wait)
	}
	if a.Status != "messages" && a.Status != "all_done" || len(a.Messages) == 0 || a.Cursor == "" || a.Next == "" {
		c.t.Fatalf("wait_for_message: answered %+v, want messages", a)
	}
	s.cursor = a.Cursor
	return a.Messages
}

// awaitWaiting returns when the agent of that name has a wait open, as the agent of token sees it.
func (c talk) awaitWaiting(token, name string) {
	c.t.Helper()
	await(c.t, name+" waits", func() bool { return c.stateOf(token, name) == "waiting" })
}

// stateOf returns the state of the agent of that name, as the agent of token sees it.
func (c talk) stateOf(token, name string) string {
	c.t.Helper()
	for _, a := range c.ok("room_info", args{"agent_token": token}).Room.Agents {
		if a.Name == name {
			return a.State
		}
	}
	c.t.Fatalf("%s is not in the room", name)
	return ""
}

// meet seats two agents in a new room.
func (c talk) meet(room string) (alice, bob seat) {
	c.t.Helper()
	first := c.ok("join_room", args{"room": room, "agent_name": "Alice"})
	if first.Status != "created" || first.AgentToken == "" || first.Cursor == "" || first.Next == "" {
		c.t.Fatalf("the first join answered %+v", first)
	}
	if !strings.Contains(first.Invite, room) || !strings.Contains(first.Invite, "http://") {
		c.t.Errorf("the invite %q lacks the room or the address", first.Invite)
	}
	second := c.ok("join_room", args{"room": room, "agent_name": "Bob"})
	if second.Status != "joined" || second.AgentToken == first.AgentToken || len(second.Room.Agents) != 2 {
		c.t.Fatalf("the second join answered %+v", second)
	}
	alice, bob = seat{first.AgentToken, first.Cursor}, seat{second.AgentToken, second.Cursor}
	news := c.listen(&alice)
	if len(news) != 1 || news[0].Type != "joined" || news[0].Agent != "Bob" {
		c.t.Fatalf("Alice heard %+v, want that Bob joined", news)
	}
	return alice, bob
}

// sayAndHear lets Alice speak while Bob waits, and returns the id.
func (c talk) sayAndHear(alice, bob seat) string {
	c.t.Helper()
	heard := c.waiting(bob)
	c.awaitWaiting(alice.token, "Bob")
	said := c.ok("send_message", args{"agent_token": alice.token, "text": opening})
	if !said.Sent || said.ID == "" || said.Duplicate || said.Next == "" {
		c.t.Fatalf("send_message answered %+v", said)
	}
	got := <-heard
	if got.Status != "messages" || len(got.Messages) != 1 {
		c.t.Fatalf("Bob heard %+v, want one message", got)
	}
	if m := got.Messages[0]; m.Text != opening || m.From != "Alice" || m.ID != said.ID || m.Type != "message" {
		c.t.Errorf("Bob heard %+v, want what Alice said as %s", m, said.ID)
	}
	return said.ID
}

// answer lets Bob reply to a message, and Alice read it.
func (c talk) answer(alice, bob seat, id string) {
	c.t.Helper()
	c.ok("send_message", args{"agent_token": bob.token, "text": reply, "reply_to": id})
	news := c.listen(&alice)
	if len(news) != 1 || news[0].Text != reply || news[0].ReplyTo != id || news[0].From != "Bob" {
		c.t.Errorf("Alice heard %+v, want Bob's reply to %s", news, id)
	}
	quiet := c.ok("wait_for_message", args{"agent_token": alice.token, "cursor": alice.cursor, "wait_seconds": 0})
	if quiet.Status != "quiet" || len(quiet.Messages) != 0 {
		c.t.Errorf("with nothing new Alice was answered %+v, want quiet", quiet)
	}
}

// repeat sends the same words twice, as a client does that got no reply.
func (c talk) repeat(alice seat) {
	c.t.Helper()
	words := args{"agent_token": alice.token, "text": "One more thing: please keep the parser free of dependencies."}
	first, second := c.ok("send_message", words), c.ok("send_message", words)
	if !second.Duplicate || second.ID != first.ID || first.Duplicate {
		c.t.Errorf("sent twice: %+v, then %+v; want a duplicate with the first id", first, second)
	}
}

// lookBack reads what was said from the room's history.
func (c talk) lookBack(bob seat, id string) {
	c.t.Helper()
	var texts []string
	for _, m := range c.ok("message_history", args{"agent_token": bob.token}).Messages {
		if m.Type == "message" {
			texts = append(texts, m.Text)
		}
	}
	if len(texts) != 3 || texts[0] != opening || texts[1] != reply {
		c.t.Errorf("history holds %q, want the three messages, oldest first", texts)
	}
	later := c.ok("message_history", args{"agent_token": bob.token, "after": id, "limit": 1}).Messages
	if len(later) != 1 || later[0].Text != reply {
		c.t.Errorf("history after %s begins with %+v, want Bob's reply", id, later)
	}
}
