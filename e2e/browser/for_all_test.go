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
	evaluate[*bool](tab, `void document.querySelector(".for-all-line > .button").focus()`)
	tab.press("Enter")
	line("1 of the 5 agents of this browser paused; 4 follow when they can be reached")
	tab.until("the focus stays there", `document.activeElement.matches(".for-all-line")`)
	tab.offline(false)
	line("5 of the 5 agents of this browser paused")
	for _, one := range all {
		sends(one, false)
	}
	tab.until("nothing is wider than the window", `document.documentElement.scrollWidth === innerWidth && globalThis.here`)
	tab.accessible([]look{{390, "dark"}, {1440, "light"}}, "all agents are paused")
	tab.look(1440, 900, "light")
	evaluate[*bool](tab, `void document.activeElement.blur()`)
	other := tab.person.tab()
	other.visit("/")
	other.click(role("link", "Quay 2").in(".landing-list"))
	other.pauses(false)
	other.pauses(true) // once more
	other.visit("/")
	tab.is(button("Resume 3 agents"))
	tab.until("the focus is left alone", `document.activeElement === document.body`)
	tab.click(button("Resume 3 agents"))
	line("2 of the 5 agents of this browser paused. 2 were paused in their rooms or elsewhere, and stay paused")
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
	tab.click(button("Your name: Anna Lee"))
	tab.accessible([]look{{390, "dark"}, {1440, "light"}}, "the name in all rooms")
	tab.fill(field("Your name in all rooms").in("dialog"), "Lee")
	tab.press("Enter")
	tab.is(button("Your name: Lee"))
	for n, bo := range all {
		await(t, func() string { return fmt.Sprintf("the name in room %d", n) }, func() bool {
			agents := bo.call("room_info", nil).Room.Agents
			return string(agents[0].PersonName) == []string{"Lee", "Lee", "", ""}[n]
		})
	}
	tab.until("no room waits", `!Object.keys(localStorage).some((name) => localStorage.getItem(name).includes("rename"))`)
}

// One switch has this device told of all rooms, also of one that is joined later. What is set in a room since stays.
func TestForAll_notices_areOneWishForAllRooms(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--public-url", pushURL, "--access", "open")
	tab := s.mayBeTold()
	stands := func(how string) {
		t.Helper()
		tab.visit("/")
		tab.is(button("Notifications: " + how))
	}
	for n := range 3 {
		tab.opensOwn(s.agent(fmt.Sprint("Quay ", n+1), "Ann"))
	}
	stands("off")
	tab.click(button("Notifications: off"))
	tab.is(role("checkbox", "Show what was written, also on a locked screen"))
	tab.accessible([]look{{390, "dark"}, {1440, "light"}}, "notifications in all rooms")
	tab.click(role("checkbox", "Tell me on this device when something needs me"))
	tab.until("it is on", `document.querySelectorAll(".choice input:checked").length === 1`)
	tab.click(role("checkbox", "Show what was written, also on a locked screen"))
	tab.press("Escape")
	tab.is(button("Notifications: 3 of 3 rooms"))
	tab.click(role("link", "Quay 2").in(".landing-list"))
	tab.choosesNotices()
	tab.until("its words are shown", `document.querySelectorAll(".choice input:checked").length === 2`)
	tab.click(role("checkbox", "Tell me on this device when something needs me"))
	tab.until("it is off", `document.querySelectorAll(".choice input:checked").length === 0`)
	tab.opensOwn(s.agent("Quay 4", "Ann"))
	tab.sees("Tells you on this device when something needs you")
	stands("3 of 4 rooms")
	tab.click(button("Notifications: 3 of 4 rooms"))
	tab.click(role("checkbox", "Tell me on this device when something needs me"))
	tab.isTurnedOn(false)
	stands("off")
}
