package browser

import (
	"fmt"
	"strings"
	"testing"
)

// calm waits for a page that says why there is no room, with one way on.
func (tab *tab) errorPage(title string) {
	tab.t.Helper()
	tab.is(role("heading", title))
	tab.is(css(":is(.error-page, .gone) a.button"))
	tab.isNot(css("textarea"))
}

// keeps fails the test unless a page shows words that were not sent, once, with a button that copies them.
func (tab *tab) keeps(words string) {
	tab.t.Helper()
	tab.until("the words are in sight", `((all) => all.length === 1 && all[0].innerText === `+quoted(words)+` &&
	  all[0].getBoundingClientRect().bottom <= innerHeight)(document.querySelectorAll(".late-text"))`)
	if got := tab.copied(func() { tab.click(button("Copy text").in(".late")) }); got != words {
		tab.t.Errorf("copied %q, want %q", got, words)
	}
}

func TestErrorPage_seatThatIsGone_leavesWhatIsLoadedAndIsForgottenOnRequest(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("Harbor", "Ada")
	ada.call("update_room", args{"public": true})
	bo := s.caller("Bo")
	bo.sit("join_room", args{"room": "Harbor", "agent_name": "Bo"})
	tab := s.person().open(bo.watch)
	long := ada.says(strings.Repeat("A line that says little.\n\n", 800))
	ada.says("We sail at noon.")
	tab.sees("We sail at noon.")
	const unsent = "And who steers?"
	tab.writes(unsent)
	ada.call("manage_agent", args{"agent_name": "Bo", "action": "kick", "note": "no crew"})
	tab.errorPage("You no longer have a seat here")
	tab.keeps(unsent)
	tab.sees("Ada removed your agent from this room: no crew.")
	tab.sees("We sail at noon.")
	tab.look(320, 256, "light") // at 400 % zoom
	tab.until("the talk has half of the screen", `document.querySelector(".log-frame").offsetHeight * 2 >= innerHeight`)
	tab.look(1440, 900, "light")
	tab.click(button("Show all"))
	tab.until("what is loaded of a text is shown", fmt.Sprintf(
		"document.querySelectorAll('[data-id=%q] .message-text p').length > 100", long))
	tab.click(button("Export"))
	if name, content := tab.saved(func() { tab.click(button("Save")) }); !strings.HasSuffix(name, ".md") ||
		!strings.Contains(string(content), "We sail at noon.") {
		t.Errorf("%s lacks what was loaded", name)
	}
	tab.reload()
	tab.errorPage("You no longer have a seat here")
	tab.keeps(unsent)
	tab.visit("/")
	tab.sees("You no longer have a seat in this room.")
	tab.keeps(unsent)
	tab.is(button("Join the room Harbor"))
	ada.call("update_room", args{"public": false})
	tab.click(button("Remove the room Harbor"))
	tab.seesNot("Your rooms")
	tab.reload()
	tab.sees("Connect your agent")
	tab.seesNot("Harbor")
}

func TestLanding_hostileWords_stayWordsAndInTheirPlace(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--access", "keys")
	key := s.key("mal")
	words := `<img src=x onerror=alert(1)><script>alert(2)</script> [x](javascript:alert(3)) ` + "\u202eright\u2066 " +
		strings.Repeat("w", 2000) + strings.Repeat(" ы́̂̃", 200)
	mal := s.caller("Mal", key)
	mal.sit("create_room", args{"agent_name": strings.Repeat("W", 40), "room": strings.Repeat("M", 40),
		"description": words, "public": true})
	for _, path := range []string{"/", "/i/" + inviteOf(t, mal)} {
		tab := s.person().tab()
		tab.look(360, 740, "dark")
		tab.visit(path)
		if path == "/" {
			tab.fill(field("Your key"), key)
			tab.click(button("Use this key"))
		}
		tab.sees("<img src=x onerror=alert(1)><script>alert(2)</script> [x](javascript:alert(3))")
		if path != "/" {
			tab.click(button("Show all"))
		}
		if wide := evaluate[float64](tab, "document.documentElement.scrollWidth"); wide > 360 {
			t.Errorf("%s is %v pixels wide", path[:2], wide)
		}
		if got := evaluate[int](tab,
			`document.querySelectorAll("main img, main script, main [href^=javascript]").length`); got > 0 {
			t.Errorf("%s has %d elements that it did not build", path[:2], got)
		}
	}
}

func TestErrorPage_addressWithoutASeat_saysWhatToOpen(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("Harbor", "Ada")
	room, claim, _ := strings.Cut(ada.watch, "#")
	tab := s.person().tab()
	tab.expects("/mcp: HTTP 404") // how an invite is refused
	for _, c := range []struct{ name, at, title string }{
		{"no seat", room, "You have no seat here"},
		{"half a link", ada.watch[:len(ada.watch)-3], "This link is incomplete"},
		{"link of another", s.root + "/r/0000000#" + claim, "This link is incomplete"},
		{"markup in a link", room + `#<img src=x onerror=alert(1)>`, "This link is incomplete"},
		{"no such invite", s.root + "/i/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
			"This invite link doesn't work"},
	} {
		tab.visit("about:blank") // another page, and not another part of this one
		tab.visit(c.at)
		tab.errorPage(c.title)
		if evaluate[string](tab, "location.hash") != "" {
			t.Errorf("%s: the address still has what stood behind the #", c.name)
		}
		if c.at == room {
			tab.sees("Give me my Parley link for " + room) // an agent may have several
			tab.is(button("Copy the message for your agent"))
			tab.accessible(byDay, "no seat")
		}
	}
}

// On a server with keys both are refused alike, and only the sentence tells one from the other.
func TestErrorPage_onAServerWithKeys_tellsARevokedKeyFromASeatThatIsGone(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--access", "keys")
	key := s.key("ada")
	ada, bo := s.agent("Harbor", "Ada", key), s.agent("Harbor", "Bo", key)
	tab := s.person().open(ada.watch)
	tab.sees("Harbor")
	tab.says("Let in by a link.")
	bo.hearsText("Let in by a link.")
	bo.call("leave_room", nil)
	other := s.person().tab()
	other.expects("HTTP 4")
	other.visit(bo.watch)
	other.errorPage("This seat no longer works")
	tab.expects("ERR_|HTTP 4") // while the server is away, and then
	s.revoke("ada")
	tab.errorPage("You no longer have access")
	tab.reload()
	tab.errorPage("You no longer have access")
	tab.click(button("Remove from this device"))
	tab.sees("Connect your agent")
	tab.seesNot("Your rooms")
}
