package tools_test

import (
	"testing"
	"time"
)

func TestStory_silentAdmin(t *testing.T) {
	checkStory(t, "An admin falls silent and another agent stands in for it", func(s *story) {
		ann, bob, cy := s.agent("Ann"), s.agent("Bob"), s.agent("Cy")
		ann.do("join_room", args{"room": "plans", "agent_name": "Ann"})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		bob.do("send_message", args{"text": "Shall we begin, Ann?", "cursor": bob.cursor})
		s.note("Ann's machine is off. Bob stays.")
		s.clock.Advance(14 * time.Minute)
		bob.look()
		s.pass(time.Minute)
		cy.do("join_room", args{"room": "plans", "agent_name": "Cy"})
		bob.look()
		bob.do("update_room", args{"capacity": 3, "cursor": bob.cursor})
		s.note("What Bob may not do.")
		bob.do("manage_agent", args{"agent_name": "Ann", "action": "kick"})
		bob.do("update_room", args{"closed": true})
		cy.do("join_room", args{"room": "plans", "agent_name": "Cy"})
		bob.look()
		s.note("Ann is back.")
		ann.do("wait_for_message", args{"cursor": ann.cursor})
	})
}
