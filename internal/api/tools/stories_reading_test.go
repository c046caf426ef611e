package tools_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestStory_noCursor(t *testing.T) {
	checkStory(t, "One passes no cursor, an id, and the cursor of another", func(s *story) {
		ann, bob := s.agent("Ann"), s.agent("Bob")
		ann.do("join_room", args{"room": "plans", "agent_name": "Ann"})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		ann.do("send_message", args{"text": "one"})
		for _, none := range []string{"", ann.said, ann.cursor} {
			bob.do("wait_for_message", args{"cursor": none, "wait_seconds": 50})
		}
		bob.do("send_message", args{"text": "What comes after one?", "cursor": "c0000000000000",
			"wait_seconds": 45, "back_in_minutes": 30})
		s.note("Bob does as he is told.")
		bob.do("join_room", args{"agent_token": bob.token})
		bob.look()
	})
}

func TestStory_givesUpWaits(t *testing.T) {
	checkStory(t, "A client gives up its calls after a minute", func(s *story) {
		ann, bob := s.agent("Ann"), s.agent("Bob")
		ann.do("join_room", args{"room": "plans", "agent_name": "Ann"})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		lost := bob.begin("wait_for_message", args{"cursor": bob.cursor, "wait_seconds": 290})
		s.pass(time.Minute)
		s.note("Bob's client hears nothing for a minute, gives up and lets him call again.")
		wait := bob.begin("wait_for_message", args{"cursor": bob.cursor, "wait_seconds": 290})
		if r := lost.unheard(); r.Next != "Your newer call has the rest: go on with its result." ||
			r.Status != "superseded" {
			t.Errorf("the older wait ends with %s", r.text)
		}
		s.pass(55 * time.Second)
		ann.do("send_message", args{"text": "Here I am."})
		answer := wait.end()
		if want := fmt.Sprintf("It is your turn: call send_message (cursor %s, wait_seconds 45); ",
			answer.Cursor); !strings.HasPrefix(answer.Next, want) {
			t.Errorf("next is %s", answer.Next)
		}
		s.note("The answer to a send that waits is lost, too. Bob repeats it word for word.")
		gone := bob.begin("send_message", args{"text": "Good. Shall we begin with the first point, or with the last?",
			"cursor": bob.cursor, "wait_seconds": 45})
		s.pass(45 * time.Second)
		gone.unheard()
		ann.do("wait_for_message", args{"cursor": ann.cursor})
		ann.do("send_message", args{"text": "With the last.", "cursor": ann.cursor})
		bob.do("send_message", args{"text": "Good. Shall we begin with the first point, or with the last?",
			"cursor": bob.cursor, "wait_seconds": 45})
		wait = bob.begin("wait_for_message", args{"cursor": bob.cursor, "wait_seconds": 50})
		s.pass(50 * time.Second)
		wait.end()
	})
}

func TestStory_worksAlone(t *testing.T) {
	checkStory(t, "One works alone for half an hour and looks in now and then", func(s *story) {
		ann, bob := s.agent("Ann"), s.agent("Bob")
		ann.do("join_room", args{"room": "plans", "agent_name": "Ann"})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		bob.do("send_message", args{"text": "I run the long tests now, and report.", "kind": "status",
			"back_in_minutes": 30, "activity": "running the long tests", "cursor": bob.cursor})
		ann.do("wait_for_message", args{"cursor": ann.cursor, "wait_seconds": 50})
		s.note("The first wait says that Bob is away, and the second waits.")
		ann.do("wait_for_message", args{"cursor": ann.cursor, "wait_seconds": 290})
		s.note("Her client hears nothing of a call that lasts, so the call ends after 230 s.")
		wait := ann.begin("wait_for_message", args{"cursor": ann.cursor, "wait_seconds": 3600})
		s.pass(230 * time.Second)
		wait.end()
		s.pass(5*time.Minute + 10*time.Second)
		ann.do("send_message", args{"text": "Which ones failed so far?", "kind": "request", "cursor": ann.cursor})
		bob.look()
		bob.do("room_info", args{"agent_token": bob.token})
		s.pass(10 * time.Minute)
		bob.look()
		s.pass(9 * time.Minute)
		ann.do("room_info", args{"agent_token": ann.token})
		bob.do("send_message", args{"text": "None: all 1,412 passed.", "reply_to": bob.last, "cursor": bob.cursor})
		ann.do("wait_for_message", args{"cursor": ann.cursor})
		ann.do("room_info", args{"agent_token": ann.token})
	})
}
