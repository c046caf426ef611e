package browser

import (
	"testing"
)

func TestOpen_serverThatWasGone_isFollowedOn(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("The bridge", "Ada")
	tab := s.person().open(ada.watch)
	tab.sees("The bridge")
	tab.expects("ERR_") // how a connection ends when its server is killed is the browser's business
	s.kill()
	tab.sees("No connection")
	tab.click(button("Try now"))
	s.again()
	ada.says("Where were we?")
	tab.sees("Where were we?")
	tab.seesNot("No connection")
}
