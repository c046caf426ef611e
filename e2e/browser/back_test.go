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

// While a file is on its way, Back and a link to another seat leave the seat that sends it, and say why.
func TestBack_toAnotherSeatWhileAFileIsSent_stays(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	tab := s.person().open(ada.watch)
	tab.is(css(textArea))
	tab.visit(bo.watch)
	shown := `document.querySelector(".rooms-open .rooms-as")?.innerText`
	tab.until("the seat of Bo is shown", shown+` === "as Bo"`)
	tab.is(css(textArea))
	evaluate[*bool](tab, `void (XMLHttpRequest.prototype.send = () => {})`) // an upload takes its time
	tab.picks(".compose input[type=file]", tab.kept(map[string][]byte{"plan.txt": []byte("Steel")})...)
	tab.sends()
	for _, leaves := range []func(){tab.back, func() { tab.click(hyper("The bridge as Ada Nothing to read yet")) }} {
		leaves()
		tab.is(css(modal))
		tab.sees("Files are still being sent")
		tab.click(button("OK"))
		tab.isNot(css(modal))
		tab.until("the seat of Bo is shown", shown+` === "as Bo"`)
	}
	tab.click(button("Cancel"))
	tab.click(hyper("The bridge as Ada Nothing to read yet"))
	tab.until("the seat of Ada is shown", shown+` === "as Ada"`)
}

// A person with two seats in a room goes from one to the other, and to another room: Back shows what was there.
func TestBack_toAnotherSeatOrRoom_showsTheSeatThatWasThere(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo, cy := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo"), s.agent("Harbor", "Cy")
	tab := s.person().open(ada.watch)
	is := func(title string) {
		t.Helper()
		tab.until("the open room is "+title, `[...document.querySelectorAll(".rooms-open > :is(.rooms-title, .rooms-as)")]
		  .map((one) => one.innerText).join(" ") === `+quoted(title))
		tab.is(css(textArea))
	}
	tab.is(css(textArea))
	tab.visit(bo.watch)
	is("The bridge as Bo")
	tab.click(hyper("The bridge as Ada Nothing to read yet"))
	is("The bridge as Ada")
	tab.click(button("Menu"))
	tab.is(button("Export").in(".menu"))
	tab.back() // closes the menu, and leads to no other seat
	tab.isNot(button("Export").in(".menu"))
	is("The bridge as Ada")
	tab.visit(cy.watch)
	is("Harbor")
	tab.back()
	is("The bridge as Ada")
	tab.back()
	is("The bridge as Bo")
	tab.reload()
	is("The bridge as Bo")
	evaluate[*bool](tab, "void history.forward()")
	is("The bridge as Ada")
}
