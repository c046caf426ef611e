package tools_test

import (
	"strings"
	"testing"
	"time"
)

func TestStory_files(t *testing.T) {
	checkStory(t, "Two share files and look at them", func(s *story) {
		ann, bob := s.agent("Ann"), s.agent("Bob")
		ann.do("join_room", args{"room": "plans", "agent_name": "Ann"})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		ann.do("share_file", args{"name": "rates.csv", "text": "day,rate\n1,0.5\n", "note": "for March"})
		bob.look()
		rates := bob.last
		bob.do("get_file", args{"id": rates})
		s.note("A file on disk is uploaded. Its path has a quote, and no other agent sees where it was.")
		ledger := strings.Repeat("2026-03-01,Bob's lunch,12.50\n", 600) // more than comes whole
		bob.do("share_file", args{"path": "~/Bob's/ledger.csv", "size": len(ledger), "message": "compare this",
			"reply_to": bob.last})
		bob.run(ledger)
		bob.run(ledger)
		bob.run("something else")
		ann.look()
		ann.do("get_file", args{"id": ann.last})
		ann.do("get_file", args{"id": ann.last, "offset": 16384})
		ann.do("get_file", args{"id": ann.last, "offset": 100000})
		s.note("What is refused.")
		ann.do("share_file", args{"name": "big.csv", "text": "a", "size": 5})
		ann.do("share_file", args{"name": "big.csv"})
		ann.do("share_file", args{"text": "a"})
		ann.do("share_file", args{"name": "keys.env", "text": "AWS_ID=AKIAQYLPMN5HFIQR7XYA"})
		ann.do("share_file", args{"name": "archive.zip", "size": 9, "to": "Bob"})
		ann.run("PK\x03\x04 more than was said")
		ann.run("PK\x03\x04 zip")
		bob.look()
		bob.do("get_file", args{"id": bob.last})
		bob.do("get_file", args{"id": []string{rates, bob.last}})
		bob.do("get_file", args{"id": []string{rates, ann.token}})
		bob.do("get_file", args{"id": ann.token})
		bob.do("message_history", args{"files": true})
	})
}

func TestStory_tasks(t *testing.T) {
	checkStory(t, "Three share out a plan and one of them ends in the middle", func(s *story) {
		ann, bob, cy := s.agent("Ann"), s.agent("Bob"), s.agent("Cy")
		ann.do("create_room", args{"room": "plans", "agent_name": "Ann", "capacity": 3})
		bob.do("join_room", args{"room": "plans", "agent_name": "Bob"})
		cy.do("join_room", args{"room": "plans", "agent_name": "Cy"})
		ann.do("list_tasks", nil)
		ann.do("task", args{"action": "add", "tasks": []any{
			args{"title": "read the ledgers"},
			args{"title": "compare them", "text": "by the id of each row", "after": []int{1}},
			args{"title": "book a room", "assignee": "Cy"},
			"write the minutes",
		}})
		bob.look()
		bob.do("task", args{"action": "take"})
		cy.look()
		cy.do("task", args{"action": "take", "id": "t1"})
		cy.do("task", args{"action": "take", "id": "t2"})
		cy.do("task", args{"action": "take", "id": "t3"})
		cy.do("task", args{"action": "release", "id": "t3", "text": "I cannot book."})
		bob.do("task", args{"action": "finish", "id": "t1", "text": "They are in ledgers.csv."})
		ann.look()
		s.note("A report closes its task, and leaves that of another alone.")
		bob.do("task", args{"action": "take"})
		ann.do("list_tasks", args{"id": "t2"})
		cy.do("task", args{"action": "take", "id": "t4"})
		bob.do("send_message", args{"text": "They differ in 3 rows.", "finishes": []string{"t2", "t4"},
			"cursor": bob.cursor})
		cy.do("join_room", args{"agent_token": cy.token})
		s.note("Cy is heard of no more.")
		bob.do("task", args{"action": "take"})
		bob.do("send_message", args{"text": "Room 4 is booked.", "finishes": "t3", "cursor": bob.cursor})
		s.pass(3 * time.Minute)
		ann.look()
		ann.look()
		s.pass(12 * time.Minute)
		ann.look()
		ann.do("task", args{"action": "take", "id": "t4"})
		cy.do("task", args{"action": "finish", "id": "t4", "text": "late"})
		cy.look()
		ann.do("task", args{"action": "edit", "id": "t4", "title": "write short minutes"})
		ann.do("task", args{"action": "finish", "id": "t4", "text": "minutes.md"})
		ann.do("task", args{"action": "finish", "id": "t4"})
		ann.do("list_tasks", args{"closed": true})
		ann.do("task", nil)
		ann.do("task", args{"action": "finish"})
		ann.do("task", args{"action": "add"})
		bob.look()
	})
}

func TestStory_acts(t *testing.T) {
	checkStory(t, "One is asked not to begin while it begins", func(s *story) {
		ann, ben, cora := s.agent("Ann"), s.agent("Ben"), s.agent("Cora")
		ann.do("create_room", args{"room": "plans", "agent_name": "Ann", "capacity": 3})
		ben.do("join_room", args{"room": "plans", "agent_name": "Ben"})
		cora.do("join_room", args{"room": "plans", "agent_name": "Cora"})
		ann.do("task", args{"action": "add", "tasks": []any{
			args{"title": "freeze the writes"},
			args{"title": "run the migration", "for": "Cora"},
			args{"title": "thaw the writes", "for": "Cora", "after": []int{2}},
			args{"title": "tell the customers", "for": "Ben", "after": []int{3}},
		}})
		cora.look()
		s.note("One second after Cora's wait has returned.")
		ben.do("send_message", args{"text": "Please do not begin: a backup runs until noon.", "kind": "proposal",
			"ask": "Cora"})
		cora.do("task", args{"action": "take", "id": "t2", "cursor": cora.cursor})
		cora.do("list_tasks", nil)
		cora.do("send_message", args{"kind": "agree", "reply_to": cora.last, "text": "I wait.", "cursor": cora.cursor})
		s.note("Words to all hold it back once.")
		ben.do("send_message", args{"text": "The backup is done.", "cursor": ""})
		cora.do("task", args{"action": "take", "id": "t2", "cursor": cora.cursor})
		ben.do("send_message", args{"text": "Good luck.", "cursor": ""})
		cora.do("task", args{"action": "take", "id": "t2", "cursor": cora.cursor})
		s.note("Without a cursor nothing is held back, and the question is named all the same.")
		ben.do("send_message", args{"text": "How long will it take?", "ask": "Cora", "cursor": ""})
		cora.do("task", args{"action": "take", "cursor": ""})
		cora.do("share_file", args{"name": "plan.txt", "size": 4, "cursor": ""})
		cora.run("plan")
		cora.look()
		cora.do("send_message", args{"text": "An hour.", "reply_to": cora.last, "cursor": cora.cursor})
		s.note("One message shares a file and ends the task.")
		cora.do("share_file", args{"name": "log.txt", "text": "done", "finishes": []string{"t2", "t9"},
			"cursor": cora.cursor})
		cora.do("task", args{"action": "take", "cursor": cora.cursor})
		cora.do("share_file", args{"name": "thaw.txt", "size": 4, "finishes": "t3", "cursor": cora.cursor})
		cora.run("thaw")
		ben.do("task", args{"action": "take", "cursor": ""})
		ann.look()
		ann.do("task", args{"action": "edit", "id": "t4", "text": "by letter"})
		ben.do("task", args{"action": "finish", "id": "t4", "cursor": ben.cursor})
		ben.look()
		ben.do("task", args{"action": "next", "id": "t4", "cursor": ben.cursor})
		ben.do("task", args{"action": "next", "id": "t4", "cursor": ben.cursor})
	})
}
