package tools_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/base/sanitize"
)

// The page after the cursor of the latest messages has each later message once.
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
	if got := p.call("wait_for_message",
		args{"agent_token": user, "cursor": "", "wait_seconds": 0}); len(got.Messages) != 90 {
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

// Each part of a text is shown as it is within the whole: even a part that begins with a joiner, at an offset that no
// result has given.
func TestHistory_longText_eachPartIsShownAsWithinTheWhole(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("join_room", args{"agent_name": "Ann", "room": "den"})
	const verb = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 "
	for _, text := range []string{strings.Repeat(verb, 1700), strings.Repeat("\U0001f469\u200d", 2900),
		"x" + strings.Repeat("\u0301\u200d\u200b", 4000)} {
		whole := sanitize.Escape(text, "\n")
		sent := p.call("send_message", args{"agent_token": ann.Token, "text": text})
		for _, cut := range []int{0, len("\u0645\u06cc"), len("\u0645\u06cc\u200c"), len(verb) + len("\u0645\u06cc")} {
			if !strings.HasPrefix(text, verb) && cut > 0 {
				cut = len(text) / 2
				for !utf8.RuneStart(text[cut]) {
					cut++
				}
			}
			shown := sanitize.Escape(text[:cut], "\n")
			for more := (&results.More{Offset: cut}); more != nil; {
				part := p.call("message_history", args{"agent_token": ann.Token, "id": sent.ID, "offset": more.Offset})
				shown += string(part.Messages[0].Text)
				more = part.Messages[0].More
			}
			if shown != whole {
				t.Errorf("%+q from %d: %d bytes were shown, want %d", text[:20], cut, len(shown), len(whole))
			}
		}
	}
}
