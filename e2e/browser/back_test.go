package browser

import "testing"

// back goes back in the history of the tab, as the button of the browser does.
func (tab *tab) back() {
	tab.t.Helper()
	evaluate[*bool](tab, "void history.back()")
}

func TestBack_closesWhatIsOpenOnce_andThenLeavesTheRoom(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	tab := s.person().open("/")
	tab.visit(s.agent("The bridge", "Ada").watch)
	tab.is(button("Pause your agent"))
	for range 3 { // closed by other means, they take no step of Back
		tab.click(button("Menu"))
		tab.click(button("Export").in(".menu"))
		tab.is(css(modal))
		tab.press("Escape")
		tab.isNot(css(modal))
	}
	tab.click(button("Search"))
	tab.is(role("combobox", "Search in the conversation"))
	tab.back()
	tab.isNot(role("combobox", "Search in the conversation"))

	tab.look(390, 780, "light")
	tab.click(button("Room"))
	tab.click(button("Settings"))
	tab.is(css(modal))
	tab.back()
	tab.isNot(css(modal))
	tab.is(css(aside))
	tab.back()
	tab.isNot(css(aside))
	tab.until("the button has the focus again", `document.activeElement.matches(".room-sidebar-button")`)
	tab.click(button("Menu"))
	tab.is(button("Export").in(".menu"))
	tab.back()
	tab.isNot(button("Export").in(".menu"))
	tab.is(css(textArea))

	tab.click(button("Menu"))
	tab.press("Escape")
	tab.isNot(button("Export").in(".menu"))
	tab.back()
	tab.until("the page before it is there", `location.pathname === "/"`)
	tab.sees("Your rooms")
}
