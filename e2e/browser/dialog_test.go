package browser

import "testing"

func TestDialog_closed_focusIsBackWhereItWas(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	_, _, _, tab := s.crowd()
	tab.look(360, 740, "light")
	tab.click(button("Menu"))
	tab.click(button("Export"))
	tab.press("Escape")
	tab.isNot(css("dialog"))
	tab.until("the menu has the focus", `document.activeElement.getAttribute("aria-label") === "Menu"`)

	tab.click(button("Room"))
	tab.click(button("Settings"))
	tab.press("Escape")
	tab.isNot(css("dialog"))
	tab.until("the button of the dialog has the focus", `document.activeElement.textContent === "Settings"`)
	tab.press("Escape") // and what is below can be closed with the next
	tab.isNot(css(".room-sidebar"))
}
