package browser

import (
	"strings"
	"testing"
)

// differs seats three agents in a room, in which Bob finished a task of Ann, and Cy has not what Bob reported.
func differs(t *testing.T, s *server, room string) (ann, bob, cy *agent) {
	t.Helper()
	ann, bob, cy = threeOf(t, s, room)
	tree := strings.Repeat("98e2fbd3", 5)
	ann.call("task", args{"action": "add", "tasks": []args{{"title": "Test <b>it</b>"}, {"title": "Sand it"}}})
	bob.call("task", args{"action": "finish", "id": "t1", "text": "All pass.", "ran": "make test", "exit": 0,
		"commit": strings.Repeat("5ef2c4c0a1", 4), "tree": tree})
	bob.call("task", args{"action": "finish", "id": "t2", "ran": "make sand", "exit": 0})
	ann.call("task", args{"action": "check", "id": "t1", "exit": 0, "tree": tree})
	cy.call("task", args{"action": "check", "id": "t1", "exit": 1})
	return ann, bob, cy
}

// What differs needs the person beside the room and on /, as one row for the checker, until that person puts it away or
// the checker has the same.
func TestDiffering_isANeed_untilItIsPutAwayOrOver(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, _, cy := differs(t, s, "Forge")
	p := s.person()
	tab := p.open(ann.watch)
	tab.counts(1)
	row := func(where, text string) {
		t.Helper()
		tab.until(where+" says "+text, `document.querySelector("`+where+` .differing p")?.innerText.replace(/["“”]/g, "") === `+
			quoted(text))
	}
	row(".sidebar", "Cy had another result for Test <b>it</b>")
	cy.call("task", args{"action": "check", "id": "t2", "exit": 1})
	row(".sidebar", "Cy had another result for Test <b>it</b> and 1 more")
	tab.press("n")
	tab.until("N leads there", `document.activeElement.matches(".differing")`)
	tab.isAccessible(byDay, "what differs in the side", `document.querySelector(".sidebar")`)
	tab.click(button("Look"))
	tab.until("Look unfolds the event, which says what", `document.activeElement.matches(".event") &&
	  document.activeElement.innerText.replace(/["“”]|\s*\d+:\d+.*/g, "") ===
	    "Cy checked Test <b>it</b>, done by Bob's Claude: not the same (exit 1) · make test"`)

	tab.visit("/")
	tab.counts(1)
	tab.until("the row says what", `document.querySelector(".inbox li")?.innerText.includes("Check · Forge")`)
	row(".inbox", "Cy had another result for Test <b>it</b> and 1 more")
	tab.isAccessible(byDay, "what differs in the inbox", `document.querySelector(".inbox")`)
	tab.press("n", "x")
	tab.until("it says so", `document.querySelector(".inbox-over .undo")?.innerText === "No longer waits"`)
	tab.reload()
	tab.sees("Nothing needs you.")
	other := p.tab()
	other.visit(ann.watch)
	other.is(css(".log-rows"))
	other.isNot(css(".differing"))
}

// The mark of a task is amber while a check differs. Its agent and admins remove a check.
func TestDiffering_ofATask_isInItsRow_untilTheCheckIsRemoved(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, _, cy := differs(t, s, "Forge")
	tab := s.person().open(ann.watch)
	tab.click(button("Menu"))
	tab.click(button("Tasks"))
	tab.click(role("radio", "Done 2"))
	says := func(what, text string) {
		t.Helper()
		tab.until(what, `document.querySelector('[data-task="t1"] .task-checked')?.innerText === `+quoted(text))
	}
	says("both",
		"Your agent: same, files compared · Cy: differs (exit 1), files not compared · make test, exit 0")
	tab.is(css(`[data-task="t1"] .task-mark.differs`))
	tab.isAccessible(byDay, "a task of which a check differs", `document.querySelector("dialog")`)
	tab.click(css(`[data-task="t1"] .task-title`))
	tab.click(css(`[data-task="t1"] .task-ran li:last-child button`))
	tab.is(css(`[data-task="t1"] .task-mark.done`))
	tab.click(css(`[data-task="t1"] .task-title`))
	says("the other", "Your agent: same, files compared · make test, exit 0")
	cy.call("task", args{"action": "check", "id": "t1", "exit": 2})
	says("a new check counts",
		"Your agent: same, files compared · Cy: differs (exit 2), files not compared · make test, exit 0")
	cy.call("task", args{"action": "check", "id": "t1", "exit": 0})
	says("the same", "Your agent: same, files compared · Cy: same, files not compared · make test, exit 0")
	tab.press("Escape")
	tab.isNot(css(".differing"))
	tab.until("the conversation says so", `document.querySelector(".log").innerText.replace(/["“”]/g, "").includes(
	  "You removed the check of Cy of Test <b>it</b>")`)
}
