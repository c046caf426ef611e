package tools_test

import (
	"strings"
	"testing"
)

// The next of a drop names what would wait for ever.
func TestTask_drop_namesWhatWaitsForIt(t *testing.T) {
	p := newWorld(t).connect(modern)
	ann := p.call("join_room", args{"agent_name": "Ann", "room": "den"})
	p.call("task", args{"agent_token": ann.Token, "action": "add", "tasks": []any{args{"title": "sand"},
		args{"title": "paint", "after": "1"}, args{"title": "hang", "after": []any{"1"}}, args{"title": "sweep"}}})
	got := p.call("task", args{"agent_token": ann.Token, "action": "drop", "id": "t1"})
	if !strings.HasPrefix(got.Next, "What was dropped is still waited for by t2, t3: "+
		"drop that and add it again without it. ") || strings.Count(got.text, `"after_dropped":["t1"]`) != 2 {
		t.Error(got.text)
	}
	got = p.call("task", args{"agent_token": ann.Token, "action": "drop", "id": "t4"})
	if strings.Contains(got.Next, "waited for") {
		t.Error(got.text)
	}
}
