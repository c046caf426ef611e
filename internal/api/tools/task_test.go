package tools_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
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

// A tool that reads does not write, so task does not list: without an action, or with one that it had before, it says
// what does.
func TestTask_withoutAction_isRefusedAndNamesListTasks(t *testing.T) {
	p := newWorld(t).connect(modern)
	ann := p.call("join_room", args{"agent_name": "Ann", "room": "den"})
	for want, more := range map[string]args{
		"action is missing (to see the tasks, call list_tasks). ":                   {},
		"or drop or edit (to see the tasks, call list_tasks). It takes agent_token": {"action": "list"},
	} {
		more["agent_token"] = ann.Token
		if got := p.try("task", more); got.Code != "invalid_argument" || !strings.Contains(got.text, want) {
			t.Errorf("%v: %s", more, got.text)
		}
	}
	p.call("task", args{"agent_token": ann.Token, "action": "add", "tasks": "sand"})
	all := p.call("list_tasks", args{"agent_token": ann.Token})
	one := p.call("list_tasks", args{"agent_token": ann.Token, "task_id": "t1"})
	if !strings.Contains(all.text, `"tasks":[{"id":"t1","title":"sand"`) || all.Cursor == "" ||
		!strings.Contains(one.text, `"task":{"id":"t1","title":"sand"`) || one.Cursor == "" {
		t.Errorf("%s\n%s", all.text, one.text)
	}
}

func TestListTasks_agentThatItsUserHolds_reads(t *testing.T) {
	clock := newStoryClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	tell(t, sqlitetest.Open(t, clock), clock, chat.Options{SingleProcess: true, MinBatch: 1}, func(s *story) {
		ann, bob, user := s.supervised()
		bob.do("task", args{"action": "add", "tasks": "sand"})
		for _, held := range []string{"paused", "approve"} {
			user.do("supervise", args{held: true})
			got := ann.do("list_tasks", nil)
			if got.Code != "" || !strings.Contains(got.text, `"title":"sand"`) || strings.Contains(got.Next, "task (") {
				t.Errorf("%s: %s", held, got.text)
			}
			if got := ann.do("task", args{"action": "take"}); got.Code == "" {
				t.Errorf("%s: %s", held, got.text)
			}
			user.do("supervise", args{held: false})
		}
	})
}
