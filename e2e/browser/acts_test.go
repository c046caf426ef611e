package browser

import "fmt"

// What people do on the page of a room.

// says sends a text, to whom the composer is set, by default to everyone. A person who is asked for its name gives
// none.
func (tab *tab) says(text string) {
	tab.t.Helper()
	tab.writes(text)
	tab.click(css(".compose-send"))
	tab.skipsName("the text is sent", `document.querySelector(".compose textarea").value === ""`)
}

const (
	nameAsked = ".name-asked"
	nameless  = "Send without a name"
	voteOnly  = "Agree without a name"
)

// skipsName waits until something is sent. If the page asks for a name first, the person gives none.
func (tab *tab) skipsName(what, sent string) {
	tab.t.Helper()
	const asked = `document.querySelector("` + nameAsked + `")`
	tab.until(what+", or the name is asked for", asked+" || "+sent)
	if evaluate[bool](tab, "!!"+asked) {
		tab.click(button(nameless))
	}
	tab.until(what, sent)
}

// answersName gives the name that is asked for. Enter counts once the question has been there for a moment.
func (tab *tab) answersName(name string) {
	tab.t.Helper()
	tab.fill(css(nameAsked+" input"), name)
	tab.until("the buttons rest", `!document.querySelector("`+nameAsked+` [data-moved]")`)
	tab.press("Enter")
}

// named has a person give its name in the menu.
func (tab *tab) named(name string) {
	tab.t.Helper()
	tab.click(button("Menu"))
	tab.click(button("Your name"))
	tab.fill(field("Your name").in("dialog"), name)
	tab.press("Enter")
	tab.isNot(role("dialog", "Your name"))
}

// writes puts a text into the composer.
func (tab *tab) writes(text string) {
	tab.t.Helper()
	tab.fill(css(".compose textarea"), text)
}

// addresses sets who reads what is written next: the name of one of the choices and, if it
// is only for some, their names.
func (tab *tab) addresses(choice string, names ...string) {
	tab.t.Helper()
	tab.click(css(".compose .popover > .chip").nth(0))
	tab.choose(choice, names)
}

// wants sets what is wanted of those who read what is written next.
func (tab *tab) wants(choice string, of ...string) {
	tab.t.Helper()
	tab.click(css(".compose .popover > .chip").nth(1))
	tab.choose(choice, of)
}

func (tab *tab) choose(choice string, names []string) {
	tab.t.Helper()
	tab.click(role("radio", choice))
	for _, name := range names {
		tab.click(role("checkbox", name))
	}
	if choice == onlySome || choice == anAnswer { // the others close it
		tab.press("Escape")
	}
	tab.isNot(css(".popover-panel"))
	tab.until("the text has the focus", "document.activeElement.matches("+quoted(textArea)+")")
}

// The choices of the composer.
const (
	everyone  = "Everyone in the room"
	onlyAgent = "Only your agent, as a note"
	onlySome  = "Selected agents and their owners"
	sayIt     = "Message"
	anAnswer  = "Question"
	agreement = "Suggestion"
)

// lists does what the list of a message offers. The pointer or the focus is at the message.
func (tab *tab) lists(action string) {
	tab.t.Helper()
	tab.click(button("More").in(".log"))
	tab.click(button(action).in(".sheet"))
}

// notes sends a note to the person's own agent.
func (tab *tab) notes(text string) {
	tab.t.Helper()
	tab.addresses(onlyAgent)
	tab.says(text)
	tab.addresses(everyone)
}

// approves sets which messages of the agent wait for the person: "None", "Some" or "All".
func (tab *tab) approves(which string) {
	tab.t.Helper()
	tab.click(role("radio", which).in(approval))
	tab.approving(which)
}

const approval = ".sidebar-approval"

// approving waits until the page shows that as what the server knows.
func (tab *tab) approving(which string) {
	tab.t.Helper()
	tab.until("approved before sending: "+which, `document.querySelector("`+approval+
		`:not([aria-busy=true]) input:checked + span")?.textContent === `+quoted(which))
}

// pauses pauses the agent, or resumes it, by the one button for that.
func (tab *tab) pauses(yes bool) {
	tab.t.Helper()
	press, then := "Pause your agent", "Resume your agent"
	if !yes {
		press, then = then, press
	}
	tab.click(button(press))
	tab.is(button(then))
}

// tells waits until the lines of the server say a text. It opens those that are folded.
func (tab *tab) tells(text string) {
	tab.t.Helper()
	const folded = `document.querySelectorAll(".event-more[aria-expanded=false]")`
	tab.until("the server says "+quoted(text), "("+folded+`.forEach((one) => one.click()), document.querySelector(".log").innerText.includes(`+quoted(text)+`))`)
}

// owed is a card that waits for the person or its agent.
const owed = ".message-card:has(.standing-mine)"

// owes waits until the one card that waits for the person or its agent has that text.
func (tab *tab) owes(text string) {
	tab.t.Helper()
	tab.until("the open request "+quoted(text), fmt.Sprintf(
		`[...document.querySelectorAll(%s)].map((card) => card.innerText.includes(%s)).join() === "true"`, quoted(owed),
		quoted(text)))
}
