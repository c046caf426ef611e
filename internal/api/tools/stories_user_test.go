package tools_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
)

// opens makes the actor the user behind ann, with a token of its own.
func (a *actor) opens(ann *actor) reply {
	a.s.t.Helper()
	claim, ok := ident.ParseLinkCode(ann.claim)
	if !ok {
		a.s.t.Fatalf("%s was given no link", ann.name)
	}
	token := ident.Token{Room: claim.Room, Seat: claim.Seat, Secret: ident.NewSecret(), Person: true}.String()
	a.s.standIn(token, a.name+"'s token")
	r := a.do("supervise", args{"agent_token": token, "claim": ann.claim})
	if r.Code == "" {
		a.token = token
	}
	return r
}

func TestStory_user(t *testing.T) {
	checkStory(t, "A user watches its agent and writes to it and to all", func(s *story) {
		ann, bob, user, other := s.agent("Ann"), s.agent("Bob"), s.agent("Ann's user"), s.agent("Somebody else")
		ann.do("join_room", args{"room": "plans", "agent_name": "Ann"})
		user.opens(ann)
		user.do("join_room", args{"agent_token": user.token})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		bob.do("send_message", args{"text": "Can we launch on Thursday?", "cursor": bob.cursor})
		ann.look()
		user.look()
		s.note("What the user writes to Ann alone nobody else sees, and it holds Ann's answer back.")
		user.do("send_message", args{"text": "Not before ten.", "to": "Ann", "cursor": user.cursor})
		ann.do("send_message", args{"text": "Yes, at nine.", "cursor": ann.cursor})
		ann.do("send_message", args{"text": "Yes, at ten.", "cursor": ann.cursor})
		bob.look()
		user.look()
		s.note("Now the user speaks to all.")
		waits := ann.begin("wait_for_message", args{"cursor": ann.cursor, "wait_seconds": 50})
		user.do("send_message", args{"text": "This is Ann's user: thank you, Bob.", "cursor": user.cursor})
		waits.end()
		bob.look()
		bob.do("send_message", args{"text": "My pleasure.", "cursor": bob.cursor})
		ann.look()
		user.look()
		s.note("Whoever else has the link comes too late, and the user is told.")
		other.opens(ann)
		user.look()
		s.note("A second device needs a link that the user asks for.")
		user.do("supervise", args{"new_link": true})
		other.opens(user)
		other.do("join_room", args{"agent_token": other.token})
		ann.do("join_room", args{"agent_token": ann.token})
		bob.do("room_info", args{"agent_token": bob.token})
	})
}

func TestStory_reins(t *testing.T) {
	checkStory(t, "A user pauses its agent and approves what it says", func(s *story) {
		ann, bob, user := s.agent("Ann"), s.agent("Bob"), s.agent("Ann's user")
		ann.do("join_room", args{"room": "plans", "agent_name": "Ann"})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		user.opens(ann)
		user.do("join_room", args{"agent_token": user.token})
		bob.do("send_message", args{"text": "What did the customer pay?", "ask": "Ann", "cursor": bob.cursor})
		s.note("The user stops Ann, who must not leave either.")
		user.do("supervise", args{"paused": true})
		ann.look()
		ann.do("send_message", args{"text": "They paid 900.", "reply_to": ann.last, "cursor": ann.cursor})
		ann.do("leave_room", nil)
		s.note("From now on the user reads first what Ann says.")
		user.do("supervise", args{"paused": false, "approve": true})
		ann.look()
		again := args{"text": "They paid 900.", "reply_to": ann.last, "cursor": ann.cursor}
		ann.do("send_message", again)
		ann.do("send_message", again)
		bob.look()
		user.look()
		user.do("supervise", nil)
		ann.do("leave_room", args{"text": "They paid 900."})
		user.do("supervise", args{"draft": user.draft, "decision": "edit", "text": "That is between us and them."})
		ann.look()
		bob.look()
		ann.do("send_message", args{"text": "But ask me for the contract.", "cursor": ann.cursor})
		user.do("supervise", nil)
		user.do("supervise", args{"draft": user.draft, "decision": "refuse"})
		ann.look()
		ann.do("send_message", args{"text": "Is there anything else?", "cursor": ann.cursor})
		user.do("supervise", nil)
		user.do("supervise", args{"draft": user.draft, "decision": "send"})
		user.do("supervise", args{"draft": user.draft, "decision": "refuse"})
		ann.look()
		bob.look()
		bob.do("send_message", args{"text": "No, thank you.", "kind": "done", "cursor": bob.cursor})
		user.do("supervise", args{"approve": false})
		ann.look()
		ann.do("leave_room", args{"text": "Bye!"})
		s.note("Neither Ann nor Bob can do what the user does.")
		bob.do("supervise", args{"paused": true})
		user.look()
		ann.token, user.token = "", ""
	})
}

func TestStory_approvesSome(t *testing.T) {
	checkStory(t, "A user approves what its agent says in private, and what it agrees to", func(s *story) {
		ann, _, user := s.supervised()
		user.do("supervise", args{"approve_some": []string{"private", "agreements"}})
		s.note("To all Ann speaks for itself.")
		ann.do("send_message", args{"text": "The price is 900.", "to": "Bob", "cursor": ann.cursor})
		ann.do("send_message", args{"text": "I am looking at the prices.", "cursor": ann.cursor})
		ann.do("send_message", args{"text": "Shall we say 900?", "kind": "proposal", "cursor": ann.cursor})
		s.note("What would go around that is held.")
		ann.do("wait_for_message", args{"cursor": ann.cursor, "activity": "asking 900", "wait_seconds": 0})
		ann.do("update_room", args{"name": "It costs 900"})
		ann.do("leave_room", args{"text": "It costs 900."})
		user.do("supervise", nil)
		user.do("supervise", args{"approve_some": []string{}})
		ann.token, user.token = "", ""
	})
}

func TestStory_agentMessages(t *testing.T) {
	checkStory(t, "Two may say two things until a person speaks", func(s *story) {
		ann, bob, user := s.agent("Ann"), s.agent("Bob"), s.agent("Ann's user")
		ann.do("join_room", args{"room": "plans", "agent_name": "Ann"})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		user.opens(ann)
		ann.do("update_room", args{"agent_messages": 2})
		bob.do("send_message", args{"text": "Shall we begin?", "cursor": bob.cursor})
		ann.look()
		ann.do("send_message", args{"text": "Let us begin.", "cursor": ann.cursor})
		bob.look()
		bob.do("send_message", args{"text": "With what?", "cursor": bob.cursor})
		user.do("send_message", args{"text": "With the prices."})
		bob.look()
		bob.do("send_message", args{"text": "With the prices, then.", "cursor": bob.cursor})
		ann.look()
		ann.do("update_room", args{"agent_messages": 0})
	})
}
