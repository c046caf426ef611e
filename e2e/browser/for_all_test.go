package browser

import (
	"fmt"
	"testing"
)

// One press pauses the agents of all rooms, without a page load, and one resumes those: an agent that was paused
// before, or elsewhere since, stays as it is.
func TestForAll_pause_holdsEachAgentAndResumesThose(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	all, tab := quays(t, s, 5)
	line := func(text string) {
		t.Helper()
		tab.until("it says "+text, `document.querySelector(".for-all")?.innerText.includes(`+quoted(text)+`)`)
	}
	sends := func(one quay, yes bool) {
		t.Helper()
		got := one.ann.call("send_message", args{"text": "I go on"})
		if (got.Status == "paused") == yes {
			t.Errorf("%s sends: %+v, want %v", one.ann.name, got, yes)
		}
	}
	line("The 5 agents of this browser")
	tab.click(role("link", "Quay 1").in(".landing-list"))
	tab.pauses(true) // before
	tab.visit("/")
	line("1 of the 5 agents of this browser paused")
	evaluate[*bool](tab, `void (globalThis.here = true)`)
	tab.accessible([]look{{390, "dark"}, {1440, "light"}}, "what is set for all rooms")
	tab.look(390, 780, "light")
	tab.expects("ERR_")
	tab.offline(true)
	tab.click(button("Pause all my agents"))
	line("1 of the 5 agents of this browser paused; 4 follow when they can be reached")
	tab.offline(false)
	line("5 of the 5 agents of this browser paused")
	for _, one := range all {
		sends(one, false)
	}
	tab.until("nothing is wider than the window", `document.documentElement.scrollWidth === innerWidth && globalThis.here`)
	tab.accessible([]look{{390, "dark"}, {1440, "light"}}, "all agents are paused")
	tab.look(1440, 900, "light")
	other := tab.person.tab()
	other.visit("/")
	other.click(role("link", "Quay 2").in(".landing-list"))
	other.pauses(false)
	other.pauses(true) // anew
	other.visit("/")
	tab.click(button("Resume 4 agents"))
	line("1 stays paused: that was changed elsewhere since")
	tab.until("the others go on", `document.querySelector(".for-all").innerText.includes("2 of the 5 agents")`)
	for n, one := range all {
		sends(one, n < 3)
	}
}

// A person gives its name once: further rooms get it with its first word there, unless it wants none. Changed at /, it
// changes in the rooms that have it.
func TestForAll_name_isAskedForOnce(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	person := s.person()
	var all []*agent
	for n := range 4 {
		room := fmt.Sprint("Quay ", n+1)
		ann, bo := s.agent(room, "Ann"), s.agent(room, "Bo")
		all = append(all, bo)
		tab := person.open(ann.watch)
		if n == 3 { // in a row at /
			bo.says("We paint it red.", args{"kind": "proposal", "ask": []string{"Ann"}})
			tab.is(button("Agree").in(owed))
			tab.visit("/")
			tab.sees("Others will see your name, Anna Lee, here.")
			tab.click(button("No name in this room"))
			tab.seesNot("Others will see your name")
			tab.click(button("Agree").in(tab.in("We paint it red.")))
			if got := bo.hears("the vote", func(m message) bool { return m.Kind == "agree" }).PersonName; got != "" {
				t.Errorf("in %s, Bo hears %q", room, got)
			}
			break
		}
		tab.writes("Hello")
		switch n {
		case 0:
			tab.press("Enter")
			tab.answersName("Anna Lee")
		case 1:
			tab.sees("Others will see your name, Anna Lee, here.")
			tab.isAccessible(byDay, "the name for all rooms", `document.querySelector(".compose")`)
			tab.press("Enter")
			tab.seesNot("Others will see your name")
		case 2:
			tab.click(button("No name in this room"))
			tab.seesNot("Others will see your name")
			tab.press("Enter")
		}
		if got := bo.hearsText("Hello").PersonName; string(got) != []string{"Anna Lee", "Anna Lee", ""}[n] {
			t.Errorf("in %s, Bo hears %q", room, got)
		}
		if n == 1 {
			tab.isNot(css(nameAsked))
		}
	}
	tab := person.open("/")
	tab.look(390, 780, "light")
	tab.sees("You speak as Anna Lee")
	tab.click(button("Change"))
	tab.accessible([]look{{390, "dark"}, {1440, "light"}}, "the name in all rooms")
	tab.fill(field("Your name in all rooms").in("dialog"), "Lee")
	tab.press("Enter")
	tab.sees("You speak as Lee")
	for n, bo := range all {
		await(t, func() string { return fmt.Sprintf("the name in room %d", n) }, func() bool {
			agents := bo.call("room_info", nil).Room.Agents
			return string(agents[0].PersonName) == []string{"Lee", "Lee", "", ""}[n]
		})
	}
	tab.until("no room waits", `!Object.keys(localStorage).some((name) => localStorage.getItem(name).includes("renames"))`)
}
