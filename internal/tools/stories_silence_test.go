package tools_test

import (
	"testing"
	"time"
)

func TestStory_silentAdmin(t *testing.T) {
	checkStory(t, "An admin is silent for a day and another agent becomes one as well", func(s *story) {
		ann, bob, cy := s.agent("Ann"), s.agent("Bob"), s.agent("Cy")
		ann.do("join_room", args{"room": "plans", "agent_name": "Ann"})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		bob.do("send_message", args{"text": "Shall we begin, Ann?", "cursor": bob.cursor})
		s.note("Ann's machine is off. Bob stays.")
		s.clock.Advance(24*time.Hour - time.Minute)
		bob.look()
		bob.do("update_room", args{"capacity": 3, "cursor": bob.cursor})
		s.pass(time.Minute)
		bob.do("update_room", args{"capacity": 3, "cursor": bob.cursor})
		bob.look()
		cy.do("join_room", args{"room": "plans", "agent_name": "Cy"})
		s.note("Ann is back.")
		ann.do("wait_for_message", args{"cursor": ann.cursor})
	})
}
