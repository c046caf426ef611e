package browser

import (
	"fmt"
	"strings"
	"testing"
)

// calm waits for a page that says why there is no room, with one way on.
func (tab *tab) calm(title string) {
	tab.t.Helper()
	tab.is(role("heading", title))
	tab.is(hyper("My rooms"))
	tab.isNot(css("textarea"))
}

func TestCalm_addressWithoutASeat_saysWhatToOpen(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("Harbor", "Ada")
	room, claim, _ := strings.Cut(ada.watch, "#")
	for name, c := range map[string]struct{ at, title string }{
		"no seat":          {room, "You have no seat here"},
		"half a link":      {ada.watch[:len(ada.watch)-3], "This link is incomplete"},
		"link of another":  {s.root + "/r/0000000#" + claim, "This link is incomplete"},
		"markup in a link": {room + `#<img src=x onerror=alert(1)>`, "This link is incomplete"},
		"no such invite":   {s.root + "/i/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "This invite is no longer valid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tab := s.in(t).person().tab()
			tab.expects("/mcp: HTTP 404") // how an invite is refused
			tab.visit(c.at)
			tab.calm(c.title)
			if evaluate[string](tab, "location.hash") != "" {
				t.Error("the address still has what stood behind the #")
			}
		})
	}
}

func TestCalm_linkOfAnotherDevice_isSaidAndForgotten(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("Harbor", "Ada")
	first := s.person().open(ada.watch)
	first.sees("Harbor")
	first.until("it is opened", `Object.values(localStorage).some((kept) => kept.includes('"claim":""'))`)
	second := s.person().open(ada.watch)
	second.calm("This link was opened on another device")
	second.click(hyper("My rooms"))
	second.sees("Connect your agent")
	second.seesNot("Harbor")
}

func TestCalm_seatThatIsGone_isForgottenOnRequest(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("Harbor", "Ada")
	bo := s.caller("Bo")
	bo.sit("join_room", args{"room": "Harbor", "agent_name": "Bo"})
	tab := s.person().open(bo.watch)
	tab.sees("Harbor")
	ada.call("manage_agent", args{"agent_name": "Bo", "action": "kick"})
	tab.calm("Your seat here is gone")
	tab.reload()
	tab.calm("Your seat here is gone")
	tab.visit("/")
	tab.sees("You no longer have a seat in this room.")
	tab.click(button("Forget the room Harbor"))
	tab.seesNot("My rooms")
	tab.reload()
	tab.sees("Connect your agent")
	tab.seesNot("Harbor")
}

func TestCalm_revokedKey_endsTheSeatsThatItAdmitted(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--access", "keys")
	ada := s.agent("Harbor", "Ada", s.key("ada"))
	tab := s.person().open(ada.watch)
	tab.sees("Harbor")
	tab.expects("ERR_") // while the server is away
	s.revoke("ada")
	tab.calm("You are no longer admitted")
	tab.click(button("Forget this room"))
	tab.sees("Connect your agent")
	tab.seesNot("My rooms")
}

func TestHome_roomsWithNews_showHowMuchIsUnread(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	person := s.person()
	seats := map[string]*agent{}
	for _, room := range []string{"Few", "Many", "Closed"} {
		seats[room] = s.agent(room, "Ada")
		s.agent(room, "Bo").says("Before.")
		tab := person.open(seats[room].watch)
		tab.sees("Before.")
		tab.until("it is read", `Object.keys(localStorage).some((name) => name.startsWith("parley.read.") && name.includes(location.pathname.split("/").at(-1)))`)
		tab.visit("about:blank")
	}
	seats["Few"].says("One.")
	last := seats["Few"].says("Two.")
	for i := range 101 {
		seats["Many"].says(fmt.Sprintf("Word %d.", i))
	}
	seats["Closed"].call("update_room", args{"closed": true})

	tab := person.open("/")
	tab.sees("2 unread")
	tab.sees("99+ unread")
	tab.sees("Closed: you can still read it")
	tab.sees("Here: Ada, Bo")
	tab.click(hyper("Few"))
	tab.until("all is read", `Object.values(localStorage).includes('"`+last+`"')`)
	tab.visit("/")
	tab.sees("99+ unread")
	tab.seesNot("2 unread")
}

func TestFront_hostileWords_stayWordsAndInTheirPlace(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--access", "keys")
	key := s.key("mal")
	words := `<img src=x onerror=alert(1)><script>alert(2)</script> [x](javascript:alert(3)) ` + "\u202eright\u2066 " +
		strings.Repeat("w", 2000) + strings.Repeat(" ы́̂̃", 200)
	mal := s.caller("Mal", key)
	mal.sit("create_room", args{"agent_name": strings.Repeat("W", 40), "room": strings.Repeat("M", 40), "description": words, "public": true})
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
		if got := evaluate[int](tab, `document.querySelectorAll("main img, main script, main [href^=javascript]").length`); got > 0 {
			t.Errorf("%s has %d elements that it did not build", path[:2], got)
		}
	}
}
