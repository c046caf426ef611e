package browser

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// left is how many pixels of the conversation lie below the view.
const left = `(({ scrollHeight, scrollTop, clientHeight }) => Math.round(scrollHeight - scrollTop - clientHeight))(
  document.querySelector(".log"))`

// The end of the conversation stays in sight whatever changes the height of the view, and what a person says comes into
// sight and is nothing new to it.
func TestEnd_staysInSight_andOwnWordsComeThere(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	bo.speaks(60, numbered("Before"))
	tab := s.person().open(ada.watch)
	question := bo.says("Which color?", args{"ask": []string{"Ada"}})
	tab.look(390, 844, "light")
	tab.owes("Which color?")
	tab.until("the introduction has three lines", `(({ offsetHeight }, { lineHeight }) =>
	  offsetHeight < 3.5 * parseFloat(lineHeight))(document.querySelector(".welcome > div"),
	  getComputedStyle(document.querySelector(".welcome p")))`)
	evaluate[bool](tab, `document.querySelector(".log").scrollTo(0, 1e6), true`)
	tab.until("the end is in sight", left+" === 0")
	for _, height := range []int64{460, 844} { // a keyboard comes and goes
		tab.look(390, height, "light")
		tab.until("the view has changed", `Math.abs(document.querySelector(".room").offsetHeight - innerHeight) < 2`)
		tab.until("the end is in sight", left+" === 0")
	}
	tab.click(button("Answer").in(articleOf(question)))
	tab.types(strings.Repeat("Blue, as it was before. ", 6))
	tab.until("the composer has grown, above it is the question", `document.querySelector(".compose").offsetHeight > 130 &&
	  `+left+` === 0 && `+inSight(articleOf(question)+" .message-foot"))
	tab.isNot(css(".log-latest"))
	tab.until("the question was read", `Object.entries(localStorage).some(([name, kept]) =>
	  name.startsWith("parley.read.") && kept.includes(`+quoted(question)+`))`) // the draft of the answer has it, too

	evaluate[bool](tab, `document.querySelector(".log").scrollBy(0, -900), true`)
	tab.is(button("Latest"))
	tab.until("which is as small as a thumb", `(({ offsetWidth: a, offsetHeight: b }) => a === b && a <= 44)(
	  document.querySelector(".log-latest"))`)
	tab.click(css(".compose-send"))
	tab.skipsName("the answer is sent", `document.querySelector("`+textArea+`").value === ""`)
	bo.hears("the answer", func(m message) bool { return m.Person && m.ReplyTo == question })
	tab.until("the answer is in sight", left+" === 0")
	tab.isNot(css(".log-latest"))
	evaluate[bool](tab, `document.querySelector(".log").scrollBy(0, -60), true`)
	tab.until("the end is less than a row away", left+" === 60")
	tab.isNot(css(".log-latest"))
	evaluate[bool](tab, `document.activeElement.blur(), true`)
	tab.press("Escape", "Home")
	tab.until("the first message is in sight", `document.querySelector(".log").innerText.includes("Before 0")`)
	tab.press("End")
	tab.until("the end is in sight", left+" === 0")

	tab.click(css(".room-sidebar-button"))
	tab.until("what stands beside it has the focus", `document.activeElement.closest(".room-sidebar")`)
	tab.press("Home")
	evaluate[bool](tab, `new Promise((over) => setTimeout(over, 300, true))`)
	tab.until("from beside it, the end stays in sight", left+" === 0")
}

// A draft that is edited stays in sight while a keyboard comes and goes, while its text grows and when that is over.
func TestEnd_draftThatIsEdited_staysInSight(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	bo.speaks(20, numbered("Before"))
	tab := s.person().open(ada.watch)
	tab.click(button("Got it"))
	tab.approves("All")
	for n := range 3 {
		ada.drafts(strings.Repeat("A line of a draft. ", 12+6*n))
	}
	tab.sees("3 drafts to approve")
	tab.look(390, 844, "light")
	do(tab, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
	tab.until("a finger presses there", `matchMedia("(pointer: coarse)").matches`)
	const field, composer = ".message-draft textarea", `document.querySelector(".compose").checkVisibility()`
	tab.named("Ann")
	for _, leave := range []string{"Cancel", "Send as me"} {
		evaluate[bool](tab, `document.querySelector(".log").scrollTo(0, 1e6), true`)
		tab.click(button("Edit").nth(0))
		tab.until("the field is there", `document.activeElement.matches("`+field+`")`)
		tab.look(390, 460, "light")
		tab.until("the view has changed", `Math.abs(document.querySelector(".room").offsetHeight - innerHeight) < 2`)
		tab.until("the field is in sight", inSight(field))
		tab.until("it has the room of the composer", "!"+composer)
		tab.types(strings.Repeat("And more of it. ", 20))
		tab.until("the field is in sight", inSight(field)+" && "+inSight(field+" ~ .message-buttons"))
		tab.click(button(leave))
		tab.until("the draft has the focus, and its end is in sight", `((draft) => draft.matches(".message-draft") &&
		  draft.getBoundingClientRect().bottom <= document.querySelector(".log").getBoundingClientRect().bottom &&
		  draft.getBoundingClientRect().bottom > 60)(document.activeElement)`)
		tab.until("the composer is back", composer)
		tab.look(390, 844, "light")
		tab.until("the view has changed", `Math.abs(document.querySelector(".room").offsetHeight - innerHeight) < 2`)
		tab.until("the draft is in sight", inSight("article:focus"))
	}
}

// A draft after which another has the focus is in sight, wherever the pointer rests; one that is not is not decided.
func TestEnd_nextDraft_isInSightOnceTheLastIsDecided(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	bo.speaks(30, numbered("Before"))
	tab := s.person().open(ada.watch)
	tab.look(1440, 900, "light")
	tab.click(button("Got it"))
	tab.approves("All")
	for n := range 4 {
		ada.drafts(strings.Repeat("A line of a draft. ", 12+12*n))
	}
	ada.drafts("What is left:\n\n- the deck\n- the rails\n- the paint")
	tab.sees("5 drafts to approve")
	evaluate[bool](tab, `document.querySelector(".log").scrollTo(0, 1e6), true`)
	const last = `[...document.querySelectorAll(".message-draft")].at(-1)`
	for left := 4; left > 1; left-- {
		if left%2 == 0 {
			tab.click(button("Send").nth(left))
			tab.points(button("Undo")) // and the pointer rests there
		} else {
			evaluate[bool](tab, `(`+last+`.focus(), true)`)
			tab.press("a")
		}
		tab.until("it is sent", `document.querySelectorAll(".message-draft").length === `+strconv.Itoa(left))
		evaluate[bool](tab, `new Promise((over) => setTimeout(over, 300, true))`)
		tab.until("the next draft has the focus", `document.activeElement.matches(".message-draft")`)
		tab.until("its end is in sight", inSight("article:focus .message-buttons"))
	}
	evaluate[bool](tab, `(document.querySelector(".log").scrollBy(0, -500), true)`)
	tab.until("the draft is out of sight", "!("+inSight("article:focus .message-buttons")+")")
	tab.press("a")
	tab.until("its buttons are in sight", inSight("article:focus .message-buttons"))
	tab.until("nothing is decided", `!document.querySelector(".message-decided")`)
	tab.press("a")
	tab.is(css(".message-decided"))
}

// What others say is counted below the view also where a draft waits, and was the last thing that was there.
func TestEnd_newWords_areCountedAlsoBesideADraft(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	bo.speaks(40, numbered("Before"))
	tab := s.person().open(ada.watch)
	tab.approves("All")
	ada.drafts("Steel it is.")
	tab.waits("1 draft")
	evaluate[*bool](tab, `void Object.keys(localStorage).filter((name) => name.startsWith("parley.read.")).forEach((name) =>
	  localStorage.removeItem(name))`)
	tab.reload()
	tab.is(css(drafts))
	evaluate[bool](tab, `document.querySelector(".log").scrollBy(0, -900), true`)
	tab.is(button("Latest"))
	bo.says("I have news.")
	tab.is(button("1 new"))
}

// What waits is counted where a low window has no line for it, and its line stays at the top of the side.
func TestEnd_whatWaits_isToldInALowWindow_andHoweverFarTheSideIsScrolled(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("The bridge", "Ada")
	tab := s.person().open(ada.watch)
	tab.approves("All")
	ada.drafts("Steel it is.")
	ada.drafts("Or wood.")
	tab.waits("2 drafts")
	tab.look(720, 450, "light")
	tab.click(button("Room, 2 waiting for you"))
	tab.until("the line is in sight", inSight(".room-sidebar .for-you-what"))
	tab.press("Escape")
	tab.look(1440, 500, "light")
	tab.is(button("Next").in(".room-sidebar"))
	evaluate[bool](tab, `document.querySelector(".room-sidebar").scrollTo(0, 1e6), true`)
	tab.until("the side is scrolled", `document.querySelector(".room-sidebar").scrollTop > 100`)
	tab.until("the line is in sight", inSight(".room-sidebar .for-you-what"))
}
