package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

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
		await(t, func() string {
			const how = "JSON.stringify([notices, document.hasFocus(), document.hidden])"
			return count + " notices: " + evaluate[string](tab, how)
		}, func() bool { return evaluate[bool](tab, "window.notices.length === "+count) })
	}
	talk.bob.says("@Ann, before you ask for notices", args{"kind": "status"})
	tab.sees("before you ask for notices")
	tab.approves("All")
	tab.click(button("Notify me"))
	tab.sees("You'll be notified")
	tab.approves("None")
	tab.click(button("Menu"))
	tab.click(button("Notifications"))
	tab.until("they are on", `document.querySelector("dialog input").checked`)
	tab.press("Escape")
	talk.bob.says("@Ann, while you look")
	tab.sees("while you look")
	talk.bob.says("For nobody") // the page judges a message after it has shown it, and before it shows the next
	tab.sees("For nobody")
	told("0")

	evaluate[*bool](tab, "void (document.hasFocus = () => false)") // the person is in another window
	talk.bob.says("Not for @Anna, and for nobody else")
	tab.sees("for nobody else")
	told("0")
	talk.bob.says("But this, @ann, is.")
	told("1")
	talk.cy.says("And this", args{"to": []string{"Ann"}})
	told("2")
	if text := evaluate[string](tab,
		"JSON.stringify(window.notices)"); text != `[["The bridge","New message for you","parley"],["The bridge","New message for you","parley"]]` {
		t.Errorf("the desktop was told %s: want no text, and one in the place of the other", text)
	}
}

func TestHead_narrowScreen_sidebarTakesTheFocusAndGivesItBack(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	tab.look(360, 740, "light")
	id := talk.bob.says("Paint it red", args{"kind": "proposal", "ask": []string{"Ann"}})
	tab.sees("Waits for your agent")
	tab.isNot(css(aside))
	tab.click(button("Room"))
	tab.is(css(aside))
	tab.until("the sidebar has the focus", `document.querySelector(".room-sidebar").contains(document.activeElement)`)
	for range 40 {
		tab.press("Tab")
		if outside := evaluate[bool](tab, `!!document.activeElement.closest(".room-top, .room-talk")`); outside {
			t.Fatal("the focus leaves the sidebar for what it covers")
		}
	}
	tab.click(button("Settings"))
	tab.is(css(modal))
	tab.press("Escape")
	tab.isNot(css(modal))
	tab.until("the button of the dialog has the focus", `document.activeElement.textContent === "Settings"`)
	tab.press("Escape") // and what is below can be closed with the next
	tab.isNot(css(aside))
	tab.until("the button has the focus again", `document.activeElement.matches(".room-sidebar-button")`)
	tab.click(button("Menu"))
	const panel = `((box) => box.scrollHeight <= box.clientHeight && box.getBoundingClientRect().bottom <= innerHeight)(
		document.querySelector(".menu .popover-panel"))`
	tab.until("all of the menu is seen", panel)
	tab.look(360, 240, "light")
	tab.until("what is seen of it ends in the window",
		`document.querySelector(".menu .popover-panel").getBoundingClientRect().bottom <= innerHeight`)
	tab.look(360, 740, "light")
	tab.until("all of the menu is seen again", panel)
	for _, move := range [][2]string{{"ArrowDown", "Your rooms"}, {"ArrowUp", "Remove from this device"},
		{"ArrowDown", "Your rooms"}, {"End", "Remove from this device"}, {"Home", "Your rooms"}} {
		tab.press(move[0])
		tab.until(move[0]+" leads to "+move[1], `document.activeElement.innerText === `+quoted(move[1]))
	}
	tab.click(button("Export"))
	tab.is(css(modal))
	tab.press("Escape")
	tab.isNot(css(modal))
	tab.until("the menu has the focus", `document.activeElement.getAttribute("aria-label") === "Menu"`)

	tab.click(button("Room"))
	tab.click(role("radio", "All").in(approval))
	tab.approving("All")
	tab.click(button("Next").in(aside))
	tab.isNot(css(aside))
	tab.until("the proposal has the focus", "document.activeElement.dataset.id === "+quoted(id))
	tab.click(button("Object"))
	tab.until("the text has the focus", "document.activeElement.matches("+quoted(textArea)+")")
	tab.types("Red fades")
	tab.press("Control+Enter")
	tab.click(button(nameless))
	tab.isNot(button("Agree"))
	tab.seesNot("Waits for your agent")
	tab.undoesNothing()
	if got := talk.bob.hearsText("Red fades"); got.Kind != "object" || got.ReplyTo != id {
		t.Errorf("Bob heard %+v", got)
	}
	tab.is(button("Room"))
	if wide := evaluate[bool](tab, "document.documentElement.scrollWidth > innerWidth"); wide {
		t.Error("the page is wider than the screen")
	}

	// Links come under the pointer, which rests where it has pressed Object, and the view follows what is new. A link
	// to which the person brings it stays there.
	talk.bob.speaks(14, func(n int) string {
		return fmt.Sprint("https://later.example/", strings.Repeat("x", 40), n)
	})
	tab.sees("x13")
	tab.until("the view is at its end", `(({ scrollHeight, scrollTop, clientHeight }) =>
		scrollHeight - scrollTop - clientHeight < 40)(document.querySelector(".log"))`)
	tab.points(css(`.log a[href$="x9"]`))
	const pointed = `document.querySelector('.log a[href$="x9"]').getBoundingClientRect().top`
	before := evaluate[float64](tab, pointed)
	talk.bob.says("And one more.")
	tab.sees("And one more.")
	if after := evaluate[float64](tab, pointed); after != before {
		t.Errorf("a message moved what the person points at by %f px", after-before)
	}
	tab.points(css(textArea))

	// A message of the agent waits: the bar leads there while it is out of sight.
	talk.ann.drafts("Steel it is")
	tab.sees("1 draft to approve.")
	tab.is(button("Room"))
	const counted = `document.title.startsWith("(1) ") &&
	  decodeURIComponent(document.querySelector("link[rel=icon]").href).includes(">1</text>")`
	tab.until("a draft is counted in the title and on the icon", counted)
	bar := button("Next").in(".room-talk")
	tab.isNot(bar)
	evaluate[*bool](tab, "void (document.querySelector('.log').scrollTop = 0)")
	tab.click(bar)
	tab.until("the draft has the focus", `document.activeElement.matches(".message-draft")`)
	tab.isNot(bar)
	tab.press("Enter", "Enter") // in, and Send
	tab.undoesNothing()
	talk.bob.hearsText("Steel it is")
	tab.isNot(css(drafts))
	tab.until("the focus is in the conversation", `document.querySelector(".log").contains(document.activeElement)`)
	tab.until("the count is gone", "!("+counted+")")
	tab.seesNot("to approve.")

	// The talk has at least half of the screen above a keyboard, on the side, and at 400 % zoom.
	talk.ann.drafts("And paint it green")
	tab.sees("1 draft to approve.")
	evaluate[*bool](tab, "void (document.querySelector('.log').scrollTop = 0)") // only what is near the view is there
	tab.answers(id)
	tab.types(strings.Repeat("Some words, while the keyboard is open. ", 20))
	for _, screen := range [][2]int64{{390, 440}, {360, 300}, {844, 390}, {320, 256}} {
		tab.look(screen[0], screen[1], "light")
		tab.until(fmt.Sprint("the talk has half of ", screen),
			`document.querySelector(".log-frame").offsetHeight * 2 >= innerHeight`)
		tab.is(css(".compose-send"))
		if tall := evaluate[int64](tab, "document.documentElement.scrollHeight"); tall > screen[1] {
			t.Errorf("at %v the page has %d px", screen, tall)
		}
	}
	tab.look(360, 740, "light")
	evaluate[bool](tab, keyboard)
	tab.until("the room is above the keyboard", `document.querySelector(".room").offsetHeight === 400 &&
		document.querySelector(".log-frame").offsetHeight >= 200`)
	evaluate[bool](tab, "delete visualViewport.height && visualViewport.dispatchEvent(new Event('resize'))")

	// A long press of a finger opens the list of a message.
	do(tab, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
	tab.holds(css(articleOf(id)), "the list is there", `document.querySelector(".sheet-low button")`)
	evaluate[*bool](tab, `document.querySelector(".sheet-low button").click()`) // as the press may end
	tab.is(css(".sheet-low"))
	tab.click(button("Reply").in(".sheet"))
	tab.until("the text has the focus", "document.activeElement.matches("+quoted(textArea)+")")
}

// keyboard covers a part of the window, of which only the visual viewport tells.
const keyboard = `(() => {
  Object.defineProperty(visualViewport, "height", { value: 400, configurable: true });
  return visualViewport.dispatchEvent(new Event("resize"));
})()`

// What a person writes above a keyboard stands in the whole width, in up to three lines, with the buttons below.
func TestHead_phoneWithAKeyboard_whatIsWrittenHasTheWholeWidth(t *testing.T) {
	t.Parallel()
	tab := trioOn(onFile(t)).page
	do(tab, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
	tab.look(390, 460, "light")
	tab.until("it is one line while nothing is written", `document.querySelector(".compose").offsetHeight < 60`)
	tab.click(css(textArea))
	tab.types("One line")
	const whole = `(() => {
	  const [box, text, row] = [".compose", ".compose-text", ".compose-row"]
	    .map((name) => document.querySelector(name).getBoundingClientRect());
	  return text.width > box.width - 12 && row.top >= text.bottom && row.width > box.width - 12;
	})()`
	tab.until("a line has the whole width", whole)
	tab.types("\nAnother one\nThe third")
	tab.until("three lines have it, and all of them are seen", whole+` && (({ scrollHeight, clientHeight }) =>
	  scrollHeight <= clientHeight)(document.querySelector(".compose textarea"))`)
	tab.until("the talk has half", `document.querySelector(".log-frame").offsetHeight * 2 >= innerHeight`)
	tab.fill(css(textArea), "")
	tab.until("it is one line again", `document.querySelector(".compose").offsetHeight < 60`)
}

// On a phone the name of the room has the head, and the menu has what stands beside it elsewhere.
func TestHead_phone_nameHasTheWidth_andTheMenuSearchAndDescription(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	const room = "Payments API v2 of the shop in Berlin"
	about := strings.Repeat("Where the shop moves to the new API. ", 5) + "All of it."
	ada := s.caller("Ada")
	ada.sit("create_room", args{"room": room, "agent_name": ada.name, "description": about, "capacity": 5})
	ada.says("Find the needle here.")
	other := s.agent("Another room", "Bo")
	person := s.person()
	person.open(other.watch).sees("Another room")
	tab := person.open(ada.watch)
	tab.sees("needle")
	tab.look(390, 844, "light")
	tab.until("all of the name is seen", `(({ scrollHeight, clientHeight, scrollWidth, clientWidth, offsetWidth }) =>
	  scrollHeight <= clientHeight && scrollWidth <= clientWidth && offsetWidth > 160)(
	    document.querySelector(".room-title h1"))`)
	tab.until("who is here stands below it, in a head as high as without", `(({ innerText, offsetTop }, head) =>
	  innerText === "1 online" && offsetTop > 30 && head.offsetHeight <= 61)(
	    document.querySelector(".room-count"), document.querySelector(".room-head"))`)
	tab.until("which is no part of the name", `document.querySelector("h1").textContent.trim() === `+quoted(room))
	tab.seesNot(about)
	tab.is(role("navigation", "Your rooms"))
	tab.click(css(".room-rooms-button"))
	tab.is(role("navigation", "Your rooms").in(".room-rooms"))
	tab.press("Escape")
	tab.look(1100, 844, "light")
	tab.until("the description has all the width there is", `((about, end) => about.scrollWidth > about.clientWidth &&
	  about.getBoundingClientRect().right > end.getBoundingClientRect().left - 16)(
	    document.querySelector(".room-about"), document.querySelector(".room-head .end"))`)
	tab.look(390, 844, "light")
	tab.click(button("Menu"))
	tab.isAccessible(byDay[:1], "the menu of a phone", `document.querySelector(".popover-panel")`)
	tab.look(390, 844, "light")
	tab.click(button("About this room"))
	tab.sees(about)
	tab.press("Escape")
	tab.isNot(css(modal))
	tab.click(button("Menu"))
	tab.click(button("Search").in(".menu"))
	tab.until("the field has the focus", `document.activeElement.matches(".search-line input")`)
	tab.types("needle")
	tab.is(css(".search-result"))
	tab.press("Escape")
	tab.until("the menu has the focus again", `document.activeElement.getAttribute("aria-label") === "Menu"`)
}
