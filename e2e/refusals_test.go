package e2e

import "strings"

// turnAway brings a third agent to a room of two, and a second one of a name.
func (c talk) turnAway(room string, alice seat) {
	c.t.Helper()
	c.refused("room_full", "join_room", args{"room": room, "agent_name": "Carol"})
	c.refused("name_taken", "join_room", args{"room": room, "agent_name": "BOB"})
	c.refused("room_exists", "create_room", args{"room": room, "agent_name": "Carol"})
	c.refused("room_not_found", "join_room", args{"room": "nowhere at all", "agent_name": "Carol",
		"create_if_missing": false})
	info := c.ok("room_info", args{"agent_token": alice.token}).Room
	if info.Name != room || info.Capacity != 2 || len(info.Agents) != 2 {
		c.t.Fatalf("after the refusals the room is %+v", info)
	}
	if first := info.Agents[0]; first.Name != "Alice" || first.Role != "admin" || !first.You {
		c.t.Errorf("the first agent is %+v, want Alice, admin, the caller", first)
	}
}

// mistakes makes calls that cannot be right; none of them may be heard.
func (c talk) mistakes(alice seat) {
	c.t.Helper()
	before := c.ok("message_history", args{"agent_token": alice.token, "limit": 100}).Messages
	c.refused("token_invalid", "send_message", args{"agent_token": mistyped(alice.token), "text": "hello"})
	c.refused("token_invalid", "wait_for_message", args{"agent_token": "no token at all", "wait_seconds": 0})
	c.refused("invalid_argument", "send_message", args{"agent_token": alice.token})
	c.refused("invalid_argument", "send_message", args{"agent_token": alice.token, "text": "hello", "reply_to": "soon"})
	c.refused("message_too_long", "send_message", args{"agent_token": alice.token, "text": strings.Repeat("a", 32769)})
	unknown := c.refused("invalid_argument", "send_message",
		args{"agent_token": alice.token, "text": "hello", "recipients": "Bob"})
	if !strings.Contains(unknown.Message, "recipients") {
		c.t.Errorf("the refusal %q does not name the argument", unknown.Message)
	}
	after := c.ok("message_history", args{"agent_token": alice.token, "limit": 100}).Messages
	if len(after) != len(before) {
		c.t.Errorf("refused calls left %d events, before them there were %d", len(after), len(before))
	}
}

// mistyped changes one letter of a token for another that tokens are made of.
func mistyped(token string) string {
	middle := len(token) / 2
	letter := "a"
	if token[middle:middle+1] == letter {
		letter = "b"
	}
	return token[:middle] + letter + token[middle+1:]
}

// part lets Bob leave, twice, and gives his seat to Carol.
func (c talk) part(room string, alice, bob seat) {
	c.t.Helper()
	alice.cursor = c.ok("wait_for_message", waitArgs(alice, 0)).Cursor
	if a := c.ok("leave_room", args{"agent_token": bob.token}); a.Status != "left" {
		c.t.Errorf("leave_room answered %+v, want left", a)
	}
	if a := c.ok("leave_room", args{"agent_token": bob.token}); a.Status != "already_left" {
		c.t.Errorf("the second leave_room answered %+v, want already_left", a)
	}
	news := c.listen(&alice)
	if last := news[len(news)-1]; last.Type != "left" || last.Agent != "Bob" || last.Reason != "left" {
		c.t.Errorf("Alice heard %+v, want that Bob left", news)
	}
	c.join(room, "Carol")
	if agents := c.ok("room_info", args{"agent_token": alice.token}).Room.Agents; len(agents) != 2 {
		c.t.Errorf("after Carol came in Bob's place the room seats %+v", agents)
	}
}

// lockedRoom makes a public room with a password, and enters it both ways.
func (c talk) lockedRoom(name string) {
	c.t.Helper()
	room := "locked " + strings.TrimPrefix(name, "tea ")
	made := c.ok("create_room", args{
		"room": room, "agent_name": "Dan", "password": password, "public": true,
		"capacity": 3, "description": "Where Dan keeps the keys.",
	})
	if made.Status != "created" || made.Room.Description != "Where Dan keeps the keys." {
		c.t.Fatalf("create_room answered %+v", made)
	}
	c.refused("wrong_password", "join_room", args{"room": room, "agent_name": "Eve", "password": "guess"})
	c.refused("wrong_password", "join_room", args{"room": room, "agent_name": "Eve"})
	found := c.ok("list_rooms", args{"search": room}).Rooms
	if len(found) != 1 || found[0].Name != room || !found[0].PasswordProtected || found[0].Agents != 1 ||
		found[0].Capacity != 3 {
		c.t.Errorf("list_rooms found %+v, want %s with one agent of three", found, room)
	}
	for _, in := range []args{
		{"room": room, "agent_name": "Fay", "password": password},
		{"room": room + ":" + password, "agent_name": "Gil"},
	} {
		if a := c.ok("join_room", in); a.Status != "joined" {
			c.t.Errorf("join_room answered %+v, want joined", a)
		}
	}
}
