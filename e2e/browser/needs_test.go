package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// needs are the rows of what needs a person, in alphabetical order: what and where, and the first line that was said.
const needs = `[...document.querySelectorAll(".inbox li:not(.inbox-over)")].map((one) =>
  one.querySelector(".inbox-head span").innerText + ": " +
  (one.querySelector(".md > *, .inbox-line p")?.innerText ?? "").split("\n")[0]).sort().join("\n")`

// listed waits until / lists what needs its person, as needs tells it, and nothing else.
func (tab *tab) listed(rows ...string) {
	tab.t.Helper()
	slices.Sort(rows)
	tab.until(fmt.Sprintf("%q need the person", rows), needs+" === "+quoted(strings.Join(rows, "\n")))
	tab.needed("Parley", len(rows))
}

// needed waits until the page tells how many things need its person, in its title, on its icon and at the rooms. title
// is the rest of the title.
func (tab *tab) needed(title string, all int) {
	tab.t.Helper()
	icon := fmt.Sprintf(`decodeURIComponent(document.querySelector("link[rel=icon]").href).includes(">%d</text>")`, all)
	if all > 0 {
		title = fmt.Sprintf("(%d) %s", all, title)
	} else {
		icon = `document.querySelector("link[rel=icon]").href.endsWith("/icon.svg")`
	}
	tab.until("the title tells of them: "+title, "document.title === "+quoted(title))
	tab.until("so does the icon", icon)
	tab.until("so do the rooms", fmt.Sprintf(`[...document.querySelectorAll(".rooms-row .calls [aria-hidden], .landing-room .calls")]
	  .reduce((sum, one) => sum + parseInt(one.textContent), 0) === %d`, all))
}

// waits waits until the side says in one line what waits for the person in the conversation; "" if nothing does.
func (tab *tab) waits(line string) {
	tab.t.Helper()
	tab.until("the side says "+line, `(document.querySelector(".room-sidebar .for-you-what")?.innerText ?? "") === `+
		quoted(line))
}

// roomOf returns the id of the room of an agent.
func roomOf(a *agent) string { return a.token[:7] }

// hides hides a tab or shows it again.
func (tab *tab) hides(yes bool) {
	tab.t.Helper()
	evaluate[*bool](tab, fmt.Sprintf(`(() => {
	  Object.defineProperty(document, "hidden", { value: %t, configurable: true });
	  document.dispatchEvent(new Event("visibilitychange"));
	  return null;
	})()`, yes))
}

// opensHidden opens an address as a tab that is opened behind the others.
func (tab *tab) opensHidden(address string) {
	tab.t.Helper()
	do(tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `Object.defineProperty(document, "hidden", { value: true, configurable: true })`})
	tab.visit(address)
}

// A person with three rooms: a draft waits in one, a question and a proposal in another, and a task has stalled in the
// third. Each is listed at / and beside the other rooms, leads to its place, and is gone everywhere once it is decided.
func TestNeeds_ofAllRooms_areListedCountedAndLeadToTheirPlaces(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	harbor, bo := s.agent("Harbor", "Ann"), s.agent("Harbor", "Bo")
	lodge, cy := s.agent("Lodge", "Ann"), s.agent("Lodge", "Cy")
	mill, di := s.agent("Mill", "Ann"), s.agent("Mill", "Di")
	tab := s.person().open(harbor.watch)
	tab.approves("All")
	tab.visit(lodge.watch)
	tab.is(css(textArea))
	asked := cy.says("How warm is it?\nAnd how dry?", args{"kind": "request", "ask": []string{"Ann"}})
	offer := cy.says("Light the fire", args{"kind": "proposal", "ask": []string{"Ann"}})
	tab.visit(mill.watch)
	tab.is(css(textArea))
	tab.needed("Mill · Parley", 2)
	const second = "Math.floor(Date.now() / 1000)" // messages know no less
	taken := evaluate[int](tab, second)

	di.call("task", args{"action": "add", "tasks": []args{{"title": "Sand the bow"}}})
	di.call("task", args{"action": "take", "id": "t1"})
	di.call("leave_room", nil)
	harbor.drafts("Steel it is")
	tab.reload()
	tab.needed("Mill · Parley", 4)
	tab.accessible(byDay, "the rooms beside a room")
	tab.until("the rooms stand as they did when the page came: the seat that was taken last is the first", `
	  [...document.querySelectorAll(".rooms-title")].map((one) => one.innerText).join() === "Mill,Lodge,Harbor"`)

	tab.click(hyper("Needs you 4"))
	tab.listed("Draft · Harbor: Steel it is", "Suggestion · Lodge: Light the fire", "Question · Lodge: How warm is it?",
		"Stalled task · Mill: Di: Sand the bow")
	const harborLink = `[...document.querySelectorAll(".inbox-head a")].find((one) => one.innerText === "Harbor")`
	draft := evaluate[string](tab, harborLink+".href")
	tab.look(1440, 300, "light")
	evaluate[*bool](tab, "void "+harborLink+".click()")
	tab.until("the draft has the focus", `document.activeElement.matches(".room .message-draft")`)
	for _, height := range []int64{300, 900} {
		tab.look(1440, height, "light")
		tab.until("the window has this height", fmt.Sprint("innerHeight === ", height))
		tab.until("the open room, which is the last, is in sight, wherever the list is", `((list) => {
		  list.style.maxHeight = innerHeight > 480 ? "100px" : "";
		  return list.scrollTop === 0 && `+inSight(".rooms-list li:last-child [aria-current]")+`;
		})(document.querySelector(".rooms-list"))`)
	}
	evaluate[*bool](tab, `void document.querySelector(".rooms-list [aria-current]").focus()`)
	tab.press("ArrowUp")
	tab.until("the arrow leads to the room above", `document.activeElement.innerText.startsWith("Lodge")`)
	evaluate[*bool](tab, `void document.querySelector(".message-draft").focus()`)
	tab.look(1440, 900, "light")
	tab.needed("Harbor · Parley", 4)
	tab.waits("1 draft")
	tab.until("the draft is in sight again", `document.querySelector(".message-draft .message-buttons")
		.getBoundingClientRect().bottom <= document.querySelector(".log").getBoundingClientRect().bottom`)
	tab.press("Enter", "Enter") // in, and Send
	tab.undoesNothing()
	bo.hearsText("Steel it is")
	tab.until("another second has begun since the seat at Mill was taken", fmt.Sprint(second, " > ", taken))
	bo.says("Then steel")
	tab.sees("Then steel")
	tab.needed("Harbor · Parley", 3)
	tab.waits("")
	tab.press("Escape", "End")
	evaluate[*bool](tab, "void document.activeElement.blur()")
	evaluate[*bool](tab, "void (location = "+quoted(draft)+")")
	tab.until("what became of the draft has the focus",
		`document.activeElement.closest("article:not(.message-draft)")?.innerText.includes("Steel it is")`)

	// On a phone the list opens over the conversation, and what it leads to stands in the other room, with its buttons.
	tab.look(390, 780, "light")
	tab.click(button("Your rooms, 3 waiting for you"))
	const first = `document.activeElement.matches(".rooms-needs")`
	tab.until("what leads to all has the focus", first)
	tab.isAccessible([]look{{390, "dark"}}, "the rooms on a phone", quoted(myRooms))
	tab.look(390, 780, "light")
	tab.until("what leads to all has the focus again", first)
	tab.press("Enter")
	tab.listed("Suggestion · Lodge: Light the fire", "Question · Lodge: How warm is it?",
		"Stalled task · Mill: Di: Sand the bow")
	evaluate[*bool](tab, `void [...document.querySelectorAll(".inbox-head a")].find((one) => one.href.endsWith(`+
		quoted(offer)+`)).click()`)
	tab.until("the proposal has the focus", `document.activeElement.dataset.id === `+quoted(offer))
	tab.is(button("Your rooms, 1 waiting for you"))
	tab.is(button("Room")) // what stands in the conversation is counted above the composer
	tab.look(1440, 900, "light")
	tab.needed("Lodge · Parley", 3)
	tab.waits("1 question · 1 suggestion")
	tab.look(1024, 768, "light")
	// In Arial "4 drafts · 1 question · 1 suggestion" takes 214 pixels. A machine may have another font.
	tab.until("three kinds have room in the line, beside a narrow conversation, too",
		`document.querySelector(".room-sidebar .for-you-what").clientWidth >= 214`)
	tab.look(1440, 900, "light")
	tab.click(button("Next").in(aside))
	tab.until("the question has the focus", `document.activeElement.dataset.id === `+quoted(asked))
	tab.click(button("Previous").in(aside))
	tab.until("the proposal has the focus", `document.activeElement.dataset.id === `+quoted(offer))
	tab.click(button("Agree")) // there is one
	tab.click(button(voteOnly))
	tab.waits("1 question")
	tab.undoesNothing()
	cy.hears("the vote", func(m message) bool { return m.Kind == "agree" })
	tab.needed("Lodge · Parley", 2)
	lodge.says("Warm enough", args{"reply_to": asked})
	tab.needed("Lodge · Parley", 1)

	tab.press("Escape", "n") // nothing waits here any more
	tab.listed("Stalled task · Mill: Di: Sand the bow")
	tab.click(hyper("Look in the room"))
	tab.until("the task has the focus", `document.activeElement.matches('dialog [data-task="t1"]')`)
	tab.press("Escape")
	mill.call("task", args{"action": "take", "id": "t1"})
	tab.needed("Mill · Parley", 0)
	tab.press("n")
	tab.sees("Nothing needs you.")

	// At / the rooms stand by when something was said there last. At Mill nothing was, and no click moves it up.
	tab.until("the rooms stand by what was said there", `[...document.querySelectorAll(".landing-room h2")]
	  .map((one) => one.innerText).join() === "Lodge,Harbor,Mill"`)
	tab.needed("Parley", 0)
	tab.points(hyper("Harbor"))
	const top = `[...document.querySelectorAll(".landing-room a")].at(-1).getBoundingClientRect().top`
	stays := evaluate[float64](tab, top)
	cy.says("And now?", args{"kind": "request", "ask": []string{"Ann"}})
	tab.listed("Question · Lodge: And now?")
	if now := evaluate[float64](tab, top); now != stays {
		t.Errorf("the link under the pointer has moved by %f px", now-stays)
	}
	behind := tab.person.tab()
	behind.opensHidden("/")
	for n := range 6 {
		cy.says(fmt.Sprint("Question ", n), args{"kind": "request", "ask": []string{"Ann"}})
	}
	behind.until("a tab that has asked for nothing has the number of the others", `document.title === "(7) Parley"`)
	behind.hides(false)
	behind.until("it asks when it is shown", `document.querySelector(".inbox .calls")?.innerText === "7"`)
	tab.until("all is in the other tab, too", `document.querySelector(".inbox .calls").innerText === "7"`)
}

// What was said long ago is not among the messages that are loaded, here or at /.
func TestNeeds_inABusyRoom_keepTheirKindsAndWords(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bo := s.agent("Harbor", "Ann"), s.agent("Harbor", "Bo")
	tab := s.person().open(ann.watch)
	tab.approves("All")
	ann.drafts("Steel it is")
	bo.says("Light the fire", args{"kind": "proposal", "ask": []string{"Ann"}})
	bo.says("How warm is it?", args{"kind": "request", "ask": []string{"Ann"}})
	for n := range 120 {
		bo.says(fmt.Sprint("It is day ", n))
	}
	tab.reload()
	tab.waits("1 draft · 1 question · 1 suggestion")
	tab.visit("/")
	tab.listed("Draft · Harbor: Steel it is", "Suggestion · Harbor: Light the fire",
		"Question · Harbor: How warm is it?")
}

func TestRooms_many_areFoundByAPartOfTheirNames(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	tab := s.person().tab()
	tab.look(1440, 900, "light")
	for n := range 11 {
		tab.visit(s.agent(fmt.Sprint("Quay ", n), "Ann").watch)
		tab.is(css(textArea))
	}
	find := role("searchbox", "Find a room")
	found := func(list string, names ...string) {
		t.Helper()
		tab.until("found are "+strings.Join(names, " and "), `[...document.querySelectorAll("`+list+`")]
		  .map((one) => one.innerText).sort().join() === `+quoted(strings.Join(names, ",")))
	}
	for _, at := range []struct{ path, list string }{{"", ".rooms-title"}, {"/", ".landing-room h2"}} {
		if at.path != "" {
			tab.visit(at.path)
		}
		tab.fill(find, "nowhere")
		tab.sees("No room of this name")
		found(at.list)
		tab.fill(find, "quay 1")
		found(at.list, "Quay 1", "Quay 10")
		tab.isAccessible(byDay, "the rooms that are found", `document.body`)
		tab.fill(find, "QUAY 7")
		found(at.list, "Quay 7")
		tab.press("Enter")
		tab.until("the room is shown", `document.title.endsWith("Quay 7 · Parley")`)
	}
}
