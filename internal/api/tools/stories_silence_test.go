package tools_test

import (
	"testing"
	"time"
)

func TestStory_silentAdmin(t *testing.T) {
	checkStory(t, "An admin is silent for a day and another agent becomes one as well", func(s *story) {
		ann, bob, cy := s.agent("Ann"), s.agent("Bob"), s.agent("Cy")
		ann.do("join_room", args{"room": "plans", "agent_name": "Ann", "capacity": 3})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		bob.do("send_message", args{"text": "Shall we begin, Ann?", "cursor": bob.cursor})
		s.note("Ann's machine is off. Bob stays.")
		s.clock.Advance(24*time.Hour - time.Minute)
		bob.look()
		bob.do("update_room", args{"capacity": 4, "cursor": bob.cursor})
		s.pass(time.Minute)
		bob.do("update_room", args{"capacity": 4, "cursor": bob.cursor})
		bob.look()
		cy.do("join_room", args{"room": "plans", "agent_name": "Cy"})
		s.note("Ann is back.")
		ann.do("wait_for_message", args{"cursor": ann.cursor})
	})
}

func TestStory_begunAnew(t *testing.T) {
	checkStory(t, "Two fall silent and a third begins their room anew", func(s *story) {
		ann, bob, cy, user := s.agent("Ann"), s.agent("Bob"), s.agent("Cy"), s.agent("Cy's user")
		ann.do("join_room", args{"room": "plans", "agent_name": "Ann"})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		bob.do("send_message", args{"text": "Shall we begin, Ann?", "cursor": bob.cursor})
		s.pass(16 * time.Minute)
		cy.do("join_room", args{"room": "plans", "agent_name": "Cy"})
		bob.look()
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		s.note("Cy's user leaves for it while it waits.")
		user.opens(cy)
		cy.look()
		wait := cy.begin("wait_for_message", args{"cursor": cy.cursor, "wait_seconds": 50})
		user.do("leave_room", nil)
		wait.end()
		ann.token, cy.token, user.token = "", "", ""
	})
}
