package tools_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/results"
)

// The next of an add, also of a repeated one, and of an edit names open tasks of others with the same title.
func TestTask_ofOthersWithTheSameTitle_isNamed(t *testing.T) {
	p := newWorld(t).connect(modern)
	ann := p.call("create_room", args{"agent_name": "Ann", "room": "den", "capacity": 3})
	bob := p.call("join_room", args{"agent_name": "Bob", "room": "den"})
	add := func(token, title string) reply {
		t.Helper()
		return p.call("task", args{"agent_token": token, "action": "add", "title": title})
	}
	const alike = "Others have t1 with the same title: if that is the same work, drop yours, or agree by " +
		"send_message who does it."
	named := func(got reply) bool { return strings.Contains(got.Next, alike) }
	if got := add(ann.Token, "sand"); named(got) {
		t.Error(got.text)
	}
	own := args{"agent_token": ann.Token, "action": "add", "title": "sand", "text": "again"}
	if got := p.call("task", own); named(got) {
		t.Errorf("her own: %s", got.text)
	}
	p.call("task", args{"agent_token": ann.Token, "action": "drop", "id": "t2"})
	for range 2 {
		if got := add(bob.Token, " SAND"); !named(got) {
			t.Error(got.text)
		}
	}
	if got := add(bob.Token, "mop"); named(got) {
		t.Error(got.text)
	}
	edit := func(title string) reply {
		return p.call("task", args{"agent_token": bob.Token, "action": "edit", "id": "t4", "title": title})
	}
	if got := edit("Sand"); !named(got) {
		t.Error(got.text)
	}
	p.call("task", args{"agent_token": ann.Token, "action": "finish", "id": "t1", "text": "smooth"})
	if got := edit("sand"); named(got) {
		t.Errorf("what is done: %s", got.text)
	}
}

// An edit with an empty after frees the task; without after, or with null, what comes first stays. Clients send empty
// lists for what they leave out, so with other actions an empty after means nothing.
func TestTask_emptyAfter_removesWhatComesFirst(t *testing.T) {
	p := newWorld(t).connect(modern)
	ann := p.call("join_room", args{"agent_name": "Ann", "room": "den"})
	call := func(more args) {
		t.Helper()
		more["agent_token"] = ann.Token
		p.call("task", more)
	}
	call(args{"action": "add", "title": "sand", "after": []any{}})
	call(args{"action": "add", "after": []any{}, "tasks": []any{args{"title": "hang", "after": "2"},
		args{"title": "paint", "after": []any{}}}})
	isBlocked := func() bool {
		got := p.call("list_tasks", args{"agent_token": ann.Token, "id": "t2"})
		return strings.Contains(got.text, `"state":"blocked"`) && strings.Contains(got.text, `"after":["t3"]`)
	}
	call(args{"action": "edit", "id": "t2", "after": []any{"t3"}})
	call(args{"action": "edit", "id": "t2", "title": "hang", "after": nil})
	if !isBlocked() {
		t.Error("without after it is free")
	}
	call(args{"action": "edit", "id": "t2", "after": []any{}})
	if isBlocked() {
		t.Error("with an empty after it is blocked")
	}
	for _, do := range []args{{"action": "take", "id": "t1"}, {"action": "release", "id": "t1"},
		{"action": "next", "id": "t1"}, {"action": "drop", "id": "t3"}} {
		do["after"] = []any{}
		call(do)
	}
}

// An edit with an empty for, as of the page, offers the task to nobody, and takes no task from its holder. Without for,
// the offer stays.
func TestTask_emptyFor_takesTheOfferBack(t *testing.T) {
	p := newWorld(t).connect(modern)
	ann := p.call("join_room", args{"agent_name": "Ann", "room": "den"})
	p.call("join_room", args{"agent_name": "Bob", "room": "den"})
	call := func(more args) string {
		t.Helper()
		more["agent_token"] = ann.Token
		p.call("task", more)
		return p.call("list_tasks", args{"agent_token": ann.Token, "id": "t1"}).text
	}
	call(args{"action": "add", "tasks": []any{args{"title": "sand", "for": "Bob"}}})
	if got := call(args{"action": "edit", "id": "t1", "text": "the door", "for": nil}); !strings.Contains(got,
		`"for":["Bob"]`) {
		t.Errorf("without for it is %s", got)
	}
	if got := call(args{"action": "edit", "id": "t1", "for": []any{}}); strings.Contains(got, `"for"`) {
		t.Errorf("offered to nobody it is %s", got)
	}
	call(args{"action": "take", "id": "t1"})
	if got := call(args{"action": "edit", "id": "t1", "text": "the gate", "for": []any{}}); !strings.Contains(got,
		"the gate") || !strings.Contains(got, `"state":"taken"`) {
		t.Errorf("taken and edited it is %s", got)
	}
}

// A tool that reads does not write, so task does not list. Without an action, or with the former action list, task
// names list_tasks.
func TestTask_withoutAction_isRefusedAndNamesListTasks(t *testing.T) {
	p := newWorld(t).connect(modern)
	ann := p.call("join_room", args{"agent_name": "Ann", "room": "den"})
	for want, more := range map[string]args{
		"action is missing (to see the tasks, call list_tasks). ":            {},
		"or check (to see the tasks, call list_tasks). It takes agent_token": {"action": "list"},
	} {
		more["agent_token"] = ann.Token
		if got := p.try("task", more); got.Code != "invalid_argument" || !strings.Contains(got.text, want) {
			t.Errorf("%v: %s", more, got.text)
		}
	}
	p.call("task", args{"agent_token": ann.Token, "action": "add", "tasks": "sand"})
	all := p.call("list_tasks", args{"agent_token": ann.Token})
	one := p.call("list_tasks", args{"agent_token": ann.Token, "id": "t1"})
	if !strings.Contains(all.text, `"tasks":[{"id":"t1","title":"sand"`) || all.Cursor != "" ||
		!strings.Contains(one.text, `"task":{"id":"t1","title":"sand"`) || one.Cursor != "" {
		t.Errorf("%s\n%s", all.text, one.text)
	}
}

// An agent pays for each word that it reads, so a result does not repeat the agent's own text. A text of another
// agent is shown.
func TestTask_textJustGiven_isNotReturned(t *testing.T) {
	p := newWorld(t).connect(modern)
	ann := p.call("create_room", args{"agent_name": "Ann", "room": "den", "capacity": 3})
	bob := p.call("join_room", args{"agent_name": "Bob", "room": "den"})
	call := func(token, action string, more args) string {
		t.Helper()
		more["agent_token"], more["action"] = token, action
		return p.call("task", more).text
	}
	given := args{"tasks": []args{{"title": "sand", "text": "with a mask"}, {"title": "paint", "text": "in white"}}}
	for range 2 { // even if Ann has taken the task meanwhile
		if got := call(ann.Token, "add", given); strings.Contains(got, "mask") || strings.Contains(got, "white") {
			t.Error(got)
		}
		if got := call(ann.Token, "take", args{"id": "t1"}); !strings.Contains(got, `"text":"with a mask"`) {
			t.Errorf("a take lacks the details: %s", got)
		}
	}
	for range 2 { // but an edit shows what came of it, also if it changes nothing
		if got := call(ann.Token, "edit", args{"id": "t1", "text": "as smooth as glass"}); !strings.Contains(got,
			`"text":"as smooth as glass"`) {
			t.Error(got)
		}
	}
	for _, c := range []struct {
		action string
		more   args
	}{
		{"release", args{"id": "t1", "text": "no mask"}},
		{"finish", args{"id": "t1", "text": "it is smooth"}},
		{"finish", args{"id": "t1", "text": "it is smooth"}},
		{"drop", args{"id": "t2", "text": "nobody paints"}},
	} {
		text := c.more["text"].(string)
		if got := call(ann.Token, c.action, c.more); strings.Contains(got, text) || !strings.Contains(got, `"task":{"id":"`) {
			t.Errorf("%s: %s", c.action, got)
		}
	}
	if got := call(ann.Token, "finish", args{"id": "t1"}); !strings.Contains(got, `"it is smooth"`) {
		t.Errorf("what was done before is not shown: %s", got)
	}
	if got := p.call("list_tasks", args{"agent_token": bob.Token, "id": "t1"}).text; !strings.Contains(got, `"it is smooth"`) {
		t.Errorf("another reads %s", got)
	}
}

// One name is for one thing: open counts what requests lists. earlier counts what is said to all.
func TestRoomInfo_open_countsWhatRequestsLists(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("join_room", args{"room": "den", "agent_name": "Ann"})
	p.call("join_room", args{"room": "den", "agent_name": "Bob"})
	for i, said := range []args{{"text": "at noon?", "kind": "proposal"},
		{"text": "why?", "to": "Bob", "kind": "request"}, {"text": "where?", "ask": "Bob"}} {
		said["agent_token"] = ann.Token
		p.call("send_message", said)
		var got results.Info
		if err := json.Unmarshal([]byte(p.call("room_info", args{"agent_token": ann.Token}).text), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Requests) != i+1 || got.Open.Requests != i+1 || got.Open.Proposals != 1 ||
			got.Earlier != []int64{1, 1, 2}[i] {
			t.Errorf("after %s: %+v, %d earlier", said["text"], got.Open, got.Earlier)
		}
	}
}
