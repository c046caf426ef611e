package browser

import "testing"

func TestHead_pause_holdsTheAgentBackWithOneClick(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	tab.click(button("Pause my agent"))
	tab.sees("Your agent is paused: it cannot send anything.")
	if got := talk.ann.call("send_message", args{"text": "May I?"}); got.Sent || got.Status != "paused" {
		t.Errorf("the agent sent %+v", got)
	}
	tab.click(button("Resume my agent"))
	tab.seesNot("Your agent is paused")
	talk.ann.says("Now I may.")
	talk.bob.hearsText("Now I may.")
}

func TestHead_narrowScreen_sideTakesTheFocusAndGivesItBack(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	tab.look(360, 740, "light")
	id := talk.bob.says("Paint it red", args{"kind": "proposal", "ask": []string{"Ann"}})
	tab.is(button("Room, 1 waiting for you"))
	tab.isNot(css(".room-sidebar"))
	tab.click(button("Room, 1 waiting for you"))
	tab.is(css(".room-sidebar"))
	tab.until("the side has the focus", `document.querySelector(".room-sidebar").contains(document.activeElement)`)
	for range 40 {
		tab.press("Tab")
		if outside := evaluate[bool](tab, `!!document.activeElement.closest(".room-top, .room-talk")`); outside {
			t.Fatal("the focus leaves the side for what it covers")
		}
	}
	tab.press("Escape")
	tab.isNot(css(".room-sidebar"))
	tab.until("the button has the focus again", `document.activeElement.matches(".room-sidebar-button")`)

	tab.click(button("Room, 1 waiting for you"))
	tab.click(button("Object").in(".room-sidebar"))
	tab.isNot(css(".room-sidebar"))
	tab.until("the text has the focus", "document.activeElement.matches("+quoted(textArea)+")")
	tab.types("Red fades")
	tab.press("Control+Enter")
	if got := talk.bob.hearsText("Red fades"); got.Kind != "object" || got.ReplyTo != id {
		t.Errorf("Bob heard %+v", got)
	}
	tab.is(button("Room"))
	if wide := evaluate[bool](tab, "document.documentElement.scrollWidth > innerWidth"); wide {
		t.Error("the page is wider than the screen")
	}
}

func TestHead_draftOfTheAgent_isAnnouncedAndLedTo(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	tab.look(360, 740, "dark")
	tab.click(button("Room"))
	tab.click(css(".sidebar-switch").nth(1))
	tab.press("Escape")
	tab.until("the agent is held", `!document.querySelector(".room-sidebar.open")`)
	await(t, func() string { return "a message becomes a draft" }, func() bool {
		return talk.ann.call("send_message", args{"text": "Steel it is"}).Status == "pending"
	})
	tab.sees("1 message of your agent waits for you.")
	tab.click(button("Review"))
	tab.until("the drafts have the focus", `document.activeElement.id === "sidebar-drafts"`)
	tab.click(button("Send").in(".sidebar-drafts"))
	talk.bob.hearsText("Steel it is")
	tab.press("Escape")
	tab.seesNot("waits for you.")
}

func TestHead_questionMark_listsTheKeys(t *testing.T) {
	t.Parallel()
	tab := trioOn(onFile(t)).page
	tab.click(css(textArea))
	tab.types("Why?")
	tab.press("?")
	tab.written("Why??")
	tab.isNot(css("dialog"))
	tab.click(css(".room-head h1"))
	tab.press("?")
	tab.is(css("dialog"))
	tab.sees("Shift")
	tab.press("Escape")
	tab.isNot(css("dialog"))
}

// watchNotices notes what the page tells the desktop.
const watchNotices = `(() => {
  window.notices = [];
  const Real = Notification;
  window.Notification = class extends Real {
    static get permission() { return "granted"; } // as it is, which the headless shell denies
    constructor(title, options) { super(title, options); window.notices.push([title, options.body, options.tag]); }
  };
})()`

func TestNotices_whatIsMeantForThePerson_isToldWhileNobodyLooks(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	tab.person.grants("notifications")
	evaluate[*bool](tab, watchNotices)
	told := func(count string) {
		t.Helper()
		tab.until(count+" notices", "window.notices.length === "+count)
	}
	talk.bob.says("@Ann, before you ask for notices", args{"kind": "status"})
	tab.sees("before you ask for notices")
	tab.click(button("Menu"))
	tab.click(button("Notifications"))
	tab.click(role("checkbox", "Notify me about this room"))
	tab.until("they are on", `document.querySelector("dialog input").checked`)
	tab.press("Escape")
	talk.bob.says("@Ann, while you look")
	tab.sees("while you look")
	told("0")

	evaluate[*bool](tab, "void (document.hasFocus = () => false)") // the person is in another window
	talk.bob.says("Not for @Anna, and for nobody else")
	tab.sees("for nobody else")
	told("0")
	talk.bob.says("But this, @ann, is.")
	told("1")
	talk.cy.says("And this", args{"to": []string{"Ann"}})
	told("2")
	if text := evaluate[string](tab, "JSON.stringify(window.notices)"); text != `[["The bridge","There is a message for you.","parley"],["The bridge","There is a message for you.","parley"]]` {
		t.Errorf("the desktop was told %s: want no text, and one in the place of the other", text)
	}
}
