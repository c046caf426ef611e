package browser

import (
	"fmt"
	"strings"
	"testing"
)

// undoLine is what a page shows of what can still be undone.
const undoLine = `[...document.querySelectorAll(".undo")].map((one) => one.querySelector("[role=status]").textContent).join()`

// inSight reports whether an element is in the window, and nothing lies over it.
func inSight(selector string) string {
	return fmt.Sprintf(`(() => {
	  const one = document.querySelector(%s), { left, top, width, height } = one?.getBoundingClientRect() ?? {};
	  return one?.contains(document.elementFromPoint(left + width / 2, top + height / 2));
	})()`, quoted(selector))
}

// A rejection and both votes are told where they were pressed, count at once, and are undone within five seconds.
func TestOnce_decisions_areInSightCountAtOnceAndCanBeUndone(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	tab := s.person().open(ada.watch)
	tab.approves("All")
	offer := bo.says("We paint it red.", args{"kind": "proposal", "ask": []string{"Ada"}})
	other := bo.says("We paint it twice.", args{"kind": "proposal", "ask": []string{"Ada"}})
	ada.drafts("Steel it is.")
	tab.waits("1 draft · 2 suggestions")
	for does, said := range map[string]string{
		"Send": "Approved · sends in 5 s", "Reject": "Rejected · your agent is told in 5 s"} {
		tab.click(button(does).in(drafts))
		tab.until("the decision is told", undoLine+` === `+quoted(said))
		tab.until("it waits no more", `((draft) => getComputedStyle(draft).boxShadow === "none" &&
		  draft.querySelector(".badge").innerText.startsWith(`+quoted(strings.Fields(said)[0])+`))(
		  document.querySelector(".message-draft"))`)
		tab.waits("2 suggestions")
		tab.until("the time runs", `/ [1-4] s$/.test(document.querySelector(".undo [aria-hidden]").textContent)`)
		tab.click(button("Undo"))
		tab.waits("1 draft · 2 suggestions")
	}
	tab.click(button("Reject").in(drafts))
	tab.until("where it was pressed", inSight(".undo [aria-hidden]")+" && "+inSight(".undo .button"))
	tab.waits("2 suggestions")
	tab.click(button("Undo"))
	tab.waits("1 draft · 2 suggestions")

	tab.click(button("Agree").in(`[data-id="` + offer + `"]`))
	tab.click(button(voteOnly))
	tab.until("the vote is told", undoLine+` === "You agreed · sends in 5 s"`)
	tab.until("at the proposal", inSight(`[data-id="`+offer+`"] .undo .button`))
	tab.waits("1 draft · 1 suggestion")
	tab.click(button("Undo"))
	tab.waits("1 draft · 2 suggestions")

	tab.addresses(onlySome)
	tab.writes("For some.")
	tab.until("where nobody is chosen, it goes to nobody", `document.querySelector(".compose .chip").innerText === "To: nobody" &&
	  document.querySelector(".compose-send").disabled && !document.querySelector(".compose-left.bad")`)
	tab.click(css(textArea))
	tab.press("Enter")
	tab.is(css(".compose-left.bad"))
	tab.addresses(everyone)
	tab.writes("")
	tab.answers(other)
	tab.until("the field says whom it answers", `document.querySelector("`+textArea+`").placeholder === "Reply to “Bo”"`)
	tab.press("Escape")

	tab.click(button("Object").in(`[data-id="` + other + `"]`))
	tab.types("Once is enough.")
	tab.click(css(".compose-send"))
	tab.until("the objection is told", undoLine+` === "You objected · sends in 5 s"`)
	tab.until("where it was written", inSight(".compose .undo .button"))
	tab.until("the text has the focus", `document.activeElement.matches("`+textArea+`")`)
	tab.waits("1 draft · 1 suggestion")
	tab.click(button("Undo"))
	tab.until("the words are there again", `document.querySelector("`+textArea+`").value === "Once is enough."`)
	tab.waits("1 draft · 2 suggestions")
	tab.click(css(".compose-send"))
	bo.hears("the objection", func(m message) bool { return m.Kind == "object" && m.ReplyTo == other })
	for _, m := range bo.history() {
		if m.Kind == "agree" {
			t.Errorf("Bo heard %+v, which was undone", m)
		}
	}
	tab.until("the card says so", `document.querySelector('[data-id="`+other+`"] .standing').innerText === "You objected"`)
	tab.click(button("Agree"))
	tab.waits("1 draft")
	tab.reload() // the page is left: what can be undone is sent at once
	bo.hears("the vote", func(m message) bool { return m.Kind == "agree" && m.ReplyTo == offer })
}

// Another tab of the room leaves what can still be undone alone, such as one that was restored, or that a press on a
// notification has opened.
func TestOnce_secondTabThatOpens_leavesTheUndoOfTheFirst(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	first := s.person().open(ada.watch)
	first.approves("All")
	offer := bo.says("We paint it red.", args{"kind": "proposal", "ask": []string{"Ada"}})
	ada.drafts("Steel it is.")
	first.waits("1 draft · 1 suggestion")
	second := first.person.open("/r/" + roomOf(ada))
	second.waits("1 draft · 1 suggestion")
	for n, undoes := range []*tab{first, second} {
		first.click(button("Agree").in(`[data-id="` + offer + `"]`))
		if n == 0 {
			first.click(button(voteOnly))
		}
		second.reload()
		second.until("it can be undone there, too", undoLine+` === "You agreed · sends in 5 s"`)
		undoes.click(button("Undo"))
		first.waits("1 draft · 1 suggestion")
		second.waits("1 draft · 1 suggestion")
	}
	first.click(button("Send").in(drafts))
	second.reload()
	second.until("it waits there no more", `document.querySelector(".message-decided")`)
	first.click(button("Undo"))
	first.waits("1 draft · 1 suggestion")
	first.says("That is all.")
	bo.hearsText("That is all.")
	for _, m := range bo.history() {
		if m.Kind == "agree" || m.Text == "Steel it is." {
			t.Errorf("Bo heard %+v, which was undone", m)
		}
	}
}

// While a decision is sent its button keeps the focus, and a key that is held presses nothing that it comes to; an
// edited text is there again after Undo wherever the view was meanwhile, and is not called late where its page was
// left.
func TestOnce_decisions_loseNeitherFocusNorWords(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	tab := s.person().open(ada.watch)
	tab.approves("All")
	for n := range 30 {
		bo.says(fmt.Sprintf("Girder %d.\n\nIt is\n\nof steel.", n))
	}
	ada.drafts("Steel it is.")
	tab.waits("1 draft")
	tab.click(button("Edit").in(drafts))
	tab.until("the field has the focus", `document.activeElement.matches(".message-draft textarea")`)
	tab.types(" All of it.")
	tab.press("Control+Enter")
	tab.answersName("Ann")
	tab.until("the decision is told", `document.activeElement.matches(".message-decided")`)
	tab.press("Home")
	tab.until("it is off the page", `!document.querySelector(".message-draft")`)
	tab.press("End")
	tab.click(button("Undo"))
	tab.until("the words are there", `document.querySelector(".message-draft textarea").value === "Steel it is. All of it."`)
	tab.click(button("Send as me"))
	tab.until("the decision is told", `document.querySelector(".undo")`)
	tab.reload()
	if got := bo.hearsText("Steel it is. All of it."); got.PersonName != "Ann" {
		t.Errorf("it is of %q, want the name that was asked for", got.PersonName)
	}
	tab.sees("edited by you")
	tab.until("nothing was late", `!document.querySelector(".message-draft, .late")`)

	ada.drafts("Or wood.")
	tab.waits("1 draft")
	evaluate[bool](tab, `((real) => (window.fetch = (address, how) => new Promise((go) =>
	  setTimeout(() => go(real(address, how)), how.body?.includes('"decision"') ? 1_000 : 0)), true))(fetch)`)
	tab.click(button("Send").in(drafts))
	tab.until("a key that is held stays", `((draft) => (draft.dispatchEvent(
	  new KeyboardEvent("keydown", { key: "Enter", repeat: true, bubbles: true })), document.activeElement === draft))(
	  document.querySelector(".message-decided"))`)
	tab.press("Enter")
	tab.until("Undo has the focus while it is sent", `document.activeElement.matches(".undo [aria-disabled=true]")`)
	tab.press("Enter") // which undoes nothing any more
	bo.hearsText("Or wood.")
	tab.until("a message has it then", `!document.querySelector(".message-draft") && document.activeElement.matches("article")`)
}

// By keyboard alone: N leads from one thing that needs the person to the next, as the arrows of the line do, and each
// deed has a key, which presses it once. Escape leads out of the composer.
func TestOnce_keys_leadToWhatWaitsAndDecide(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	tab := s.person().open(ada.watch)
	tab.approves("All")
	bo.says("We paint it red.", args{"kind": "proposal", "ask": []string{"Ada"}})
	ada.drafts("Steel it is.")
	ada.drafts("Or wood.")
	tab.waits("2 drafts · 1 suggestion")
	tab.press("c")
	tab.until("the composer has the focus", `document.activeElement.matches(".compose textarea")`)
	tab.press("Escape")
	tab.until("the conversation has it", `document.activeElement.closest(".log")`)
	at := func(text string) {
		t.Helper()
		tab.until("the focus is at "+text, `((one) => one.matches("article") && one.innerText.includes(`+quoted(text)+`))(
		  document.activeElement)`)
	}
	for _, text := range []string{"red", "Steel", "wood", "red", "Steel"} {
		tab.press("n")
		at(text)
	}
	tab.press("n", "n")
	at("red")
	tab.press("x")
	tab.until("an objection is begun", `document.activeElement.matches("`+textArea+`") &&
	  document.querySelector(".vote[aria-pressed=true]")?.innerText === "Object"`)
	tab.press("Escape", "Escape")
	at("red")
	tab.press("a")
	tab.click(button(voteOnly))
	tab.until("it is agreed", undoLine+` === "You agreed · sends in 5 s"`)
	tab.press("Control+z")
	tab.isNot(css(".undo"))
	at("red")
	tab.press("n")
	at("Steel")
	evaluate[bool](tab, `document.activeElement.dispatchEvent(
	  new KeyboardEvent("keydown", { key: "x", repeat: true, bubbles: true }))`)
	tab.press("a")
	tab.until("it is approved", undoLine+` === "Approved · sends in 5 s"`)
	tab.press("Control+z")
	tab.waits("Needs you: 2 of 3")
	at("Steel")
	tab.press("e")
	tab.until("its field has the focus, and nothing is typed", `((field) => field.matches(".message-draft textarea") &&
	  field.value === "Steel it is.")(document.activeElement)`)
	tab.press("Escape")
	at("Steel")
	tab.press("ArrowDown", "x")
	tab.until("the next is rejected", undoLine+` === "Rejected · your agent is told in 5 s"`)
	tab.press("Control+z")
	tab.isNot(css(".undo"))
	at("wood")
	for _, button := range []string{"Send", "Edit", "Reject"} {
		tab.press("Tab")
		tab.until("Tab leads to "+button, `document.activeElement.innerText === `+quoted(button))
	}
	tab.press("Enter")
	tab.press("Tab", "Tab") // past Undo
	tab.types("Steel lasts")
	tab.until("no time runs", undoLine+` === "Rejected · your agent isn't told yet"`)
	tab.press("Enter")
	tab.sees("You rejected a draft: Steel lasts")
	tab.until("what is next has the focus", `document.activeElement.matches("article")`)
}

// The reason of a rejection is in sight wherever its button was pressed, and the focus stays in the conversation.
func TestOnce_decidedDraft_showsItsReason_andKeepsTheFocusInTheTalk(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	tab := s.person().open(ada.watch)
	tab.approves("All")
	bo.speaks(30, numbered("Girder"))
	ada.drafts("Steel it is.\n\nSure.")
	ada.drafts("Or wood.\n\nSure.")
	tab.waits("2 drafts")
	tab.look(1024, 768, "light")
	tab.until("the end is out of sight", `((log) => (log.scrollTop = log.scrollHeight - log.clientHeight - 150,
	  document.querySelector(".log-latest")))(document.querySelector(".log"))`)
	tab.click(button("Reject").in(drafts).nth(0))
	tab.until("its reason is above the button to the end", `((why, latest) => why.bottom <= latest.top)(
	  ...[".undo-why", ".log-latest"].map((one) => document.querySelector(one).getBoundingClientRect()))`)

	tab.press("n", "a", "x")
	tab.until("what is typed on is the reason", `document.querySelector(".undo-why input").value === "nax"`)
	tab.click(button("Undo"))
	tab.press("x", "c", "a")
	tab.until("so it is after the key", `document.querySelector(".undo-why input").value === "ca"`)
	tab.click(button("Undo"))
	tab.click(button("Send").in(drafts).nth(0))
	tab.until("one draft is left", `document.querySelectorAll(".message-draft").length === 1`)
	tab.click(button("Reject").in(drafts))
	tab.until("the focus is at the draft", `document.activeElement.matches(".message-decided")`)
	tab.undoesNothing()
	tab.until("a message has the focus", `document.activeElement.matches(".log article:not(.message-draft)")`)

	bo.says(strings.Repeat("Girder.\n\n", 30), args{"kind": "request", "ask": []string{"Ada"}}) // higher than the view
	ada.drafts("Or stone.")
	tab.waits("1 draft · 1 question")
	tab.press("End")
	tab.click(button("Reject").in(drafts))
	tab.press("Tab", "Tab") // past Undo
	tab.types("Stone is too heavy. " + strings.Repeat("It would sink. ", 10))
	tab.press("Enter")
	tab.sees("You rejected a draft: Stone is too heavy.")
	tab.until("the message above has the focus", `document.activeElement.matches(".message-card")`)
	tab.until("the view is at the end", atEnd)
}

// What a draft answers is named although it is not loaded, and is not asked about again once the draft is approved.
func TestOnce_draftThatAnswers_namesThat_andStandsForTheAnswer(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	first := bo.says("It spans the river.")
	offer := bo.says("We paint it red.\n\nAll of it.", args{"kind": "proposal", "ask": []string{"Ada"}})
	bo.speaks(120, numbered("message"))
	tab := s.person().open(ada.watch)
	tab.approves("All")
	ada.drafts("Blue is cheaper.", args{"kind": "object", "reply_to": offer})
	ada.drafts("And the railway.", args{"reply_to": first})
	tab.reload()
	tab.waits("2 drafts")
	tab.press("End")
	const quotes = `[...document.querySelectorAll(".message-draft .quote")].map((one) =>
	  [...one.querySelectorAll("bdi")].map((part) => part.innerText).join(": ")).join()`
	tab.until("both say what they answer", quotes+` === "Bo: We paint it red.,Bo: It spans the river."`)
	tab.sees("Load earlier messages") // that is not loaded
	tab.click(button("Send").in(drafts).nth(0))
	tab.waits("1 draft")
	tab.click(css(drafts + " .quote").nth(0))
	tab.until("what it answers has no buttons for another answer", `(({ innerText }) => innerText.includes("Show the draft") &&
	  !innerText.includes("Agree"))(document.activeElement.closest('[data-id="`+offer+`"]'))`)
	tab.click(button("Show the draft that answers"))
	tab.click(button("Undo"))
	tab.waits("2 drafts")
	tab.click(button("Reject").in(drafts).nth(0))
	tab.waits("1 draft · 1 suggestion")
}

// A draft lies above the page in both colors, and what takes no press for half a second can be read.
func TestOnce_drafts_lieAboveThePageWithAnEdge(t *testing.T) {
	t.Parallel()
	axe(t)
	s := onFile(t)
	ada, _ := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	tab := s.person().open(ada.watch)
	tab.approves("All")
	ada.drafts("Steel it is.")
	ada.drafts("Or wood.")
	tab.waits("2 drafts")
	for _, look := range []look{{1440, "light"}, {390, "dark"}} {
		tab.look(look.width, 900, look.colors)
		tab.until("it is raised, in "+look.colors, `(() => {
		  const of = (selector) => getComputedStyle(document.querySelector(selector));
		  const light = (color) => color.match(/\d+/g).slice(0, 3).reduce((sum, n) => sum + Number(n), 0);
		  const draft = of(".message-draft"), page = of(":root");
		  return light(draft.backgroundColor) >= light(page.backgroundColor) && draft.boxShadow !== "none" &&
		    draft.borderInlineStartWidth === "3px" && draft.borderInlineStartColor !== draft.borderInlineEndColor;
		})()`)
		tab.until("what takes no press says so, in sight, over all", `(() => {
		  document.dispatchEvent(new PointerEvent("pointerdown")); // which ends the last one
		  document.querySelector(".row-draft").style.paddingTop = "30px";
		  return new Promise(requestAnimationFrame).then(() => {
		    [...document.querySelectorAll(".message-draft .button")].at(-1).dispatchEvent(
		      new MouseEvent("click", { bubbles: true, detail: 1 }));
		    document.querySelector(".row-draft").style.paddingTop = "";
		  }).then(() => new Promise(requestAnimationFrame)).then(() => {
		    const hint = document.querySelector(".missed:popover-open")?.getBoundingClientRect();
		    return hint?.left > 0 && hint.right < innerWidth && hint.bottom < innerHeight && hint.height < 30;
		  });
		})()`)
		tab.until("all takes a press", `!document.querySelector("[data-moved]")`)
		evaluate[*bool](tab, axe(t)+"; null")
		for _, f := range evaluate[[]finding](tab, `(async () => {
		  const all = [...document.querySelectorAll(".message-draft .button")];
		  for (const one of all) one.toggleAttribute("data-moved", true);
		  const { violations } = await axe.run(".log", { runOnly: ["color-contrast"] });
		  for (const one of all) one.toggleAttribute("data-moved", false);
		  return violations.map(({ id, help, nodes }) => ({ Rule: id, Help: help, Nodes: nodes.map((n) => n.html) }));
		})()`) {
			t.Errorf("%s: %s %q", look.colors, f.Help, f.Nodes)
		}
	}
	// What a person's own presses bring takes the next one at once.
	evaluate[*bool](tab, `(async () => {
	  for (const name of ["Edit", "Cancel", "Reject"]) {
	    [...document.querySelectorAll(".message-draft .button")].find((one) => one.innerText === name)
	      .dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 1 }));
	    for (let n = 0; n < 3; n++) await new Promise(requestAnimationFrame);
	  }
	  return null;
	})()`)
	tab.click(button("Undo"))
	ada.drafts(strings.Repeat("A long line. ", 300), args{"to": "Bo"})
	tab.click(button("Edit").in(".message-draft.message-private"))
	tab.click(button("Cancel"))
	for _, one := range []string{".message-to", ".primary"} { // who reads it, where it is decided
		tab.until(one+" is seen", inSight(".message-draft.message-private "+one))
	}
}

// What is not there takes no place, and what is there says what it is.
func TestQuiet_emptyPartsUnknownAddressesAndWordsOffline(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.caller("Ada")
	ada.sit("create_room", args{"room": "The bridge", "agent_name": "Ada", "capacity": 5})
	bo := s.agent("The bridge", "Bo")
	bo.speaks(120, numbered("message"))
	plan := bo.says("We paint it red.", args{"kind": "proposal", "ask": []string{"Ada", "Bo"}})
	ada.call("send_message", args{"kind": "agree", "reply_to": plan})
	bo.says("| a | b |\n|---|---|\n| 1 | 2 |")
	tab := s.person().open(ada.watch)
	tab.sees("Load earlier messages")
	tab.isNot(role("heading", "Files"))
	tab.approves("All")
	const blocked = "Your browser blocks notifications from this site."
	tab.sees(blocked)
	tab.click(button("OK").in(aside))
	tab.seesNot(blocked)
	tab.reload()
	tab.approving("All")
	tab.seesNot(blocked)
	tab.approves("None")
	tab.until("a table has the width of a text", `document.querySelector(".md-table table").offsetWidth > 400`)
	tab.click(button("Settings"))
	tab.until("no limit is an empty field", `(({ value, placeholder }) => value === "" && placeholder === "No limit")(
	  document.querySelector("#sidebar-setting-limit"))`)
	tab.fill(css("#sidebar-setting-limit"), "7")
	tab.click(button("Save"))
	tab.isNot(css(modal))
	tab.click(button("Settings"))
	tab.fill(css("#sidebar-setting-limit"), "")
	tab.click(button("Save"))
	tab.isNot(css(modal))
	if got := ada.call("room_info", nil).Room.AgentMessages; got != 0 {
		t.Errorf("the limit is %d", got)
	}
	bo.shares("plan.txt", []byte("plan"))
	tab.is(role("heading", "Files"))
	tab.until("members and files stand on one grid", `(() => {
	  const left = (selector) => document.querySelector(selector).getBoundingClientRect().left;
	  const near = (a, b) => Math.abs(left(a) - left(b)) < 1;
	  return near(".sidebar-person b", ".sidebar-file .file-name") && near(".sidebar-person .avatar", ".sidebar-file svg") &&
	    left(".sidebar-file .button") > left(".sidebar-file bdi") + 100;
	})()`)

	tab.expects("ERR_")
	tab.offline(true)
	tab.sees("No connection")
	tab.writes("A word.")
	tab.press("Enter")
	tab.skipsName("it waits", `document.body.innerText.includes("Will be sent once you are online")`)
	tab.offline(false)
	bo.hearsText("A word.")
	tab.seesNot("Will be sent once you are online")

	twice := bo.says("Twice.", args{"kind": "proposal", "ask": []string{"Ada"}})
	ada.call("send_message", args{"kind": "agree", "reply_to": twice})
	tab.visit("/")
	tab.sees("Ada agreed to Twice") // the marks of a quote are no text
	tab.expects("/nothing.*404")
	tab.visit("/nothing")
	tab.is(role("heading", "There is no page here"))
	tab.accessible(byDay, "an address at which nothing is")
}
