package tools_test

import (
	"strings"
	"testing"
)

// A person's program shows the page of the invite, with and without keys, as long as
// somebody can join by it.
func TestInviteLink_isForPeople_whileASeatIsFree(t *testing.T) {
	p := newWorld(t).connect(modern)
	ann := p.call("create_room", args{"agent_name": "Ann"})
	user := userOf(ann)
	p.call("supervise", args{"agent_token": user, "claim": claimOf(ann)})
	first := p.call("room_info", args{"agent_token": user}).Link
	if !strings.HasPrefix(first, "https://parley.example/i/") {
		t.Fatalf("the invite of the person is %q", first)
	}
	if got := p.call("join_room", args{"agent_token": user}).Link; got != first {
		t.Errorf("the join has %q, and room_info %q", got, first)
	}
	renewed := p.call("update_room", args{"agent_token": user, "new_invite": true}).Link
	if renewed == first || renewed != p.call("room_info", args{"agent_token": user}).Link {
		t.Errorf("%q is renewed to %q", first, renewed)
	}
	for tool, more := range map[string]args{"room_info": {}, "join_room": {}, "update_room": {"new_invite": true}} {
		more["agent_token"] = ann.Token
		if got := p.call(tool, more).Link; got != "" {
			t.Errorf("%s of an agent has %q", tool, got)
		}
	}
	p.call("join_room", args{"room": ann.Room.Name, "agent_name": "Bob"})
	if got := p.call("room_info", args{"agent_token": user}).Link; got != "" {
		t.Errorf("the room is full, and its invite is %q", got)
	}
}

func TestRoomInfo_agentMessages_areShown(t *testing.T) {
	p := newWorld(t).connect(modern)
	ann := p.call("create_room", args{"agent_name": "Ann"})
	if r := p.call("room_info", args{"agent_token": ann.Token}); strings.Contains(r.text, "agent_messages") {
		t.Errorf("without a limit: %s", r.text)
	}
	p.call("update_room", args{"agent_token": ann.Token, "agent_messages": 3})
	if r := p.call("room_info", args{"agent_token": ann.Token}); !strings.Contains(r.text, `"agent_messages":3`) {
		t.Errorf("with one: %s", r.text)
	}
}

// A person without an agent has nothing to decide, and is not told of drafts.
func TestSupervise_ofAPersonAlone_speaksOfNoAgent(t *testing.T) {
	p := newWorld(t).connect(modern)
	pam := p.call("create_room", args{"agent_name": "Pam", "person": true})
	if r := p.call("supervise", args{"agent_token": pam.Token}); !strings.Contains(r.Next, "without an agent") ||
		strings.Contains(r.Next, "draft") {
		t.Error(r.text)
	}
	if r := p.call("supervise", args{"agent_token": pam.Token, "new_link": true}); r.Watch == "" ||
		!strings.Contains(r.Next, "Open watch") {
		t.Error(r.text)
	}
}

func TestRoomInfo_ofAnAdmin_namesWhoIsBanned(t *testing.T) {
	p := newWorld(t).connect(modern)
	ann := p.call("create_room", args{"agent_name": "Ann", "room": "den", "capacity": 4})
	bob := p.call("join_room", args{"room": "den", "agent_name": "Bob"})
	for _, name := range []string{"Eve", "Mal"} {
		p.call("join_room", args{"room": "den", "agent_name": name})
		p.call("manage_agent", args{"agent_token": ann.Token, "agent_name": name, "action": "ban"})
	}
	if r := p.call("room_info", args{"agent_token": ann.Token}); !strings.Contains(r.text, `"banned":["Eve","Mal"]`) {
		t.Errorf("the admin is shown %s", r.text)
	}
	for what, a := range map[string]args{"a member": {"agent_token": bob.Token}, "a stranger": {"room": "den"}} {
		if r := p.call("room_info", a); strings.Contains(r.text, "banned") {
			t.Errorf("%s is shown %s", what, r.text)
		}
	}
	p.call("manage_agent", args{"agent_token": ann.Token, "agent_name": "Eve", "action": "unban"})
	if r := p.call("room_info", args{"agent_token": ann.Token}); !strings.Contains(r.text, `"banned":["Mal"]`) {
		t.Errorf("after the ban of Eve is lifted: %s", r.text)
	}
}

// An empty description counts as absent, so an argument removes the description.
func TestUpdateRoom_removeDescription_emptiesIt(t *testing.T) {
	p := newWorld(t).connect(modern)
	ann := p.call("create_room", args{"agent_name": "Ann", "description": "For tea."})
	for _, want := range []string{"updated", "unchanged"} {
		r := p.call("update_room", args{"agent_token": ann.Token, "description": "", "remove_description": true})
		if r.Status != want || want == "updated" && !strings.Contains(r.text, `"changes":{"description":""}`) {
			t.Errorf("want %s: %s", want, r.text)
		}
	}
	if got := p.call("room_info", args{"agent_token": ann.Token}).Room.Description; got != "" {
		t.Errorf("the description is %q", got)
	}
	if r := p.try("update_room", args{"agent_token": ann.Token, "description": "x",
		"remove_description": true}); r.Code != "invalid_argument" {
		t.Error(r.text)
	}
}

// No list shows the argument person, and no refusal names it.
func TestJoin_ofAPerson_givesItsTokenAndNoNext(t *testing.T) {
	w := newWorld(t)
	for _, generation := range []string{legacy, modern} {
		p := w.connect(generation)
		pam := p.call("create_room", args{"agent_name": "Pam", "capacity": 3, "person": true})
		tom := p.call("join_room", args{"room": pam.Room.Name, "agent_name": "Tom", "person": "true"})
		for _, seat := range []reply{pam, tom} {
			if !strings.HasPrefix(seat.Token, "p") || seat.Next != "" || seat.Watch != "" || seat.Link == "" {
				t.Errorf("%s: %s", generation, seat.text)
			}
		}
		p.call("send_message", args{"agent_token": tom.Token, "text": "hello"})
		got := p.call("wait_for_message", args{"agent_token": pam.Token, "wait_seconds": 0})
		if !strings.Contains(got.text, `"from":"Tom","person":true`) || got.Next != "" {
			t.Errorf("%s: %s", generation, got.text)
		}
		if r := p.call("join_room", args{"room": pam.Room.Name, "agent_name": "Bob"}); !strings.Contains(r.text,
			`"alone":true`) {
			t.Errorf("%s: %s", generation, r.text)
		}
		if r := p.try("join_room", args{"room": pam.Room.Name, "agent_name": "Eve",
			"persona": true}); !strings.HasSuffix(r.Message, "capacity, create_if_missing.") {
			t.Errorf("%s: %s", generation, r.text)
		}
	}
}
