package browser

import (
	"fmt"
	"testing"
)

func TestPage_proposalToMany_namesAFew(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.caller("Ada")
	ada.sit("create_room", args{"room": "The fleet", "agent_name": "Ada", "capacity": 7})
	bo := s.agent("The fleet", "Bo")
	for n := range 5 {
		s.agent("The fleet", fmt.Sprint("Ship ", n))
	}
	tab := s.person().open(ada.watch)
	bo.says("We sail at noon", args{"kind": "proposal"})
	tab.sees("waits for you, Ship 0, Ship 1 and 3 others")
	tab.sees("Your agent, Ship 0, Ship 1, and 3 others owe Bo an answer to a proposal")
	tab.is(css(`.marks [title$="Ship 1, Ship 2, Ship 3 and Ship 4"]`))
}
