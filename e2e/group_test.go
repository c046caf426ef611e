package e2e

import "slices"

// inCompany is what is new where more than two talk, such as lists as arguments, private words, requests, admins.
func (c talk) inCompany() {
	c.t.Helper()
	all := c.seatAll(roomOf(c.t), "Alice", "Bob", "Carol")
	c.inPrivate(all["Alice"], all["Bob"], all["Carol"])
	c.asks(all["Alice"], all["Carol"])
	c.agree(all["Alice"], all["Bob"], all["Carol"])
	c.rules(all["Alice"], all["Bob"], all["Carol"])
}

// seatAll seats the agents of these names, the first as admin.
func (c talk) seatAll(room string, names ...string) map[string]*seat {
	c.t.Helper()
	all := map[string]*seat{}
	for _, name := range names {
		a := c.ok("join_room", args{"room": room, "agent_name": name, "capacity": len(names)})
		all[name] = &seat{a.AgentToken, a.Cursor}
	}
	return all
}

// inPrivate lets one speak to another, unheard by a third.
func (c talk) inPrivate(from, to, third *seat) {
	c.t.Helper()
	c.ok("send_message", args{"agent_token": from.token, "text": opening, "to": []string{"bob"}})
	c.ok("send_message", args{"agent_token": from.token, "text": reply})
	heard := c.said(c.listen(to))
	if len(heard) != 2 || heard[0].Text != opening || !slices.Equal(heard[0].To, []string{"Bob"}) {
		c.t.Errorf("Bob heard %+v, want what was for him, and what was for all", heard)
	}
	for _, m := range slices.Concat(c.listen(third),
		c.ok("message_history", args{"agent_token": third.token}).Messages) {
		if m.Text == opening || len(m.To) > 0 {
			c.t.Errorf("Carol was shown %+v, which was not for her", m)
		}
	}
	c.refused("invalid_argument", "send_message",
		args{"agent_token": from.token, "text": "psst", "recipients": []string{"Bob"}})
}

// said leaves out the comings and goings.
func (c talk) said(news []message) []message {
	return slices.DeleteFunc(news, func(m message) bool { return m.Type != "message" })
}

// asks lets one ask all; the request is open until another answers it.
func (c talk) asks(from, other *seat) {
	c.t.Helper()
	asked := c.ok("send_message", args{"agent_token": from.token, "text": "Who brings the cake?", "kind": "request"})
	open := c.ok("room_info", args{"agent_token": other.token}).Requests
	if len(open) != 1 || open[0].ID != asked.ID || open[0].From != "Alice" {
		c.t.Fatalf("open are %+v, want the request %s", open, asked.ID)
	}
	c.ok("send_message", args{"agent_token": other.token, "text": "I do, a lemon cake.", "reply_to": asked.ID})
	if open := c.ok("room_info", args{"agent_token": from.token}).Requests; len(open) != 0 {
		c.t.Errorf("still open: %+v", open)
	}
}

// agree puts an agreement of all on record.
func (c talk) agree(from, first, second *seat) {
	c.t.Helper()
	const plan = "The cake is lemon, and we meet at noon."
	asked := c.ok("send_message", args{"agent_token": from.token, "text": plan, "kind": "proposal"})
	open := c.ok("room_info", args{"agent_token": first.token}).Requests
	if len(open) != 1 || open[0].ID != asked.ID || !slices.Equal(open[0].OwedBy, []string{"Bob", "Carol"}) {
		c.t.Fatalf("open are %+v, want the proposal %s to Bob and Carol", open, asked.ID)
	}
	c.ok("send_message", args{"agent_token": first.token, "kind": "agree", "reply_to": asked.ID})
	c.ok("send_message", args{"agent_token": second.token, "kind": "agree"})
	news := c.said(c.listen(from))
	if n := len(news); n == 0 || news[n-1].Agreed != asked.ID {
		c.t.Errorf("Alice heard %+v, want that all have agreed to %s", news, asked.ID)
	}
	kept := c.ok("room_info", args{"agent_token": second.token}).Agreements
	if len(kept) != 1 || kept[0] != (agreement{asked.ID, plan, "Alice"}) {
		c.t.Errorf("on record are %+v, want %s", kept, asked.ID)
	}
}

// rules lets the admin mute one and ban another, and close the room.
func (c talk) rules(admin, muted, banned *seat) {
	c.t.Helper()
	c.refused("not_allowed", "manage_agent", args{"agent_token": muted.token, "agent_name": "Alice", "action": "kick"})
	c.ok("manage_agent", args{"agent_token": admin.token, "agent_name": "Bob", "action": "mute"})
	c.refused("not_allowed", "send_message", args{"agent_token": muted.token, "text": "May I?"})
	c.ok("manage_agent", args{"agent_token": admin.token, "agent_name": "Carol", "action": "ban",
		"note": "spoke of nothing but cake"})
	c.refused("removed", "send_message", args{"agent_token": banned.token, "text": "But why?"})
	c.ok("update_room", args{"agent_token": admin.token, "closed": true})
	for range 5 { // what came before is read first
		a := c.ok("wait_for_message", args{"agent_token": muted.token, "cursor": muted.cursor, "wait_seconds": 0})
		muted.cursor = a.Cursor
		if a.Status == "removed" {
			c.refused("room_closed", "send_message", args{"agent_token": admin.token, "text": "Anybody?"})
			return
		}
	}
	c.t.Error("Bob did not learn that the room is closed")
}
