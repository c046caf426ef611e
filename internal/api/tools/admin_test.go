package tools_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestUpdateRoom_eachArgument_changesItsSetting(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("create_room", args{"agent_name": "Ann", "room": "den"})
	for _, c := range []struct {
		args args
		want string // the changes
	}{
		{args{"room": "Great Hall"}, `{"room":"Great Hall"}`},
		{args{"description": "for all"}, `{"description":"for all"}`},
		{args{"password": "pw"}, `{"password":"set","invite":"renewed"}`},
		{args{"remove_password": "true"}, `{"password":"removed"}`},
		{args{"capacity": "5"}, `{"capacity":5}`},
		{args{"type": "Channel"}, `{"type":"channel"}`},
		{args{"public": true}, `{"public":true}`},
		{args{"public": false, "capacity": 6}, `{"capacity":6,"public":false}`},
	} {
		c.args["agent_token"] = ann.Token
		r := p.call("update_room", c.args)
		if r.Status != "updated" || !strings.Contains(r.text, `"changes":`+c.want) {
			t.Errorf("%v: %s", c.args, r.text)
		}
	}
	room := p.call("room_info", args{"agent_token": ann.Token}).Room
	if room.Name != "Great Hall" || room.Description != "for all" || room.PasswordProtected || room.Capacity != 6 ||
		room.Type != "channel" || room.Public {
		t.Errorf("the room is now %+v", room)
	}
	for what, c := range map[string]struct {
		args  args
		shown string
	}{
		"renamed":        {args{"room": "den"}, `call join_room with room \"den\".`},
		"a new password": {args{"password": "open sesame"}, `https://parley.example/i/`},
	} {
		c.args["agent_token"] = ann.Token
		if r := p.call("update_room", c.args); !strings.Contains(r.text, c.shown) {
			t.Errorf("%s: who is still to come needs a new invite: %s", what, r.text)
		}
	}
	if r := p.call("update_room", args{"agent_token": ann.Token, "capacity": 6, "password": nil,
		"description": ""}); r.Status != "unchanged" {
		t.Errorf("the same again: %s", r.text)
	}
	if r := p.call("update_room", args{"agent_token": ann.Token, "closed": true}); r.Status != "closed" {
		t.Errorf("closing: %s", r.text)
	}
	if r := p.call("room_info", args{"agent_token": ann.Token}); !strings.Contains(r.text, `"closed":true`) {
		t.Errorf("the closed room is shown as %s", r.text)
	}
}

func TestManageAgent_eachAction_isDoneAndSeen(t *testing.T) {
	w := newWorld(t)
	p := w.connect(legacy)
	ann := p.call("create_room", args{"agent_name": "Ann", "room": "den", "capacity": 3})
	p.call("join_room", args{"agent_name": "Bob", "room": "den"})
	for _, c := range []struct{ action, want, state string }{
		{"promote", "promoted", `"role":"admin"`},
		{"promote", "unchanged", `"role":"admin"`},
		{"demote", "demoted", `"role":"member"`},
		{"MUTE", "muted", `"muted":true`},
		{"unmute", "unmuted", `"role":"member"`},
		{"kick", "kicked", ""},
		{"ban", "banned", ""},
		{"unban", "unbanned", ""},
	} {
		r := p.call("manage_agent", args{"agent_token": ann.Token, "agent_name": "bob", "action": c.action,
			"note": "as agreed"})
		if r.Status != c.want {
			t.Errorf("%s: %s", c.action, r.text)
		}
		agents := p.call("room_info", args{"agent_token": ann.Token}).Room.Agents
		bob, err := json.Marshal(agents[len(agents)-1])
		if err != nil || c.state == "" && len(agents) != 1 || !strings.Contains(string(bob), c.state) {
			t.Errorf("after %s: %s", c.action, bob)
		}
	}
	var seen []string
	for _, m := range p.call("message_history", args{"agent_token": ann.Token}).Messages {
		if m.By == "Ann" && m.Note == "as agreed" {
			seen = append(seen, m.Type+m.Action+m.Reason)
		}
	}
	if want := []string{"rolepromote", "roledemote", "rolemute", "roleunmute", "leftkicked", "roleban",
		"roleunban"}; !slices.Equal(seen, want) {
		t.Errorf("the events are %q, want %q", seen, want)
	}
}

// A repeated ban removes what the first ban has left: next says what was removed.
func TestManageAgent_banWithClear_saysWhatWasRemoved(t *testing.T) {
	w := newWorld(t)
	p := w.connect(legacy)
	ann := p.call("create_room", args{"agent_name": "Ann", "room": "den", "capacity": 3})
	bob := p.call("join_room", args{"agent_name": "Bob", "room": "den"})
	p.call("task", args{"agent_token": bob.Token, "action": "add", "tasks": []args{{"title": "paint"}}})
	ban := args{"agent_token": ann.Token, "agent_name": "Bob", "action": "ban"}
	p.call("manage_agent", ban)
	ban["clear"] = true
	for _, want := range []string{"It was banned already. Removed were files: 0, open tasks: 1.",
		"No change was needed"} {
		if got := p.call("manage_agent", ban); got.Status != "unchanged" || !strings.Contains(got.Next, want) {
			t.Errorf("%s, want %q", got.text, want)
		}
	}
}

func TestWait_inACrowd_countsAgentsAndShowsWhoWaits(t *testing.T) {
	w := newWorld(t)
	p, waiter := w.connect(modern), w.connect(modern)
	ann := p.call("create_room", args{"agent_name": "Ann", "room": "fair", "capacity": 20})
	for i := range 11 {
		p.call("join_room", args{"agent_name": fmt.Sprint("Agent ", i), "room": "fair"})
	}
	bob := p.call("join_room", args{"agent_name": "Bob", "room": "fair"})
	heard := make(chan error, 1)
	go func() {
		_, err := waiter.ask("wait_for_message", args{"agent_token": bob.Token, "wait_seconds": 50})
		heard <- err
	}()
	p.awaitState(ann.Token, "Bob", "waiting")
	r := p.call("wait_for_message", args{"agent_token": ann.Token, "cursor": ann.Cursor, "wait_seconds": 0})
	if r.Seated != 13 || r.Waiting != 1 || len(r.Agents) != 1 || r.Agents[0].Name != "Bob" {
		t.Errorf("Ann gets %s", r.text)
	}
	p.call("send_message", args{"agent_token": ann.Token, "text": "hello all"})
	if err := <-heard; err != nil {
		t.Error(err)
	}
}

func TestQueue_eachStatus_hasItsFields(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	waits := p.call("enter_queue", args{"agent_name": "Ann", "interests": "chess, go", "wait_seconds": 0})
	if keys := keysOf(t, waits.text); !slices.Equal(keys, []string{"status", "ticket", "position", "next"}) ||
		waits.Status != "waiting" {
		t.Errorf("waiting gives %s", waits.text)
	}
	paired := p.call("enter_queue", args{"agent_name": "Bob", "interests": []string{"go"}, "wait_seconds": 0})
	for range 3 { // who comes later claims, and may need to look again
		if paired.Status == "waiting" {
			paired = p.call("enter_queue", args{"ticket": paired.Ticket, "wait_seconds": 5})
		}
	}
	want := []string{"status", "next", "watch", "untrusted", "agent_token", "agent_name", "room", "messages", "cursor",
		"now", "partner"}
	if keys := keysOf(t, paired.text); !slices.Equal(keys, want) || paired.Status != "paired" {
		t.Errorf("paired gives %s", paired.text)
	}
	if !strings.Contains(paired.text, `"partner":{"name":"Ann","interests":["chess","go"]}`) {
		t.Errorf("the partner is not Ann in %s", paired.text)
	}
	ann := p.call("enter_queue", args{"ticket": waits.Ticket, "wait_seconds": 0})
	p.call("send_message", args{"agent_token": ann.Token, "text": "white or black?"})
	if got := p.call("wait_for_message", args{"agent_token": paired.Token,
		"cursor": paired.Cursor}); len(got.Messages) != 1 || got.Messages[0].Text != "white or black?" {
		t.Errorf("Bob hears %s", got.text)
	}
}

func TestManageAgent_listOfNames_isOneOrder(t *testing.T) {
	w := newWorld(t)
	p := w.connect(legacy)
	ann := p.call("create_room", args{"agent_name": "Ann", "room": "den", "capacity": 4})
	p.call("join_room", args{"agent_name": "Bob", "room": "den"})
	p.call("join_room", args{"agent_name": "Cid", "room": "den"})
	kick := args{"agent_token": ann.Token, "agent_name": []string{"Bob", "Eve"}, "action": "kick"}
	if r := p.try("manage_agent", kick); r.Code != "invalid_argument" || !strings.Contains(r.text, "name 2 of 2") {
		t.Errorf("a wrong name: %s", r.text)
	}
	kick["agent_name"] = []string{"Bob", "Cid"}
	for _, want := range []string{"kicked", "unchanged"} {
		if r := p.call("manage_agent", kick); r.Status != want {
			t.Errorf("%s", r.text)
		}
	}
	if agents := p.call("room_info", args{"agent_token": ann.Token}).Room.Agents; len(agents) != 1 {
		t.Errorf("seated are %+v", agents)
	}
}
