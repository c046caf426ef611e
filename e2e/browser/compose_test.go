package browser

import (
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
	t.page.is(button("Pause my agent"))
	return t
}

// texts returns what an agent may see of what was said.
func (a *agent) texts() (texts []string) {
	a.t.Helper()
	for _, m := range a.history() {
		if m.Type == "message" {
			texts = append(texts, m.Text)
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

func TestSay_draft_survivesAReload(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	asked := talk.bob.says("What do the girders weigh?", args{"to": []string{"Ann"}})
	tab := talk.page
	tab.answers(asked)
	tab.types("Nine tons\neach")
	tab.audience("Bob")
	tab.reload()
	tab.written("Nine tons\neach")
	tab.audience("Bob")
	tab.click(button("Send"))
	got := talk.bob.hearsText("Nine tons\neach")
	if got.ReplyTo != asked || !slices.Equal(got.To, []string{"Bob"}) || !got.Person {
		t.Errorf("Bob heard %+v, want an answer to %s, to Bob alone", got, asked)
	}
	tab.written("")
	tab.audience("everyone")
	tab.reload()
	tab.is(css(textArea))
	tab.written("")
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

func TestSay_secondTab_goesOnWithTheDraft(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	talk := trioOn(s)
	first := talk.page
	first.click(css(textArea))
	first.types("The paint")
	second := first.person.open(evaluate[string](first, "location.pathname"))
	second.written("The paint")
	second.click(css(textArea))
	second.press("End")
	second.types(" comes on Friday")
	first.written("The paint comes on Friday")
	first.click(button("Send"))
	second.written("")
	talk.bob.hearsText("The paint comes on Friday")
	if got := talk.cy.texts(); len(got) != 1 {
		t.Errorf("the room heard %q, want it once", got)
	}
}

func TestSay_pressedTenTimes_isSaidOnce(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	tab.click(css(textArea))
	tab.types("Once")
	evaluate[*bool](tab, `(() => {
	  const area = document.querySelector(".compose textarea"), send = document.querySelector(".compose-send");
	  for (let n = 0; n < 10; n++) {
	    area.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
	    send.click();
	  }
	})()`)
	tab.written("")
	tab.types("Twice")
	tab.press("Enter")
	talk.bob.hearsText("Twice")
	if got := talk.bob.texts(); !slices.Equal(got, []string{"Once", "Twice"}) {
		t.Errorf("the room heard %q", got)
	}
}

func TestSay_nameBehindAt_isCompletedWithTheKeyboard(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
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
	tab.press("Enter")
	talk.bob.hearsText("Ask @Cy Long or @Bob @c")
}

func TestSay_keys_breakAndSend(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	tab.click(css(textArea))
	tab.types("one")
	tab.press("Shift+Enter")
	tab.types("two")
	tab.written("one\ntwo")
	tab.press("Control+Enter")
	talk.bob.hearsText("one\ntwo")
}

func TestSay_audiences_reachNobodyElse(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	send := func(text string) {
		tab.click(css(textArea))
		tab.types(text)
		tab.press("Enter")
		tab.sees(text)
	}
	send("for all")
	tab.click(button("To: everyone"))
	tab.click(role("radio", "My agent only, as a note"))
	tab.press("Escape")
	tab.audience("my agent")
	send("for my agent")
	talk.ann.hears("the note", func(m message) bool { return m.From == "your user" && m.Text == "for my agent" })
	tab.click(button("To: my agent"))
	tab.click(role("radio", "Only some, and their people"))
	tab.sees("Choose who is to read it.")
	tab.click(role("checkbox", "Cy Long"))
	tab.press("Escape")
	tab.audience("Cy Long")
	send("for Cy")
	talk.cy.hearsText("for Cy")
	for _, c := range []struct {
		who  *agent
		want []string
	}{
		{talk.ann, []string{"for all", "for my agent", "for Cy"}},
		{talk.bob, []string{"for all"}},
		{talk.cy, []string{"for all", "for Cy"}},
	} {
		if got := c.who.texts(); !slices.Equal(got, c.want) {
			t.Errorf("%s may see %q, want %q", c.who.name, got, c.want)
		}
	}
}

func TestSay_answerToAPrivateMessage_isPrivateAndLeavesTheAudience(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	id := talk.bob.says("Between us three", args{"to": []string{"Ann", "Cy Long"}})
	tab.answers(id)
	tab.audience("Bob and Cy Long")
	tab.click(button("Cancel the reply"))
	tab.audience("everyone")
	tab.isNot(css(".compose.private"))

	tab.answers(id)
	tab.writes("S")
	tab.press("Escape") // does not make what is written one for all
	tab.audience("Bob and Cy Long")
	tab.writes("")
	tab.press("Escape")
	tab.audience("everyone")
}

func TestSay_question_isOwedByThoseWhoAreNamed(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	tab.click(button("Ask or propose"))
	tab.click(role("radio", "An answer"))
	tab.click(role("checkbox", "Bob"))
	tab.press("Escape")
	tab.click(css(textArea))
	tab.types("Which bolts?")
	tab.click(button("Ask"))
	got := talk.bob.hearsText("Which bolts?")
	if !slices.Equal(got.Ask, []string{"Bob"}) || got.Kind != "request" {
		t.Errorf("Bob heard %+v", got)
	}
	open := talk.cy.call("room_info", nil).Requests
	if len(open) != 1 || !slices.Equal(open[0].OwedBy, []string{"Bob"}) {
		t.Errorf("the room has the requests %+v", open)
	}
	tab.is(button("Ask or propose"))
}

func TestSay_proposal_isAgreedOrObjectedTo(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	tab.click(button("Ask or propose"))
	tab.click(role("radio", "An agreement: everyone is asked to agree"))
	tab.press("Escape")
	tab.click(css(textArea))
	tab.types("Steel, not wood")
	tab.click(button("Propose"))
	plan := talk.bob.hearsText("Steel, not wood")
	if !slices.Equal(plan.Ask, []string{"Bob", "Cy Long"}) {
		t.Errorf("it asks %v", plan.Ask)
	}
	id := talk.bob.says("Paint it red", args{"kind": "proposal", "ask": []string{"Ann"}})
	tab.click(button("Object").in(articleOf(id)))
	tab.types("Red fades")
	tab.click(button("Object").in(".compose-row"))
	got := talk.bob.hearsText("Red fades")
	if got.Kind != "object" || got.ReplyTo != id {
		t.Errorf("Bob heard %+v", got)
	}
}

func TestSay_tooLong_isRefusedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	tab.click(css(textArea))
	tab.types(strings.Repeat("ß", 16_383))
	tab.sees("2 bytes left")
	tab.types("ßß")
	tab.sees("2 bytes too long")
	tab.press("Enter")
	tab.is(css(".compose-send:disabled"))
	tab.press("Backspace")
	tab.sees("0 bytes left")
	tab.press("Enter")
	talk.bob.hears("its beginning", func(m message) bool { return strings.HasPrefix(m.Text, "ßßß") })
}

func TestSay_silencedSeat_isToldWhyAndMayWriteNotes(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	talk := trioOn(s)
	tab := s.person().open(talk.bob.watch)
	tab.is(button("Pause my agent"))
	talk.ann.call("manage_agent", args{"agent_name": "Bob", "action": "mute"})
	tab.sees("An admin has muted this seat.")
	tab.audience("my agent")
	tab.click(css(textArea))
	tab.types("Keep quiet for now")
	tab.press("Enter")
	talk.bob.hears("the note", func(m message) bool { return m.From == "your user" && m.Text == "Keep quiet for now" })
	talk.ann.call("update_room", args{"closed": true})
	tab.sees("This room is closed.")
	tab.isNot(css(textArea))
}
