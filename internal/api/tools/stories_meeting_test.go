package tools_test

import (
	"testing"
	"time"
)

func TestStory_meetInANamedRoom(t *testing.T) {
	checkStory(t, "Two meet in a named room and one is ten minutes early", func(s *story) {
		ann, bob := s.agent("Ann"), s.agent("Bob")
		ann.do("join_room", args{"room": "plans", "agent_name": "Ann"})
		ann.do("send_message", args{"text": "Hello! We are to find a day for the launch. I am here and wait."})
		quiet := ann.begin("wait_for_message", args{"cursor": ann.cursor, "wait_seconds": 50})
		s.pass(50 * time.Second)
		quiet.end()
		s.note("Ann goes on so for nine minutes more.")
		s.clock.Advance(9 * time.Minute)
		quiet = ann.begin("wait_for_message", args{"cursor": ann.cursor, "wait_seconds": 50})
		s.pass(50 * time.Second)
		quiet.end()
		s.note("Ann waits once more nevertheless, and now Bob comes.")
		wait := ann.begin("wait_for_message", args{"cursor": ann.cursor, "wait_seconds": 50})
		bob.do("join_room", args{"room": "Plans", "agent_name": "Bob"})
		wait.end()
		wait = ann.begin("wait_for_message", args{"cursor": ann.cursor, "wait_seconds": 50})
		answer := bob.begin("send_message", args{"text": "Hi Ann. Thursday or Friday would do.", "cursor": bob.cursor,
			"wait_seconds": 45})
		wait.end()
		ann.do("send_message", args{"text": "Thursday, then. That was all.", "cursor": ann.cursor, "kind": "done"})
		answer.end()
		bob.do("send_message", args{"text": "Agreed: Thursday. Bye.", "cursor": bob.cursor, "kind": "done"})
		ann.do("wait_for_message", args{"cursor": ann.cursor})
		ann.do("leave_room", nil)
		bob.do("leave_room", nil)
		ann.token, bob.token = "", ""
	})
}

func TestStory_forgetful(t *testing.T) {
	checkStory(t, "One forgets all but the token and then all but the name of the room", func(s *story) {
		ann, bob := s.agent("Ann"), s.agent("Bob")
		ann.do("join_room", args{"room": "plans", "agent_name": "Ann"})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		bob.do("send_message", args{"text": "What does the customer want?", "cursor": bob.cursor})
		ann.do("wait_for_message", args{"cursor": ann.cursor})
		ann.do("send_message", args{"text": "A quote for 40 seats.", "cursor": ann.cursor})
		s.note("Bob's client starts again. He still has his token, and nothing else.")
		bob.do("join_room", args{"agent_token": bob.token})
		bob.do("message_history", nil)
		bob.do("send_message", args{"text": "40 seats: 800 a month.", "cursor": bob.cursor})
		ann.do("wait_for_message", args{"cursor": ann.cursor})
		s.pass(20 * time.Second)
		ann.do("send_message", args{"text": "And for 60?", "cursor": ann.cursor})
		s.note("And once more. This time he has lost the token, too.")
		token := bob.token
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		s.pass(8 * time.Minute)
		ann.do("wait_for_message", args{"cursor": ann.cursor})
		s.pass(7 * time.Minute)
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		ann.do("wait_for_message", args{"cursor": ann.cursor})
		bob.do("send_message", args{"text": "60 seats: 1,100 a month.", "cursor": bob.cursor})
		ann.do("wait_for_message", args{"cursor": ann.cursor})
		s.note("Somebody who still has the old token can do nothing with it.")
		bob.do("send_message", args{"agent_token": token, "text": "Make it 2,000."})
	})
}

func TestStory_crash(t *testing.T) {
	checkStory(t, "One comes back after a crash and its own ghost holds the seat", func(s *story) {
		ann, bob := s.agent("Ann"), s.agent("Bob")
		ann.do("join_room", args{"room": "plans", "agent_name": "Ann"})
		ann.do("send_message", args{"text": "Are you there, Bob?"})
		s.note("The answer to this call is lost: Bob has no token.")
		bob.begin("join_room", args{"room": "plans", "agent_name": "Bob"}).unheard()
		s.pass(5 * time.Second)
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		s.pass(15 * time.Second)
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		s.note("Bob waits, and his machine goes down while he does.")
		lost := bob.begin("wait_for_message", args{"cursor": bob.cursor, "wait_seconds": 50})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		s.pass(50 * time.Second)
		lost.unheard()
		ann.do("send_message", args{"text": "The file is on its way."})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		s.pass(5 * time.Minute)
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		ann.do("wait_for_message", args{"wait_seconds": 50})
		ann.do("room_info", args{"agent_token": ann.token})
	})
}

func TestStory_pairing(t *testing.T) {
	checkStory(t, "Two strangers are paired", func(s *story) {
		ann, bob := s.agent("Ann"), s.agent("Bob")
		first := ann.begin("enter_queue", args{"agent_name": "Ann", "interests": []string{"go", "chess"},
			"wait_seconds": 10})
		s.pass(10 * time.Second)
		first.end()
		s.pass(5 * time.Second)
		second := ann.begin("enter_queue", args{"ticket": ann.ticket, "wait_seconds": 50})
		s.pass(10 * time.Second)
		bob.do("enter_queue", args{"agent_name": "Bob", "interests": "chess, cooking"})
		opened := second.end()
		s.standIn(opened.Room.Name, "a made-up name")
		wait := bob.begin("wait_for_message", args{"cursor": bob.cursor, "wait_seconds": 50})
		answer := ann.begin("send_message", args{"text": "Hello! Queen's gambit or king's Indian?",
			"cursor": ann.cursor, "wait_seconds": 45})
		wait.end()
		bob.do("send_message", args{"text": "The gambit. I must go now, though: bye!", "cursor": bob.cursor,
			"kind": "done"})
		answer.end()
		bob.do("leave_room", nil)
		ann.do("wait_for_message", args{"cursor": ann.cursor, "wait_seconds": 50})
		ann.do("leave_room", nil)
		s.note("A ticket that was left is over.")
		bob.ticket = ""
		third := bob.begin("enter_queue", args{"agent_name": "Bob", "queue": "cooks", "wait_seconds": 10})
		s.pass(10 * time.Second)
		third.end()
		bob.do("enter_queue", args{"ticket": bob.ticket, "leave": true})
		bob.do("enter_queue", args{"ticket": bob.ticket})
		ann.token, bob.token = "", ""
	})
}

func TestStory_pairedWithAGhost(t *testing.T) {
	checkStory(t, "One is paired with an agent that never comes and finds another", func(s *story) {
		ann, bob, zoe := s.agent("Ann"), s.agent("Bob"), s.agent("Zoe")
		first := zoe.begin("enter_queue", args{"agent_name": "Zoe", "wait_seconds": 10})
		s.pass(10 * time.Second)
		first.end()
		s.note("Zoe's client crashes, and she never calls again.")
		ghosts := ann.do("enter_queue", args{"agent_name": "Ann"})
		s.standIn(ghosts.Room.Name, "a made-up name")
		answer := ann.begin("send_message", args{"text": "Hello! What brings you here?", "cursor": ann.cursor,
			"wait_seconds": 45})
		s.pass(45 * time.Second)
		answer.end()
		s.note("Ann waits as she is told, for three minutes more.")
		s.clock.Advance(3 * time.Minute)
		for range 2 {
			quiet := ann.begin("wait_for_message", args{"cursor": ann.cursor, "wait_seconds": 50})
			s.pass(50 * time.Second)
			quiet.end()
		}
		s.note("She does what next says.")
		ann.do("leave_room", nil)
		again := ann.begin("enter_queue", args{"agent_name": "Ann", "wait_seconds": 50})
		s.pass(5 * time.Second)
		met := bob.do("enter_queue", args{"agent_name": "Bob"})
		s.standIn(met.Room.Name, "another made-up name")
		again.end()
		ann.token = "" // Ann does not wait for an answer of Bob
	})
}
