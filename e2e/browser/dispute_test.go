package browser

import (
	"strings"
	"testing"
)

// disputed seats three agents in a room, in which Bob finished a task of Ann, and Cy has not what Bob reported.
func disputed(t *testing.T, s *server, room string) (ann, bob, cy *agent) {
	t.Helper()
	ann, bob, cy = threeOf(t, s, room)
	tree := strings.Repeat("98e2fbd3", 5)
	ann.call("task", args{"action": "add", "tasks": []args{{"title": "Test <b>it</b>"}}})
	bob.call("task", args{"action": "finish", "id": "t1", "text": "All pass.", "ran": "make test", "exit": 0,
		"commit": strings.Repeat("5ef2c4c0a1", 4), "tree": tree})
	ann.call("task", args{"action": "check", "id": "t1", "exit": 0, "tree": tree})
	cy.call("task", args{"action": "check", "id": "t1", "exit": 1})
	return ann, bob, cy
}

// A dispute needs the person in the room, where N leads to it and X puts it away until that is undone.
func TestDispute_inTheRoom_isANeed_untilItIsPutAway(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, _, cy := disputed(t, s, "Forge")
	tab := s.person().open(ann.watch)
	tab.counts(1)
	tab.until("the side says what", `document.querySelector(".dispute")?.innerText.replace(/["“”]/g, "").startsWith(
	  "Cy: not the same result for Test <b>it</b>")`)
	tab.press("n")
	tab.until("N leads there", `document.activeElement.matches(".dispute")`)
	tab.isAccessible(byDay, "a dispute in the side", `document.querySelector(".sidebar")`)
	tab.press("x")
	tab.until("the number falls at the press", `!document.title.startsWith("(")`)
	tab.press("Control+z")
	tab.counts(1)
	tab.click(button("Look"))
	tab.until("Look unfolds the event, which says what", `document.activeElement.matches(".event") &&
	  document.activeElement.innerText.replace(/["“”]|\s*\d+:\d+.*/g, "") ===
	    "Cy checked Test <b>it</b>, done by Bob's Claude: not the same (exit 1) · make test"`)
	tab.click(button("Put away"))
	tab.isNot(css(".dispute"))
	tab.until("the focus stays in the side", `document.activeElement.matches(".sidebar *")`)
	tab.reload()
	tab.is(css(".log-rows"))
	tab.isNot(css(".dispute"))
	plan := ann.says("We paint it red.", args{"kind": "proposal", "ask": []string{"Cy"}})
	cy.says("Never red.", args{"kind": "object", "reply_to": plan})
	tab.counts(1)
	tab.until("an objection, too", `document.querySelector(".dispute")?.innerText.startsWith(
	  "Cy objects to what your agent suggested") && document.querySelector(".dispute-text").innerText === "Never red."`)
	title := strings.Repeat("Lift ", 9) + "and `run` it " + strings.Repeat("for long ", 9)
	ann.call("task", args{"action": "add", "tasks": []args{{"title": title}}})
	ann.call("task", args{"action": "finish", "id": "t2", "text": "So.", "ran": "make", "exit": 0})
	cy.call("task", args{"action": "check", "id": "t2", "exit": 1})
	tab.counts(2)
	tab.until("a title is cut, with its code", `((q) => q.querySelector("code")?.innerText === "run" &&
	  q.innerText.endsWith("…"))(document.querySelector(".dispute q:last-of-type"))`)
	tab.look(390, 664, "light")
	at := `[...document.querySelectorAll(".dispute")].indexOf(document.activeElement) === `
	for _, n := range []string{"0", "1", "0"} {
		tab.press("n")
		tab.until("on a phone, N leads from one to the next", at+n)
	}
	tab.press("x", "Escape")
	tab.isNot(css(".room-sidebar.open"))
	tab.counts(1)
	tab.look(1280, 800, "light")
	ann.says("Blue, then.", args{"reply_to": plan})
	tab.isNot(css(".dispute"))
	tab.until("nothing needs the person", `!document.title.startsWith("(")`)
}

// On /, a dispute is a row like the others.
func TestDispute_inTheInbox_isPutAwayAndUndone(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, _, cy := disputed(t, s, "Forge")
	p := s.person()
	tab := p.open(ann.watch)
	tab.counts(1)
	tab.visit("/")
	tab.counts(1)
	tab.until("the row says what", `document.querySelector(".inbox li")?.innerText.includes("Dispute · Forge")`)
	tab.isAccessible(byDay, "a dispute in the inbox", `document.querySelector(".inbox")`)
	tab.press("n", "x")
	tab.until("the number falls", `!document.title.startsWith("(")`)
	tab.press("Control+z")
	tab.counts(1)
	tab.press("x")
	tab.until("it says so", `document.querySelector(".inbox-over .undo")?.innerText === "Put away"`)
	other := p.tab()
	other.visit("/")
	other.sees("Nothing needs you.")
	plan := ann.says("We paint it red.", args{"kind": "proposal"})
	cy.says("Never red.", args{"kind": "object", "reply_to": plan})
	tab.counts(1)
	tab.press("n", "x")
	ann.call("update_room", args{"closed": true})
	tab.until("what ended with the room was not put away", `document.querySelector(".inbox li:last-child .undo").innerText ===
	  "No longer waits"`)
}

// The mark of a task is amber while a check that differs counts, and the row says both.
func TestDispute_ofATask_isInItsRow_untilTheCheckIsSetAside(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, _, cy := disputed(t, s, "Forge")
	tab := s.person().open(ann.watch)
	tab.click(button("Menu"))
	tab.click(button("Tasks"))
	tab.click(role("radio", "Done 1"))
	says := func(what, text string) {
		t.Helper()
		tab.until(what, `document.querySelector('[data-task="t1"] .task-checked')?.innerText === `+quoted(text))
	}
	says("both",
		"Your agent: same, files compared · Cy: differs (exit 1), files not compared · make test, exit 0")
	tab.is(css(`[data-task="t1"] .task-mark.disputed`))
	tab.isAccessible(byDay, "a task that is disputed", `document.querySelector("dialog")`)
	tab.click(button("Actions for “Test <b>it</b>”"))
	tab.click(button("Set a check aside"))
	tab.until("nobody is chosen", `!document.querySelector(".task-form :checked")`)
	tab.click(css(`.task-form label:has(input):nth-of-type(2)`))
	tab.click(button("Set aside"))
	says("the other", "Your agent: same, files compared · make test, exit 0")
	tab.is(css(`[data-task="t1"] .task-mark.done`))
	tab.click(css(`[data-task="t1"] .task-title`))
	tab.standing("t1", "Cy: not the same (exit 1), set aside by Ann's Codex's owner")
	tab.click(css(`[data-task="t1"] .task-title`))
	cy.call("task", args{"action": "check", "id": "t1", "exit": 2})
	says("a new check counts",
		"Your agent: same, files compared · Cy: differs (exit 2), files not compared · make test, exit 0")
	ann.call("manage_agent", args{"agent_name": cy.name, "action": "kick"})
	says("who was removed counts no more", "Your agent: same, files compared · make test, exit 0")
	tab.press("Escape")
	tab.isNot(css(".dispute"))
	tab.click(css(".row-events .event-more"))
	tab.until("the conversation says so", `document.querySelector(".log").innerText.replace(/["“”]/g, "").includes(
	  "You set aside the check of Cy of Test <b>it</b> · make test")`)
}
