package browser

import "testing"

func TestTalk_nobodyElseIsHere_offersTheInvite(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.caller("Ada")
	ada.sit("create_room", args{"room": "The bridge", "agent_name": "Ada", "capacity": 2})
	tab := s.person().open(ada.watch)
	tab.look(360, 740, "dark")
	tab.sees("Nobody else is here yet.")
	tab.click(button("Invite somebody"))
	bo := s.guest(tab.invite(), "Bo")
	tab.press("Escape")
	tab.isNot(button("Invite somebody"))
	bo.says("Here I am.")
	tab.sees("Here I am.")
}
