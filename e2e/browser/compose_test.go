package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// trio is a room of three agents, and the page of the person behind the first.
type trio struct {
	ann, bob, cy *agent
	page         *tab
}

const textArea = ".compose textarea"

// trioOn seats three agents, and opens the link of the first one's person.
func trioOn(s *server) *trio {
	s.t.Helper()
	ann := s.caller("Ann")
	ann.sit("create_room", args{"room": "The bridge", "agent_name": ann.name, "capacity": 5})
	t := &trio{ann: ann, bob: s.agent("The bridge", "Bob"), cy: s.agent("The bridge", "Cy Long")}
	t.page = s.person().open(ann.watch)
	t.page.is(button("Pause your agent"))
	return t
}

// texts returns what an agent may see of what was said.
func (a *agent) texts() (texts []string) {
	a.t.Helper()
	for _, m := range a.history() {
		if m.Type == "message" {
			texts = append(texts, string(m.Text))
		}
	}
	return texts
}

// written waits until exactly this stands in the composer.
func (tab *tab) written(text string) {
	tab.t.Helper()
	tab.until(quoted(text)+" is written", "document.querySelector("+quoted(textArea)+")?.value === "+quoted(text))
}

// audience waits until the composer says this of who reads what is written.
func (tab *tab) audience(whom string) {
	tab.t.Helper()
	tab.is(button("To: " + whom))
}

// articleOf is the selector of a message.
func articleOf(id string) string { return `article[data-id="` + id + `"]` }

// answers begins an answer to a message.
func (tab *tab) answers(id string) {
	tab.t.Helper()
	tab.click(css(articleOf(id)))
	tab.press("r")
	tab.is(css(".answered"))
	tab.until("the text has the focus", "document.activeElement.matches("+quoted(textArea)+")")
}

// A draft outlives its page, is one in all tabs, and is said once however often the button is pressed.
func TestCompose_draft_survivesAReload_andIsWrittenWithTheKeyboardAlone(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	first := talk.page
	asked := talk.bob.says("What do the girders weigh?", args{"to": []string{"Ann", "Cy Long"}})
	first.answers(asked)
	first.audience("Bob and Cy Long")
	first.writes("N")
	first.press("Escape") // does not make what is written one for all
	first.audience("Bob and Cy Long")
	first.writes("")
	first.press("Escape")
	first.audience("everyone")
	first.isNot(css(".compose.private"))

	first.addresses(onlySome, "Bob")
	first.writes("psst")
	first.answers(talk.bob.says("Who comes to the bridge?"))
	first.written("")
	first.audience("everyone")
	first.sees("Set aside: psst")
	first.click(button("Go back"))
	first.written("psst")
	first.audience("Bob")
	first.writes("")
	first.addresses(everyone)

	first.answers(asked)
	first.types("Nine tons\neach")
	first.reload()
	first.written("Nine tons\neach")
	first.audience("Bob and Cy Long")
	second := first.person.open(evaluate[string](first, "location.pathname"))
	second.written("Nine tons\neach")
	second.click(css(textArea))
	second.press("End")
	second.types(", I think")
	first.written("Nine tons\neach, I think")
	evaluate[*bool](first, `(() => {
	  const area = document.querySelector(".compose textarea"), send = document.querySelector(".compose-send");
	  for (let n = 0; n < 10; n++) {
	    area.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
	    send.click();
	  }
	})()`)
	first.is(css(nameAsked))
	first.written("Nine tons\neach, I think")
	first.click(button(nameless))
	got := talk.bob.hearsText("Nine tons\neach, I think")
	if got.ReplyTo != asked || !slices.Equal(got.To, []string{"Bob", "Cy Long"}) || !got.Person {
		t.Errorf("Bob heard %+v, want an answer to %s, to Bob and Cy alone", got, asked)
	}
	first.written("")
	second.written("")
	first.audience("everyone")
	if got := talk.cy.texts(); len(got) != 3 {
		t.Errorf("the room heard %q, want the answer once", got)
	}

	// All goes with the keyboard alone.
	tab := first
	tab.click(css(textArea))
	tab.types("Ask @")
	tab.is(role("option", "Bob"))
	tab.is(role("option", "Cy Long"))
	tab.press("ArrowDown", "Enter")
	tab.written("Ask @Cy Long ")
	tab.types("or @bo")
	tab.is(role("option", "Bob"))
	tab.press("Tab")
	tab.written("Ask @Cy Long or @Bob ")
	tab.types("@c")
	tab.is(role("option", "Cy Long"))
	tab.press("Escape")
	tab.isNot(role("option", "Cy Long"))
	tab.press("Shift+Enter")
	tab.types("two")
	tab.written("Ask @Cy Long or @Bob @c\ntwo")
	tab.press("Control+Enter")
	talk.bob.hearsText("Ask @Cy Long or @Bob @c\ntwo")

	tab.written("")
	tab.press("Tab", "Enter")
	tab.until("what is chosen has the focus", `document.activeElement.matches(".compose [name=audience]:checked")`)
	tab.press("ArrowDown", "Enter")
	tab.audience("your agent")
	tab.addresses(everyone)
	tab.types(strings.Repeat("ß", 16_383))
	tab.sees("2 bytes left")
	tab.types("ßß")
	tab.sees("2 bytes too long")
	tab.press("Enter")
	tab.is(css(".compose-send:disabled"))
	tab.press("Backspace")
	tab.sees("0 bytes left")
	tab.press("Enter")
	talk.bob.hears("its beginning", func(m message) bool { return strings.HasPrefix(string(m.Text), "ßßß") })

	tab.types("Why?")
	tab.press("?")
	tab.written("Why??")
	tab.isNot(css(modal))
	tab.click(css(".room-head h1"))
	tab.press("?")
	tab.is(css(modal))
	tab.sees("Shift")
	tab.press("Escape")
	tab.isNot(css(modal))
}

func TestCompose_proposalIsAgreedOrObjectedTo_andWhatIsHeldWaitsForItsPerson(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	tab.wants(agreement)
	tab.writes("Steel, not wood")
	tab.click(button("Suggest"))
	tab.click(button(nameless))
	plan := talk.bob.hearsText("Steel, not wood")
	if !slices.Equal(plan.Ask, []string{"Bob", "Cy Long"}) {
		t.Errorf("it asks %v", plan.Ask)
	}
	id := talk.bob.says("Paint it red", args{"kind": "proposal", "ask": []string{"Ann"}})
	tab.click(button("Object").in(articleOf(id)))
	tab.types("Red fades")
	tab.click(button("Object").in(".compose-row"))
	tab.undoesNothing()
	got := talk.bob.hearsText("Red fades")
	if got.Kind != "object" || got.ReplyTo != id {
		t.Errorf("Bob heard %+v", got)
	}
	other := talk.bob.says("Paint it blue", args{"kind": "proposal", "ask": []string{"Ann"}})
	tab.click(button("Agree").in(articleOf(other)))
	tab.until("its message has the focus", fmt.Sprintf("document.activeElement.dataset.id === %q", other))
	tab.undoesNothing()
	talk.bob.hears("the agreement", func(m message) bool { return m.Agreed == other && m.Person })
	tab.isNot(css(".message-buttons"))
	tab.until("its message has the focus still", fmt.Sprintf("document.activeElement.dataset.id === %q", other))
	for range 2 {
		tab.sees("You objected")
		tab.is(css(".standing-agreed"))
		tab.sees("all agreed")
		tab.isNot(css(".message-buttons"))
		tab.reload()
	}

	// In the menu of an agreement another is suggested, which replaces it.
	const asks = `document.querySelector(".compose").innerText.includes(
	  "This replaces the agreement Paint it blue once all who are asked have agreed.")`
	tab.click(button("Actions for Paint it blue"))
	tab.click(button("Suggest another"))
	tab.until("it says what it replaces, and the text has the focus", asks+` && document.activeElement.matches(`+
		quoted(textArea)+`)`)
	tab.press("Escape")
	tab.until("without a suggestion nothing is replaced", "!"+asks)
	tab.points(css(articleOf(other)))
	tab.click(button("More").in(articleOf(other)))
	tab.click(button("Suggest another"))
	tab.until("it says what it replaces", asks)
	tab.writes("Paint it green")
	tab.click(button("Suggest"))
	green := talk.bob.hearsText("Paint it green")
	if green.Replaces != other {
		t.Errorf("%+v does not replace %s", green, other)
	}
	for _, one := range []*agent{talk.bob, talk.cy} {
		one.says("", args{"kind": "agree", "reply_to": green.ID})
	}
	tab.sees("Agreed, then replaced by Paint it green")
	tab.isNot(button("Actions for Paint it blue"))

	// What looks like a secret, and what the server refuses, is sent once its person says so, and not if it is
	// thrown away.
	secret := "ghp_" + strings.Repeat("aB3dE6gH9", 4)
	for _, text := range []string{"throw this away: ", "take this: "} {
		tab.says(text + secret)
		tab.sees("Not sent: this looks like it contains a GitHub token")
		if strings.HasPrefix(text, "throw") {
			tab.click(button("Discard"))
			tab.isNot(button("Send anyway"))
		}
	}
	if got := talk.bob.texts(); strings.Contains(strings.Join(got, " "), secret) {
		t.Errorf("the room heard %q", got)
	}
	tab.reload()
	tab.click(button("Send anyway"))
	talk.bob.hearsText("take this: " + secret)
	tab.isNot(button("Send anyway"))

	tab = tab.at(talk.bob.watch)
	tab.expects("ERR_INTERNET_DISCONNECTED")
	tab.is(button("Pause your agent"))
	tab.offline(true)
	tab.click(button("Pause your agent"))
	tab.sees("Not paused yet. Your agent pauses once you're online.")
	tab.is(button("Cancel pause"))
	tab.sees("No connection")
	tab.writes("Can you hear me?")
	tab.press("Enter")
	tab.sees("Will be sent once you are online")
	talk.ann.call("manage_agent", args{"agent_name": "Bob", "action": "mute"})
	tab.offline(false)
	tab.sees("Not sent:")
	tab.is(button("Discard"))
	tab.sees("Your agent is paused. It can read, but not send, until you resume it.")
	tab.seesNot("once you're online")
	if got := talk.bob.call("send_message", args{"text": "I go on"}); got.Sent || got.Status != "paused" {
		t.Errorf("the agent sends: %+v", got)
	}
	tab.click(button("Resume your agent"))
	talk.ann.call("manage_agent", args{"agent_name": "Bob", "action": "unmute"})
	tab.click(button("Try again"))
	if got := talk.cy.hearsText("Can you hear me?"); got.From != "Bob" || !got.Person {
		t.Errorf("the text came as %+v", got)
	}
	tab.isNot(button("Discard"))
	if got := talk.cy.texts(); !slices.Equal(got[len(got)-2:], []string{"take this: " + secret, "Can you hear me?"}) {
		t.Errorf("the room heard %q", got)
	}
}

// at is another person who opens a link.
func (tab *tab) at(link string) *tab {
	tab.t.Helper()
	return tab.person.at.person().open(link)
}

// What was chosen leads back to the text: by a press, by Escape, and by what is typed on. Pausing keeps the focus.
func TestCompose_choicesAndPause_giveTheFocusBack(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	inText := func(how string) {
		t.Helper()
		tab.until(how+" leads to the text", "document.activeElement.matches("+quoted(textArea)+")")
		tab.isNot(css(".popover-panel"))
	}
	for _, choice := range []string{agreement, sayIt, agreement} {
		tab.click(css(".compose .chip").nth(1))
		tab.click(role("radio", choice))
		inText(choice)
	}
	tab.types("Steel it is")
	tab.press("Enter")
	tab.click(button(nameless))
	if got := talk.bob.hearsText("Steel it is"); got.Kind != "proposal" {
		t.Errorf("Bob heard %+v", got)
	}
	inText("what is sent") // a panel that is opened before would close then
	tab.click(css(".compose .chip").nth(1))
	tab.click(role("radio", anAnswer))
	tab.is(role("checkbox", "Bob"))
	tab.press("W")
	inText("a letter")
	tab.written("W")
	tab.click(css(".compose .chip").nth(0))
	tab.press("Escape")
	tab.until("who chose nothing is at the button", `document.activeElement.matches(".chip")`)
	tab.press("Enter", "Tab", "ArrowDown", "ArrowDown") // an arrow passes each
	tab.is(role("checkbox", "Bob"))
	tab.press("Tab", " ", "Escape")
	inText("Escape")
	tab.audience("Bob")

	tab.click(button("Pause your agent"))
	tab.is(button("Resume your agent"))
	tab.until("the button has the focus", `document.activeElement.matches(".pause")`)
}

// On a phone that is turned the text keeps the height of its lines, and the buttons say what they are for and how many
// are meant. A question asks whom it mentions until somebody else is chosen, and what is for some never becomes one for
// all.
func TestCompose_onAPhone_saysWhomItAsks_andHasTheHeightOfItsText(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann := s.caller("Ann")
	ann.sit("create_room", args{"room": "The bridge", "agent_name": ann.name, "capacity": 5})
	long := "Bartholomew the Elder"
	bob := s.agent("The bridge", long)
	s.agent("The bridge", "Cy")
	s.agent("The bridge", "Di")
	tab := s.person().open(ann.watch)
	tab.click(button("Got it"))
	chips := func(of ...string) {
		t.Helper()
		tab.until(fmt.Sprintf("the buttons say %q", of), fmt.Sprintf(
			`[...document.querySelectorAll(".compose .chip")].map((one) => one.textContent).join() === %q`, strings.Join(of, ",")))
	}
	tab.writes("@" + long + " or @cy, how warm is it?")
	tab.wants(anAnswer)
	chips("To: everyone", "Asks "+long+" and Cy")
	tab.wants(anAnswer, "Cy", long)
	chips("To: everyone", "Asks anyone")
	tab.wants(sayIt)
	tab.wants(anAnswer)
	tab.addresses(onlySome, long, "Cy", "Di")
	tab.look(390, 844, "light")
	chips("To: "+long+" +2", "Asks "+long+" +1")
	for _, one := range evaluate[[]string](tab, `[...document.querySelectorAll(".compose .chip-text")].flatMap((text) => {
	  const range = new Range();
	  return [...text.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE).filter((part) => {
	    range.selectNode(part);
	    return range.getBoundingClientRect().right > text.getBoundingClientRect().right + 0.5;
	  }).map((part) => part.data);
	})`) {
		t.Errorf("%q is cut off", one)
	}

	tab.writes("Is it warm?\n\n@Cy @" + long + " " + strings.Repeat("Some words. ", 12))
	const height = `document.querySelector(".compose textarea").offsetHeight`
	narrow := evaluate[int](tab, height)
	tab.look(844, 900, "light")
	tab.until("a wide text is lower", fmt.Sprintf("%s < %d", height, narrow))
	tab.look(390, 844, "light")
	tab.until("a narrow one is higher again", fmt.Sprintf("%s === %d", height, narrow))
	tab.click(css(".compose-send"))
	tab.click(button(nameless))
	got := bob.hears("the question", func(m message) bool { return m.Kind == "request" })
	if len(got.Ask) != 2 || len(got.To) != 3 {
		t.Errorf("it asks %q, of %q", got.Ask, got.To)
	}
	tab.until("its readers are a sentence, with each comma at its name", `[...document.querySelectorAll(".message-to .name")].slice(0, -1).every((name) => {
	  const comma = new Range();
	  comma.selectNode(name.nextSibling);
	  return Math.abs(comma.getClientRects()[0].left - [...name.getClientRects()].at(-1).right) < 1;
	})`)
	tab.look(1440, 900, "light")
	tab.addresses(everyone)
	tab.click(css(".compose .chip").nth(0))
	tab.click(role("radio", onlySome))
	for _, name := range []string{long, "Cy", "Di"} {
		if evaluate[bool](tab, `[...document.querySelectorAll(".choice")].some((one) => one.innerText.trim() === `+quoted(name)+` && one.control.checked)`) {
			tab.click(role("checkbox", name))
		}
	}
	tab.press("h")
	tab.written("h")
	chips("To: nobody", "Ask or suggest")
}
