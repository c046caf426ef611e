package tools_test

import (
	"strings"
	"testing"
)

func TestConversation_acrossGenerations_eachHearsTheOtherOnce(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.connect(legacy), w.connect(modern)
	a := ann.call("create_room", args{"agent_name": "Ann", "room": "plans", "password": "pw",
		"description": "<what & why>"})
	if a.Status != "created" || a.Room.Name != "plans" || a.Room.Type != "group" || a.Room.Capacity != 2 ||
		!a.Room.PasswordProtected {
		t.Errorf("created %+v", a)
	}
	if want := `Add the MCP server https://parley.example/mcp and call join_room with room "plans", password "pw". ` +
		"No MCP? curl this address without /mcp."; a.Invite != want {
		t.Errorf("the invite is %s, want %s", a.Invite, want)
	}
	if !strings.Contains(a.text, "<what & why>") {
		t.Errorf("the description is escaped in %s", a.text)
	}
	ann.call("send_message", args{"agent_token": a.Token, "text": "hello"})
	b := bob.call("join_room", args{"room": "Plans:pw", "agent_name": "Bob"})
	if b.Status != "joined" || len(b.Messages) != 1 || b.Messages[0].Text != "hello" || b.Messages[0].From != "Ann" {
		t.Errorf("joined %+v", b)
	}
	if want := "It is your turn: call send_message (cursor " + b.Cursor +
		", wait_seconds 45); "; !strings.HasPrefix(b.Next, want) || !strings.HasSuffix(b.Next, "anybody else.") {
		t.Errorf("next is %q, want %q and then the link", b.Next, want)
	}
	said := bob.call("send_message", args{"agent_token": b.Token, "text": "hi Ann", "reply_to": b.Messages[0].ID,
		"cursor": b.Cursor})
	if !said.Sent || said.ID == "" || said.Cursor == "" {
		t.Errorf("sent %+v", said)
	}
	got := ann.call("wait_for_message", args{"agent_token": a.Token, "cursor": a.Cursor})
	if got.Status != "messages" || len(got.Messages) != 2 || got.Messages[0].Type != "joined" ||
		got.Messages[1].Text != "hi Ann" || got.Messages[1].ReplyTo != b.Messages[0].ID {
		t.Errorf("Ann got %+v", got)
	}
	if again := ann.call("wait_for_message", args{"agent_token": a.Token, "cursor": got.Cursor,
		"wait_seconds": 0}); again.Status != "quiet" {
		t.Errorf("then Ann got %+v", again)
	}
}

func TestWait_open_isAnsweredByTheSend(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.connect(modern), w.connect(modern)
	a := ann.call("join_room", args{"room": "den", "agent_name": "Ann"})
	b := bob.call("join_room", args{"room": "den", "agent_name": "Bob"})
	cursor := ann.call("wait_for_message", args{"agent_token": a.Token, "cursor": a.Cursor}).Cursor
	heard := make(chan reply, 2)
	wait := func(tool string, arguments args) {
		r, err := bob.ask(tool, arguments)
		if err != nil {
			t.Error(err)
		}
		heard <- r
	}
	go wait("wait_for_message", args{"agent_token": b.Token, "cursor": b.Cursor, "wait_seconds": 290})
	ann.awaitState(a.Token, "Bob", "waiting")
	sent := ann.call("send_message", args{"agent_token": a.Token, "text": "are you there?", "cursor": cursor})
	r := <-heard
	if sent.ID == "" || len(r.Messages) != 1 || r.Messages[0].Text != "are you there?" {
		t.Errorf("Bob heard %+v", r)
	}
	go wait("send_message", args{"agent_token": b.Token, "text": "I am, and I wait", "cursor": r.Cursor,
		"wait_seconds": 50})
	if r := ann.call("wait_for_message", args{"agent_token": a.Token, "cursor": sent.Cursor}); len(r.Messages) != 1 {
		t.Errorf("Ann heard %+v", r)
	}
	ann.call("send_message", args{"agent_token": a.Token, "text": "good"})
	if r := <-heard; !r.Sent || r.ID == "" || r.Status != "messages" || len(r.Messages) != 1 ||
		r.Messages[0].Text != "good" {
		t.Errorf("Bob sent and heard %+v", r)
	}
}
