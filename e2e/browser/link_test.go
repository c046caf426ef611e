package browser

import (
	"strings"
	"testing"
)

// myRooms is the list of a person's rooms beside the open one.
const myRooms = ".room-rooms"

func claimOf(link string) string {
	_, claim, _ := strings.Cut(link, "#")
	return claim
}

func TestLink_openedTwice_isToldLoudlyAndLeadsOnHereAndNowhereElse(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("Harbor", "Ada")
	first := s.person().open(ada.watch)
	first.sees("Harbor")
	first.until("it is opened", `Object.values(localStorage).some((kept) => kept.includes('"claim":""'))`)
	second := s.person().open(ada.watch)
	second.errorPage("This link was opened on another device")
	second.isNot(button("Remove from this device")) // it keeps nothing
	second.click(hyper("What is Parley?"))
	second.sees("Connect your agent")
	second.seesNot("Harbor")
	first.sees("Someone tried to open your link")
	first.is(css(".event-loud"))

	const seats = `Object.keys(localStorage).filter((name) => name.startsWith("parley.seat.")).join()`
	before := evaluate[string](first, seats)
	first.visit("about:blank")
	first.visit(ada.watch)
	first.sees("Someone tried to open your link")
	if after := evaluate[string](first, seats); after != before || strings.Contains(after, ",") {
		t.Error("the same link has made another token")
	}
}

func TestLink_onThePage_leavesTheAddressAndIsTakenAgain(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("den", "Ada"), s.agent("lodge", "Bo")
	tab := s.person().open(ada.watch)
	tab.until("the room is in the title, and no secret in the address",
		`document.title.includes("den") && !location.href.includes("#")`)
	wrong := strings.Replace(bo.watch, claimOf(bo.watch)[1:8], claimOf(ada.watch)[1:8], 1)
	evaluate[bool](tab, `(location.hash = `+quoted(claimOf(wrong))+`, true)`)
	tab.until("the room is no longer in the title", `!document.title.includes("den") && !location.href.includes("#")`)
	evaluate[bool](tab, `(location.hash = `+quoted(claimOf(ada.watch)+".")+`, true)`)
	tab.until("the room is shown again", `document.title.includes("den") && !location.href.includes("#")`)

	// With a second room there is a list of both. A look finds what is new in the one that is not open.
	tab.isNot(css(myRooms))
	tab.visit(bo.watch)
	tab.is(css(myRooms))
	ada.says("The den is warm")
	tab.reload()
	tab.until("the list has what is new in the other room", `
		document.querySelector(".rooms-unread .rooms-last")?.textContent.includes("The den is warm") &&
		document.querySelectorAll(".rooms-count").length === 1`)
	tab.look(390, 780, "light")
	tab.isNot(css(myRooms))
	tab.click(button("Your rooms, something unread"))
	tab.until("the open room has the focus", `document.activeElement.matches("[aria-current]")`)
	tab.press("Escape")
	tab.isNot(css(myRooms))
	tab.click(css(".room-rooms-button"))
	tab.click(css(".rooms-unread"))
	tab.sees("The den is warm")
}
