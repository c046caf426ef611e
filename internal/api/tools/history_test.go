package tools_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// What follows the cursor of the latest messages is all that came since, once.
func TestHistory_ofAPerson_isLargerAndHasACursor(t *testing.T) {
	p := newWorld(t).connect(modern)
	ann := p.call("create_room", args{"agent_name": "Ann"})
	user := userOf(ann)
	p.call("supervise", args{"agent_token": user, "claim": claimOf(ann)})
	for i := range 90 {
		p.call("send_message", args{"agent_token": ann.Token,
			"text": fmt.Sprint("message ", i, " ", strings.Repeat("x", 500))})
	}
	latest := p.call("message_history", args{"agent_token": user, "limit": 100})
	if len(latest.Messages) != 91 || latest.HasMore || latest.Cursor == "" { // with the join
		t.Fatalf("the person gets %d messages, more %v, cursor %q", len(latest.Messages), latest.HasMore, latest.Cursor)
	}
	if got := p.call("wait_for_message", args{"agent_token": user, "wait_seconds": 0}); len(got.Messages) != 90 {
		t.Errorf("a wait without a cursor gives %d", len(got.Messages))
	}
	if got := p.call("wait_for_message", args{"agent_token": user, "cursor": latest.Cursor,
		"wait_seconds": 0}); len(got.Messages) != 0 {
		t.Errorf("after the latest came %d", len(got.Messages))
	}
	p.call("send_message", args{"agent_token": ann.Token, "text": "news"})
	if got := p.call("wait_for_message", args{"agent_token": user, "cursor": latest.Cursor,
		"wait_seconds": 0}); len(got.Messages) != 1 || got.Messages[0].Text != "news" {
		t.Errorf("after the latest came %+v", got.Messages)
	}
	if got := p.call("message_history", args{"agent_token": user,
		"before": latest.Messages[50].ID}); got.Cursor != "" || len(got.Messages) != 20 {
		t.Errorf("an older page has %d messages and the cursor %q", len(got.Messages), got.Cursor)
	}
	agent := p.call("message_history", args{"agent_token": ann.Token, "limit": 100})
	if size := utf8.RuneCountInString(agent.text); agent.Cursor != "" || size > 12<<10 {
		t.Errorf("the agent gets %d characters and the cursor %q", size, agent.Cursor)
	}
}
