package browser

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
)

// meeting is one conversation: Ada and Bo are agents, Ann and Ben the people behind them. Cy is
// an agent whose person is not there. Ada is admin.
type meeting struct {
	t           *testing.T
	s           *server
	ada, bo, cy *agent
	ann, ben    *tab
	key         []string // what admits agents
}

// meet brings all of them into a room. bearer is what admits the agents, if anything has to.
func meet(t *testing.T, s *server, bearer ...string) *meeting {
	t.Helper()
	ada := s.caller("Ada", bearer...)
	ada.sit("create_room", args{"room": "The bridge", "agent_name": "Ada", "capacity": 5})
	c := &meeting{t: t, s: s, ada: ada, bo: s.agent("The bridge", "Bo", bearer...),
		cy: s.agent("The bridge", "Cy", bearer...), key: bearer}
	c.ann, c.ben = s.person().open(ada.watch), s.person().open(c.bo.watch)
	c.ann.sees("The bridge")
	c.ben.sees("The bridge")
	return c
}

func TestConversation_ofAgentsAndTheirPeople_isHeldToItsEnd(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--access", "keys")
	c := meet(t, s, s.key("all"))
	c.safely(func() {
		c.named()
		c.speak()
		c.whisper()
		c.note()
		c.ask()
		c.agree()
		c.pause()
		c.export()
	})
	c.end()
}

// named has Ben asked for his name as he first speaks, and change it in the menu, while Ann gives none.
func (c *meeting) named() {
	c.t.Helper()
	const first = "I am Benny."
	c.ben.isNot(css(nameAsked))
	c.ben.writes(first)
	for _, leave := range []func(){func() { c.ben.press("Escape") }, c.ben.reload} {
		c.ben.written(first)
		c.ben.click(css(".compose-send"))
		c.ben.is(css(nameAsked))
		leave()
		c.ben.isNot(css(nameAsked))
	}
	c.ben.written(first)
	c.ben.click(css(".compose-send"))
	c.ben.fill(css(nameAsked+" input"), "Ada")
	c.ben.click(button("Send").in(nameAsked))
	c.ben.sees("Someone here has this name")
	if got := c.cy.texts(); len(got) > 0 {
		c.t.Errorf("before Ben has given a name, the room heard %q", got)
	}
	c.ben.answersName("Benny")
	c.ben.isNot(css(nameAsked))
	c.ben.written("")
	if m := c.cy.hearsText(first); m.From != "Bo" || !m.Person || m.PersonName != "Benny" {
		c.t.Errorf("Cy heard %+v", m)
	}
	c.ben.named("Ben")
	c.ben.press("c") // the name was asked for once
	c.ben.types("Call me Ben.")
	c.ben.press("Enter")
	c.cy.hearsText("Call me Ben.")

	c.ann.says("I have no name.")
	c.ann.reload()
	c.ann.writes("Nor now.")
	c.ann.press("Enter")
	c.cy.hearsText("Nor now.")
	if got := c.cy.texts(); !slices.Equal(got, []string{first, "Call me Ben.", "I have no name.", "Nor now."}) {
		c.t.Errorf("the room heard %q", got)
	}
	c.offered()
	for _, tab := range []*tab{c.ann, c.ben} {
		for _, said := range []string{"Ada's owner\n", "Benny, for Bo\n", "Ben, for Bo\n"} {
			tab.sees(said)
		}
	}
}

// offered has Ben speak in another room, which gets the name that he gave for all rooms: one of a room is of that room.
func (c *meeting) offered() {
	c.t.Helper()
	dee := c.s.agent("The quay", "Dee", c.key...)
	there := c.ben.person.open(dee.watch)
	there.sees("The quay")
	there.sees("Others will see your name, Benny, here.")
	if got := dee.call("room_info", nil).Room.Agents[0].PersonName; got != "" {
		c.t.Errorf("before he speaks, the room knows %q", got)
	}
	there.writes("Hello, Dee.")
	there.press("Enter")
	if m := dee.hearsText("Hello, Dee."); m.PersonName != "Benny" {
		c.t.Errorf("Dee heard %+v", m)
	}
}

// speak lets both agents and both people say something to all.
func (c *meeting) speak() {
	c.t.Helper()
	c.ann.says("Ann wants to know when the girders come.")
	for _, a := range []*agent{c.ada, c.bo, c.cy} {
		if m := a.hearsText("Ann wants to know when the girders come."); m.From != "Ada" || !m.Person || len(m.To) > 0 {
			c.t.Errorf("%s heard %+v, want words of Ada's owner, to all", a.name, m)
		}
	}
	c.bo.says("They come on **Tuesday**.")
	c.ben.says("Ben adds: before noon.")
	for _, tab := range []*tab{c.ann, c.ben} {
		tab.sees("They come on Tuesday.")
		tab.sees("Ben adds: before noon.")
	}
	if m := c.ada.hearsText("Ben adds: before noon."); m.From != "Bo" || !m.Person {
		c.t.Errorf("Ada heard %+v", m)
	}
}

// whisper sends a private message, of which others learn nothing.
func (c *meeting) whisper() {
	c.t.Helper()
	c.ann.addresses(onlySome, "Bo")
	c.ann.says("Between us: the budget is gone.")
	c.ann.addresses(everyone)
	if m := c.bo.hearsText("Between us: the budget is gone."); !slices.Equal(m.To, []string{"Bo"}) || m.From != "Ada" {
		c.t.Errorf("Bo heard %+v", m)
	}
	c.ben.sees("Between us: the budget is gone.")
	c.ben.sees("Only to")
	c.knowsNot(c.cy, "Between us: the budget is gone.")
}

// note sends a note that only the person's own agent reads.
func (c *meeting) note() {
	c.t.Helper()
	c.ann.notes("Ask Bo for the drawings.")
	if m := c.ada.hearsText("Ask Bo for the drawings."); m.From != "your user" {
		c.t.Errorf("Ada heard %+v, want a note of its user", m)
	}
	c.knowsNot(c.bo, "Ask Bo for the drawings.")
	if strings.Contains(c.ben.text(), "Ask Bo for the drawings.") {
		c.t.Error("Ben sees Ann's note")
	}
}

// knowsNot fails the test if a text was shown to an agent that is not to know it.
func (c *meeting) knowsNot(a *agent, text string) {
	c.t.Helper()
	if slices.ContainsFunc(a.history(), func(m message) bool { return strings.Contains(string(m.Text), text) }) {
		c.t.Errorf("%s knows %q", a.name, text)
	}
}

// ask lets a person ask an agent, and an agent ask a person.
func (c *meeting) ask() {
	c.t.Helper()
	c.ben.wants(anAnswer, "Ada")
	c.ben.says("How long is the bridge?")
	m := c.ada.hearsText("How long is the bridge?")
	if m.Kind != "request" || !slices.Equal(m.Ask, []string{"Ada"}) {
		c.t.Errorf("Ada heard %+v, want a request", m)
	}
	c.ann.owes("How long is the bridge?")
	c.ada.says("Eighty meters.", args{"reply_to": m.ID})
	c.ann.isNot(css(owed))
	c.ben.sees("Eighty meters.")

	id := c.bo.says("Which **color**?", args{"kind": "request", "ask": []string{"Ada"}})
	c.ann.owes("Which color?")
	c.ann.click(button("Answer").in(owed))
	c.ann.says("Red, says Ann.")
	if m := c.bo.hearsText("Red, says Ann."); m.ReplyTo != id || !m.Person {
		c.t.Errorf("Bo heard %+v, want Ann's answer to %s", m, id)
	}
	if open := c.bo.call("room_info", nil).Requests; len(open) > 0 {
		c.t.Errorf("after the answers there are open requests: %+v", open)
	}
}

// agree lets a person agree to a proposal of an agent, and object to another.
func (c *meeting) agree() {
	c.t.Helper()
	c.bo.says("We paint on Friday.", args{"kind": "proposal", "ask": []string{"Ada"}})
	c.ann.owes("We paint on Friday.")
	c.ann.click(button("Agree").in(owed))
	c.ann.undoesNothing()
	c.bo.hears("that all agreed", func(m message) bool { return m.Kind == "agree" && m.Agreed != "" && m.Person })
	agreed := c.cy.call("room_info", nil).Agreements
	if len(agreed) != 1 || agreed[0].Text != "We paint on Friday." {
		c.t.Errorf("agreed was %+v", agreed)
	}
	c.ben.is(css(".standing-agreed"))
	c.ann.sees("Bo, with Ada's owner") // among the agreements

	c.bo.says("We skip the tests.", args{"kind": "proposal", "ask": []string{"Ada"}})
	c.ann.owes("We skip the tests.")
	c.ann.click(button("Object").in(owed))
	c.ann.says("Never without tests.")
	c.ann.undoesNothing()
	if m := c.bo.hearsText("Never without tests."); m.Kind != "object" {
		c.t.Errorf("Bo heard %+v, want an objection", m)
	}
}

// pause keeps an agent silent, and lets it speak again.
func (c *meeting) pause() {
	c.t.Helper()
	c.ann.click(button("Pause your agent"))
	c.ann.is(button("Resume your agent"))
	if got := c.ada.call("send_message", args{"text": "I will not be stopped!"}); got.Sent || got.Status != "paused" {
		c.t.Errorf("a paused agent sends: %+v", got)
	}
	c.ann.click(button("Resume your agent"))
	c.ann.is(button("Pause your agent"))
	c.ada.says("I may speak again.")
	c.ben.sees("I may speak again.")
	c.knowsNot(c.bo, "I will not be stopped!")
}

// refused makes a call that must be refused.
func (c *meeting) refused(a *agent, code fault.Code, tool string, with args) {
	c.t.Helper()
	_, err := a.try(tool, with)
	var refusal *fault.Error
	if !errors.As(err, &refusal) || refusal.Code != code {
		c.t.Errorf("%s calls %s: %v, want the refusal %s", a.name, tool, err, code)
	}
}

// export saves all that a person may see, and nothing else.
func (c *meeting) export() {
	c.t.Helper()
	for form, ending := range map[string]string{"Markdown, to read": ".md", "JSON, for programs": ".json"} {
		c.ann.click(button("Menu"))
		c.ann.click(button("Export").in(".menu"))
		c.ann.click(role("radio", form))
		name, content := c.ann.saved(func() { c.ann.click(button("Save")) })
		for _, want := range []string{"Between us: the budget is gone.", "Ask Bo for the drawings.",
			"Ben adds: before noon."} {
			if !strings.HasSuffix(name, ending) || !strings.Contains(string(content), want) {
				c.t.Errorf("%s lacks %q", name, want)
			}
		}
		c.ann.press("Escape")
	}
	c.ben.click(button("Menu"))
	c.ben.click(button("Export").in(".menu"))
	if name, content := c.ben.saved(func() { c.ben.click(button("Save")) }); strings.Contains(string(content),
		"Ask Bo for the drawings.") {
		c.t.Errorf("%s of Ben holds Ann's note", name)
	}
	c.ben.press("Escape")
}

// end closes the room.
func (c *meeting) end() {
	c.t.Helper()
	c.ben.writes("One more word.")
	c.ann.click(button("Settings"))
	c.ann.click(button("Close room").in(".sidebar-settings"))
	c.ann.click(button("Close room").in(modal))
	c.bo.hears("that the room is closed", func(m message) bool { return m.Type == "room" && m.Reason == "closed" })
	c.refused(c.bo, fault.RoomClosed, "send_message", args{"text": "One more thing"})
	for _, tab := range []*tab{c.ann, c.ben} {
		tab.isNot(css(".compose textarea"))
		tab.sees("closed")
	}
	c.ben.keeps("One more word.")
}
