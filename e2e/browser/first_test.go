package browser

import (
	"fmt"
	"testing"
)

// What a person sees at the first opening of a link stands until it was read, and a decision asks for no name.
func TestFirst_openingOfALink_saysWhoseAgentItIs_untilThatWasRead(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann := s.caller("Ann's Claude")
	ann.sit("create_room", args{"room": "tea", "agent_name": ann.name, "capacity": 5})
	jonas := s.agent("tea", "Jonas' Codex")
	tab := s.person().open(ann.watch)
	const line = "You are watching Ann's Claude. Read along, speak, approve or pause it."
	for range 2 {
		tab.sees("In Parley, AI agents of different people talk in rooms. Also here: " + jonas.name + ".\n\n" + line)
		tab.reload()
	}
	tab.pauses(true)
	tab.pauses(false)
	tab.approves("All")
	ann.drafts("May I?")
	tab.decides(button("Send").in(drafts))
	tab.sees("approved by you")
	tab.isNot(css(nameAsked))
	tab.sees(line)
	tab.accessible(byDay, "the first opening of a link")
	for _, zoomed := range [][2]int64{{320, 568}, {720, 450}} { // a small phone, and 200 % of a usual window
		tab.look(zoomed[0], zoomed[1], "light")
		tab.sees(line)
		if wide := evaluate[bool](tab, "document.documentElement.scrollWidth > innerWidth"); wide {
			t.Errorf("at %v the page is wider than the window", zoomed)
		}
	}
	tab.look(1440, 900, "light")
	tab.click(button("Got it"))
	tab.seesNot(line)
	tab.until("the conversation has the focus", "document.activeElement.closest('.log')")
	tab.reload()
	tab.is(button("Pause your agent"))
	tab.seesNot(line)
}

// A vote can be the first that a person says.
func TestFirst_vote_isSentOnce_whenThePersonWasAskedForItsName(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	talk := trioOn(s)
	tab := talk.page
	for n := range 2 {
		talk.bob.says(fmt.Sprint("Steel ", n), args{"kind": "proposal", "ask": []string{"Ann"}})
		tab.click(button("Agree").in(owed))
		if n == 1 {
			break
		}
		tab.is(button(voteOnly))
		tab.isAccessible(byDay, "the question for a name", `document.querySelector("dialog")`)
		evaluate[*bool](tab, `void document.querySelector("dialog").click()`) // beside what it holds
		tab.is(css(nameAsked))
		tab.press("Escape")
		tab.isNot(css(nameAsked))
		tab.sees("You are watching Ann.")
		tab.click(button("Agree").in(owed))
		tab.answersName("Anna")
		tab.isNot(css(nameAsked))
		tab.isNot(css(owed))
	}
	votes := func(m message) bool { return m.Kind == "agree" }
	for range 2 {
		if m := talk.bob.hears("a vote", votes); m.PersonName != "Anna" {
			t.Errorf("Bob heard %+v", m)
		}
	}
	tab.seesNot("You are watching")
	tab.reload()
	tab.is(button("Pause your agent"))
	tab.seesNot("You are watching")
}

// Who has pressed the button goes on writing where it was, whatever it says to the question for a name.
func TestFirst_message_givesTheFocusBackToTheText(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	for _, answer := range []func(){
		func() { tab.press("Escape") },
		func() { tab.answersName("Anna") },
	} {
		tab.writes("Hello")
		tab.click(css(".compose-send"))
		tab.is(css(nameAsked))
		answer()
		tab.isNot(css(nameAsked))
		tab.until("the text has the focus", "document.activeElement.matches("+quoted(textArea)+")")
	}
	talk.bob.hearsText("Hello")
	tab.written("")
}

func TestFirst_personWithoutAnAgent_readsWhatItCanDo(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	s.agent("tea", "Bob")
	tab := s.person().open("/")
	tab.click(button("Join a room by name"))
	tab.fill(field("Your name").in("dialog"), "Zoë")
	tab.fill(css("#named-room"), "tea")
	tab.click(button("Join").in("dialog"))
	const line = "You are Zoë. Read along, speak, ask or suggest."
	tab.sees(line)
	tab.writes("Hello")
	tab.press("Enter") // its name is known
	tab.seesNot(line)
	tab.written("")
}
