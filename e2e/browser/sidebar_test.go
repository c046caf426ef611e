package browser

import (
	"math"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/cli/client"
)

// In the page, what stands beside the conversation, and the drafts in it.
const (
	aside  = ".room-sidebar"
	drafts = ".message-draft"
	first  = ":not(.row-draft) + .row-draft " + drafts
	modal  = "dialog"
)

// decided waits until the agent hears what its person decided about a draft.
func (a *agent) decided(reason string) {
	a.t.Helper()
	a.hears("a draft "+reason, func(m message) bool { return m.Type == "draft" && m.Reason == reason })
}

// decides presses a button of a draft, so that this is sent at once.
func (tab *tab) decides(w element) {
	tab.t.Helper()
	tab.click(w)
	tab.undoesNothing()
}

// undoesNothing leaves the page, so that what could be undone is sent at once.
func (tab *tab) undoesNothing() {
	tab.t.Helper()
	tab.is(button("Undo"))
	evaluate[bool](tab, `dispatchEvent(new Event("pagehide"))`)
}

// invite returns the link in the dialog.
func (tab *tab) invite() string {
	tab.t.Helper()
	tab.is(css(".sidebar-shown code").nth(0))
	return evaluate[string](tab, `document.querySelector(".sidebar-shown code").textContent`)
}

// A camera reads the code of a link at an address that a phone can open. The first script, and the second, lack it.
func TestSidebar_codeOfALink_isLoadedWhenItIsShown(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--public-url", pushURL, "--access", "open")
	tab := s.person().tab()
	tab.opensOwn(s.agent("den", "Ada"))
	tab.click(button("Menu"))
	tab.click(button("Add a device"))
	const loads = `performance.getEntriesByType("resource").some(({ name }) => name.endsWith("/qr.js"))`
	tab.until("the code is not loaded", "!"+loads)
	tab.click(button("Create a link").in(modal))
	tab.until("the code is shown", loads+` && document.querySelector(".qr path").getAttribute("d").length > 1000`)
}

func TestSidebar_anotherDevice_isLetInByALinkThatIsShownOnce_andWaysOutAskOnce(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	tab := s.person().open(ada.watch)
	tab.click(button("Menu"))
	tab.click(button("Add a device"))
	tab.sees("Other devices can't open a link to this computer.")
	tab.click(button("Create a link").in(modal))
	phone := s.person().open(tab.invite())
	tab.isNot(role("image", "QR code of the link")) // no phone can open it
	tab.press("Escape")
	bo.says("Mind the gap.")
	phone.sees("Mind the gap.")
	phone.pauses(true)
	tab.is(button("Resume your agent"))
	phone.pauses(false)
	tab.is(button("Pause your agent"))

	phone.approves("All")
	ada.drafts("It will be cheap.")
	ada.drafts("It will be fast.")
	tab.sees("2 drafts to approve")
	tab.approving("All")
	tab.click(button("Edit").in(first))
	tab.press("Control+a")
	tab.types("It will be cheap enough.")
	phone.decides(button("Send").in(first))
	tab.sees("1 draft to approve")
	tab.sees("It will be cheap enough.")
	const late = ".late"
	copied := tab.copied(func() { tab.click(button("Copy text").in(late)) })
	if copied != "It will be cheap enough." {
		t.Errorf("copied %q of what was being written", copied)
	}
	tab.click(button("Close").in(late))
	tab.isNot(css(late))
	evaluate[bool](tab, deaf)
	bo.says("The last that it hears.")
	tab.sees("The last that it hears.")
	phone.decides(button("Send").in(drafts))
	phone.isNot(css(drafts))
	tab.decides(button("Send").in(drafts)) // as the phone has: there is nothing to say
	tab.isNot(css(drafts))

	// To forget the room keeps the seat, and loses the way in. To leave gives up the seat.
	phone.click(button("Menu"))
	phone.click(button("Remove from this device"))
	phone.click(button("Remove").in(modal))
	phone.until("the page is the first one", `location.pathname === "/"`)
	if kept := evaluate[[]string](phone,
		`Object.keys(localStorage).filter((name) => name.startsWith("parley.seat."))`); len(kept) > 0 {
		t.Errorf("%d seats are kept", len(kept))
	}
	tab.reload()
	tab.approves("None")
	tab.click(button("Menu"))
	tab.click(button("Leave room"))
	tab.sees("Leave this room?")
	tab.press("Escape")
	tab.isNot(css(modal))
	ada.says("Still here.")
	tab.click(button("Menu"))
	tab.is(button("Leave room"))
	evaluate[*bool](tab, `new Promise((pressed) => {
		new MutationObserver((_, all) => {
			const button = document.querySelector("dialog .danger");
			if (!button) return;
			all.disconnect();
			button.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 1 }));
			pressed(null);
		}).observe(document.body, { childList: true, subtree: true });
		[...document.querySelectorAll(".menu button")].find((b) => b.textContent.trim() === "Leave room").click();
	})`) // who has opened a dialog may press at once
	bo.hears("that Ada left", func(m message) bool { return m.Type == "left" && m.Agent == "Ada" })
	ada.refused(fault.Removed, "send_message", args{"text": "Hello?"})
	tab.sees("You have left this room")

}

// atEnd tells whether the conversation is at its end.
const atEnd = `(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight < 2)(
	document.querySelector(".log"))`

// deaf has a page hear no more of the room, once its wait has ended, until it decides about a draft.
const deaf = `(() => {
	const real = fetch;
	let pressed = false;
	globalThis.fetch = (address, init) => {
		const body = String(init?.body);
		pressed ||= body.includes('"decision"');
		const held = body.includes("wait_for_message") || (body.includes('"supervise"') && !pressed);
		return held ? new Promise(() => {}) : real(address, init);
	};
	return true;
})()`

// invited is a caller that an invite admits.
func (s *server) invited(link, name string) *agent {
	_, code, _ := strings.Cut(link, "/i/")
	a := &agent{t: s.t, name: name, client: client.New(s.root, client.Options{HTTP: s.http, Invite: code})}
	s.t.Cleanup(func() { _ = a.client.Close() })
	return a
}

// guest takes a seat by the link of an invite.
func (s *server) guest(link, name string) *agent {
	s.t.Helper()
	a := s.invited(link, name)
	a.sit("join_room", args{"agent_name": name})
	return a
}

func TestTalk_drafts_areSentEditedAndRefused(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	bo.speaks(40, numbered("Before"))
	question := bo.says("How long will it be?", args{"kind": "request", "ask": []string{"Ada"}})
	tab := s.person().open(ada.watch)
	tab.approves("All")
	// It pushes nothing away while the pointer rests on a button, and a press comes too early for it.
	tab.points(button("Answer"))
	const below = "document.querySelector('.message-foot .button').getBoundingClientRect().top"
	before := evaluate[float64](tab, below)
	evaluate[*bool](tab, pressesEarly)
	ada.drafts("Forty **meters**.", args{"reply_to": question, "to": []string{"Bo"}})
	tab.sees("1 draft to approve.")
	if after := evaluate[float64](tab, below); after != before {
		t.Errorf("a draft moved what the pointer rests on by %f px", after-before)
	}
	tab.points(css(textArea))
	tab.until("its buttons were pressed", "window.pressed?.join() === 'Send,Reject'")
	tab.until("they say that they took no press, and move nothing for that", `
		document.querySelectorAll(".message-draft .button[data-missed] + [role=alert]").length === 2 &&
		document.querySelectorAll(".message-draft .button").length === 3`)
	tab.is(role("article", "Draft: Ada, Only to “Bo”, "+tab.clockIn(drafts)))
	tab.is(css(drafts + " .quote"))
	tab.is(css(drafts + " strong")) // Markdown
	tab.decides(button("Send").in(drafts))
	tab.isNot(css(drafts))
	tab.until("a message has the focus, and the talk is at its end", `document.activeElement.matches("article") && `+atEnd)
	ada.decided("sent")
	if got := bo.hearsText("Forty **meters**."); got.Person || len(got.To) != 1 || got.ReplyTo != question {
		t.Errorf("Bo heard %+v", got)
	}

	ada.drafts("And six wide.", args{"to": []string{"Bo"}})
	tab.decides(button("Send").in(drafts))
	tab.isNot(css(drafts))
	tab.until("what was approved says so below its own words, and not in the head of both", `
		((said, head) => said.length === 2 && !head.innerText.includes("approved") && said.every((one) => {
			const words = one.closest(".message").querySelector(".message-text");
			return one.getBoundingClientRect().top >= words.getBoundingClientRect().bottom;
		}))([...document.querySelectorAll(".marks")].filter(({ innerText }) => innerText === "approved by you"),
			[...document.querySelectorAll(".message-head")].at(-1))`)

	ada.drafts("It will be cheap.")
	tab.click(button("Edit").in(drafts))
	tab.until("the form is in sight", atEnd)
	tab.press("Control+a")               // the field has the focus
	tab.types("It will not be cheap.\n") // of which the end is not sent
	tab.press("Escape")
	tab.isNot(css(drafts + " textarea"))
	tab.until("the draft has the focus", `document.activeElement.matches(".message-draft")`)
	tab.click(button("Edit").in(drafts)) // and what was written is there again
	tab.until("it says who will have written it", `document.querySelector("`+drafts+`").innerText.includes("Ada's owner")`)
	tab.reload()
	tab.until("the words are there", `
		document.querySelector("`+drafts+` textarea")?.value === "It will not be cheap.\n"`)
	tab.click(button("Send as me").in(drafts))
	tab.click(button(nameless))
	tab.undoesNothing()
	tab.isNot(css(drafts))
	if got := bo.hearsText("It will not be cheap."); !got.Person {
		t.Errorf("Bo heard %+v", got)
	}
	ada.decided("edited")

	ada.drafts("It will be fast.")
	ada.drafts("Between us: it will sway.", args{"to": []string{"Bo"}})
	tab.sees("2 drafts to approve")
	tab.until("each Send has an outline or is filled", `
		[...document.querySelectorAll(".message-draft .primary")].map((b) => getComputedStyle(b)).every((is) =>
			is.borderColor === is.color || is.color === "rgb(255, 255, 255)")`)
	refuse := button("Reject").in(first)
	tab.points(refuse)
	const place = "document.querySelector('.message-draft .primary').getBoundingClientRect().top"
	before = evaluate[float64](tab, place)
	bo.says("What is said meanwhile\nstands above.")
	tab.sees("stands above.")
	if after := evaluate[float64](tab, place); math.Abs(after-before) > 0.5 {
		t.Errorf("a message moved the draft at which the pointer rests by %f px", after-before)
	}
	tab.click(refuse)
	tab.click(button("Undo"))
	tab.click(refuse)
	tab.is(field("Reason (optional)").in(drafts))
	tab.press("ArrowUp")
	tab.until("it leads to another message", `document.activeElement.matches("article:not(.message-draft)")`)
	tab.press("ArrowDown")
	tab.until("it leads back", `document.activeElement.matches(".message-draft") &&
		document.querySelector(".undo-why input").value === ""`)
	tab.press("Tab")
	tab.until("Tab leads to Undo", `document.activeElement.innerText === "Undo"`)
	tab.press("Tab") // which leads to the reason, for which no time runs
	tab.until("its field has the focus", `document.activeElement.matches(".undo-why input")`)
	tab.press("Tab", "Tab") // and out again
	tab.until("the draft has lost the focus", `!document.activeElement.closest(".message-draft")`)
	tab.fill(field("Reason (optional)").in(drafts), "Nobody ")
	tab.until("no time runs", undoLine+` === "Rejected · your agent isn't told yet"`)
	// What is typed on when the field has lost the focus does nothing, until the person turns to something else.
	if did := evaluate[bool](tab, `(() => {
	  const type = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
	  type("b");
	  document.activeElement.blur();
	  for (const key of ["c", "?", "j"]) type(key);
	  return document.activeElement !== document.body;
	})()`); did {
		t.Error("what was typed on has moved the focus")
	}
	tab.isNot(css(modal))
	tab.press("Escape", "c")
	tab.until("and then it does", "document.activeElement.matches("+quoted(textArea)+")")
	tab.click(field("Reason (optional)").in(drafts))
	tab.types("knows yet.")
	tab.press("Enter") // which does not wait for the time of Undo
	tab.sees("1 draft to approve")
	tab.until("the next draft has the focus", `document.activeElement.matches(".message-draft")`)
	ada.decided("refused")
	tab.tells("You rejected a draft: Nobody knows yet")
	tab.until("its words unfold", `document.querySelector(".event-draft").innerText === "It will be fast."`)
	for _, m := range bo.history() {
		if m.Text == "It will be cheap." || m.Text == "It will be fast." {
			t.Errorf("Bo heard %+v", m)
		}
	}

	// One of its readers has left: the server says why it is not sent.
	bo.call("leave_room", nil)
	tab.decides(button("Send").in(drafts))
	tab.is(css(drafts + " [role=alert]"))
	tab.sees("its recipient has left")
	tab.click(button("Reject").in(drafts))
	tab.is(field("Reason (optional)"))
	tab.until("the reason is in sight", atEnd)
	tab.reload() // the page is left: what can be undone is sent at once
	ada.decided("refused")
	tab.isNot(css(drafts))
}

// pressesEarly presses what decides about a draft as soon as it is there, as somebody does who aimed at
// what stood there before.
const pressesEarly = `void new MutationObserver((_, changes) => {
  const buttons = [...document.querySelectorAll(".message-draft button")].filter((b) => /^(Send|Reject)$/.test(b.innerText));
  if (!buttons.length) return;
  changes.disconnect();
  for (const one of buttons) one.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 1 }));
  window.pressed = buttons.map((b) => b.innerText);
}).observe(document.body, { childList: true, subtree: true })`

func TestSidebar_inviteLink_seatsAFurtherAgent(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.caller("Ada")
	ada.sit("create_room", args{"room": "The bridge", "agent_name": "Ada", "capacity": 3})
	tab := s.person().open(ada.watch)
	tab.look(360, 740, "dark")
	tab.sees("No one else is here yet.")
	tab.click(button("Invite someone"))
	first := tab.invite()
	tab.sees("Other devices can't open a link to this computer.")
	if copied := tab.copied(func() { tab.click(button("Copy link")) }); copied != first {
		t.Errorf("copied %q in place of %q", copied, first)
	}
	s.guest(first, "Bo").says("I came by the link.")
	tab.sees("I came by the link.")
	tab.look(1440, 900, "light")
	tab.isNot(button("Invite someone"))

	tab.until("one button is filled", `document.querySelectorAll("dialog .primary").length === 1`)
	tab.click(css("dialog summary"))
	tab.click(button("Create a new link"))
	tab.until("there is another link", `document.querySelector(".sidebar-shown code")?.textContent !== `+quoted(first))
	second := tab.invite()
	if _, err := s.invited(first, "Cy").try("join_room", args{"agent_name": "Cy"}); err == nil {
		t.Error("the old link still seats somebody")
	}
	s.guest(second, "Di").says("So did I.")
	tab.sees("So did I.")
	tab.sees("No free seats.")
	tab.click(button("Add seats in settings"))
	tab.fill(role("spinbutton", "Seats"), "4")
	tab.click(button("Save"))
	tab.sees("1 of 4 seats free")
}
