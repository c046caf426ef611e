package browser

import (
	"fmt"
	"strings"
	"testing"
)

// list returns the tasks that are open.
func (a *agent) list() []task {
	a.t.Helper()
	return a.call("list_tasks", nil).Tasks
}

// standing waits until the view of all tasks says this of one.
func (tab *tab) standing(id, how string) {
	tab.t.Helper()
	tab.until(id+": "+how, fmt.Sprintf(`document.querySelector('dialog [data-task="%s"]')?.innerText.includes(%s)`, id,
		quoted(how)))
}

// acts presses a button of a task.
func (tab *tab) acts(id, name string) {
	tab.t.Helper()
	tab.click(button(name).in(`dialog [data-task="` + id + `"]`))
}

// chooses chooses from what else can be done with a task.
func (tab *tab) chooses(id, name string) {
	tab.t.Helper()
	tab.click(css(`dialog [data-task="` + id + `"] [aria-haspopup=dialog]`))
	tab.click(button(name).in(".sheet"))
}

func TestBoard_tasks_areAddedOfferedTakenReleasedFinishedChangedAndDropped(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	tab.isNot(role("heading", "Tasks")) // beside the conversation
	tab.click(button("Menu"))
	tab.click(button("Tasks"))
	tab.until("the line has the focus", `document.activeElement.matches(".task-add input")`)
	for filter, none := range map[string]string{"Open": "No tasks yet.", "To do": "Nothing to do.",
		"Yours": "Nothing is assigned to your agent.", "Stalled": "No stalled tasks."} {
		tab.click(role("radio", filter))
		tab.sees(none)
	}
	tab.click(role("radio", "Open"))
	tab.click(field("Add a task"))
	tab.types("Weigh the girders")
	tab.press("Enter")
	tab.standing("t1", "Weigh the girders")
	tab.types("Paint them") // the line is there for the next one
	tab.click(button("Details"))
	tab.fill(field("Details (optional)"), "Two coats of **red**.")
	tab.click(role("checkbox", "Bob"))
	tab.click(role("checkbox", "t1 Weigh the girders"))
	tab.click(button("Add"))
	tab.standing("t2", "Assigned to Bob · blocked by Weigh the girders")
	tasks := talk.bob.list() // what is offered to Bob comes first
	if len(tasks) != 2 || tasks[0].Title != "Paint them" || len(tasks[0].For) != 1 || tasks[0].For[0] != "Bob" {
		t.Fatalf("the list is %+v", tasks)
	}

	tab.acts("t1", "Assign to your agent “Weigh the girders”")
	tab.standing("t1", "your agent")
	tab.acts("t1", "Mark “Weigh the girders” as done")
	tab.fill(field("Result (optional)"), "Nine tons, see the log")
	tab.click(button("Mark as done").in("dialog form"))
	tab.until("t2 is no longer blocked, and has moved to another group", `((t2) => t2.includes("Assigned to Bob") &&
		!t2.includes("blocked by"))(document.querySelector('dialog [data-task="t2"]').innerText)`)
	tab.acts("t2", "t2 Paint them") // all that is known of it
	tab.standing("t2", "added by you")
	tab.standing("t2", "Two coats of red.")
	tab.standing("t2", "Nine tons, see the log") // what came of the one before
	talk.bob.call("task", args{"action": "take", "id": "t2"})
	tab.is(css(`dialog .task.taken[data-task="t2"]`))
	tab.chooses("t2", "Unassign")
	tab.click(role("checkbox", "Cy Long"))
	tab.click(button("Unassign").in("dialog form"))
	tab.standing("t2", "Assigned to Cy Long")
	tab.chooses("t2", "Edit")
	tab.fill(field("Title").in("dialog form"), "Paint them twice")
	tab.click(button("Save"))
	tab.standing("t2", "Paint them twice")
	tab.chooses("t2", "Cancel task")
	tab.click(button("Cancel task").in("dialog form"))
	tab.click(role("radio", "Done 2"))
	tab.standing("t1", "Nine tons, see the log")
	tab.acts("t2", "t2 Paint them twice")
	tab.standing("t2", "Canceled")
	if left := talk.cy.list(); len(left) > 0 {
		t.Errorf("still on the list: %+v", left)
	}
	tab.press("Escape")
	tab.isNot(css("dialog"))
	tab.click(css(".row-events:nth-last-child(2) .event-more"))
	for _, line := range []string{"You added “Weigh the girders”", "You assigned “Weigh", "You marked “Weigh",
		"Bob put “Paint them”", "You unassigned “Paint them”, assigned to Cy Long", "You canceled “Paint them twice”"} {
		tab.until("the conversation says "+line, `document.querySelector(".log").innerText.replace(/"/g, "").includes(`+
			quoted(strings.NewReplacer("“", "", "”", "").Replace(line))+`)`)
	}

	// A message that finishes a task names it by its title, in which code is set as code, also once it is closed.
	talk.bob.call("task", args{"action": "add", "tasks": []args{{"title": "Run `make check`"}}})
	tab.until("the side has code", `document.querySelector(".sidebar-task code").innerText === "make check"`)
	talk.bob.says("All green.", args{"finishes": []string{"t3"}})
	for range 2 {
		tab.until("it says which one", `[...document.querySelectorAll(".marks:has(code)")].at(-1)?.innerText ===
			"marks Run make check as done"`)
		tab.reload()
	}

	// The title of what comes first wraps in the side, whatever its length.
	talk.ann.call("task", args{"action": "add", "tasks": []args{
		{"title": "Weigh " + strings.Repeat("the girders ", 8) + strings.Repeat("W", 90)},
		{"title": "Paint them", "after": []string{"1"}},
	}})
	tab.until("the side says after what it comes",
		`document.querySelector(".sidebar-task.blocked")?.innerText.includes("Blocked by")`)
	if wide := evaluate[int64](tab, `Math.max(...[...document.querySelectorAll(".room-sidebar, .sidebar-task > p")]
		.map((box) => box.scrollWidth - box.clientWidth))`); wide > 0 {
		t.Errorf("it is %d px wider", wide)
	}
}

func TestBoard_whatWasRun_isToldAsReportedAndWhoHadTheSame(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	talk.bob.call("task", args{"action": "add", "tasks": []args{{"title": "Test it"}}})
	talk.bob.call("task", args{"action": "finish", "id": "t1", "text": "All pass.", "ran": "make test", "exit": 0,
		"commit": strings.Repeat("5ef2c4c0a1", 4), "tree": strings.Repeat("98e2fbd3", 5)})
	talk.cy.call("task", args{"action": "check", "id": "t1", "exit": 0, "tree": strings.Repeat("98e2fbd3", 5)})
	tab.click(css(".row-events .event-more"))
	for _, line := range []string{"Bob marked Test it as done, reported: make test, exit 0",
		"Cy Long checked Test it, done by Bob: same result · make test"} {
		tab.until("the conversation says "+line, `document.querySelector(".log").textContent.replace(/["“”]|\s+(?=\s)/g, "")
			.includes(`+quoted(line)+`)`)
	}
	tab.click(button("Menu"))
	tab.click(button("Tasks"))
	tab.click(role("radio", "Done 1"))
	tab.standing("t1", "Cy Long: same, files compared · make test, exit 0")
	tab.click(css(`dialog [data-task="t1"] .task-title`))
	tab.standing("t1", "Reported: make test, exit 0, at 5ef2c4c")
	tab.isAccessible(byDay, "what was run", `document.querySelector("dialog")`)
}

// All that a long room has is listed, also where the conversation is not loaded so far. On a phone, what stays at
// the top while the rest scrolls covers nothing that has the focus.
func TestBoard_longRoom_isListedWhole(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	w := s.through()
	ann, bob, cy := threeOf(t, s, "A room with a name as long as may be")
	bob.shares("first.txt", []byte("the first"))
	for _, color := range []string{"blue", "red", "green", "white", "black", "gray"} {
		id := bob.says("We paint it "+color+".", args{"kind": "proposal", "ask": []string{ann.name}})
		ann.call("send_message", args{"kind": "agree", "reply_to": id})
	}
	bob.speaks(110, numbered("message"))
	for n := range 7 {
		bob.shares(fmt.Sprintf("later-%d.txt", n), []byte("later"))
	}
	for n, a := range []*agent{ann, bob} {
		var tasks []args
		for i := range 25 {
			tasks = append(tasks, args{"title": fmt.Sprintf("Task %d of %d", i, n), "text": "With details."})
		}
		a.call("task", args{"action": "add", "tasks": tasks})
	}
	cy.call("task", args{"action": "take"})
	tab := s.person().open(ann.watch)

	tab.is(button("Download later-6.txt").in(".sidebar"))
	tab.isNot(button("Download later-1.txt").in(".sidebar"))
	tab.click(button("Show earlier"))
	tab.is(button("Download later-0.txt").in(".sidebar"))
	tab.click(button("Show earlier"))
	tab.is(button("Download first.txt").in(".sidebar"))
	tab.isNot(button("Show earlier"))

	tab.click(button("Show all agreements"))
	const list = `[...document.querySelectorAll(".sidebar-quote")].map((quote) => quote.textContent.split(" ").at(-1)).join(" ")`
	tab.until("they stand there once each, the newest first", list+` === "gray. black. white. green. red. blue."`)
	tab.isNot(button("Show all agreements"))

	tab.click(button("Show all tasks"))
	tab.until("all are shown", `document.querySelectorAll("dialog .task").length === 50`)
	tab.until("those that one can ask for are counted",
		`[...document.querySelectorAll(".tasks-filter label")].map((l) => l.innerText.trim()).join() === "Open 50,Yours,To do 49,Stalled,Done"`)
	tab.click(role("radio", "Yours"))
	tab.until("none is", `document.querySelectorAll("dialog .task").length === 0`)
	tab.press("Escape")
	tab.until("the side has three", `document.querySelectorAll(".sidebar-task").length === 3`)
	tab.click(button("Task 2 of 0").in(aside))
	tab.until("it is in view and has the focus", `document.activeElement.dataset.task === "t3"`)
	tab.standing("t3", "With details.")
	tab.press("Escape")

	tab.look(390, 600, "light")
	tab.click(css(".room-sidebar-button"))
	tab.is(button("Show all tasks"))
	evaluate[*bool](tab, `(document.querySelector(".sidebar-part:last-of-type summary").focus(), null)`)
	tab.walksBack(15)
	tab.click(button("Show all tasks"))
	w.before("take", func() { bob.call("task", args{"action": "take", "id": "t50"}) })
	tab.acts("t50", "Assign to your agent “Task 24 of 1”")
	tab.sees("“Task 24 of 1”: Bob's Claude already has it in progress")
	evaluate[*bool](tab, `(document.querySelector(".task-add input").focus(), null)`)
	tab.walksBack(20)
}
