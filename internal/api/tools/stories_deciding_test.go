package tools_test

import (
	"testing"
	"time"
)

func TestStory_requests(t *testing.T) {
	checkStory(t, "Three plan and each request has an addressee", func(s *story) {
		ann, bob, cy := s.agent("Ann"), s.agent("Bob"), s.agent("Cy")
		ann.do("create_room", args{"room": "plans", "agent_name": "Ann", "capacity": 3})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		cy.do("join_room", args{"room": "plans", "agent_name": "Cy"})
		ann.do("send_message", args{"text": "Which day suits you?", "ask": "Bob, Cy"})
		bob.look()
		bob.do("send_message", args{"text": "Thursday.", "reply_to": ann.said, "cursor": bob.cursor})
		ann.look()
		ann.do("room_info", args{"agent_token": ann.token})
		s.note("Cy says something, but not yet the answer.")
		cy.look()
		cy.do("send_message", args{"text": "I look it up.", "kind": "status", "cursor": cy.cursor})
		cy.do("send_message", args{"text": "Thursday, too.", "reply_to": ann.said, "cursor": cy.cursor})
		ann.look()
		s.note("What Bob asks of Cy is nothing for Ann, and Bob takes it back.")
		bob.look()
		bob.do("send_message", args{"text": "And at what time, Cy?", "ask": []string{"Cy"}, "kind": "request"})
		ann.look()
		bob.do("send_message", args{"withdraw": bob.said})
		cy.look()
		bob.do("send_message", args{"text": "Who is that?", "ask": "Dee"})
		s.note("A private request reaches nobody else, nor does its answer.")
		ann.look()
		ann.do("send_message", args{"text": "Can you pay for it?", "to": "Bob", "kind": "request",
			"cursor": ann.cursor})
		cy.look()
		bob.look()
		bob.do("send_message", args{"text": "Half of it; @Cy has the rest.", "reply_to": ann.said,
			"cursor": bob.cursor})
		ann.look()
		s.note("Bob says when he is back, and Cy falls silent: Ann hears so once.")
		bob.do("wait_for_message", args{"cursor": bob.cursor, "wait_seconds": 0, "back_in_minutes": 30})
		s.pass(10 * time.Minute)
		ann.do("send_message", args{"text": "@Bob @Cy, when do we begin?", "cursor": ann.cursor})
		ann.do("send_message", args{"text": "@Bob @Cy, in the morning?", "cursor": ann.cursor})
	})
}

func TestStory_agreements(t *testing.T) {
	checkStory(t, "Three agree on a day and one forgets it", func(s *story) {
		ann, bob, cy := s.agent("Ann"), s.agent("Bob"), s.agent("Cy")
		ann.do("create_room", args{"room": "plans", "agent_name": "Ann", "capacity": 3})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		cy.do("join_room", args{"room": "plans", "agent_name": "Cy"})
		ann.do("send_message", args{"text": "We launch on Thursday at nine.", "kind": "proposal"})
		early := ann.said
		bob.look()
		bob.do("send_message", args{"kind": "agree", "reply_to": bob.last, "cursor": bob.cursor})
		cy.look()
		cy.do("send_message", args{"text": "Nine is too early.", "kind": "object", "reply_to": early,
			"cursor": cy.cursor})
		ann.look()
		ann.do("send_message", args{"text": "We launch on Thursday at ten.", "kind": "proposal", "reply_to": early,
			"cursor": ann.cursor})
		ten := ann.said
		bob.look()
		bob.do("send_message", args{"kind": "agree", "cursor": bob.cursor})
		s.note("Cy answers to what is over.")
		cy.do("send_message", args{"kind": "agree", "reply_to": early, "cursor": ""})
		cy.look()
		cy.do("send_message", args{"kind": "agree", "cursor": cy.cursor})
		ann.look()
		ann.do("room_info", args{"agent_token": ann.token})
		s.note("Bob has lost all but his token.")
		bob.do("join_room", args{"agent_token": bob.token})
		bob.do("message_history", args{"agreed": true})
		bob.do("message_history", args{"limit": 2})
		bob.do("message_history", args{"limit": 2, "after": early})
		s.note("Bob asks Cy alone, so what Ann has agreed to stays as it is.")
		bob.do("send_message", args{"text": "We launch at noon.", "kind": "proposal", "ask": "Cy", "reply_to": ten})
		bob.do("send_message", args{"withdraw": bob.said})
		s.note("Bob asks all who are bound, and a task was done meanwhile.")
		ann.do("task", args{"action": "add", "tasks": []any{args{"title": "tell the press"}}})
		cy.do("task", args{"action": "finish", "id": "t1", "text": "they know of ten o'clock", "cursor": ""})
		bob.do("send_message", args{"text": "We launch at noon.", "kind": "proposal", "reply_to": ten})
		noon := bob.said
		ann.look()
		ann.do("send_message", args{"kind": "agree", "reply_to": noon, "cursor": ann.cursor})
		cy.look()
		cy.do("send_message", args{"kind": "agree", "reply_to": noon, "cursor": cy.cursor, "wait_seconds": 30})
		bob.look()
		cy.do("send_message", args{"text": "Never.", "kind": "object", "reply_to": ten})
		ann.do("room_info", args{"agent_token": ann.token})
		ann.do("message_history", args{"agreed": true})
		s.note("Ann removes Bob, whom she has asked. She replaces what he had agreed to with Cy alone.")
		ann.do("send_message", args{"text": "We meet on Mondays.", "kind": "proposal", "cursor": ann.cursor})
		mondays := ann.said
		ann.do("manage_agent", args{"agent_name": "Bob", "action": "kick"})
		ann.look()
		ann.do("send_message", args{"text": "The two of us meet on Mondays.", "kind": "proposal", "reply_to": mondays,
			"cursor": ann.cursor})
		ann.do("send_message", args{"withdraw": ann.said})
		ann.do("send_message", args{"text": "We launch at one.", "kind": "proposal", "reply_to": noon,
			"cursor": ann.cursor})
		one := ann.said
		s.note("Ann asks more in private than she may.")
		for _, of := range []string{"the hall", "the press", "the food", "the music", "the weather"} {
			ann.do("send_message", args{"text": "And " + of + "?", "kind": "request", "to": "Cy", "cursor": ann.cursor})
		}
		s.note("Cy is muted, and votes without words.")
		ann.do("manage_agent", args{"agent_name": "Cy", "action": "mute"})
		cy.look()
		cy.do("send_message", args{"text": "Fine.", "kind": "agree", "reply_to": one, "cursor": cy.cursor})
		cy.do("send_message", args{"kind": "agree", "reply_to": one, "cursor": cy.cursor})
	})
}

func TestStory_leavingTooEarly(t *testing.T) {
	checkStory(t, "Three agree while work goes on and one leaves without reading on", func(s *story) {
		ann, bob, cy := s.agent("Ann"), s.agent("Bob"), s.agent("Cy")
		ann.do("create_room", args{"room": "plans", "agent_name": "Ann", "capacity": 3})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		cy.do("join_room", args{"room": "plans", "agent_name": "Cy"})
		bob.do("task", args{"action": "add", "tasks": []any{args{"title": "write the interface", "for": "Bob"}}})
		bob.do("task", args{"action": "take"})
		ann.do("send_message", args{"text": "The interface is version 2.", "kind": "proposal", "cursor": ann.cursor})
		first := ann.said
		bob.look()
		bob.do("send_message", args{"kind": "agree", "reply_to": first})
		cy.look()
		cy.do("send_message", args{"kind": "agree", "reply_to": first})
		s.note("Bob's task is open, so nobody is told to leave.")
		ann.look()
		bob.do("task", args{"action": "finish", "id": "t1", "text": "It is in api.proto."})
		ann.do("send_message", args{"text": "It starts on Monday.", "kind": "proposal", "cursor": ann.cursor})
		second := ann.said
		bob.look()
		bob.do("send_message", args{"kind": "agree", "reply_to": second})
		bob.do("send_message", args{"text": "Who of you tests it?", "ask": "Cy"})
		cy.look()
		cy.do("send_message", args{"kind": "agree", "reply_to": second})
		s.note("What Bob has asked is open.")
		ann.look()
		bob.do("send_message", args{"text": "The test key is with my user.", "to": "Ann"})
		ann.do("leave_room", nil)
		s.note("Ann leaves all the same.")
		ann.do("leave_room", nil)
		ann.token = ""
	})
}

func TestStory_ghostIsKicked(t *testing.T) {
	checkStory(t, "One comes back without its token and the other kicks its ghost", func(s *story) {
		ann, bob := s.agent("Ann"), s.agent("Bob")
		ann.do("join_room", args{"room": "plans", "agent_name": "Ann"})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		bob.do("send_message", args{"text": "What does the customer want?", "cursor": bob.cursor})
		ann.look()
		ann.do("send_message", args{"text": "A quote, and this is between us.", "to": "Bob", "cursor": ann.cursor})
		bob.look()
		s.note("Bob's client starts again. He has lost everything.")
		s.pass(70 * time.Second)
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		ann.look()
		ann.do("manage_agent", args{"agent_name": "Bob", "action": "kick"})
		s.pass(time.Minute)
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		bob.do("message_history", nil)
		ann.look()
	})
}

func TestStory_closing(t *testing.T) {
	checkStory(t, "A talk ends with a last word and its admin closes the room", func(s *story) {
		ann, bob := s.agent("Ann"), s.agent("Bob")
		ann.do("join_room", args{"room": "plans", "agent_name": "Ann"})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		bob.do("send_message", args{"text": "Is Thursday settled?", "cursor": bob.cursor})
		ann.look()
		ann.do("send_message", args{"text": "It is.", "reply_to": ann.last, "kind": "done", "cursor": ann.cursor})
		bob.do("leave_room", args{"text": "Good. Bye!"})
		bob.do("leave_room", nil)
		ann.look()
		ann.look()
		ann.do("update_room", args{"closed": true})
		ann.do("room_info", args{"agent_token": ann.token})
		ann.do("message_history", args{"limit": 2})
		ann.do("send_message", args{"text": "Hello?"})
		ann.token, bob.token = "", ""
	})
}

func TestStory_takenBack(t *testing.T) {
	checkStory(t, "One takes back a plan and its tasks are in question", func(s *story) {
		ann, bob, cy := s.agent("Ann"), s.agent("Bob"), s.agent("Cy")
		ann.do("create_room", args{"room": "plans", "agent_name": "Ann", "capacity": 3})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		cy.do("join_room", args{"room": "plans", "agent_name": "Cy"})
		ann.do("send_message", args{"text": "We move the shop to the new host.", "kind": "proposal"})
		plan := ann.said
		bob.look()
		bob.do("send_message", args{"kind": "agree", "reply_to": plan})
		cy.look()
		cy.do("send_message", args{"kind": "agree", "reply_to": plan})
		ann.look()
		ann.do("task", args{"action": "add", "tasks": []any{
			args{"title": "test the copy"},
			args{"title": "copy the data", "for": "Bob"},
			args{"title": "switch the address", "for": "Cy"},
		}})
		cy.do("task", args{"action": "finish", "id": "t1", "ran": "make copy", "exit": 0, "text": "It is whole."})
		bob.look()
		bob.do("task", args{"action": "take", "id": "t2", "cursor": bob.cursor})
		s.note("Bob has the data half copied, and takes the plan back.")
		bob.do("send_message", args{"text": "No longer.", "kind": "object", "reply_to": plan, "cursor": bob.cursor})
		bob.do("send_message", args{"text": "We stay: the new host has no backups.", "kind": "proposal",
			"reply_to": plan, "cursor": bob.cursor})
		stay := bob.said
		cy.look()
		cy.do("room_info", args{"agent_token": cy.token})
		cy.do("list_tasks", nil)
		cy.do("task", args{"action": "take"})
		s.note("Cy takes it all the same.")
		cy.do("task", args{"action": "take", "id": "t3", "cursor": cy.cursor})
		cy.do("send_message", args{"kind": "agree", "reply_to": stay, "cursor": cy.cursor})
		ann.look()
		ann.do("send_message", args{"kind": "agree", "reply_to": stay, "cursor": ann.cursor})
		s.note("The new plan is agreed on, and nobody begins what is left of the old one.")
		bob.look()
		bob.do("task", args{"action": "next", "id": "t2", "text": "deleted again", "cursor": bob.cursor})
		cy.look()
		cy.do("list_tasks", args{"id": "t1"})
		ann.do("task", args{"action": "edit", "id": "t3", "title": "keep the address"})
		cy.look()
		cy.do("task", args{"action": "take", "id": "t3", "cursor": cy.cursor})
	})
}
