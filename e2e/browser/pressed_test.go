package browser

import "testing"

// What is loaded only when it is pressed says so meanwhile, and where there is no connection. The focus goes into the
// dialog, and back.
func TestPressed_dialogsThatLoad_sayWhatTheyWaitForAndKeepTheFocus(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann := s.agent("Quay", "Ann")
	tab := s.person().tab()
	tab.look(1280, 800, "light")
	opens := func(name, loaded string) {
		t.Helper()
		evaluate[*bool](tab, `void (globalThis.waited = false, new MutationObserver(() => {
		  globalThis.waited ||= !!document.querySelector("dialog")?.innerText.includes("Loading");
		}).observe(document.body, { childList: true, subtree: true }))`)
		tab.click(button(name))
		tab.until(name+" is there, and has the focus", `document.querySelector("dialog")?.matches(":has(`+loaded+`)") &&
		  document.activeElement.closest("dialog")`)
		if !evaluate[bool](tab, "waited") {
			t.Errorf("%s has not said that it loads", name)
		}
		tab.press("Escape")
		tab.isNot(css(modal))
		tab.until("the button has the focus", `document.activeElement.textContent.trim() === `+quoted(name))
	}
	tab.expects("ERR_|Failed to fetch")
	tab.visit(ann.watch)
	tab.is(button("Settings"))
	tab.until("what follows is there", `performance.getEntriesByType("resource").some((one) =>
	  one.name.endsWith("/later.js") && one.responseEnd > 0)`)
	tab.offline(true)
	tab.click(button("Settings"))
	tab.sees("This didn't load")
	tab.press("Escape")
	tab.isNot(css(modal))
	tab.until("the button has the focus", `document.activeElement.textContent === "Settings"`)
	tab.offline(false)
	opens("Settings", "form")
	tab.visit("/")
	opens("Create a room", "form")
	opens("Notifications: off", ".dialog-body > p.quiet, .dialog-body > p:not([class])")
}
